"""The menu as a pure step function: what happened in, what the caller gets next out.

- A key counts at once, also while a prompt still plays (type-ahead); `*` repeats, 0 reaches a person.
- Two wrong or silent tries reach a person. So does a caller who has pressed MOST_KEYS keys, whatever they were.
- No action ends the call; every path ends in a queue (`ivr.script` refuses a flow that goes round by itself).
- Prompts before a queue are never cut short: the recording notice is among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.errors import IllegalTransition
from core.ids import QueueId

PERSON_KEY, REPEAT_KEY = "0", "*"
MENU_KEYS = "0123456789*#"
MOST_TRIES = 2
MOST_KEYS = 12

WRONG, SILENT, GIVING_UP = "wrong-key", "no-key", "to-a-person"
"""Prompts that every flow uses; prompts.yaml must have them."""


# --- what a flow is made of ------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Say:
    """Plays prompts, then goes to `then`. `keys` choose otherwise meanwhile."""

    prompts: tuple[str, ...]
    keys: Mapping[str, str]
    then: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Plays `intro` and the choices, waits for a key. `intro` is not repeated."""

    intro: tuple[str, ...]
    prompts: tuple[str, ...]
    keys: Mapping[str, str]
    wait_s: float


@dataclass(frozen=True, slots=True)
class SwitchLanguage:
    """The flow's next language, then `then`."""

    then: str


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Plays prompts to their end, then asks for an agent. `queue` None: the hotline's own."""

    prompts: tuple[str, ...]
    queue: QueueId | None


Node = Say | Menu | SwitchLanguage | Enqueue


@dataclass(frozen=True, slots=True)
class Flow:
    """What one hotline says. `person` names the Enqueue node of 0 and of those who do not choose."""

    name: str
    languages: tuple[str, ...]
    start: str
    person: str
    nodes: Mapping[str, Node]


# --- what happened ---------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Started:
    """The line is ours."""


@dataclass(frozen=True, slots=True)
class Played:
    """The prompts are over: `key` cut them short, "" if none did."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """The wait is over: `key`, or "" for silence."""

    key: str


Happening = Started | Played | Key


# --- what the caller gets next ---------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Play:
    """Play prompts in `language`; a key of `stop_on` cuts them short. Answer with Played."""

    prompts: tuple[str, ...]
    language: str
    stop_on: str


@dataclass(frozen=True, slots=True)
class WaitKey:
    """Wait for one key. Answer with Key."""

    timeout_s: float


@dataclass(frozen=True, slots=True)
class Queue:
    """The flow is over: this caller wants an agent. Nothing answers it."""

    queue: QueueId
    priority: int
    language: str


Action = Play | WaitKey | Queue


@dataclass(frozen=True, slots=True)
class State:
    """Where one caller is. It carries its own flow: a changed one takes effect for new calls."""

    flow: Flow
    node: str
    language: str
    priority: int
    default: QueueId
    tries: int = 0
    keys: int = 0


def begin(flow: Flow, language: str, priority: int, default: QueueId) -> State:
    """A caller before the first prompt. A language the flow does not speak becomes its first.

    `priority` and `default`, the queue of those who do not choose, are the hotline's.
    """
    known = language if language in flow.languages else flow.languages[0]
    return State(flow, flow.start, known, priority, default)


def step(state: State, happening: Happening) -> tuple[State, Action]:
    """The next state, and what the caller gets.

    Raises:
        IllegalTransition: this node never asked for that (a key awaited in a Say, say).
    """
    node = state.flow.nodes[state.node]
    match node, happening:
        case _, Started():
            return _enter(state, state.node)
        case (Say() | Menu(), Played(key) | Key(key)) if key:
            return _pressed(state, node, key)
        case Say(), Played():
            return _enter(state, node.then)
        case Menu(), Played():
            return state, WaitKey(node.wait_s)
        case Menu(), Key():
            return _try_again(state, node, SILENT)
        case Enqueue(), Played():
            return state, _queue(state, node)
    raise IllegalTransition(f"{state.flow.name}: {state.node} does not know {happening!r}")


def choice(state: State, happening: Happening) -> str | None:
    """The key this caller chose, "" for a silent try; None when nothing was chosen. For statistics."""
    match state.flow.nodes[state.node], happening:
        case (Say() | Menu(), Played(key)) if key:
            return key
        case Menu(), Key(key):
            return key
    return None


def _enter(state: State, name: str, lead: tuple[str, ...] = ()) -> tuple[State, Action]:
    """Go to a node, saying `lead` before it."""
    state = replace(state, node=name, tries=0)
    match state.flow.nodes[name]:
        case SwitchLanguage(then):
            return _enter(replace(state, language=_next_language(state)), then, lead)
        case Say(prompts, keys):
            return state, Play(lead + prompts, state.language, _stops(keys))
        case Menu(intro, prompts):
            return state, Play(lead + intro + prompts, state.language, MENU_KEYS)
        case Enqueue(prompts) as enqueue:
            return state, Play(lead + prompts, state.language, "") if lead + prompts else _queue(state, enqueue)


def _pressed(state: State, node: Say | Menu, key: str) -> tuple[State, Action]:
    state = replace(state, keys=state.keys + 1)
    if key == PERSON_KEY:
        return _enter(state, state.flow.person)
    if state.keys >= MOST_KEYS:
        return _enter(state, state.flow.person, (GIVING_UP,))
    if key in node.keys:
        return _enter(state, node.keys[key])
    if isinstance(node, Say):
        return _enter(state, state.node if key == REPEAT_KEY else node.then)
    if key == REPEAT_KEY:
        return state, Play(node.prompts, state.language, MENU_KEYS)
    return _try_again(state, node, WRONG)


def _try_again(state: State, menu: Menu, because: str) -> tuple[State, Action]:
    state = replace(state, tries=state.tries + 1)
    if state.tries >= MOST_TRIES:
        return _enter(state, state.flow.person, (GIVING_UP,))
    return state, Play((because, *menu.prompts), state.language, MENU_KEYS)


def _queue(state: State, node: Enqueue) -> Queue:
    return Queue(node.queue or state.default, state.priority, state.language)


def _stops(keys: Mapping[str, str]) -> str:
    return "".join(sorted({*keys, PERSON_KEY, REPEAT_KEY}))


def _next_language(state: State) -> str:
    languages = state.flow.languages
    return languages[(languages.index(state.language) + 1) % len(languages)]
