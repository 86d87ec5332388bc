"""Two phones ring for one caller, because the first one's agent usually answers too late; on real telephones."""

from __future__ import annotations

import asyncio

import pytest

from core.house import House
from cti.carrier.caller import CallerCall
from cti.carrier.phone import Phone
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import happened, idle, office, record_of, shared, shown, story_of, wait
from tests.integration.survival import engine_back, kill_engine
from tests.integration.talks import archived, does, doing, speak, voices

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

SLOW_S = 2.0
BUDGET_S = 12.0


def quick_house() -> House:
    whole = office(3)
    queues = [queue.model_dump() | {"answer_by_s": 1.0, "promise_every_s": 0} for queue in whole.queues]
    return office(3, queues=queues, cadence={"on_s": 0.5, "off_s": 3.5, "rings": 3})


building, house = shared(quick_house(), is_audited=True)


async def slow(house: Centre) -> Phone:
    """agent-01's phone, picked up SLOW_S after it began to ring, three times: now the engine knows."""
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(SLOW_S)
    await house.sign_in("agent-01", "seat-01")
    for _ in range(3):
        caller = await wait(house)
        await phone.answered()
        await shown(house, caller, "talking")  # or the hang-up may be told first, and the ring was no answer
        await caller.hang_up()
        await idle(house)
    return phone


async def both_ring(house: Centre) -> tuple[CallerCall, Phone, Phone]:
    """A caller for whom seat-01 and seat-02 ring; neither is picked up."""
    first = await slow(house)
    await first.will_ignore()
    second = await house.carrier.phone("seat-02")
    await second.will_ignore()
    first.timeline.forget()
    second.timeline.forget()
    await house.sign_in("agent-02", "seat-02")
    caller = await wait(house)
    await first.ringing()
    await second.ringing()
    await doing(house, "seat-01", "ringing")
    await doing(house, "seat-02", "ringing")
    return caller, first, second


@pytest.mark.parametrize("winner", [1, 2])
async def test_the_first_to_answer_has_the_call_and_the_other_sees_why_it_stopped(house: Centre, winner: int) -> None:
    caller, *phones = await both_ring(house)
    answering, other = phones[winner - 1], phones[2 - winner]
    await answering.answer()
    await answering.answered()
    cancelled = await other.cancelled()
    entry = await shown(house, caller, "talking")
    assert (entry["seat"], entry.get("second")) == (f"seat-0{winner}", None)
    loser = await house.until(f"agent/agent-0{3 - winner}", lambda entry: entry["state"] == "idle")
    assert loser["reason"] == "ring_elsewhere", cancelled
    await speak()
    await answering.hang_up()
    await caller.ended()
    heard = await caller.heard()
    assert audio.dominant_hz(await answering.heard(), 0.3, 1.0) == caller.tone_hz
    assert answering.tone_hz in audio.order_of(heard, [phone.tone_hz for phone in phones])
    assert audio.silences(heard, at_least_s=0.5) == []
    recorded = await voices(house, (await record_of(house, caller))["call"])
    assert set(recorded) == {"caller", f"{answering.tone_hz} Hz"}
    assert audio.silences(recorded[f"{answering.tone_hz} Hz"], at_least_s=0.3) == []
    call, tones = (await record_of(house, caller))["call"], (caller.tone_hz, phones[0].tone_hz, phones[1].tone_hz)
    assert await archived(house, call, tones) == {f"agent-0{winner}": ({tones[0]}, {answering.tone_hz})}
    story = await story_of(house, caller)
    outcomes = {ring["seat"]: ring["outcome"] for ring in happened(story, "RingEnded")}
    assert outcomes == {f"seat-0{winner}": "answered", f"seat-0{3 - winner}": "elsewhere"}
    assert len(happened(story, "TalkEnded")) == 1 and (await record_of(house, caller))["how"] == "agent"


async def test_of_two_phones_picked_up_at_once_one_has_the_caller_and_the_floor_says_which(house: Centre) -> None:
    caller, *both = await both_ring(house)
    phones = dict(zip(("seat-01", "seat-02"), both, strict=True))
    over = {asyncio.create_task(phone.timeline.next("cancelled", "ended")): seat for seat, phone in phones.items()}
    picked = await asyncio.gather(*(phone.answer() for phone in both), return_exceptions=True)
    assert None in picked and {type(one) for one in picked} <= {type(None), LookupError}, "one may be silenced already"
    (first,), others = await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
    loser, (winner,) = over[first], [over[task] for task in others]
    await idle(house, loser)
    await doing(house, winner, "talking")
    assert (await shown(house, caller, "talking"))["seat"] == winner
    await speak()
    assert not any(task.done() for task in others), "one of them, and for good"
    await phones[winner].hang_up()
    await asyncio.gather(*others)
    await caller.ended()
    assert audio.order_of(await caller.heard(), [phone.tone_hz for phone in both]) == [phones[winner].tone_hz]
    story = await story_of(house, caller)
    assert len(happened(story, "CallAnswered")) == 1
    talked = [(talk["seat"], talk["by"]) for talk in happened(story, "TalkEnded")]
    assert talked[-1] == (winner, "agent") and len(talked) <= 2, "the engine may have heard of the other one first"


async def test_the_first_phone_rings_on_untouched_and_each_has_its_own_three_rings(house: Centre) -> None:
    first = await slow(house)
    await first.will_ignore()
    first.timeline.forget()
    caller = await wait(house)
    rang = await first.ringing()
    await asyncio.sleep(BUDGET_S / 2)
    second = await house.carrier.phone("seat-02")
    await second.will_ignore()
    second.timeline.forget()
    await house.sign_in("agent-02", "seat-02")
    rang_beside = await second.ringing()
    assert (await first.cancelled()).boot_s - rang.boot_s == pytest.approx(BUDGET_S, abs=1.0)
    await doing(house, "seat-02", "ringing")
    assert (await second.cancelled()).boot_s - rang_beside.boot_s == pytest.approx(BUDGET_S, abs=1.0)
    assert len(first.timeline.all("ringing")) >= 1
    await caller.hang_up()
    story = await story_of(house, caller)
    rings = {ring["seat"]: (ring["outcome"], round(ring["rang_s"])) for ring in happened(story, "RingEnded")[:2]}
    assert rings == {"seat-01": ("missed", round(BUDGET_S)), "seat-02": ("missed", round(BUDGET_S))}


async def test_the_second_can_be_put_on_hold_and_transfer_the_caller_like_any_agent(house: Centre) -> None:
    caller, _, second = await both_ring(house)
    await second.answer()
    await second.answered()
    await shown(house, caller, "talking")
    await does(house, "agent-02", "hold")
    await shown(house, caller, "held")
    await does(house, "agent-02", "resume")
    await shown(house, caller, "talking")
    await does(house, "agent-02", "transfer", queue="complaints")
    await second.ended()
    await caller.hang_up()
    await record_of(house, caller)


async def test_a_caller_who_hangs_up_stops_both_phones(house: Centre) -> None:
    caller, first, second = await both_ring(house)
    await caller.hang_up()
    await first.cancelled()
    await second.cancelled()
    await idle(house)
    await idle(house, "seat-02")


async def test_a_killed_engine_disturbs_neither_ring_and_the_second_may_still_answer(house: Centre) -> None:
    caller, first, second = await both_ring(house)
    dead = await kill_engine(house)
    await second.answer()
    await second.answered()
    await first.cancelled()
    await engine_back(house, dead)
    assert (await shown(house, caller, "talking"))["seat"] == "seat-02"
    assert not caller.over and second.talking
    await second.hang_up()
    await caller.ended()
