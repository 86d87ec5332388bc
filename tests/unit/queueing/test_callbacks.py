"""Promises to call back: the place kept, an agent when its turn comes, tries, hours, the bound on the line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest

from core.commands import CallAgent, DialFar, Dismiss, ExcuseFar, LetGo, RingSeat
from core.events import (
    Alarmed,
    CallAnswered,
    CallbackChanged,
    CallbackKept,
    CallbackMade,
    CallEnded,
    CallOffered,
    CallTurnedIntoCallback,
    OutboundEnded,
    RequestGranted,
    RequestRefused,
    WaitTold,
)
from core.house import House
from core.ids import AgentId, CallbackId, CallId, QueueId
from core.inputs import (
    AgentLineHeld,
    AskCallback,
    CallbackRequested,
    CallQueued,
    CancelCallback,
    CommandDone,
    FarAnswered,
    FarLegEnded,
    HangUp,
    Hold,
    PbxLost,
    QueueKeyPressed,
    Resume,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    Transfer,
)
from core.states import AgentState, CallbackState, CallState
from queueing.decision import Decision
from tests.unit.queueing.builders import (
    CARE,
    HOTLINE,
    NODE,
    SALES,
    TRUNK,
    TestFloor,
    agent,
    all_of,
    house,
    none,
    only,
    seen,
)
from tests.unit.queueing.test_outbound import two_trunks

RULES = {"start": time(0), "end": time(23, 59), "gaps_s": (70.0, 600.0), "tries": 3, "at_once": 2}
MOBILE, STRANGER = "+8613700000001", "+8613700000009"


def floor_with(*agents: str, **rules: object) -> TestFloor:
    floor = TestFloor()
    floor.open(two_trunks(time_zone="UTC", callbacks=RULES | rules))
    for name in agents:
        floor.sign_in(name, name.replace("a", "s"))
        floor.after(1.0)
    return floor


def asks(floor: TestFloor, call: str, number: str = MOBILE) -> Decision:
    """A caller in the menu, or in line, has confirmed this number."""
    return floor.give(CallbackRequested(CallId(call), NODE, HOTLINE, TRUNK, number, number, SALES, "zh-CN"))


def promised(floor: TestFloor, call: str, number: str = MOBILE) -> Decision:
    """A new caller asks in the menu and hangs up."""
    floor.arrive(call)
    decision = asks(floor, call, number)
    floor.hang_up(call)
    return decision


def free(floor: TestFloor, name: str = "a1") -> Decision:
    """Somebody comes to work."""
    return floor.sign_in(name, name.replace("a", "s"))


def picks_up(floor: TestFloor, order: CallAgent) -> DialFar:
    floor.give(SeatRang(order.call, order.offer, order.seat))
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    return only(DialFar, floor.give(AgentLineHeld(order.call, NODE, floor.now_s)))


def fails(floor: TestFloor, order: CallAgent, result: str = "BUSY/17") -> Decision:
    """The agent picks up, the customer does not; then the agent's leg is down."""
    dial = picks_up(floor, order)
    first = floor.give(CommandDone(dial.id, result))
    second = floor.give(SeatLegEnded(order.call, order.offer, order.seat, 16))
    return Decision(first.commands + second.commands, first.events + second.events)


def states(decision: Decision) -> list[CallbackState]:
    return [event.state for event in all_of(CallbackChanged, decision)]


# --- making a promise ---------------------------------------------------------------------------------
def test_a_caller_in_the_menu_is_offered_and_turned_into_a_callback() -> None:
    floor = floor_with()
    floor.arrive("c1")
    decision = asks(floor, "c1")
    assert only(CallOffered, decision).queue == SALES
    assert only(CallTurnedIntoCallback, decision).waited_s == 0.0
    assert only(CallbackMade, decision).number == MOBILE
    assert none(LetGo, decision), "the line is the menu's: it says goodbye"
    assert only(CallEnded, floor.hang_up("c1"))


def test_a_caller_in_line_leaves_it_with_the_place_kept() -> None:
    floor = floor_with()
    floor.queue("c1")
    floor.after(90.0)
    decision = asks(floor, "c1")
    assert only(CallTurnedIntoCallback, decision).waited_s == 90.0
    assert only(Dismiss, decision).prompt == "will-call-back"
    assert only(CallbackMade, decision).waited_s == 90.0
    assert none(RingSeat, free(floor))


def test_asking_twice_is_once() -> None:
    floor = floor_with()
    floor.arrive("c1")
    asks(floor, "c1")
    assert not asks(floor, "c1").events


@pytest.mark.parametrize("number", ["+447700900123", "110", "95001", "500&PJSIP/1", ""])
def test_a_number_nobody_may_dial_is_not_promised_and_somebody_is_told(number: str) -> None:
    decision = asks(floor_with("a1"), "c1", number)
    assert only(Alarmed, decision).name == "callback_refused"
    assert none(CallbackMade, decision) and none(CallAgent, decision)


def test_a_caller_whose_phone_rings_an_agent_already_stays() -> None:
    floor = floor_with("a1")
    floor.queue("c1")
    assert not asks(floor, "c1").events


# --- whose turn it is -----------------------------------------------------------------------------------
def test_the_virtual_place_is_the_callers_place() -> None:
    floor = floor_with()
    floor.queue("c1")
    floor.after(1.0)
    promised(floor, "c2")
    floor.after(1.0)
    floor.queue("c3")
    assert only(RingSeat, free(floor, "a1")).call == "c1"
    second = free(floor, "a2")
    assert only(CallAgent, second).shown == MOBILE and none(RingSeat, second)
    assert only(RingSeat, free(floor, "a3")).call == "c3"


def test_two_agents_at_once_serve_the_caller_and_the_promise_before_the_later_caller() -> None:
    floor = floor_with("a1", "a2")
    floor.resync(reachable=())
    floor.queue("c1")
    floor.after(1.0)
    promised(floor, "c2")
    floor.after(1.0)
    floor.queue("c3")
    floor.after(1.0)
    now_s = floor.now_s
    waiting = [seen(call, CallState.WAITING, since=now_s - ago_s) for call, ago_s in (("c1", 3.0), ("c3", 1.0))]
    decision = floor.resync(*waiting, reachable=("s1", "s2"))
    assert only(RingSeat, decision).call == "c1"
    assert only(CallAgent, decision).shown == MOBILE


def test_a_promise_keeps_its_turn_beside_an_earlier_caller_who_needs_somebody_else() -> None:
    """The caller before it takes the one agent, the promise the other; the later caller passes neither."""
    floor = TestFloor()
    both = (agent("a1", skills={"care": 5}), agent("a2"))
    document = two_trunks(time_zone="UTC", callbacks=RULES).model_dump() | {"agents": both}
    floor.open(House.model_validate(document))
    floor.queue("c1", CARE)
    floor.after(1.0)
    promised(floor, "c2")
    floor.after(1.0)
    floor.queue("c3")
    floor.resync(
        seen("c1", CallState.WAITING, queue=CARE, since=floor.now_s - 2), seen("c3", CallState.WAITING), reachable=()
    )
    free(floor, "a1")
    free(floor, "a2")
    waiting = (
        seen("c1", CallState.WAITING, queue=CARE, since=floor.now_s - 2),
        seen("c3", CallState.WAITING, since=floor.now_s),
    )
    decision = floor.resync(*waiting, reachable=("s1", "s2"))
    assert only(RingSeat, decision).call == "c1"
    assert only(CallAgent, decision).shown == MOBILE


def test_what_a_promise_asks_of_agents_relaxes_as_its_callers_would() -> None:
    document = two_trunks(time_zone="UTC", callbacks=RULES).model_dump()
    document["queues"][0]["relax"] = [{"after_s": 30, "skills": {"care": 1}}]
    document["agents"] = (agent("a1", skills={"care": 5}),)
    floor = TestFloor()
    floor.open(House.model_validate(document))
    free(floor, "a1")
    assert none(CallAgent, promised(floor, "c1"))
    assert none(CallAgent, floor.after(29.0))
    assert only(CallAgent, floor.after(1.0)).shown == MOBILE


def test_other_hours_of_another_house_hold_for_promises_that_wait() -> None:
    floor = floor_with()
    promised(floor, "c1")
    closed = two_trunks(time_zone="UTC", callbacks=RULES | {"start": time(8), "end": time(21)})
    assert states(floor.configure(closed, 2)) == [CallbackState.RETRY]


@pytest.mark.parametrize(("start", "due_at"), [(time(0), None), (time(6), 6 * 3600.0), (time(9), 9 * 3600.0)])
def test_promises_that_rest_until_the_hours_begin_follow_other_hours(start: time, due_at: float | None) -> None:
    floor = floor_with("a1", start=time(8))
    promised(floor, "c1")
    decision = floor.configure(two_trunks(time_zone="UTC", callbacks=RULES | {"start": start}), 2)
    assert none(CallAgent, decision) == (due_at is not None)
    if due_at is not None:
        assert none(CallAgent, floor.after(due_at - floor.now_s - 1.0))
        assert only(CallAgent, floor.after(1.0)).shown == MOBILE


def test_a_promise_that_rests_is_told_of_once_and_follows_a_clock_that_is_set() -> None:
    floor = floor_with("a1", start=time(8))
    promised(floor, "c1")
    assert states(floor.configure(two_trunks(time_zone="UTC", callbacks=RULES | {"start": time(8)}), 2)) == []
    assert only(CallAgent, floor.clock_set(8 * 3600.0)).shown == MOBILE


def test_wider_hours_shorten_no_gap() -> None:
    floor = floor_with("a1")
    fails(floor, only(CallAgent, promised(floor, "c1")))
    assert states(floor.configure(two_trunks(time_zone="UTC", callbacks=RULES | {"end": time(22)}), 2)) == []
    assert none(CallAgent, floor.after(69.0)) and only(CallAgent, floor.after(1.0))


def test_no_more_agents_dial_for_promises_than_the_house_allows() -> None:
    floor = floor_with(at_once=1)
    for number in range(3):
        promised(floor, f"c{number}", f"+861370000000{number}")
        floor.after(1.0)
    first = only(CallAgent, free(floor, "a1"))
    assert none(CallAgent, free(floor, "a2")), "one dials already"
    floor.queue("late")
    dial = picks_up(floor, first)
    decision = floor.give(FarAnswered(dial.call, dial.attempt))
    assert none(CallAgent, decision), "a2 is with the caller who came later"


def test_a_caller_who_comes_later_is_passed_at_most_once_a_try() -> None:
    floor = floor_with()
    promised(floor, "c1")
    floor.after(1.0)
    free(floor, "a1")
    floor.queue("late")
    for tried in range(1, 4):
        order = next(each for each in reversed(floor.commands) if isinstance(each, CallAgent))
        ring = only(RingSeat, fails(floor, order))
        assert ring.call == f"late{tried}" if tried > 1 else ring.call == "late", "the gap is the caller's"
        floor.answer(ring)
        floor.after(601.0)  # the talk; the promise is due again meanwhile
        floor.queue(f"late{tried + 1}")
        decision = floor.leg_end(ring)
        floor.after(10.0)  # the wrap-up
        assert all_of(CallAgent, decision) == []
    assert not floor.engine.snapshot().callbacks


# --- keeping it -----------------------------------------------------------------------------------------
def test_the_customer_is_reached_in_time() -> None:
    floor = floor_with()
    promised(floor, "c1")
    floor.after(600.0)
    order = only(CallAgent, free(floor))
    dial = picks_up(floor, order)
    decision = floor.give(FarAnswered(dial.call, dial.attempt))
    kept = only(CallbackKept, decision)
    assert (kept.call, kept.waited_s, kept.in_time, kept.from_caller) == ("c1", 600.0, True, True)
    assert states(decision) == [CallbackState.DONE]
    floor.after(20.0)
    assert only(OutboundEnded, floor.give(FarLegEnded(dial.call, dial.attempt, 16))).talk_s == 20.0
    assert not floor.engine.snapshot().callbacks


def test_a_promise_kept_late_is_counted_as_late() -> None:
    floor = floor_with(promised_s=60)
    promised(floor, "c1")
    floor.after(61.0)
    dial = picks_up(floor, only(CallAgent, free(floor)))
    assert not only(CallbackKept, floor.give(FarAnswered(dial.call, dial.attempt))).in_time


def test_three_tries_with_widening_gaps_and_then_it_is_given_up() -> None:
    floor = floor_with("a1")
    order = only(CallAgent, promised(floor, "c1"))
    first = fails(floor, order)
    assert [event.next_s for event in all_of(CallbackChanged, first)] == [70.0]
    assert none(CallAgent, floor.after(69.0))
    second = fails(floor, only(CallAgent, floor.after(1.0)), "NOANSWER/0")
    assert [event.next_s for event in all_of(CallbackChanged, second)] == [600.0]
    third = fails(floor, only(CallAgent, floor.after(600.0)), "CONGESTION/21")
    assert states(third) == [CallbackState.GIVEN_UP]
    assert none(CallAgent, floor.after(86_400.0)) and not floor.engine.snapshot().callbacks


def test_an_agent_who_misses_the_ring_costs_no_try_and_the_next_one_is_called() -> None:
    floor = floor_with("a1", "a2")
    order = only(CallAgent, promised(floor, "c1"))
    floor.give(SeatRang(order.call, order.offer, order.seat))
    decision = floor.after(15.0)
    again = only(CallAgent, decision)
    assert again.seat != order.seat
    assert floor.engine.snapshot().agents[AgentId("a1")].misses == 1
    (promise,) = floor.engine.snapshot().callbacks.values()
    assert promise.tries == 0


def test_when_every_line_is_taken_it_is_tried_again_and_no_try_is_counted() -> None:
    floor = floor_with("a1")
    decision = fails(floor, only(CallAgent, promised(floor, "c1")), "FULL/34")
    assert [(event.next_s, event.tries) for event in all_of(CallbackChanged, decision)] == [(60.0, 0)]


def test_while_no_trunk_reaches_anybody_no_try_is_counted_and_the_first_gap_is_kept() -> None:
    """However long the carriers are away, the customers are called when one is back."""
    floor = floor_with("a1")
    order = only(CallAgent, promised(floor, "c1"))
    for _ in range(4):
        other = only(DialFar, floor.give(CommandDone(picks_up(floor, order).id, "CONGESTION/34")))
        floor.give(CommandDone(other.id, "CHANUNAVAIL/20"))
        decision = floor.give(SeatLegEnded(order.call, order.offer, order.seat, 16))
        (promise,) = floor.engine.snapshot().callbacks.values()
        assert (promise.state, promise.tries, promise.due_boot_s) == (CallbackState.RETRY, 0, floor.now_s + 70.0)
        assert none(CallAgent, decision)
        order = only(CallAgent, floor.after(70.0))


def _agent_leaves(floor: TestFloor, order: CallAgent) -> Decision:
    picks_up(floor, order)
    return floor.give(SeatLegEnded(order.call, order.offer, order.seat, 16))


def _pbx_dies(floor: TestFloor, order: CallAgent) -> Decision:
    picks_up(floor, order)
    floor.give(PbxLost(NODE, calls_live_s=0.0))
    decision = floor.after(0.0)
    floor.resync(reachable=("s1",))
    return decision


@pytest.mark.parametrize("breaks_off", [_agent_leaves, _pbx_dies])
def test_calls_that_break_off_on_our_side_keep_the_gap_and_only_each_third_costs_the_customer_a_try(
    breaks_off: Callable[[TestFloor, CallAgent], Decision],
) -> None:
    floor = floor_with("a1")
    order, seen_s = only(CallAgent, promised(floor, "c1")), []
    for _ in range(8):
        (changed,) = all_of(CallbackChanged, breaks_off(floor, order))
        seen_s.append((changed.tries, changed.next_s))
        order = only(CallAgent, floor.after(changed.next_s or 0.0))
    assert seen_s == [(0, 70.0)] * 2 + [(1, 70.0)] + [(1, 600.0)] * 2 + [(2, 600.0)] * 3
    assert states(breaks_off(floor, order)) == [CallbackState.GIVEN_UP], "no phone rings for ever"


def test_an_agent_who_hangs_up_is_passed_over_for_the_next_round() -> None:
    floor = floor_with("a1", "a2")
    order, rung = only(CallAgent, promised(floor, "c1")), []
    for _ in range(3):
        rung.append(order.seat)
        _agent_leaves(floor, order)
        order = only(CallAgent, floor.after(70.0))
    assert rung == ["s1", "s2", "s1"]


def _ends(floor: TestFloor, order: CallAgent) -> Decision:
    return floor.give(SeatLegEnded(order.call, order.offer, order.seat, 16))


@pytest.mark.parametrize("asked", [HangUp(AgentId("a1")), Transfer(AgentId("a1"), to_agent=AgentId("a1"))])
def test_who_answers_when_the_agent_has_just_hung_up_has_not_been_called_back(asked: HangUp | Transfer) -> None:
    """The second is a page that was loaded anew: its line is gone."""
    floor = floor_with("a1", "a2")
    order = only(CallAgent, promised(floor, "c1"))
    dial = picks_up(floor, order)
    floor.ask(asked)
    answered = floor.give(FarAnswered(dial.call, dial.attempt))
    assert none(CallbackKept, answered)
    floor.after(0.2)
    gone = _ends(floor, order)
    assert (states(gone), none(CallbackKept, gone)) == ([CallbackState.RETRY], True)
    assert only(CallAgent, floor.after(70.0)).seat == "s2"


def test_a_hang_up_that_the_pbx_could_not_carry_out_leaves_a_talk_that_keeps_the_promise() -> None:
    floor = floor_with("a1")
    order = only(CallAgent, promised(floor, "c1"))
    dial = picks_up(floor, order)
    floor.ask(HangUp(AgentId("a1")))
    floor.give(FarAnswered(dial.call, dial.attempt))
    floor.after(60.0)
    gone = _ends(floor, order)
    assert only(CallbackKept, gone) and states(gone) == [CallbackState.DONE]


@pytest.mark.parametrize("back", [False, True])
def test_who_answers_a_page_that_has_died_is_called_back_only_if_it_comes_back(back: bool) -> None:
    floor = floor_with("a1")
    order = only(CallAgent, promised(floor, "c1"))
    dial = picks_up(floor, order)
    floor.ask(Hold(AgentId("a1"), is_lost=True))
    assert none(CallbackKept, floor.give(FarAnswered(dial.call, dial.attempt)))
    if back:
        assert states(floor.ask(Resume(AgentId("a1")))) == [CallbackState.DONE]
        return
    excuse = only(ExcuseFar, floor.ask(HangUp(AgentId("a1"))))
    assert excuse.again, "they are told that we will call, and we will"
    assert states(floor.give(CommandDone(excuse.id))) == [CallbackState.RETRY]


def test_a_promise_is_kept_by_the_rules_of_its_queue_though_that_is_taken_out_of_the_house() -> None:
    floor = floor_with()
    promised(floor, "c1")
    whole = two_trunks(time_zone="UTC", callbacks=RULES)
    floor.configure(whole.model_copy(update={"queues": whole.queues[1:]}), 2)
    assert only(CallAgent, free(floor)).shown == MOBILE


def test_nobody_is_called_outside_the_hours_allowed() -> None:
    """The builders' day begins at midnight UTC, with the boot clock at 1000 s."""
    floor = floor_with("a1", start=time(8), end=time(21))
    decision = promised(floor, "c1")
    assert states(decision) == [CallbackState.RETRY] and none(CallAgent, decision)
    opens_s = 8 * 3600 - floor.now_s
    assert none(CallAgent, floor.after(opens_s - 1.0))
    assert only(CallAgent, floor.after(1.0))


def test_a_promise_nobody_was_free_for_rests_over_night() -> None:
    floor = floor_with(start=time(0), end=time(1))
    promised(floor, "c1")
    decision = floor.after(3600.0)
    assert states(decision) == [CallbackState.RETRY] and none(CallAgent, free(floor))
    assert only(CallAgent, floor.after(86_400.0 - floor.now_s))


# --- one number, one promise ----------------------------------------------------------------------------
def test_a_number_is_promised_once() -> None:
    floor = floor_with()
    promised(floor, "c1")
    decision = floor.ask(AskCallback(MOBILE, SALES))
    assert "already" in only(RequestRefused, decision).reason


def test_a_customer_who_calls_again_and_is_answered_has_been_helped() -> None:
    floor = floor_with()
    promised(floor, "c1")
    fact = CallQueued(CallId("c2"), NODE, HOTLINE, TRUNK, MOBILE, SALES, "zh-CN", 5)
    floor.give(fact)
    ring = only(RingSeat, free(floor))
    decision = floor.answer(ring)
    assert only(CallAnswered, decision) and states(decision) == [CallbackState.DONE]


def test_a_caller_who_asks_again_is_kept_by_the_first_promise() -> None:
    floor = floor_with()
    promised(floor, "c1")
    again = promised(floor, "c2")
    assert only(CallTurnedIntoCallback, again).call == "c2"
    assert none(Alarmed, again) and none(CallbackMade, again)
    assert len(floor.engine.snapshot().callbacks) == 1


def test_people_ask_for_callbacks_and_take_them_back() -> None:
    floor = floor_with()
    decision = floor.ask(AskCallback("13700000001", SALES, "", 3))
    made = only(CallbackMade, decision)
    assert only(RequestGranted, decision).result == made.callback and str(made.call) == made.callback
    assert states(floor.ask(CancelCallback(made.callback))) == [CallbackState.CANCELLED]
    assert "no open callback" in only(RequestRefused, floor.ask(CancelCallback(made.callback))).reason
    assert "no queue" in only(RequestRefused, floor.ask(AskCallback(MOBILE, QueueId("x")))).reason


def test_one_that_is_being_called_cannot_be_taken_back() -> None:
    floor = floor_with("a1")
    made = only(CallbackMade, promised(floor, "c1"))
    assert "at this moment" in only(RequestRefused, floor.ask(CancelCallback(CallbackId(made.callback)))).reason


def test_a_menu_promises_only_what_there_is_room_for() -> None:
    """A caller who was promised one too many would have gone, and nobody knew whom to call."""
    floor = floor_with(open=1)
    assert can_promise(floor, "13700000001")
    promised(floor, "c1")
    assert can_promise(floor, "13700000001"), "that promise stands, and is theirs"
    assert not can_promise(floor, "13700000002")
    assert not can_promise(floor, "110")


def can_promise(floor: TestFloor, number: str, caller: str = "") -> bool:
    return floor.engine.can_promise(number, caller, floor.now_s)


def left_by(floor: TestFloor, caller: str, number: str) -> Decision:
    """A caller leaves this number; the promise is taken back, so that the next one does not meet it."""
    call = CallId(f"c{floor.sequence}")
    floor.arrive(call)
    decision = floor.give(CallbackRequested(call, NODE, HOTLINE, TRUNK, caller, number, SALES, "zh-CN"))
    floor.hang_up(call)
    for made in all_of(CallbackMade, decision):
        floor.ask(CancelCallback(made.callback))
    return decision


@pytest.mark.parametrize("callers", [("", "", ""), (MOBILE, MOBILE, MOBILE), (STRANGER, "+8613700000008", "")])
def test_a_number_is_promised_so_many_calls_a_day_whoever_asks(callers: tuple[str, ...]) -> None:
    floor = floor_with(per_number_day=2)
    first, second, third = (left_by(floor, caller, MOBILE) for caller in callers)
    assert none(Alarmed, first) and only(CallbackMade, first)
    full = only(Alarmed, second)
    assert (full.name, dict(full.values)["count"]) == ("callbacks_bounded", "2")
    assert (only(Alarmed, third).name, none(CallbackMade, third)) == ("callback_refused", True)
    assert not can_promise(floor, MOBILE, callers[2]) and can_promise(floor, "+8613700000002", MOBILE)
    floor.after(86_400.0)
    assert can_promise(floor, MOBILE) and only(CallbackMade, left_by(floor, "", MOBILE))


def test_from_one_number_so_many_others_are_left_a_day_and_the_own_one_all_the_same() -> None:
    floor = floor_with(per_number_day=2)
    for number in ("+8613700000002", "+8613700000003"):
        assert only(CallbackMade, left_by(floor, STRANGER, number))
    assert not can_promise(floor, "+8613700000004", STRANGER)
    assert only(Alarmed, left_by(floor, STRANGER, "+8613700000004")).name == "callback_refused"
    assert can_promise(floor, STRANGER, STRANGER) and can_promise(floor, "+8613700000004", MOBILE)


def test_what_people_promise_is_neither_counted_nor_bounded() -> None:
    floor = floor_with(per_number_day=1)
    for _ in range(2):
        made = only(CallbackMade, floor.ask(AskCallback(MOBILE, SALES)))
        floor.ask(CancelCallback(made.callback))
    assert can_promise(floor, MOBILE)
    left_by(floor, "", MOBILE)
    assert only(CallbackMade, floor.ask(AskCallback(MOBILE, SALES)))


def test_a_day_of_promises_outlives_a_reboot_of_the_machine() -> None:
    floor = floor_with(per_number_day=1)
    left_by(floor, "", MOBILE)
    floor.rebooted(-900.0)
    assert not can_promise(floor, MOBILE)
    floor.after(86_400.0)
    assert can_promise(floor, MOBILE)


def test_a_waiting_caller_who_has_had_the_days_promises_is_offered_no_more() -> None:
    floor = TestFloor()
    offered: dict[str, object] = {"announce_after_s": 1.0, "offer_callback_s": 0.0}
    floor.open(house(time_zone="UTC", callbacks=RULES | {"per_number_day": 1}, sales=offered))
    for call, keys in (("c1", "1"), ("c2", "")):
        floor.queue(call, caller=MOBILE)
        assert only(WaitTold, floor.after(2.0)).keys == keys
        if keys:
            floor.give(QueueKeyPressed(CallId(call), keys))
            floor.ask(CancelCallback(next(iter(floor.engine.snapshot().callbacks))))
        floor.hang_up(call)


def test_promises_are_bounded() -> None:
    floor = floor_with(open=1)
    promised(floor, "c1")
    assert only(Alarmed, promised(floor, "c2", "+8613700000002")).name == "callback_refused"


def test_nobody_is_called_outside_the_hours_of_a_clock_that_was_set() -> None:
    floor = floor_with(end=time(1))
    promised(floor, "c1")
    floor.clock_set(7200.0)
    assert none(CallAgent, free(floor))


# --- out of sight, and afterwards ------------------------------------------------------------------------
def test_a_restart_of_the_pbx_in_the_dial_keeps_the_promise_and_its_gap() -> None:
    floor = floor_with("a1")
    picks_up(floor, only(CallAgent, promised(floor, "c1")))
    decision = floor.resynced(started="run2")
    assert states(decision) == [CallbackState.RETRY]
    assert none(CallAgent, floor.after(69.0)) and only(CallAgent, floor.after(1.0))


def test_a_reboot_moves_its_moments() -> None:
    floor = floor_with()
    promised(floor, "c1")
    (before,) = floor.engine.snapshot().callbacks.values()
    floor.rebooted(-100.0)
    (after,) = floor.engine.snapshot().callbacks.values()
    assert after.since_boot_s == before.since_boot_s - 100.0
    assert (after.due_boot_s or 0.0) == (before.due_boot_s or 0.0) - 100.0


def test_an_agent_in_a_callback_is_in_a_call() -> None:
    floor = floor_with("a1")
    picks_up(floor, only(CallAgent, promised(floor, "c1")))
    assert floor.engine.snapshot().agents[AgentId("a1")].state is AgentState.DIALLING


def test_a_promise_for_later_is_kept_then_with_the_place_of_a_caller_of_that_moment() -> None:
    floor = floor_with("a1")
    decision = floor.ask(AskCallback(MOBILE, SALES, later_s=7200.0))
    assert only(CallbackMade, decision).waited_s == 0.0 and none(CallAgent, decision)
    (changed,) = all_of(CallbackChanged, decision)
    assert (changed.state, changed.reason, changed.next_s) == (CallbackState.RETRY, "later", 7200.0)
    assert none(CallAgent, floor.after(7190.0))
    assert only(CallAgent, floor.after(10.0))
