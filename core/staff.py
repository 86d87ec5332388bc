"""Who works when, and how many must: shifts, the roster's exceptions, the calendar, the floor, care, the governor.

Parts of the house (core.house), which checks what they name. Times of day are business time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from core.ids import AgentId
from core.parts import Day, Language, Name, Part, Shown, TimeOfDay, plain_name

Place = tuple[str | int, ...]
DAY_MIN = 24 * 60
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Days = Literal["every_day", "working_days"]
OFF = "off"


class Shift(Part):
    """A daily span in business time; one whose end is not after its start ends the next day."""

    id: Name
    name: dict[Language, Shown]
    start: TimeOfDay
    end: TimeOfDay
    days: Days = Field(default="every_day", description="working_days: by the calendar, make-up days included")


class RosterChange(Part):
    """One day that is not as usual: another shift, or none."""

    date: Day
    agent: AgentId
    shift: Name | Literal["off"] = Field(description="a shift's id, or off: leave, illness, a day in exchange")
    note: Shown = ""


class Swap(Part):
    """Two agents work each other's shift on the day on which both shifts begin."""

    date: Day
    agents: tuple[AgentId, AgentId]
    note: Shown = ""


class CalendarYear(Part):
    """The public holidays of one year, and the weekend days that are worked in exchange."""

    year: int = Field(ge=2000, le=2100)
    holidays: tuple[date, ...] = Field(description="days off; weekends inside a festival included")
    working_days: tuple[date, ...] = Field(default=(), description="Saturdays and Sundays that are working days")


class FloorHours(Part):
    """How many agents must be signed in and not on a break from `start` to `end`."""

    start: TimeOfDay
    end: TimeOfDay
    agents: int = Field(ge=0, le=2000)
    night: bool = Field(default=False, description="the last agent whose phone can ring is never set away")


class NightCalls(Part):
    """How leaders' mobiles are rung when nobody is left at night: one after the other, round after round."""

    ring_s: float = Field(default=30, ge=10, le=120, description="seconds until the next leader is tried")
    rounds: int = Field(default=3, ge=1, le=10, description="how often each is tried")
    gap_s: float = Field(default=60, ge=5, le=3600, description="seconds between two rounds")
    quiet_s: float = Field(default=900, ge=0, le=36000, description="so long nobody is rung again after key 1")


class Labour(Part):
    """What one agent can be rostered for, on average. `./thirdring staffing` plans by it; no rule of the floor does.

    China: 40 hours a week (State Council Order 174 of 1995, art. 3), which shifts of 12 hours may keep on average where
    the comprehensive working-hours system is approved (Laobufa 1994 No. 503); one day of rest a week (Labour Law,
    art. 38); 13 public holidays and 5 days of leave of 261 weekdays (State Council Orders 795 and 514). Chinese law
    sets no rest between shifts; 11 hours are those of the European Union (Directive 2003/88/EC, art. 3).
    """

    hours_per_week: float = Field(
        default=40.0, gt=0, le=84, description="on average; whole shifts count, breaks included"
    )
    rest_between_shifts_h: float = Field(
        default=11.0, ge=0, le=48, description="from a shift's end to the next one's start"
    )
    rest_days_per_week: int = Field(default=1, ge=0, le=6, description="days without a shift in each week")
    break_share: float = Field(default=0.08, ge=0, lt=0.5, description="of a shift on breaks; an hour of 12 is 0.08")
    absent_share: float = Field(
        default=0.07, ge=0, lt=0.5, description="of the hours: holidays, leave; add your own illness and training"
    )


class Staffing(Part):
    """The floor, and how the roster is held to."""

    floor: tuple[FloorHours, ...] = Field(default=(), description="the whole day without holes; empty: no floor")
    sign_in_early_s: float = Field(default=900, ge=0, le=7200, description="so long before a shift one may sign in")
    only_on_duty: bool = Field(default=False, description="agents may sign in for their own shift only")
    late_after_s: float = Field(default=60, ge=0, le=3600, description="not signed in by then: late")
    missing_after_s: float = Field(default=900, ge=0, le=14400, description="not signed in by then: missing")
    shift_end_grace_s: float = Field(
        default=120,
        ge=0,
        le=3600,
        description="a call that is likely to last longer than this past the end is not given",
    )
    usual_handling_s: float = Field(
        default=180, gt=0, le=7200, description="talk and wrap-up of an agent who has not had a call yet"
    )
    night_calls: NightCalls = NightCalls()
    labour: Labour = Labour()
    look_ahead_h: int = Field(default=24, ge=1, le=168, description="a shortage in the roster alarms so long before")


class Group(Part):
    """Agents who are cared for alike; 0 switches a rule off. The reserve signs in when the governor asks."""

    id: Name
    name: dict[Language, Shown] = Field(default={})
    longest_stretch_s: float = Field(default=0, ge=0, le=43200, description="then a rest begins as soon as it can")
    highest_occupancy: float = Field(default=0, ge=0, le=1, description="of an hour; above it, no call until below")
    cool_down_s: float = Field(default=0, ge=0, le=3600, description="no call so long after an abusive one")
    reserve: bool = False
    reserve_below: float = Field(default=0, ge=0, le=1, description="asked below this connection rate; 0: the queue's")


Measure = Literal[
    "ask_reserve", "relax_skills", "shorten_wrap_up", "hold_breaks", "alarm", "offer_callbacks", "offer_messages"
]


class Governor(Part):
    """What is done, step by step, when a queue falls below its targets. The last two take callers out of A / O."""

    ladder: tuple[Measure, ...] = Field(default=(), description="in this order; empty: no governor")
    window_s: int = Field(default=900, ge=60, le=7200, description="the rates are those of the last so many seconds")
    least_calls: int = Field(default=20, ge=1, le=1000, description="no rate is judged on fewer finished calls")
    up_after_s: float = Field(default=30, ge=10, le=3600, description="below target so long: the next step")
    down_after_s: float = Field(default=300, ge=10, le=7200, description="above target and margin so long: a step back")
    margin: float = Field(default=0.02, ge=0, le=0.2, description="how much better than the target counts as recovered")
    relax_levels: int = Field(default=1, ge=1, le=8, description="levels taken off what the queue asks for")
    wrap_up_share: float = Field(default=0.5, ge=0, le=1, description="of the wrap-up that is left when shortened")


# --- what is wrong with them ---------------------------------------------------------------------
def minutes(moment: time) -> int:
    """Of the day; seconds are dropped."""
    return moment.hour * 60 + moment.minute


def covered(start: time, end: time) -> Iterator[int]:
    """The minutes of the day from `start` to `end`; equal ones are the whole day."""
    first = minutes(start)
    length = (minutes(end) - first) % DAY_MIN or DAY_MIN
    return (minute % DAY_MIN for minute in range(first, first + length))


def span(minute_of_day: Sequence[int]) -> str:
    """The first run of these minutes, as people write it."""
    first = last = minute_of_day[0]
    for minute in minute_of_day[1:]:
        if minute != last + 1:
            break
        last = minute
    end = (last + 1) % DAY_MIN
    return f"{first // 60:02}:{first % 60:02}-{end // 60:02}:{end % 60:02}"


def floor_problems(floor: Sequence[FloorHours]) -> Iterator[tuple[Place, str]]:
    """Holes and doubles in the day."""
    place: Place = ("staffing", "floor")
    seen: dict[int, int] = {}
    for position, hours in enumerate(floor):
        if double := [minute for minute in covered(hours.start, hours.end) if minute in seen]:
            first = seen[double[0]]
            yield (*place, position), f"{span([m for m in double if seen[m] == first])} is already set by floor.{first}"
        seen |= dict.fromkeys(covered(hours.start, hours.end), position)
    if floor and (holes := [minute for minute in range(DAY_MIN) if minute not in seen]):
        yield place, f"says nothing of {span(holes)}; the hours must cover the whole day"


def shift_problems(shifts: Sequence[Shift], floor: Sequence[FloorHours]) -> Iterator[tuple[Place, str]]:
    """Times at which the floor asks for agents and no shift has any."""
    if not shifts:
        return
    at_work = {minute for shift in shifts for minute in covered(shift.start, shift.end)}
    for hours in floor:
        if hours.agents and (gap := [minute for minute in covered(hours.start, hours.end) if minute not in at_work]):
            yield ("shifts",), f"no shift covers {span(gap)}, where staffing.floor asks for {hours.agents} agent(s)"


def calendar_problems(calendar: Sequence[CalendarYear]) -> Iterator[tuple[Place, str]]:
    """Years twice, days of other years, days that are both, and make-up days in the middle of a week."""
    years: set[int] = set()
    for position, year in enumerate(calendar):
        place: Place = ("calendar", position)
        if year.year in years:
            yield (*place, "year"), f"{year.year} is already there"
        years.add(year.year)
        for key, days in (("holidays", year.holidays), ("working_days", year.working_days)):
            if strays := [day for day in days if day.year != year.year]:
                yield (*place, key), f"{strays[0]} is not in {year.year}"
        for day in year.working_days:
            if day in year.holidays:
                yield (*place, "working_days"), f"{day} is among the holidays too"
            elif day.weekday() < 5:
                yield (*place, "working_days"), f"{day} is no Saturday or Sunday, and a working day anyhow"


def roster_problems(
    roster: Sequence[RosterChange | Swap], agents: set[str], shifts: set[str]
) -> Iterator[tuple[Place, str]]:
    """Unknown names, and a day of an agent that is changed twice."""
    seen: dict[tuple[str, date], int] = {}
    for position, change in enumerate(roster):
        place: Place = ("roster", position)
        named = change.agents if isinstance(change, Swap) else (change.agent,)
        if unknown := [name for name in named if name not in agents]:
            yield place, f"unknown agent {unknown[0]!r}"
        if isinstance(change, Swap) and len(set(named)) == 1:
            yield (*place, "agents"), "must be two different agents"
        if isinstance(change, RosterChange) and change.shift not in (OFF, *shifts):
            yield (*place, "shift"), f"unknown shift {change.shift!r}"
        for name in dict.fromkeys(named):
            first = seen.setdefault((name, change.date), position)
            if first != position:
                yield place, f"{name} is changed on {change.date} by roster.{first} already"


RosterEntry = Annotated[RosterChange | Swap, Field(union_mode="smart")]
AgentGroup = Annotated[str, AfterValidator(plain_name)] | Literal[""]


def item_version(text: str) -> str:
    """Tells one text of an open item from the next, for whoever changes it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
