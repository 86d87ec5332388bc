"""Cases and notes over REST: what reaches the engine, and who may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.rights import Role
from core.events import CallTransferred, ConsultBegan, OutboundBegan, OutsideDialled
from core.ids import AgentId, CallId, OfferId
from core.inputs import CASE_LASTS_S, ChangeCase, CloseCase, GiveCase, NoteCall, OpenCase, OwnCase, Requested, TakeCase
from core.states import CaseKind, CaseState
from queueing.desk import MOVED_ON
from store.records import CallNote, CaseMoment, CaseRow
from tests.unit.doors import Doors, client_of
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    CALL,
    HOTLINE,
    NOON_UTC_S,
    OTHER_AGENT,
    OTHER_SEAT,
    SALES,
    SEAT,
    SERVICE,
    journal,
)

CASE = CaseRow(
    "26000001",
    "repair",
    "leaks",
    "+8613800001234",
    CALL,
    "in_work",
    AGENT,
    "ordered",
    False,
    1.0,
    AGENT,
    9.0,
    2.0,
    None,
)


async def request_of(method: str, path: str, body: Any, role: Role = Role.LEADER) -> Any:
    """What reached the engine; the status when nothing did."""
    doors = Doors()
    doors.cases.rows = [CASE]
    await doors.add_person("me", role)
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('me')}") as client:
        answer = await client.request(method, path, json=body, headers={"If-Match": f'"{CASE.changed_utc_s}"'})
    return doors.offered[0].request if doors.offered else answer.status_code  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("method", "path", "body", "wanted"),
    [
        (
            "POST", "/cases",
            {"kind": "use", "text": "how", "caller": "138", "call": CALL, "owner": AGENT, "due_s": 60},
            OpenCase(CaseKind.USE, "how", "138", CALL, AGENT, 60.0),
        ),
        ("POST", "/cases/26000001/take", None, TakeCase("26000001", AgentId("me"))),
        ("POST", "/cases/26000001/give", {"to": "a2", "note": "x"}, GiveCase("26000001", AgentId("a2"), "x", 2.0)),
        ("PATCH", "/cases/26000001", {"note": "a\nb"}, ChangeCase("26000001", "a\nb")),
        (
            "PATCH", "/cases/26000001", {"state": "closed"},
            ChangeCase("26000001", state=CaseState.CLOSED, seen_utc_s=2.0),
        ),
        ("PATCH", "/cases/26000001", {}, 422),
        ("PATCH", "/cases/26000001", {"state": "gone"}, 422),
        ("POST", "/cases", {"kind": "repair", "text": ""}, 422),
        ("POST", "/cases", {"kind": "repair", "text": "x" * 4001}, 422),
        ("POST", "/cases", {"kind": "repair", "text": "x", "due_s": 1}, 422),
    ],
)  # fmt: skip
async def test_what_reaches_the_engine(method: str, path: str, body: Any, wanted: Any) -> None:
    assert await request_of(method, path, body) == wanted


async def test_another_agents_case_is_changed_by_leaders_only_and_noted_by_everybody() -> None:
    assert await request_of("PATCH", "/cases/26000001", {"state": "closed"}, Role.AGENT) == 403
    assert await request_of("POST", "/cases/26000001/give", {"to": "me"}, Role.AGENT) == 403
    assert await request_of("POST", "/cases", {"kind": "use", "text": "x", "owner": AGENT}, Role.AGENT) == 403
    assert isinstance(await request_of("PATCH", "/cases/26000001", {"note": "x"}, Role.AGENT), ChangeCase)


async def test_whose_another_systems_case_is_is_said_by_those_who_lead_and_by_agents_of_themselves() -> None:
    path, me, long_s = "/cases/crm-7", AgentId("me"), CASE_LASTS_S
    assert await request_of("PUT", path, {"agent": AGENT}, Role.AGENT) == 403
    assert await request_of("PUT", path, {"agent": "me"}, Role.AGENT) == OwnCase("crm-7", me, "", long_s, me)
    assert await request_of("PUT", path, {"agent": AGENT}, Role.INTEGRATION) == OwnCase("crm-7", AGENT, "", long_s)
    assert await request_of("DELETE", path, None, Role.AGENT) == CloseCase("crm-7", me)
    assert await request_of("DELETE", path, None, Role.LEADER) == CloseCase("crm-7")


async def test_a_case_is_shown_with_its_history_and_pages_go_on() -> None:
    doors = Doors()
    doors.cases.rows = [CASE, replace(CASE, case="26000002", closed_utc_s=7.5)]
    doors.cases.moments = [CaseMoment("1", "26000001", 1.0, "opened", AGENT, "", "leaks")]
    async with client_of(doors) as client:
        whole = (await client.get("/cases/26000001")).json()
        assert (whole["caller"], [moment["what"] for moment in whole["history"]]) == ("+8613800001234", ["opened"])
        page = (await client.get("/cases", params={"limit": 1, "kind": "repair", "owner": AGENT})).json()
        assert ([case["case"] for case in page["cases"]], page["next_after"]) == (["26000001"], "9.0~26000001")
        await client.get("/cases", params={"after": page["next_after"]})
        assert doors.cases.asked["after"] == (9.0, "26000001")
        closed = (await client.get("/cases", params={"state": "closed", "limit": 1})).json()
        assert closed["next_after"] == "7.5~26000002"
        assert (await client.get("/cases/26000009")).status_code == 404
        assert (await client.get("/cases", params={"after": "x"})).status_code == 422


async def test_a_case_is_changed_from_the_state_that_was_seen_and_whoever_is_late_is_told_what_happened() -> None:
    doors, path = Doors(result="3.5"), "/cases/26000001"
    doors.cases.rows = [CASE]
    doors.cases.moments = [
        CaseMoment("1", "26000001", 1.0, "opened", AGENT, "", "leaks"),
        CaseMoment("2", "26000001", 2.5, "closed", "leader-01", AGENT, ""),
    ]
    async with client_of(doors) as client:
        assert (await client.get(path)).headers["etag"] == '"2.0"'
        for body in ({"state": "closed"}, {"due_s": 60}, {"note": "x", "state": "waiting"}):
            assert (await client.patch(path, json=body)).status_code == 428
        assert (await client.post(f"{path}/give", json={"to": "a2"})).status_code == 428
        for wrong in ('"x"', '"2.0.0"', "2.0", "*"):
            assert (await client.patch(path, json={"due_s": 60}, headers={"If-Match": wrong})).status_code == 422
        noted = await client.patch(path, json={"note": "takes nothing away"}, headers={"If-Match": '"1.0"'})
        assert (noted.status_code, noted.headers.get("etag")) == (200, None), "nothing was compared: read what is there"
        done = await client.patch(path, json={"state": "closed"}, headers={"If-Match": '"2.0"'})
        assert (done.status_code, done.headers["etag"]) == (200, '"3.5"')
        doors.refusal = MOVED_ON
        late = await client.patch(path, json={"state": "waiting"}, headers={"If-Match": '"2.0"'})
    assert (late.status_code, "Read it again" in late.json()["detail"]) == (412, True)
    assert late.json()["errors"] == [{"field": "closed", "problem": "1970-01-01 00:00:02 UTC, by leader-01"}]


async def test_agents_write_on_their_own_calls() -> None:
    doors, path = Doors(), f"/agents/{AGENT}/calls/{CALL}/note"
    await doors.add_person(AGENT, Role.AGENT)
    body = {"text": "asked\nfor an invoice", "code": "invoice", "tags": ["urgent", "urgent"]}
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(AGENT)}") as client:
        assert (await client.put(path, json=body)).status_code == 404
        doors.calls.moments = list(journal((1, ANSWERED)))
        answer = await client.put(path, json=body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 200
        doors.cases.written = [CallNote("n", CALL, AGENT, "asked", "invoice", ("urgent",), 1.0)]
        assert (await client.get(f"/calls/{CALL}/notes")).json()[0]["tags"] == ["urgent"]
        doors.calls.moments = []
        assert (await client.get(f"/calls/{CALL}/notes")).status_code == 404
    asked = doors.offered[0]
    assert isinstance(asked, Requested)
    assert asked.request == NoteCall(AGENT, CALL, "asked\nfor an invoice", "invoice", ("urgent",))


async def test_what_went_along_with_a_call_is_read_with_its_notes_and_by_nobody_else() -> None:
    """Its story has none of it: here such a look is in the audit."""
    outside, seat, other = "+8613900004711", OTHER_SEAT, OTHER_AGENT
    given = (CALL, SALES, HOTLINE, SEAT, AGENT)
    doors = Doors()
    doors.calls.moments = journal(
        (1, ANSWERED),
        (2, ConsultBegan(CALL, OfferId(f"{CALL}/2"), SEAT, AGENT, seat, other, "knows you")),
        (3, CallTransferred(*given, "consulted", other, "knows you")),
        (4, OutsideDialled(CALL, SALES, HOTLINE, outside, "consult", AGENT, "wants the workshop")),
        (5, CallTransferred(*given, "consulted", outside, "wants the workshop")),
        (6, CallTransferred(*given, "blind", SERVICE, "")),
        (7, CallTransferred(*given, "blind", SERVICE, "is angry")),
    )
    doors.cases.written = [CallNote("n", CALL, AGENT, "asked", "", (), NOON_UTC_S + 3.5)]
    for name, role in ("desk", Role.OPERATIONS), ("stranger", Role.AGENT):
        await doors.add_person(name, role)
    places = {}
    for name in ("admin", "desk", "stranger"):
        async with client_of(doors, admin=name == "admin") as client:
            headers = {} if name == "admin" else {"Authorization": f"Bearer {await doors.token_of(name)}"}
            places[name] = await client.get(f"/calls/{CALL}/notes", headers=headers)
    assert places["stranger"].status_code == 404
    told = [(note["agent"], note["to"], note["text"]) for note in places["admin"].json()]
    along = [(other, "knows you"), ("", "asked"), (outside, "wants the workshop"), (SERVICE, "is angry")]
    assert told == [(AGENT, *words) for words in along]
    assert [note["to"] for note in places["desk"].json()] == [other, "", "**********4711", SERVICE]
    looks = [(row.what, row.by) for row in doors.audit.rows]
    assert looks == [("GET /calls/{call}/notes", "admin"), ("GET /calls/{call}/notes", "desk")]


async def test_a_call_that_the_window_shows_is_ones_own_before_the_database_knows() -> None:
    doors = Doors()
    await doors.add_person(AGENT, Role.AGENT)
    await doors.pops.replace("e", 1, {f"pop/{AGENT}": {"call": CALL}})
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(AGENT)}") as client:
        assert (await client.put(f"/agents/{AGENT}/calls/{CALL}/note", json={"text": ""})).status_code == 200


async def test_a_call_that_we_made_is_its_agents() -> None:
    doors = Doors()
    out = CallId("node-1-out-3.0")
    doors.calls.moments = list(journal((1, OutboundBegan(out, AGENT, SEAT, "+86139", SALES, "zh-CN", None))))
    async with client_of(doors) as client:
        assert (await client.put(f"/agents/{AGENT}/calls/{out}/note", json={"text": "x"})).status_code == 200
