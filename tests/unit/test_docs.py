"""The documents say what the product is: commands, settings, files and life cycles they name exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from app.bootstrap import NEEDS_DEVELOPMENT
from app.cli import app
from app.settings import Settings, variable
from docs import list_commands
from docs.draw_states import PAGE, TABLES, with_diagrams

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PACKAGES = ("app", "api", "cti", "ivr", "queueing", "recording", "monitor", "store", "core", "bench")
PROGRAM = typer.main.get_command(app)  # built once: the pages name hundreds of commands
LAUNCHER = {"help", *NEEDS_DEVELOPMENT}
NOT_SETTINGS = {"THIRDRING_PBX_ROOT", "THIRDRING_PYTHON", "THIRDRING_DEBIAN_MIRROR", "THIRDRING_AS_ROOT"}
"""Variables the launcher reads before there are settings."""

DIALPLAN = set(re.findall(r"THIRDRING_[A-Z]+", (ROOT / "asterisk-conf/pbx/extensions.conf.j2").read_text()))

TESTS = {name for file in ROOT.glob("tests/**/*.py") for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))}

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def orders(text: str) -> Iterator[list[str]]:
    """The words after each `./thirdring` that stands in code."""
    for code in re.findall(r"```.*?```|`[^`\n]+`|^    [^\n]*$", text, re.DOTALL | re.MULTILINE):
        for found in re.findall(r"\./thirdring +([^\n`#;)\"]*)", code):
            yield found.split()


def unknown(words: list[str]) -> str:
    """The first word that the command line does not know, or ""."""
    command: Any = PROGRAM
    while words and words[0] in ("--port-base", "--as-root"):
        words = words[2 if words[0] == "--port-base" else 1 :]
    if not words or words[0] in LAUNCHER or words[0].isupper():
        return ""
    while words and hasattr(command, "commands"):
        if (names := words[0].split("|"))[0] not in command.commands or set(names) - set(command.commands):
            return words[0]
        command, words = command.commands[names[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {
        "--help",
        "--port-base",
        "--as-root",
    }
    return next((word for word in words if word.startswith("--") and word.split("=")[0] not in known), "")


@pages
def test_every_command_named_exists(page: Path) -> None:
    named = list(orders(page.read_text(encoding="utf-8")))
    assert [" ".join(words) for words in named if unknown(words)] == []


@pytest.mark.parametrize("text", ["`./thirdring fly`", "    ./thirdring house burn", "`./thirdring up --moon`"])
def test_the_check_sees_an_invented_command(text: str) -> None:
    assert [bool(unknown(words)) for words in orders(text)] == [True]


@pages
def test_every_variable_named_exists(page: Path) -> None:
    named = set(re.findall(r"\bTHIRDRING_[A-Z_]+\b", page.read_text(encoding="utf-8")))
    assert named - {variable(key) for key in Settings.model_fields} - NOT_SETTINGS - DIALPLAN == set()


@pages
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pages
def test_every_module_named_exists(page: Path) -> None:
    packages = "|".join((*PACKAGES, "tests", "docs", "asterisk-conf"))
    named = re.findall(rf"`((?:{packages})/[\w./-]*)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_document_that_the_code_names_exists() -> None:
    """In a comment or a docstring, by its path from the top."""
    files = [file for package in PACKAGES for file in ROOT.glob(f"{package}/**/*.py")]
    named = {(file.name, page) for file in files for page in re.findall(r"[\w./-]+\.md\b", file.read_text("utf-8"))}
    assert len(named) > 20 and [name for name in named if not (ROOT / name[1]).exists()] == []


@pages
def test_every_test_named_exists(page: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")))
    assert named - TESTS == set()


def faults() -> list[list[str]]:
    """The table of docs/reliability.md: number, fault, what must hold, shown by, not shown."""
    text = (ROOT / "docs/reliability.md").read_text(encoding="utf-8").partition("## Faults")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if len(row) == 5][2:]


def misplaced(shown_by: str) -> list[str]:
    """Test functions that are not in the file named before them; those before any file are looked for anywhere."""
    file, found = "", []
    for name in re.findall(r"`([^`\s]+)`", shown_by):
        if name.startswith("tests/"):
            file = (ROOT / name).read_text(encoding="utf-8")
        elif name.startswith("test_") and file and f"def {name}(" not in file:
            found.append(name)
    return found


def test_every_fault_has_its_test_or_the_reason_why_not() -> None:
    table = faults()
    assert [int(row[0]) for row in table if row[0]] == list(range(1, 21))
    assert [row for row in table if not ("`" in row[3] or row[4])] == []
    assert [name for row in table for name in misplaced(row[3])] == []


def test_the_check_sees_a_test_in_another_file() -> None:
    assert misplaced("`tests/unit/test_docs.py`: `test_every_command_named_exists`, `test_that_never_was`") == [
        "test_that_never_was"
    ]


def leaves(texts: dict[str, Any]) -> Iterator[str]:
    for text in texts.values():
        yield from [text] if isinstance(text, str) else leaves(text)


@pytest.mark.parametrize("name", ["agent", "supervisor"])
def test_every_label_quoted_stands_on_the_pages(name: str) -> None:
    """An ellipsis in the guide stands for what the page fills in."""
    shown = list(leaves(json.loads((ROOT / "web/src/words/zh-CN.json").read_text(encoding="utf-8"))))
    quoted = re.findall(r"“([^”]+)”", (ROOT / f"docs/guides/{name}.zh-CN.md").read_text(encoding="utf-8"))
    parts = {label: [part.strip() for part in label.split("…")] for label in quoted}
    assert [label for label in quoted if not any(all(part in word for part in parts[label]) for word in shown)] == []


def test_every_command_is_listed_as_it_is() -> None:
    told = list_commands.PAGE.read_text(encoding="utf-8")
    assert told == list_commands.page(), "write it anew: python -m docs.list_commands"


def test_the_life_cycles_are_drawn_from_their_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_diagrams(page, TABLES), "draw them anew: python -m docs.draw_states"


def test_every_line_of_security_names_a_test_or_says_what_is_missing() -> None:
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    lines = {int(number) for row in rows[1:] if (number := row[0].split(" ")[0]).isdigit()}
    assert lines == set(range(1, 20))
    assert [row for row in rows[1:] if not re.search(r"`test_\w+`", row[2]) and not row[2].startswith("not ")] == []
