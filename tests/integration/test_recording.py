"""What caller and agent hear of each other, the music before, and what the voice logger keeps of it."""

from __future__ import annotations

import asyncio
import math
import os
import stat
from pathlib import Path

import pytest

from bench.steered_phone import steered_phone, tone
from cti.carrier import line
from cti.credentials import load_credentials
from tests.integration import audio
from tests.integration.centre import BRIEF, Centre
from tests.integration.office import happened, idle, office, record_of, shared, shown, story_of, wait
from tests.integration.talks import does, speak, voices

pytestmark = pytest.mark.asyncio(loop_scope="module")

RING_S, TALK_S = 2.0, 3.0
NOTICE_HZ, PLEASE_HOLD_HZ = BRIEF["zh-CN", "recording-notice"], BRIEF["zh-CN", "please-hold"]
GOODBYE_HZ = BRIEF["zh-CN", "goodbye"]
FIRST_HZ, SECOND_HZ = 600, 1500
RISING, FALLING, ROUND = (1000, 20000), (20000, 1000), (65500, 300)
"""Where the first agent's and the second agent's numbers begin; ROUND: the second's begin behind the first's wrap."""


building, house = shared(office(2))


async def sits(house: Centre, number: int) -> None:
    """The seat's phone is there, and its agent signs in."""
    await house.until(f"seat/seat-{number:02}", lambda entry: bool(entry["reachable"]))
    answer = await house.api.post(f"/agents/agent-{number:02}/sign-in", json={"seat": f"seat-{number:02}"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("how", ["blind", "consulted"])
@pytest.mark.parametrize("numbers", [RISING, FALLING, ROUND], ids=["rising", "falling", "round"])
async def test_the_second_agents_voice_is_there(house: Centre, numbers: tuple[int, int], how: str) -> None:
    """After a transfer, whether the next phone's RTP sequence numbers rise or fall (asterisk#507).

    A recording taken from the caller's channel alone lacks the second agent when (first number of the new phone - last
    of the old one) mod 65536 > 32768. Ours takes each voice from its own channel. No other phones have registered yet.
    """
    credentials = load_credentials(house.settings.home / "secrets/seats.key")
    seats = [seat.id for seat in house.house.seats]
    accounts = [(credentials.sip_name(seat), credentials.secret(seat), house.settings.ports.sip) for seat in seats]
    async with (
        steered_phone(*accounts[0], tone(FIRST_HZ), first_sequence=numbers[0]) as first,
        steered_phone(*accounts[1], tone(SECOND_HZ), first_sequence=numbers[1]) as second,
    ):
        await sits(house, 1)
        caller = await wait(house)
        await shown(house, caller, "talking")
        await sits(house, 2)
        await speak()
        if how == "consulted":
            await does(house, "agent-01", "consult", agent="agent-02")
            await house.until("seat/seat-02", lambda entry: entry["state"] == "consulting")
            await does(house, "agent-01", "complete")
        else:
            await does(house, "agent-01", "transfer", agent="agent-02")
        async with asyncio.timeout(20):
            await first.ended.wait()
        await house.until("seat/seat-02", lambda entry: entry["state"] == "talking")
        await speak()
        await caller.hang_up()
        async with asyncio.timeout(20):
            await second.ended.wait()
    recorded = await voices(house, (await record_of(house, caller))["call"])
    assert set(recorded) == {"caller", f"{FIRST_HZ} Hz", f"{SECOND_HZ} Hz"}
    assert audio.read(recorded[f"{SECOND_HZ} Hz"]).lasts_s > 1.0
    assert audio.silences(recorded[f"{SECOND_HZ} Hz"], at_least_s=0.3) == [], "from its first word to its last"
    assert audio.dominant_hz(recorded["caller"], -1.2, -0.4) == caller.tone_hz
    await idle(house)


async def _voices(house: Centre, call: str) -> dict[str, Path]:
    """The recordings of a call as soon as they are closed: "caller", and "agent" for each agent's leg."""
    found = {}
    for path in sorted(house.recordings.rglob(f"{call}-*.wav")):
        if not path.stem.endswith("-pad"):
            who = path.stem.removeprefix(f"{call}-").partition("-")[0]
            found[who] = await line.closed_wav(path)
    return found


async def test_they_hear_each_other_and_the_caller_a_goodbye(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1, talk_s=TALK_S)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    answered = (await phone.answered()).boot_s - (await caller.answered()).boot_s
    heard = await caller.heard()
    assert audio.dominant_hz(heard, answered + 0.5, answered + TALK_S - 0.5) == phone.tone_hz
    assert audio.dominant_hz(await phone.heard(), 0.5, TALK_S - 0.5) == caller.tone_hz
    assert audio.order_of(heard, (phone.tone_hz, GOODBYE_HZ))[-2:] == [phone.tone_hz, GOODBYE_HZ]


async def test_music_until_the_answer_also_while_the_phone_rings(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(RING_S, talk_s=1.0)
    caller = await wait(house)
    await house.sign_in("agent-01", "seat-01")
    rang, answered = await phone.ringing(), await phone.answered()
    picked_up = await caller.answered()
    heard = await caller.heard()
    silent = audio.silences(heard, at_least_s=0.5)
    assert [span for span in silent if span[0] < answered.boot_s - picked_up.boot_s] == []
    ringing = range(math.ceil(2 * (rang.boot_s - picked_up.boot_s)), int(2 * (answered.boot_s - picked_up.boot_s)))
    pitches = {round(audio.dominant_hz(heard, half / 2, half / 2 + 0.5)) for half in ringing}
    assert len(pitches) > 1, "a tune, no ringing tone"
    assert not pitches & {caller.tone_hz, phone.tone_hz}
    assert min(audio.level_dbfs(heard, half / 2, half / 2 + 0.5) for half in ringing) > -35


async def test_each_voice_is_recorded_from_its_own_channel_in_full_length(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1, talk_s=TALK_S)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    answered, ended = await caller.answered(), await caller.ended()
    row = await record_of(house, caller)
    voices = await _voices(house, row["call"])
    assert set(voices) == {"caller", "agent"}
    assert audio.dominant_hz(voices["caller"], -2.0, -0.7) == caller.tone_hz
    assert audio.dominant_hz(voices["agent"], 0.5, -0.5) == phone.tone_hz
    assert audio.order_of(voices["agent"], (caller.tone_hz, phone.tone_hz)) == [phone.tone_hz]
    assert audio.read(voices["agent"]).lasts_s == pytest.approx(row["talk_s"], abs=0.3)
    began_s = ended.boot_s - answered.boot_s - audio.read(voices["caller"]).lasts_s
    notice = audio.order_of(await caller.heard(), (NOTICE_HZ, PLEASE_HOLD_HZ), to_s=began_s)
    assert notice == [NOTICE_HZ, PLEASE_HOLD_HZ], "nobody is recorded before the notice has been heard"
    from_queue_s = row["ended_utc_s"] - row["offered_utc_s"]
    assert audio.read(voices["caller"]).lasts_s == pytest.approx(from_queue_s, abs=0.3)


async def test_a_talk_ended_by_the_caller_is_recorded_to_its_end(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await caller.bridged()
    await house.until("seat/seat-01", lambda entry: entry["state"] == "talking")
    await caller.hang_up()
    row = await record_of(house, caller)
    voices = await _voices(house, row["call"])
    assert audio.read(voices["agent"]).lasts_s == pytest.approx(row["talk_s"], abs=0.3)


async def test_recordings_are_nobody_elses(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1, talk_s=0.5)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await caller.ended()
    await _voices(house, (await record_of(house, caller))["call"])
    for path in [house.recordings, *house.recordings.rglob("*")]:
        mode = path.stat().st_mode
        assert not mode & (stat.S_IRWXO | stat.S_IWGRP), f"{path} is {stat.filemode(mode)}"
        assert path.stat().st_uid == os.getuid()


async def test_every_talk_of_a_call_that_missed_a_ring_is_recorded_once(house: Centre) -> None:
    first, second = [await house.carrier.phone(f"seat-0{n}") for n in (1, 2)]
    await first.will_reject(0.3)
    await second.will_answer(0.1, talk_s=1.0)
    await house.sign_in("agent-01", "seat-01")
    await house.sign_in("agent-02", "seat-02")
    caller = await wait(house)
    await caller.ended()
    row = await record_of(house, caller)
    assert row["seat"] == "seat-02"
    await idle(house, "seat-02")
    voices = [path for path in house.recordings.rglob(f"{row['call']}-agent-*.wav") if "-pad" not in path.name]
    assert len(voices) == 1
    assert audio.dominant_hz(voices[0]) == second.tone_hz
    assert len(happened(await story_of(house, caller), "CallAnswered")) == 1
