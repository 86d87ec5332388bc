"""When a rate of calls holds, and which rate is told in the end."""

from __future__ import annotations

from bench.pace import LATE_S, TALK_S, Step, _fell, _result, _talks, _wait_s
from bench.sipp import Logged

USUAL_S = 2.0


def step(rate: float, *, connected: int = 10, wait_s: float = USUAL_S, fell: tuple[str, ...] = ()) -> Step:
    return Step(rate, 10, connected, wait_s, USUAL_S, {}, {"engine": 0.15}, list(fell))


def test_a_rate_holds_if_everybody_is_connected_soon_by_processes_that_live() -> None:
    assert step(5).trouble == ""
    assert step(5, connected=9).trouble == "1 of 10 callers were not connected"
    assert step(5, wait_s=USUAL_S + LATE_S).trouble == ""
    assert step(5, wait_s=USUAL_S + 4).trouble == "one caller in twenty waited for 4.0 s more than at first"
    assert step(5, connected=9, fell=("engine",)).trouble == "the engine had to be started again"


def test_only_a_rate_that_failed_twice_has_failed() -> None:
    bad = [step(10, connected=9), step(10, connected=8)]
    assert not _fell([]) and not _fell(bad[:1]) and not _fell([bad[0], step(10)]) and not _fell([step(5), bad[0]])
    assert _fell([step(5), *bad])


def test_the_highest_rate_that_held_is_told_with_what_failed_beyond_it() -> None:
    found = _result({"ours": [step(5), step(10)], "app_queue": [step(5), step(10, connected=9), step(10, connected=7)]})
    assert (found["calls_per_s"], found["app_queue_calls_per_s"], found["ratio"]) == (10, 5, 2.0)
    assert found["failed_first"]["ours"] is None  # type: ignore[index]
    assert found["failed_first"]["app_queue"]["trouble"] == "3 of 10 callers were not connected"  # type: ignore[index]


def test_a_step_tells_what_a_call_costs_each_process() -> None:
    assert step(5).told()["engine_ms_per_call"] == 15.0


def test_talks_and_waits_are_read_off_the_logs() -> None:
    lines = [("answered", 10.0, "a"), ("answered", 11.0, "b"), ("ended", 10.5 + TALK_S, "a"), ("ended", 20.0, "c")]
    assert _wait_s([Logged(*line) for line in lines]) == 500.0 / 1000
    assert _wait_s([]) == 0.0
    assert _talks([Logged("invite", 1.0, "x"), Logged("free", 2.0, "x")]) == 1
