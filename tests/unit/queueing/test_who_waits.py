"""The order of the line: priority with aging, VIPs, languages, and callers who come back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.commands import RingSeat
from core.events import CallOffered
from core.house import Vip
from core.inputs import MachineRebooted
from core.states import CallState
from tests.unit.queueing.builders import START_BOOT_S, TestFloor, all_of, house, only, opened, seen

MOBILE, OTHER = "+8613800138000", "+8613900139000"


def order(floor: TestFloor, seconds: float = 1000.0) -> list[str]:
    """Who is rung for, one after the other, by one agent who answers nobody's call for long."""
    served = []
    ring = only(RingSeat, floor.sign_in("a1", "s1"))
    while True:
        served.append(str(ring.call))
        floor.answer(ring)
        rings = all_of(RingSeat, floor.hang_up(ring.call))
        if not rings:
            return served
        ring = rings[0]


def waiting(*queued: tuple[str, float, int], **rules: Any) -> TestFloor:
    """Callers (name, seconds after the start, priority), all still waiting; nobody is signed in."""
    floor = opened(wrap_up_s=0.0, **rules)
    began = floor.now_s
    for name, at_s, priority in sorted(queued, key=lambda caller: caller[1]):
        floor.after(began + at_s - floor.now_s)
        floor.queue(name, priority=priority)
    return floor


@pytest.mark.timeout(60)
@pytest.mark.parametrize("rule", ["relax", "max_wait_s"])
@example(since_s=8133.099999999999, after_s=60)
@given(since_s=st.floats(START_BOOT_S, 1e7), after_s=st.integers(10, 600))
def test_a_moment_that_has_come_is_over_however_it_was_rounded(rule: str, since_s: float, after_s: int) -> None:
    """(since + 60) - since may be less than 60: the tick at that moment came round for ever."""
    rules = {"relax": [{"after_s": after_s, "any_language": True}], "max_wait_s": after_s}
    floor = opened(the_house=house(sales={"promise_every_s": 0, "announce_after_s": 0, rule: rules[rule]}))
    floor.now_s = since_s
    floor.queue("c1")
    floor.after(after_s + 1.0)
    due = floor.engine.next_deadline()
    assert due is None or due > floor.now_s


def test_higher_priority_is_served_first_within_the_bound() -> None:
    assert order(waiting(("plain", 0, 0), ("vip", 100, 1), aging_s=120)) == ["vip", "plain"]
    assert order(waiting(("plain", 0, 0), ("vip", 121, 1), aging_s=120)) == ["plain", "vip"]


@given(
    callers=st.lists(st.tuples(st.integers(0, 3600), st.integers(0, 9)), min_size=2, max_size=12),
    aging_s=st.integers(1, 600),
)
def test_nobody_is_passed_by_more_than_the_bound(callers: list[tuple[int, int]], aging_s: int) -> None:
    named = {f"c{number}": caller for number, caller in enumerate(callers)}
    floor = waiting(*((name, float(at), priority) for name, (at, priority) in named.items()), aging_s=aging_s)
    served = order(floor)
    for position, later in enumerate(served):
        for passed in served[position + 1 :]:
            (at, priority), (passed_at, passed_priority) = named[later], named[passed]
            assert at - passed_at <= (priority - passed_priority) * aging_s


def test_a_priority_beyond_nine_is_nine() -> None:
    floor = opened()
    assert only(CallOffered, floor.queue("c1", priority=400)).priority == 9
    assert only(CallOffered, floor.queue("c2", priority=-3)).priority == 0


# --- VIPs and languages ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "caller", "priority"),
    [
        ("13800138000", MOBILE, 5),
        ("+8613800138000", MOBILE, 5),
        ("013800138000", MOBILE, 5),
        ("13800138000", OTHER, 0),
        ("0755*", "+8675526712345", 5),
        ("0755*", "+862026712345", 0),
        ("+86138*", MOBILE, 5),
        ("0044*", "+442071234567", 5),
        ("10086", "10086", 5),
        ("13800138000", "", 0),
    ],
)
def test_a_vip_is_known_however_the_number_is_written(written: str, caller: str, priority: int) -> None:
    floor = opened(vips=(Vip(number=written, priority=5),))
    assert only(CallOffered, floor.queue("c1", caller=caller)).priority == priority


def test_the_longest_beginning_counts_and_the_highest_of_all_sources() -> None:
    vips = (Vip(number="+86138*", priority=5), Vip(number="+861380*", priority=2))
    floor = opened(vips=vips, language_priority={"en": 3})
    assert only(CallOffered, floor.queue("c1", caller=MOBILE)).priority == 2
    assert only(CallOffered, floor.queue("c2", caller=MOBILE, language="en")).priority == 3
    assert only(CallOffered, floor.queue("c3", caller=MOBILE, priority=4)).priority == 4


# --- who comes back ----------------------------------------------------------------------------
def test_who_gave_up_and_calls_again_has_the_old_place() -> None:
    floor = opened(wrap_up_s=0.0)
    floor.queue("c1", caller=MOBILE)
    floor.after(30)
    floor.queue("c2")
    floor.hang_up("c1")
    floor.after(599)
    assert only(CallOffered, floor.queue("c3", caller=MOBILE)).waited_s == 0, "the wait that is counted begins anew"
    assert order(floor) == ["c3", "c2"]


@pytest.mark.parametrize("gap_s", [601, 100_000])
def test_too_late_is_at_the_end(gap_s: float) -> None:
    floor = opened(wrap_up_s=0.0)
    floor.queue("c1", caller=MOBILE)
    floor.hang_up("c1")
    floor.queue("c2")
    floor.after(gap_s)
    floor.queue("c3", caller=MOBILE)
    assert order(floor) == ["c2", "c3"]


def test_an_old_place_is_used_once_and_never_by_a_withheld_number() -> None:
    floor = opened(wrap_up_s=0.0)
    for caller in (MOBILE, ""):
        floor.queue(f"first{caller}", caller=caller)
        floor.hang_up(f"first{caller}")
    floor.after(5)
    floor.queue("between")
    for name, caller in (("back", MOBILE), ("again", MOBILE), ("withheld", "")):
        floor.queue(name, caller=caller)
    assert order(floor) == ["back", "between", "again", "withheld"]


@pytest.mark.parametrize(("cause", "first"), [(38, "back"), (16, "between")])
def test_who_was_cut_off_in_a_talk_has_the_old_place(cause: int, first: str) -> None:
    floor = opened(wrap_up_s=0.0)
    floor.queue("cut", caller=MOBILE)
    floor.after(5)
    floor.queue("between")
    floor.answer(only(RingSeat, floor.sign_in("a1", "s1")))
    floor.take_break("a1")
    floor.hang_up("cut", cause)
    floor.queue("back", caller=MOBILE)
    assert only(RingSeat, floor.ready("a1")).call == first


def test_who_was_lost_with_the_pbx_has_the_old_place() -> None:
    floor = opened(wrap_up_s=0.0)
    floor.queue("c1", caller=MOBILE)
    floor.after(10)
    floor.resync(started="run2")
    floor.queue("c2")
    floor.after(5)
    floor.queue("c3", caller=MOBILE)
    assert order(floor) == ["c3", "c2"]


def test_an_old_place_outlives_a_reboot() -> None:
    floor = opened(wrap_up_s=0.0)
    floor.queue("c1", caller=MOBILE)
    floor.after(10)
    floor.hang_up("c1")
    floor.lose_sight()
    floor.now_s = 5.0
    floor.give(MachineRebooted(-1010.0))
    floor.resync(started="run2")
    floor.queue("c2")
    floor.queue("c3", caller=MOBILE)
    assert order(floor) == ["c3", "c2"]


# --- a caller whom nobody free may serve ---------------------------------------------------------
def test_nobody_waits_behind_a_caller_whom_nobody_free_may_serve() -> None:
    floor = opened(("a1", "s1"))
    floor.queue("stuck", language="en", priority=9)
    assert only(RingSeat, floor.queue("c1")).call == "c1"


def test_a_new_house_may_order_the_line_anew() -> None:
    floor = waiting(("plain", 0, 0), ("vip", 100, 1), aging_s=120)
    floor.configure(house(wrap_up_s=0.0, aging_s=60), 2)
    assert order(floor) == ["plain", "vip"]


def test_a_caller_found_at_a_resync_is_ranked_by_the_same_rules() -> None:
    floor = opened(wrap_up_s=0.0, aging_s=120)
    floor.queue("plain")
    floor.after(10)
    found = [seen("plain", CallState.WAITING), seen("vip", CallState.WAITING, since=floor.now_s - 5, priority=3)]
    floor.resync(*found)
    assert order(floor) == ["vip", "plain"]
