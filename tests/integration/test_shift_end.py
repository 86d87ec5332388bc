"""The end of a shift on the real PBX: a talk goes on over it, and the next call goes to the next shift."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from core.house import House
from tests.integration.centre import BRIEF, Centre, centre
from tests.integration.test_call import small_house

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

LEFT_S = 40
"""What the shift has left when the house is told of it: enough for a crowded machine to begin a talk."""


def ending_house() -> House:
    """agent-01's shift ends soon, and agent-02's begins then."""
    end = (datetime.now(UTC) + timedelta(seconds=LEFT_S)).replace(microsecond=0)
    start = end - timedelta(hours=8)
    document = small_house().model_dump(mode="json")
    early = {"id": "early", "name": {}, "start": f"{start:%H:%M:%S}", "end": f"{end:%H:%M:%S}"}
    late = {"id": "late", "name": {}, "start": f"{end:%H:%M:%S}", "end": f"{start:%H:%M:%S}"}
    shifts = [early, late]
    agents = [{**one, "shift": shift["id"]} for one, shift in zip(document["agents"], shifts, strict=True)]
    floor = [{"start": "00:00", "end": "00:00", "agents": 1}]
    staffing = {"floor": floor, "shift_end_grace_s": 10, "usual_handling_s": 12}
    return House.model_validate(
        {**document, "time_zone": "UTC", "shifts": shifts, "agents": agents, "staffing": staffing}
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Centre]:
    async with centre(small_house(), tones=BRIEF) as running:
        yield running


async def test_a_talk_outlives_the_shift_and_the_next_call_goes_to_the_next_shift(house: Centre) -> None:
    first, second = [await house.carrier.phone(f"seat-0{n}") for n in (1, 2)]
    await first.will_answer(after_s=0.2, talk_s=300.0)
    await second.will_answer(after_s=0.2, talk_s=2.0)
    tag = (await house.api.get("/house")).headers["ETag"]
    document = ending_house().model_dump(mode="json")
    (await house.api.put("/house", json=document, headers={"If-Match": tag})).raise_for_status()
    await house.sign_in("agent-01", "seat-01")
    talking = await house.carrier.dial("95003")
    assert (await talking.bridged(40)).details["seat"] == "seat-01"
    leaving = await house.until("agent/agent-01", lambda entry: entry["duty"] == "over", timeout_s=150)
    assert leaving["state"] == "talking"
    handed = (await house.get("/staff"))["handovers"][0]
    assert (handed["shift"], handed["still_talking"]) == ("early", ["agent-01"])
    assert f"{datetime.fromtimestamp(handed['ended_utc_s'], UTC):%H:%M:%S}" == document["shifts"][0]["end"]

    await house.sign_in("agent-02", "seat-02")  # the relief: from now on the first may go
    await talking.hang_up()
    withheld = await house.until("agent/agent-01", lambda entry: entry["state"] == "idle", timeout_s=10)
    assert (withheld["withheld"], withheld["status"]) == ("shift_end", "ready")
    for _ in range(2):  # the longest idle would have been the first agent's turn
        caller = await house.carrier.dial("95003")
        assert (await caller.bridged(40)).details["seat"] == "seat-02"
        await caller.ended(30)

    left = await house.api.post("/agents/agent-02/sign-out")
    assert left.status_code == 200, left.text  # agent-01 still keeps the floor
    refused = await house.api.post("/agents/agent-01/sign-out")
    assert refused.status_code == 409
    assert "1 agents must be on the line now" in refused.json()["detail"]
    assert (await house.api.post("/agents/agent-01/sign-out?override=true")).status_code == 200
    alarms = await house.until("alarms", lambda entry: any(one["name"] == "rule_overridden" for one in entry["last"]))
    assert any("agent-01" in one["text"] for one in alarms["last"] if one["name"] == "rule_overridden")
