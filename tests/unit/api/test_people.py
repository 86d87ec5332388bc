"""Users, their passwords and programs' tokens, as an administrator manages them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.passwords import NO_PASSWORD, Passwords, weakness
from api.rights import Role
from core.events import CallAnswered, Outcome
from core.ids import AgentId, CallId, HotlineId, QueueId, SeatId
from tests.unit.api.test_nouns import record
from tests.unit.doors import ORIGIN, PASSWORD, Doors, client_of

ADMINISTRATOR, AGENT, INTEGRATION = ({"If-Match": f'"{role}"'} for role in ("administrator", "agent", "integration"))


async def test_a_new_user_signs_in_with_the_password_that_is_shown_once() -> None:
    doors = Doors()
    async with client_of(doors) as admin, client_of(doors, admin=False) as desk:
        made = await admin.post("/users", json={"name": "agent-07", "role": "agent"})
        assert made.status_code == 201
        login = {"name": "agent-07", "password": made.json()["password"]}
        assert (await desk.post("/sessions", json=login)).json()["role"] == "agent"
        assert "password" not in (await admin.get("/users")).text
        again = await admin.post("/users", json={"name": "agent-07", "role": "leader"})
        assert (again.status_code, doors.people.persons["agent-07"].role) == (409, "agent")


@pytest.mark.parametrize("body", [{"role": "leader"}, {"disabled": True}])
async def test_whoever_changes_is_signed_out_at_once(body: dict[str, object]) -> None:
    doors = Doors()
    await doors.add_person("agent-07", Role.AGENT)
    cookie = {"Cookie": f"thirdring={await doors.session_of('agent-07')}"}
    async with client_of(doors) as admin, client_of(doors, admin=False) as desk:
        assert (await desk.get("/agents", headers=cookie)).status_code == 200
        changed = await admin.patch("/users/agent-07", json=body, headers=AGENT)
        was = {"name": "agent-07", "role": "agent", "disabled": False, "second_factor": False}
        version = "agent.disabled" if "disabled" in body else "leader"
        assert (changed.json(), changed.headers["etag"]) == (was | body | {"version": version}, f'"{version}"')
        assert (await desk.get("/agents", headers=cookie)).status_code == 401


async def test_two_administrators_do_not_undo_each_others_change() -> None:
    doors, path = Doors(), "/users/agent-07"
    await doors.add_person("agent-07", Role.AGENT)
    async with client_of(doors) as admin:
        shown = next(each for each in (await admin.get("/users")).json() if each["name"] == "agent-07")
        seen = {"If-Match": f'"{shown["version"]}"'}
        assert (await admin.patch(path, json={"role": "leader"})).status_code == 428
        assert (await admin.patch(path, json={"role": "leader"}, headers={"If-Match": '"7"'})).status_code == 422
        assert (await admin.patch(path, json={"disabled": True}, headers=seen)).status_code == 200
        late = await admin.patch(path, json={"role": "leader"}, headers=seen)
        assert (late.status_code, late.json()["errors"]) == (412, [{"field": "disabled", "problem": "is true now"}])
        doors.people.rival = "operations"
        late = await admin.patch(path, json={"role": "leader"}, headers={"If-Match": '"agent.disabled"'})
        assert (late.status_code, late.json()["errors"]) == (412, [{"field": "role", "problem": "is operations now"}])
    assert (doors.people.persons["agent-07"].role, doors.people.persons["agent-07"].disabled) == ("operations", True)


async def test_a_forgotten_password_is_replaced() -> None:
    doors = Doors()
    await doors.add_person("agent-07", Role.AGENT)
    async with client_of(doors) as admin, client_of(doors, admin=False) as desk:
        new = (await admin.post("/users/agent-07/password")).json()["password"]
        assert (await desk.post("/sessions", json={"name": "agent-07", "password": PASSWORD})).status_code == 401
        assert (await desk.post("/sessions", json={"name": "agent-07", "password": new})).status_code == 201


async def test_the_last_administrator_stays_and_nobody_disarms_themselves() -> None:
    doors = Doors()
    await doors.add_person("boss", Role.ADMINISTRATOR)
    async with client_of(doors) as admin:
        for body in ({"disabled": True}, {"role": "agent"}):
            own = await admin.patch("/users/admin", json=body, headers=ADMINISTRATOR)
            assert own.status_code == 409 and "another administrator" in own.json()["detail"]
        assert (await admin.patch("/users/boss", json={"disabled": True}, headers=ADMINISTRATOR)).status_code == 200
    await doors.add_person("cli", Role.ADMINISTRATOR)
    cli = f"Bearer {await doors.token_of('cli')}"
    async with client_of(doors, admin=False, Authorization=cli) as command_line:
        last = await command_line.patch("/users/admin", json={"disabled": True}, headers=ADMINISTRATOR)
        assert last.status_code == 409 and "only administrator" in last.json()["detail"]
        assert (
            await command_line.patch("/users/cli", json={"disabled": True}, headers=ADMINISTRATOR)
        ).status_code == 404


async def test_own_passwords_are_changed_by_those_who_know_the_old_one() -> None:
    doors = Doors()
    await doors.add_person("agent-07", Role.AGENT)
    new = "7 Kraniche ziehen"
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk:
        await desk.post("/sessions", json={"name": "agent-07", "password": PASSWORD})
        for change, status in (
            ({"old": "wrong", "new": new}, 422),
            ({"old": PASSWORD, "new": "agent-07agent-07"}, 422),
            ({"old": PASSWORD, "new": new}, 204),
            ({"old": PASSWORD, "new": new}, 401),  # every session has ended
        ):
            assert (await desk.put("/sessions/current/password", json=change)).status_code == status, change
        assert (await desk.post("/sessions", json={"name": "agent-07", "password": new})).status_code == 201


async def test_passwords_are_kept_as_argon2id() -> None:
    """RFC 9106's second choice, 64 MiB, as the library has it."""
    assert (await Passwords().hashed("7 Kraniche ziehen")).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    "password", ["short", "password123", "qwertyuiop", "thirdring2026", "agent-07agent-07", "x" * 73]
)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    assert weakness(password, "agent-07")


def test_a_good_password_has_no_weakness() -> None:
    assert weakness("7 Kraniche ziehen", "agent-07") == ""


async def test_an_integration_comes_in_by_token_only() -> None:
    doors = Doors()
    rights = ["see_calls", "see_floor"]
    async with client_of(doors) as admin, client_of(doors, admin=False) as program:
        made = await admin.post("/users", json={"name": "business", "role": "integration"})
        assert (made.json()["password"], doors.people.persons["business"].password_hash) == ("", NO_PASSWORD)
        assert (await admin.post("/users/business/password")).status_code == 409
        assert (await admin.patch("/users/business", json={"role": "leader"}, headers=INTEGRATION)).status_code == 409
        token = await admin.post("/tokens", json={"name": "crm", "user": "business", "rights": rights})
        assert token.status_code == 201 and token.json()["rights"] == rights
        key = {"Authorization": f"Bearer {token.json()['token']}"}
        assert (await program.get("/agents", headers=key)).status_code == 200
        wish = {"number": "+8613800138000", "queue": "presales"}
        assert (await program.post("/callbacks", json=wish, headers=key)).status_code == 403
        listed = (await admin.get("/tokens")).json()
        assert [(one["name"], one["rights"]) for one in listed[1:]] == [("crm", rights)]
        assert token.json()["token"] not in str(listed)
        assert (await admin.delete("/tokens/crm")).status_code == 204
        assert (await program.get("/agents", headers=key)).status_code == 401
        assert (await admin.delete("/tokens/crm")).status_code == 404


async def test_a_token_cannot_give_what_its_user_has_not() -> None:
    doors = Doors()
    await doors.add_person("agent-07", Role.AGENT)
    async with client_of(doors) as admin:
        wish = {"name": "t", "user": "agent-07", "rights": ["serve", "edit_house"]}
        refused = await admin.post("/tokens", json=wish)
        assert refused.status_code == 409 and "edit_house" in refused.json()["detail"]
        assert (await admin.post("/tokens", json={**wish, "user": "nobody"})).status_code == 404


async def test_agents_see_the_calls_they_have_answered_and_no_others() -> None:
    doors = Doors()
    await doors.add_person("agent-01", Role.AGENT)
    await doors.add_person("agent-02", Role.AGENT)
    doors.calls.rows = [replace(record(1), agent="agent-01")]
    call = CallId(doors.calls.rows[0].call)
    answered = CallAnswered(call, QueueId("presales"), HotlineId("main"), SeatId("s"), AgentId("agent-01"), 8.0, 1)
    doors.calls.moments = [Outcome(1, 0, 1.0, doors.utc_s, answered)]
    seen = {}
    for name in ("agent-01", "agent-02"):
        async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(name)}") as client:
            page = (await client.get("/calls")).json()["calls"]
            story = [(await client.get(f"/calls/{call}{what}")).status_code for what in ("", "/why")]
            seen[name] = (len(page), story)
    assert seen == {"agent-01": (1, [200, 200]), "agent-02": (0, [404, 404])}
