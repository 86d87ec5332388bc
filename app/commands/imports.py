"""What `user import` and `seat import` share: a CSV file goes to the running instance, a report comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.terminal import print_json, print_table, settings_of
from app.instance import Instance
from core.errors import Refused

PATIENCE_S = 60.0
"""Two hundred passwords are hashed one after the other."""

File = Annotated[Path, typer.Argument(help="The CSV file; its first line names the columns.")]
LINES_REFUSED = 3
"""The status a script can tell from 1, nothing was done, and 2, the command was wrong."""

TryOnly = Annotated[bool, typer.Option("--try-only", help="Report what would happen, and change nothing.")]
Partial = Annotated[
    bool, typer.Option("--partial", help="Take the good lines although others are wrong; ends with 3 if any were.")
]


def take_in(context: typer.Context, noun: str, file: Path, try_only: bool, partial: bool, as_json: bool) -> None:
    """Raises Refused: with each wrong line; nothing was done then. Raises Exit: 3 if lines were refused."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from error
    query = f"?try_only={str(try_only).lower()}&partial={str(partial).lower()}"
    asked = Instance(settings_of(context)).ask("POST", f"/{noun}/import{query}", content=content, timeout_s=PATIENCE_S)
    report = asked.json()
    if as_json:
        print_json(report)
    else:
        _show(report)
    if report["refused"]:
        raise typer.Exit(LINES_REFUSED)


def _show(report: dict[str, Any]) -> None:
    shown = [key for key in report["lines"][0] if any(line[key] for line in report["lines"])] if report["lines"] else []
    print_table([{key: line[key] for key in shown} for line in report["lines"]], nothing="the file has no lines")
    typer.echo(", ".join(f"{report[key]} {key}" for key in ("added", "unchanged", "refused")))
