"""GET /alarms and acknowledging one."""

from __future__ import annotations

from core.inputs import AcknowledgeAlarm, Requested
from store.records import AlarmRecord
from tests.unit.doors import Doors, client_of


def row(at: float, cleared: float | None = None) -> AlarmRecord:
    return AlarmRecord(f"trunk-down/a@{at}", "trunk-down", "a", "critical", 1.0, "text", at, None, "", cleared)


async def test_the_newest_alarms_come_first_and_page_back() -> None:
    doors = Doors()
    doors.calls.told = [row(1.0, 2.0), row(3.0), row(2.0, 9.0)]
    async with client_of(doors) as client:
        rows = (await client.get("/alarms?limit=2")).json()
        assert [(one["raised_utc_s"], one["cleared_utc_s"]) for one in rows] == [(3.0, None), (2.0, 9.0)]
        older = (await client.get("/alarms?before_utc_s=2.0")).json()
        assert [one["raised_utc_s"] for one in older] == [1.0]
        assert (await client.get("/alarms?limit=1000")).status_code == 422


async def test_somebody_looks_after_it() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        assert (await client.post("/alarms/trunk-down/a/acknowledge")).status_code == 200
        asked = doors.offered[-1]
        assert isinstance(asked, Requested)
        assert (asked.by, asked.request) == ("admin", AcknowledgeAlarm("trunk-down", "a"))
        doors.refusal = "There is no alarm trunk-down of a now."
        answer = await client.post("/alarms/trunk-down/a/acknowledge")
        assert (answer.status_code, answer.json()["detail"]) == (409, doors.refusal)
        assert (await client.post("/alarms/Trunk Down/a/acknowledge")).status_code == 422
