"""The audit: every route that may change something or shows personal data leaves a row. All routes are walked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.audited import PERSONAL
from api.rights import Role
from core.customers import Customer
from store.audit import AuditRow
from tests.unit.api.document import document, routes
from tests.unit.api.test_recordings import ID as RECORDING
from tests.unit.api.test_recordings import ROW
from tests.unit.api.test_rights import asked
from tests.unit.doors import ORIGIN, PASSWORD, Doors, client_of
from tests.unit.floor import small_house

ROOT = Path(__file__).parents[3]
UNSAFE = sorted((method, path) for method, path in routes() if method != "GET")
OF_RECORDINGS = {
    "noted",
    "note struck",
    "tagged",
    "untagged",
    "linked",
    "held",
    "released",
    "erased",
    "judged",
    "mark answered",
}
LOOKS = {
    "/customers", "/customers/{customer}", "/cases", "/cases/{case}", "/work/{work}", "/work/{work}/message",
    "/calls/{call}/notes", "/calls/{call}/record", "/agents/{agent}/pop", "/webhooks/{hook}/letters",
}  # fmt: skip
"""They show numbers whole, or what a caller said or is."""
NOTE_THEMSELVES = {"/recordings/{recording}/audio", "/recordings/links/{secret}"}
"""Before they do it: api/routes/recordings.py."""
NOBODYS = {
    "/agents", "/agents/{agent}/call", "/agents/{agent}/messages",
    "/alarms", "/audit", "/bans", "/callbacks", "/calls", "/calls/{call}",
    "/calls/{call}/why", "/demo", "/flows", "/flows/{flow}", "/health", "/health/live", "/health/ready",
    "/house", "/house/text", "/listenings", "/live", "/openapi.json", "/prompts",
    "/prompts/{language}/{prompt}/audio", "/recordings", "/recordings/audit", "/recordings/coverage",
    "/recordings/{recording}", "/recordings/{recording}/notes", "/recordings/{recording}/peaks",
    "/recordings/{recording}/proof",
    "/recordings/{recording}/quality", "/quality", "/queues", "/roster", "/seats", "/sessions/current",
    "/sessions/current/second-factor", "/settings", "/skills", "/snippets", "/staff", "/staffing",
    "/staffing/hours", "/staffing/progress",
    "/stats", "/stats/calls", "/stats/file", "/tokens", "/trunks", "/twin/progress", "/users", "/webhooks", "/work",
}  # fmt: skip
"""Numbers are masked there, or there are none."""


@pytest.mark.parametrize(("method", "path"), UNSAFE)
async def test_every_route_that_may_change_something_leaves_a_row(method: str, path: str) -> None:
    """Also when it is refused: 404 and 409 are answers to somebody who tried."""
    doors = Doors()
    await doors.add_person("me", Role.ADMINISTRATOR)
    headers = {"Origin": ORIGIN, "Cookie": f"thirdring={await doors.session_of('me')}"}
    async with client_of(doors, admin=False, **headers) as client:
        if path == "/api/v1/sessions":
            answer = await client.post("/sessions", json={"name": "me", "password": PASSWORD})
        else:
            answer = await asked(client, method, path)
    assert answer.status_code < 500
    if path.endswith("/display"):
        assert doors.audit.rows == []  # nobody is known by a wrong token
        return
    (found,) = doors.audit.rows
    assert (found.by, found.address) == ("me", "127.0.0.1")
    short = path.removeprefix("/api/v1")
    assert (found.what, found.status) == (f"{method} {short}", answer.status_code) or found.what in OF_RECORDINGS


def test_every_route_that_only_reads_is_known_to_show_personal_data_or_not() -> None:
    safe = {path.removeprefix("/api/v1") for method, path in routes() if method == "GET"}
    assert safe == LOOKS | NOTE_THEMSELVES | NOBODYS


def test_the_routes_that_show_personal_data_are_marked() -> None:
    found = {path for path, item in document()["paths"].items() if PERSONAL.items() <= item.get("get", {}).items()}
    assert {path.removeprefix("/api/v1") for path in found} == LOOKS


async def test_a_look_at_a_customer_leaves_a_row_and_one_at_nobody_none() -> None:
    doors = Doors()
    made = await doors.customers.add(Customer(name="王小明", numbers=("+8613800138000",)), "x", 0.0)
    async with client_of(doors) as client:
        await client.get("/customers", params={"number": "13800138000", "text": "a"})
        await client.get(f"/customers/{made.id}")
        await client.get("/customers/c-ffffffffffffffff")
        await client.get("/agents")
    assert [(row.what, row.about, row.status) for row in doors.audit.rows] == [
        ("GET /customers", "", 200),
        ("GET /customers/{customer}", made.id, 200),
    ]
    assert json.loads(doors.audit.rows[0].detail) == {"number": "*******8000", "text": "a"}


async def test_the_difference_of_a_change_is_told() -> None:
    doors = Doors()
    await doors.add_person("agent-07", Role.AGENT)
    async with client_of(doors) as admin:
        await admin.patch("/users/agent-07", json={"role": "leader"}, headers={"If-Match": '"agent"'})
        await admin.patch("/users/agent-07", json={"role": "leader"}, headers={"If-Match": '"leader"'})
        changed = small_house().model_copy(update={"name": "另一个中心"})
        document = changed.model_dump(mode="json")
        assert (await admin.put("/house", json=document, headers={"If-Match": '"1"'})).status_code == 200
        page = (await admin.get("/audit")).json()["rows"]
    assert [row["differences"] for row in page] == [
        [
            {"field": "version", "before": 1, "after": 2},
            {"field": "name", "before": small_house().name, "after": "另一个中心"},
        ],
        [],
        [{"field": "role", "before": "agent", "after": "leader"}],
    ]


async def test_no_secret_comes_into_the_audit() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk, client_of(doors) as admin:
        await desk.post("/sessions", json={"name": "lead", "password": "not this one", "code": "abcd-efgh"})
        await desk.post("/sessions", json={"name": "lead", "password": PASSWORD})
        await desk.put("/sessions/current/password", json={"old": PASSWORD, "new": "7 Kraniche ziehen"})
        new = (await admin.post("/users/lead/password")).json()["password"]
        mistaken = {"kind": "use", "text": "x", "clientSecret": "in-the-body", "password": "in-the-body-2"}
        await admin.post("/cases", params={"access_token": "in-the-address"}, json=mistaken)
        told = str(doors.audit.rows)
    assert [(row.by, row.what, row.status) for row in doors.audit.rows] == [
        ("lead", "POST /sessions", 401),
        ("lead", "POST /sessions", 201),
        ("lead", "PUT /sessions/current/password", 204),
        ("admin", "POST /users/{user}/password", 200),
        ("admin", "POST /cases", 422),
    ]
    secrets = (PASSWORD, "not this one", "abcd-efgh", "Kraniche", new, "in-the-body", "in-the-address")
    assert not any(secret in told for secret in secrets)


async def test_what_was_done_while_the_database_was_away_is_told_later() -> None:
    doors = Doors()
    await doors.add_person("agent-01", Role.AGENT)
    async with client_of(doors) as admin:
        doors.audit.away = True
        assert (await admin.post("/agents/agent-01/ready")).status_code == 200  # calls go on
        assert doors.audit.rows == []
        doors.audit.away = False
        await admin.post("/agents/agent-01/ready")
    assert [row.what for row in doors.audit.rows] == ["POST /agents/{agent}/ready"] * 2


async def test_a_recording_is_not_heard_when_it_cannot_be_noted() -> None:
    doors = Doors()
    doors.ledger.rows = [ROW]
    async with client_of(doors) as admin:
        doors.audit.away = True
        assert (await admin.get(f"/recordings/{RECORDING}/audio")).status_code == 503
        doors.audit.away = False
        assert (await admin.get(f"/recordings/{RECORDING}/audio")).status_code == 200
        only = (await admin.get("/recordings/audit")).json()["rows"]
    assert [(row.what, row.about) for row in doors.audit.rows] == [("played", RECORDING)]
    assert [each["what"] for each in only] == ["played"]


def test_the_page_has_a_word_for_each_of_them_in_both_languages() -> None:
    words: dict[str, dict[str, str]] = json.loads((ROOT / "web/src/words/deeds.json").read_text(encoding="utf-8"))
    changes = {f"{method} {path.removeprefix('/api/v1')}" for method, path in UNSAFE}
    by_word = {each for each in changes if each.split(" ")[1].startswith("/recordings/")}
    reads = {f"GET {path}" for path in LOOKS}
    assert words.keys() == (changes - by_word) | reads | OF_RECORDINGS | {"played", "exported"}
    assert all(each.keys() == {"zh-CN", "en"} and all(each.values()) for each in words.values())


def test_a_row_names_itself() -> None:
    one, other = (AuditRow(1.0, "played", "x", "me", "") for _ in range(2))
    assert one.id != other.id
