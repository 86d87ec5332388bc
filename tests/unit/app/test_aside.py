"""A module asked in a process of its own: answers, refusals, failures, and one that takes too long."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.aside import Aside
from core.errors import PeerFault, Refused

MODULE = """
import sys, time
from app.aside import answer
from core.errors import Refused

async def main(word):
    if word == "refuse":
        raise Refused("Not today.")
    if word == "hang":
        time.sleep(60)
    if word == "break":
        raise ValueError("a fault")
    return word.upper()

sys.exit(answer(main(*sys.argv[1:])))
"""


async def test_every_way_in_which_it_can_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "asked_aside.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", ":".join([str(tmp_path), *filter(None, sys.path)]))
    aside = Aside("asked_aside", "shouting", 30.0)
    assert await aside.ask("hello") == b"HELLO\n"
    with pytest.raises(Refused, match="Not today"):
        await aside.ask("refuse")
    with pytest.raises(PeerFault, match="shouting failed"):
        await aside.ask("break")
    with pytest.raises(PeerFault, match="shouting took longer than"):
        await Aside("asked_aside", "shouting", 0.5).ask("hang")
