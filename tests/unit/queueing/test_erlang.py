"""Theory against published figures and against itself at its limits."""

from __future__ import annotations

from heapq import heapreplace
from random import Random

import pytest

from queueing.erlang import erlang_a, erlang_b, erlang_c


@pytest.mark.parametrize(("per_h", "handling_s", "agents", "wait"), [(160, 180, 10, 0.4092), (600, 240, 45, 0.3407)])
def test_erlang_c(per_h: float, handling_s: float, agents: int, wait: float) -> None:
    assert erlang_c(per_h / 3600, handling_s, agents).wait == pytest.approx(wait, abs=5e-5)


@pytest.mark.parametrize(
    ("per_h", "handling_s", "agents", "wait", "abandon"),
    [(160, 180, 10, 0.2624, 0.0621), (600, 240, 42, 0.3356, 0.0508)],
)
def test_erlang_a(per_h: float, handling_s: float, agents: int, wait: float, abandon: float) -> None:
    found = erlang_a(per_h / 3600, handling_s, 120, agents)
    assert found.wait == pytest.approx(wait, abs=5e-5)
    assert found.abandon == pytest.approx(abandon, abs=5e-5)


def test_erlang_b_of_one_line_is_load_over_one_and_load() -> None:
    assert erlang_b(2.0, 1) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("load", "agents"), [(3000, 10), (20_000, 500), (9_000, 10_000), (0.001, 40)])
def test_what_cannot_be_carried_is_abandoned_and_no_number_overflows(load: float, agents: int) -> None:
    """In overload the fluid limit 1 - agents / load (Garnett, Mandelbaum and Reiman 2002)."""
    found = erlang_a(load / 300, 300, 120, agents)
    assert found.abandon == pytest.approx(max(0.0, 1 - agents / load), abs=1e-3)


def test_patience_without_end_is_erlang_c() -> None:
    assert erlang_a(160 / 3600, 180, 1e9, 10).wait == pytest.approx(erlang_c(160 / 3600, 180, 10).wait, abs=1e-6)


def test_without_agents_everybody_gives_up() -> None:
    assert erlang_a(0.1, 180, 120, 0).abandon == pytest.approx(1.0)


def test_within_no_time_are_those_who_find_somebody_free() -> None:
    found = erlang_a(160 / 3600, 180, 120, 10)
    assert found.within(0) == pytest.approx(1 - found.wait)
    assert found.within(1e6) == pytest.approx(1 - found.abandon)
    assert found.within(-1) == 0.0


def test_within_of_endless_patience_is_that_of_erlang_c() -> None:
    for seconds in (5, 20, 60):
        patient, theirs = erlang_a(160 / 3600, 180, 1e9, 10), erlang_c(160 / 3600, 180, 10)
        assert patient.within(seconds) == pytest.approx(theirs.within(seconds), abs=1e-6)


@pytest.mark.parametrize(("per_h", "handling_s", "patience_s", "agents"), [(160, 180, 60, 6), (600, 240, 120, 42)])
def test_within_is_what_a_plain_recursion_counts(
    per_h: float, handling_s: float, patience_s: float, agents: int
) -> None:
    """First come first served: the next caller has the agent who is free first, unless patience ends before."""
    dice, calls, now_s, in_time = Random(2), 60_000, 0.0, 0
    free_s = [0.0] * agents
    for _ in range(calls):
        now_s += dice.expovariate(per_h / 3600)
        wait_s = max(0.0, free_s[0] - now_s)
        if dice.expovariate(1 / patience_s) >= wait_s:
            in_time += wait_s <= 15
            heapreplace(free_s, max(now_s, free_s[0]) + dice.expovariate(1 / handling_s))
    assert erlang_a(per_h / 3600, handling_s, patience_s, agents).within(15) == pytest.approx(
        in_time / calls, abs=0.015
    )


@pytest.mark.parametrize(("load", "agents"), [(3000, 10), (20_000, 500), (9_000, 10_000), (0.001, 40)])
def test_within_is_a_share_whatever_the_load(load: float, agents: int) -> None:
    found = erlang_a(load / 300, 300, 120, agents)
    assert 0 <= found.within(15) <= 1 - found.abandon + 1e-9
