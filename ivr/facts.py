"""What a flow may know of a call besides its keys. Pure: the runner's owner gathers it, `ivr.flow.step` reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from core.ids import QueueId
from core.staff import WEEKDAYS
from ivr.parts import HOLIDAY, MADE_UP, OPENS_DAY, OPENS_TIME, Branch, Hours

DAYS_AHEAD = 15
"""As far as is looked for an opening: longer than any holiday."""


class QueueNow(StrEnum):
    """What somebody who joins a queue at this moment meets."""

    FREE = "free"  # an agent is idle
    BUSY = "busy"  # people are on duty, all of them speak
    EMPTY = "empty"  # nobody is on duty


def anybody(number: str) -> bool:
    """Every number may be called."""
    return True


def never(day: date) -> bool:
    """No day is a holiday."""
    return False


@dataclass(frozen=True, slots=True)
class Facts:
    """`local` is business time, aware; None where no clock is known, and then no span of hours holds. `opens`: when
    those who are closed now open, in business time; None: nobody knows.

    `caller` is the number in the inside form (core.numbers), `spoken` as people here say it.
    """

    local: datetime | None = None
    is_holiday: Callable[[date], bool] = never
    is_made_up: Callable[[date], bool] = never
    """Is this weekend day worked in exchange for a holiday?"""
    opens: datetime | None = None
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
    return _node_at(hours, facts, facts.local)


def _node_at(hours: Hours, facts: Facts, local: datetime) -> str:
    day = _day_of(facts, local.date())
    at = time(local.hour, local.minute, local.second)
    found = (span.go for span in hours.spans if span.holds(day, at))
    return next(found, hours.otherwise)


def _day_of(facts: Facts, day: date) -> str:
    if facts.is_holiday(day):
        return HOLIDAY
    return MADE_UP if facts.is_made_up(day) else WEEKDAYS[day.weekday()]


def over_at(hours: Hours, facts: Facts, closed: Collection[str] = ()) -> datetime | None:
    """When business time goes on to another node than now, from one of the `closed` ones to one that is not if there is
    such a one; None: not within DAYS_AHEAD."""
    if facts.local is None:
        return None
    now = _node_at(hours, facts, facts.local)
    same = closed if now in closed else (now,)
    turns = sorted({time.min, *(turn for span in hours.spans for turn in (span.start, span.end))})
    days = (facts.local.date() + timedelta(days=ahead) for ahead in range(DAYS_AHEAD))
    moments = (datetime.combine(day, turn, facts.local.tzinfo) for day in days for turn in turns)
    turning = [(at, _node_at(hours, facts, at)) for at in moments if at > facts.local]
    opens = next((at for at, node in turning if node not in same), None)
    return opens or next((at for at, node in turning if node != now), None)


def opening(opens: datetime | None, local: datetime | None) -> Mapping[str, str]:
    """The values that say when somebody is there again."""
    if opens is None:
        return {OPENS_DAY: "", OPENS_TIME: ""}
    today = local is not None and opens.date() == local.date()
    return {OPENS_DAY: "" if today else opens.date().isoformat(), OPENS_TIME: f"{opens:%H:%M}"}
