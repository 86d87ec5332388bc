"""What the real engine told of a busy hour is counted the same whole, in parts, and after every restart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.commands import CallAgent, DialFar, RingSeat
from core.events import Outcome
from core.figures import Figures
from core.house import House
from core.ids import AgentId, CallId, TrunkId
from core.inputs import (
    AgentLineHeld,
    AskCallback,
    CallbackRequested,
    CallsBlocked,
    CommandDone,
    FarAnswered,
    Input,
    PlaceCall,
    SeatAnswered,
    SeatLegEnded,
    SurveyAnswered,
    TrunkReachabilityChanged,
)
from core.rollup import OpenKey, Rollup
from core.stats import Stats, from_json, to_json
from core.work import AgentFigures, OpenWork, ongoing
from queueing.decision import Decision
from tests.unit.core.test_rollup import folded, json_trip, stored
from tests.unit.queueing.builders import CARE, HOTLINE, NODE, SALES, TRUNK, TestFloor, only, talking
from tests.unit.queueing.test_outside import housed


class Told(TestFloor):
    """A floor that keeps what was told when."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[Outcome] = []

    def give(self, fact: Input) -> Decision:
        decision = super().give(fact)
        for event in decision.events:
            self.outcomes.append(Outcome(len(self.outcomes), 0, self.now_s, self.utc_s(), event))
        return decision


def busy_hour() -> list[Outcome]:
    """Answered, missed, given up, called back, moved, dialled, refused; an agent set away, a trunk gone for a while."""
    floor = Told()
    plan = housed()
    floor.open(House.model_validate(plan.model_dump() | {"misses_before_away": 1}))
    floor.sign_in("a1", "s1")
    floor.give(TrunkReachabilityChanged(TrunkId("b"), False))
    ring = talking(floor, "c1")
    floor.after(70.0)
    floor.leg_end(ring)
    floor.give(SurveyAnswered(CallId("c1"), "service", 5))
    floor.hang_up("c1")
    floor.after(31.0)
    floor.rang(only(RingSeat, floor.queue("c2")))
    floor.after(20.0)
    floor.give(CallbackRequested(CallId("c2"), NODE, HOTLINE, TRUNK, "+8613800138001", "+8613800138001", SALES, "en"))
    floor.queue("c3", CARE)
    floor.after(300.0)
    floor.move("c3", SALES)
    floor.after(800.0)
    floor.hang_up("c3")
    floor.ready("a1")
    kept = next(command for command in floor.commands if isinstance(command, CallAgent))
    reached(floor, kept)
    floor.after(1000.0)
    placed = only(CallAgent, floor.ask(PlaceCall(AgentId("a1"), "13800138002", SALES)))
    reached(floor, placed)
    floor.ask(AskCallback("13800138003", SALES))
    floor.give(CallsBlocked(NODE, TrunkId("a"), 3))
    floor.give(TrunkReachabilityChanged(TrunkId("b"), True))
    floor.queue("c4")
    floor.lose_sight()
    floor.resync(started="run2")
    return floor.outcomes


def reached(floor: TestFloor, order: CallAgent) -> None:
    """Whoever is called speaks for a minute."""
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    far = only(DialFar, floor.give(AgentLineHeld(order.call, NODE, floor.now_s)))
    floor.give(FarAnswered(far.call, far.attempt))
    floor.after(60.0)
    floor.give(CommandDone(far.id, "ANSWER/16"))
    floor.give(SeatLegEnded(order.call, order.offer, order.seat, 16))
    floor.after(31.0)


@pytest.mark.parametrize("step", [1, 2, 7, 50])
def test_any_cut_of_the_hour_gives_what_one_fold_gives(step: int) -> None:
    outcomes = busy_hour()
    whole = folded(outcomes)
    assert stored(outcomes, step) == (whole.rows(), json_trip(whole.open()))


def test_the_figures_of_the_hour_restored_anywhere_are_the_same() -> None:
    outcomes = busy_hour()
    whole = counted(outcomes)
    assert whole.unconserved() == [] and whole.blocked
    for place in range(len(outcomes)):
        restored = from_json(json.loads(json.dumps(to_json(counted(outcomes[:place])))))
        for outcome in outcomes[place:]:
            restored.apply(outcome)
        assert restored.figures == whole.figures and restored.blocked == whole.blocked


def test_what_is_of_an_earlier_interval_is_forgotten_when_nobody_is_in_it_any_more() -> None:
    whole = counted(busy_hour())
    last = max(slot.start_utc_s for slot in whole.figures)
    whole.forget_before(last)
    assert whole.figures and {slot.start_utc_s for slot in whole.figures} == {last}


def test_the_agents_hour_adds_up() -> None:
    rows = folded(busy_hour()).rows()
    mine: list[AgentFigures] = [state for row, state in rows.items() if row.kind == "agent"]  # type: ignore[misc]
    assert sum(each.away_ms for each in mine) >= 1_000_000, "set away by the missed ring until ready again"
    assert sum(each.outbound_reached for each in mine) == 2 and sum(each.surveys_answered for each in mine) == 1
    calls = [state for row, state in rows.items() if row.kind == "call" and isinstance(state, Figures)]
    assert sum(each.callbacks_in_time for each in calls) > 0


def test_nothing_is_going_on_with_an_agent_of_whom_nothing_is_known() -> None:
    assert ongoing("a1", OpenWork(), 1000.0) == {}


def test_a_trunk_that_is_down_at_a_restart_is_down_since_it_was() -> None:
    outcomes = busy_hour()
    down = next(place for place, each in enumerate(outcomes) if type(each.event).__name__ == "TrunkChanged")
    known: dict[OpenKey, Any] = json_trip(folded(outcomes[: down + 1]).open())
    rollup = Rollup({key: document for key, document in known.items() if key.kind == "down"})
    for outcome in outcomes[down + 1 :]:
        rollup.apply(outcome)
    assert sum(getattr(state, "down_ms", 0) for state in rollup.rows().values()) > 1_000_000


def counted(outcomes: list[Outcome]) -> Stats:
    stats = Stats()
    for outcome in outcomes:
        stats.apply(outcome)
    return stats
