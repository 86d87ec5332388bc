"""A flow tried: what was done, told from the beginning, and what the caller met."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from ivr.facts import NOTHING_KNOWN
from ivr.flow import begin
from ivr.parts import Flow, Goodbye, LookUp, Message, Node, Rate
from ivr.steps import Fetch, Mark, Play, PromiseCallback, Queue, Record, WaitKey
from ivr.trial import SILENT, Moment, tried
from tests.unit.ivr.flows import FLOW, HOTLINE, KEYS

MESSAGE = Flow(
    "notes", ("zh-CN",), "note", "", {"note": Message((), "presales", 60.0, "", "bye"), "bye": Goodbye(("goodbye",))}
)


def trial(*deeds: str, flow: Flow = FLOW) -> list[Moment]:
    return tried(begin(flow, "zh-CN", 0, HOTLINE.queue), deeds, NOTHING_KNOWN)


def test_without_a_deed_the_first_prompt_is_heard_and_waited_for() -> None:
    (first,) = trial()
    assert (first.node, first.entered, first.done) == ("welcome", ("welcome",), None)
    assert isinstance(first.action, Play)


def test_keys_and_silence_lead_on_and_what_comes_after_the_end_is_passed_over() -> None:
    moments = trial("", "", "1", "", "7", "7")
    assert [(each.node, each.done) for each in moments] == [
        ("welcome", ""), ("main", ""), ("main", "1"), ("sales", ""), ("sales", None),
    ]  # fmt: skip
    assert isinstance(moments[2].action, WaitKey) and isinstance(moments[-1].action, Queue)


def test_a_key_that_cuts_nothing_short_is_lost() -> None:
    assert [each.node for each in trial("A", "")] == ["welcome", "main", "main"]


def test_another_language_is_spoken_from_then_on() -> None:
    assert [each.language for each in trial("9")] == ["zh-CN", "en"]


def test_a_message_is_spoken_or_not() -> None:
    def after_the_beep(deed: str) -> str:
        moments = trial("", deed, flow=MESSAGE)
        assert isinstance(moments[1].action, Record)
        return moments[-1].node

    assert (after_the_beep(""), after_the_beep(SILENT)) == ("bye", "note")


@given(st.lists(st.one_of(KEYS, st.just(SILENT), st.text(max_size=5)), max_size=40))
def test_whatever_is_done_the_flow_goes_its_way(deeds: list[str]) -> None:
    *before, last = trial(*deeds)
    told = (*get_args(PromiseCallback | Mark),)
    assert all(each.done is not None or isinstance(each.action, told) for each in before)
    assert last.done is None
    assert [each.done for each in before if each.done is not None] == deeds[: len(before)]


def test_a_survey_and_a_look_up_are_tried_without_anybody_who_answers() -> None:
    parts: dict[str, Node] = {
        "ask": Rate(("mark?",), "agent", 5.0, "look"),
        "look": LookUp((), "orders", (), (), {"late": "sorry"}, "bye"),
        "sorry": Goodbye(("sorry",)),
        "bye": Goodbye(("goodbye",)),
    }
    asking = Flow("survey", ("zh-CN",), "ask", "", parts)
    assert [each.node for each in trial("5", "late", flow=asking)][-1] == "sorry"
    moments = trial("5", "", flow=asking)
    assert isinstance(moments[1].action, Mark) and moments[1].done is None
    assert isinstance(moments[2].action, Fetch) and moments[-1].node == "bye"
