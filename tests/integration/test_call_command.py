"""`./thirdring call` and its timeline, `./thirdring status`, and the integrator's guide, word by word."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration import audio
from tests.integration.centre import CHECKOUT, Centre
from tests.integration.office import office, shared, thirdring, wait

pytestmark = pytest.mark.asyncio(loop_scope="module")


building, house = shared(office(1))


async def test_the_timeline_of_a_call_that_reaches_an_agent(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.2)
    await house.sign_in("agent-01", "seat-01")
    order = ("--hotline", "95001", "--press", "1", "--talk", "1.5", "--json")
    status, output, complaints = await thirdring(house, "call", *order)
    assert status == 0, complaints
    report = json.loads(output)
    facts = {fact["fact"]: fact for fact in report["facts"]}
    assert list(facts) == ["dialled", "answered", "pressed", "bridged", "ended"]
    assert facts["bridged"]["seat"] == "seat-01"
    assert facts["ended"]["at_s"] - facts["bridged"]["at_s"] == pytest.approx(1.5, abs=0.3)
    assert report["reached_an_agent"] is True
    assert audio.dominant_hz(Path(report["heard"]), -1.0, -0.3) == phone.tone_hz
    assert len(complaints.splitlines()) == len(report["facts"]), "each fact is told as it happens"


async def test_a_caller_whom_nobody_answers_gives_up(house: Centre) -> None:
    order = ("--hotline", "95001", "--press", "1", "--wait", "3")
    status, output, _ = await thirdring(house, "call", *order)
    assert status == 1
    assert "bridged" not in output and "ended" in output
    await house.until("lines", lambda lines: lines["in_use"] == 0)


async def test_an_unknown_number_is_told_in_words(house: Centre) -> None:
    status, output, _ = await thirdring(house, "call", "--hotline", "95009")
    assert status == 1
    assert "no such number" in output and "answered" not in output


async def test_status_shows_the_floor(house: Centre) -> None:
    await wait(house)
    status, output, complaints = await thirdring(house, "status", "--json")
    assert status == 0, complaints
    shown = json.loads(output)
    board = shown.get("snapshot", shown)
    assert board["lines"]["in_use"] == 1
    assert board["queue/presales"]["waiting"] == 1
    assert board["seat/seat-01"]["id"] == "seat-01"


# --- the integrator's guide ---------------------------------------------------------------------
def orders_of(guide: str) -> list[str]:
    """The indented lines: commands and requests, in their order."""
    text = (CHECKOUT / "docs/guides" / guide).read_text(encoding="utf-8")
    return re.findall(r"^    (\S.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("guide", ["integrator.md", "integrator.zh-CN.md"])
async def test_what_the_guide_for_integrators_says_works_as_it_stands(
    house: Centre, guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    phone = await house.carrier.phone("seat-01")
    if not phone.registered:
        await phone.register()
    await house.until("seat/seat-01", lambda entry: bool(entry["reachable"]))
    status, output, complaints = await thirdring(
        house, "call", "--hotline", "95001", "--press", "1", "--wait", "1", "--json"
    )
    assert status == 1, complaints  # nobody is signed in: a call that was, all the same
    words = {"<day>": f"{datetime.now(UTC):%Y-%m-%d}"}
    commands = [shlex.split(line)[1:] for line in orders_of(guide) if line.startswith("./thirdring")]
    assert commands[0][0] == "token"
    token = ""
    for command in commands:
        command = [str(tmp_path / word) if word == "openapi.json" else word for word in command]
        status, output, complaints = await thirdring(house, *command)
        assert status == 0, complaints
        token = token or _token_of(output)
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")
    url = f"http://127.0.0.1:{house.settings.ports.api}"
    try:
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as api:
            for line in orders_of(guide):
                if not line.startswith("./thirdring"):
                    await _request(api, line, words)
            assert (await api.get("/api/v1/users")).status_code == 403
            assert (await api.get("/api/v1/calls/none")).status_code == 404
            unknown = await api.get("/api/v1/live", headers={"Authorization": "Bearer unknown"})
            assert unknown.status_code == 401
    finally:
        for customer in (await house.get("/customers"))["customers"]:
            await house.api.delete(f"/customers/{customer['id']}")
        assert (await thirdring(house, "token", "revoke", "crm"))[0] == 0


def _token_of(output: str) -> str:
    found = re.search(r"\btoken +(\S{20,})", output)
    assert found, output
    return found.group(1)


async def _request(api: httpx.AsyncClient, line: str, words: dict[str, str]) -> None:
    """One line of the guide; what a later line calls <call> or <callback> is learnt from the answers."""
    for name, word in words.items():
        line = line.replace(name, word)
    assert "<" not in line, line
    method, path, *body = line.split(maxsplit=2)
    answer = await api.request(method, path, json=json.loads(body[0]) if body else None)
    assert answer.is_success, (line, answer.text)
    found: Any = answer.json() if answer.content else {}
    if path.startswith("/api/v1/calls?"):
        words["<call>"] = found["calls"][0]["call"]
    if (method, path) == ("POST", "/api/v1/callbacks"):
        words["<callback>"] = found["result"]


# --- the end -------------------------------------------------------------------------------------
async def test_without_a_carrier_one_is_started_for_the_call(building: Centre) -> None:
    """The last test here: it takes this house's telephone network away."""
    await building.carrier.stop()
    status, output, complaints = await thirdring(building, "call", "--hotline", "95009")
    assert status == 1
    assert "no simulated carrier is running; one is started for this call" in output + complaints
    assert "no such number" in output
