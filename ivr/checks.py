"""What a flow file of the right shape can still get wrong, before anybody hears it.

Refused: nodes that cannot be reached, or from which no end can be; nodes that lead round to themselves without a
key; prompts that have no text in a language of the flow; queues, lists and look-ups that do not exist; more than
MOST_CHOICES a menu or MOST_LEVELS menus; a person who is no queue; hours with holes and branches without a case;
values that nobody fills, and secrets that would be said; numbers outside that the house does not list; too much speech
(ivr.patience).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time

from core.problems import Problem
from core.staff import WEEKDAYS
from ivr.flow import OWN_PROMPTS
from ivr.nodes import (
    BranchNode,
    CallbackNode,
    DigitsNode,
    FlowFile,
    GoodbyeNode,
    HoursNode,
    LookUpNode,
    MenuNode,
    MessageNode,
    NodeFile,
    OutsideNode,
    QueueNode,
    SayNode,
)
from ivr.parts import ALWAYS_KNOWN, HOLIDAY
from ivr.patience import too_much_speech

MOST_CHOICES = 5
MOST_LEVELS = 3


def nothing_against(number: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a flow may name: prompts with the languages they have, queues, lists of callers, look-ups, other flows.

    `speech`: seconds of (language, prompt), measured or reckoned. `flows`: name -> text.
    """

    prompts: Mapping[str, Collection[str]]
    queues: Collection[str]
    lists: Collection[str] = ()
    look_ups: Collection[str] = ()
    flows: Mapping[str, str] = field(default_factory=dict)
    speech: Mapping[tuple[str, str], float] = field(default_factory=dict)
    shifts: Collection[str] = ()
    unreachable: Callable[[str], str] = nothing_against
    """Why callers may not be given to this number outside the house; "" they may."""


def senseless(file: FlowFile, known: Known) -> list[Problem]:
    """What is wrong with a whole flow whose links hold."""
    checks: tuple[Callable[[FlowFile, Known], Iterator[Problem]], ...] = (
        _unspoken, _unknown_names, _crowded, _impersonal, _unreachable, _endless, _caseless, _full_of_holes, _valueless,
        _barred,
    )  # fmt: skip
    problems = [problem for check in checks for problem in check(file, known)]
    if not problems:  # these follow the ways through a flow, which must be sound for that
        problems = [*_hopeless(file), *_deep(file), *too_much_speech(file, known.speech)]
    return problems


def targets(node: NodeFile) -> Iterator[str]:
    yield from (target for _, target in node.links())


def unprompted(node: NodeFile) -> Iterator[str]:
    """Where a call may go on to without anything that the caller does."""
    if isinstance(node, MenuNode | DigitsNode | MessageNode | CallbackNode):
        return  # two silent tries reach a person; a question that is not answered is gone on from
    if isinstance(node, SayNode):
        yield node.then
    else:
        yield from targets(node)


def _unspoken(file: FlowFile, known: Known) -> Iterator[Problem]:
    spoken = [(("nodes",), prompt) for prompt in OWN_PROMPTS]
    for name, node in file.nodes.items():
        spoken += [(("nodes", name, *place), said) for place, said in node.speech() if isinstance(said, str)]  # type: ignore[misc]
    for place, prompt in spoken:
        if prompt not in known.prompts:
            yield Problem(place, f"no such prompt {prompt!r} in prompts.yaml")
        elif missing := [language for language in file.languages if language not in known.prompts[prompt]]:
            yield Problem(place, f"prompt {prompt!r} has no text in {', '.join(missing)}")


def _unknown_names(file: FlowFile, known: Known) -> Iterator[Problem]:
    for name, node in file.nodes.items():
        if isinstance(node, BranchNode) and node.on == "shift":
            unknown = (case for case in node.cases if case not in known.shifts)
            yield from (
                Problem(("nodes", name, "cases", case), f"no such shift; the house has {_listed(known.shifts)}")
                for case in unknown
            )
        for key, what, value, there in _names(node, known):
            if value and value not in there:
                yield Problem(("nodes", name, key), f"no such {what} {value!r}; the house has {_listed(there)}")


def _names(node: NodeFile, known: Known) -> Iterator[tuple[str, str, str | None, Collection[str]]]:
    if isinstance(node, QueueNode | CallbackNode | OutsideNode):
        yield "queue", "queue", node.queue, known.queues
    elif isinstance(node, LookUpNode):
        yield "look_up", "look-up", node.look_up, known.look_ups
    elif isinstance(node, BranchNode) and node.on == "queue":
        yield "of", "queue", node.of, known.queues
    elif isinstance(node, BranchNode) and node.on == "list":
        yield "of", "list of callers", node.of or "-", known.lists


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _crowded(file: FlowFile, known: Known) -> Iterator[Problem]:
    for name, node in file.nodes.items():
        if isinstance(node, MenuNode) and len(node.keys) >= MOST_CHOICES:
            yield Problem(("nodes", name, "keys"), f"at most {MOST_CHOICES} choices, the person on 0 included")


def _impersonal(file: FlowFile, known: Known) -> Iterator[Problem]:
    if not isinstance(file.nodes[str(file.person)], QueueNode):
        yield Problem(("person",), f"{file.person!r} must be a queue node: callers must not come back from it")


def reached(file: FlowFile, starts: Collection[str]) -> set[str]:
    """Nodes that can be come to from these."""
    seen: set[str] = set()
    ahead = list(starts)
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += targets(file.nodes[name])
    return seen


def _unreachable(file: FlowFile, known: Known) -> Iterator[Problem]:
    seen = reached(file, [file.start, str(file.person)])
    yield from (Problem(("nodes", name), "no other node leads here") for name in file.nodes if name not in seen)


def _endless(file: FlowFile, known: Known) -> Iterator[Problem]:
    """A caller who presses nothing must arrive somewhere."""
    for name, node in file.nodes.items():
        if way := _way_round(file, name):
            key = next(place[0] for place, target in node.links() if target == way[1])
            text = f"leads round to itself without a key: {' -> '.join(way)}"
            yield Problem(("nodes", name, key), text)


def _way_round(file: FlowFile, name: str) -> list[str]:
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for target in unprompted(file.nodes[way[-1]]):
            if target == name:
                return [*way, name]
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []


def _hopeless(file: FlowFile) -> Iterator[Problem]:
    """Dead ends: a node from which, without key 0, neither a queue nor a goodbye can be come to."""
    for name in file.nodes:
        if not any(isinstance(file.nodes[end], QueueNode | OutsideNode | GoodbyeNode) for end in reached(file, [name])):
            yield Problem(("nodes", name), "leads nowhere: no queue and no goodbye can be come to from here")


def _deep(file: FlowFile) -> Iterator[Problem]:
    for name, level in levels(file).items():
        if level > MOST_LEVELS:
            yield Problem(("nodes", name), f"is the menu on level {level}; a caller goes through {MOST_LEVELS} at most")


def levels(file: FlowFile) -> dict[str, int]:
    """Menu -> how many menus a caller hears on the shortest way to its choices, itself included."""
    found: dict[str, int] = {}
    best: dict[str, int] = {}
    ahead = [(file.start, 0)]
    while ahead:
        name, above = ahead.pop(0)
        here = above + isinstance(file.nodes[name], MenuNode)
        if here >= best.get(name, len(file.nodes) + 1):
            continue
        best[name] = here
        if isinstance(file.nodes[name], MenuNode):
            found[name] = here
        ahead += [(target, here) for target in targets(file.nodes[name])]
    return found


def _barred(file: FlowFile, known: Known) -> Iterator[Problem]:
    for name, node in file.nodes.items():
        if isinstance(node, OutsideNode) and (why := known.unreachable(node.number)):
            yield Problem(("nodes", name, "number"), why)


# --- branches and hours --------------------------------------------------------------------------
def _caseless(file: FlowFile, known: Known) -> Iterator[Problem]:
    for name, node in file.nodes.items():
        if not isinstance(node, BranchNode):
            continue
        answers = _answers(node, file)
        if answers is None and node.otherwise is None:
            yield Problem(("nodes", name), "otherwise is required here: nobody knows all the answers there will be")
        elif answers and node.otherwise is None and (missing := [each for each in answers if each not in node.cases]):
            yield Problem(("nodes", name, "cases"), f"no case for {', '.join(missing)}, and no otherwise")
        for case in node.cases:
            if answers and case not in answers:
                yield Problem(("nodes", name, "cases", case), f"is never the answer; those are {', '.join(answers)}")


def _answers(node: BranchNode, file: FlowFile) -> tuple[str, ...] | None:
    answers = {"list": ("yes", "no"), "language": file.languages, "queue": ("free", "busy", "empty")}
    return answers.get(node.on)


def _full_of_holes(file: FlowFile, known: Known) -> Iterator[Problem]:
    for name, node in file.nodes.items():
        if isinstance(node, HoursNode) and node.otherwise is None:
            for day in (*WEEKDAYS, HOLIDAY):
                if hole := _hole(node, day):
                    yield Problem(("nodes", name, "rows"), f"nothing holds on {day} {hole}, and no otherwise")


def _hole(node: HoursNode, day: str) -> str:
    """The first span of a day that no row holds in, such as "00:00-08:00"; "" if there is none."""
    spans = sorted((span.start, span.end) for span in node.spans() if day in span.days)
    covered = time.min
    for start, end in spans:
        if start > covered:
            return f"{covered:%H:%M}-{start:%H:%M}"
        if end == time.min:
            return ""
        covered = max(covered, end)
    return f"{covered:%H:%M}-24:00"


# --- values --------------------------------------------------------------------------------------
def _valueless(file: FlowFile, known: Known) -> Iterator[Problem]:
    filled = {*ALWAYS_KNOWN, *(value for node in file.nodes.values() for value in node.fills())}
    secret = {node.into for node in file.nodes.values() if isinstance(node, DigitsNode) and node.secret}
    for name, node in file.nodes.items():
        for key, value in _values_of(node):
            if value not in filled:
                yield Problem(("nodes", name, *key), f"no node fills {value!r}; there are {', '.join(sorted(filled))}")
            elif value in secret and key[0] != "send":
                yield Problem(("nodes", name, *key), f"{value!r} is a secret: only a look-up may get it")


def _values_of(node: NodeFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every place that reads a value."""
    yield from ((place, *said.values()) for place, said in node.speech() if isinstance(said, dict))  # type: ignore[misc]
    if isinstance(node, LookUpNode):
        yield from ((("send", position), value) for position, value in enumerate(node.send))
    elif isinstance(node, MessageNode) and node.number:
        yield ("number",), node.number
    elif isinstance(node, QueueNode) and node.case:
        yield ("case",), node.case
    elif isinstance(node, BranchNode) and node.on == "value":
        yield ("of",), node.of or "-"
