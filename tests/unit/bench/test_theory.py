"""Small versions of what `bench theory` shows: the engine is fair to the millisecond; and the twin that drives it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench import theory
from core.commands import RingSeat
from core.events import CallAbandoned, CallAnswered, Event, RingEnded
from core.ids import CallId
from core.states import RingOutcome
from queueing.erlang import erlang_a, erlang_c
from queueing.twin import Caller, Twin


def test_waits_are_those_of_the_recursion() -> None:
    assert theory.exact_mismatches(calls=1_000, agents=4) == 0


def test_the_recursion_of_a_case_reckoned_by_hand() -> None:
    """Two agents, talks of 10 s, a caller each 2 s: the third waits for the first to end, and so on."""
    waits = theory.kiefer_wolfowitz([0, 2, 4, 6, 8], [10.0] * 5, 2)
    assert waits == [0, 0, 6, 6, 12]


def test_the_comparison_sees_an_unfair_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = theory.kiefer_wolfowitz
    monkeypatch.setattr(theory, "kiefer_wolfowitz", lambda *args: [wait + 0.002 for wait in honest(*args)])
    assert theory.exact_mismatches(calls=50, agents=4) == 50


def test_erlang_formulas_give_the_figures_of_the_tables() -> None:
    c = erlang_c(160 / 3600, 180, 10)
    assert (round(c.wait, 4), round(c.asa_s, 1), round(c.within(20), 3)) == (0.4092, 36.8, 0.672)
    a = erlang_a(600 / 3600, 240, 120, 42)
    assert (round(a.wait, 4), round(a.abandon, 4)) == (0.3356, 0.0508)


def test_without_enough_agents_the_queue_grows_for_ever() -> None:
    c = erlang_c(1.0, 60, 60)
    assert (c.wait, c.asa_s, c.within(1000)) == (1.0, float("inf"), 0.0)


def test_a_small_run_is_near_theory() -> None:
    lines = theory.compared(theory.Row(160, 180, 10, 120), batches=10, batch_calls=200)
    assert all(abs(line.standard_errors_off) < 4 for line in lines)


# --- the twin ----------------------------------------------------------------------------------
def heard(twin: Twin) -> list[tuple[float, Event]]:
    events: list[tuple[float, Event]] = []
    twin.listen(lambda event, now_s: events.append((now_s, event)))
    return events


def test_a_missed_ring_goes_to_the_next_phone_after_its_budget() -> None:
    twin = Twin(theory.house(2), pick_up_s=lambda ring: None if ring.offer.endswith("/1") else 4.0)
    events = heard(twin)
    twin.open()
    twin.sign_in_everybody()
    twin.callers([Caller(CallId("1"), 5.0, theory.QUEUE, 30.0)])
    twin.run()
    rings = [(at, event.outcome) for at, event in events if isinstance(event, RingEnded)]
    assert rings == [(20.0, RingOutcome.MISSED), (24.0, RingOutcome.ANSWERED)]


def test_callers_give_up_when_their_patience_ends_also_in_a_ring() -> None:
    twin = Twin(theory.house(1), pick_up_s=lambda ring: 10.0)
    events = heard(twin)
    twin.open()
    twin.sign_in_everybody()
    twin.callers([Caller(CallId("1"), 0.0, theory.QUEUE, 30.0, patience_s=8.0)])
    twin.run()
    assert [(at, event.waited_s) for at, event in events if isinstance(event, CallAbandoned)] == [(8.0, 8.0)]
    assert not [event for _, event in events if isinstance(event, CallAnswered)]


def test_time_stops_where_it_is_told_and_the_agenda_is_kept() -> None:
    twin = Twin(theory.house(1))
    done: list[float] = []
    for moment in (3.0, 1.0, 7.0):
        twin.at(moment, lambda: done.append(twin.now_s))
    twin.run(until_s=5.0)
    assert (done, twin.now_s) == ([1.0, 3.0], 5.0)
    twin.run()
    assert done == [1.0, 3.0, 7.0]


def test_the_same_callers_give_the_same_decisions() -> None:
    def run() -> list[tuple[float, Event]]:
        twin = Twin(theory.house(3), pick_up_s=pick_up)
        events = heard(twin)
        twin.open()
        twin.sign_in_everybody()
        twin.callers(theory.poisson(theory.Row(160, 180, 10, 120), 100))
        twin.run()
        return events

    def pick_up(ring: RingSeat) -> float | None:
        return float(len(ring.call) * 3)

    first = run()
    assert first == run()
    assert all(before[0] <= after[0] for before, after in pairwise(first))
