"""A line handed back to a flow: a message instead of waiting, a survey after the talk."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import LetGo, RingSeat, RunFlow
from core.events import (
    AgentChanged,
    CallAbandoned,
    CallEnded,
    CallLeftMessage,
    CallMoved,
    CallOffered,
    FlowBegan,
    MessageTaken,
    SurveyMarked,
)
from core.house import House
from core.ids import CallId
from core.inputs import (
    LINE_GONE,
    NOT_HELD,
    CallerBack,
    CommandDone,
    MessageLeft,
    QueueKeyPressed,
    SurveyAnswered,
)
from core.states import AgentState, CallState
from queueing.decision import Decision
from tests.unit.queueing.builders import (
    HOTLINE,
    NODE,
    SALES,
    TestFloor,
    agent,
    all_of,
    house,
    none,
    only,
    opened,
    seen,
    talking,
)
from tests.unit.queueing.test_overflow import conserved


def surveyed(**rules: Any) -> House:
    return house(agent("a1"), wrap_up_s=10, sales={"survey": "survey", "offer_message_s": 0}, **rules)


def after_a_talk(talk_s: float = 60.0, **rules: Any) -> tuple[TestFloor, Decision]:
    """The agent has hung up after so long."""
    floor = opened(("a1", "s1"), the_house=surveyed(**rules))
    ring = talking(floor, "c1")
    floor.after(talk_s)
    return floor, floor.leg_end(ring)


# --- the survey ------------------------------------------------------------------------------------
def test_after_a_talk_the_caller_is_asked_and_the_agent_does_not_wait_for_it() -> None:
    floor, decision = after_a_talk()
    order = only(RunFlow, decision)
    assert (order.flow, order.call, order.language) == ("survey", "c1", "zh-CN")
    assert none(LetGo, decision)
    assert only(AgentChanged, decision).state is AgentState.WRAP_UP
    floor.after(10.0)
    assert only(RingSeat, floor.queue("c2")), "while the first caller still presses keys"


@pytest.mark.parametrize(("talk_s", "least_talk_s", "asked"), [(5, 15, False), (15, 15, True), (5, 0, True)])
def test_a_talk_that_was_cut_short_is_followed_by_no_survey(talk_s: float, least_talk_s: float, asked: bool) -> None:
    _, decision = after_a_talk(talk_s, surveys={"least_talk_s": least_talk_s})
    assert (len(all_of(RunFlow, decision)), len(all_of(LetGo, decision))) == ((1, 0) if asked else (0, 1))


def test_a_caller_who_hangs_up_is_asked_nothing() -> None:
    floor = opened(("a1", "s1"), the_house=surveyed())
    talking(floor, "c1")
    floor.after(60.0)
    decision = floor.hang_up("c1")
    assert none(RunFlow, decision) and only(CallEnded, decision).how == "caller"


def test_the_queues_survey_goes_before_the_hotlines() -> None:
    the_house = house(agent("a1"))
    hotline = the_house.hotlines[0].model_copy(update={"survey": "other"})
    floor = opened(("a1", "s1"), the_house=the_house.model_copy(update={"hotlines": (hotline,)}))
    ring = talking(floor, "c1")
    floor.after(60.0)
    assert only(RunFlow, floor.leg_end(ring)).flow == "other"


def test_a_mark_says_who_served_the_caller() -> None:
    floor, _ = after_a_talk()
    marked = only(SurveyMarked, floor.give(SurveyAnswered(CallId("c1"), "service", 2)))
    assert (marked.question, marked.mark, marked.queue, marked.agent) == ("service", 2, SALES, "a1")
    unknown = only(SurveyMarked, floor.give(SurveyAnswered(CallId("gone"), "service", 2)))
    assert (unknown.queue, unknown.agent) == ("", "")


def test_a_caller_is_asked_once_and_answers_with_the_first_mark() -> None:
    floor, decision = after_a_talk(30.0)
    began = only(FlowBegan, decision)
    assert (began.survey, began.agent) == (True, "a1")
    marks = [only(SurveyMarked, floor.give(SurveyAnswered(CallId("c1"), question, 5))) for question in ("a", "b")]
    assert [mark.first for mark in marks] == [True, False]
    again = only(FlowBegan, floor.give(CallerBack(CallId("c1"), NODE)))
    assert not again.survey, "the engine that asked was killed: it is the same question"
    figures = conserved(floor).of_queue(SALES)
    assert (figures.surveys, figures.surveys_answered, figures.marks) == (1, 1, {5: 2})


def test_a_survey_under_way_is_left_alone_by_a_resync_and_one_that_is_over_is_let_go() -> None:
    floor, decision = after_a_talk()
    floor.after(5.0)
    assert none(LetGo, floor.resync(seen("c1", CallState.LEAVING)))
    floor.give(CommandDone(only(RunFlow, decision).id))
    floor.after(5.0)
    assert only(LetGo, floor.resync(seen("c1", CallState.LEAVING))).call == "c1"
    assert only(CallEnded, floor.hang_up("c1")).how == "agent"


def test_an_engine_that_was_killed_in_the_talk_asks_on_the_next_session() -> None:
    floor, decision = after_a_talk()
    failed = floor.fail(only(RunFlow, decision), NOT_HELD)
    assert failed.commands == (), "the dialplan comes round with the line"
    assert only(RunFlow, floor.give(CallerBack(CallId("c1"), NODE))).flow == "survey"


def test_a_line_that_comes_back_after_a_short_talk_is_let_go() -> None:
    floor, _ = after_a_talk(2.0)
    assert only(LetGo, floor.give(CallerBack(CallId("c1"), NODE))).call == "c1"
    assert only(LetGo, floor.give(CallerBack(CallId("never-seen"), NODE))).call == "never-seen"


def test_the_line_may_come_back_before_the_end_of_the_agents_leg_is_told() -> None:
    floor = opened(("a1", "s1"), the_house=surveyed())
    ring = talking(floor, "c1")
    floor.after(60.0)
    assert floor.give(CallerBack(CallId("c1"), NODE)).commands == ()
    assert only(RunFlow, floor.leg_end(ring)).call == "c1"


def test_a_survey_that_could_not_be_begun_lets_the_caller_go() -> None:
    floor, decision = after_a_talk()
    assert only(LetGo, floor.fail(only(RunFlow, decision), "too late")).call == "c1"
    floor, decision = after_a_talk()
    assert floor.fail(only(RunFlow, decision), LINE_GONE).commands == (), "the caller has hung up"


def test_a_survey_that_leads_to_a_person_brings_the_caller_back_in_line() -> None:
    floor, _ = after_a_talk()
    floor.take_break("a1")
    decision = floor.queue("c1", since=floor.now_s)
    assert only(CallMoved, decision).why == "asked_again"
    assert none(CallOffered, decision), "one call, one O"
    assert only(RingSeat, floor.ready("a1")).call == "c1"


# --- a message instead of waiting --------------------------------------------------------------------
def leaves(governor: dict[str, object] | None = None) -> tuple[TestFloor, RunFlow]:
    """c1 has waited for 20 s and wants to leave a message."""
    rules = {"governor": governor} if governor else {}
    floor = opened(("a1", "s1"), the_house=House.model_validate(surveyed().model_dump(mode="json") | rules))
    talking(floor, "talk")
    floor.queue("c1")
    floor.after(20.0)
    return floor, only(RunFlow, floor.give(QueueKeyPressed(CallId("c1"), "2")))


def left(floor: TestFloor) -> Decision:
    return floor.give(MessageLeft(CallId("c1"), HOTLINE, "", "", "while-waiting", "zh-CN", "c1-1.wav", 12.0))


def test_a_message_that_is_left_is_an_m_and_the_call_is_over() -> None:
    floor, order = leaves()
    assert order.queue == SALES, "for an engine that does not know the call any more"
    assert none(RingSeat, floor.hang_up("talk")), "who leaves a message is not called"
    decision = left(floor)
    assert only(CallLeftMessage, decision).waited_s == 20.0
    assert only(MessageTaken, decision).file == "c1-1.wav"
    floor.give(CommandDone(order.id))
    ended = floor.hang_up("c1")
    assert only(CallEnded, ended).how == "message" and none(CallAbandoned, ended)


def test_who_hangs_up_before_having_said_anything_has_given_up() -> None:
    floor, _ = leaves()
    decision = floor.hang_up("c1")
    assert only(CallAbandoned, decision).waited_s == 20.0
    assert only(CallEnded, decision).how == "abandoned"


def test_who_would_rather_speak_to_a_person_has_the_old_place() -> None:
    floor, _ = leaves()
    floor.queue("later")
    floor.queue("c1", since=floor.now_s)
    floor.hang_up("talk")
    assert only(RingSeat, floor.after(10.0)).call == "c1", "the wrap-up is over"


def test_a_message_flow_that_cannot_begin_leaves_the_caller_in_line() -> None:
    floor, order = leaves()
    floor.fail(order, "too late")
    floor.hang_up("talk")
    assert only(RingSeat, floor.after(10.0)).call == "c1"


def test_the_second_message_of_a_call_is_no_second_m() -> None:
    floor, _ = leaves()
    left(floor)
    assert none(CallLeftMessage, left(floor))
