"""How many agents must be on the line in a quarter of an hour, by Erlang A and Erlang C. Pure.

The rules hold together: the connection rate (answered / asked) by Erlang A, the service level (answered within so many
seconds of entering the queue / asked, V3 of docs/figures.md) by both, and three rings. A ring that is picked up costs
its caller `ring_s` of the threshold, one that is not costs an agent three rings, and patience may end while a phone
rings; so rings are part of handling time, threshold and connection rate. More agents pick up no faster: the three-ring
rate itself is the people's, and where phones ring too long for a target the rule is called `rings`.

Erlang A needs to know how long callers wait before they give up; where nobody has given up, Erlang C stands alone,
which asks for more. Each quarter is taken by itself, as if it lasted: what one leaves over to the next is seen by the
engine on virtual time only (app.rehearsal).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from core.figures import Figures, Histogram
from core.states import RingOutcome
from queueing.erlang import erlang_a, erlang_c

QUARTER_S = 900.0
MOST_AGENTS = 2000
MOST_LOAD = 1900.0
"""In erlangs; beyond, the most agents that are tried could be too few, and would be told as enough."""
NEARLY = 0.995
RINGS = "rings"


@dataclass(frozen=True, slots=True)
class Habits:
    """What calls and callers were like.

    `talk_s` is talk, hold and wrap-up (AHT), `ring_s` how long a phone rings until it is picked up, `missed_share` the
    rings in vain, each `missed_s` long, of those and the answered ones.
    """

    talk_s: float
    patience_s: float | None
    ring_s: float
    missed_share: float
    missed_s: float
    three_ring_rate: float | None

    @property
    def ringing_s(self) -> float:
        """How long phones ring for one answered call, those in vain included."""
        missed_a_call = self.missed_share / (1 - self.missed_share) if self.missed_share < 1 else 0.0
        return self.ring_s + missed_a_call * self.missed_s

    @property
    def handling_s(self) -> float:
        """An agent's time for one answered call."""
        return self.talk_s + self.ringing_s

    def load(self, calls: float) -> float:
        """Agents whom so many calls in a quarter of an hour keep busy: erlangs."""
        return calls / QUARTER_S * self.handling_s

    @property
    def stay(self) -> float:
        """Share of callers who do not give up while a phone rings for them."""
        return 1.0 if self.patience_s is None else math.exp(-self.ringing_s / self.patience_s)


@dataclass(frozen=True, slots=True)
class Targets:
    connection_rate: float
    service_level: float
    service_level_s: float


@dataclass(frozen=True, slots=True)
class Need:
    """Agents on the line. `agents` is Erlang A's number where there is one; `rule` says what asks for most."""

    calls: float
    erlang_a: int | None
    erlang_c: int
    rule: str

    @property
    def agents(self) -> int:
        return self.erlang_c if self.erlang_a is None else self.erlang_a


@dataclass(frozen=True, slots=True)
class Promise:
    """What theory says so many agents give."""

    connection_rate: float
    service_level: float


def habits(figures: Figures, budget_s: float, usual_handling_s: float) -> Habits:
    """From the figures of some weeks; `usual_handling_s` stands where no talk has ended yet, or none had any length.

    Patience is the time all callers waited over those who gave up: the best guess if it is exponential and most are
    answered before it ends (Brown et al. 2005).
    """
    rings, missed = sum(figures.answered_rings.values()), figures.rings.get(RingOutcome.MISSED, 0)
    waited_s = figures.answered_wait_ms / 1000 + _seconds(figures.abandoned_waits)
    return Habits(
        talk_s=figures.aht_s or usual_handling_s,
        patience_s=waited_s / figures.abandoned if figures.abandoned and waited_s else None,
        ring_s=_seconds(figures.answered_rings) / rings if rings else 0.0,
        missed_share=missed / (rings + missed) if rings else 0.0,
        missed_s=budget_s,
        three_ring_rate=figures.three_ring_rate(budget_s),
    )


def _seconds(waits: Histogram) -> float:
    """All of them added up; a bin holds its second and what came before it in it, so half a second less."""
    return sum(max(0.0, second - 0.5) * count for second, count in waits.items())


def needed(calls: float, ways: Habits, targets: Targets) -> Need:
    """The least agents for so many calls in a quarter of an hour."""
    return _needed(round(calls, 1), ways, targets)


@lru_cache(maxsize=20_000)
def _needed(calls: float, ways: Habits, targets: Targets) -> Need:
    if calls <= 0:
        return Need(0.0, None if ways.patience_s is None else 0, 0, "")
    goal, load = _reachable(calls, ways, targets), ways.load(calls)
    by_c = _least(lambda agents: agents > load and _level_c(calls, ways, targets, agents) >= goal.service_level)
    lowered = "" if goal == targets else RINGS
    if ways.patience_s is None:
        return Need(calls, None, by_c, lowered or "service_level")
    connected = _least(lambda agents: promised(calls, ways, targets, agents).connection_rate >= goal.connection_rate)
    in_time = _least(lambda agents: promised(calls, ways, targets, agents).service_level >= goal.service_level)
    rule = "connection_rate" if connected > in_time else "service_level"
    return Need(calls, max(connected, in_time), by_c, lowered or rule)


def _reachable(calls: float, ways: Habits, targets: Targets) -> Targets:
    """The targets; nearly the best there can be, where no number of agents reaches one."""
    best = promised(calls, ways, targets, MOST_AGENTS)
    connected, in_time = targets.connection_rate, targets.service_level
    return Targets(
        connected if best.connection_rate >= connected else NEARLY * best.connection_rate,
        in_time if best.service_level >= in_time else NEARLY * best.service_level,
        targets.service_level_s,
    )


def promised(calls: float, ways: Habits, targets: Targets, agents: int) -> Promise:
    """Connection rate and service level with so many agents; without patience everybody is answered in the end."""
    if agents <= 0:
        return Promise(0.0, 0.0) if calls else Promise(1.0, 1.0)
    if ways.patience_s is None:
        load = ways.load(calls)
        return Promise(1.0 if agents > load else agents / load, _level_c(calls, ways, targets, agents))
    found = erlang_a(calls / QUARTER_S, ways.handling_s, ways.patience_s, agents)
    return Promise((1 - found.abandon) * ways.stay, found.within(targets.service_level_s - ways.ring_s) * ways.stay)


def _level_c(calls: float, ways: Habits, targets: Targets, agents: int) -> float:
    left_s = targets.service_level_s - ways.ring_s
    return erlang_c(calls / QUARTER_S, ways.handling_s, agents).within(left_s) if left_s >= 0 else 0.0


def _least(is_enough: Callable[[int], bool]) -> int:
    """The smallest number that is enough; more agents are never worse. MOST_AGENTS when none is."""
    high = 1
    while high < MOST_AGENTS and not is_enough(high):
        high *= 2
    low, high = high // 2, min(high, MOST_AGENTS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def together(parts: Iterable[tuple[float, Promise]]) -> Promise | None:
    """Quarters with their calls, as one: weighted by calls. None without any."""
    kept = [(calls, promise) for calls, promise in parts if calls > 0]
    whole = math.fsum(calls for calls, _ in kept)
    if not whole:
        return None
    return Promise(
        math.fsum(calls * promise.connection_rate for calls, promise in kept) / whole,
        math.fsum(calls * promise.service_level for calls, promise in kept) / whole,
    )
