"""`./thirdring call`, one simulated call and its timeline, and `./thirdring status`, against the running product."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration import audio
from tests.integration.centre import Centre
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


async def test_without_a_carrier_one_is_started_for_the_call(building: Centre) -> None:
    """The last test here: it takes this house's telephone network away."""
    await building.carrier.stop()
    status, output, complaints = await thirdring(building, "call", "--hotline", "95009")
    assert status == 1
    assert "no simulated carrier is running; one is started for this call" in output + complaints
    assert "no such number" in output
