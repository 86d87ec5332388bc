"""Erlang's formulas: how long callers wait for a group of agents, with and without patience.

`load` is offered traffic in erlangs: arrivals per second times seconds of handling. Sources: A. K. Erlang, "Løsning
af nogle Problemer fra Sandsynlighedsregningen" (1917), for B and C; C. Palm (1946) and S. Zeltyn and
A. Mandelbaum, "Call centers with impatient customers" (2005), for A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

NEGLIGIBLE = 1e-14
LARGE = 1e200


@dataclass(frozen=True, slots=True)
class ErlangC:
    """M/M/c: nobody gives up."""

    wait: float
    """Share of callers who wait at all."""
    handling_s: float
    spare: float
    """Agents beyond the load; none: the queue grows for ever."""

    @property
    def asa_s(self) -> float:
        """Mean wait over all callers."""
        return self.wait * self.handling_s / self.spare if self.spare > 0 else math.inf

    def within(self, seconds: float) -> float:
        """Share of callers answered within so many seconds."""
        return 1 - self.wait * math.exp(-self.spare * seconds / self.handling_s) if self.spare > 0 else 0.0


def erlang_b(load: float, agents: int) -> float:
    """Share of callers who find every line busy and leave at once; the recursion never overflows."""
    blocked = 1.0
    for count in range(1, agents + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked


def erlang_c(arrivals_per_s: float, handling_s: float, agents: int) -> ErlangC:
    load = arrivals_per_s * handling_s
    blocked = erlang_b(load, agents)
    spare = agents - load
    wait = agents * blocked / (agents - load * (1 - blocked)) if spare > 0 else 1.0
    return ErlangC(wait, handling_s, spare)


@dataclass(frozen=True, slots=True)
class ErlangA:
    """M/M/c+M: patience is exponential."""

    wait: float
    """Share of callers who do not find a free agent."""
    abandon: float
    arrivals_per_s: float = 0.0
    handling_s: float = 1.0
    patience_s: float = math.inf
    agents: int = 0

    def within(self, seconds: float) -> float:
        """Share of all callers answered within so many seconds: V3 of docs/figures.md.

        Whoever comes when n callers wait is served once n + 1 more have left it, at rates agents / handling + k /
        patience, k = n … 0. Such a sum of exponentials is -patience × ln of a Beta variable, and the own patience
        weighs that variable once more, so the share is a finite sum of incomplete Beta functions.
        """
        if seconds < 0:
            return 0.0
        if self.wait <= 0 or self.agents == 0:
            return 1.0 - self.wait
        served = self._served_of_waiting(self.agents * self.patience_s / self.handling_s, seconds / self.patience_s)
        return 1 - self.wait + self.wait * served

    def _served_of_waiting(self, ratio: float, patiences: float) -> float:
        """Of callers who find nobody free: each state's share, relative to that without anybody waiting.

        `log_term` and `late` follow P(Beta(ratio + 1, n + 1) < exp(-patiences)): that n callers ahead take longer.
        """
        log_gone, log_term = math.log(max(-math.expm1(-patiences), 1e-300)), -(ratio + 1) * patiences
        late = math.exp(log_term)
        chance = queueing = 1.0
        served, length = (1 - late) * ratio / (ratio + 1), 0
        while chance > NEGLIGIBLE * queueing:
            length += 1
            chance *= self.arrivals_per_s / (self.agents / self.handling_s + length / self.patience_s)
            log_term += math.log((ratio + length) / length) + log_gone
            late = min(1.0, late + math.exp(log_term))
            queueing += chance
            served += chance * (1 - late) * ratio / (ratio + length + 1)
            if chance > LARGE:
                chance, queueing, served = chance / LARGE, queueing / LARGE, served / LARGE
        return served / queueing


def erlang_a(arrivals_per_s: float, handling_s: float, patience_s: float, agents: int) -> ErlangA:
    """The birth-death chain added up, each state relative to that with all agents busy and nobody waiting.

    Weights are scaled down before they leave what a float holds, so that every overload has an answer.
    """
    blocked = erlang_b(arrivals_per_s * handling_s, agents)
    if blocked <= 0:
        return ErlangA(0.0, 0.0, arrivals_per_s, handling_s, patience_s, agents)  # far more agents than load
    all_busy = chance = queueing = 1.0
    waiting, length = 0.0, 0
    while chance > NEGLIGIBLE * queueing:
        length += 1
        chance *= arrivals_per_s / (agents / handling_s + length / patience_s)
        queueing += chance
        waiting += length * chance
        if chance > LARGE:
            all_busy, chance, queueing, waiting = (w / LARGE for w in (all_busy, chance, queueing, waiting))
    whole = all_busy * (1 / blocked - 1) + queueing
    abandon = waiting / whole / patience_s / arrivals_per_s
    return ErlangA(queueing / whole, abandon, arrivals_per_s, handling_s, patience_s, agents)
