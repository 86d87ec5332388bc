"""More or fewer agents on the line for a while: +1@10:00-12:00, -2, +1:after-sales@20:00-24:00. Pure.

`+` brings agents of the twin's own, who can serve the queue that is named, or every queue; `-` takes whoever is on the
line. Without times it is the whole day; the day ends at midnight, which may be written 24:00 or 00:00.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.house import Agent, House, Queue, Seat
from core.ids import AgentId, SeatId
from core.inputs import ConfigurationChanged, Input, PbxResynced
from core.periods import midnight
from queueing.other_day import StaffChange

MOST = 200
_WRITTEN = re.compile(
    r"(?P<sign>[+-])(?P<count>[0-9]{1,3})(:(?P<queue>[a-z0-9-]{1,40}))?"
    r"(@(?P<start>[0-9]{1,2}:[0-9]{2})-(?P<end>[0-9]{1,2}:[0-9]{2}))?"
)


@dataclass(frozen=True, slots=True)
class SeatChange:
    """`count` below zero: fewer. No times: the whole day."""

    count: int
    queue: str = ""
    start: time | None = None
    end: time | None = None


def read(text: str, house: House) -> SeatChange:
    """Raises Refused: it is not written so, or names an unknown queue."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or not 0 < int(found["count"]) <= MOST:
        raise Refused(f"{text!r} is no change of seats. Write +1@10:00-12:00, -2, or +1:after-sales@10:00-12:00.")
    count, queue = int(found["sign"] + found["count"]), found["queue"] or ""
    if queue and count < 0:
        raise Refused(f"{text!r}: whoever is on the line is taken off it; a queue can be named for more agents only.")
    known = [one.id for one in house.queues]
    if queue and queue not in known:
        raise Refused(f"{text!r}: there is no queue {queue!r}; the house has {', '.join(known)}.")
    if not found["start"]:
        return SeatChange(count, queue)
    start, end = _time(found["start"], text), _time(found["end"], text)
    if end <= start and end != time():
        raise Refused(f"{text!r}: it ends before it begins; a day ends at 24:00.")
    return SeatChange(count, queue, start, end)


def _time(written: str, text: str) -> time:
    hour, minute = (int(part) for part in written.split(":"))
    if (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        raise Refused(f"{text!r}: {written} is no time of day.")
    return time(hour, minute)


@dataclass(frozen=True, slots=True)
class Extras:
    """The twin's own agents, and when they are on the line."""

    agents: tuple[Agent, ...]
    staff: tuple[StaffChange, ...]

    def changed(self, fact: Input, house: House | None = None) -> Input:
        """The house (in place of the one it had, where one is given) and the PBX, with the extra agents."""
        seats = tuple(SeatId(agent.id) for agent in self.agents)
        if isinstance(fact, ConfigurationChanged):
            return ConfigurationChanged(fact.version, self.added(house or fact.house))
        if isinstance(fact, PbxResynced) and seats:
            return replace(fact, reachable_seats=fact.reachable_seats | set(seats))
        return fact

    def added(self, house: House) -> House:
        seats = tuple(Seat(id=SeatId(agent.id)) for agent in self.agents)
        if not seats:
            return house
        return house.model_copy(update={"agents": house.agents + self.agents, "seats": house.seats + seats})


def planned(changes: Sequence[SeatChange], house: House, day: date) -> Extras:
    """These changes on this day of business time."""
    zone = ZoneInfo(house.time_zone)
    agents: list[Agent] = []
    staff: list[StaffChange] = []
    for change in changes:
        start_utc_s, end_utc_s = _span(change, day, zone)
        new = [_agent(house, len(agents) + number, change.queue) for number in range(1, max(0, change.count) + 1)]
        agents += new
        extra = tuple((agent.id, SeatId(agent.id)) for agent in new)
        staff.append(StaffChange(start_utc_s, end_utc_s, extra, max(0, -change.count)))
    return Extras(tuple(agents), tuple(staff))


def _span(change: SeatChange, day: date, zone: ZoneInfo) -> tuple[float, float]:
    first, last = midnight(day, zone), midnight(date.fromordinal(day.toordinal() + 1), zone)
    if change.start is None or change.end is None:
        return first, last
    start, end = (datetime.combine(day, at, zone).timestamp() for at in (change.start, change.end))
    return start, last if change.end == time() else end


def _agent(house: House, number: int, queue: str) -> Agent:
    """Who can serve this queue, or all, in every language, as well as is asked."""
    queues = [one for one in house.queues if queue in ("", one.id)]
    return Agent(
        id=AgentId(f"twin-{number}"), name=f"twin {number}", skills=_skills(queues), languages=house.languages
    )  # fmt: skip


def _skills(queues: Sequence[Queue]) -> dict[str, int]:
    skills: dict[str, int] = {}
    for queue in queues:
        for skill, level in queue.skills.items():
            skills[skill] = max(level, skills.get(skill, 0))
    return skills
