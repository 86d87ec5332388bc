"""From a figure to its calls: each call that the span touches is counted again, alone, by the fold that counts all.

So what is listed adds up to the figure, whatever the figure is; nothing here knows how one is defined.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from api.ports import CallsBehind
from core.events import DutyChanged, Outcome
from core.figures import Share
from core.house import House
from core.mergeable import Mergeable
from core.rollup import folded
from monitor import reports
from monitor.counted import Counted, counted
from monitor.reports import Ask, Teams
from store.behind import Candidates
from store.records import CallRecord

Which = Literal["all", "met", "missed"]
ASKED_FOR, READ_AT_ONCE = 200, 100
"""Calls in one question to the records, and those whose outcomes are read together."""
MOST_LOOKED_AT = 2000
"""In one page: of a rare figure a page may have few calls, or none, and a next one."""
BREATH_S = 20e-6
"""A rest after each call: the engine's loop has the interpreter's lock then, not 5 ms later."""
Place = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Behind:
    """A call, how often it counts in the figure, and how often it met what the figure is a rate of; None: no rate."""

    row: CallRecord
    times: int
    met: int | None


def share_of(state: Mergeable | None, ask: Ask, house: House, figure: str) -> tuple[int, int | None]:
    """How often this state counts in the figure, and how often it met it."""
    return times_and_met(0 if state is None else _counted(state, ask, house).get(figure, 0))


def times_and_met(found: int | Share) -> tuple[int, int | None]:
    """What a figure counts; None where it is no rate."""
    return (found.of, found.met) if isinstance(found, Share) else (found, None)


def opens(ask: Ask, house: House) -> list[str]:
    """The figures of a report that have calls behind them; counts by key have, too."""
    return [*_counted(reports.empty(ask), ask, house), *BY_KEY[reports.KIND_OF[ask.of]]]


def is_counted(ask: Ask, house: House, figure: str) -> bool:
    """Whether calls are behind such a figure; of counts by key any key may come."""
    above, _, below = figure.partition(".")
    return figure in _counted(reports.empty(ask), ask, house) or (
        bool(below) and above in BY_KEY[reports.KIND_OF[ask.of]]
    )


BY_KEY: Mapping[str, tuple[str, ...]] = {
    "call": (), "agent": ("transfers",), "node": ("left", "to", "keys", "reached"), "trunk": ("failures",)
}  # fmt: skip


def _counted(state: Mergeable, ask: Ask, house: House) -> Counted:
    return counted(state, reports.terms(ask, house, ask.name), ways=ask.of == "flow")


async def behind(
    records: CallsBehind,
    ask: Ask,
    house: House,
    teams: Teams,
    figure: str,
    which: Which,
    before: Place | None,
    limit: int,
) -> tuple[list[Behind], Place | None]:
    """One page, newest first, and where the next one begins; None: this was the last."""
    wanted, found, looked_at = _candidates(ask, teams), list[Behind](), 0
    while looked_at < MOST_LOOKED_AT:
        rows = await records.candidates(wanted, before, ASKED_FOR)
        for first in range(0, len(rows), READ_AT_ONCE):
            for one in await _counted_again(records, rows[first : first + READ_AT_ONCE], ask, house, teams, figure):
                before = one.row.entered_utc_s, one.row.call
                if _is_wanted(one, which):
                    found.append(one)
                    if len(found) == limit:
                        return found, before
        looked_at += len(rows)
        if len(rows) < ASKED_FOR:
            return found, None
    return found, before


def _candidates(ask: Ask, teams: Teams) -> Candidates:
    since_utc_s, until_utc_s = reports.window(ask)
    hotline = ask.name if ask.of == "hotline" else ask.hotline
    queue = ask.name if ask.of == "queue" else ""
    agents: tuple[str, ...] | None = (ask.name,) if ask.of == "agent" else None
    if ask.of == "team":
        agents = reports.members(teams, ask.name)
    return Candidates(since_utc_s, until_utc_s, hotline, queue, agents)


async def _counted_again(
    records: CallsBehind, rows: Sequence[CallRecord], ask: Ask, house: House, teams: Teams, figure: str
) -> list[Behind]:
    told, duties = await records.outcomes([row.call for row in rows]), await _duties(records, rows, ask)
    return await asyncio.to_thread(_judged, rows, told, duties, ask, house, teams, figure)


async def _duties(records: CallsBehind, rows: Sequence[CallRecord], ask: Ask) -> Iterable[Outcome]:
    """What the roster made of agents while these calls went on, where shifts are asked for."""
    if not rows or "shift" not in (ask.of, ask.by):
        return ()
    _, until_utc_s = reports.window(ask)
    ended = [until_utc_s if row.ended_utc_s is None else row.ended_utc_s for row in rows]
    return await records.duties(min(row.entered_utc_s for row in rows), max(ended))


def _with_duties(told: Iterable[Outcome], duties: Sequence[Outcome]) -> Iterable[Outcome]:
    if not duties:
        return told
    outcomes = list(told)
    agents = {agent for outcome in outcomes if (agent := getattr(outcome.event, "agent", None))}
    theirs = [duty for duty in duties if isinstance(duty.event, DutyChanged) and duty.event.agent in agents]
    return sorted((*outcomes, *theirs), key=lambda outcome: (outcome.sequence, outcome.ordinal))


def _judged(
    rows: Sequence[CallRecord],
    told: Mapping[str, Iterable[Outcome]],
    duties: Iterable[Outcome],
    ask: Ask,
    house: House,
    teams: Teams,
    figure: str,
) -> list[Behind]:
    """Not for the loop: what was told is read here."""
    found, known = list[Behind](), list(duties)
    for row in rows:
        outcomes = _with_duties(told.get(row.call, ()), known)
        state = reports.of_call(folded(outcomes).items(), ask, house, teams)
        found.append(Behind(row, *share_of(state, ask, house, figure)))
        time.sleep(BREATH_S)
    return found


def _is_wanted(one: Behind, which: Which) -> bool:
    match which:
        case "met":
            return bool(one.met)
        case "missed":
            return one.met is not None and one.times > one.met
    return one.times > 0 or bool(one.met)
