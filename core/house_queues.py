"""Mistakes in the queues' rules that only the whole house shows, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from core.calling import transferable
from core.errors import Refused

if TYPE_CHECKING:
    from core.house import House, Queue

Placed = tuple[tuple[str | int, ...], str]


def queue_problems(house: House) -> list[Placed]:
    """Every mistake, in the order of the queues."""
    found: list[Placed] = []
    for position, queue in enumerate(house.queues):
        found += [(("queues", position, *place), text) for place, text in _relaxing(queue, house.skills)]
        found += [(("queues", position, "overflow"), text) for text in _overflowing(queue, house.queues)]
        found += [(("queues", position, "overflow_number"), text) for text in _leaving(queue, house)]
    return found


def _overflowing(queue: Queue, queues: Sequence[Queue]) -> Iterator[str]:
    """An unknown queue, or a way that leads back; a circle is told at each of its queues."""
    to = {str(other.id): other.overflow for other in queues}
    if queue.overflow is None:
        return
    if queue.overflow not in to:
        yield f"unknown queue {queue.overflow!r}"
        return
    way: list[str] = [queue.id]
    while (onward := to.get(way[-1])) is not None and onward not in way:
        way.append(onward)
    if onward == queue.id:
        yield f"calls would go round in a circle: {' -> '.join([*way, onward])}"


def _leaving(queue: Queue, house: House) -> Iterator[str]:
    """A number that callers may not be given to, or one beside a queue."""
    if not queue.overflow_number:
        return
    if queue.overflow is not None:
        yield f"callers overflow to the queue {queue.overflow!r} already; name one of them"
    try:
        transferable(queue.overflow_number, house)
    except Refused as refusal:
        yield str(refusal)


def _relaxing(queue: Queue, skills: tuple[str, ...]) -> Iterator[Placed]:
    known = ", ".join(skills)
    for number, step in enumerate(queue.relax):
        for skill in (skill for skill in step.skills if skill not in skills):
            yield ("relax", number, "skills", skill), f"unknown skill {skill!r}; the house knows: {known}"
        if not step.skills and not step.any_language:
            yield ("relax", number), "widens nothing; give skills, or any_language: true"
    for number, (before, after) in enumerate(pairwise(queue.relax), start=1):
        if after.after_s <= before.after_s:
            yield ("relax", number, "after_s"), f"must be more than the {before.after_s:g} of the step before"
