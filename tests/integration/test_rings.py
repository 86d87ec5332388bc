"""Rings on the running product: who is chosen, what a missed, refused or impossible ring costs, who keeps a place."""

from __future__ import annotations

import asyncio

import pytest

from cti.carrier.phone import Phone
from tests.integration.centre import Centre
from tests.integration.office import (
    BUDGET_S,
    happened,
    idle,
    office,
    record_of,
    shared,
    shown,
    story_of,
    wait,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


building, house = shared(office(3), is_audited=True)


async def _phones(house: Centre) -> list[Phone]:
    return [await house.carrier.phone(seat.id) for seat in house.house.seats]


async def test_the_longest_idle_seat_rings(house: Centre) -> None:
    for n in (2, 1, 3):
        await house.sign_in(f"agent-0{n}", f"seat-0{n}")
    reached = []
    for _ in range(4):
        caller = await wait(house)
        reached.append((await shown(house, caller, "talking"))["seat"])
        await caller.hang_up()
        await idle(house, reached[-1])
    assert reached == ["seat-02", "seat-01", "seat-03", "seat-02"]


async def test_after_three_rings_the_next_seat_rings_within_a_second(house: Centre) -> None:
    first, second, _ = await _phones(house)
    await first.will_ignore()
    await house.sign_in("agent-01", "seat-01")
    await house.sign_in("agent-02", "seat-02")
    caller = await wait(house)
    rang, cancelled = await first.ringing(), await first.cancelled()
    again = await second.ringing()
    await shown(house, caller, "talking")
    assert cancelled.boot_s - rang.boot_s == pytest.approx(BUDGET_S, abs=0.3)
    assert again.boot_s - cancelled.boot_s < 1.0
    await caller.hang_up()
    story = await story_of(house, caller)
    assert [(ring["seat"], ring["outcome"]) for ring in happened(story, "RingEnded")] == [
        ("seat-01", "missed"),
        ("seat-02", "answered"),
    ]
    assert len(happened(story, "CallOffered")) == 1
    assert happened(story, "CallAnswered")[0]["waited_s"] > BUDGET_S, "the wait counts from the queue, not the ring"


async def test_two_misses_send_the_agent_away_until_ready(house: Centre) -> None:
    phone, *_ = await _phones(house)
    before = len(phone.timeline.all("cancelled"))
    await phone.will_ignore()
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    away = await house.until("agent/agent-01", lambda entry: entry["status"] == "away")
    assert away["reason"] == "missed_rings"
    assert len(phone.timeline.all("cancelled")) - before >= 2, "a ring of which the PBX told too late is no miss"
    assert (await house.get("/live"))["snapshot"]["alarms"]["last"][0]["name"] == "agent_away"
    rung = len(phone.timeline.all("ringing"))
    await shown(house, caller, "waiting")
    await phone.will_answer(0.2)
    answer = await house.api.post("/agents/agent-01/ready")
    assert answer.status_code == 200
    await caller.bridged()
    assert len(phone.timeline.all("ringing")) == rung + 1, "an agent who is away is not rung"


@pytest.mark.parametrize("decline", [False, True], ids=["busy", "declined"])
@pytest.mark.parametrize("after_s", [None, 0.5], ids=["at-once", "while-ringing"])
async def test_a_refused_ring_goes_to_the_next_seat_at_once(
    house: Centre, decline: bool, after_s: float | None
) -> None:
    first, second, _ = await _phones(house)
    await first.will_reject(after_s, decline=decline)
    await house.sign_in("agent-01", "seat-01")
    await house.sign_in("agent-02", "seat-02")
    caller = await wait(house)
    refused = await first.rejected()
    assert (await second.ringing()).boot_s - refused.boot_s < 1.0
    await shown(house, caller, "talking")
    await caller.hang_up()
    outcomes = [ring["outcome"] for ring in happened(await story_of(house, caller), "RingEnded")]
    assert outcomes == ["rejected", "answered"]


async def test_a_phone_that_is_not_registered_is_never_rung(house: Centre) -> None:
    first, *_ = await _phones(house)
    await house.sign_in("agent-01", "seat-01")
    await house.sign_in("agent-02", "seat-02")
    await first.unregister()
    await house.until("seat/seat-01", lambda entry: not entry["reachable"])
    invited = len(first.timeline.all("invited"))
    caller = await wait(house)
    assert (await shown(house, caller, "talking"))["seat"] == "seat-02"
    await caller.hang_up()
    assert len(first.timeline.all("invited")) == invited
    assert (await record_of(house, caller))["tries"] == 1


async def test_a_phone_that_leaves_while_a_caller_waits_is_not_rung_and_one_that_comes_is(house: Centre) -> None:
    first, *_ = await _phones(house)
    await house.sign_in("agent-01", "seat-01")
    (await house.api.post("/agents/agent-01/break", json={"reason": "rest"})).raise_for_status()
    caller = await wait(house)
    await first.unregister()
    await house.until("seat/seat-01", lambda entry: not entry["reachable"])
    invited = len(first.timeline.all("invited"))
    (await house.api.post("/agents/agent-01/ready")).raise_for_status()
    assert (await shown(house, caller, "waiting"))["state"] == "waiting"
    assert len(first.timeline.all("invited")) == invited
    await first.register()
    assert (await caller.bridged()).details["seat"] == "seat-01"


async def test_a_phone_that_leaves_in_mid_ring_gives_way_at_once_and_is_not_rung_again(house: Centre) -> None:
    first, second, _ = await _phones(house)
    await first.will_ignore()
    await house.sign_in("agent-01", "seat-01")
    await house.sign_in("agent-02", "seat-02")
    caller = await wait(house)
    await first.ringing()
    invited = len(first.timeline.all("invited"))
    gone = await first.unregister()
    assert (await second.ringing()).boot_s - gone.boot_s < 1.0, "not after its three rings"
    assert (await shown(house, caller, "talking"))["seat"] == "seat-02"
    assert len(first.timeline.all("invited")) == invited
    await caller.hang_up()
    outcomes = [(ring["seat"], ring["outcome"]) for ring in happened(await story_of(house, caller), "RingEnded")]
    assert outcomes == [("seat-01", "failed"), ("seat-02", "answered")]
    assert (await house.get("/live"))["snapshot"]["agent/agent-01"]["status"] == "ready", "nobody missed a ring"


async def test_two_callers_at_one_seat_are_served_in_order(house: Centre) -> None:
    phone, *_ = await _phones(house)
    await phone.will_answer(0.1, talk_s=1.0)
    early = await wait(house)
    late = await wait(house)
    await house.sign_in("agent-01", "seat-01")
    await early.bridged()
    over = await phone.ended()
    assert not late.timeline.all("bridged")
    assert (await phone.ringing()).boot_s - over.boot_s == pytest.approx(0.5, abs=0.3), "the wrap-up"
    await late.bridged()


async def test_a_caller_whose_ring_was_missed_is_not_overtaken(house: Centre) -> None:
    first, second, _ = await _phones(house)
    await first.will_ignore()
    await second.will_answer(0.1)
    await house.sign_in("agent-02", "seat-02")
    talking = await wait(house)
    await talking.bridged()
    await house.sign_in("agent-01", "seat-01")
    early = await wait(house)
    await first.ringing()
    late = await wait(house)
    await first.cancelled()
    await asyncio.gather(shown(house, early, "waiting"), shown(house, late, "ringing"))
    await talking.hang_up()
    assert (await early.bridged()).details["seat"] == "seat-02"
    assert not late.timeline.all("bridged")
