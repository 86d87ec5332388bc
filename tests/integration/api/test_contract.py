"""The running API keeps to its own document: whatever is sent, and for a client made from the document alone."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks as of_openapi

from app.studio import TAKE_WITHIN_S
from tests.integration.api.generated_client import client_module
from tests.integration.centre import Centre
from tests.integration.office import office, record_of, shared, shown, thirdring, wait
from tests.integration.web.browser import password_of

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
NOT_NOW = {503, 504}
"""The document's words for a part that is not well now (`GET /health`), or an engine that has not answered in time: the
truth on a crowded machine. An operation that says nothing else is broken all the same."""
ANSWERED_WITHIN_S = 60.0
SLOW = {"POST /api/v1/twin", "GET /api/v1/staffing"}
"""Each answer is a process of its own for seconds; tests/integration/store has them."""
LONGEST_S = TAKE_WITHIN_S + 10.0
"""A recording is judged behind everything else, and answered for within its bound; half of that was too short beside
other tests."""
ENDS = {"POST /api/v1/drain"}
"""An empty house stops at once; tests/integration/test_survival_engine.py has it."""


async def document_of(house: Centre, directory: Path) -> dict[str, Any]:
    """As `./thirdring api-docs` exports it."""
    code, out, err = await thirdring(house, "api-docs")
    assert code == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


async def test_a_client_made_from_the_document_signs_in_and_controls_a_call(
    house: Centre, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = client_module(await document_of(house, tmp_path), tmp_path)
    origin = f"http://127.0.0.1:{house.settings.ports.api}"
    client = made.Client(origin, origin=origin)
    request.addfinalizer(client.http.close)
    password = await password_of(house, "agent-01", "agent")
    with pytest.raises(made.Refused, match="wrong"):
        client.sign_in_api_v1_sessions_post(body={"name": "agent-01", "password": "not this one"})
    me = await asyncio.to_thread(client.sign_in_api_v1_sessions_post, body={"name": "agent-01", "password": password})
    assert me["person"] == "agent-01"
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.2, 60.0)
    await phone.register()
    await house.until("seat/seat-01", lambda entry: bool(entry["reachable"]))
    await asyncio.to_thread(client.sign_in_api_v1_agents__agent__sign_in_post, "agent-01", body={"seat": "seat-01"})
    caller = await wait(house)
    await shown(house, caller, "talking")
    await asyncio.to_thread(client.hold_api_v1_agents__agent__hold_post, "agent-01")
    await shown(house, caller, "held")
    await asyncio.to_thread(client.resume_api_v1_agents__agent__resume_post, "agent-01")
    await shown(house, caller, "talking")
    await asyncio.to_thread(client.hang_up_api_v1_agents__agent__hang_up_post, "agent-01")
    await caller.ended(20)
    await record_of(house, caller)
    page = await asyncio.to_thread(client.recent_api_v1_calls_get, limit=1)
    assert page["calls"][0]["agent"] == "agent-01"


async def test_no_answer_is_undocumented_and_none_is_an_error_of_ours(house: Centre, tmp_path: Path) -> None:
    """The last one here: it closes queues, and whatever else the document lets it."""
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
    schema.config.checks.not_a_server_error.expected_statuses = ["2xx", "3xx", "4xx", *map(str, NOT_NOW)]
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        session.headers["Connection"] = "close"  # a kept one may be closed by the server just as the next request comes
        for found in schema.get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]
            name = f"{operation.method.upper()} {operation.path}"
            if name not in SLOW | ENDS and (problem := _tried(operation, session)):
                yield name, problem


def _tried(operation: Any, session: requests.Session) -> str:
    said, until_s = set[int](), time.monotonic() + ANSWERED_WITHIN_S

    @seed(7)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def holds(case: Any) -> None:
        said.add(case.call_and_validate(checks=CHECKS, session=session, timeout=LONGEST_S).status_code)

    while True:
        try:
            holds()
        except (Exception, FailureGroup) as failure:  # a group of them is no Exception
            return "; ".join(str(each) for each in (failure, *getattr(failure, "exceptions", ())))[:1500]
        if said - NOT_NOW:
            return ""
        if time.monotonic() > until_s:
            return f"nothing but {sorted(said)} for {ANSWERED_WITHIN_S:g} s"
        time.sleep(1.0)
