"""GET /alarms and acknowledging one."""

from __future__ import annotations

from core.inputs import AcknowledgeAlarm, Requested
from store.records import AlarmRecord
from tests.unit.doors import Doors, client_of


def row(at: float, cleared: float | None = None, subject: str = "a") -> AlarmRecord:
    name = f"trunk-down/{subject}@{at:g}.0"
    return AlarmRecord(name, "trunk-down", subject, "critical", 1.0, "text", at, None, "", cleared)


async def test_the_newest_alarms_come_first_and_page_back() -> None:
    doors = Doors()
    doors.calls.told = [row(1.0, 2.0), row(3.0), row(2.0, 9.0), row(2.0, None, "b")]
    async with client_of(doors) as client:
        page = (await client.get("/alarms?limit=2")).json()
        assert [(one["raised_utc_s"], one["subject"]) for one in page["alarms"]] == [(3.0, "a"), (2.0, "b")]
        older = (await client.get(f"/alarms?before={page['next_before']}")).json()
        assert [one["alarm"] for one in older["alarms"]] == ["trunk-down/a@2.0", "trunk-down/a@1.0"]
        assert older["next_before"] is None, "of two in one moment none is left out"
        found = (await client.get("/alarms?rule=trunk-down&subject=b")).json()["alarms"]
        assert [one["subject"] for one in found] == ["b"]
        for wrong in ("limit=1000", "before=x", "before=1", "rule=A", "subject=../x"):
            assert (await client.get(f"/alarms?{wrong}")).status_code == 422


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
