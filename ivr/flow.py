"""What a caller hears as a pure step function: what happened in, what the caller gets next out.

- A key counts at once, also while a prompt still plays, and what a greeting does not know is for the menu, the digits
  or the question behind it (type-ahead). `*` repeats, `#` goes back to the menu before, 0 reaches a person.
- Where digits are typed `#` ends them, `*` clears them, and 0 is a digit.
- Two wrong or silent tries reach a person. So does a caller who has pressed MOST_KEYS keys, whatever they were.
- A call ends in a queue, or with a goodbye that a caller chose; `ivr.checks` refuses a flow that goes round by itself.
- Prompts before a queue and a goodbye are never cut short: the recording notice is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from core.errors import IllegalTransition
from core.ids import QueueId
from ivr.closed_ways import closed_ways, goes_on
from ivr.facts import NOTHING_KNOWN, Facts, case_of, hours_of, opening, over_at
from ivr.parts import (
    BACK_KEY,
    CALLER,
    PERSON_KEY,
    REPEAT_KEY,
    Branch,
    Callback,
    Collect,
    Enqueue,
    Flow,
    Goodbye,
    Hours,
    LookUp,
    Menu,
    Message,
    Node,
    Prompts,
    Rate,
    Say,
    Set,
    Spoken,
    SwitchLanguage,
)
from ivr.say import said
from ivr.steps import (
    Action,
    Fetch,
    Fetched,
    HangUp,
    Happening,
    Key,
    Mark,
    Play,
    Played,
    PromiseCallback,
    Queue,
    Record,
    Recorded,
    Started,
    Told,
    WaitKey,
)

MENU_KEYS = "0123456789*#"
MARKS = "12345"
MOST_TRIES = 2
MOST_KEYS = 24
SHORTEST_MESSAGE_S = 1.0
LEAST_NUMBER, MOST_NUMBER = 5, 20
"""Digits of a telephone number that somebody types to be called back."""
TYPING_WAIT_S = 5.0

WRONG, SILENT, GIVING_UP = "wrong-key", "no-key", "to-a-person"
YOU_TYPED, RIGHT_OR_AGAIN = "you-typed", "right-or-again"
CALL_YOU_AT, TYPE_NUMBER, NOT_CALLED = "call-you-at", "type-number", "number-not-called"
SPEAK_NOW, NOTHING_HEARD = "speak-now", "nothing-heard"
OWN_PROMPTS = (
    WRONG, SILENT, GIVING_UP, YOU_TYPED, RIGHT_OR_AGAIN, CALL_YOU_AT, TYPE_NUMBER, NOT_CALLED,
    SPEAK_NOW, NOTHING_HEARD,
)  # fmt: skip
"""Prompts that the rules themselves use; prompts.yaml must have them."""
RIGHT_KEY, AGAIN_KEY = "1", "2"


@dataclass(frozen=True, slots=True)
class State:
    """Where one caller is. It carries its own flow: a changed one takes effect for new calls.

    `trail`: the menus on the way here, for the way back. `entered`: nodes that the last step led through. `entry`:
    digits typed so far. `checking`: they are being confirmed. What was typed stays out of texts made of this
    (`repr`): it may be a secret.
    """

    flow: Flow
    node: str
    language: str
    priority: int
    default: QueueId
    tries: int = 0
    keys: int = 0
    trail: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    checking: bool = False
    entry: str = field(default="", repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    facts: Facts = field(default=NOTHING_KNOWN, repr=False)


def begin(flow: Flow, language: str, priority: int, default: QueueId) -> State:
    """A caller before the first prompt. A language the flow does not speak becomes its first.

    `priority` and `default`, the queue of those who do not choose, are the hotline's.
    """
    known = language if language in flow.languages else flow.languages[0]
    return State(flow, flow.start, known, priority, default)


def step(state: State, happening: Happening, facts: Facts = NOTHING_KNOWN) -> tuple[State, Action]:
    """The next state, and what the caller gets.

    Raises:
        IllegalTransition: this node never asked for that (a key awaited in a Say, say).
    """
    state = replace(state, facts=facts, entered=())
    if isinstance(happening, Started):
        return _enter(state, state.node)
    node = state.flow.nodes[state.node]
    rule = _RULES.get((type(node), type(happening)))
    if rule is None:
        raise IllegalTransition(f"{state.flow.name}: {state.node} does not know {happening!r}")
    return rule(state, node, happening)


def choice(state: State, happening: Happening) -> str | None:
    """The key this caller chose, "" for a silent try; None when nothing was chosen. For statistics.

    Typed digits are no choices: they may be secret. The state's facts are those of this moment, as for `step`.
    """
    match state.flow.nodes[state.node], happening:
        case (Say() as node, Played(key)) if key:
            return None if _is_typed_ahead(state, node, key) else key
        case (Menu(), Played(key)) if key:
            return key
        case Menu(), Key(key):
            return key
    return None


# --- entering a node -------------------------------------------------------------------------
def _enter(state: State, name: str, lead: tuple[str, ...] = ()) -> tuple[State, Action]:
    """Go to a node, saying `lead` before it."""
    state = replace(state, node=name, tries=0, entry="", checking=False, entered=(*state.entered, name))
    node = state.flow.nodes[name]
    match node:
        case SwitchLanguage(then):
            return _enter(replace(state, language=_next_language(state)), then, lead)
        case Set():
            return _enter(_changed(state, node), node.then, lead)
        case Branch():
            return _enter(state, case_of(node, state.facts, state.language, _values(state), state.default), lead)
        case Hours():
            over = over_at(node, state.facts, closed_ways(state.flow, node))
            values = {**state.values, **opening(over, state.facts.local)}
            return _enter(replace(state, values=values), hours_of(node, state.facts), lead)
        case Menu(intro, prompts):
            return _on_trail(state), _play(state, (*lead, *intro, *prompts), MENU_KEYS)
        case Callback(prompts):
            return _offer_callback(state, node, (*lead, *prompts))
        case Enqueue(prompts) if not (lead or prompts):
            return state, _queue(state, node)
        case LookUp(prompts) if not (lead or prompts):
            return state, _fetch(state, node)
        case _:
            return state, _play(state, (*lead, *_entrance(node)), _stops(node))


def _entrance(node: Node) -> Prompts:
    return (*node.prompts, SPEAK_NOW) if isinstance(node, Message) else getattr(node, "prompts", ())


def _stops(node: Node) -> str:
    if isinstance(node, Message):
        return PERSON_KEY + BACK_KEY
    return MENU_KEYS if isinstance(node, Say | Collect | Rate) else ""


def _play(state: State, prompts: Prompts, stop_on: str) -> Play:
    """Prompts with this call's values put in."""
    values = _values(state)
    names: list[str] = []
    for prompt in prompts:
        if isinstance(prompt, Spoken):
            names += said(prompt.kind, values.get(prompt.of, ""), state.language)
        else:
            names.append(prompt)
    return Play(tuple(names), state.language, stop_on)


def _values(state: State) -> Mapping[str, str]:
    return {CALLER: state.facts.spoken, **opening(state.facts.opens, state.facts.local), **state.values}


def _changed(state: State, node: Set) -> State:
    return replace(
        state,
        language=node.language if node.language in state.flow.languages else state.language,
        priority=state.priority if node.priority is None else node.priority,
        values={**state.values, **node.values},
    )


def _on_trail(state: State) -> State:
    """A menu that was passed before is the end of the trail again: going round does not make the way back longer."""
    trail = state.trail
    known = trail[: trail.index(state.node)] if state.node in trail else trail
    return replace(state, trail=(*known, state.node))


def _next_language(state: State) -> str:
    languages = state.flow.languages
    return languages[(languages.index(state.language) + 1) % len(languages)]


# --- rules every node of keys shares ---------------------------------------------------------
def _person(state: State, lead: tuple[str, ...] = ()) -> tuple[State, Action]:
    return _enter(state, state.flow.person, lead)


def _counted(state: State) -> State:
    return replace(state, keys=state.keys + 1)


def _back(state: State) -> tuple[State, Action]:
    """To the menu before the one we are in; from elsewhere to the last menu. At the top it is said again."""
    trail = state.trail[:-1] if state.trail[-1:] == (state.node,) else state.trail
    return _enter(replace(state, trail=trail), trail[-1] if trail else state.node)


def _failed_try(state: State, because: str, again: Prompts, stop_on: str = MENU_KEYS) -> tuple[State, Action]:
    state = replace(state, tries=state.tries + 1, entry="")
    if state.tries >= MOST_TRIES:
        return _person(state, (GIVING_UP,))
    return state, _play(state, (because, *again), stop_on)


# --- say, menu -------------------------------------------------------------------------------
def _said(state: State, node: Say, happening: Played) -> tuple[State, Action]:
    return _pressed(state, node, happening.key) if happening.key else _enter(state, node.then)


def _offered(state: State, node: Menu, happening: Played) -> tuple[State, Action]:
    return _pressed(state, node, happening.key) if happening.key else (state, WaitKey(node.wait_s))


def _chosen(state: State, node: Menu, happening: Key) -> tuple[State, Action]:
    if happening.key:
        return _pressed(state, node, happening.key)
    return _failed_try(state, SILENT, node.prompts)


def _pressed(state: State, node: Say | Menu, key: str) -> tuple[State, Action]:
    state = _counted(state)
    if key == PERSON_KEY:
        return _person(state)
    if state.keys >= MOST_KEYS:
        return _person(state, (GIVING_UP,))
    if key in node.keys:
        return _enter(state, node.keys[key])
    if key == REPEAT_KEY:
        return _enter(state, state.node) if isinstance(node, Say) else (state, _play(state, node.prompts, MENU_KEYS))
    if key == BACK_KEY and (isinstance(node, Menu) or state.trail):
        return _back(state)
    if isinstance(node, Say):
        return _typed_ahead(state, node, key)
    return _failed_try(state, WRONG, node.prompts)


def _typed_ahead(state: State, node: Say, key: str) -> tuple[State, Action]:
    """A key that this text does not know answers what is behind it, where that knows it; else it only ends the text."""
    state, action = _enter(state, node.then)
    behind = state.flow.nodes[state.node]
    if isinstance(behind, Menu) and key in behind.keys:
        return _enter(state, behind.keys[key])
    if isinstance(behind, Rate) and key in MARKS:
        return _rated(state, behind, Played(key))
    return _digit_ahead(state, key) or (state, action)


def _digit_ahead(state: State, key: str) -> tuple[State, Action] | None:
    """It is the first of a number that is asked for here, or behind the texts that are said here; None: it is not.
    Other answers skip no further text, which is to be heard."""
    here = state.flow.nodes[state.node]
    if not key.isdigit():
        return None
    if _asks_for_digits(here, state):
        return _typed(state, here, Played(key))
    return _digit_ahead(_enter(state, here.then)[0], key) if isinstance(here, Say) and key not in here.keys else None


def _is_typed_ahead(state: State, node: Say, key: str) -> bool:
    """May it be a digit of a number that is asked for behind this text, be there other texts and look-ups before?"""
    if not key.isdigit() or key == PERSON_KEY or key in node.keys:
        return False
    first = _enter(state, node.then)[0].node
    ahead, seen = [first], {first}
    while ahead:
        name = ahead.pop()
        behind = state.flow.nodes[name]
        if isinstance(behind, Collect | Callback) and _asks_for_digits(behind, _enter(state, name)[0]):
            return True
        ways = (hours_of(behind, state.facts),) if isinstance(behind, Hours) else goes_on(behind)
        ahead += [way for way in ways if way not in seen]
        seen.update(ahead)
    return False


def _asks_for_digits(node: Node, state: State) -> TypeGuard[Collect | Callback]:
    """A callback that reads out the number it has seen asks for yes or no, and that must have been heard."""
    return isinstance(node, Collect) or (isinstance(node, Callback) and not state.checking)


# --- digits ----------------------------------------------------------------------------------
def _typed(state: State, node: Collect | Callback, happening: Played | Key) -> tuple[State, Action]:
    if state.checking:
        return _checked(state, node, happening)
    key = happening.key
    if key.isdigit():
        return _longer(replace(state, entry=state.entry + key), node)
    if key == REPEAT_KEY:
        return _cleared(_counted(state), node)
    if key in (BACK_KEY, "") and not (isinstance(happening, Played) and not key):
        return _entry_over(state, node, SILENT if not (key or state.entry) else WRONG)
    state = _counted(state) if key else state  # A to D: no telephone has them, and no digits are they
    return _person(state, (GIVING_UP,)) if state.keys >= MOST_KEYS else (state, WaitKey(_wait_s(node)))


def _longer(state: State, node: Collect | Callback) -> tuple[State, Action]:
    if len(state.entry) >= _lengths(node)[1]:
        return _entry_over(state, node, WRONG)
    return state, WaitKey(_wait_s(node))


def _cleared(state: State, node: Collect | Callback) -> tuple[State, Action]:
    if state.keys >= MOST_KEYS:
        return _person(state, (GIVING_UP,))
    state = replace(state, entry="")
    return state, _play(state, _asking(node), MENU_KEYS)


def _entry_over(state: State, node: Collect | Callback, because: str) -> tuple[State, Action]:
    """# was pressed, the number is full, or nothing comes any more."""
    if len(state.entry) < _lengths(node)[0]:
        return _failed_try(state, because, _asking(node))
    if isinstance(node, Callback) and not state.facts.may_call(state.entry):
        return _failed_try(state, NOT_CALLED, _asking(node))
    if isinstance(node, Callback) or node.confirm:
        return _check(replace(state, checking=True, tries=0), node)
    return _taken(state, node)


def _check(state: State, node: Collect | Callback, lead: tuple[str, ...] = ()) -> tuple[State, Action]:
    """Read the digits back."""
    before = CALL_YOU_AT if isinstance(node, Callback) else YOU_TYPED
    spoken = state.facts.spoken if state.entry == state.facts.caller else state.entry
    names = (*lead, before, *said("digits", spoken, state.language), RIGHT_OR_AGAIN)
    return state, Play(names, state.language, MENU_KEYS)


def _checked(state: State, node: Collect | Callback, happening: Played | Key) -> tuple[State, Action]:
    key = happening.key
    if isinstance(happening, Played) and not key:
        return state, WaitKey(_wait_s(node))
    state = _counted(state) if key else state
    if key == PERSON_KEY or state.keys >= MOST_KEYS:
        return _person(state, () if key == PERSON_KEY else (GIVING_UP,))
    if key == RIGHT_KEY:
        return _taken(state, node)
    if key in (AGAIN_KEY, BACK_KEY):
        return _cleared(replace(state, checking=False), node)
    if key == REPEAT_KEY:
        return _check(state, node)
    state = replace(state, tries=state.tries + 1)
    if state.tries >= MOST_TRIES:
        return _person(state, (GIVING_UP,))
    return _check(state, node, (WRONG if key else SILENT,))


def _taken(state: State, node: Collect | Callback) -> tuple[State, Action]:
    if isinstance(node, Callback):
        return state, PromiseCallback(node.queue or state.default, state.entry, state.priority, state.language)
    state = _counted(replace(state, values={**state.values, node.into: state.entry}))
    return _person(state, (GIVING_UP,)) if state.keys >= MOST_KEYS else _enter(state, node.then)


def _lengths(node: Collect | Callback) -> tuple[int, int]:
    return (LEAST_NUMBER, MOST_NUMBER) if isinstance(node, Callback) else (node.least, node.most)


def _wait_s(node: Collect | Callback) -> float:
    return TYPING_WAIT_S if isinstance(node, Callback) else node.wait_s


def _asking(node: Collect | Callback) -> Prompts:
    return (TYPE_NUMBER,) if isinstance(node, Callback) else node.prompts


def _offer_callback(state: State, node: Callback, lead: Prompts) -> tuple[State, Action]:
    """A caller whose number we see, and may call, confirms it; another one types one."""
    if len(number := state.facts.caller) < LEAST_NUMBER or not state.facts.may_call(number):
        return state, _play(state, (*lead, TYPE_NUMBER), MENU_KEYS)
    state = replace(state, entry=number, checking=True)
    names = _play(state, lead, MENU_KEYS).prompts
    return _check(state, node, names)


def _promised(state: State, node: Callback, happening: Told) -> tuple[State, Action]:
    return _enter(state, node.then)


# --- messages, marks, look-ups ---------------------------------------------------------------
def _before_message(state: State, node: Message, happening: Played) -> tuple[State, Action]:
    if happening.key == PERSON_KEY:
        return _person(_counted(state))
    if happening.key and state.trail:
        return _back(_counted(state))
    number = state.values.get(node.number, "") or state.facts.caller
    return state, Record(node.topic, number, state.language, node.longest_s)


def _after_message(state: State, node: Message, happening: Recorded) -> tuple[State, Action]:
    if happening.lasted_s >= SHORTEST_MESSAGE_S:
        state = _counted(state)
        return _person(state, (GIVING_UP,)) if state.keys >= MOST_KEYS else _enter(state, node.then)
    return _failed_try(state, NOTHING_HEARD, (SPEAK_NOW,), _stops(node))


def _rated(state: State, node: Rate, happening: Played | Key) -> tuple[State, Action]:
    """Nobody is kept, or sent to a person, for not answering a survey."""
    key = happening.key
    if key and key in MARKS:
        return state, Mark(node.question, int(key))
    if isinstance(happening, Played) and not key:
        return state, WaitKey(node.wait_s)
    state = replace(state, tries=state.tries + 1)
    if state.tries >= MOST_TRIES:
        return _enter(state, node.then)
    return state, _play(state, node.prompts, MENU_KEYS)


def _marked(state: State, node: Rate, happening: Told) -> tuple[State, Action]:
    return _enter(state, node.then)


def _ask_elsewhere(state: State, node: LookUp, happening: Played) -> tuple[State, Action]:
    return state, _fetch(state, node)


def _fetch(state: State, node: LookUp) -> Fetch:
    values = _values(state)
    return Fetch(node.look_up, {name: values.get(name, "") for name in node.send}, node.into)


def _fetched(state: State, node: LookUp, happening: Fetched) -> tuple[State, Action]:
    answered = {name: happening.values.get(name, "") for name in node.into}
    state = replace(state, values={**state.values, **answered})
    return _enter(state, node.cases.get(happening.answer, node.otherwise))


# --- ends ------------------------------------------------------------------------------------
def _ask_agent(state: State, node: Enqueue, happening: Played) -> tuple[State, Action]:
    return state, _queue(state, node)


def _queue(state: State, node: Enqueue) -> Queue:
    priority = state.priority if node.priority is None else node.priority
    return Queue(node.queue or state.default, priority, state.language, state.values.get(node.case, ""), node.outside)


def _hang_up(state: State, node: Goodbye, happening: Played) -> tuple[State, Action]:
    return state, HangUp()


_RULES: Mapping[tuple[type, type], Callable[[State, Any, Any], tuple[State, Action]]] = {
    (Say, Played): _said,
    (Menu, Played): _offered,
    (Menu, Key): _chosen,
    (Collect, Played): _typed,
    (Collect, Key): _typed,
    (Callback, Played): _typed,
    (Callback, Key): _typed,
    (Callback, Told): _promised,
    (Message, Played): _before_message,
    (Message, Recorded): _after_message,
    (Rate, Played): _rated,
    (Rate, Key): _rated,
    (Rate, Told): _marked,
    (LookUp, Played): _ask_elsewhere,
    (LookUp, Fetched): _fetched,
    (Enqueue, Played): _ask_agent,
    (Goodbye, Played): _hang_up,
}
