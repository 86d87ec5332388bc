"""A message that is being spoken when the engine ends: the PBX goes on recording, and the next engine tells of it."""

from __future__ import annotations

import asyncio
import re
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.ids import QueueId
from core.inputs import Input, MessageLeft
from ivr import unfinished
from ivr.line import HANG_UP, ScriptedLine
from ivr.runner import run
from ivr.sound import WAV_HEADER_BYTES
from tests.unit.ivr.flows import ARRIVED, HOTLINE
from tests.unit.ivr.test_kinds import NOTE
from tests.unit.ivr.test_runner import Box, around

FILE = f"{ARRIVED.call}-100.wav"
WAITED = QueueId("complaints")
PJSIP = Path(__file__).resolve().parents[3] / "asterisk-conf" / "pbx" / "pjsip.conf.j2"
SECOND = bytes(16_000)


class EndlessLine(ScriptedLine):
    """Its caller speaks for ever."""

    async def record(self, file: str, longest_s: float) -> float:
        self.recorded.append(file)
        await asyncio.Event().wait()
        return 0.0


async def _spoken_into(messages: Path) -> None:
    """The engine ends in the midst of it."""
    line = EndlessLine(ARRIVED.call, [""])
    here = replace(around(Box()), messages=messages, queue=WAITED)
    speaking = asyncio.create_task(run(line, NOTE, HOTLINE, ARRIVED, here))
    while not line.recorded:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.001)
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)


def _next_engine(messages: Path, refuses: int = 0) -> tuple[unfinished.Unfinished, list[Input]]:
    told: list[Input] = []
    refusals = iter([False] * refuses)

    def offer(fact: Input) -> bool:
        taken = next(refusals, True)
        told.extend([fact] if taken else [])
        return taken

    return unfinished.Unfinished(messages, offer, every_s=0.0), told


def test_a_full_disk_is_left_no_half_note(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        unfinished.note(tmp_path, MessageLeft(ARRIVED.call, ARRIVED.hotline, "", "", "", "en", FILE, 0.0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


async def test_it_is_told_once_when_nobody_speaks_any_more(tmp_path: Path) -> None:
    await _spoken_into(tmp_path)
    file = tmp_path / FILE
    file.write_bytes(bytes(WAV_HEADER_BYTES))
    engine, told = _next_engine(tmp_path, refuses=1)
    for _ in range(5):
        with file.open("ab") as growing:
            growing.write(SECOND)
        await engine.look()
    assert told == []
    for _ in range(4):
        await engine.look()
    whose = (ARRIVED.call, ARRIVED.hotline, ARRIVED.caller, "", "repair", "zh-CN")
    assert told == [MessageLeft(*whose, FILE, 5.0, WAITED)]
    assert left(tmp_path) == [FILE]


async def test_what_was_not_spoken_is_forgotten(tmp_path: Path) -> None:
    await _spoken_into(tmp_path)
    engine, told = _next_engine(tmp_path)
    assert left(tmp_path) == [f"{ARRIVED.call}-100.unfinished"]
    await engine.look()
    await engine.look()
    assert (told, left(tmp_path)) == ([], [])


@pytest.mark.parametrize("written", ["{", "", "{}"])
async def test_a_note_that_cannot_be_read_is_put_aside_and_keeps_no_other_from_being_told(
    tmp_path: Path, written: str, caplog: pytest.LogCaptureFixture
) -> None:
    await _spoken_into(tmp_path)
    (tmp_path / FILE).write_bytes(bytes(WAV_HEADER_BYTES) + 2 * SECOND)
    (tmp_path / "a.unfinished").write_text(written, encoding="utf-8")
    engine, told = _next_engine(tmp_path)
    for _ in range(3):
        await engine.look()
    assert [fact.lasted_s for fact in told if isinstance(fact, MessageLeft)] == [2.0]
    assert left(tmp_path) == ["a.unreadable", FILE]
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


async def test_it_is_looked_for_again_and_again(tmp_path: Path) -> None:
    await _spoken_into(tmp_path)
    (tmp_path / FILE).write_bytes(bytes(WAV_HEADER_BYTES) + 2 * SECOND)
    engine, told = _next_engine(tmp_path)
    watching = asyncio.create_task(engine.run())
    async with asyncio.timeout(20):
        while not told:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.001)
    watching.cancel()


def test_a_session_whose_caller_is_not_heard_is_ended_before_its_file_counts_as_nobodys() -> None:
    timeouts_s = re.findall(r"^rtp_timeout = (\d+)$", PJSIP.read_text(encoding="utf-8"), re.MULTILINE)
    assert timeouts_s and max(map(int, timeouts_s)) < unfinished.LOOK_EVERY_S


async def test_a_note_that_the_disk_has_no_room_for_leaves_the_one_before_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _spoken_into(tmp_path)

    def half(self: Path, text: str, encoding: str) -> int:
        self.write_bytes(text.encode(encoding)[:9])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    await _spoken_into(tmp_path)
    (tmp_path / FILE).write_bytes(bytes(WAV_HEADER_BYTES) + 2 * SECOND)
    engine, told = _next_engine(tmp_path)
    await engine.look()
    await engine.look()
    assert len(told) == 1


async def test_the_beep_waits_for_no_thread(tmp_path: Path) -> None:
    """They are shared with look-ups of names and with files, and all of them may be busy."""
    free, loop = threading.Event(), asyncio.get_running_loop()
    loop.set_default_executor(threads := ThreadPoolExecutor(1))
    busy = threads.submit(free.wait)
    line = ScriptedLine(ARRIVED.call, ["", "9s"])
    try:
        async with asyncio.timeout(10):
            await run(line, NOTE, HOTLINE, ARRIVED, replace(around(Box()), messages=tmp_path))
    finally:
        free.set()
        busy.result()
    assert (len(line.recorded), left(tmp_path)) == (1, [])


@pytest.mark.parametrize("script", [["", "9s"], ["", HANG_UP], ["", "", "", "", ""]])
async def test_a_message_that_is_told_leaves_no_note(tmp_path: Path, script: list[str]) -> None:
    line = ScriptedLine(ARRIVED.call, script)
    await run(line, NOTE, HOTLINE, ARRIVED, replace(around(Box()), messages=tmp_path))
    assert (len(line.recorded) > 0, left(tmp_path)) == (True, [])


def left(messages: Path) -> list[str]:
    return sorted(file.name for file in messages.iterdir())
