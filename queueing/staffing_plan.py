"""The staffing of some days: calls forecast, agents needed, the roster against them, and the head-count it takes. Pure.

The floor counts agents who are not on a break, and so does Erlang; the roster needs more by the share of breaks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

from core.errors import Refused
from core.house import House
from core.staff import Labour
from queueing.forecast import Forecast
from queueing.head_count import Cover, HeadCount, can_work, cover, head_count, hours_of
from queueing.roster import Roster
from queueing.seats_needed import MOST_LOAD, Habits, Need, Promise, Targets, needed, promised, together
from queueing.shifts import Span, moment, span_of

QUARTER_S, HOUR_S = 900, 3600.0
ONE_DAY = timedelta(days=1)
FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Quarter:
    """`needed` are agents on the line, `to_roster` those and the ones on breaks, `rostered` who is down for it."""

    start_utc_s: int
    calls: float
    erlang_a: int | None
    erlang_c: int
    floor: int
    needed: int
    rule: str
    to_roster: int
    rostered: int
    promise: Promise

    @property
    def spare(self) -> int:
        """Below zero: so many are missing."""
        return self.rostered - self.to_roster


@dataclass(frozen=True, slots=True)
class Stretch:
    """Quarters in a row in which the roster is short, or in which somebody is idle; `agents` at the worst."""

    start_utc_s: int
    end_utc_s: int
    agents: int
    agent_hours: float
    rule: str


@dataclass(frozen=True, slots=True)
class People:
    """Can `agents` hold what is asked? `floor_alone` is without any call, `holds` the share of the floor they can."""

    agents: int
    hours_per_week: float
    takes: HeadCount
    enough: bool
    floor_alone: HeadCount
    floor_held: bool
    holds: float
    held_floor: tuple[int, ...]
    unmanned_utc_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    quarters: tuple[Quarter, ...]
    short: tuple[Stretch, ...]
    idle: tuple[Stretch, ...]
    predicted: Promise | None
    people: People | None
    """None: the house has no shifts."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days a plan is of."""

    first: date
    count: int

    def each(self) -> Iterator[date]:
        return (self.first + offset * ONE_DAY for offset in range(self.count))


def targets_of(house: House, queue: str = "") -> Targets:
    """A queue's own; of the whole house the strictest of any queue."""
    queues = [one for one in house.queues if queue in ("", one.id)]
    return Targets(
        max(one.connection_rate_target for one in queues),
        max(one.service_level_target for one in queues),
        min(one.service_level_s for one in queues),
    )


def plan(
    house: House, forecast: Forecast, ways: Habits, days: Days, queue: str = "", agents: int | None = None
) -> Plan:
    """`agents`: the head-count to judge; None: those of the house who take calls and are no reserve.

    A plan of one queue is of its calls alone: no floor, roster or head-count of its own.

    Raises Refused: a quarter has more calls than can be planned.
    """
    quarters = tuple(_quarters(house, forecast, ways, days, queue))
    return Plan(
        quarters,
        tuple(_stretches(quarters, short=True)),
        tuple(_stretches(quarters, short=False)),
        together((quarter.calls, quarter.promise) for quarter in quarters),
        None if queue or not house.shifts else _people(house, quarters, days, agents or head_count_of(house)),
    )


def head_count_of(house: House) -> int:
    """Agents who take calls, without the reserve."""
    reserve = {group.id for group in house.groups if group.reserve}
    return sum(1 for agent in house.agents if agent.skills and agent.group not in reserve)


# --- quarter by quarter ----------------------------------------------------------------------------
def _quarters(house: House, forecast: Forecast, ways: Habits, days: Days, queue: str) -> Iterator[Quarter]:
    roster, targets, labour = Roster(house), targets_of(house, queue), house.staffing.labour
    for day in days.each():
        calls = forecast.of(day)
        for start_utc_s in quarters_of(day, roster):
            local = datetime.fromtimestamp(start_utc_s, roster.zone)
            need = _needed(calls[local.hour * 4 + local.minute // 15], ways, targets, local)
            hours = None if queue else roster.needed(start_utc_s)
            yield _quarter(start_utc_s, need, hours.agents if hours else 0, roster, labour, ways, targets)


def _needed(calls: float, ways: Habits, targets: Targets, local: datetime) -> Need:
    """Raises Refused."""
    if (load := ways.load(calls)) > MOST_LOAD:
        when = f"{local:%Y-%m-%d %H:%M}"
        raise Refused(
            f"From {when} on, {calls:.0f} calls in a quarter of an hour would keep {load:.0f} agents busy; plans go "
            f"up to {MOST_LOAD:.0f}. Plan one queue at a time, or look at the figures of the last eight weeks."
        )
    return needed(calls, ways, targets)


def quarters_of(day: date, roster: Roster) -> range:
    """The first moments of a day's quarters; days on which the clock changes have 92 or 100."""
    return range(int(_midnight(day, roster)), int(_midnight(day + ONE_DAY, roster)), QUARTER_S)


def _midnight(day: date, roster: Roster) -> float:
    return moment(day, time(), roster.zone)


def _quarter(
    start_utc_s: int, need: Need, floor: int, roster: Roster, labour: Labour, ways: Habits, targets: Targets
) -> Quarter:
    on_line = max(need.agents, floor)
    rostered = roster.rostered(start_utc_s)
    return Quarter(
        start_utc_s, need.calls, need.erlang_a, need.erlang_c, floor, on_line,
        FLOOR if floor >= need.agents and floor else need.rule, to_roster(on_line, labour), rostered,
        _between(need.calls, ways, targets, rostered * (1 - labour.break_share)),
    )  # fmt: skip


def to_roster(on_line: int, labour: Labour) -> int:
    """Agents down for a shift so that so many are on the line, breaks taken one after the other."""
    return math.ceil(on_line / (1 - labour.break_share) - 1e-9)


def _between(calls: float, ways: Habits, targets: Targets, agents: float) -> Promise:
    """Part of an agent is an agent for that part of the time."""
    low = math.floor(agents)
    fewer, more = promised(calls, ways, targets, low), promised(calls, ways, targets, low + 1)
    part = agents - low
    return Promise(
        fewer.connection_rate * (1 - part) + more.connection_rate * part,
        fewer.service_level * (1 - part) + more.service_level * part,
    )


def _stretches(quarters: Sequence[Quarter], *, short: bool) -> Iterator[Stretch]:
    for matches, run in groupby(quarters, key=lambda one: one.spare < 0 if short else one.spare > 0):
        if matches:
            kept = list(run)
            worst = max(kept, key=lambda one: abs(one.spare))
            agent_hours = sum(abs(one.spare) for one in kept) * QUARTER_S / HOUR_S
            end = kept[-1].start_utc_s + QUARTER_S
            yield Stretch(kept[0].start_utc_s, end, abs(worst.spare), agent_hours, worst.rule if short else "")


# --- head-count ------------------------------------------------------------------------------------
def _people(house: House, quarters: Sequence[Quarter], days: Days, agents: int) -> People:
    labour = house.staffing.labour
    whole = _cover(house, days, [(one.start_utc_s, one.to_roster) for one in quarters])
    floor = _floor_cover(house, days, quarters, 1.0)
    takes, floor_alone = (head_count(each.shifts, days.count, labour) for each in (whole, floor))
    holds = _share_held(house, days, quarters, agents)
    return People(
        agents, hours_of(agents, labour), takes, _fits(takes, agents), floor_alone, _fits(floor_alone, agents), holds,
        tuple(_scaled(hours.agents, holds) for hours in house.staffing.floor), whole.open,
    )  # fmt: skip


def _fits(takes: HeadCount, agents: int) -> bool:
    return takes.agents is not None and takes.agents <= agents


def _cover(house: House, days: Days, needs: Sequence[tuple[float, int]]) -> Cover:
    """Shifts that begin on these days; the one that runs into the first day belongs to the day before."""
    found = cover(needs, _spans(house, days))
    return replace(found, shifts=type(found.shifts)({s: n for s, n in found.shifts.items() if s.day >= days.first}))


def _spans(house: House, days: Days) -> Iterator[Span]:
    roster = Roster(house)
    for day in (days.first - ONE_DAY, *days.each()):
        works = roster.calendar.is_working_day(day)
        yield from (span_of(each, day, roster.zone) for each in house.shifts if works or each.days == "every_day")


def _floor_cover(house: House, days: Days, quarters: Sequence[Quarter], share: float) -> Cover:
    labour = house.staffing.labour
    return _cover(house, days, [(one.start_utc_s, to_roster(_scaled(one.floor, share), labour)) for one in quarters])


def _scaled(floor: int, share: float) -> int:
    return math.ceil(floor * share - 1e-9)


def _share_held(house: House, days: Days, quarters: Sequence[Quarter], agents: int) -> float:
    """The largest part of the floor, in steps of one agent of its busiest hours, that so many agents can hold."""
    most = max((one.floor for one in quarters), default=0)
    for count in range(most, 0, -1):
        shifts = _floor_cover(house, days, quarters, count / most).shifts
        if can_work(shifts, days.count, house.staffing.labour, agents):
            return count / most
    return 0.0
