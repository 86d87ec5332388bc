"""A module asked in a process of its own: answers, refusals, failures, one that takes too long, and how far it is."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from api.ports import Progress
from app.aside import Aside, paced
from core.errors import PeerFault, Refused

MODULE = """
import sys, time
from app.aside import answer, far
from core.errors import Refused

async def main(word):
    if word == "refuse":
        raise Refused("Not today.")
    if word == "hang":
        time.sleep(60)
    if word == "wait":
        far(0.25)
        print("a warning", file=sys.stderr, flush=True)
        time.sleep(60)
    if word == "break":
        raise ValueError("a fault")
    return word.upper()

sys.exit(answer(main(*sys.argv[1:])))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "asked_aside.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", ":".join([str(tmp_path), *filter(None, sys.path)]))
    return "asked_aside"


async def test_every_way_in_which_it_can_end(module: str) -> None:
    aside = Aside(module, "shouting", 30.0)
    assert await aside.ask("hello") == b"HELLO\n"
    with pytest.raises(Refused, match="Not today"):
        await aside.ask("refuse")
    with pytest.raises(PeerFault, match="shouting failed"):
        await aside.ask("break")
    with pytest.raises(PeerFault, match="shouting took longer than"):
        await Aside(module, "shouting", 0.5).ask("hang")


async def test_how_far_it_is_is_known_while_others_wait_and_forgotten_when_it_ends(module: str) -> None:
    aside = Aside(module, "shouting", 30.0)
    assert aside.progress == Progress(0, None)
    tasks = [asyncio.create_task(aside.ask("wait")) for _ in range(2)]
    async with asyncio.timeout(20):
        while aside.progress != Progress(2, 0.25):  # noqa: ASYNC110 - another process says it
            await asyncio.sleep(0.02)
    for task in reversed(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert aside.progress == Progress(0, None)


def test_a_pace_is_told_a_hundred_times_at_most() -> None:
    told: list[float] = []
    assert list(paced(range(1000), told.append, 0.5)) == list(range(1000))
    assert (len(told), told[0], told[50]) == (100, 0.5, 0.75)
    assert list(paced([], told.append)) == []
