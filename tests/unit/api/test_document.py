"""The OpenAPI document tells the truth: every answer a route gives is in it, every route says what it is for."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import app
from core.errors import PeerFault
from tests.unit.api.document import document
from tests.unit.api.test_rights import BODIES, IDS
from tests.unit.doors import ORIGIN, Doors, client_of

NOT_JSON = {"/api/v1/recordings/links/{secret}"}
NONSENSE: list[Any] = [None, [], {"unknown": 1}, {"note": 5}, "text"]


def operations() -> list[tuple[str, str]]:
    return [(method, path) for path, item in document()["paths"].items() for method in item]


def documented(method: str, path: str) -> set[str]:
    return set(document()["paths"][path][method]["responses"])


def test_every_route_says_what_it_is_for_and_where_it_belongs() -> None:
    for method, path in operations():
        operation = document()["paths"][path][method]
        assert 7 <= len(operation["summary"]) <= 110 and not operation["summary"].endswith("."), (path, operation)
        assert operation["tags"], path


def test_every_field_has_an_example_or_speaks_for_itself() -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in document()["components"]["schemas"].items()
        for field, shape in schema.get("properties", {}).items()
        if not _speaks(shape) and "example" not in schema
    ]
    house = _within("House", set())  # house.yaml is the example of these, and says more than one value could
    assert [field for field in silent if field.partition(".")[0] not in house] == []


def test_everything_that_is_sent_in_an_address_or_header_has_a_cap() -> None:
    """Bodies have one for all of them (api/shell.py)."""
    endless = [
        f"{method} {path} {each['name']}"
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        for each in operation.get("parameters", [])
        if not all(map(_is_capped, each["schema"].get("anyOf", [each["schema"]])))
    ]
    assert endless == []


def _is_capped(shape: dict[str, Any]) -> bool:
    match shape.get("type"):
        case "string":
            return any(key in shape for key in ("maxLength", "pattern", "enum", "const", "format"))
        case "integer" | "number":
            return {"maximum", "exclusiveMaximum"} & shape.keys() != set() or "const" in shape
        case "array":
            return "maxItems" in shape or _is_capped(shape["items"])
    return True


def _within(name: str, found: set[str]) -> set[str]:
    """This shape and all it is made of."""
    if name not in found:
        found.add(name)
        for inner in re.findall(r"#/components/schemas/(\w+)", json.dumps(document()["components"]["schemas"][name])):
            _within(inner, found)
    return found


def _speaks(shape: dict[str, Any]) -> bool:
    known = ("examples", "example", "default", "enum", "$ref", "description", "const")
    inner = [*shape.get("anyOf", []), *([shape["items"]] if "items" in shape else [])]
    return any(key in shape for key in known) or shape.get("type") == "boolean" or any(map(_speaks, inner))


@pytest.mark.parametrize("state", ["works", "refuses", "silent", "full", "database away"])
async def test_no_route_answers_otherwise_than_it_says(state: str) -> None:
    """A body that is nonsense is refused before anybody is asked, so in one state."""
    doors = Doors()
    doors.options = dataclasses.replace(doors.options, answer_timeout_s=0.01)
    async with client_of(doors) as client:
        doors.refusal = "No." if state == "refuses" else ""
        doors.silent, doors.full = state == "silent", state == "full"
        if state == "database away":
            _take_away(doors)
        wrong = set[str]()
        for method, path in operations():
            nonsense = NONSENSE if state == "works" and method != "get" else []
            for body in [BODIES.get(path.removeprefix("/api/v1")), *nonsense]:
                headers = {"If-Match": '"1"'} if method != "get" else {}
                url = ORIGIN + path.format(**IDS | {"secret": "x"})
                answer = await client.request(method, url, json=body, headers=headers)
                assert answer.status_code < 500 or answer.status_code in (503, 504), (method, path, answer.text)
                if str(answer.status_code) not in documented(method, path):
                    wrong.add(f"{method} {path} {answer.status_code}")
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == "application/problem+json"
    assert sorted(wrong) == []


def _take_away(doors: Doors) -> None:
    """Everything that reads or writes the database."""

    async def away(*_: Any, **__: Any) -> Any:
        raise PeerFault("the database is away")

    for port in (doors.calls, doors.work, doors.cases, doors.customers, doors.webhooks, doors.figures, doors.ledger):
        for name in dir(type(port)):
            if not name.startswith("_") and name not in ("outbox", "receiver"):
                setattr(port, name, away)


def test_the_command_writes_the_same_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = CliRunner().invoke(app, ["api-docs"]).stdout
    monkeypatch.setattr("api.app.described", document)
    CliRunner().invoke(app, ["api-docs", str(tmp_path / "api.json")])
    assert json.loads(said) == json.loads((tmp_path / "api.json").read_text()) == document()
    assert document()["openapi"].startswith("3.1")
