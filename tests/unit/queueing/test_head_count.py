"""Shifts that cover a need with none too many, and head-counts that a roster proves."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.staff import Labour
from queueing.head_count import can_work, cover, head_count, hours_of
from queueing.shifts import Span

HOUR_S, DAY_S = 3600.0, 86400.0
LABOUR = Labour(absent_share=0)
WEEK = range(7)


def span(shift: str, day: int, start_h: float, hours: float = 12) -> Span:
    begun = day * DAY_S + start_h * HOUR_S
    return Span(shift, date(2026, 11, 16) + timedelta(days=day), begun, begun + hours * HOUR_S)


def spans(days: range = WEEK) -> list[Span]:
    return [span(name, day, at) for day in days for name, at in (("early", 8), ("late", 9), ("night", 20))]


FLOOR = {8: 4, 9: 8, 20: 4, 21: 2}


def needs(days: range = WEEK) -> list[tuple[float, int]]:
    found = []
    for day, hour in product(days, range(24)):
        begun = [at for at in FLOOR if at <= hour]
        found.append((day * DAY_S + hour * HOUR_S, FLOOR[max(begun)] if begun else 2))
    return found


def test_the_floor_of_a_day_takes_ten_shifts() -> None:
    found = cover(needs(range(1)), spans(range(-1, 1)))
    assert Counter({(s.shift, s.day.day): n for s, n in found.shifts.items()}) == Counter(
        {("night", 15): 2, ("early", 16): 4, ("late", 16): 4, ("night", 16): 2}
    )
    assert found.open == ()


def test_hours_that_no_shift_covers_are_named() -> None:
    assert cover([(0.0, 1), (9 * HOUR_S, 1)], [span("early", 0, 8)]).open == (0.0,)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_no_choice_of_shifts_is_fewer(counts: list[int]) -> None:
    """Against every choice there is, in a small day."""
    small = [span("a", 0, 0, 3), span("b", 0, 1, 2), span("c", 0, 2, 4), span("d", 0, 4, 2)]
    asked = [(hour * HOUR_S, count) for hour, count in enumerate(counts)]
    found = cover(asked, small)
    fewest = min(
        sum(choice)
        for choice in product(range(4), repeat=len(small))
        if all(
            sum(n for one, n in zip(small, choice, strict=True) if one.start_utc_s <= at < one.end_utc_s) >= count
            for at, count in asked
        )
    )
    assert (sum(found.shifts.values()), found.open) == (fewest, ())


def test_a_week_of_the_floor_is_21_agents_and_no_roster_has_fewer() -> None:
    shifts = Counter({one: n for one, n in cover(needs(), spans(range(-1, 7))).shifts.items() if one.day.day >= 16})
    found = head_count(shifts, 7, LABOUR)
    assert (found.shifts_per_week, found.hours_per_week, found.bound) == (70, 840, "hours")
    assert (found.at_least, found.agents) == (21, 22)
    """840 h are 21 × 40 h, but shifts of 12 h do not fill 160 h in four weeks: 13 of them are 156."""
    assert not can_work(shifts, 7, LABOUR, 12)
    assert hours_of(12, LABOUR) == 480


@pytest.mark.parametrize(
    ("labour", "bound", "agents"),
    [
        (Labour(absent_share=0, hours_per_week=84, rest_days_per_week=0, rest_between_shifts_h=13), "rest", 14),
        (Labour(absent_share=0, hours_per_week=84, rest_days_per_week=3), "rest_days", 18),
        (Labour(absent_share=0, hours_per_week=84, rest_days_per_week=0, rest_between_shifts_h=14), "rest", 18),
    ],
)
def test_rest_and_days_of_rest_can_ask_for_more_than_hours(labour: Labour, bound: str, agents: int) -> None:
    shifts = Counter({one: {"early": 4, "late": 4, "night": 2}[one.shift] for one in spans()})
    found = head_count(shifts, 7, labour)
    assert found.bound == bound and found.agents is not None and found.agents >= found.at_least == agents


def test_no_shifts_take_nobody() -> None:
    assert head_count(Counter(), 7, LABOUR).agents == 0


def test_a_shift_longer_than_anybody_may_work_finds_no_roster() -> None:
    found = head_count(Counter({span("long", 0, 0, 24): 1}), 7, Labour(hours_per_week=5, absent_share=0))
    assert found.agents is None
