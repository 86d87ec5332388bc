"""What staffing the days to come need: `./thirdring staffing`, by the house, its figures, and queueing.staffing_plan.

All computing, so it runs in a process of its own (app.aside).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from api.ports import Progress, StaffingAsk
from app import clock, rehearsal
from app.aside import Aside, Tell, answer, far, unheard
from app.current_house import last_known_house
from app.settings import read_settings
from core.errors import Refused
from core.figures import Figures, total
from core.house import House
from core.mergeable import Mergeable
from core.periods import midnight
from core.rollup import WHOLE, Row
from core.stats import Stats
from queueing.calendar import Calendar
from queueing.forecast import Counts, counted, kinds
from queueing.forecast_errors import Judged, judged
from queueing.seats_needed import Habits, Promise, habits, together
from queueing.staffing_plan import QUARTER_S, Days, Plan, Quarter, plan, targets_of
from store.rollups import Rollups
from store.session import reading_engine

LONGEST_S = 240.0
HABIT_WEEKS = 8
Pairs = Iterable[tuple[Row, Mergeable]]


class Plans:
    """api.ports.Plans: asks a process of its own, one at a time."""

    def __init__(self) -> None:
        self._aside = Aside("app.planning", "planning the staff", LONGEST_S)

    async def staffing(self, asked: StaffingAsk) -> bytes:
        return await self._aside.ask(json.dumps(asdict(asked) | {"first": asked.first.isoformat()}))

    def progress(self) -> Progress:
        return self._aside.progress


@dataclass(frozen=True, slots=True)
class Past:
    """What the figures say of the days before a plan."""

    counts: Mapping[date, Counts]
    ways: Habits
    mix: Mapping[str, float]
    """Each queue's share of the calls."""


def past_of(pairs: Pairs, house: House, asked: StaffingAsk, until: date) -> Past:
    """From the rows of calls before `until`; the habits from the last weeks of them."""
    zone, recent = ZoneInfo(house.time_zone), midnight(until - timedelta(weeks=HABIT_WEEKS), ZoneInfo(house.time_zone))
    calls: dict[int, float] = {}
    ways, shares = list[Figures](), dict[str, float]()
    known = {queue.id for queue in house.queues}
    for row, state in pairs:
        assert isinstance(state, Figures)
        if row.part == (asked.queue or WHOLE):
            calls[row.start_utc_s] = calls.get(row.start_utc_s, 0.0) + state.offered
            ways += [state] if row.start_utc_s >= recent else []
        if row.part in known and asked.queue in ("", row.part):
            shares[row.part] = shares.get(row.part, 0.0) + state.offered
    counts = counted(calls.items(), zone, until - timedelta(weeks=asked.weeks), until)
    usual_s = house.staffing.usual_handling_s
    whole = sum(shares.values())
    mix = {name: count / whole for name, count in sorted(shares.items())} if whole else {}
    return Past(counts, habits(total(ways), house.cadence.budget_s, usual_s), mix)


def staffing(house: House, past: Past, asked: StaffingAsk, tell: Tell = unheard) -> dict[str, Any]:
    """The whole answer, as api.routes.staffing shows it; `tell`: how far the rehearsal is. Raises Refused."""
    kind_of = kinds(Calendar(house.calendar, house.country_code))
    days = Days(asked.first, asked.days)
    expected = judged(past.counts, kind_of)
    made = plan(house, expected.forecast, past.ways, days, asked.queue, asked.agents)
    played = _played(house, made, past, asked, tell) if asked.rehearse else None
    return {
        "first": asked.first.isoformat(), "days": asked.days, "queue": asked.queue, "time_zone": house.time_zone,
        "history": _told_history(past, expected),
        "habits": asdict(past.ways) | {"handling_s": past.ways.handling_s},
        "targets": asdict(targets_of(house, asked.queue)),
        "labour": house.staffing.labour.model_dump(mode="json"),
        "quarters": [_told_quarter(quarter) for quarter in made.quarters],
        "by_day": list(_by_day(house, made, past, kind_of, played)),
        "short": [asdict(stretch) for stretch in made.short], "idle": [asdict(stretch) for stretch in made.idle],
        "predicted": _told_promise(made.predicted), "simulated": _told_played(house, made.quarters, played),
        "people": _told_people(house, made),
    }  # fmt: skip


def _played(house: House, made: Plan, past: Past, asked: StaffingAsk, tell: Tell) -> Stats:
    if asked.queue:
        raise Refused("Agents serve several queues, so only a plan of the whole house can be played through.")
    if not past.mix or not made.predicted:
        raise Refused("Nobody is expected to call on these days, so there is nothing to play through.")
    return rehearsal.rehearse(house, made.quarters, past.ways, past.mix, tell)


# --- telling -----------------------------------------------------------------------------------------
def _told_history(past: Past, expected: Judged) -> dict[str, Any]:
    known = sorted(past.counts)
    span = {"first": known[0].isoformat(), "last": known[-1].isoformat()} if known else {"first": None, "last": None}
    calls = sum(sum(counts) for counts in past.counts.values())
    how = {"last_week": expected.forecast.last_week, "errors": asdict(expected.errors)}
    return {"days": len(known), "calls": calls, **span, **how}


def _told_quarter(quarter: Quarter) -> dict[str, Any]:
    told: dict[str, Any] = asdict(quarter)
    promise: dict[str, Any] = told.pop("promise")
    return told | promise


def _told_promise(promise: Promise | None) -> dict[str, Any] | None:
    return asdict(promise) if promise else None


def _told_people(house: House, made: Plan) -> dict[str, Any] | None:
    hours = house.staffing.floor
    floor = [{"start": f"{one.start:%H:%M}", "end": f"{one.end:%H:%M}", "agents": one.agents} for one in hours]
    return asdict(made.people) | {"floor": floor} if made.people else None


def _told_played(house: House, quarters: Iterable[Quarter], played: Stats | None) -> dict[str, Any] | None:
    """Of whole calls; the service level at the plan's threshold."""
    if played is None:
        return None
    figures = rehearsal.figures_of(played, list(quarters))
    level = figures.service_levels(targets_of(house).service_level_s)["v3"]
    return {"offered": figures.offered, "connection_rate": figures.connection_rate, "service_level": level,
            "three_ring_rate": figures.three_ring_rate(house.cadence.budget_s), "asa_s": figures.asa_s}  # fmt: skip


def _by_day(house: House, made: Plan, past: Past, kind_of: Any, played: Stats | None) -> Iterable[dict[str, Any]]:
    zone = ZoneInfo(house.time_zone)
    for day, run in groupby(made.quarters, key=lambda one: datetime.fromtimestamp(one.start_utc_s, zone).date()):
        quarters = list(run)
        last_week = past.counts.get(day - timedelta(weeks=1))
        hours = QUARTER_S / 3600
        yield {
            "date": day.isoformat(), "kind": kind_of(day), "calls": round(sum(one.calls for one in quarters), 1),
            "week_before": None if last_week is None else sum(last_week),
            "most_needed": max(one.needed for one in quarters),
            "needed_agent_hours": sum(one.to_roster for one in quarters) * hours,
            "rostered_agent_hours": sum(one.rostered for one in quarters) * hours,
            "short_agent_hours": sum(max(0, -one.spare) for one in quarters) * hours,
            "idle_agent_hours": sum(max(0, one.spare) for one in quarters) * hours,
            "predicted": _told_promise(together((one.calls, one.promise) for one in quarters)),
            "simulated": _told_played(house, quarters, played),
        }  # fmt: skip


# --- in the process of its own -----------------------------------------------------------------------
async def planned(
    figures: Rollups, house: House, asked: StaffingAsk, today: date, tell: Tell = unheard
) -> dict[str, Any]:
    """The answer from what is stored. Raises Refused and StoreUnavailable."""
    zone, until = ZoneInfo(house.time_zone), min(asked.first, today)
    since_utc_s, until_utc_s = midnight(until - timedelta(weeks=asked.weeks), zone), midnight(until, zone)
    pairs = await figures.states("call", since_utc_s, until_utc_s)
    return staffing(house, past_of(pairs, house, asked, until), asked, tell)


async def _main(question: str) -> str:
    settings, fields = read_settings(), json.loads(question)
    asked = StaffingAsk(**fields | {"first": date.fromisoformat(fields["first"])})
    house = last_known_house(settings)
    engine = reading_engine(settings.store_url)
    today = clock.now().wall.astimezone(ZoneInfo(house.time_zone)).date()
    try:
        return json.dumps(await planned(Rollups(engine), house, asked, today, far))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    sys.exit(answer(_main(*sys.argv[1:])))
