"""`./thirdring staffing`: what it asks, and that it says plainly what cannot be held."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from api.ports import StaffingAsk
from app.cli import app
from app.commands import staffing as command
from app.planning import past_of, staffing
from tests.unit.app.peer import Answer, running
from tests.unit.app.test_planning import stored
from tests.unit.queueing.test_staffing_plan import FIRST, shipped


@cache
def answer(**asked: Any) -> Any:
    question = StaffingAsk(FIRST, 7, **asked)
    found = staffing(shipped(), past_of(stored(), shipped(), question, FIRST), question)
    return json.loads(json.dumps(found))


def said(home: Path, query: str, document: Any, *words: str) -> str:
    """What the command prints when the API gives this document to that question."""
    with running(home) as peer:
        peer.answers[f"GET /staffing?{query}"] = Answer(document)
        done = CliRunner().invoke(app, ["staffing", *words], env=peer.environ | {"COLUMNS": "200"})
        assert done.exit_code == 0, (done.output, done.exception, peer.asked)
        return done.output


def test_it_tells_the_forecast_the_shortage_and_that_12_cannot_hold_it(tmp_path: Path) -> None:
    out = said(tmp_path, "from=2026-11-30&days=7&weeks=53", answer(), "--from", "2026-11-30")
    assert "From 42 days with 55440 calls" in out and "same as last week: 0.0 %" in out
    assert "12 agents CANNOT hold the floor (4 at 08:00-09:00, 8 at 09:00-20:00" in out
    assert "28 agents (by hours a week) for the floor alone" in out
    assert "a floor of no more than 1 at 08:00-09:00, 2 at 09:00-20:00" in out
    assert "mon" in out and "With this roster, by theory" in out


def test_programs_get_json_and_quarters_are_shown_when_asked(tmp_path: Path) -> None:
    enough = answer(agents=60)
    assert json.loads(said(tmp_path, "days=7&agents=60&weeks=53", enough, "--agents", "60", "--json")) == enough
    out = said(tmp_path, "days=7&weeks=53&rehearse=True", enough, "--quarters", "--rehearse")
    assert "Erlang" in out and "rostered" in out


def worse_than_last_week(history: dict[str, Any]) -> dict[str, Any]:
    return history | {"errors": history["errors"] | {"day": 0.2, "naive_day": 0.1}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: {"people": None}, ""),
        (lambda found: {"history": worse_than_last_week(found["history"])}, "last week was the better guess"),
        (lambda found: {"history": found["history"] | {"last_week": 0.5}}, "50.0 % is the same day of last week"),
        (lambda found: {"history": found["history"] | {"days": 0}}, "planned by the floor alone"),
        (lambda found: {"people": found["people"] | {"unmanned_utc_s": [1.0]}}, "No shift of the house covers"),
        (lambda found: {"people": answer(agents=60)["people"]}, "60 agents can hold the floor"),
        (
            lambda found: {"simulated": dict.fromkeys(("connection_rate", "service_level", "three_ring_rate"), 0.9)
             | {"offered": 9, "asa_s": 4.0}},
            "The real engine, 9 calls on virtual time: 90.0 % connected",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_answer_has_its_words(change: Callable[[Any], dict[str, Any]], words: str) -> None:
    found = answer() | change(answer())
    zone = ZoneInfo(found["time_zone"])
    told = (command._history(found), command._coverage(found, zone), command._simulated(found), command._people(found))
    assert words in "\n".join(line for lines in told for line in lines)
