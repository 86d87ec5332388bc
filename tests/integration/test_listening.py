"""Live listening on the real PBX: whose voice is on which side, in every move of a call, and that calls never mind."""

from __future__ import annotations

import array
import asyncio
import contextlib
import struct
from typing import Any

import pytest

from cti.carrier.caller import CallerCall
from cti.carrier.phone import Phone
from tests.integration import audio
from tests.integration.centre import PATIENCE_S, Centre
from tests.integration.listener import SILENCED, TALK_OVER, Heard, listening, nobody_spies
from tests.integration.office import happened, idle, office, shared, shown, story_of, wait
from tests.integration.survival import engine_back, kill_engine
from tests.integration.talks import archived, colleague, does, talk

pytestmark = pytest.mark.asyncio(loop_scope="module")
building, house = shared(office(3, listening={"beep": True}))

BEEP_HZ = 1000.0
"""ivr.music.beep; nobody's voice."""


async def listened(house: Centre, call: str) -> list[dict[str, Any]]:
    """Who heard this call, newest first."""
    return list((await house.get(f"/listenings?call={call}"))["listenings"])


def _levels(frame: Heard) -> tuple[int, int]:
    return frame.caller_dbfs, frame.ours_dbfs


async def test_both_sides_are_heard_apart_over_hold_and_transfer_until_the_call_is_over(house: Centre) -> None:
    caller, phone = await talk(house)
    call = (await shown(house, caller, "talking"))["id"]
    async with listening(house, call) as listener:
        await listener.hears(caller.tone_hz, phone.tone_hz)
        await listener.until(lambda one: one.frames[-1].marks & TALK_OVER and min(_levels(one.frames[-1])) > -40)
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
    (row,) = await listened(house, call)
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
    async with asyncio.timeout(PATIENCE_S):
        while [bool(row["ended_utc_s"]) for row in await listened(house, call)] != [True] * 4:  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.1)


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


# --- by telephone ------------------------------------------------------------------------------------
async def test_a_listeners_phone_hears_both_and_is_heard_by_whom_it_may_be(house: Centre) -> None:
    caller, agent = await talk(house)
    call = (await shown(house, caller, "talking"))["id"]
    phone = await off_duty(house, "seat-03")
    at_first_s = len(so_far(agent)), len(so_far(caller))
    listening = await by_phone(house, call, "seat-03")
    await phone.answered()
    await until_heard(phone, (caller.tone_hz, agent.tone_hz))
    async with asyncio.timeout(40):
        while not pitches_of(so_far(agent), at_first_s[0], BEEP_HZ):  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.1)
    assert not pitches_of(so_far(caller), at_first_s[1], BEEP_HZ), "the beep is for the agent alone"
    assert phone.tone_hz not in pitches_of(so_far(agent), at_first_s[0], phone.tone_hz)
    await turn(house, listening, "whisper")
    await until_heard(agent, (phone.tone_hz, caller.tone_hz))
    assert phone.tone_hz not in pitches_of(so_far(caller), at_first_s[1], phone.tone_hz)
    await turn(house, listening, "barge_in")
    await until_heard(caller, (phone.tone_hz, agent.tone_hz))
    await turn(house, listening, "listen")
    await until_silent(caller, phone.tone_hz)
    await until_silent(agent, phone.tone_hz)
    other = await colleague(house)
    await does(house, "agent-01", "transfer", agent="agent-02")
    await until_heard(phone, (caller.tone_hz, other.tone_hz))
    assert len(phone.timeline.all("answered")) == 1, "one ring, one line, whatever it was used for"
    await caller.hang_up()
    await phone.ended()
    await idle(house, "seat-02")
    (row,) = await listened(house, call)
    assert (row["seat"], row["modes"], row["why"]) == ("seat-03", "listen whisper barge_in", "talk_over")


async def test_whoever_listens_takes_the_call_over_on_the_same_line(house: Centre) -> None:
    caller, agent = await talk(house)
    call = (await shown(house, caller, "talking"))["id"]
    phone = await off_duty(house, "seat-03")
    listening = await by_phone(house, call, "seat-03")
    await phone.answered()
    await until_heard(phone, (caller.tone_hz, agent.tone_hz))
    answered_once = len(phone.timeline.all("answered"))
    answer = await house.api.post(f"/listenings/{listening}/take-over")
    assert answer.status_code == 200, answer.text
    await agent.ended()
    await until_heard(caller, (phone.tone_hz, phone.tone_hz))
    await until_heard(phone, (caller.tone_hz, caller.tone_hz))
    assert (await shown(house, caller, "talking"))["seat"] == "seat-03"
    assert len(phone.timeline.all("answered")) == answered_once, "no phone rings again"
    await engine_back(house, await kill_engine(house))
    assert (await shown(house, caller, "talking"))["seat"] == "seat-03", "a new engine sees whose the caller is"
    await phone.hang_up()
    story = await story_of(house, caller)
    assert [(given["how"], given["to"]) for given in happened(story, "CallTransferred")] == [("taken_over", "cli")]
    (row,) = await listened(house, call)
    assert row["why"] == "taken_over"
    kept = await archived(house, call, (caller.tone_hz, agent.tone_hz, phone.tone_hz))
    assert kept == {
        "agent-01": ({caller.tone_hz}, {agent.tone_hz}),
        "talk": ({caller.tone_hz}, {phone.tone_hz}),
    }


async def test_who_hangs_up_has_stopped_and_a_busy_or_foreign_phone_is_not_rung(house: Centre) -> None:
    caller, agent = await talk(house)
    call = (await shown(house, caller, "talking"))["id"]
    await colleague(house)
    for seat, why in (("seat-01", "agent-01 sits"), ("seat-02", "agent-02 sits"), ("seat-09", "no seat")):
        answer = await house.api.post(f"/calls/{call}/listenings", json={"seat": seat})
        assert (answer.status_code, why in answer.text) == (409, True), answer.text
    phone = await off_duty(house, "seat-03")
    await by_phone(house, call, "seat-03")
    await until_heard(phone, (caller.tone_hz, agent.tone_hz))
    await phone.hang_up()
    await until_row(house, call, "hung_up")
    await phone.will_ignore()
    await by_phone(house, call, "seat-03")
    await phone.ringing()
    await phone.cancelled()
    assert len(await listened(house, call)) == 1, "nobody has heard anything"
    assert not caller.over


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
    await nobody_spies(house)
    await caller.hang_up()
    await story_of(house, caller)
    rows = await listened(house, call)
    assert [row["why"] for row in rows] == ["asked", "out_of_sight"]


async def off_duty(house: Centre, seat: str) -> Phone:
    """A phone at which nobody sits."""
    phone = await house.carrier.phone(seat)
    await phone.will_answer(0.1)
    if not phone.registered:
        await phone.register()
    await house.until(f"seat/{seat}", lambda entry: bool(entry["reachable"]))
    phone.timeline.forget()
    return phone


async def by_phone(house: Centre, call: str, seat: str) -> str:
    answer = await house.api.post(f"/calls/{call}/listenings", json={"seat": seat})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["result"])


async def turn(house: Centre, listening: str, mode: str) -> None:
    answer = await house.api.put(f"/listenings/{listening}", json={"mode": mode})
    assert answer.status_code == 200, answer.text


async def until_row(house: Centre, call: str, why: str) -> None:
    async with asyncio.timeout(20):
        while [row["why"] for row in await listened(house, call)] != [why]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def so_far(who: CallerCall | Phone) -> array.array[int]:
    """What has been heard there until now; the file is still being written."""
    path = who.plan.heard if isinstance(who, CallerCall) else who.hears
    try:
        return audio.read(path).samples if path is not None else array.array("h")
    except (OSError, ValueError, struct.error):
        return array.array("h")  # not begun, or only half of a header


def pitches_of(samples: array.array[int], from_sample: int, *wanted: float) -> list[float]:
    """Which of these are in this sound, by more than a hundredth of its power a tenth of a second."""
    return [hz for hz in wanted if any(_has(part, hz) for part in _parts(samples[from_sample:]))]


def heard_now(who: CallerCall | Phone, *wanted: float) -> list[float]:
    """Which of these are in the last half second."""
    last = so_far(who)[-4000:]
    return [hz for hz in wanted if _has(last, hz)]


async def until_heard(who: CallerCall | Phone, pitches: tuple[float, float]) -> None:
    """Until both are in the last half second."""
    async with asyncio.timeout(40):
        while set(heard_now(who, *pitches)) != set(pitches):  # noqa: ASYNC110 - a file in another process
            await asyncio.sleep(0.1)


async def until_silent(who: CallerCall | Phone, hz: float) -> None:
    async with asyncio.timeout(40):
        while heard_now(who, hz):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)


def _parts(samples: array.array[int]) -> list[array.array[int]]:
    return [samples[at : at + 800] for at in range(0, len(samples) - 800, 800)]


def _has(samples: array.array[int], hz: float) -> bool:
    power = sum(sample * sample for sample in samples) / max(1, len(samples))
    return power > 1000 and 50 * audio.goertzel(samples, 8000, hz) > power
