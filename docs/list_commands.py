"""Writes docs/commands.md, every command with its options, from the command line itself: python -m docs.list_commands

tests/unit/test_docs.py fails while the page shows something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from app.cli import app

PAGE = Path(__file__).resolve().parent / "commands.md"
HEAD = """\
# Commands

<!-- Generated from app/commands/: python -m docs.list_commands -->

`./thirdring COMMAND --help` says more of each. `--home` and `--port-base` before the command choose the instance.
`up`, `test`, `check` set up what is missing first. A command that cannot do it says why in a line and ends with 1.
An import that refused some lines of its file and took the others (`--partial`), or would (`--try-only`), ends with 3.

| command | options | what it does |
|---|---|---|
"""


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that lead to it."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, part in sorted(command.commands.items()):
        yield from leaves(part, (*path, name))


def row(path: tuple[str, ...], command: Any) -> str:
    arguments = [each.name.upper() for each in command.params if each.param_type_name == "argument"]
    options = [max(each.opts, key=len) for each in command.params if each.param_type_name == "option"]
    words = " ".join(["./thirdring", *path, *arguments])
    says = (command.help or "").strip().splitlines()[0].replace("|", "\\|")
    return f"| `{words}` | {' '.join(f'`{name}`' for name in options if name != '--help')} | {says} |"


def page() -> str:
    rows = [row(path, command) for path, command in leaves(typer.main.get_command(app))]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
