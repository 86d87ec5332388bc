"""The work list: what becomes an item, who has it, what closes it, and when it is overdue."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import RingSeat
from core.events import Alarmed, RequestGranted, RequestRefused, WorkClosed, WorkOpened, WorkOverdue, WorkTaken
from core.ids import AgentId, CallId, SeatId, WorkId
from core.inputs import (
    AskCallback,
    BookedCall,
    CancelCallback,
    ClaimWork,
    FinishWork,
    HandOverWork,
    MachineRebooted,
    MessageLeft,
    PbxBooksRead,
    SurveyAnswered,
)
from core.states import WorkKind
from queueing.decision import Decision
from queueing.engine import Engine
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
    opened,
    talking,
)

MOBILE = "+8613700000001"
DAY_S = 86_400.0


def a_floor(**rules: Any) -> TestFloor:
    return opened(("a1", "s1"), the_house=house(agent("a1"), agent("a2"), wrap_up_s=0, **rules))


def message(floor: TestFloor, call: str = "c1", number: str = "") -> Decision:
    return floor.give(MessageLeft(CallId(call), HOTLINE, MOBILE, number, "repair", "zh-CN", f"{call}-1.wav", 12.0))


def gives_up(floor: TestFloor, call: str = "c1", caller: str = MOBILE, after_s: float = 30.0) -> Decision:
    """Somebody waits so long in vain."""
    floor.queue(call, caller=caller)
    floor.after(after_s)
    return floor.hang_up(call)


def busy() -> TestFloor:
    floor = a_floor()
    talking(floor, "talk")
    return floor


# --- what becomes work ---------------------------------------------------------------------------
def test_a_message_says_whom_to_call_about_what() -> None:
    item = only(WorkOpened, message(a_floor()))
    assert (item.kind, item.number, item.about, item.file, item.lasted_s) == (
        WorkKind.MESSAGE, MOBILE, "repair", "c1-1.wav", 12.0,
    )  # fmt: skip
    assert (item.queue, item.due_s, item.busy) == (SALES, DAY_S, False)
    assert only(WorkOpened, message(a_floor(), number="+8613900000000")).number == "+8613900000000"


def test_a_message_that_is_learned_of_late_takes_the_place_of_the_callers_giving_up() -> None:
    """An engine that is replaced while they speak knows only that they are gone."""
    floor = busy()
    item = only(WorkOpened, gives_up(floor))
    late = floor.give(
        MessageLeft(CallId("c1"), HOTLINE, MOBILE, "", "while-waiting", "zh-CN", "c1-1.wav", 12.0, queue=CARE)
    )
    assert (only(WorkClosed, late).item, only(WorkClosed, late).how) == (item.item, "message_left")
    assert (only(WorkOpened, late).kind, only(WorkOpened, late).queue) == (WorkKind.MESSAGE, CARE)


def test_a_message_of_busy_hours_is_marked() -> None:
    floor = busy()
    assert only(WorkOpened, message(floor)).busy, "nobody is free"
    floor.queue("waits")
    assert only(WorkOpened, message(floor, "c2")).busy
    assert not only(WorkOpened, message(opened())).busy, "nobody is on duty: not busy, but closed"


def test_somebody_who_gave_up_waiting_is_work_once() -> None:
    floor = busy()
    item = only(WorkOpened, gives_up(floor))
    assert (item.kind, item.number, item.lasted_s) == (WorkKind.ABANDONED, MOBILE, 30.0)
    assert none(WorkOpened, gives_up(floor, "c2")), "the same number again"
    assert only(WorkOpened, gives_up(floor, "c3", "+8613700000002"))


@pytest.mark.parametrize(("caller", "after_s"), [("", 30.0), (MOBILE, 4.0)])
def test_who_cannot_be_called_or_hardly_waited_is_no_work(caller: str, after_s: float) -> None:
    assert none(WorkOpened, gives_up(busy(), "c1", caller, after_s))


def test_a_low_mark_is_work_once_a_call() -> None:
    floor = busy()
    assert none(WorkOpened, floor.give(SurveyAnswered(CallId("talk"), "service", 3)))
    item = only(WorkOpened, floor.give(SurveyAnswered(CallId("talk"), "service", 2)))
    assert (item.kind, item.call, item.about, item.mark) == (WorkKind.LOW_MARK, "talk", "service", 2)
    assert none(WorkOpened, floor.give(SurveyAnswered(CallId("talk"), "solved", 1)))


def test_a_promised_callback_is_work_until_it_is_kept_or_taken_back() -> None:
    floor = busy()
    made = floor.ask(AskCallback(MOBILE, SALES))
    item = only(WorkOpened, made)
    assert (item.kind, item.number) == (WorkKind.CALLBACK, MOBILE)
    promise = only(RequestGranted, made).result
    assert item.about == promise
    closed = only(WorkClosed, floor.ask(CancelCallback(promise)))  # type: ignore[arg-type]
    assert (closed.item, closed.how) == (item.item, "cancelled")


def test_the_time_of_a_callback_promised_for_later_begins_then() -> None:
    floor = busy()
    soon = only(WorkOpened, floor.ask(AskCallback(MOBILE, SALES))).due_s
    later = only(WorkOpened, floor.ask(AskCallback("13700000077", SALES, later_s=7200.0))).due_s
    assert later == soon + 7200.0


# --- what closes it ------------------------------------------------------------------------------
def test_a_later_answered_call_of_the_same_caller_closes_the_abandon() -> None:
    floor = busy()
    item = only(WorkOpened, gives_up(floor))
    floor.hang_up("talk")
    ring = only(RingSeat, floor.queue("again", caller=MOBILE))
    floor.rang(ring)
    closed = only(WorkClosed, floor.answer(ring))
    assert (closed.item, closed.how, closed.by) == (item.item, "called_again", "engine")


def test_so_does_an_answer_that_we_read_in_the_books_of_the_pbx_with_the_calls_end() -> None:
    """Nobody was in sight: the call was served by the native fallback, and is told of as a whole."""
    floor = a_floor()
    gives_up(floor)
    now_utc_s = floor.utc_s()
    served = BookedCall(
        CallId("c2"), HOTLINE, TRUNK, MOBILE, "zh-CN", SALES, now_utc_s - 60, now_utc_s - 55, now_utc_s - 40,
        SeatId("s1"), now_utc_s - 10, now_utc_s - 10,
    )  # fmt: skip
    assert only(WorkClosed, floor.give(PbxBooksRead(NODE, 1000, (served,)))).how == "called_again"


def test_a_promised_callback_takes_the_place_of_the_abandon() -> None:
    floor = busy()
    item = only(WorkOpened, gives_up(floor))
    decision = floor.ask(AskCallback(MOBILE, SALES))
    assert only(WorkClosed, decision).item == item.item
    assert only(WorkOpened, decision).kind is WorkKind.CALLBACK


def test_a_message_of_the_same_caller_is_not_closed_by_an_answer() -> None:
    floor = busy()
    message(floor)
    floor.hang_up("talk")
    ring = only(RingSeat, floor.queue("again", caller=MOBILE))
    assert none(WorkClosed, floor.answer(ring)), "it may be about something else"


# --- what people do ------------------------------------------------------------------------------
def test_an_item_is_claimed_handed_over_and_done() -> None:
    floor = a_floor()
    item = only(WorkOpened, message(floor)).item
    assert only(WorkTaken, floor.ask(ClaimWork(item, AgentId("a1")))).owner == "a1"
    again = floor.ask(ClaimWork(item, AgentId("a1")))
    assert only(RequestGranted, again) and none(WorkTaken, again)
    assert "a1 has" in only(RequestRefused, floor.ask(ClaimWork(item, AgentId("a2")))).reason
    taken = only(WorkTaken, floor.ask(HandOverWork(item, AgentId("a2"), "late shift")))
    assert (taken.owner, taken.was, taken.note) == ("a2", "a1", "late shift")
    closed = only(WorkClosed, floor.ask(FinishWork(item, "called, solved")))
    assert (closed.owner, closed.how, closed.by, closed.note) == ("a2", "done", "test", "called, solved")
    assert "no open item" in only(RequestRefused, floor.ask(FinishWork(item))).reason


def test_nobody_unknown_gets_work() -> None:
    floor = a_floor()
    item = only(WorkOpened, message(floor)).item
    for request in (ClaimWork(item, AgentId("x")), HandOverWork(item, AgentId("x")), FinishWork(WorkId("w-0.0"))):
        assert only(RequestRefused, floor.ask(request)).reason.startswith("There is no")


# --- time ----------------------------------------------------------------------------------------
def test_what_is_open_after_a_day_is_overdue_and_an_alarm_says_so_once() -> None:
    floor = a_floor()
    item = only(WorkOpened, message(floor)).item
    floor.ask(ClaimWork(item, AgentId("a1")))
    assert none(WorkOverdue, floor.after(DAY_S - 1))
    decision = floor.after(2.0)
    assert only(WorkOverdue, decision).owner == "a1"
    alarm = next(alarm for alarm in all_of(Alarmed, decision) if alarm.name == "work_overdue")
    assert MOBILE not in alarm.text and "a1" in alarm.text
    assert none(WorkOverdue, floor.after(DAY_S))
    assert only(WorkClosed, floor.ask(FinishWork(item))).overdue


def test_the_time_is_the_houses_and_outlives_a_reboot_and_a_restart() -> None:
    floor = a_floor(work={"due_s": 600})
    message(floor)
    floor.after(300.0)
    floor.now_s -= 900.0
    floor.give(MachineRebooted(-900.0))
    twin = TestFloor(Engine.restore(floor.engine.snapshot()), floor.now_s)
    twin.sequence = floor.sequence
    assert none(WorkOverdue, twin.after(299.0))
    assert only(WorkOverdue, twin.after(2.0))


def test_beyond_the_limit_the_oldest_abandon_goes() -> None:
    floor = busy()
    floor.configure(house(agent("a1"), agent("a2"), work={"open": 10}), version=2)
    items = [only(WorkOpened, gives_up(floor, f"c{n}", f"+86137000000{n:02}")).item for n in range(10)]
    decision = message(floor, "last")
    assert only(WorkClosed, decision).item == items[0] and only(WorkOpened, decision)


def test_work_that_nobody_may_drop_is_told_when_there_is_too_much_of_it() -> None:
    floor = TestFloor()
    floor.open(house(work={"open": 10}))
    for number in range(11):
        fact = MessageLeft(CallId(f"c{number}"), HOTLINE, "", "", "sales", "zh-CN", f"{number}.wav", 12.0)
        decision = floor.give(fact)
    assert only(Alarmed, decision).name == "work_full" and only(WorkOpened, decision)


def test_of_two_items_of_one_caller_the_other_stays_when_one_is_done() -> None:
    floor = busy()
    first = only(WorkOpened, message(floor)).item
    second = only(WorkOpened, message(floor, "c2")).item
    floor.ask(ClaimWork(first, AgentId("a1")))
    floor.ask(FinishWork(first))
    assert list(floor.engine.snapshot().work) == [second]
    floor.ask(ClaimWork(second, AgentId("a1")))
    floor.ask(FinishWork(second))
    assert not floor.engine.snapshot().work
