"""The watchdog against real processes: a dead, a hung and a hopeless one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from app import watchdog
from app.watchdog import Drained, GivenUp, Watchdog

BEATING = "import os,time\nfd=int(os.environ['THIRDRING_BEAT_FD'])\nwhile True: os.write(fd,b'.'); time.sleep(0.05)"
HEIR = """
import os, sys, time
from pathlib import Path
from app.alone import successor
with successor(Path(sys.argv[1])):
    print("began", os.environ.get("THIRDRING_HEIR", ""), flush=True)
    while True: os.write(int(os.environ["THIRDRING_BEAT_FD"]), b"."); time.sleep(0.05)
"""
HANGING = "import os,time\nos.write(int(os.environ['THIRDRING_BEAT_FD']),b'.'); time.sleep(60)"


class Lives:
    """Counts first beats, one for each life."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[int] = asyncio.Queue()
        self.count = 0

    def note(self) -> None:
        self.count += 1
        self.begun.put_nowait(self.count)


def watching(program: str, lives: Lives, *, beat_deadline_s: float = 5.0, arguments: Sequence[str] = ()) -> Watchdog:
    command = [sys.executable, "-c", program, *arguments]
    return Watchdog(command, dict(os.environ), beat_deadline_s=beat_deadline_s, on_first_beat=lives.note)


async def test_a_killed_engine_is_started_again() -> None:
    lives = Lives()
    dog = watching(BEATING, lives)
    task = asyncio.create_task(dog.run())
    await lives.begun.get()
    assert dog.pid is not None
    os.kill(dog.pid, 9)
    assert await lives.begun.get() == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert dog.pid is None and dog.kills == 0


async def test_a_drained_engine_is_not_started_again() -> None:
    lives = Lives()
    with pytest.raises(Drained):
        await watching(f"raise SystemExit({watchdog.DRAINED})", lives).run()
    assert lives.count <= 1


async def test_a_hung_engine_is_killed_and_started_again() -> None:
    lives = Lives()
    dog = watching(HANGING, lives, beat_deadline_s=0.4)
    task = asyncio.create_task(dog.run())
    await lives.begun.get()
    first = dog.pid
    assert await lives.begun.get() == 2
    assert dog.kills == 1 and dog.pid != first
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_renewed_engine_is_ended_by_the_next_and_that_is_no_death(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(watchdog, "RESTARTS", 1)
    lives = Lives()
    dog = watching(HEIR, lives, arguments=[str(tmp_path / "pid")])
    task = asyncio.create_task(dog.run())
    await lives.begun.get()
    for _ in range(3):
        before = dog.pid
        assert await asyncio.wait_for(dog.renew(), 20)
        assert dog.pid not in (None, before)
    assert (lives.count, dog.kills, task.done()) == (4, 0, False)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_new_program_that_does_not_start_leaves_the_old_one_alone(tmp_path: Path) -> None:
    lives, broken = Lives(), tmp_path / "broken"
    program = f"import os\nif os.path.exists({str(broken)!r}): raise SystemExit(7)\n{HEIR}"
    dog = watching(program, lives, arguments=[str(tmp_path / "pid")])
    task = asyncio.create_task(dog.run())
    await lives.begun.get()
    before = dog.pid
    broken.touch()
    assert not await asyncio.wait_for(dog.renew(), 20)
    assert (dog.pid, task.done(), lives.count) == (before, False, 1)
    broken.unlink()
    assert await asyncio.wait_for(dog.renew(), 20)
    assert dog.pid not in (None, before)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_engine_that_dies_again_and_again_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "RESTARTS", 1)
    with pytest.raises(GivenUp, match="exit status 3"):
        await watching("raise SystemExit(3)", Lives()).run()


async def test_cancelling_stops_the_engine() -> None:
    lives = Lives()
    dog = watching(BEATING, lives)
    task = asyncio.create_task(dog.run())
    await lives.begun.get()
    pid = dog.pid
    assert pid is not None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
