"""The running API keeps to its own document, whatever is sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as of_openapi

from tests.integration.centre import Centre
from tests.integration.office import office, shared, thirdring

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]
building, house = shared(office(2))
EXAMPLES = 4
"""For each operation, beside those of the document: about half a minute in all."""
CHECKS = [
    checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_schema_conformance,
]
SLOW = {"POST /api/v1/twin", "GET /api/v1/staffing"}
"""Each answer is a process of its own for seconds; tests/integration/store has them."""


async def document_of(house: Centre, directory: Path) -> dict[str, Any]:
    """As `./thirdring api-docs` exports it."""
    code, out, err = await thirdring(house, "api-docs")
    assert code == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


async def test_no_answer_is_undocumented_and_none_is_an_error_of_ours(house: Centre, tmp_path: Path) -> None:
    """It closes queues, and does whatever else the document lets it: the house is its own."""
    document = await document_of(house, tmp_path)
    token = (house.settings.home / "secrets/cli.token").read_text().strip()
    base = f"http://127.0.0.1:{house.settings.ports.api}"
    wrong = await asyncio.to_thread(lambda: dict(broken(document, base, token)))
    assert wrong == {}
    assert (await house.api.get("/health/live")).status_code == 200
    assert (await house.api.get("/audit")).status_code == 200


def broken(document: dict[str, Any], base: str, token: str) -> Iterator[tuple[str, str]]:
    """Which operations did not keep to the document, and what came instead."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=base)
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for found in schema.get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]
            name = f"{operation.method.upper()} {operation.path}"
            if name not in SLOW and (problem := _tried(operation, session)):
                yield name, problem


def _tried(operation: Any, session: requests.Session) -> str:
    @seed(7)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def holds(case: Any) -> None:
        case.call_and_validate(checks=CHECKS, session=session, timeout=30)

    try:
        holds()
    except Exception as failure:
        return str(failure)[:1500]
    return ""
