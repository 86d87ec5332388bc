"""Days of the roster on which somebody would work two shifts at once, or swap nothing; each with its place.

Only the days that a change or a swap touches are looked at, with the day before and after: what is worked every day by
one shift never overlaps itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from core.ids import AgentId
from core.staff import OFF, WEEKDAYS, Place, RosterChange, Shift, Swap

if TYPE_CHECKING:
    from core.house import Agent, House

ONE_DAY = timedelta(days=1)


def duty_problems(house: House) -> Iterator[tuple[Place, str]]:
    """Call when every name in the roster is known."""
    duties = _Duties(house)
    for position, entry in enumerate(house.roster):
        place: Place = ("roster", position)
        if isinstance(entry, Swap) and not any(duties.usual(agent, entry.date) for agent in entry.agents):
            yield place, f"neither works on {entry.date}; there is nothing to swap"
        for agent in entry.agents if isinstance(entry, Swap) else (entry.agent,):
            for day in (entry.date - ONE_DAY, entry.date):
                if text := duties.overlap(agent, day):
                    yield place, text


class _Duties:
    """Who works what on a day; public holidays as the house has them, else weekdays."""

    def __init__(self, house: House) -> None:
        self._agents: dict[AgentId, Agent] = {agent.id: agent for agent in house.agents}
        self._shifts = {shift.id: shift for shift in house.shifts}
        self._changes = {(one.date, one.agent): one.shift for one in house.roster if isinstance(one, RosterChange)}
        self._swaps: dict[tuple[date, AgentId], AgentId] = {}
        for one in house.roster:
            if isinstance(one, Swap):
                first, second = one.agents
                self._swaps |= {(one.date, first): second, (one.date, second): first}
        self._worked = {day for year in house.calendar for day in year.working_days}
        self._holidays = {day for year in house.calendar for day in year.holidays}

    def overlap(self, agent: AgentId, day: date) -> str:
        """What is wrong with this day and the next; "": nothing."""
        shift, following = self._shift(agent, day), self._shift(agent, day + ONE_DAY)
        if shift is None or following is None or not _at_once(shift, following):
            return ""
        begins = f"{following.id} of {day + ONE_DAY} begins at {following.start:%H:%M}"
        return f"{agent} would work two shifts at once: {shift.id} of {day} ends at {shift.end:%H:%M}, {begins}"

    def _shift(self, agent: AgentId, day: date) -> Shift | None:
        if (changed := self._changes.get((day, agent))) is not None:
            return None if changed == OFF else self._shifts[changed]
        return self.usual(self._swaps.get((day, agent), agent), day)

    def usual(self, agent: AgentId, day: date) -> Shift | None:
        person = self._agents[agent]
        shift = self._shifts.get(person.shift)
        if shift is None or WEEKDAYS[day.weekday()] in person.days_off:
            return None
        return shift if shift.days == "every_day" or self._is_working_day(day) else None

    def _is_working_day(self, day: date) -> bool:
        return day in self._worked or (day.weekday() < 5 and day not in self._holidays)


def _at_once(shift: Shift, following: Shift) -> bool:
    """Does this shift, begun the day before, reach into that one?"""
    if shift.end > shift.start:
        return False
    return _on(shift.end) > _on(following.start)


def _on(moment: time) -> datetime:
    return datetime.combine(date.min, moment)
