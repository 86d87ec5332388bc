"""What `bench beside` reads out of telephones' logs and Asterisk's words, and how it judges what callers were told."""

from __future__ import annotations

import pytest

from bench.beside import completed, gaps_s, has_channel, house
from bench.promise import AppQueue, figures

SHOWN = """bench-native has 2 calls (max unlimited) in 'rrmemory' strategy (3s holdtime), W:0, C:12, A:3, SL:91%
   Members:
      PJSIP/abc (ringinuse disabled) (dynamic) (Not in use) has taken 7 calls (last was 3 secs ago)
"""


def test_a_gap_is_from_a_ring_that_was_pulled_back_to_the_next_one() -> None:
    seen = [(1.0, "invited"), (4.0, "cancelled"), (4.2, "invited"), (7.2, "cancelled"), (8.7, "invited")]
    assert gaps_s(seen) == pytest.approx([0.2, 1.5])
    assert gaps_s([(1.0, "invited"), (2.0, "invited"), (3.0, "cancelled")]) == []


def test_answered_calls_are_read_from_queue_show() -> None:
    assert completed(SHOWN) == 12
    assert completed("No such queue: bench-native.") == 0


def test_a_caller_is_there_while_the_pbx_has_a_channel_of_that_number() -> None:
    said = "PJSIP/trunk-a-0d!trunk-a!95008!2!Up!Queue!bench-native!13900000005!!!3!6!eafced00!a-1795735897.13\n"
    assert has_channel("13900000005", said)
    assert not has_channel("1390000000", said)
    assert not has_channel("13900000005", "")


def test_nobody_of_the_house_may_take_the_second_hotline() -> None:
    skills = {str(queue.id): set(queue.skills) for queue in house().queues}
    assert not any(skills["rare"] <= set(agent.skills) for agent in house().agents)
    assert all(skills["complaints"] <= set(agent.skills) for agent in house().agents)


def test_app_queue_says_a_moving_mean_of_waits_in_minutes_whatever_the_place() -> None:
    theirs = AppQueue()
    assert theirs.minutes(0) == 0
    for _ in range(40):
        theirs.answered(120.0)
    assert theirs.holdtime_s == 117  # whole seconds, rounded down each time
    assert theirs.minutes(0) == 2
    assert theirs.minutes(100) == 0


def test_what_was_told_is_judged_by_what_came() -> None:
    found = figures([(0.0, 60.0, 40.0, 1), (60.0, 120.0, 130.0, 1)])
    assert found["ours"] == {
        "mean_error_s": 25.0, "came_within_it": 0.5, "mean_width_s": 60.0, "later_than_told": 0.5
    }  # fmt: skip
    theirs = found["app_queue_rule"]
    assert isinstance(theirs, dict)
    assert (theirs["mean_error_s"], theirs["came_within_half_a_minute"], theirs["later_than_told"]) == (45.0, 0.5, 0.5)
