"""What waiting callers are told beside what came: our promise, and app_queue's rule on the same callers.

The real engine on virtual time: ten agents, calls as Poisson's that step up to what ten can hardly carry, exponential
talks, patience of two minutes. At the moment of our first promise to a caller, app_queue would say its hold time, a
moving average of the waits of answered calls (three quarters old, one quarter new), rounded to minutes, whatever the
caller's place (`recalc_holdtime` and `say_position` of apps/app_queue.c). Its queue, served in the same order, has the
same waits, so that only the rules differ. Callers who give up count for neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from statistics import fmean

from core.events import CallAnswered, Event, PromiseMade
from core.house import House
from core.ids import CallId, QueueId
from queueing.twin import Caller, Twin

AGENTS, TALK_S, PATIENCE_S = 10, 180.0, 120.0
QUIET_PER_H, STEP_PER_H = 170.0, 230.0
HOUR_S, HOURS = 3600.0, 60
QUEUE = QueueId("main")


def house() -> House:
    """One queue, one skill."""
    names = {"en": "bench"}
    return House.model_validate(
        {
            "name": "bench",
            "trunks": [{"id": "a", "name": "A", "host": "127.0.0.2"}],
            "hotlines": [{"id": "main", "number": "95001", "name": names, "flow": "main", "queue": QUEUE}],
            "skills": ["all"],
            "queues": [{"id": QUEUE, "name": names, "skills": {"all": 1}, "wrap_up_s": 0}],
            "seats": [{"id": f"s{number}"} for number in range(AGENTS)],
            "agents": [{"id": f"a{number}", "name": f"a{number}", "skills": {"all": 5}} for number in range(AGENTS)],
        }
    )


def callers(dice: Random) -> Iterator[Caller]:
    """An hour quiet, an hour of the step, and so on."""
    at_s = 0.0
    for number in range(10**6):
        loaded = int(at_s // HOUR_S) % 2
        at_s += dice.expovariate((STEP_PER_H if loaded else QUIET_PER_H) / HOUR_S)
        if at_s >= HOURS * HOUR_S:
            return
        talk_s, patience_s = dice.expovariate(1 / TALK_S), dice.expovariate(1 / PATIENCE_S)
        yield Caller(CallId(f"c{number}"), at_s, QUEUE, talk_s, patience_s)


class AppQueue:
    """Its hold time, in whole seconds."""

    def __init__(self) -> None:
        self.holdtime_s = 0

    def answered(self, waited_s: float) -> None:
        self.holdtime_s = (3 * self.holdtime_s + int(waited_s)) // 4

    def minutes(self, waited_s: float) -> int:
        """What it says to somebody who has waited so long; 0: nothing is said."""
        return abs(int(self.holdtime_s + 30 - waited_s)) // 60


@dataclass(slots=True)
class Told:
    """Of callers who were answered: what each was told at the same moment, and what came after it, in seconds."""

    theirs: AppQueue = field(default_factory=AppQueue)
    promised: dict[CallId, tuple[float, float, float, int]] = field(default_factory=dict)
    kept: list[tuple[float, float, float, int]] = field(default_factory=list)
    """From the promise on: low, high, what came; and their minutes."""

    def hear(self, event: Event, now_s: float) -> None:
        match event:
            case PromiseMade() if event.call not in self.promised:
                said = event.low_s, event.high_s, event.waited_s, self.theirs.minutes(event.waited_s)
                self.promised[event.call] = said
            case CallAnswered():
                self.theirs.answered(event.waited_s)
                if event.call in self.promised:
                    low_s, high_s, already_s, minutes = self.promised.pop(event.call)
                    self.kept.append((low_s, high_s, event.waited_s - already_s, minutes))


def run() -> dict[str, object]:
    """Mean absolute errors of what was told, and how often what came was within what was told."""
    twin, told = Twin(house()), Told()
    twin.open()
    twin.sign_in_everybody()
    twin.listen(told.hear)
    twin.callers(callers(Random(1)))
    twin.run()
    return {"callers": len(told.kept), **figures(told.kept)}


def figures(kept: list[tuple[float, float, float, int]]) -> dict[str, object]:
    """Ours is judged by the middle of its interval; theirs says minutes, and is right within half a one."""
    ours_s = [abs((low_s + high_s) / 2 - came_s) for low_s, high_s, came_s, _ in kept]
    theirs_s = [abs(minutes * 60 - came_s) for _, _, came_s, minutes in kept]
    return {
        "ours": {
            "mean_error_s": round(fmean(ours_s), 1),
            "came_within_it": round(fmean(low_s <= came_s <= high_s for low_s, high_s, came_s, _ in kept), 3),
            "mean_width_s": round(fmean(high_s - low_s for low_s, high_s, _, _ in kept), 1),
            "later_than_told": round(fmean(came_s > high_s for _, high_s, came_s, _ in kept), 3),
        },
        "app_queue_rule": {
            "mean_error_s": round(fmean(theirs_s), 1),
            "came_within_half_a_minute": round(fmean(error_s <= 30 for error_s in theirs_s), 3),
            "came_within_as_wide_as_ours": round(
                fmean(e <= (k[1] - k[0]) / 2 for e, k in zip(theirs_s, kept, strict=True)), 3
            ),
            "later_than_told": round(fmean(came_s > minutes * 60 + 30 for _, _, came_s, minutes in kept), 3),
        },
    }
