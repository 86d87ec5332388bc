"""Alarms in the engine: once each, acknowledged by one, over, and kept over a restart."""

from __future__ import annotations

from pydantic import TypeAdapter

from core.events import AlarmChanged, RequestGranted, RequestRefused
from core.ids import RequestId
from core.inputs import AcknowledgeAlarm, AlarmNoticed, AlarmPassed, Input, Requested
from core.instants import Instant
from queueing.alarms import MOST
from queueing.engine import Engine
from queueing.state import EngineState
from tests.integration.store.database import NOW

NOTICED = AlarmNoticed("trunk-down", "a", "critical", 1.0, "trunk_down of a is 1, above 0")
PASSED = AlarmPassed("trunk-down", "a")


def asked(number: int) -> Requested:
    return Requested(RequestId(f"lead:{number}"), "lead", AcknowledgeAlarm("trunk-down", "a"))


def states(*facts: Input, engine: Engine | None = None) -> list[str]:
    engine, told = engine or Engine(), list[str]()
    for number, fact in enumerate(facts, 1):
        for event in engine.handle(fact, Instant(NOW.boot_s + number, NOW.wall), number).events:
            if isinstance(event, AlarmChanged):
                told.append(f"{event.state}{f' by {event.by}' if event.by else ''}")
            elif isinstance(event, RequestRefused):
                told.append(event.reason)
    return told


def test_an_alarm_is_raised_once_acknowledged_once_and_over_once() -> None:
    facts = NOTICED, NOTICED, asked(1), asked(2), asked(1), PASSED, PASSED, asked(3)
    assert states(*facts) == [
        "raised", "acknowledged by lead", "lead has acknowledged it already.", "cleared by lead",
        "There is no alarm trunk-down of a now.",
    ]  # fmt: skip


def test_one_that_comes_again_is_a_new_one() -> None:
    assert states(NOTICED, PASSED, NOTICED) == ["raised", "cleared", "raised"]


def test_the_same_request_again_gets_the_same_answer() -> None:
    engine = Engine()
    engine.handle(NOTICED, NOW, 1)
    answers = [engine.handle(asked(1), NOW, number).events[-1] for number in (2, 3)]
    assert answers == [RequestGranted(RequestId("lead:1"))] * 2


def test_what_stands_outlives_a_restart() -> None:
    engine = Engine()
    engine.handle(NOTICED, NOW, 1)
    adapter = TypeAdapter(EngineState)
    restored = Engine.restore(adapter.validate_json(adapter.dump_json(engine.snapshot())))
    assert states(NOTICED, PASSED, engine=restored) == ["cleared"]


def test_no_more_are_kept_than_anybody_could_read() -> None:
    many = [AlarmNoticed("r", str(number), "info", 0.0, "") for number in range(MOST + 1)]
    assert states(*many).count("raised") == MOST
