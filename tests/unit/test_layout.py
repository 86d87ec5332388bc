"""The house's walls: who may import whom, and that pure modules read no clock and throw no dice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE = sorted(
    [
        *ROOT.glob("core/*.py"),
        *ROOT.glob("queueing/*.py"),
        *(
            ROOT / name
            for name in (
                "monitor/staff.py",
                "monitor/alarms.py",
                "monitor/queue_log.py",
                "monitor/readings.py",
                "monitor/counted.py",
                "monitor/reports.py",
                "monitor/tables.py",
                "monitor/wallboard.py",
                "monitor/cards.py",
                "monitor/pops.py",
                "monitor/sheet.py",
                "monitor/story.py",
                "monitor/story_words.py",
                "ivr/flow.py",
                "ivr/parts.py",
                "ivr/facts.py",
                "ivr/say.py",
                "ivr/draw.py",
                "ivr/trial.py",
                "ivr/visits.py",
                "cti/translate.py",
                "cti/calls.py",
                "recording/policy.py",
            )
        ),
    ]
)
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


@pytest.mark.parametrize("path", [path for path in PURE if path.exists()], ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_modules_touch_no_clock_and_no_io(path: Path) -> None:
    assert impurities(path.read_text()) == []


def test_the_check_sees_a_clock() -> None:
    assert impurities("import datetime\nx = datetime.datetime.now()") == ["now"]
    assert impurities("from random import choice") == ["random"]
