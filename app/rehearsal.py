"""A staffing plan played through: the real engine on virtual time, with the forecast's callers and the roster's agents.

Callers come as a Poisson stream at the forecast's rate, to the queues in the shares in which they came; talks are
lognormal and patience is exponential, with the means of the history (bench.governor has the sources). Agents sign in
for their shift, take two breaks in it, miss rings as often as they did, and sign out. The dice are seeded: the same
plan gives the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from random import Random

from app.aside import Tell, paced, unheard
from core.commands import RingSeat
from core.events import AgentChanged, Event, Outcome
from core.figures import Figures
from core.house import House
from core.ids import AgentId, CallId, QueueId, SeatId
from core.inputs import BecomeReady, SignIn, SignOut, TakeBreak
from core.periods import day_of
from core.staff import Labour
from core.states import AgentStatus, BreakReason
from core.stats import Stats
from queueing.roster import Roster
from queueing.seats_needed import Habits
from queueing.shifts import Span
from queueing.staffing_plan import QUARTER_S, Quarter
from queueing.twin import Caller, Twin

TALK_SIGMA = 0.8
LEAST_TALK_S = 5.0
AGAIN_S = 30.0
"""Whoever cannot sign in or out at once, or was set away, tries so much later."""
BREAKS = (0.15, 0.55)
"""Where in a shift the two breaks begin, for the first of those who work it; the last go `BREAK_SPREAD` later."""
BREAK_SPREAD = 0.3
SEED = 1


def rehearse(
    house: House, quarters: Sequence[Quarter], ways: Habits, mix: Mapping[str, float], tell: Tell = unheard
) -> Stats:
    """What becomes of these quarters' calls; `mix`: each queue's share of them; `tell`: how far it is."""
    first_s = quarters[0].start_utc_s
    dice, stats, ordinals = Random(SEED), Stats(), count(1)

    def hear(event: Event, now_s: float) -> None:
        stats.apply(Outcome(next(ordinals), 0, now_s, first_s + now_s, event))

    twin = Twin(house, began=datetime.fromtimestamp(first_s, UTC), pick_up_s=PickUp(ways, dice))
    twin.open()
    twin.listen(hear)
    crew = Crew(twin, house, first_s)
    crew.roster(quarters[-1].start_utc_s + QUARTER_S)
    twin.callers(_coming(house, quarters, ways, mix, Random(SEED), tell))
    twin.run(until_s=quarters[-1].start_utc_s + QUARTER_S - first_s)
    return stats


def figures_of(stats: Stats, quarters: Sequence[Quarter]) -> Figures:
    """Of whole calls, those of these quarters."""
    return stats.of_house([quarter.start_utc_s for quarter in quarters])


@dataclass(frozen=True, slots=True)
class PickUp:
    """How long a phone rings: the usual time, or in vain."""

    ways: Habits
    dice: Random

    def __call__(self, ring: RingSeat) -> float | None:
        return None if self.dice.random() < self.ways.missed_share else self.ways.ring_s


def _coming(
    house: House, quarters: Sequence[Quarter], ways: Habits, mix: Mapping[str, float], dice: Random, tell: Tell
) -> Iterator[Caller]:
    queues = {str(queue.id): queue for queue in house.queues}
    names, shares, first_s = list(mix), list(mix.values()), quarters[0].start_utc_s
    numbers = count(1)
    for quarter in paced(quarters, tell):
        at_s = float(quarter.start_utc_s - first_s)
        end_s = at_s + QUARTER_S
        while quarter.calls > 0 and (at_s := at_s + dice.expovariate(quarter.calls / QUARTER_S)) < end_s:
            (name,) = dice.choices(names, shares)
            mean_s = max(LEAST_TALK_S, ways.talk_s - queues[name].wrap_up_s)
            talk_s = dice.lognormvariate(math.log(mean_s) - TALK_SIGMA**2 / 2, TALK_SIGMA)
            patience_s = math.inf if ways.patience_s is None else dice.expovariate(1 / ways.patience_s)
            yield Caller(CallId(f"c{next(numbers)}"), at_s, QueueId(name), talk_s, patience_s)


class Crew:
    """The roster's agents at the twin's phones."""

    def __init__(self, twin: Twin, house: House, first_utc_s: float) -> None:
        self._twin, self._house, self._first_s = twin, house, first_utc_s
        self._labour: Labour = house.staffing.labour
        self._status: dict[AgentId, AgentStatus] = {}
        self._seats: dict[AgentId, SeatId] = {}
        self._break_s: dict[AgentId, float] = {}
        twin.listen(self._hear)

    def roster(self, until_utc_s: float) -> None:
        """Plan everybody's shifts from the twin's beginning on."""
        roster = Roster(self._house)
        first = day_of(self._first_s - 86400, roster.zone)
        days = round((until_utc_s - self._first_s) / 86400) + 2
        for position, agent in enumerate(one for one in self._house.agents if one.skills):
            for span in roster.spans(agent.id, first, days):
                if span.end_utc_s > self._first_s and span.start_utc_s < until_utc_s:
                    self._work(agent.id, span, position / max(1, len(self._house.agents)))

    def _work(self, agent: AgentId, span: Span, place: float) -> None:
        start_s, end_s = span.start_utc_s - self._first_s, span.end_utc_s - self._first_s
        lasts_s = end_s - start_s
        self._break_s[agent] = lasts_s * self._labour.break_share / len(BREAKS)
        self._twin.at(max(0.0, start_s), lambda: self._come(agent, end_s))
        self._twin.at(max(0.0, end_s), lambda: self._go(agent))
        for begins in BREAKS if self._labour.break_share else ():
            at_s = start_s + lasts_s * (begins + BREAK_SPREAD * place)
            if at_s >= 0:
                self._twin.at(at_s, lambda: self._twin.ask(TakeBreak(agent, BreakReason.REST)))

    def _come(self, agent: AgentId, end_s: float) -> None:
        """At a free seat; the one before may still be talking at hers."""
        free = [seat.id for seat in self._house.seats if seat.id not in self._seats.values()]
        if free and not self._is_here(agent):
            self._seats[agent] = free[0]
            self._twin.ask(SignIn(agent, free[0], override=True))
        if not self._is_here(agent) and self._twin.now_s + AGAIN_S < end_s:
            self._seats.pop(agent, None)
            self._twin.at(self._twin.now_s + AGAIN_S, lambda: self._come(agent, end_s))

    def _go(self, agent: AgentId) -> None:
        if self._is_here(agent):
            self._twin.ask(SignOut(agent, override=True))
            if self._is_here(agent):
                self._twin.at(self._twin.now_s + AGAIN_S, lambda: self._go(agent))

    def _hear(self, event: Event, now_s: float) -> None:
        if not isinstance(event, AgentChanged):
            return
        before = self._status.get(event.agent)
        self._status[event.agent] = event.status
        if event.status is AgentStatus.SIGNED_OUT:
            self._seats.pop(event.agent, None)
        elif event.status is not before and event.status in (AgentStatus.AWAY, AgentStatus.ON_BREAK):
            lasts_s = AGAIN_S if event.status is AgentStatus.AWAY else self._break_s[event.agent]
            self._twin.at(now_s + lasts_s, lambda: self._return(event.agent))

    def _return(self, agent: AgentId) -> None:
        if self._status.get(agent) in (AgentStatus.AWAY, AgentStatus.ON_BREAK):
            self._twin.ask(BecomeReady(agent))

    def _is_here(self, agent: AgentId) -> bool:
        return self._status.get(agent, AgentStatus.SIGNED_OUT) is not AgentStatus.SIGNED_OUT
