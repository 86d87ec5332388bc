"""Nobody is left at night: the leaders' mobiles ring, a notice is spoken, key 1 ends it; on real telephones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.house import House
from cti.carrier.callee import Callee
from tests.integration import audio
from tests.integration.centre import BRIEF, Centre
from tests.integration.office import ask, both_trunks, office, shared

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

FIRST, SECOND = "13900000001", "13900000002"
NOTICE_HZ, NOTED_HZ = 1900.0, 2300.0
TONES = {**BRIEF, ("zh-CN", "night-notice"): NOTICE_HZ, ("zh-CN", "night-noted"): NOTED_HZ}


def house_at_night() -> House:
    """It is night all day long; one agent, and two leaders who are at home."""
    whole = office(1)
    leader = {**whole.agents[0].model_dump(), "role": "leader"}
    leaders = [leader | {"id": f"leader-0{n}", "mobile": mobile} for n, mobile in enumerate((FIRST, SECOND), start=1)]
    floor = [
        {"start": "00:00", "end": "12:00", "agents": 1, "night": True},
        {"start": "12:00", "end": "00:00", "agents": 1, "night": True},
    ]
    plan = {"ring_s": 10, "rounds": 2, "gap_s": 5, "quiet_s": 0}
    agents = [*(agent.model_dump() for agent in whole.agents), *leaders]
    return office(1, agents=agents, staffing={"floor": floor, "night_calls": plan})


building, house = shared(house_at_night(), TONES)


async def leader(house: Centre, number: str) -> Callee:
    await both_trunks(house)
    mobile = await house.carrier.callee(number)
    await mobile.will_answer(after_s=0.5)
    mobile.timeline.forget()
    return mobile


async def the_last_one_misses(house: Centre) -> None:
    """Two rings in a row, while a caller waits."""
    phone = await house.carrier.phone("seat-01")
    await phone.will_ignore()
    await house.sign_in("agent-01", "seat-01")
    await ask(house)


async def called(house: Centre, leader: str, outcome: str) -> Any:
    return await house.until(
        "night_call", lambda entry: (entry["leader"], entry.get("outcome", "")) == (leader, outcome), 60
    )


async def test_the_leader_hears_the_notice_and_key_1_ends_it(house: Centre) -> None:
    mobile, other = await leader(house, FIRST), await leader(house, SECOND)
    await the_last_one_misses(house)
    await mobile.answered()
    await asyncio.sleep(1.5)
    await mobile.press("1")
    await called(house, "leader-01", "understood")
    await mobile.ended()
    assert audio.order_of(await mobile.heard(), (NOTICE_HZ, NOTED_HZ))[-1] == NOTED_HZ
    assert NOTICE_HZ in audio.order_of(await mobile.heard(), (NOTICE_HZ, NOTED_HZ))
    assert other.timeline.all("invited") == []
    alarms = [alarm["name"] for alarm in (await house.get("/live"))["snapshot"]["alarms"]["last"]]
    assert {"night_without_agent", "leader_summoned", "leader_understood"} <= set(alarms)


async def test_whoever_does_not_press_1_or_is_busy_is_followed_by_the_next_never_two_at_once(house: Centre) -> None:
    mobile, other = await leader(house, FIRST), await leader(house, SECOND)
    await other.will_reject()
    await the_last_one_misses(house)
    await mobile.answered()
    assert other.timeline.all("invited") == []
    ended = await mobile.ended(60)
    heard = audio.order_of(await mobile.heard(), (NOTICE_HZ, NOTED_HZ))
    assert set(heard) == {NOTICE_HZ} and len(heard) == 3, "told three times"
    rejected = await other.rejected()
    assert rejected.boot_s > ended.boot_s
    await called(house, "leader-02", "busy")
    again = await mobile.timeline.next("invited", timeout_s=30)
    assert again.boot_s - rejected.boot_s > 4.0, "the pause between two rounds"
