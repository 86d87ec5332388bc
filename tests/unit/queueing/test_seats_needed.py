"""How many agents a quarter of an hour needs: each rule at its edge, and what rings and patience cost."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from core.figures import Figures
from core.states import RingOutcome
from queueing.erlang import erlang_a, erlang_c
from queueing.seats_needed import Habits, Promise, Targets, habits, needed, promised, together

WAYS = Habits(talk_s=180, patience_s=120, ring_s=0, missed_share=0, missed_s=15, three_ring_rate=1.0)
TARGETS = Targets(connection_rate=0.9, service_level=0.8, service_level_s=20)


@pytest.mark.parametrize("calls", [0.3, 5, 40, 400])
def test_one_agent_less_would_break_a_rule(calls: float) -> None:
    need = needed(calls, WAYS, TARGETS)
    enough, fewer = (promised(calls, WAYS, TARGETS, agents) for agents in (need.agents, need.agents - 1))
    assert enough.connection_rate >= 0.9 and enough.service_level >= 0.8
    assert fewer.connection_rate < 0.9 or fewer.service_level < 0.8
    by_c = erlang_c(calls / 900, 180, need.erlang_c)
    assert by_c.within(20) >= 0.8 > erlang_c(calls / 900, 180, need.erlang_c - 1).within(20)
    assert need.erlang_c >= need.agents


def test_the_rule_that_asks_for_most_is_named() -> None:
    assert needed(40, WAYS, TARGETS).rule == "service_level"
    assert needed(40, WAYS, replace(TARGETS, connection_rate=0.999)).rule == "connection_rate"


def test_without_patience_erlang_c_stands_alone() -> None:
    need = needed(40, replace(WAYS, patience_s=None), TARGETS)
    assert (need.erlang_a, need.agents, need.rule) == (None, need.erlang_c, "service_level")
    assert promised(40, replace(WAYS, patience_s=None), TARGETS, 5) == Promise(0.625, 0.0)


def test_no_calls_need_nobody_and_nobody_answers_no_call() -> None:
    assert needed(0, WAYS, TARGETS).agents == 0
    assert (promised(0, WAYS, TARGETS, 0), promised(3, WAYS, TARGETS, 0)) == (Promise(1, 1), Promise(0, 0))


def test_rings_cost_agents_time_and_callers_the_threshold() -> None:
    ringing = replace(WAYS, ring_s=6.0, missed_share=0.2)
    assert ringing.handling_s == pytest.approx(180 + 6 + 0.25 * 15)
    theirs = erlang_a(40 / 900, ringing.handling_s, 120, 12)
    assert ringing.stay == pytest.approx(math.exp(-9.75 / 120))
    found = promised(40, ringing, TARGETS, 12)
    assert found == Promise((1 - theirs.abandon) * ringing.stay, theirs.within(14) * ringing.stay)
    assert needed(40, ringing, TARGETS).agents > needed(40, WAYS, TARGETS).agents


@pytest.mark.parametrize("patience_s", [None, 120])
def test_where_phones_ring_too_long_more_agents_do_not_help(patience_s: float | None) -> None:
    slow = replace(WAYS, ring_s=30.0, patience_s=patience_s)
    need = needed(40, slow, TARGETS)
    assert need.rule == "rings" and 10 <= need.agents < 30
    assert promised(40, slow, TARGETS, 2000).service_level == 0.0


def test_habits_are_read_from_figures() -> None:
    figures = Figures(offered=10, answered=8, abandoned=2, answered_wait_ms=40_000, talk_ms=8 * 100_000, talks=8)
    figures.abandoned_waits = {30: 1, 51: 1}
    figures.answered_rings, figures.rings = {4: 8}, {RingOutcome.ANSWERED: 8, RingOutcome.MISSED: 2}
    found = habits(figures, 15.0, 180.0)
    assert found == Habits(100.0, (40 + 29.5 + 50.5) / 2, 3.5, 0.2, 15.0, 0.8)


def test_habits_of_a_house_that_nobody_called_are_usual() -> None:
    assert habits(Figures(), 15.0, 180.0) == Habits(180.0, None, 0.0, 0.0, 15.0, None)


def test_a_talk_without_length_is_no_habit() -> None:
    """A caller who was gone as the phone was picked up, alone in eight weeks: nothing can be divided by that."""
    assert habits(Figures(offered=1, answered=1, talks=1), 15.0, 180.0).talk_s == 180.0


def test_quarters_are_weighed_by_their_calls() -> None:
    whole = together([(30, Promise(0.9, 0.8)), (10, Promise(0.5, 0.4)), (0, Promise(0, 0))])
    assert whole is not None and (whole.connection_rate, whole.service_level) == pytest.approx((0.8, 0.7))
    assert together([(0, Promise(1, 1))]) is None
