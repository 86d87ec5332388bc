"""`./thirdring call` and its timeline, `./thirdring status`, and all that the guide for integrators says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.guide import Reader, yaml_of
from tests.integration.office import both_trunks, idle, loopback_is_public, office, shared, thirdring, wait

pytestmark = pytest.mark.asyncio(loop_scope="module")


building, house = shared(office(1, wrap_up_s=0), around=loopback_is_public)


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


async def test_everything_the_guide_for_integrators_says_works_in_its_order(house: Centre, tmp_path: Path) -> None:
    await both_trunks(house)
    phone = await house.carrier.phone("seat-01")
    if not phone.registered:
        await phone.register()
    await house.until("seat/seat-01", lambda entry: entry["reachable"])
    await phone.will_answer(0.2)
    await (await house.carrier.callee("13700000001")).will_answer(0.3)

    async def then(line: str) -> None:
        if line.startswith("python3 docs/"):
            url = f"http://127.0.0.1:{(await reader.received()).split()[1]}/"
            head, wanted = yaml_of("integrator.md").replace("https://crm.example.com/thirdring", url).split("\n", 1)
            exported = (tmp_path / "house.yaml").read_text(encoding="utf-8")
            assert f"\n{head}\n" in exported and "\n  webhooks: []\n" in exported
            (tmp_path / "house.yaml").write_text(exported.replace("  webhooks: []\n", wanted), encoding="utf-8")
        elif "/agent-01/call {" in line:
            await house.until("agent/agent-01", lambda entry: entry["state"] == "talking")
        elif line.endswith(("/hang-up", "--talk 2")):
            await idle(house)
        elif line.endswith("/webhooks/crm/test"):
            assert (await reader.received()).startswith("test")

    async with Reader(house, tmp_path, then) as reader:
        try:
            await reader.follow("integrator.md")
            await once_and_refused(reader)
        finally:
            assert (await thirdring(house, "token", "revoke", "crm"))[0] == 0
        assert (await reader.api.get("/api/v1/live")).status_code == 401
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")


async def once_and_refused(reader: Reader) -> None:
    """What the guide says of keys that come again, and of what is refused."""
    key = {"Idempotency-Key": "order-4711"}
    wanted = {"number": "13800138000", "queue": "presales", "later_s": 3600}
    made = [(await reader.api.post("/api/v1/callbacks", json=wanted, headers=key)).json() for _ in range(2)]
    assert made[0]["result"] and made[0] == made[1]
    other = await reader.api.post("/api/v1/callbacks", json=wanted | {"later_s": 60}, headers=key)
    assert (other.status_code, "another request" in other.json()["detail"]) == (422, True)
    assert (await reader.api.delete(f"/api/v1/callbacks/{made[0]['result']}")).is_success
    assert (await reader.api.get("/api/v1/users")).status_code == 403
    assert (await reader.api.get("/api/v1/calls/none")).status_code == 404
    wrong = await reader.api.post("/api/v1/callbacks", json={"number": "1"})
    assert (wrong.status_code, "queue" in wrong.text) == (422, True)


async def test_without_a_carrier_one_is_started_for_the_call(building: Centre) -> None:
    """The last test here: it takes this house's telephone network away."""
    await building.carrier.stop()
    status, output, complaints = await thirdring(building, "call", "--hotline", "95009")
    assert status == 1
    assert "no simulated carrier is running; one is started for this call" in output + complaints
    assert "no such number" in output
