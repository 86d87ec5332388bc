"""The menu's rules, as lists: these happenings in, these actions out."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import IllegalTransition
from core.ids import QueueId
from ivr.flow import GIVING_UP, MENU_KEYS, MOST_KEYS, MOST_TRIES, State, begin, choice, step
from ivr.parts import PERSON_KEY, Collect, Enqueue, Flow, Menu, Message
from ivr.steps import (
    Action,
    Fetch,
    Fetched,
    Happening,
    Key,
    Play,
    Played,
    Queue,
    Record,
    Recorded,
    Started,
    Told,
    WaitKey,
)
from tests.unit.ivr.flows import FLOW, HOTLINE, KEYS

SALES = Queue(QueueId("sales"), 0, "zh-CN")
LONGEST = MOST_KEYS * 4 + MOST_TRIES * 3 + 10  # actions; generous, but a number


def walk(*happenings: Happening, language: str = "zh-CN", priority: int = 0) -> list[Action]:
    state = begin(FLOW, language, priority, HOTLINE.queue)
    actions = []
    for happening in (Started(), *happenings):
        state, action = step(state, happening)
        actions.append(action)
    return actions


def spoken(action: Action) -> tuple[str, ...]:
    assert isinstance(action, Play)
    return action.prompts


def test_a_patient_caller_hears_greeting_choices_announcement_and_is_queued() -> None:
    assert walk(Played(), Played(), Key("1"), Played()) == [
        Play(("welcome",), "zh-CN", MENU_KEYS),
        Play(("intro", "choices"), "zh-CN", MENU_KEYS),
        WaitKey(5.0),
        Play(("please-hold",), "zh-CN", ""),
        SALES,
    ]


def test_a_key_during_the_choices_counts_at_once() -> None:
    assert walk(Played(), Played("2"))[-1] == Queue(QueueId("service"), 0, "zh-CN")


def test_a_key_during_the_greeting_chooses_otherwise() -> None:
    assert walk(Played("3"), Played())[-1] == Queue(QueueId("complaints"), 0, "zh-CN")


def test_a_key_that_a_greeting_does_not_know_is_for_the_menu_behind_it() -> None:
    assert spoken(walk(Played("7"))[-1]) == ("intro", "choices")
    assert walk(Played("2"))[-1] == Queue(QueueId("service"), 0, "zh-CN")


@pytest.mark.parametrize("happenings", [(Played("0"),), (Played(), Played("0")), (Played(), Played(), Key("0"))])
def test_zero_reaches_a_person_from_everywhere(happenings: tuple[Happening, ...]) -> None:
    assert walk(*happenings, Played())[-1] == SALES


def test_star_repeats_the_greeting_and_the_choices_but_not_the_intro() -> None:
    assert spoken(walk(Played("*"))[-1]) == ("welcome",)
    assert spoken(walk(Played(), Played("*"))[-1]) == ("choices",)
    assert spoken(walk(Played(), Played(), Key("*"))[-1]) == ("choices",)


def test_star_is_no_try() -> None:
    assert spoken(walk(Played(), Played("*"), Played("*"), Played("*"), Played("7"))[-1])[0] == "wrong-key"


@pytest.mark.parametrize(
    ("first", "said"),
    [((Played("7"),), "wrong-key"), ((Played(), Key("7")), "wrong-key"), ((Played(), Key("")), "no-key")],
)
@pytest.mark.parametrize("second", [(Played("8"),), (Played(), Key("A")), (Played(), Key(""))])
def test_two_wrong_or_silent_tries_reach_a_person(
    first: tuple[Happening, ...], said: str, second: tuple[Happening, ...]
) -> None:
    once = walk(Played(), *first)
    assert spoken(once[-1]) == (said, "choices")
    twice = walk(Played(), *first, *second, Played())
    assert spoken(twice[-2]) == ("to-a-person", "please-hold")
    assert twice[-1] == SALES


def test_a_right_key_after_a_wrong_one_still_chooses() -> None:
    assert walk(Played(), Played("7"), Played("2"))[-1] == Queue(QueueId("service"), 0, "zh-CN")


def test_hash_goes_back_to_the_menu_before_and_at_the_top_says_it_again() -> None:
    deep = replace(
        FLOW, nodes={**FLOW.nodes, "sales": Menu((), ("deeper",), {"1": "complaints"}, 5.0)}, person="service"
    )
    state = begin(deep, "zh-CN", 0, HOTLINE.queue)
    heard = []
    for happening in (Started(), Played(), Played("1"), Played("#"), Played("#"), Played("1"), Played("1"), Played()):
        state, action = step(state, happening)
        heard.append(action.prompts if isinstance(action, Play) else action)
    top = ("intro", "choices")
    end = Queue(QueueId("complaints"), 0, "zh-CN")
    assert heard == [("welcome",), top, ("deeper",), top, top, ("deeper",), ("please-hold",), end]


def test_the_language_key_goes_round_and_the_queue_learns_it() -> None:
    actions = walk(Played("9"), Played("1"), Played())
    assert [getattr(action, "language", "") for action in actions] == ["zh-CN", "en", "en", "en"]
    assert walk(Played("9"), Played("9"), Played("1"))[-1] == Play(("please-hold",), "zh-CN", "")


def test_a_language_the_flow_does_not_speak_becomes_its_first() -> None:
    assert walk(language="fr")[-1] == walk()[-1]


def test_the_hotlines_priority_reaches_the_queue() -> None:
    assert walk(Played("3"), Played(), priority=4)[-1] == Queue(QueueId("complaints"), 4, "zh-CN")


@pytest.mark.parametrize("key", ["*", "5", "9"])
def test_a_flood_of_one_key_reaches_a_person(key: str) -> None:
    actions = walk(Played(), *[Played(key)] * MOST_KEYS)
    assert spoken(actions[-1]) == ("to-a-person", "please-hold")
    assert spoken(actions[-2]) != spoken(actions[-1])


@given(st.sampled_from(FLOW.languages), st.integers(0, 9), st.lists(KEYS, max_size=40))
def test_every_caller_reaches_a_queue_soon(language: str, priority: int, keys: list[str]) -> None:
    """After these keys the caller is silent."""
    state, action = step(begin(FLOW, language, priority, HOTLINE.queue), Started())
    for key in itertools.islice(itertools.chain(keys, itertools.repeat("")), LONGEST):
        if isinstance(action, Queue):
            break
        state, action = step(state, answered(action, key))
    assert isinstance(action, Queue)
    assert action.priority == priority
    assert action.language in FLOW.languages


def answered(action: Action, key: str) -> Happening:
    """What the line says to this action when the caller presses `key`."""
    if isinstance(action, Play):
        return Played(key if key in action.stop_on else "")
    if isinstance(action, WaitKey):
        return Key(key)
    if isinstance(action, Record):
        return Recorded(4.0 if key else 0.0)
    if isinstance(action, Fetch):
        return Fetched(key)
    return Told()


@pytest.mark.parametrize(
    ("node", "happening"),
    [("welcome", Key("")), ("sales", Key("1")), ("sales", Key("")), ("switch", Played())],
)
def test_what_a_node_never_asked_for_is_refused(node: str, happening: Happening) -> None:
    with pytest.raises(IllegalTransition):
        step(State(FLOW, node, "zh-CN", 0, HOTLINE.queue), happening)


def test_choices_are_keys_and_silent_tries_of_menus_only() -> None:
    menu, queue = State(FLOW, "main", "zh-CN", 0, HOTLINE.queue), State(FLOW, "sales", "zh-CN", 0, HOTLINE.queue)
    assert [choice(menu, it) for it in (Started(), Played(), Played("7"), Key("1"), Key(""))] == [
        None,
        None,
        "7",
        "1",
        "",
    ]
    assert choice(queue, Played()) is None


# --- digits that are read back, at their bounds ------------------------------------------------------
CASE = Flow(
    "case", ("zh-CN",), "menu", "person",
    {
        "menu": Menu((), ("menu",), {"1": "case", "2": "message"}, 5.0),
        "case": Collect(("case?",), "case", 4, 8, confirm=True, secret=False, wait_s=5.0, then="person"),
        "message": Message((), "sales", 60.0, "", "person"),
        "person": Enqueue((), None),
    },
)  # fmt: skip


def pressed(*keys: str) -> tuple[State, Action]:
    state, action = step(begin(CASE, "zh-CN", 0, HOTLINE.queue), Started())
    for key in keys:
        state, action = step(state, answered(action, key))
    return state, action


def test_what_was_typed_is_said_again_for_a_star() -> None:
    _, first = pressed("1", *"1234", "#")
    _, again = pressed("1", *"1234", "#", "*")
    assert isinstance(first, Play) and again == first and "say-2" in first.prompts


def test_a_message_goes_back_to_the_menu_that_led_to_it() -> None:
    state, action = pressed("2")
    assert isinstance(action, Play) and state.node == "message"
    assert step(state, Played("#"))[0].node == "menu"


def test_who_clears_for_ever_reaches_a_person() -> None:
    state, action = pressed("1", *["*"] * (MOST_KEYS - 1))
    assert isinstance(action, Play) and (action.prompts, state.node) == ((GIVING_UP,), "person")


def test_a_caller_about_to_leave_a_message_may_ask_for_a_person_instead() -> None:
    state, _ = pressed("2")
    assert step(state, Played(PERSON_KEY))[0].node == "person"
