"""What a flow file of the right shape can still get wrong.

Refused are nodes that do not exist or cannot be reached, prompts that have no text in a language of
the flow, queues that do not exist, more than five choices a menu, a person who is no queue, and
nodes that lead round to themselves without a key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from core.problems import Place, Problem
from ivr.flow import GIVING_UP, SILENT, WRONG
from ivr.nodes import FlowFile, MenuNode, QueueNode

MOST_CHOICES = 5


@dataclass(frozen=True, slots=True)
class Known:
    """What a flow may name: prompts with the languages they have, and queues."""

    prompts: Mapping[str, Collection[str]]
    queues: Collection[str]


def senseless(file: FlowFile, known: Known) -> list[Problem]:
    """What is wrong with a file of the right shape."""
    checks: tuple[Callable[[FlowFile, Known], Iterator[Problem]], ...] = (
        _dangling, _unspoken, _unknown_queues, _crowded, _impersonal, _unreachable, _endless,
    )  # fmt: skip
    return [problem for check in checks for problem in check(file, known)]


def _links(file: FlowFile) -> Iterator[tuple[Place, str]]:
    """Every place that names a node, and the name."""
    yield ("start",), file.start
    yield ("person",), file.person
    for name, part in file.nodes.items():
        yield from ((("nodes", name, "keys", key), target) for key, target in getattr(part, "keys", {}).items())
        if then := getattr(part, "then", ""):
            yield ("nodes", name, "then"), then


def _dangling(file: FlowFile, known: Known) -> Iterator[Problem]:
    names = ", ".join(file.nodes)
    for place, target in _links(file):
        if target not in file.nodes:
            yield Problem(place, f"no such node {target!r}; this flow has {names}")


def _spoken(file: FlowFile) -> Iterator[tuple[Place, str]]:
    for prompt in (WRONG, SILENT, GIVING_UP):
        yield ("nodes",), prompt
    for name, part in file.nodes.items():
        for key in ("intro", "say"):
            prompts = getattr(part, key, ())
            yield from ((("nodes", name, key, position), prompt) for position, prompt in enumerate(prompts))


def _unspoken(file: FlowFile, known: Known) -> Iterator[Problem]:
    for place, prompt in _spoken(file):
        if prompt not in known.prompts:
            yield Problem(place, f"no such prompt {prompt!r} in prompts.yaml")
        elif missing := [language for language in file.languages if language not in known.prompts[prompt]]:
            yield Problem(place, f"prompt {prompt!r} has no text in {', '.join(missing)}")


def _unknown_queues(file: FlowFile, known: Known) -> Iterator[Problem]:
    for name, part in file.nodes.items():
        if isinstance(part, QueueNode) and part.queue and part.queue not in known.queues:
            names = ", ".join(sorted(known.queues))
            yield Problem(("nodes", name, "queue"), f"no such queue {part.queue!r}; the house has {names}")


def _crowded(file: FlowFile, known: Known) -> Iterator[Problem]:
    for name, part in file.nodes.items():
        if isinstance(part, MenuNode) and len(part.keys) >= MOST_CHOICES:
            yield Problem(("nodes", name, "keys"), f"at most {MOST_CHOICES} choices, the person on 0 included")


def _impersonal(file: FlowFile, known: Known) -> Iterator[Problem]:
    if not isinstance(file.nodes.get(file.person, None), QueueNode | None):
        yield Problem(("person",), f"{file.person!r} must be a queue node: callers must not come back from it")


def _unreachable(file: FlowFile, known: Known) -> Iterator[Problem]:
    seen: set[str] = set()
    ahead = [file.start, file.person]
    while ahead:
        name = ahead.pop()
        if name in seen or name not in file.nodes:
            continue
        seen.add(name)
        ahead += [target for place, target in _links(file) if place[:2] == ("nodes", name)]
    for name in file.nodes:
        if name not in seen:
            yield Problem(("nodes", name), "no other node leads here")


def _endless(file: FlowFile, known: Known) -> Iterator[Problem]:
    """Follow `then` alone: a caller who presses nothing must arrive at a menu or a queue."""
    for name in file.nodes:
        passed: list[str] = []
        here = name
        while here and here not in passed:
            passed.append(here)
            here = getattr(file.nodes.get(here), "then", "")
        if here == name:
            yield Problem(
                ("nodes", name, "then"), f"leads round to itself without a key: {' -> '.join([*passed, here])}"
            )
