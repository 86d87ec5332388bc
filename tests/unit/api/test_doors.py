"""Who gets in: every route is closed without a session or token, logins are throttled, answers say nothing extra."""

from __future__ import annotations

import dataclasses

import pytest

from api.auth import CLI_USER, cli_token, first_administrator
from api.rights import GRANTED, Role
from api.throttle import KEYS_KEPT, Rate
from tests.unit.api.document import routes
from tests.unit.doors import CHEAP, ORIGIN, PASSWORD, Doors, client_of

OPEN = {
    ("GET", "/api/v1/health/live"),
    ("POST", "/api/v1/sessions"),
    ("POST", "/api/v1/sessions/display"),  # the token is the right; tests/unit/api/test_displays.py
    ("GET", "/api/v1/demo"),  # there with up --demo only, on this machine; tests/unit/api/test_pages.py
    ("GET", "/api/v1/recordings/links/{secret}"),  # the link is the right; tests/unit/api/test_recordings.py
}


@pytest.mark.parametrize(("method", "path"), [route for route in routes() if route not in OPEN])
async def test_every_route_asks_who_you_are(method: str, path: str) -> None:
    doors = Doors()
    async with client_of(doors, admin=False) as client:
        url = ORIGIN + path.replace("{agent}", "agent-01").replace("{seat}", "seat-01").replace("{call}", "a-1.1")
        answers = [
            await client.request(method, url, json={}),
            await client.request(method, url, json={}, headers={"Authorization": "Bearer nonsense"}),
            await client.request(method, url, json={}, headers={"Cookie": "thirdring=nonsense"}),
            await client.request(method, url, json={}, headers={"Authorization": "Basic YWRtaW46YWRtaW4="}),
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    assert doors.offered == [] and doors.house.version == 1


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors, admin=False) as client:
        answer = await client.post("/sessions", json={"name": "lead", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        who = {"person": "lead", "role": "leader", "rights": sorted(GRANTED[Role.LEADER]), "withheld": [], "team": None}
        assert (answer.status_code, answer.json()) == (201, who)
        assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
        assert (await client.get("/sessions/current")).json() == who
        assert client.cookies["thirdring"] in doors.people.sessions


async def test_the_cookie_is_secure_under_https() -> None:
    doors = Doors()
    doors.options = dataclasses.replace(doors.options, https=True)
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors, admin=False) as client:
        answer = await client.post("/sessions", json={"name": "lead", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]


async def test_a_session_that_somebody_else_chose_is_not_taken_over() -> None:
    """Session fixation: signing in makes a new secret, and the one the browser was given before stays worthless."""
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors, admin=False) as client:
        planted = {"Cookie": "thirdring=planted-by-somebody-else"}
        first = await client.post("/sessions", json={"name": "lead", "password": PASSWORD}, headers=planted)
        second = await client.post("/sessions", json={"name": "lead", "password": PASSWORD})
        secrets = {answer.cookies["thirdring"] for answer in (first, second)}
        assert len(secrets) == 2 and "planted-by-somebody-else" not in secrets
        client.cookies.clear()
        assert (await client.get("/sessions/current", headers=planted)).status_code == 401


async def test_signing_out_ends_the_session_on_the_server() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors, admin=False, Origin=ORIGIN) as client:
        await client.post("/sessions", json={"name": "lead", "password": PASSWORD})
        stolen = client.cookies["thirdring"]
        assert (await client.delete("/sessions/current")).status_code == 204
        answer = await client.get("/sessions/current", headers={"Cookie": f"thirdring={stolen}"})
    assert answer.status_code == 401


async def test_an_expired_session_and_a_disabled_person_are_out() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors, admin=False) as client:
        await client.post("/sessions", json={"name": "lead", "password": PASSWORD})
        person = doors.people.persons["lead"]
        doors.people.persons["lead"] = dataclasses.replace(person, disabled=True)
        assert (await client.get("/live")).status_code == 401
        doors.people.persons["lead"] = person
        assert (await client.get("/live")).status_code == 200
        doors.utc_s += doors.options.session_lasts.total_seconds()
        assert (await client.get("/live")).status_code == 401


async def test_a_token_is_no_cookie_and_a_cookie_no_token() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    session, token = await doors.session_of("lead"), await doors.token_of("lead")
    async with client_of(doors, admin=False) as client:
        for headers, status in (
            ({"Authorization": f"Bearer {token}"}, 200),
            ({"Cookie": f"thirdring={session}"}, 200),
            ({"Authorization": f"Bearer {session}"}, 401),
            ({"Cookie": f"thirdring={token}"}, 401),
        ):
            assert (await client.get("/sessions/current", headers=headers)).status_code == status


async def test_unknown_names_and_wrong_passwords_get_the_same_answer() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    await doors.add_person("gone", Role.LEADER)
    doors.people.persons["gone"] = dataclasses.replace(doors.people.persons["gone"], disabled=True)
    async with client_of(doors, admin=False) as client:
        logins = (("lead", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD))
        answers = [await client.post("/sessions", json={"name": n, "password": p}) for n, p in logins]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}


async def test_guessing_is_slowed_down_and_a_minute_later_allowed_again() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors, admin=False) as client:
        for _ in range(5):
            await client.post("/sessions", json={"name": "lead", "password": "wrong"})
        blocked = await client.post("/sessions", json={"name": "lead", "password": PASSWORD})
        assert (blocked.status_code, blocked.headers["retry-after"]) == (429, "60")
        doors.utc_s += 61
        assert (await client.post("/sessions", json={"name": "lead", "password": PASSWORD})).status_code == 201


async def test_a_clock_that_was_set_back_keeps_nobody_out() -> None:
    """It said next year when a shift mistyped its passwords."""
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    doors.utc_s += 365 * 86_400
    async with client_of(doors, admin=False) as client:
        for number in range(45):
            await client.post("/sessions", json={"name": ("lead", f"n{number}")[number % 2], "password": "wrong"})
        doors.utc_s -= 365 * 86_400
        assert (await client.post("/sessions", json={"name": "lead", "password": PASSWORD})).status_code == 201


async def test_guessing_many_names_from_one_address_is_slowed_down_too() -> None:
    async with client_of(Doors(), admin=False) as client:
        answers = [await client.post("/sessions", json={"name": f"n{n}", "password": "wrong"}) for n in range(41)]
    assert [answer.status_code for answer in answers] == [401] * 40 + [429]


async def test_a_login_of_ones_own_among_them_wins_no_more_guesses_from_an_address() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors, admin=False) as client:
        statuses = []
        for n in range(45):
            if n % 9 == 0:
                own = await client.post("/sessions", json={"name": "lead", "password": PASSWORD})
            guess = await client.post("/sessions", json={"name": f"n{n}", "password": "wrong"})
            statuses.append(guess.status_code)
        assert (statuses, own.status_code) == ([401] * 40 + [429] * 5, 201)


async def test_guesses_are_in_the_audit_but_for_a_flood_of_them() -> None:
    """Each row is written to the disk; whoever is told to wait has tried nothing."""
    doors = Doors()
    async with client_of(doors, admin=False) as client:
        for _ in range(20):
            await client.post("/sessions", json={"name": "lead", "password": "wrong"})
    assert [(row.what, row.by, row.status) for row in doors.audit.rows] == [("POST /sessions", "lead", 401)] * 5


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": ORIGIN}, 200), ({}, 403), ({"Origin": "http://evil.test"}, 403), ({"Origin": "null"}, 403)],
)
async def test_a_session_changes_things_from_our_own_page_only(headers: dict[str, str], status: int) -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    cookie = f"thirdring={await doors.session_of('lead')}"
    async with client_of(doors, admin=False, Cookie=cookie) as client:
        answer = await client.post("/agents/agent-01/ready", json={}, headers=headers)
    assert (answer.status_code, len(doors.offered)) == (status, 1 if status == 200 else 0)


async def test_whoever_asks_without_end_is_told_to_wait_and_others_are_not() -> None:
    doors = Doors(rate=Rate(0.001, 3))
    await doors.add_person("lead", Role.LEADER)
    async with client_of(doors) as busy:
        seen = [await busy.get("/agents") for _ in range(5)]
        assert [answer.status_code for answer in seen] == [200, 200, 200, 429, 429]
        assert int(seen[-1].headers["retry-after"]) > 0
        other = {"Authorization": f"Bearer {await doors.token_of('lead')}"}
        assert (await busy.get("/agents", headers=other)).status_code == 200


def test_a_bucket_drains_with_time_and_is_forgotten_when_there_are_many() -> None:
    rate = Rate(2.0, 2)
    assert [rate.wait_s("a", 10.0), rate.wait_s("a", 10.0), rate.wait_s("a", 10.0)] == [0.0, 0.0, 0.5]
    assert [rate.wait_s("a", 10.5), rate.wait_s("a", 10.5)] == [0.0, 0.5]
    for number in range(KEYS_KEPT):
        rate.wait_s(str(number), 11.0)
    assert rate.wait_s("a", 11.0) == rate.wait_s("a", 11.0) == 0.0


async def test_another_origin_cannot_sign_somebody_in() -> None:
    async with client_of(Doors(), admin=False, Origin="http://evil.test") as client:
        assert (await client.post("/sessions", json={"name": "a", "password": "b"})).status_code == 403


async def test_the_first_administrator_is_made_once() -> None:
    doors = Doors()
    made = await first_administrator(doors.people, CHEAP, doors.now())
    assert made is not None
    assert await first_administrator(doors.people, CHEAP, doors.now()) is None
    async with client_of(doors, admin=False) as client:
        answer = await client.post("/sessions", json={"name": made[0], "password": made[1]})
    assert answer.json()["role"] == "administrator"


async def test_the_command_line_has_a_token_and_no_password() -> None:
    doors = Doors()
    secret = await cli_token(doors.people, doors.now())
    async with client_of(doors, admin=False) as client:
        answer = await client.get("/sessions/current", headers={"Authorization": f"Bearer {secret}"})
        assert answer.json()["person"] == CLI_USER
        login = await client.post("/sessions", json={"name": CLI_USER, "password": "!"})
        assert login.status_code == 401


async def test_every_answer_has_the_security_headers() -> None:
    async with client_of(Doors(), admin=False) as client:
        for path in ("/health/live", "/live", "/nothing", "http://floor.test/", "http://floor.test/assets/x"):
            headers = (await client.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] in ("no-store", "no-cache")
