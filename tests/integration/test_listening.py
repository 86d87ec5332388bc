"""Live listening on the real PBX: whose voice is on which side, in every move of a call, and that calls never mind."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.listener import SILENCED, TALK_OVER, listening, nobody_spies
from tests.integration.office import happened, idle, office, shared, shown, story_of, wait
from tests.integration.survival import engine_back, kill_engine
from tests.integration.talks import colleague, does, talk

pytestmark = pytest.mark.asyncio(loop_scope="module")
building, house = shared(office(2))


async def test_both_sides_are_heard_apart_over_hold_and_transfer_until_the_call_is_over(house: Centre) -> None:
    caller, phone = await talk(house)
    call = (await shown(house, caller, "talking"))["id"]
    async with listening(house, call) as listener:
        await listener.hears(caller.tone_hz, phone.tone_hz)
        frame = listener.frames[-1]
        assert frame.marks & TALK_OVER and min(frame.caller_dbfs, frame.ours_dbfs) > -40
        assert (await shown(house, caller))["listeners"] == 1
        await does(house, "agent-01", "hold")
        await shown(house, caller, "held")
        await does(house, "agent-01", "resume")
        other = await colleague(house)
        await does(house, "agent-01", "transfer", agent="agent-02")
        await shown(house, caller, "talking")
        await listener.hears(caller.tone_hz, other.tone_hz)
        await caller.hang_up()
        await listener.until(lambda one: one.code is not None)
    about, (over,) = listener.said[0]["listening"], [said["over"] for said in listener.said if "over" in said]
    assert (about["call"], about["rate_hz"], over["why"], listener.code) == (call, 8000, "talk_over", 1000)
    story = await story_of(house, caller)
    assert [began["by"] for began in happened(story, "ListeningBegan")] == ["cli"]
    (row,) = await house.get(f"/listenings?call={call}")
    assert (row["by"], row["address"], row["why"]) == ("cli", "127.0.0.1", "talk_over")
    assert row["began_utc_s"] < row["ended_utc_s"]
    await idle(house, "seat-02")


async def test_a_listener_who_goes_or_stalls_in_any_phase_leaves_the_call_as_it_is(house: Centre) -> None:
    caller, phone = await talk(house)
    call = (await shown(house, caller, "talking"))["id"]
    async with listening(house, call) as too_early:
        too_early.socket.transport.abort()  # nothing was heard yet: the spy legs are on their way
    async with listening(house, call) as stalled, listening(house, call) as other:
        await stalled.hears(caller.tone_hz, phone.tone_hz)
        stalled.socket.transport.pause_reading()
        await other.hears(caller.tone_hz, phone.tone_hz)
        before = len(other.frames)
        await other.until(lambda one: len(one.frames) > before + 100)
        numbers = [frame.number for frame in other.frames]
        assert numbers == list(range(len(numbers))), "nobody loses a frame because another one stalls"
        stalled.socket.transport.abort()
        other.socket.transport.abort()
    await nobody_spies(house)
    async with listening(house, call) as last:
        await last.hears(caller.tone_hz, phone.tone_hz)
        await caller.hang_up()
        last.socket.transport.abort()
    await phone.ended()
    await idle(house)
    await nobody_spies(house)
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []
    rows = await house.get(f"/listenings?call={call}")
    assert len(rows) == 4 and all(row["ended_utc_s"] for row in rows)


async def test_two_calls_are_heard_at_once_and_card_data_by_nobody(house: Centre) -> None:
    caller, phone = await talk(house)
    other = await colleague(house)
    second = await wait(house)
    calls = [(await shown(house, one, "talking"))["id"] for one in (caller, second)]
    async with listening(house, calls[0]) as first_ear, listening(house, calls[1]) as second_ear:
        await first_ear.hears(caller.tone_hz, phone.tone_hz)
        await second_ear.hears(second.tone_hz, other.tone_hz)
        await does(house, "agent-01", "recording/pause")
        await first_ear.hears(None, None)
        assert first_ear.frames[-1].marks == SILENCED
        await second_ear.hears(second.tone_hz, other.tone_hz)
        async with listening(house, calls[0]) as late:
            await late.hears(None, None)
        await does(house, "agent-01", "recording/resume")
        await first_ear.hears(caller.tone_hz, phone.tone_hz)


async def test_who_may_not_or_cannot_listen_is_told_why(house: Centre) -> None:
    async with listening(house, "a-1.1") as nobody:
        await nobody.until(lambda one: one.code is not None)
    assert (nobody.code, "Nobody speaks" in nobody.said[0]["refused"]["why"]) == (4409, True)


async def test_strangers_at_the_door_for_voices_hear_and_hurt_nobody(house: Centre) -> None:
    """A wrong token, none at all, and more of them than there is room for."""
    caller, phone = await talk(house)
    call = (await shown(house, caller, "talking"))["id"]
    where = ("127.0.0.1", house.settings.ports.ear)
    strangers = [await asyncio.open_connection(*where) for _ in range(80)]
    try:
        strangers[-1][1].write(b"\x01\x00\x10" + bytes(16))
        for reader, _ in strangers:
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 20) == b""
        async with listening(house, call) as listener:
            await listener.hears(caller.tone_hz, phone.tone_hz)
    finally:
        for _, writer in strangers:
            writer.close()


async def test_a_killed_engine_ends_the_listening_and_nothing_else(house: Centre) -> None:
    caller, phone = await talk(house)
    call = (await shown(house, caller, "talking"))["id"]
    async with listening(house, call) as listener:
        await listener.hears(caller.tone_hz, phone.tone_hz)
        dead = await kill_engine(house)
        await listener.until(lambda one: one.code is not None)
    await nobody_spies(house)
    await engine_back(house, dead)
    assert not caller.over
    async with listening(house, call) as again:
        await again.hears(caller.tone_hz, phone.tone_hz)
    await caller.hang_up()
    await story_of(house, caller)
    rows = await house.get(f"/listenings?call={call}")
    assert [row["why"] for row in rows] == ["asked", "out_of_sight"]
