"""What a flow may know of a call besides its keys. Pure: the runner's owner gathers it, `ivr.flow.step` reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from core.ids import QueueId
from ivr.parts import HOLIDAY, WEEKDAYS, Branch, Hours


class QueueNow(StrEnum):
    """What somebody who joins a queue at this moment meets."""

    FREE = "free"  # an agent is idle
    BUSY = "busy"  # people are on duty, all of them speak
    EMPTY = "empty"  # nobody is on duty


def anybody(number: str) -> bool:
    """Every number may be called."""
    return True


@dataclass(frozen=True, slots=True)
class Facts:
    """`local` is business time, aware; None where no clock is known, and then no span of hours holds.

    `caller` is the number in the inside form (core.numbers), `spoken` as people here say it.
    """

    local: datetime | None = None
    holiday: bool = False
    caller: str = ""
    spoken: str = ""
    lists: tuple[str, ...] = ()
    shifts: tuple[str, ...] = ()
    """Those that are on now; several may overlap."""
    earlier: QueueId | None = None
    queues: Mapping[QueueId, QueueNow] = field(default_factory=dict)
    may_call: Callable[[str], bool] = anybody
    """May this number, as seen or as typed, be promised a callback?"""


NOTHING_KNOWN = Facts()


def case_of(branch: Branch, facts: Facts, language: str, values: Mapping[str, str], default: QueueId) -> str:
    """The node that a branch goes on to."""
    match branch.on:
        case "list":
            answer = "yes" if branch.of in facts.lists else "no"
        case "language":
            answer = language
        case "queue":
            answer = facts.queues.get(QueueId(branch.of) if branch.of else default, "")
        case "earlier":
            answer = facts.earlier or ""
        case "shift":
            answer = next((shift for shift in facts.shifts if shift in branch.cases), "")
        case _:
            answer = values.get(branch.of, "")
    return branch.cases.get(answer, branch.otherwise)


def hours_of(hours: Hours, facts: Facts) -> str:
    """The node that business time goes on to."""
    if facts.local is None:
        return hours.otherwise
    day = HOLIDAY if facts.holiday else WEEKDAYS[facts.local.weekday()]
    at = time(facts.local.hour, facts.local.minute, facts.local.second)
    found = (span.go for span in hours.spans if span.holds(day, at))
    return next(found, hours.otherwise)
