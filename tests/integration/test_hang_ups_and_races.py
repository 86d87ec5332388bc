"""The caller hangs up in each phase: phones fall silent at once, records say what happened, agents are free.

And two things at the same moment: whichever wins, one talk at most, nobody forgotten, every phone at rest.
"""

from __future__ import annotations

import asyncio

import pytest

from cti.carrier.caller import CallerCall
from cti.carrier.timeline import boot_s
from tests.integration.centre import Centre
from tests.integration.office import (
    BUDGET_S,
    ask,
    dial,
    happened,
    idle,
    off_the_floor,
    office,
    record_of,
    shared,
    shown,
    story_of,
    wait,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


building, house = shared(office(2), is_audited=True)


async def _hang_up(house: Centre, caller: CallerCall) -> None:
    """Within a second the call is off the floor."""
    call = (await shown(house, caller))["id"]
    await caller.hang_up()
    await off_the_floor(house, f"call/{call}", timeout_s=1.0)


@pytest.mark.parametrize("key", ["", "*"], ids=["greeting", "menu"])
async def test_before_a_choice(house: Centre, key: str) -> None:
    caller = await dial(house)
    await caller.press(key)
    await _hang_up(house, caller)
    row = await record_of(house, caller)
    assert (row["how"], row["queue"], row["offered_utc_s"], row["tries"]) == ("menu", "", None, 0)


async def test_between_choice_and_queue(house: Centre) -> None:
    """The prompts before the queue play: nobody has been asked for yet."""
    await house.sign_in("agent-01", "seat-01")
    caller = await ask(house)
    await _hang_up(house, caller)
    assert (await record_of(house, caller))["how"] == "menu"
    assert (await idle(house))["status"] == "ready"


async def test_while_waiting(house: Centre) -> None:
    caller = await wait(house)
    await _hang_up(house, caller)
    row = await record_of(house, caller)
    assert (row["how"], row["queue"], row["tries"], row["answered_utc_s"]) == ("abandoned", "presales", 0, None)
    assert row["waited_s"] == pytest.approx(row["ended_utc_s"] - row["offered_utc_s"], abs=0.05)
    figures = (await house.get("/live"))["snapshot"]["queue/presales"]["today"]
    assert figures["offered"] == figures["answered"] + figures["abandoned"]


async def test_while_the_phone_rings(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_ignore()
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await phone.ringing()
    hung_up_s = boot_s()
    await _hang_up(house, caller)
    assert (await phone.cancelled()).boot_s - hung_up_s < 0.5, "the phone falls silent at once"
    story = await story_of(house, caller)
    assert [ring["outcome"] for ring in happened(story, "RingEnded")] == ["caller_gone"]
    assert (await record_of(house, caller))["how"] == "abandoned"
    await idle(house)
    await phone.will_answer(0.1)
    assert (await (await wait(house)).bridged()).details["seat"] == "seat-01", "the agent is free again"


async def test_in_the_talk(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await shown(house, caller, "talking")
    hung_up_s = boot_s()
    await _hang_up(house, caller)
    assert (await phone.ended()).boot_s - hung_up_s < 0.5
    row = await record_of(house, caller)
    assert (row["how"], row["agent"], row["seat"], row["tries"]) == ("caller", "agent-01", "seat-01", 1)
    assert happened(await story_of(house, caller), "TalkEnded")[0]["by"] == "caller"
    await idle(house)


async def test_the_agent_ends_the_talk(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1, talk_s=1.0)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await caller.bridged()
    over = await phone.ended()
    released = await caller.ended()
    assert released.details["cause"] == "16"
    assert 0.3 < released.boot_s - over.boot_s < 2.0, "the caller hears the goodbye and is released"
    assert (await record_of(house, caller))["how"] == "agent"
    assert happened(await story_of(house, caller), "TalkEnded")[0]["by"] == "agent"


# --- at the same moment ----------------------------------------------------------------------
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
