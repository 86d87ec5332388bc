"""A call's story: told from what the real engine decides, in both languages."""

from __future__ import annotations

import string
from dataclasses import fields, replace
from typing import get_args

import pytest

from core import events
from core.commands import ConsultFar, ConsultSeat, RingSeat
from core.events import Outcome
from core.ids import CallId
from core.inputs import FarAnswered, MenuKeyPressed, SeatAnswered, SeatRang
from core.reasons import Reason
from core.recordings import Archived, RecordingFinished
from core.states import RingOutcome
from monitor.story import Sentence, story, waiting_for
from monitor.story_words import WORDS
from tests.unit.queueing.builders import TestFloor, agent, house, only, opened, talking
from tests.unit.queueing.test_outside import housed

MOBILE = "+8613800138000"


def told(floor: TestFloor, call: str, language: str = "en") -> list[str]:
    chosen = [event for event in floor.events if getattr(event, "call", None) == call]
    outcomes = [Outcome(number, 0, 0.0, float(number), event) for number, event in enumerate(chosen)]
    return [sentence.text for sentence in story(outcomes, language)]


def a_call_with_a_miss() -> TestFloor:
    floor = opened(("a1", "s1"), ("a2", "s2"), ("a3", "s3"), wrap_up_s=0.0)
    floor.after(10)
    first = only(RingSeat, floor.queue("c1", caller=MOBILE))
    floor.rang(first)
    second = only(RingSeat, floor.after(15))
    floor.rang(second)
    floor.after(3)
    floor.answer(second)
    floor.after(60)
    floor.hang_up("c1")
    return floor


def test_the_story_of_a_call_with_a_missed_ring() -> None:
    assert told(a_call_with_a_miss(), "c1") == [
        "The call came in on hotline main over trunk carrier-a; number **********8000.",
        "It asked for an agent: queue presales, language zh-CN, priority 0.",
        "a1 at s1 was chosen out of 3 who could take it: idle the longest, for 13.0 s; next would have been a2, a3.",
        "The phone at s1 rang.",
        "The ring at s1 ended after 15.0 s: not answered within three rings.",
        "a2 at s2 was chosen out of 2 who could take it: idle the longest, for 27.0 s; a1 had missed it before; "
        "next would have been a3.",
        "The phone at s2 rang.",
        "The ring at s2 ended after 3.0 s: answered.",
        "a2 answered at s2, 18.0 s after the call had asked, at ring number 2.",
        "The talk with a2 lasted 60.0 s; the caller hung up.",
        "The call was over after 78.0 s (caller).",
    ]


def test_the_same_in_chinese_has_as_many_sentences() -> None:
    floor = a_call_with_a_miss()
    chinese = told(floor, "c1", "zh-CN")
    assert len(chinese) == len(told(floor, "c1"))
    assert chinese[2] == "在3位可接听的坐席中选中s1的a1：空闲最久，已13.0秒；其后依次为a2、a3。"


@pytest.mark.parametrize(
    ("strategy", "because"),
    [("best-skill", "level 5 in all"), ("least-occupied", "least occupied, 0%"), ("round-robin", "next in turn")],
)
def test_each_strategy_says_what_decided(strategy: str, because: str) -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"), sales={"strategy": strategy})
    floor.queue("c1")
    assert because in told(floor, "c1")[2]


def test_relaxing_and_forgiving_are_said() -> None:
    people = house(agent("a1", skills={"sales": 1}), sales={"relax": [{"after_s": 5, "skills": {"sales": 1}}]})
    floor = opened(("a1", "s1"), the_house=people)
    floor.queue("c1")
    floor.rang(only(RingSeat, floor.after(5)))
    floor.after(15)
    sentences = told(floor, "c1")
    assert "relaxed by 1 step" in sentences[2]
    assert "asked again" in sentences[-1]


def test_a_caller_may_withhold_the_number_and_names_in_braces_stay_what_they_are() -> None:
    floor = opened()
    floor.queue("c1")
    assert "number withheld" in told(floor, "c1")[0]
    sentence = story([Outcome(1, 0, 0.0, 5.0, events.MenuChosen(CallId("c1"), "{call}", "{0}"))], "en")
    assert sentence == [Sentence(5.0, "At {call} the caller pressed {0}.")]


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_word_there_may_be_has_a_sentence(language: str) -> None:
    words = WORDS[language]
    assert set(words.obstacles) == set(Reason)
    assert set(words.ring_ends) == set(RingOutcome)
    known = {kind.__name__: {field.name for field in fields(kind)} for kind in get_args(events.Event)}
    own = {"from_whom", "pressed", "already", "promised", "why", "how", "who", "whom", "third", "place", "offered"}
    own |= {"kept"}
    for name, template in words.events.items():
        used = {field for _, field, _, _ in string.Formatter().parse(template) if field}
        assert used <= known[name] | own, name
    assert set(words.events) == set(WORDS["en"].events)


# --- why it waits --------------------------------------------------------------------------------
def test_each_agents_reason_for_not_having_a_waiting_call() -> None:
    people = house(
        agent("a1", skills={"care": 9}), agent("a2", languages=("en",)), agent("a3"), agent("a4"), agent("a5"),
        agent("a6"), agent("a7"), seats=6,
    )  # fmt: skip
    floor = opened(("a4", "s1"), ("a5", "s2"), ("a6", "s3"), ("a7", "s4"), the_house=people)
    floor.take_break("a4")
    floor.take_break("a7")
    floor.reach("s3", False)
    talking(floor, "c1")
    floor.queue("c2")
    assert waiting_for(floor.engine.obstacles(CallId("c2")), "en") == [
        "a1 has not the skills this queue asks for",
        "a2 does not speak zh-CN",
        "a3 is not signed in",
        "a4 is on a break",
        "a5 is busy (talking)",
        "a6's phone cannot be reached",
        "a7 is on a break",
    ]
    assert waiting_for(floor.engine.obstacles(CallId("c2")), "zh-CN")[4] == "a5忙（talking）"


def test_a_call_that_does_not_wait_has_no_obstacles() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    assert floor.engine.obstacles(CallId("c1")) == () == floor.engine.obstacles(CallId("nobody"))


def test_a_call_that_waits_for_its_preferred_agent_says_so() -> None:
    floor = opened(("a1", "s1"), wrap_up_s=0.0, sales={"preferred_agent_s": 20})
    floor.answer(only(RingSeat, floor.queue("c0", caller=MOBILE)))
    floor.hang_up("c0")
    talking(floor, "c1")
    floor.sign_in("a2", "s2")
    floor.queue("c2", caller=MOBILE)
    assert "the caller waits for a1" in waiting_for(floor.engine.obstacles(CallId("c2")), "en")[1]


@pytest.mark.parametrize(("language", "words"), [("en", "had a1 on the line"), ("zh-CN", "与a1接通")])
def test_a_consult_outside_names_who_asked_and_masks_whom(language: str, words: str) -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    order = only(ConsultFar, floor.consult("a1", number="13900139000"))
    floor.give(FarAnswered(order.call, order.attempt))
    text = " ".join(told(floor, "c1", language))
    assert words in text and "13900139000" not in text


def test_a_caller_who_pressed_nothing_was_told_the_wait_and_spoke_with_three() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.arrive("c1")
    floor.give(MenuKeyPressed(CallId("c1"), "menu", "1"))
    floor.give(MenuKeyPressed(CallId("c1"), "submenu", ""))
    ring = talking(floor, "c1")
    floor.hold("a1")
    floor.held("c1")
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.give(SeatRang(asked.call, asked.offer, asked.colleague))
    floor.give(SeatAnswered(asked.call, asked.offer, asked.colleague))
    floor.confer("a1")
    floor.joined("c1", "s1")
    floor.joined("c1", "s2")
    floor.leg_end(ring)
    for language in ("en", "zh-CN"):
        sentences = told(floor, "c1", language)
        words = WORDS[language]
        assert any(words.silence in sentence for sentence in sentences)
        assert any("a2" in sentence for sentence in sentences), "the third is named"
        assert not any("{" in sentence for sentence in sentences)


def test_a_wait_that_was_told_and_promised() -> None:
    floor = opened(("a1", "s1"), the_house=house(agent("a1"), sales={"promise_every_s": 30}))
    talking(floor, "c1")
    floor.queue("c2")
    floor.after(200.0)
    sentences = told(floor, "c2")
    assert any("min" in sentence for sentence in sentences), sentences
    assert not any("{" in sentence for sentence in sentences)


def test_what_is_told_of_an_offer_whose_reason_was_not_kept_and_of_a_recording_that_is_finished() -> None:
    floor = a_call_with_a_miss()
    reserved = next(event for event in floor.events if isinstance(event, events.SeatReserved))
    finished = RecordingFinished(
        CallId("c1"), "c1/1", "r", "p", 1.0, Archived("h", 9, 61.04, -20.0, -20.0, 1.0, 2.0, 0.5, 3.0, 4.0, 5.0)
    )
    outcomes = [Outcome(1, 0, 0.0, 1.0, replace(reserved, trace=None)), Outcome(2, 0, 0.0, 2.0, finished)]
    first, second = (sentence.text for sentence in story(outcomes, "en"))
    assert "somebody asked for this agent" in first and "61.0" in second
