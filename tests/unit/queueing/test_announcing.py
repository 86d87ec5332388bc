"""What waiting callers are told and offered: first after a while, then at intervals, never of a wait that is over."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import Dismiss, RingSeat, RunFlow, TellWait
from core.events import CallbackMade, CallTurnedIntoCallback, PromiseMade, WaitTold
from core.house import House
from core.ids import CallId
from core.inputs import QueueKeyPressed
from queueing.decision import Decision
from queueing.engine import Engine
from queueing.state import GovernorRecord
from tests.unit.queueing.builders import CARE, SALES, TestFloor, agent, all_of, house, none, only, opened, talking

MOBILE = "+8613700000001"
RULES: dict[str, Any] = {"announce_after_s": 20, "announce_every_s": 30, "offer_callback_s": 120}


def one_agent(**rules: Any) -> House:
    return house(agent("a1"), wrap_up_s=0, sales=RULES | rules)


def busy(**rules: Any) -> TestFloor:
    """One agent, who talks; calls take 180 s, as nobody knows better."""
    floor = opened(("a1", "s1"), the_house=one_agent(**rules))
    talking(floor, "talk")
    return floor


def press(floor: TestFloor, call: str, key: str) -> Decision:
    return floor.give(QueueKeyPressed(CallId(call), key))


def test_place_and_wait_are_told_after_a_while_and_again_at_intervals() -> None:
    floor = busy()
    floor.queue("c1")
    floor.queue("c2")
    assert none(TellWait, floor.after(19.9))
    first = all_of(TellWait, floor.after(0.2))
    assert [(told.call, told.ahead) for told in first] == [("c1", 0), ("c2", 1)]
    assert all(told.high_s > told.low_s for told in first)
    assert none(TellWait, floor.after(29.0))
    assert len(all_of(TellWait, floor.after(1.2))) == 2


def test_what_is_told_is_what_is_promised_in_that_moment() -> None:
    floor = busy()
    floor.queue("c1")
    decision = floor.after(20.0)
    told, promised = only(TellWait, decision), only(PromiseMade, decision)
    assert (told.low_s, told.high_s, told.overdue) == (promised.low_s, promised.high_s, promised.overdue)
    assert only(WaitTold, decision).ahead == told.ahead


def test_a_promise_told_never_ends_later_than_one_before() -> None:
    floor = busy()
    floor.queue("c1")
    said = []
    for number in range(20):
        said += [told.high_s for told in all_of(TellWait, floor.after(30.0)) if told.call == "c1"]
        floor.queue(f"vip{number}", priority=9)
    assert said == sorted(said, reverse=True) and said[0] > said[-1] == 0


def test_the_place_is_left_out_while_it_would_rise() -> None:
    floor = busy()
    floor.queue("c1")
    floor.queue("c2")
    floor.after(20.0)
    floor.queue("vip", priority=9)
    told = [told.ahead for told in all_of(TellWait, floor.after(30.0)) if told.call == "c2"]
    assert told == [None], "a moment ago it was 1, now 2 are before"
    floor.hang_up("vip")
    floor.hang_up("c1")
    assert [told.ahead for told in all_of(TellWait, floor.after(30.0)) if told.call == "c2"] == [0]


def test_callers_of_another_service_are_not_before_one() -> None:
    floor = busy()
    floor.queue("other", CARE)
    floor.queue("c1")
    assert [told.ahead for told in all_of(TellWait, floor.after(20.0)) if told.call == "c1"] == [0]


def test_nobody_is_told_of_a_wait_that_is_over() -> None:
    floor = busy()
    floor.queue("c1")
    floor.after(19.0)
    ring = only(RingSeat, floor.hang_up("talk"))
    floor.rang(ring)
    assert none(TellWait, floor.after(10.0)), "a phone rings for it"
    floor.answer(ring)
    assert none(TellWait, floor.after(60.0))


def test_a_ring_that_was_missed_is_followed_by_what_fell_due_meanwhile() -> None:
    floor = opened(("a1", "s1"), the_house=one_agent())
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.after(14.0)
    floor.take_break("a1")
    assert none(TellWait, floor.after(0.5))
    decision = floor.after(20.0)
    assert only(TellWait, decision).high_s == 0, "nobody is on duty: nothing is promised"


@pytest.mark.parametrize("rules", [{"announce_after_s": 0}, {"announce_after_s": 600}])
def test_a_queue_may_say_nothing(rules: dict[str, float]) -> None:
    floor = busy(**rules)
    floor.queue("c1")
    assert none(TellWait, floor.after(500.0))


# --- what may be had instead -----------------------------------------------------------------------
def test_a_callback_is_offered_to_who_will_wait_long_and_kept_by_a_key() -> None:
    floor = busy()
    floor.queue("c1", caller=MOBILE)
    assert only(TellWait, floor.after(20.0)).keys == "1"
    decision = press(floor, "c1", "1")
    assert only(CallTurnedIntoCallback, decision).waited_s == 20.0
    assert only(CallbackMade, decision).number == MOBILE
    assert only(Dismiss, decision).prompt == "will-call-back"
    assert none(CallbackMade, press(floor, "c1", "1"))


@pytest.mark.parametrize(
    ("caller", "why"),
    [("", "withheld"), ("+447700900123", "another country"), ("95001", "a hotline of the house")],
)
def test_no_callback_is_offered_to_a_number_that_may_not_be_called(caller: str, why: str) -> None:
    floor = busy()
    floor.queue("c1", caller=caller)
    assert only(TellWait, floor.after(20.0)).keys == "", why
    assert none(CallbackMade, press(floor, "c1", "1"))


def test_who_is_promised_a_short_wait_is_offered_nothing() -> None:
    floor = busy(offer_callback_s=1200)
    floor.queue("c1", caller=MOBILE)
    assert only(TellWait, floor.after(20.0)).keys == ""


def test_a_number_that_will_be_called_already_is_offered_no_second_callback() -> None:
    floor = busy()
    floor.queue("c1", caller=MOBILE)
    floor.after(20.0)
    press(floor, "c1", "1")
    floor.hang_up("c1")
    floor.queue("c2", caller=MOBILE)
    assert only(TellWait, floor.after(20.0)).keys == ""


def test_a_key_while_a_phone_rings_for_the_caller_changes_nothing() -> None:
    floor = busy()
    floor.queue("c1", caller=MOBILE)
    floor.after(20.0)
    assert only(RingSeat, floor.hang_up("talk")).call == "c1"
    decision = press(floor, "c1", "1")
    assert not decision.commands and not decision.events


def test_keys_that_nobody_offered_change_nothing() -> None:
    floor = busy(offer_callback_s=None)
    floor.queue("c1", caller=MOBILE)
    floor.after(20.0)
    for key in "12#*0AD":
        assert press(floor, "c1", key).commands == ()
    assert press(floor, "nobody", "1").commands == ()


def test_a_message_is_offered_by_a_queue_that_says_so() -> None:
    floor = busy(offer_message_s=60, offer_callback_s=None)
    floor.queue("c1")
    assert only(TellWait, floor.after(20.0)).keys == "2"
    order = only(RunFlow, press(floor, "c1", "2"))
    assert (order.flow, order.call) == ("message", "c1")


@pytest.mark.parametrize(("measure", "keys"), [("offer_callbacks", "1"), ("offer_messages", "2")])
def test_the_governor_has_callers_offered_what_the_queue_does_not(measure: str, keys: str) -> None:
    the_house = house(agent("a1"), sales=RULES | {"offer_callback_s": None}, governor={"ladder": [measure]})
    floor = opened(("a1", "s1"), the_house=the_house)
    talking(floor, "talk")
    state = floor.engine.snapshot()
    state.governors[SALES] = GovernorRecord(SALES, step=1)
    governed = TestFloor(Engine.restore(state), floor.now_s)
    governed.sequence = floor.sequence
    governed.queue("c1", caller=MOBILE)
    assert only(TellWait, governed.after(20.0)).keys == keys


def test_what_was_told_outlives_a_restart() -> None:
    floor = busy()
    floor.queue("c1", caller=MOBILE)
    floor.after(20.0)
    twin = TestFloor(Engine.restore(floor.engine.snapshot()), floor.now_s)
    twin.sequence = floor.sequence
    assert only(CallbackMade, press(twin, "c1", "1")).number == MOBILE
