"""The real engine on virtual time, held against queueing theory.

Exact: whatever the arrivals and handling times, first come first served over c agents gives each call the wait of
Kiefer and Wolfowitz's recursion (1955), to the millisecond. Statistical: Poisson arrivals, exponential talks and
patience give the figures of Erlang C and Erlang A; batch means tell how far chance alone may carry them.
The dice are seeded: every run gives the same figures.
"""

from __future__ import annotations

import json
import math
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from random import Random
from statistics import mean, stdev

from core.events import CallAbandoned, CallAnswered, Event
from core.house import House
from core.ids import CallId, QueueId
from queueing.erlang import erlang_a, erlang_c
from queueing.twin import Caller, Twin

QUEUE = QueueId("all")
EXACT_CALLS, EXACT_AGENTS = 100_000, 10
BATCHES, BATCH_CALLS = 20, 10_000
"""Waits are skewed and remember: means of shorter batches are not normal yet, and their errors prove nothing."""
WARM_UP_BATCHES = 1
SEED = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One setting of theory. `patience_s` None: nobody gives up (Erlang C)."""

    calls_per_h: float
    handling_s: float
    agents: int
    patience_s: float | None = None

    @property
    def name(self) -> str:
        patience = "" if self.patience_s is None else f", patience {self.patience_s:g} s"
        return f"{self.calls_per_h:g}/h × {self.handling_s:g} s on {self.agents}{patience}"


ROWS = (Row(160, 180, 10), Row(600, 240, 45), Row(160, 180, 10, 120), Row(600, 240, 42, 120))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call's wait ended."""

    waited_s: float
    answered: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one row: theory, what the engine did, and their difference in standard errors."""

    row: str
    figure: str
    theory: float
    engine: float
    standard_error: float
    standard_errors_off: float


def house(agents: int) -> House:
    """One queue, no wrap-up, everybody alike."""
    named = {"zh-CN": "队列"}
    return House.model_validate(
        {
            "name": "theory",
            "trunks": [{"id": "a", "name": "A", "host": "127.0.0.2"}],
            "hotlines": [{"id": "main", "number": "95001", "name": named, "flow": "main", "queue": QUEUE}],
            "skills": ["all"],
            "queues": [{"id": QUEUE, "name": named, "skills": {"all": 1}, "wrap_up_s": 0}],
            "seats": [{"id": f"s{number}"} for number in range(agents)],
            "agents": [{"id": f"a{number}", "name": "坐席", "skills": {"all": 5}} for number in range(agents)],
        }
    )


def waits(agents: int, coming: Iterator[Caller]) -> list[Outcome]:
    """Let these call at the real engine; the outcomes in the order of arrival (call ids are numbers)."""
    found: dict[int, Outcome] = {}

    def hear(event: Event, now_s: float) -> None:
        if isinstance(event, CallAnswered | CallAbandoned):
            found[int(event.call)] = Outcome(event.waited_s, isinstance(event, CallAnswered))

    twin = Twin(house(agents))
    twin.open()
    twin.sign_in_everybody()
    twin.listen(hear)
    twin.callers(coming)
    twin.run()
    return [found[number] for number in sorted(found)]


# --- exact -----------------------------------------------------------------------------------
def kiefer_wolfowitz(arrivals_s: Sequence[float], talks_s: Sequence[float], agents: int) -> list[float]:
    """The wait of each call, from the vector of the work still before each agent."""
    work = [0.0] * agents
    found, before = [], 0.0
    for arrival, talk in zip(arrivals_s, talks_s, strict=True):
        work = [max(0.0, left - (arrival - before)) for left in work]
        before = arrival
        found.append(work.pop(0))
        insort(work, found[-1] + talk)
    return found


def exact_mismatches(calls: int = EXACT_CALLS, agents: int = EXACT_AGENTS) -> int:
    """Calls whose wait differs by a millisecond or more; bursts of arrivals, long-tailed talks, load 0.92."""
    dice = Random(SEED)
    talks = [dice.lognormvariate(5.0, 0.8) for _ in range(calls)]
    gap_s = math.exp(5.0 + 0.8**2 / 2) / agents / 0.92
    arrivals, now = [], 0.0
    for _ in range(calls):
        now += dice.gammavariate(0.5, 2 * gap_s)
        arrivals.append(now)
    coming = (Caller(CallId(f"{number}"), arrivals[number], QUEUE, talks[number]) for number in range(calls))
    ours = waits(agents, coming)
    theirs = kiefer_wolfowitz(arrivals, talks, agents)
    same = sum(1 for our, their in zip(ours, theirs, strict=False) if abs(our.waited_s - their) < 0.001)
    return calls - same


# --- statistical -----------------------------------------------------------------------------
def figures(row: Row) -> dict[str, tuple[float, Callable[[Sequence[Outcome]], float]]]:
    """What theory says of this row, and how the same is read from a batch of outcomes."""
    arrivals_per_s = row.calls_per_h / 3600
    if row.patience_s is None:
        c = erlang_c(arrivals_per_s, row.handling_s, row.agents)
        return {
            "P(wait)": (c.wait, lambda batch: mean(call.waited_s > 0 for call in batch)),
            "ASA s": (c.asa_s, lambda batch: mean(call.waited_s for call in batch)),
            "within 20 s": (c.within(20), lambda batch: mean(call.waited_s <= 20 for call in batch)),
        }
    a = erlang_a(arrivals_per_s, row.handling_s, row.patience_s, row.agents)
    return {
        "P(wait)": (a.wait, lambda batch: mean(call.waited_s > 0 for call in batch)),
        "abandon": (a.abandon, lambda batch: mean(not call.answered for call in batch)),
    }


def poisson(row: Row, calls: int) -> Iterator[Caller]:
    dice, now_s = Random(SEED), 0.0
    for number in range(calls):
        now_s += dice.expovariate(row.calls_per_h / 3600)
        patience_s = math.inf if row.patience_s is None else dice.expovariate(1 / row.patience_s)
        yield Caller(CallId(f"{number}"), now_s, QUEUE, dice.expovariate(1 / row.handling_s), patience_s)


def compared(row: Row, batches: int = BATCHES, batch_calls: int = BATCH_CALLS) -> list[Line]:
    """Theory beside the engine; batch means tell how far chance alone may carry a figure."""
    outcomes = waits(row.agents, poisson(row, (batches + WARM_UP_BATCHES) * batch_calls))
    settled = outcomes[WARM_UP_BATCHES * batch_calls :]
    parts = [settled[first : first + batch_calls] for first in range(0, len(settled), batch_calls)]
    lines = []
    for figure, (theory, read) in figures(row).items():
        means = [read(part) for part in parts]
        error = stdev(means) / math.sqrt(len(means))
        numbers = (theory, mean(means), error, (mean(means) - theory) / error)
        lines.append(Line(row.name, figure, *(round(number, 4) for number in numbers)))
    return lines


def run() -> dict[str, object]:
    """Both proofs; the keys are those of the issue."""
    rows = [line for row in ROWS for line in compared(row)]
    return {
        "exact_calls": EXACT_CALLS,
        "exact_mismatches": exact_mismatches(),
        "statistical_calls": BATCHES * BATCH_CALLS * len(ROWS),
        "worst_standard_errors": max(abs(line.standard_errors_off) for line in rows),
        "rows": [asdict(line) for line in rows],
    }


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False))
