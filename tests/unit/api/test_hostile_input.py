"""What was made to break something is answered with what is wrong with it, and nothing is half done."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.unit.api.document import document
from tests.unit.doors import Doors, client_of
from tests.unit.floor import small_house

FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"
DEEP = "[" * (sys.getrecursionlimit() * 3)
"""Within the bytes that the audit keeps of a body, and deeper than Python's reader of JSON goes."""


def days_asked() -> list[tuple[str, str]]:
    """Every route that takes a day in its address, and how it calls it."""
    return [
        (path.removeprefix("/api/v1"), parameter["name"])
        for path, operations in document()["paths"].items()
        for parameter in operations.get("get", {}).get("parameters", [])
        if any(form.get("format") == "date" for form in parameter["schema"].get("anyOf", [parameter["schema"]]))
    ]


def test_the_days_that_are_asked_for_are_found() -> None:
    assert ("/recordings/coverage", "day") in days_asked() and ("/quality", "from") in days_asked()


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY])
async def test_the_ends_of_the_calendar_are_no_errors_of_ours(day: str) -> None:
    async with client_of(Doors()) as client:
        for path, name in days_asked():
            answer = await client.get(path, params={name: day})
            assert answer.status_code == 422 and name in answer.json()["detail"], (path, name, answer.text)


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY])
async def test_a_house_with_a_roster_at_the_end_of_the_calendar_is_told_so(day: str) -> None:
    house = small_house().model_dump(mode="json")
    agents = [agent["id"] for agent in house["agents"]]
    house["roster"] = [{"date": day, "agent": agents[0], "shift": "off"}]
    doors = Doors()
    async with client_of(doors) as client:
        for path, body in (("/house/changes", {"document": house}), ("/house", house)):
            method = "PUT" if path == "/house" else "POST"
            answer = await client.request(method, path, json=body, headers={"If-Match": '"1"'})
            assert answer.status_code == 422, answer.text
            assert {
                error["field"].startswith("body") and ".roster.0." in error["field"]
                for error in answer.json()["errors"]
            } == {True}
    assert doors.house.version == 1


@pytest.mark.parametrize("body", [DEEP, DEEP.replace("[", '{"a":'), '{"text": ' + "9" * 4000 + "}"])
@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
async def test_deeply_nested_bodies_are_refused_and_noted(body: str, media_type: str) -> None:
    """Of what is no JSON by its own words, the audit looks whether it is."""
    doors = Doors()
    async with client_of(doors) as client:
        for path, status in (("/cases", 422), ("/customers", 422), ("/users/import", 409)):
            answer = await client.post(path, content=body, headers={"Content-Type": media_type})
            assert answer.status_code == status, (path, answer.text[:200])
            assert answer.headers["content-type"] == "application/problem+json"
    told = {row.what: row.status for row in doors.audit.rows}
    assert told["POST /users/import"] == 409
    assert doors.offered == [] and doors.customers.rows == {}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
async def test_a_bound_that_no_figure_can_reach_is_no_house(number: float) -> None:
    """Python's JSON knows these; no other does, and a house with one could not be shown any more."""
    house = small_house().model_dump(mode="json")
    house["alarms"]["rules"] = [{"id": "never", "figure": "waiting", "above": number}]
    doors = Doors()
    async with client_of(doors) as client:
        headers = {"Content-Type": "application/json", "If-Match": '"1"'}
        answer = await client.put("/house", content=json.dumps(house), headers=headers)
        assert (answer.status_code, doors.house.version) == (422, 1)
        assert (await client.get("/house")).status_code == 200


def texts_asked() -> list[tuple[str, str, str]]:
    """Every route that takes a text in its address."""
    return [
        (method, path.removeprefix("/api/v1"), parameter["name"])
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and '"string"' in json.dumps(parameter["schema"])
    ]


async def test_no_text_with_a_nul_reaches_the_database_from_an_address() -> None:
    """PostgreSQL takes none: such a search was an error of ours there."""
    async with client_of(Doors()) as client:
        for method, path, name in texts_asked():
            answer = await client.request(method, path, params={name: "a\x00b"}, json={} if method != "get" else None)
            assert answer.status_code == 422, (method, path, name, answer.text)
            assert [error["field"] for error in answer.json()["errors"]] == [f"query.{name}"], path
            assert "NUL" in answer.json()["detail"]
    assert len(texts_asked()) > 30


def bodies_asked() -> list[tuple[str, str]]:
    return [
        (method, path.removeprefix("/api/v1"))
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]


async def test_no_text_with_a_nul_reaches_the_database_from_a_body() -> None:
    doors, body = Doors(), {"a": ["b", "c\x00"], "d\x00": 1}
    async with client_of(doors) as client:
        for method, path in bodies_asked():
            answer = await client.request(method, path, json=body)
            assert answer.status_code == 422, (method, path, answer.text)
            fields = sorted(error["field"] for error in answer.json()["errors"])
            assert fields == ["body.a.1", "body.d?"], (method, path)
    assert len(bodies_asked()) > 40
    assert doors.offered == []


async def test_a_backslash_before_the_letters_is_no_nul() -> None:
    async with client_of(Doors()) as client:
        body = {"name": "\\u0000", "numbers": ["13800138000"]}
        assert (await client.post("/customers", json=body)).json()["name"] == "\\u0000"


def nested(depth: int) -> Any:
    found: Any = "x"
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize("value", [nested(200), {"a": 1}, None, 7, "", "\x00", "\ud800", "A" * 500_000])
async def test_what_is_no_text_is_refused_with_its_place(value: object) -> None:
    doors = Doors()
    body = json.dumps({"name": value, "numbers": ["13800138000"]})
    async with client_of(doors) as client:
        answer = await client.post("/customers", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["body.name"]
    assert doors.customers.rows == {}
