"""The traffic twin: a day of the journal replayed, as it was and as it would have been (queueing.other_day).

All computing, so it runs in a process of its own (app.aside). It begins at the newest snapshot before the day: each
day's is kept for two months, else at the journal's beginning.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from api.ports import Progress, TwinAsk
from app import clock
from app.aside import Aside, Tell, answer, far, paced, unheard
from app.current_house import last_known_house
from app.past import MOST_INPUTS, journal_lines, state_before
from app.settings import read_settings
from core.errors import Refused
from core.events import Outcome
from core.figures import Figures
from core.house import House
from core.ids import QueueId, SeatId
from core.inputs import ConfigurationChanged, SeatReachabilityChanged
from core.periods import midnight
from core.stats import QUARTER_HOUR_S, Stats
from queueing.day_scripts import Fate, Fates, fates, written
from queueing.engine import Engine
from queueing.other_day import Moment, OtherDay, as_it_was, every, reboots
from queueing.seat_changes import Extras, planned, read
from store.errors import UnknownRecord
from store.queries import Queries
from store.session import reading_engine

LONGEST_S = 300.0
MOST_CALLS_TOLD = 500
SAME_WAIT_S = 1.0
READ, REPLAYED = 0.5, 0.7
"""How much is done, nearly, when the day has been read, and when it has been replayed as it was."""


class Twins:
    """Asks a process of its own, one at a time."""

    def __init__(self) -> None:
        self._aside = Aside("app.twin", "replaying the day", LONGEST_S)

    async def twin(self, asked: TwinAsk) -> bytes:
        house = asked.house.model_dump(mode="json") if asked.house else None
        question = {"day": asked.day.isoformat(), "seats": asked.seats, "house": house}
        return await self._aside.ask(said=json.dumps(question).encode())

    def progress(self) -> Progress:
        return self._aside.progress


@dataclass(slots=True)
class Day:
    """A day's part of the journal: the engine as it was when it began, the inputs, the outcomes as they are stored."""

    day: date
    since_utc_s: int
    until_utc_s: int
    engine: Engine
    moments: list[Moment] = field(default_factory=list)
    stored: list[Outcome] = field(default_factory=list)


def compared(day: Day, house: House, asked: TwinAsk, tell: Tell = unheard) -> dict[str, Any]:
    """The whole answer, as api.routes.twin shows it; `tell`: how far it is. Raises Refused."""
    in_force = day.engine.house or _first_house(day) or house
    extras = planned([read(text, asked.house or in_force) for text in asked.seats], asked.house or in_force, day.day)
    was = as_it_was(Engine.restore(day.engine.snapshot()), paced(day.moments, tell, READ, REPLAYED))
    before = list(every(was, day.moments))
    changed = bool(extras.staff or asked.house)
    if changed and reboots(day.moments):
        raise Refused("The machine was started anew on that day; such a day can be replayed as it was only.")
    other = _other_day(day, asked, extras, before)
    other.run(day.moments, paced(was, tell, REPLAYED))
    calls = list(_differing(fates(before), fates(other.outcomes)))
    return {
        "day": day.day.isoformat(), "time_zone": house.time_zone, "inputs": len(day.moments), "changed": changed,
        "differences": _differences(before, day.stored),
        "same": before == other.outcomes,
        "was": _figures(day, before, in_force), "other": _figures(day, other.outcomes, in_force),
        "calls_changed": len(calls), "calls": calls[:MOST_CALLS_TOLD], "by_script": len(other.free),
    }  # fmt: skip


def _other_day(day: Day, asked: TwinAsk, extras: Extras, before: Sequence[Outcome]) -> OtherDay:
    """With the changes told before its first input."""
    changed = lambda fact: extras.changed(fact, asked.house)  # noqa: E731
    other = OtherDay(Engine.restore(day.engine.snapshot()), written(before), changed, extras.staff)
    in_force = asked.house or day.engine.house
    if (extras.agents or asked.house) and in_force is not None and day.moments:
        other.tell(ConfigurationChanged(day.engine.version, extras.added(in_force)), day.moments[0].now)
        for agent in extras.agents:
            other.tell(SeatReachabilityChanged(SeatId(agent.id), True), day.moments[0].now)
    return other


def _first_house(day: Day) -> House | None:
    facts = (moment.fact for moment in day.moments)
    return next((fact.house for fact in facts if isinstance(fact, ConfigurationChanged)), None)


# --- telling -----------------------------------------------------------------------------------------
def _differences(again: Sequence[Outcome], stored: Sequence[Outcome]) -> int:
    """Outcomes that this program would not decide, or the other one did not; 0: the journal is reproduced exactly."""
    theirs = {(one.sequence, one.ordinal): one.event for one in stored}
    mine = {(one.sequence, one.ordinal): one.event for one in again}
    return sum(1 for place in theirs.keys() | mine.keys() if theirs.get(place) != mine.get(place))


def _figures(day: Day, outcomes: Sequence[Outcome], house: House) -> dict[str, Any]:
    """Of calls that asked for an agent on that day: the house, and each queue."""
    stats = Stats(from_start=False)
    for outcome in outcomes:
        stats.apply(outcome)
    starts = range(day.since_utc_s, day.until_utc_s, QUARTER_HOUR_S)
    budget_s = house.cadence.budget_s
    level_s = min(queue.service_level_s for queue in house.queues)
    queues = {
        str(queue.id): _told(stats.of_queue(QueueId(queue.id), starts), queue.service_level_s, budget_s)
        for queue in house.queues
    }
    return {"house": _told(stats.of_house(starts), level_s, budget_s), "queues": queues}


def _told(figures: Figures, level_s: float, budget_s: float) -> dict[str, Any]:
    return {
        **{name: getattr(figures, name) for name in ("offered", "answered", "abandoned", "callbacks", "messages")},
        "connection_rate": figures.connection_rate, "service_level": figures.service_levels(level_s)["v3"],
        "service_level_s": level_s, "three_ring_rate": figures.three_ring_rate(budget_s), "asa_s": figures.asa_s,
        "longest_wait_s": figures.longest_wait_ms / 1000,
    }  # fmt: skip


def _differing(before: Fates, after: Fates) -> Iterator[dict[str, Any]]:
    """Calls with another end, another agent, or a wait that is a second longer or shorter; in the order of asking."""
    for call, was in before.items():
        now = after.get(call)
        alike = now is not None and (was.how, was.agent) == (now.how, now.agent)
        if now is None or not alike or abs(was.waited_s - now.waited_s) >= SAME_WAIT_S:
            asked = {"call": call, "queue": was.queue, "asked_utc_s": was.asked_utc_s}
            yield asked | {"was": _end(was), "other": _end(now)}


def _end(fate: Fate | None) -> dict[str, Any]:
    return {"how": fate.how if fate else "none", "waited_s": fate.waited_s if fate else 0.0,
            "agent": fate.agent if fate else None}  # fmt: skip


# --- in the process of its own -----------------------------------------------------------------------
async def day_of_journal(data: Path, queries: Queries, house: House, day: date, tell: Tell = unheard) -> Day:
    """Raises Refused: nothing happened on that day, or the journal does not lead there."""
    zone = ZoneInfo(house.time_zone)
    since, until = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    span = await queries.sequences(since, until)
    if span is None:
        raise Refused(f"The journal has nothing of {day}. Is it a day on which this house was at work?")
    engine, begun = state_before(data, span[0])
    if (count := span[1] - begun) > MOST_INPUTS:
        raise Refused(f"From the nearest snapshot to the end of {day} are {count} inputs; {MOST_INPUTS} at most.")
    found = Day(day, since, until, engine)
    paces = paced(range(count), tell, 0.0, READ)
    async for line in journal_lines(queries, begun, span[1]):
        next(paces, None)
        try:
            moment = Moment(line.fact(), line.now, line.sequence)
        except UnknownRecord:
            continue  # the start passed over it, too (app.restore)
        at_utc_s = line.now.wall.timestamp()
        if at_utc_s < since:
            engine.handle(moment.fact, moment.now, moment.sequence)
        elif at_utc_s < until:
            found.moments.append(moment)
    if found.moments:
        found.stored = await _stored(queries, found.moments[0].sequence, found.moments[-1].sequence)
    return found


async def _stored(queries: Queries, first: int, last: int) -> list[Outcome]:
    found: list[Outcome] = []
    place = (first, -1)
    while True:
        page, after = await queries.outcomes_after(place, 500)
        found += [one for one in page if one.sequence <= last]
        if after == place or after[0] > last:
            return found
        place = after


async def _main(question: bytes) -> str:
    settings, fields = read_settings(), json.loads(question)
    house = last_known_house(settings)
    changed = House.model_validate(fields["house"]) if fields["house"] else None
    asked = TwinAsk(date.fromisoformat(fields["day"]), tuple(fields["seats"]), changed)
    for text in asked.seats:
        read(text, changed or house)
    if asked.day >= clock.now().wall.astimezone(ZoneInfo(house.time_zone)).date():
        raise Refused(f"{asked.day} is not over yet; a day is replayed whole.")
    engine = reading_engine(settings.store_url)
    try:
        day = await day_of_journal(settings.home / "data", Queries(engine), house, asked.day, far)
    finally:
        await engine.dispose()
    found = compared(day, house, asked, far)
    if not found["was"]["house"]["offered"]:
        raise Refused(f"Nobody asked for an agent on {asked.day}, so there is nothing to compare.")
    return json.dumps(found)


if __name__ == "__main__":
    sys.exit(answer(_main(sys.stdin.buffer.read())))
