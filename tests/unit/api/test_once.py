"""An Idempotency-Key on what is written without the engine: a repeat gets the first answer and does nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from api.rights import Role
from api.throttle import Rate
from core.errors import PeerFault
from store.repeats import Repeat
from tests.unit.api.document import document
from tests.unit.doors import ORIGIN, Doors, client_of

KEY = {"Idempotency-Key": "6f1c2e52-1b52"}
WANG = {"name": "王小明", "numbers": ["13800138000"]}
NO_KEY = {
    # one's own sessions and second factor: a secret goes in or out, a repeat finds it done
    ("post", "/sessions/display"), ("post", "/sessions"), ("delete", "/sessions/current"),
    ("put", "/sessions/current/password"), ("put", "/sessions/current/second-factor"),
    ("post", "/sessions/current/second-factor"), ("post", "/sessions/current/second-factor/off"),
    ("delete", "/users/{user}/second-factor"),
    # a password that is made anew each time; a file that is the same however often it is sent
    ("post", "/agents/{agent}/phone"), ("post", "/prompts/{language}/{prompt}/code"),
    ("put", "/prompts/{language}/{prompt}/recording"), ("delete", "/prompts/{language}/{prompt}/recording"),
    # computed, nothing is kept
    ("post", "/flows/{flow}/check"), ("post", "/flows/{flow}/try"), ("post", "/twin"),
    ("post", "/seats/{seat}/codes"),
}  # fmt: skip


def test_every_route_that_may_change_something_takes_a_key_but_for_those_that_need_none() -> None:
    lacking = set[tuple[str, str]]()
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            names = [parameter["name"] for parameter in operation.get("parameters", [])]
            assert names.count("Idempotency-Key") == ("Idempotency-Key" in names), (method, path)
            if method != "get" and "Idempotency-Key" not in names:
                lacking.add((method, path.removeprefix("/api/v1")))
    assert lacking == NO_KEY


async def test_a_repeat_gets_the_first_answer_from_whichever_process_is_asked() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        first = await client.post("/customers", json=WANG, headers=KEY)
        token = client.headers["Authorization"]
    async with client_of(doors, admin=False, Authorization=token) as another:
        again = await another.post("/customers", json=WANG, headers=KEY)
        assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
        assert (again.headers["etag"], again.headers["idempotent-replayed"]) == (first.headers["etag"], "true")
        page = (await another.get("/customers")).json()["customers"]
        assert [each["id"] for each in page] == [first.json()["id"]]
        gone = {"Idempotency-Key": "gone"}
        for _ in range(2):
            removed = await another.delete(f"/customers/{first.json()['id']}", headers=gone)
            assert (removed.status_code, removed.content) == (204, b"")
        assert (await another.delete(f"/customers/{first.json()['id']}")).status_code == 404


@pytest.mark.parametrize("other", [{"json": WANG | {"note": "x"}}, {"json": WANG, "params": {"x": 1}}])
async def test_another_request_with_the_same_key_is_refused(other: dict[str, Any]) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        await client.post("/customers", json=WANG, headers=KEY)
        assert (await client.post("/customers", headers=KEY, **other)).status_code == 422
        assert len((await client.get("/customers")).json()["customers"]) == 1


async def test_the_keys_of_two_people_are_two_keys() -> None:
    doors = Doors()
    await doors.add_person("boss", Role.ADMINISTRATOR)
    async with client_of(doors) as one, client_of(doors, admin=False) as other:
        other.headers["Authorization"] = f"Bearer {await doors.token_of('boss')}"
        await one.post("/customers", json=WANG, headers=KEY)
        made = await other.post("/customers", json={"name": "李雷", "numbers": ["13800138001"]}, headers=KEY)
    assert (made.status_code, made.json()["name"]) == (201, "李雷")


async def test_what_was_refused_may_be_asked_again_with_the_same_key() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        assert (await client.post("/customers", json={"name": "x", "numbers": []}, headers=KEY)).status_code == 422
        assert (await client.post("/customers", json=WANG, headers=KEY)).status_code == 201
        assert (await client.post("/customers", json=WANG, headers={"Idempotency-Key": "a b"})).status_code == 422


async def test_what_nobody_knows_the_end_of_is_not_begun_again() -> None:
    """The process ended in the middle, or the database went away before the answer was kept."""
    doors = Doors()
    doors.repeats.away = True
    async with client_of(doors) as client:
        assert (await client.post("/customers", json=WANG, headers=KEY)).status_code == 201
        doors.repeats.away = False
        again = await client.post("/customers", json=WANG, headers=KEY)
        assert (again.status_code, "no answer yet" in again.json()["detail"]) == (409, True)
        assert len((await client.get("/customers")).json()["customers"]) == 1


async def test_a_key_opens_no_door() -> None:
    """Whoever may not ask, or not so often, gets no answer that was kept, and leaves nothing in the database."""
    doors = Doors(rate=Rate(0.001, 2))
    async with client_of(doors) as client:
        first, second, third = [await client.post("/customers", json=WANG, headers=KEY) for _ in range(3)]
        assert (first.status_code, second.status_code, third.status_code) == (201, 201, 429)
        assert third.headers["retry-after"]
        fresh = await client.post("/customers", json=WANG, headers={"Idempotency-Key": "fresh"})
    async with client_of(doors, admin=False) as nobody:
        assert (await nobody.post("/customers", json=WANG, headers=KEY)).status_code == 401
    assert (fresh.status_code, len(doors.repeats.kept)) == (429, 1)


async def test_a_page_of_another_origin_gets_no_answer_that_was_kept() -> None:
    doors = Doors()
    await doors.add_person("boss", Role.ADMINISTRATOR)
    cookie = {"Cookie": f"thirdring={await doors.session_of('boss')}"} | KEY
    async with client_of(doors, admin=False) as client:
        made = await client.post("/customers", json=WANG, headers=cookie | {"Origin": ORIGIN})
        stolen = await client.post("/customers", json=WANG, headers=cookie | {"Origin": "https://evil.test"})
    assert (made.status_code, stolen.status_code, "id" in stolen.json()) == (201, 403, False)


@pytest.mark.parametrize(
    ("path", "body", "secret"),
    [
        ("/users", {"name": "agent-07", "role": "agent"}, "password"),
        ("/users/boss/password", None, "password"),
        ("/seats", {"id": "seat-09"}, "password"),
        ("/tokens", {"name": "crm", "user": "business", "rights": ["see_calls"]}, "token"),
    ],
)
async def test_a_secret_is_shown_once_and_not_kept(path: str, body: Any, secret: str) -> None:
    doors = Doors()
    await doors.add_person("boss", Role.ADMINISTRATOR)
    async with client_of(doors) as client:
        await client.post("/users", json={"name": "business", "role": "integration"})
        made = await client.post(path, json=body, headers=KEY)
        again = await client.post(path, json=body, headers=KEY)
    assert (made.is_success, again.status_code, "was done before" in again.json()["detail"]) == (True, 409, True)
    assert made.json()[secret] not in repr(doors.repeats.kept)


async def test_without_the_database_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    doors = Doors()

    async def away(*_: object) -> Repeat | None:
        raise PeerFault("the database is away")

    monkeypatch.setattr(doors.repeats, "begin", away)
    async with client_of(doors) as client:
        assert (await client.post("/customers", json=WANG, headers=KEY)).status_code == 503
        assert (await client.get("/customers")).json()["customers"] == []
