"""Two things at the same moment: whichever wins, one talk at most, nobody forgotten, every phone at rest."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.centre import Centre
from tests.integration.office import BUDGET_S, happened, idle, office, record_of, shared, story_of, wait

pytestmark = pytest.mark.asyncio(loop_scope="module")


building, house = shared(office(2, wrap_up_s=0))


@pytest.mark.parametrize("offset_s", [-0.02, 0.0, 0.02])
async def test_an_answer_at_the_moment_of_the_pull_back(house: Centre, offset_s: float) -> None:
    first, second = [await house.carrier.phone(f"seat-0{n}") for n in (1, 2)]
    await first.will_answer(BUDGET_S + offset_s)
    await second.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    await house.sign_in("agent-02", "seat-02")
    caller = await wait(house)
    await house.until("queue/presales", lambda queue: queue["waiting"] == 0, timeout_s=2 * BUDGET_S)
    talking = await _talking(house)
    assert len(talking) == 1
    assert (first.talking, second.talking) == ("seat-01" in talking, "seat-02" in talking)
    await caller.hang_up()
    await asyncio.gather(idle(house, "seat-01"), idle(house, "seat-02"))
    assert len(happened(await story_of(house, caller), "CallAnswered")) == 1


async def _talking(house: Centre) -> set[str]:
    """Seats in a talk, once a talk has had the time to be undone."""
    await asyncio.sleep(0.5)
    return {
        entry["id"]
        for key, entry in (await house.get("/live"))["snapshot"].items()
        if key.startswith("seat/") and entry.get("state") == "talking"
    }


@pytest.mark.parametrize("after_s", [0.28, 0.3, 0.32])
async def test_a_caller_who_hangs_up_as_the_agent_answers(house: Centre, after_s: float) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.3)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await phone.ringing()
    await asyncio.sleep(after_s)
    await caller.hang_up()
    row = await record_of(house, caller)
    assert row["how"] in ("abandoned", "caller")
    assert (row["answered_utc_s"] is not None) == (row["how"] == "caller")
    await idle(house)
    assert not phone.talking
    again = await wait(house)
    assert (await again.bridged()).details["seat"] == "seat-01", "the seat serves on"


async def test_agents_who_sign_in_together_share_the_callers(house: Centre) -> None:
    callers = [await wait(house), await wait(house)]
    await asyncio.gather(house.sign_in("agent-01", "seat-01"), house.sign_in("agent-02", "seat-02"))
    seats = {(await caller.bridged()).details["seat"] for caller in callers}
    assert seats == {"seat-01", "seat-02"}
    await asyncio.gather(*(caller.hang_up() for caller in callers))
    await asyncio.gather(idle(house, "seat-01"), idle(house, "seat-02"))


async def test_a_break_asked_for_while_the_phone_rings_lets_the_ring_go_on(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(1.0, talk_s=0.5)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await phone.ringing()
    assert (await house.api.post("/agents/agent-01/break", json={"reason": "meal"})).status_code == 200
    assert (await house.api.post("/agents/agent-01/sign-out")).status_code == 409
    await caller.bridged()
    resting = await house.until("agent/agent-01", lambda entry: entry["status"] == "on_break")
    assert (resting["state"], resting["reason"]) == ("idle", "meal")
