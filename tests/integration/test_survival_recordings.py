"""Recordings outlive a killed engine, a killed PBX and a disk that refuses: whole, or a LOST row and an alarm."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from cti.carrier.timeline import boot_s
from tests.integration import audio
from tests.integration.centre import PATIENCE_S, Centre
from tests.integration.office import clear, office, opened, record_of
from tests.integration.survival import engine_back, kill_engine, until
from tests.integration.talks import sides
from tests.integration.test_voice_logger import (
    Speaker,
    check_in_sync,
    check_whole,
    converse,
    ledger,
    nothing_kept,
    originals,
    settled,
    talk,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    async with opened(office(2), around=nothing_kept, is_audited=True) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


async def alarms(house: Centre) -> str:
    board = (await house.get("/live"))["snapshot"]
    return "\n".join(str(each["text"]) for each in board.get("alarms", {}).get("last", []))


async def test_a_talk_during_which_the_engine_is_killed_is_recorded_whole(house: Centre, tmp_path: Path) -> None:
    caller, phone = await talk(house)
    answered = phone.timeline.all("answered")[-1].boot_s
    says, answers = Speaker(caller, []), Speaker(phone, [])
    await converse(says, answers)
    dead = await kill_engine(house)
    await converse(says, answers)
    await engine_back(house, dead)
    await converse(says, answers)
    hung_up = boot_s()
    await phone.hang_up()
    (row,) = await settled(house, (await record_of(house, caller))["call"])
    left, right = await sides(house, row["recording"], tmp_path)
    if check_whole(row):
        assert row["lasted_s"] == pytest.approx(hung_up - answered, abs=0.4)
        check_in_sync(left, right, says, answers, answered)


async def test_recordings_whose_finishing_was_cut_off_are_finished_at_the_next_start(house: Centre) -> None:
    caller, phone = await talk(house)
    await asyncio.sleep(2.0)
    call = next(iter(await _calls(house)))
    await phone.hang_up()
    await caller.ended()
    dead = await kill_engine(house)
    await engine_back(house, dead)
    (row,) = await settled(house, call)
    check_whole(row)
    assert row["lasted_s"] > 1.0
    await until(lambda: _gone(house, call), "the originals are still there")


async def _calls(house: Centre) -> list[str]:
    board = (await house.get("/live"))["snapshot"]
    return [key.removeprefix("call/") for key in board if key.startswith("call/")]


async def _gone(house: Centre, call: str) -> bool:
    return originals(house, call) == []


async def test_a_talk_cut_by_a_killed_pbx_is_repaired_and_its_loss_told(house: Centre, tmp_path: Path) -> None:
    caller, phone = await talk(house)
    await asyncio.sleep(5.0)
    call = next(iter(await _calls(house)))
    os.kill(house.pbx_pid(), signal.SIGKILL)
    await until(lambda: _over(house, call), "the call is never closed", 2 * PATIENCE_S)
    (row,) = await settled(house, call)
    left, right = await sides(house, row["recording"], tmp_path)
    assert audio.dominant_hz(left) == caller.tone_hz and audio.dominant_hz(right) == phone.tone_hz
    assert audio.read(right).lasts_s > 2.0, "at most two seconds are lost"
    if row["missing_s"] > 0.3:
        assert row["state"] == "lost"
        assert "not recorded" in await alarms(house)
    else:
        assert row["state"] == "finished"
    await house.until("seat/seat-01", lambda entry: bool(entry["reachable"]), 2 * PATIENCE_S)


async def _over(house: Centre, call: str) -> bool:
    return any(row["call"] == call and row["how"] for row in (await house.get("/calls"))["calls"])


async def test_a_disk_that_takes_no_file_stops_no_call_and_is_not_silent(house: Centre) -> None:
    """A file stands where the day's directory belongs: whoever runs this, nothing can be opened there."""
    day = house.recordings / f"{datetime.now(UTC):%Y/%m/%d}"
    aside = day.with_name("aside")
    if day.exists():
        day.rename(aside)
    day.parent.mkdir(parents=True, exist_ok=True)
    day.write_bytes(b"")
    try:
        caller, phone = await talk(house)
        call = next(iter(await _calls(house)))
        await until(lambda: _said(house, "is not being recorded"), "nobody is told during the talk")
        assert phone.talking, "the call goes on"
        await phone.hang_up()
        assert (await record_of(house, caller))["how"] == "agent"
        (row,) = await settled(house, call)
    finally:
        day.unlink()
        if aside.exists():
            aside.rename(day)
    assert (row["state"], row["cause"]) == ("lost", "no_file")
    assert row["missing_s"] == pytest.approx(row["due_to_utc_s"] - row["due_from_utc_s"])
    assert "A recording is lost" in await alarms(house)
    told = await house.get("/recordings/coverage")
    assert told["lost"] >= 1 and told["rate"] < 1.0
    assert ledger(house, call)[f"{call}/caller"]["state"] == "withdrawn"


async def _said(house: Centre, text: str) -> bool:
    return text in await alarms(house)


@pytest.mark.skipif(os.geteuid() == 0, reason="a real disk is filled below")
async def test_a_disk_that_fills_in_mid_talk_is_told_and_what_it_took_is_kept(house: Centre, tmp_path: Path) -> None:
    """No file of the PBX may grow beyond three seconds of voice: what a full disk does, for this one process."""
    caller, phone = await talk(house)
    call = next(iter(await _calls(house)))
    pbx = house.pbx_pid()
    _, hard = resource.prlimit(pbx, resource.RLIMIT_FSIZE)
    resource.prlimit(pbx, resource.RLIMIT_FSIZE, (3 * 16_000, hard))
    try:
        await until(lambda: _said(house, "no longer grows"), "nobody is told during the talk")
        assert phone.talking, "the call goes on"
        await phone.hang_up()
        await record_of(house, caller)
    finally:
        resource.prlimit(pbx, resource.RLIMIT_FSIZE, (hard, hard))
    (row,) = await settled(house, call)
    assert (row["state"], row["recording"] != "") == ("lost", True)
    assert row["missing_s"] == pytest.approx(row["due_to_utc_s"] - row["due_from_utc_s"] - 3.0, abs=1.5)
    _, right = await sides(house, row["recording"], tmp_path)
    assert audio.dominant_hz(right) == phone.tone_hz, "the part that the disk took"


# --- a real disk -----------------------------------------------------------------------------
@contextmanager
def small_disk(place: Path, size_kb: int) -> Iterator[None]:
    """A file system of its own there, of this size."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


async def told_again(house: Centre, text: str, before: int) -> None:
    async def more() -> bool:
        return (await alarms(house)).count(text) > before

    await until(more, f"nobody is told that a voice {text}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")
async def test_a_full_disk_and_a_read_only_one_stop_no_call_and_are_told(house: Centre) -> None:
    full, absent = "no longer grows", "has no file"
    day = house.recordings / f"{datetime.now(UTC):%Y/%m/%d}"
    with small_disk(day, 160):
        before = (await alarms(house)).count(full)
        caller, phone = await talk(house)
        await told_again(house, full, before)
        assert phone.talking, "the call goes on"
        await phone.hang_up()
        (row,) = await settled(house, (await record_of(house, caller))["call"])
        assert row["state"] == "lost" and row["missing_s"] > 0.3 and row["recording"], "what the disk took is kept"

        await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", str(day)], check=True)
        before = (await alarms(house)).count(absent)
        caller, phone = await talk(house)
        await told_again(house, absent, before)
        assert phone.talking, "the call goes on"
        await phone.hang_up()
        (row,) = await settled(house, (await record_of(house, caller))["call"])
        assert (row["state"], row["cause"]) == ("lost", "no_file")
    caller, phone = await talk(house)
    await asyncio.sleep(1.0)
    await phone.hang_up()
    (row,) = await settled(house, (await record_of(house, caller))["call"])
    assert row["state"] == "finished", "there is a disk again"
