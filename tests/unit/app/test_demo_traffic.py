"""The demo's traffic: the day's shape, its bounds, and who does what."""

from __future__ import annotations

import statistics
from datetime import time
from random import Random

import pytest

from app.demo_traffic import (
    LONGEST_TALK_S,
    WAYS,
    WRONG_KEYS,
    DemoRates,
    calls_per_hour,
    draw_caller,
    draw_talk_s,
    draw_turn,
    gap_s,
    read_profile,
)

RATES = DemoRates(busiest_per_hour=360.0, least_per_hour=60.0, talk_mean_s=40.0)


def test_the_profile_is_a_working_day_of_a_bank() -> None:
    profile = read_profile()
    assert len(profile) == 96
    assert 1000 < sum(profile) < 2000
    assert max(profile[: 6 * 4]) < max(profile) / 20  # quiet until six


@pytest.mark.parametrize("at, per_hour", [(time(3, 0), 60.0), (time(11, 0), 180.0), (time(12, 0), 360.0)])
def test_the_rate_follows_the_day_between_its_bounds(at: time, per_hour: float) -> None:
    profile = [0.0] * 44 + [5.0] * 4 + [10.0] * 48
    assert calls_per_hour(profile, RATES, at) == per_hour


def test_the_last_second_of_the_day_has_a_rate() -> None:
    assert calls_per_hour(read_profile(), RATES, time(23, 59, 59)) >= RATES.least_per_hour


def test_gaps_are_those_of_a_poisson_stream() -> None:
    dice = Random(1)
    gaps = [gap_s(dice, 360.0) for _ in range(20_000)]
    assert statistics.fmean(gaps) == pytest.approx(10.0, rel=0.03)
    assert statistics.stdev(gaps) == pytest.approx(10.0, rel=0.05)


def test_talks_have_the_mean_that_was_asked_for() -> None:
    dice = Random(2)
    talks = [draw_talk_s(dice, RATES) for _ in range(20_000)]
    assert statistics.fmean(talks) == pytest.approx(40.0, rel=0.05)
    assert max(talks) <= LONGEST_TALK_S


def test_one_seed_gives_one_day() -> None:
    first, second = (
        [draw_caller(dice, RATES, ["95001", "95002"], ["a", "b"]) for _ in range(50)] for dice in (Random(3), Random(3))
    )
    assert first == second


def test_callers_err_and_leave_but_most_choose_a_service() -> None:
    dice = Random(4)
    callers = [draw_caller(dice, RATES, ["95001"], ["a", "b"]) for _ in range(4000)]
    silent = sum(not caller.keys for caller in callers)
    wrong = sum(caller.keys[:1] in WRONG_KEYS and bool(caller.keys) for caller in callers)
    leaving = sum(caller.leaves_after_s is not None for caller in callers)
    for count, share in ((silent, 0.05), (wrong, 0.10), (leaving, 0.05)):
        assert count / len(callers) == pytest.approx(share, abs=0.015)
    assert all(caller.keys.lstrip(WRONG_KEYS) in ("", *WAYS) for caller in callers)
    assert {caller.trunk for caller in callers} == {"a", "b"}


def test_agents_answer_within_three_rings_or_miss() -> None:
    dice = Random(5)
    turns = [draw_turn(dice, RATES) for _ in range(4000)]
    assert all(turn.ring_s <= 12.0 for turn in turns)
    assert sum(not turn.answers for turn in turns) / len(turns) == pytest.approx(1 / 12, abs=0.02)
