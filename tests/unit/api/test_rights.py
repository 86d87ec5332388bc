"""Who may do what: every route needs a right, and every role has just those that the table gives it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.rights import GRANTED, Right, Role
from tests.unit.api.document import routes
from tests.unit.api.test_doors import OPEN
from tests.unit.doors import ORIGIN, Doors, client_of
from tests.unit.floor import small_house

ANYBODY = None
DAY = timedelta(days=1)
NEEDS: dict[tuple[str, str], Right | None] = {
    ("GET", "/sessions/current"): ANYBODY,
    ("DELETE", "/sessions/current"): ANYBODY,
    ("PUT", "/sessions/current/password"): ANYBODY,
    ("GET", "/sessions/current/second-factor"): ANYBODY,
    ("POST", "/sessions/current/second-factor"): ANYBODY,
    ("PUT", "/sessions/current/second-factor"): ANYBODY,
    ("POST", "/sessions/current/second-factor/off"): ANYBODY,
    ("GET", "/openapi.json"): ANYBODY,
    ("GET", "/users"): Right.MANAGE_PEOPLE,
    ("POST", "/users"): Right.MANAGE_PEOPLE,
    ("POST", "/users/import"): Right.MANAGE_PEOPLE,
    ("PATCH", "/users/{user}"): Right.MANAGE_PEOPLE,
    ("POST", "/users/{user}/password"): Right.MANAGE_PEOPLE,
    ("DELETE", "/users/{user}/second-factor"): Right.MANAGE_PEOPLE,
    ("GET", "/settings"): Right.MANAGE_PEOPLE,
    ("GET", "/tokens"): Right.MANAGE_PEOPLE,
    ("POST", "/tokens"): Right.MANAGE_PEOPLE,
    ("DELETE", "/tokens/{token}"): Right.MANAGE_PEOPLE,
    ("GET", "/health"): Right.SEE_FLOOR,
    ("GET", "/health/ready"): Right.SEE_FLOOR,
    ("GET", "/live"): Right.SEE_FLOOR,
    ("GET", "/agents"): Right.SEE_FLOOR,
    ("GET", "/seats"): Right.SEE_FLOOR,
    ("GET", "/house"): Right.SEE_FLOOR,
    ("GET", "/roster"): Right.SEE_FLOOR,
    ("GET", "/prompts"): Right.SEE_FLOOR,
    ("GET", "/prompts/{language}/{prompt}/audio"): Right.SEE_FLOOR,
    ("GET", "/staff"): Right.SEE_FLOOR,
    ("GET", "/callbacks"): Right.SEE_FLOOR,
    ("GET", "/customers"): Right.SERVE,
    ("POST", "/customers"): Right.SERVE,
    ("GET", "/customers/{customer}"): Right.SERVE,
    ("PUT", "/customers/{customer}"): Right.SERVE,
    ("DELETE", "/customers/{customer}"): Right.LEAD,
    ("POST", "/customers/import"): Right.LEAD,
    ("GET", "/agents/{agent}/call"): Right.SEE_FLOOR,
    ("POST", "/agents/{agent}/messages"): Right.LEAD,
    ("GET", "/stats"): Right.SEE_FLOOR,
    ("GET", "/stats/file"): Right.SEE_FLOOR,
    ("GET", "/stats/calls"): Right.SEE_CALLS,
    ("GET", "/staffing"): Right.SEE_CALLS,
    ("GET", "/staffing/hours"): Right.SEE_CALLS,
    ("GET", "/staffing/progress"): Right.SEE_CALLS,
    ("POST", "/twin"): Right.SEE_CALLS,
    ("GET", "/twin/progress"): Right.SEE_CALLS,
    ("GET", "/alarms"): Right.SEE_FLOOR,
    ("POST", "/alarms/{rule}/{subject}/acknowledge"): Right.LEAD,
    ("GET", "/calls"): Right.SEE_OWN_CALLS,
    ("GET", "/calls/{call}"): Right.SEE_OWN_CALLS,
    ("GET", "/calls/{call}/why"): Right.SEE_OWN_CALLS,
    ("GET", "/calls/{call}/record"): Right.SEE_OWN_CALLS,
    ("POST", "/callbacks"): Right.SERVE,
    ("DELETE", "/callbacks/{callback}"): Right.SERVE,
    ("GET", "/work"): Right.SERVE,
    ("GET", "/work/{work}"): Right.SERVE,
    ("GET", "/work/{work}/message"): Right.SERVE,
    ("POST", "/work/{work}/claim"): Right.SERVE,
    ("POST", "/work/{work}/hand-over"): Right.SERVE,
    ("POST", "/work/{work}/done"): Right.SERVE,
    ("PUT", "/items/{item}"): Right.SERVE,
    ("GET", "/cases"): Right.SERVE,
    ("POST", "/cases"): Right.SERVE,
    ("GET", "/cases/{case}"): Right.SERVE,
    ("PATCH", "/cases/{case}"): Right.SERVE,
    ("POST", "/cases/{case}/take"): Right.SERVE,
    ("POST", "/cases/{case}/give"): Right.SERVE,
    ("GET", "/calls/{call}/notes"): Right.SEE_OWN_CALLS,
    ("PUT", "/cases/{case}"): Right.SERVE,
    ("DELETE", "/cases/{case}"): Right.SERVE,
    ("DELETE", "/items/{item}"): Right.SERVE,
    ("POST", "/calls/{call}/take-over"): Right.TAKE_OVER,
    ("POST", "/calls/{call}/move"): Right.LEAD,
    ("POST", "/calls/{call}/priority"): Right.LEAD,
    ("POST", "/queues/{queue}/close"): Right.LEAD,
    ("POST", "/queues/{queue}/open"): Right.LEAD,
    ("GET", "/recordings"): Right.HEAR_RECORDINGS,
    ("GET", "/recordings/coverage"): Right.HEAR_RECORDINGS,
    ("GET", "/recordings/{recording}"): Right.HEAR_RECORDINGS,
    ("GET", "/recordings/{recording}/audio"): Right.HEAR_RECORDINGS,
    ("GET", "/recordings/{recording}/peaks"): Right.HEAR_RECORDINGS,
    ("GET", "/recordings/{recording}/proof"): Right.HEAR_RECORDINGS,
    ("POST", "/recordings/{recording}/link"): Right.HEAR_RECORDINGS,
    ("GET", "/recordings/{recording}/notes"): Right.HEAR_RECORDINGS,
    ("POST", "/recordings/{recording}/notes"): Right.HEAR_RECORDINGS,
    ("DELETE", "/recordings/{recording}/notes/{note}"): Right.HEAR_RECORDINGS,
    ("PUT", "/recordings/{recording}/tags/{tag}"): Right.HEAR_RECORDINGS,
    ("DELETE", "/recordings/{recording}/tags/{tag}"): Right.HEAR_RECORDINGS,
    ("GET", "/recordings/{recording}/quality"): Right.LEAD,
    ("PUT", "/recordings/{recording}/quality"): Right.LEAD,
    ("POST", "/recordings/{recording}/quality/reply"): Right.SEE_OWN_CALLS,
    ("GET", "/quality"): Right.SEE_OWN_CALLS,
    ("GET", "/recordings/audit"): Right.KEEP_RECORDINGS,
    ("POST", "/recordings/{recording}/hold"): Right.KEEP_RECORDINGS,
    ("DELETE", "/recordings/{recording}/hold"): Right.KEEP_RECORDINGS,
    ("DELETE", "/recordings/{recording}"): Right.KEEP_RECORDINGS,
    ("GET", "/audit"): Right.KEEP_RECORDINGS,
    ("GET", "/listenings"): Right.KEEP_RECORDINGS,
    ("POST", "/calls/{call}/listenings"): Right.WHISPER,
    ("PUT", "/listenings/{listening}"): Right.BARGE_IN,
    ("POST", "/listenings/{listening}/take-over"): Right.TAKE_OVER,
    ("DELETE", "/listenings/{listening}"): Right.LISTEN,
    ("PUT", "/house"): Right.EDIT_HOUSE,
    ("POST", "/drain"): Right.EDIT_HOUSE,
    ("POST", "/drain/cancel"): Right.EDIT_HOUSE,
    ("GET", "/house/text"): Right.EDIT_HOUSE,
    ("POST", "/house/changes"): Right.EDIT_HOUSE,
    ("GET", "/flows"): Right.SEE_FLOOR,
    ("GET", "/flows/{flow}"): Right.SEE_FLOOR,
    ("POST", "/flows/{flow}/check"): Right.EDIT_HOUSE,
    ("POST", "/flows/{flow}/try"): Right.EDIT_HOUSE,
    ("GET", "/snippets"): Right.SEE_FLOOR,
    ("GET", "/trunks"): Right.SEE_FLOOR,
    ("GET", "/queues"): Right.SEE_FLOOR,
    ("GET", "/skills"): Right.SEE_FLOOR,
    ("PUT", "/prompts/{language}/{prompt}/recording"): Right.EDIT_HOUSE,
    ("DELETE", "/prompts/{language}/{prompt}/recording"): Right.EDIT_HOUSE,
    ("POST", "/prompts/{language}/{prompt}/code"): Right.EDIT_HOUSE,
    ("GET", "/webhooks"): Right.EDIT_HOUSE,
    ("GET", "/webhooks/{hook}/letters"): Right.EDIT_HOUSE,
    ("POST", "/webhooks/{hook}/letters/{letter}/again"): Right.EDIT_HOUSE,
    ("POST", "/webhooks/{hook}/test"): Right.EDIT_HOUSE,
    ("POST", "/agents/{agent}/phone"): Right.MANAGE_PEOPLE,
    ("POST", "/seats"): Right.EDIT_HOUSE,
    ("POST", "/seats/import"): Right.EDIT_HOUSE,
    ("POST", "/seats/{seat}/codes"): Right.EDIT_HOUSE,
    ("POST", "/seats/{seat}/login"): Right.EDIT_HOUSE,
    ("GET", "/bans"): Right.EDIT_HOUSE,
    ("POST", "/bans"): Right.EDIT_HOUSE,
    ("DELETE", "/bans/{address}"): Right.EDIT_HOUSE,
    ("DELETE", "/seats/{seat}"): Right.EDIT_HOUSE,
}
"""Every route but those under /agents/{agent}, which are looked at on their own below; a phone is for oneself alone."""

BODIES: dict[str, dict[str, Any]] = {
    "/agents/{agent}/sign-in": {"seat": "seat-01"},
    "/agents/{agent}/break": {"reason": "rest"},
    "/twin": {"day": "2026-11-17"},
    "/agents/{agent}/call": {"number": "+8613800138000"},
    "/agents/{agent}/transfer": {"queue": "sales"},
    "/agents/{agent}/consult": {"agent": "agent-02"},
    "/agents/{agent}/pop": {"pop": "a-1.1/1", "desktop": "w1"},
    "/agents/{agent}/messages": {"text": "Please stay longer."},
    "/calls/{call}/take-over": {"agent": "agent-01"},
    "/calls/{call}/move": {"queue": "sales"},
    "/calls/{call}/priority": {"priority": 9},
    "/queues/{queue}/close": {},
    "/calls/{call}/listenings": {"seat": "seat-02", "mode": "whisper"},
    "/listenings/{listening}": {"mode": "barge_in"},
    "/house": small_house().model_dump(mode="json"),
    "/house/changes": {"document": small_house().model_dump(mode="json")},
    "/flows/{flow}/check": {"text": "start: x"},
    "/flows/{flow}/try": {"text": "start: x"},
    "/callbacks": {"number": "+8613800138000", "queue": "sales"},
    "/cases/{case}": {"agent": "me"},
    "/cases": {"kind": "repair", "text": "leaks"},
    "/cases/{case}/give": {"to": "agent-02"},
    "/agents/{agent}/calls/{call}/note": {"text": "asked for an invoice"},
    "/work/{work}/claim": {"agent": "me"},
    "/work/{work}/hand-over": {"to": "agent-02"},
    "/work/{work}/done": {},
    "/items/{item}": {"text": "The printer is out of paper."},
    "/seats": {"id": "seat-09"},
    "/recordings/{recording}/notes": {"text": "Well done."},
    "/recordings/{recording}/quality": {"points": {"greeting": 5}},
    "/recordings/{recording}/quality/reply": {"text": "The line was bad."},
    "/recordings/{recording}/hold": {"why": "court order"},
    "/recordings/{recording}": {"why": "asked by the customer"},
    "/bans": {"address": "203.0.113.7"},
    "/users": {"name": "somebody", "role": "agent"},
    "/customers": {"name": "A", "numbers": ["13800138000"]},
    "/customers/{customer}": {"name": "A", "numbers": ["13800138000"]},
    "/tokens": {"name": "crm", "user": "me", "rights": ["see_floor"]},
}
IDS = {"agent": "agent-01", "seat": "seat-02", "call": "a-1.1", "callback": "cb-1", "queue": "sales", "item": "printer"}
IDS |= {"user": "somebody", "token": "crm", "case": "20261126-0017", "rule": "trunk-down", "subject": "trunk-a"}
IDS |= {"work": "w-1.0", "customer": "c-0000000000000000", "hook": "crm", "letter": "1.0.x.crm"}
IDS |= {
    "flow": "presales",
    "listening": "li-7",
    "note": "0" * 24,
    "tag": "praise",
    "language": "en",
    "prompt": "goodbye",
}
IDS |= {"recording": "a" * 26, "address": "203.0.113.7", "message": "dm-1"}
ALONE = ("POST", "/api/v1/agents/{agent}/messages/{message}/read")
"""Nobody does it for an agent."""
OTHERS = ("/agents/{agent}/phone", "/agents/{agent}/messages")
SERVES = [
    (method, path)
    for method, path in routes()
    if path.startswith("/api/v1/agents/{agent}/") and method != "GET" and not path.endswith(OTHERS)
    and (method, path) != ALONE
]  # fmt: skip
SERVES += [("GET", "/api/v1/agents/{agent}/pop"), ("GET", "/api/v1/agents/{agent}/messages")]


def test_every_route_is_in_the_table() -> None:
    known = {(method, f"/api/v1{path}") for method, path in NEEDS}
    assert known | set(SERVES) | {ALONE} == set(routes()) - OPEN


def test_what_each_role_may_do() -> None:
    named = {role.value: " ".join(sorted(rights)) for role, rights in GRANTED.items()}
    leading = "lead listen see_calls see_floor see_numbers see_own_calls see_wall serve take_over whisper"
    assert named == {
        "administrator": " ".join(sorted(Right)),
        "supervisor": f"barge_in edit_house hear_recordings keep_recordings {leading}",
        "leader": f"hear_recordings {leading}",
        "agent": "see_floor see_numbers see_own_calls see_wall serve",
        "operations": "see_calls see_floor see_own_calls see_wall",
        "integration": f"barge_in edit_house hear_recordings keep_recordings {leading}",
    }


async def asked(client: httpx.AsyncClient, method: str, path: str, **ids: str) -> httpx.Response:
    """The route, with a body it takes and these ids in its path."""
    headers = {"If-Match": '"1"'} if path.endswith("/house") else {}
    body = BODIES.get(path.removeprefix("/api/v1"))
    return await client.request(method, ORIGIN + path.format(**IDS | ids), json=body, headers=headers)


@pytest.mark.parametrize("role", Role)
async def test_a_route_is_closed_to_whoever_has_not_its_right(role: Role) -> None:
    doors = Doors()
    doors.plans.refuses = doors.twins.refuses = "Not today."  # computing takes longer than all other routes
    await doors.add_person("me", role)
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('me')}") as client:
        for (method, path), right in NEEDS.items():
            answer = await asked(client, method, f"/api/v1{path}")
            closed = right is not ANYBODY and right not in GRANTED[role]
            assert (answer.status_code == 403) == closed, (method, path, answer.text)
            if closed:
                assert f"needs the right {right}" in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path"), SERVES)
async def test_agents_act_for_themselves_and_leaders_for_everybody(method: str, path: str) -> None:
    doors = Doors()
    people = {"agent-01": Role.AGENT, "agent-02": Role.AGENT, "lead": Role.LEADER, "desk": Role.OPERATIONS}
    for name, role in people.items():
        await doors.add_person(name, role)
    may = {}
    for name in people:
        async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(name)}") as client:
            may[name] = (await asked(client, method, path, agent="agent-01")).status_code != 403
    assert may == {"agent-01": True, "agent-02": False, "lead": True, "desk": False}


async def test_a_token_may_do_no_more_than_it_names() -> None:
    doors = Doors()
    await doors.add_person("crm", Role.INTEGRATION)
    token = await doors.people.add_token("narrow", "crm", "see_calls see_own_calls from_tomorrow", doors.now(), DAY)
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        rights = (await client.get("/sessions/current")).json()["rights"]
        assert (rights, (await client.get("/agents")).status_code) == (["see_calls", "see_own_calls"], 403)
