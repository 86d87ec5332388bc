"""The roster: who works which shift on which day, and what that gives at each moment. Computed from the house alone.

An agent works the own shift every day it runs, except on `days_off`; a change says otherwise for one day; a
swap gives each of two agents what the other would have worked. A day off of the week that is a make-up working
day stays off for shifts that run every day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from core.house import Agent, House, suffice
from core.ids import AgentId
from core.periods import day_of
from core.staff import OFF, WEEKDAYS, FloorHours, RosterChange, Shift, Swap
from queueing.calendar import Calendar
from queueing.shifts import Span, moment, span_of

ONE_DAY = timedelta(days=1)
DAYS_KEPT = 40
LONGEST_LOOK_BACK_S = 2 * 86400.0
"""An engine that was off for longer hands over no shift of before."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A stretch of time for which the roster has fewer agents than the floor asks for."""

    start_utc_s: float
    end_utc_s: float
    rostered: int
    needed: int


class Roster:
    """One house's roster; made anew when the house changes."""

    def __init__(self, house: House) -> None:
        self.zone = ZoneInfo(house.time_zone)
        self.calendar = Calendar(house.calendar, house.country_code)
        self._house = house
        self._shifts = {shift.id: shift for shift in house.shifts}
        self._changes = {(entry.date, entry.agent): entry for entry in house.roster if isinstance(entry, RosterChange)}
        self._swaps: dict[tuple[date, AgentId], AgentId] = {}
        for entry in house.roster:
            if isinstance(entry, Swap):
                one, other = entry.agents
                self._swaps |= {(entry.date, one): other, (entry.date, other): one}
        self._spans: dict[tuple[str, date], Span] = {}
        self._counts: dict[date, Counter[str]] = {}

    @cached_property
    def agents(self) -> dict[AgentId, Agent]:
        return {agent.id: agent for agent in self._house.agents}

    # --- one agent ---------------------------------------------------------------------------
    def shift_of(self, agent: AgentId, day: date) -> Shift | None:
        """What this agent works on this day; None: nothing."""
        if (change := self._changes.get((day, agent))) is not None:
            return None if change.shift == OFF else self._shifts[change.shift]
        return self._usual(self._swaps.get((day, agent), agent), day)

    def _usual(self, agent: AgentId, day: date) -> Shift | None:
        person = self.agents[agent]
        shift = self._shifts.get(person.shift)
        if shift is None or WEEKDAYS[day.weekday()] in person.days_off:
            return None
        return shift if shift.days == "every_day" or self.calendar.is_working_day(day) else None

    def spans(self, agent: AgentId, first: date, days: int) -> Iterator[Span]:
        """What this agent works on these days, in order."""
        for offset in range(days):
            day = first + offset * ONE_DAY
            if (shift := self.shift_of(agent, day)) is not None:
                yield self._span(shift, day)

    def _span(self, shift: Shift, day: date) -> Span:
        """Computed once: the same days are looked at for every agent."""
        if len(self._spans) > DAYS_KEPT * len(self._shifts):
            self._spans.clear()
        key = shift.id, day
        if key not in self._spans:
            self._spans[key] = span_of(shift, day, self.zone)
        return self._spans[key]

    def duty(self, agent: AgentId, utc_s: float, early_s: float) -> Span | None:
        """The shift that this agent works now, or else the one that begins within `early_s`."""
        near = tuple(self.spans(agent, day_of(utc_s, self.zone) - ONE_DAY, 3))
        running = (span for span in near if span.start_utc_s <= utc_s < span.end_utc_s)
        coming = (span for span in near if span.start_utc_s - early_s <= utc_s < span.start_utc_s)
        return next(running, None) or next(coming, None)

    def works_until(self, agent: AgentId, span: Span) -> float:
        """When this shift is over, and those that follow it without a pause."""
        end_utc_s = span.end_utc_s
        for later in self.spans(agent, span.day + ONE_DAY, 2):
            if later.start_utc_s <= end_utc_s:
                end_utc_s = max(end_utc_s, later.end_utc_s)
        return end_utc_s

    # --- everybody -----------------------------------------------------------------------------
    def needed(self, utc_s: float) -> FloorHours | None:
        """The floor at this moment; None: the house sets none."""
        floor = self._house.staffing.floor
        if not floor:
            return None
        day = day_of(utc_s, self.zone)
        # the latest beginning that is not in the future, of today and yesterday
        begun = (
            (start, hours)
            for hours in floor
            for on in (day - ONE_DAY, day)
            if (start := moment(on, hours.start, self.zone)) <= utc_s
        )
        return max(begun, key=lambda pair: pair[0])[1]

    def boundaries(self, utc_s: float, *offsets_s: float) -> list[float]:
        """Moments after this one, until the day after tomorrow, at which a shift or floor hours begin or end; those
        of shifts' beginnings also shifted by each of `offsets_s`."""
        first = day_of(utc_s, self.zone) - ONE_DAY
        found: set[float] = set()
        for day in (first + offset * ONE_DAY for offset in range(4)):
            found.update(moment(day, hours.start, self.zone) for hours in self._house.staffing.floor)
            for shift in self._shifts.values():
                span = self._span(shift, day)
                found |= {span.end_utc_s, *(span.start_utc_s + offset for offset in (0.0, *offsets_s))}
        return sorted(at for at in found if at > utc_s)

    def rostered(self, utc_s: float) -> int:
        """How many take calls at this moment, if all come who should."""
        today = day_of(utc_s, self.zone)
        return sum(
            count
            for day in (today - ONE_DAY, today)
            for shift, count in self._working(day).items()
            if (span := self._span(self._shifts[shift], day)).start_utc_s <= utc_s < span.end_utc_s
        )

    def _working(self, day: date) -> Counter[str]:
        """How many agents with skills for a queue work each shift that begins on this day."""
        if len(self._counts) > DAYS_KEPT:
            self._counts.clear()
        if day not in self._counts:
            shifts = (self.shift_of(agent, day) for agent in self._serving)
            self._counts[day] = Counter(shift.id for shift in shifts if shift is not None)
        return self._counts[day]

    @cached_property
    def _serving(self) -> tuple[AgentId, ...]:
        """Agents with skills for at least one queue: the others count for no floor."""
        return tuple(
            agent.id
            for agent in self._house.agents
            if any(suffice(agent.skills, queue.skills) for queue in self._house.queues)
        )

    def shortages(self, utc_s: float, ahead_s: float) -> Iterator[Shortage]:
        """Where the roster falls below the floor, from now on, as far as `ahead_s`. Day by day, so that it ends."""
        end_s = utc_s + ahead_s
        edges = [utc_s]
        while (more := self.boundaries(edges[-1])) and edges[-1] < end_s:
            edges += more
        for start, end in pairwise(edges):
            needed = self.needed(start)
            if start < end_s and needed is not None and (rostered := self.rostered(start)) < needed.agents:
                yield Shortage(start, end, rostered, needed.agents)

    def ended(self, after_utc_s: float, until_utc_s: float) -> list[Span]:
        """Shifts that anybody worked and that ended in (after, until], in the order of their ends."""
        first = day_of(max(after_utc_s, until_utc_s - LONGEST_LOOK_BACK_S), self.zone) - 2 * ONE_DAY
        days = (day_of(until_utc_s, self.zone) - first).days + 1
        found = [
            self._span(self._shifts[shift], day)
            for day in (first + offset * ONE_DAY for offset in range(days))
            for shift in self._working(day)
        ]
        ended = (span for span in found if after_utc_s < span.end_utc_s <= until_utc_s)
        return sorted(ended, key=lambda span: (span.end_utc_s, span.shift))

    # --- words -----------------------------------------------------------------------------------
    @property
    def has_shifts(self) -> bool:
        return bool(self._shifts)

    @property
    def uses_calendar(self) -> bool:
        """Does anybody's work depend on public holidays?"""
        return any(shift.days == "working_days" for shift in self._shifts.values())

    def told(self, utc_s: float) -> str:
        """A moment in business time, as people read it."""
        return datetime.fromtimestamp(utc_s, self.zone).strftime("%Y-%m-%d %H:%M")
