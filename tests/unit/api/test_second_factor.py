"""The second factor at sign-in: set up, asked for, never good twice, guessed no faster than a password, taken away."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api.qr import drawn
from api.rights import Right, Role
from api.second_factor import STEP_S, SecondFactors, address, code_at, recovery_code, step_of
from api.services import ApiOptions
from tests.unit.doors import ORIGIN, PASSWORD, Doors, Factors, application, client_of

WHERE = "/sessions/current/second-factor"
LOGIN = {"name": "lead", "password": PASSWORD}


@pytest.mark.parametrize(
    ("utc_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(utc_s: int, code: str) -> None:
    """RFC 6238, appendix B, the last six of its eight digits."""
    secret = b"12345678901234567890"
    assert code_at(secret, utc_s // STEP_S) == code
    assert step_of(secret, code, datetime.fromtimestamp(utc_s, UTC)) == utc_s // STEP_S


def test_a_telephone_may_be_half_a_minute_wrong_and_no_more() -> None:
    secret, now = bytes(20), datetime.fromtimestamp(1_000_000_020, UTC)
    step = 1_000_000_020 // STEP_S
    seen = [step_of(secret, code_at(secret, step + off), now) for off in (-2, -1, 0, 1, 2)]
    assert seen == [None, step - 1, step, step + 1, None]
    assert [step_of(secret, wrong, now) for wrong in ("", "12345", "１２３４５６", "x" * 40)] == [None] * 4


def test_the_address_and_its_drawing_say_the_same() -> None:
    uri = address(bytes(20), "agent-01", "三声客服中心")
    assert uri.startswith("otpauth://totp/") and f"secret={base64.b32encode(bytes(20)).decode()}" in uri
    code = drawn(uri)
    assert (code.size - 17 - 8) % 4 == 0  # ISO/IEC 18004: 17 + 4 * version modules, and a quiet zone of four all round
    assert set(code.path) <= set("Mhvz- 0123456789")
    assert code.path.startswith("M4 4h7v1h-7z")  # the finder pattern's upper edge


def test_recovery_codes_are_random_and_can_be_read_aloud() -> None:
    codes = {recovery_code() for _ in range(200)}
    assert len(codes) == 200 and {len(code) for code in codes} == {19}


def app_of(begun: httpx.Response, doors: Doors, steps_off: int = 0) -> str:
    """What the person's authenticator app shows."""
    secret = base64.b32decode(begun.json()["secret"])
    return code_at(secret, int(doors.utc_s) // STEP_S + steps_off)


async def set_up(doors: Doors, desk: httpx.AsyncClient) -> tuple[httpx.Response, list[str]]:
    await doors.add_person("lead", Role.LEADER)
    assert (await desk.post("/sessions", json=LOGIN)).status_code == 201
    begun = await desk.post(WHERE, json={"password": PASSWORD})
    done = await desk.put(WHERE, json={"code": app_of(begun, doors)})
    assert done.status_code == 200, done.text
    return begun, done.json()["recovery_codes"]


async def test_a_code_is_asked_for_once_the_app_has_shown_one() -> None:
    doors = Doors()
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk, client_of(doors, admin=False) as other:
        await doors.add_person("lead", Role.LEADER)
        await desk.post("/sessions", json=LOGIN)
        before = await doors.session_of("lead")
        assert (await desk.post(WHERE, json={"password": "wrong"})).status_code == 422
        begun = await desk.post(WHERE, json={"password": PASSWORD})
        assert (await other.post("/sessions", json=LOGIN)).status_code == 201  # begun alone asks nobody
        assert (await desk.put(WHERE, json={"code": app_of(begun, doors, steps_off=5)})).status_code == 422
        assert (await desk.put(WHERE, json={"code": app_of(begun, doors)})).status_code == 200
        assert (await desk.get(WHERE)).json() == {"on": True, "recovery_codes_left": 10}
        assert before not in doors.people.sessions
        doors.utc_s += STEP_S
        assert (await other.post("/sessions", json=LOGIN)).json()["detail"] == "name, password or code is wrong"
        answer = await other.post("/sessions", json={**LOGIN, "code": app_of(begun, doors)})
        assert (answer.status_code, answer.json()["withheld"]) == (201, [])
        assert (await desk.post(WHERE, json={"password": PASSWORD})).status_code == 409


async def test_a_code_is_good_once_and_so_is_every_older_one() -> None:
    doors = Doors()
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk:
        begun, _ = await set_up(doors, desk)
        doors.utc_s += 2 * STEP_S
        login = {**LOGIN, "code": app_of(begun, doors)}
        older = {**LOGIN, "code": app_of(begun, doors, steps_off=-1)}
        seen = [(await desk.post("/sessions", json=each)).status_code for each in (login, login, older)]
        assert seen == [201, 401, 401]
        doors.utc_s += STEP_S
        assert (await desk.post("/sessions", json={**LOGIN, "code": app_of(begun, doors)})).status_code == 201


async def test_a_recovery_code_lets_in_once_and_is_kept_as_a_hash() -> None:
    doors = Doors()
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk:
        _, codes = await set_up(doors, desk)
        assert not set(codes) & doors.factors.codes["lead"]
        login = {**LOGIN, "code": codes[3].replace("-", " ").upper()}
        assert [(await desk.post("/sessions", json=login)).status_code for _ in range(2)] == [201, 401]
        assert (await desk.get(WHERE)).json()["recovery_codes_left"] == 9


async def test_wrong_names_passwords_and_codes_get_the_same_answer() -> None:
    doors = Doors()
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk:
        begun, _ = await set_up(doors, desk)
        doors.utc_s += STEP_S
        code = app_of(begun, doors)
        wrong: list[dict[str, Any]] = [
            {"name": "nobody", "password": PASSWORD, "code": code},
            {"name": "lead", "password": "wrong", "code": code},
            {"name": "lead", "password": PASSWORD},
            {"name": "lead", "password": PASSWORD, "code": "000000"},
        ]
        answers = [await desk.post("/sessions", json=body) for body in wrong]
        assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
        # a wrong password has not spent the code that came with it
        assert (await desk.post("/sessions", json={**LOGIN, "code": code})).status_code == 201


async def test_codes_are_guessed_no_faster_from_many_addresses() -> None:
    doors = Doors()
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk:
        begun, codes = await set_up(doors, desk)
    doors.utc_s += STEP_S
    services = doors.services()
    right = app_of(begun, doors)
    seen = []
    for number, code in enumerate(["000000"] * 5 + [right, codes[0]]):
        app = httpx.ASGITransport(application(services), client=(f"198.51.100.{number}", 1))
        async with httpx.AsyncClient(transport=app, base_url=f"{ORIGIN}/api/v1") as far:
            seen.append((await far.post("/sessions", json={**LOGIN, "code": code})).status_code)
    assert seen == [401] * 6 + [201]  # the sixth is right and too soon; a recovery code is not to be guessed


@pytest.mark.parametrize("has_second", [False, True])
async def test_a_right_that_demands_it_is_withheld_until_it_is_there(has_second: bool) -> None:
    demanding = frozenset({Right.LISTEN, Right.HEAR_RECORDINGS})
    doors = Doors(options=ApiOptions(frozenset({ORIGIN}), second_factor_rights=demanding))
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk:
        if has_second:
            await set_up(doors, desk)
        else:
            await doors.add_person("lead", Role.LEADER)
            await desk.post("/sessions", json=LOGIN)
        me = (await desk.get("/sessions/current")).json()
        assert me["withheld"] == ([] if has_second else ["hear_recordings", "listen"])
        assert set(me["rights"]) & demanding == (demanding if has_second else set())
        answer = await desk.get("/recordings")
        assert answer.status_code == (200 if has_second else 403)
        assert has_second or "second factor" in answer.json()["detail"]
        assert (await desk.get("/agents")).status_code == 200
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('lead')}") as program:
        assert (await program.get("/recordings")).status_code == 200  # a token has its scope instead


@pytest.mark.parametrize("has_second", [False, True])
async def test_who_lacks_it_gives_no_token_what_waits_for_it(has_second: bool) -> None:
    """Nor does a token make another that may do more than itself."""
    doors = Doors(options=ApiOptions(frozenset({ORIGIN}), second_factor_rights=frozenset({Right.HEAR_RECORDINGS})))
    wish = {"name": "own", "user": "lead", "rights": ["hear_recordings"]}
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk:
        if has_second:
            await set_up(doors, desk)
            doors.people.persons["lead"] = replace(doors.people.persons["lead"], role=Role.ADMINISTRATOR)
        else:
            await doors.add_person("lead", Role.ADMINISTRATOR)
            await desk.post("/sessions", json=LOGIN)
        answer = await desk.post("/tokens", json=wish)
        assert answer.status_code == (201 if has_second else 403), answer.text
        assert (await desk.post("/tokens", json={**wish, "name": "floor", "rights": ["see_floor"]})).status_code == 201
    narrow = await doors.token_of("lead", "manage_people")
    async with client_of(doors, admin=False, Authorization=f"Bearer {narrow}") as program:
        assert (await program.post("/tokens", json={**wish, "name": "wide"})).status_code == 403


async def test_it_is_switched_off_with_password_and_code() -> None:
    doors = Doors()
    async with client_of(doors, admin=False, Origin=ORIGIN) as desk:
        begun, codes = await set_up(doors, desk)
        doors.utc_s += STEP_S
        code = app_of(begun, doors)
        for body, status in (
            ({"password": "wrong", "code": code}, 422),
            ({"password": PASSWORD, "code": "000000"}, 422),
            ({"password": PASSWORD, "code": code}, 204),
        ):
            assert (await desk.post(f"{WHERE}/off", json=body)).status_code == status, body
        assert (await desk.get("/sessions/current")).status_code == 401
        assert (await desk.post("/sessions", json=LOGIN)).status_code == 201
        assert (await desk.post(f"{WHERE}/off", json={"password": PASSWORD, "code": codes[0]})).status_code == 409


async def test_an_administrator_resets_it_for_somebody_else() -> None:
    doors = Doors()
    async with client_of(doors) as admin, client_of(doors, admin=False, Origin=ORIGIN) as desk:
        await set_up(doors, desk)
        listed = {user["name"]: user["second_factor"] for user in (await admin.get("/users")).json()}
        assert listed == {"admin": False, "lead": True}
        assert [(await admin.delete("/users/lead/second-factor")).status_code for _ in range(2)] == [204, 404]
        assert (await desk.get("/sessions/current")).status_code == 401
        assert (await desk.post("/sessions", json=LOGIN)).status_code == 201
        assert (await admin.delete("/users/admin/second-factor")).status_code == 409
        assert (await admin.delete("/users/nobody/second-factor")).status_code == 404


async def test_a_token_sets_up_nothing() -> None:
    doors = Doors()
    async with client_of(doors) as admin:
        for method, path, body in (
            ("POST", WHERE, {"password": PASSWORD}),
            ("PUT", WHERE, {"code": "123456"}),
            ("POST", f"{WHERE}/off", {"password": PASSWORD, "code": "123456"}),
        ):
            assert (await admin.request(method, path, json=body)).status_code == 409


async def test_a_secret_opens_for_its_own_user_and_key_alone() -> None:
    doors = Doors()
    await doors.add_person("lead", Role.LEADER)
    kept = Factors(doors.people)
    factors = SecondFactors(kept, bytes(32))
    secret = await factors.begin("lead")
    assert secret is not None and secret not in base64.b64decode(kept.kept["lead"].secret)
    code, now = code_at(secret, int(doors.utc_s) // STEP_S), doors.now()
    kept.kept["boss"] = kept.kept["lead"]
    assert await factors.confirm("boss", code, now) is None
    assert await SecondFactors(kept, b"x" * 32).confirm("lead", code, now) is None
    assert await factors.confirm("lead", code, now) is not None
