"""How long a caller listens: seconds of speech to the first choice and to a person, on every way through a flow.

Speech only, heard whole; waiting for a key and for a look-up comes on top. "To a person" is the quickest way to each
queue, and the way of somebody who never presses a key.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from core.problems import Problem
from ivr.flow import GIVING_UP, SILENT, SPEAK_NOW
from ivr.nodes import FlowFile, LanguageNode, MenuNode, MessageNode, NodeFile, QueueNode, SayNode

TO_THE_FIRST_CHOICE_S = 20.0
TO_A_PERSON_S = 45.0
VALUE_S = 3.0
"""What a spoken value is reckoned at: a case of eight digits."""

Speech = Mapping[tuple[str, str], float]
Way = tuple[float, tuple[str, ...]]


def too_much_speech(file: FlowFile, speech: Speech) -> Iterator[Problem]:
    """Ways that take longer than callers bear. Prompts of unknown length count as nothing."""
    for language in file.languages:
        seconds, way = first_choice(file, speech, language)
        if seconds > TO_THE_FIRST_CHOICE_S:
            yield Problem(("start",), _told(seconds, TO_THE_FIRST_CHOICE_S, "the first choice", language, way))
        for queue, (seconds, way) in quickest(file, speech, language).items():
            if seconds > TO_A_PERSON_S:
                yield Problem(("nodes", queue), _told(seconds, TO_A_PERSON_S, "a person", language, way))
        seconds, way = silent(file, speech, language)
        if seconds > TO_A_PERSON_S:
            yield Problem(("person",), _told(seconds, TO_A_PERSON_S, "a person without a key", language, way))


def _told(seconds: float, limit_s: float, to: str, language: str, way: tuple[str, ...]) -> str:
    return f"{seconds:.1f} s of speech to {to} in {language}, at most {limit_s:.0f}: {' -> '.join(way)}"


def lasts_s(node: NodeFile, speech: Speech, language: str) -> float:
    """Seconds that a node speaks when it is entered."""
    prompts = [prompt for _, prompt in node.speech()]
    if isinstance(node, MessageNode):
        prompts.append(SPEAK_NOW)
    return sum(speech.get((language, each), 0.0) if isinstance(each, str) else VALUE_S for each in prompts)


def first_choice(file: FlowFile, speech: Speech, language: str, start: str = "") -> Way:
    """The longest way to the end of the first choices, or to a queue that comes before any."""
    name = start or file.start
    node = file.nodes[name]
    if isinstance(node, QueueNode):
        return 0.0, (name,)
    here = lasts_s(node, speech, language)
    ahead = () if isinstance(node, MenuNode) else tuple(_on(node))
    ways = (first_choice(file, speech, language, target) for target in ahead)
    longest, way = max(ways, default=(0.0, ()))
    return here + longest, (name, *way)


def _on(node: NodeFile) -> Iterator[str]:
    """Where a call goes on without a key. Digits, messages and marks are choices themselves."""
    if isinstance(node, SayNode):
        yield node.then
    elif node.kind in ("branch", "hours", "set", "look-up", "language"):
        yield from (target for _, target in node.links())


def quickest(file: FlowFile, speech: Speech, language: str) -> dict[str, Way]:
    """Queue node -> the way to it with the least speech, its own prompts included."""
    found: dict[str, Way] = {}
    done: set[tuple[str, str]] = set()
    ahead: list[tuple[float, tuple[str, ...], str]] = [(0.0, (file.start,), language)]
    while ahead:
        before, way, spoken = heapq.heappop(ahead)
        if (way[-1], spoken) in done:
            continue
        done.add((way[-1], spoken))
        node = file.nodes[way[-1]]
        seconds = before + lasts_s(node, speech, spoken)
        if isinstance(node, QueueNode):
            found.setdefault(way[-1], (seconds, way))
        if isinstance(node, LanguageNode):
            spoken = file.languages[(file.languages.index(spoken) + 1) % len(file.languages)]
        for _, target in node.links():
            heapq.heappush(ahead, (seconds, (*way, target), spoken))
    return found


def silent(file: FlowFile, speech: Speech, language: str) -> Way:
    """The way of somebody who never presses a key."""
    seconds, way = first_choice(file, speech, language)
    last = file.nodes[way[-1]]
    if not isinstance(last, MenuNode):
        is_person = isinstance(last, QueueNode)
        return (seconds + lasts_s(last, speech, language), way) if is_person else (0.0, way)
    choices = sum(speech.get((language, each), 0.0) for each in last.say if isinstance(each, str))
    own = sum(speech.get((language, each), 0.0) for each in (SILENT, GIVING_UP))
    person = str(file.person)
    return seconds + own + choices + lasts_s(file.nodes[person], speech, language), (*way, way[-1], person)
