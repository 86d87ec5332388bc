"""The house's walls: who may import whom, and that pure modules read no clock and throw no dice."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
LISTED: list[str] = TOOLS["coverage"]["report"]["include"]
"""The pure modules, those of which every branch is held to a test: one list."""


def files_of(pattern: str) -> list[Path]:
    """As coverage understands it: `core/*` is all below."""
    return sorted(ROOT.glob(pattern.removesuffix("*") + "**/*.py" if pattern.endswith("/*") else pattern))


PROGRAM = ("api", "app", "bench", "core", "cti", "docs", "ivr", "monitor", "queueing", "recording", "store")
FILES = [file for part in PROGRAM for file in sorted((ROOT / part).rglob("*.py"))]


def says_so(file: Path) -> bool:
    """Whether the first paragraph of the module's header ends with "Pure."."""
    source = file.read_text(encoding="utf-8")
    header = ("Pure." in source and ast.get_docstring(ast.parse(source))) or ""
    return header.partition("\n\n")[0].endswith("Pure.")


PURE = sorted({path for pattern in LISTED for path in files_of(pattern)} | {file for file in FILES if says_so(file)})
IMPURE_CALLS = {"now", "today", "utcnow", "uuid4", "time", "monotonic", "urandom", "token_hex"}
IMPURE_MODULES = {
    "asyncio",
    "socket",
    "panoramisk",
    "redis",
    "sqlalchemy",
    "fastapi",
    "pydub",
    "random",
    "secrets",
    "time",
    "uuid",
    "threading",
    "subprocess",
}


def impurities(source: str) -> list[str]:
    """Names of clocks, dice and I/O that this source touches."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_CALLS:
            found.append(node.func.attr)
        elif isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.split(".")[0] in IMPURE_MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in IMPURE_MODULES:
            found.append(node.module or "")
    return found


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_modules_touch_no_clock_and_no_io(path: Path) -> None:
    assert impurities(path.read_text(encoding="utf-8")) == []


def test_the_pure_modules_are_those_of_the_import_contract() -> None:
    contract = next(one for one in TOOLS["importlinter"]["contracts"] if one["name"] == "pure modules do no I/O")
    assert contract["source_modules"] == [
        name.removesuffix("/*").removesuffix(".py").replace("/", ".") for name in LISTED
    ]
    assert [name for name in LISTED if not files_of(name)] == []
    assert ROOT / "queueing/state/calls.py" in PURE, "packages below count, too"
    assert ROOT / "store/waits.py" in PURE, "and so does who says so"


SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell", "subprocess_shell"}


def shells(source: str) -> list[str]:
    """Where this source has a shell read a command."""
    if not any(word in source for word in (*SHELLS, "shell")):
        return []  # parsing takes a hundred times as long
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [call.func.attr for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in SHELLS]
    return named + [word.arg for call in calls for word in call.keywords if word.arg == "shell"]


def test_no_command_is_read_by_a_shell() -> None:
    """Programs are given lists of arguments: no name, number or file ends one and begins another."""
    found = {str(file.relative_to(ROOT)): shells(file.read_text(encoding="utf-8")) for file in FILES}
    assert {file: where for file, where in found.items() if where} == {}


def test_the_check_sees_a_shell() -> None:
    assert shells("import subprocess\nsubprocess.run('ls', shell=True)") == ["shell"]
    assert shells("import os\nos.system('ls')") == ["system"]


def test_the_check_sees_a_clock() -> None:
    assert impurities("import datetime\nx = datetime.datetime.now()") == ["now"]
    assert impurities("from random import choice") == ["random"]
