"""What the governor is worth: the same callers on the same floor, with the ladder, without it, and with offers.

The real engine on virtual time. Nine agents serve two queues; after a quiet hour the load steps up to more than they
can carry, for two hours, and falls again. Leaders who are asked to sign in come after three minutes and leave when the
step that asked them is taken back. Talks are lognormal and patience is exponential (Brown et al. 2005 find the former;
the latter is the simplest that has been used beside it). The dice are seeded: every run gives the same figures.

`year`: a day of the bank's real year in place of the step, scaled to this floor, if the file is given.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bench.offers import Offered
from core.events import (
    CallAbandoned,
    CallAnswered,
    CallbackKept,
    CallOffered,
    CallTurnedIntoCallback,
    Event,
    GovernorStepped,
    ReserveAsked,
)
from core.figures import Figures, milliseconds
from core.house import House
from core.ids import AgentId, CallId, QueueId, SeatId
from core.inputs import SignIn, SignOut
from core.staff import Measure
from queueing.twin import Caller, Twin

AGENTS, LEADERS = 9, 2
HOUR_S = 3600.0
QUIET_PER_H, STEP_PER_H = 130.0, 190.0
TALK_MEAN_S, TALK_SIGMA = 165.0, 0.8
PATIENCE_S = 120.0
LEADER_COMES_AFTER_S = 180.0
LADDER: tuple[Measure, ...] = ("ask_reserve", "relax_skills", "shorten_wrap_up", "hold_breaks", "alarm")
"""Without the two that take callers out of A / O: the rate is of callers who were answered, nothing else."""
OFFERS: tuple[Measure, ...] = ("offer_callbacks",)
"""What it takes out of the abandons (bench.offers): as the last step of the ladder, and where nothing else helps."""
LADDERS: dict[str, tuple[Measure, ...]] = {
    "without": (), "with": LADDER, "with_offers": LADDER + OFFERS, "offers_alone": OFFERS
}  # fmt: skip
QUEUES = (QueueId("presales"), QueueId("after-sales"))
SEED = 1
Rate = Callable[[float], float]
"""Calls per hour at a moment, in seconds from the start."""


def house(ladder: tuple[Measure, ...]) -> House:
    """Most agents are good at one thing and fair at the other, so that relaxing gives something."""
    named = {"zh-CN": "队列"}
    strong, weak = {"presales": 6, "after-sales": 1}, {"presales": 1, "after-sales": 6}
    people = [{"id": f"a{n}", "skills": strong if n % 2 else weak, "group": ""} for n in range(1, AGENTS + 1)]
    leaders = [
        {"id": f"l{n}", "role": "leader", "group": "reserve", "skills": {"presales": 6, "after-sales": 6}}
        for n in range(1, LEADERS + 1)
    ]
    return House.model_validate(
        {
            "name": "bench",
            "trunks": [{"id": "a", "name": "A", "host": "127.0.0.2"}],
            "hotlines": [{"id": "main", "number": "95001", "name": named, "flow": "main", "queue": QUEUES[0]}],
            "skills": ["presales", "after-sales"],
            "queues": [{"id": name, "name": named, "skills": {name: 2}, "wrap_up_s": 20} for name in QUEUES],
            "seats": [{"id": f"s{n}"} for n in range(1, AGENTS + LEADERS + 1)],
            "agents": [{**one, "name": one["id"]} for one in (*people, *leaders)],
            "groups": [{"id": "reserve", "reserve": True}],
            "governor": {"ladder": ladder},
        }
    )


def stepped(at_s: float) -> float:
    """A quiet hour, two hours of the step, a quiet hour again."""
    return STEP_PER_H if HOUR_S <= at_s < 3 * HOUR_S else QUIET_PER_H


def arrivals(rate: Rate, most_per_h: float, until_s: float, dice: Random) -> Iterator[Caller]:
    """A Poisson stream of changing rate, by thinning (Lewis and Shedler 1979)."""
    at_s, number = 0.0, 0
    mu = math.log(TALK_MEAN_S) - TALK_SIGMA**2 / 2
    while (at_s := at_s + dice.expovariate(most_per_h / HOUR_S)) < until_s:
        kept, queue = dice.random() < rate(at_s) / most_per_h, QUEUES[dice.random() < 0.5]
        talk_s, patience_s = dice.lognormvariate(mu, TALK_SIGMA), dice.expovariate(1 / PATIENCE_S)
        if kept:
            number += 1
            yield Caller(CallId(f"c{number}"), at_s, queue, talk_s, patience_s)


@dataclass(slots=True)
class Record:
    """What became of the callers, by whether they came within the step, and what the governor did."""

    is_loaded: Callable[[float], bool]
    loaded: Figures = field(default_factory=Figures)
    quiet: Figures = field(default_factory=Figures)
    steps: list[str] = field(default_factory=list)
    ups: int = 0

    def hear(self, event: Event, now_s: float) -> None:
        match event:
            case CallOffered():
                self._at(now_s).call_offered()
            case CallAnswered():
                self._at(now_s - event.waited_s).call_answered(milliseconds(event.waited_s), event.tries)
            case CallAbandoned():
                self._at(now_s - event.waited_s).call_abandoned(milliseconds(event.waited_s))
            case CallTurnedIntoCallback():
                self._at(now_s - event.waited_s).call_turned_into_callback()
            case CallbackKept():
                self._at(now_s - event.waited_s).callbacks_in_time += event.in_time
            case GovernorStepped():
                self.ups += event.step > event.was
                told = f"{now_s / 60:.0f} min {event.queue} {event.was}->{event.step} {event.measure}: {event.why}"
                self.steps.append(told)

    def _at(self, entered_s: float) -> Figures:
        return self.loaded if self.is_loaded(entered_s) else self.quiet


class Leaders:
    """The reserve: comes some minutes after it was asked, and leaves when no queue's governor needs it any more."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._here: set[AgentId] = set()
        self._steps: dict[QueueId, int] = {}

    def hear(self, event: Event, now_s: float) -> None:
        match event:
            case ReserveAsked():
                for agent in event.agents:
                    self._twin.at(now_s + LEADER_COMES_AFTER_S, lambda agent=agent: self._come(agent))  # type: ignore[misc]
            case GovernorStepped():
                self._steps[event.queue] = event.step
                if not any(self._steps.values()):
                    self._twin.at(now_s, self._leave)

    def _come(self, agent: AgentId) -> None:
        if agent not in self._here and any(self._steps.values()):
            self._here.add(agent)
            self._twin.ask(SignIn(agent, SeatId(f"s{AGENTS + int(agent[1:])}")))

    def _leave(self) -> None:
        """One who talks leaves later: asked again each minute."""
        state = self._twin.engine.snapshot()
        for agent in sorted(self._here):
            if state.agents[agent].call is None:
                self._here.discard(agent)
                self._twin.ask(SignOut(agent))
        if self._here and not any(self._steps.values()):
            self._twin.at(self._twin.now_s + 60, self._leave)


def simulate(
    ladder: tuple[Measure, ...], rate: Rate, most_per_h: float, until_s: float, loaded: Callable[[float], bool]
) -> Record:
    """One run; the same callers come whatever the ladder is."""
    twin, record = Twin(house(ladder), began=datetime(2026, 1, 5, tzinfo=UTC)), Record(loaded)
    twin.open()
    for number in range(1, AGENTS + 1):
        twin.ask(SignIn(AgentId(f"a{number}"), SeatId(f"s{number}")))
    twin.listen(record.hear)
    twin.listen(Leaders(twin).hear)
    Offered(twin, SEED)
    twin.callers(arrivals(rate, most_per_h, until_s, Random(SEED)))
    twin.run()
    return record


def shown(record: Record) -> dict[str, object]:
    """Rates as a reader wants them."""
    found: dict[str, object] = {"steps_up": record.ups}
    for name, figures in (("step", record.loaded), ("quiet", record.quiet)):
        found[name] = {
            "offered": figures.offered,
            "connection_rate": round(figures.connection_rate or 0.0, 4),
            "within_15_s": round(figures.service_levels(15)["v3"] or 0.0, 4),
            "asa_s": round(figures.asa_s or 0.0, 1),
            "abandoned": figures.abandoned,
            "callbacks": figures.callbacks,
            "callbacks_in_time": figures.callbacks_in_time,
            "with_callbacks": round(figures.connected_or_called_back.rate or 0.0, 4),
        }
    return found


def run(day: Path | None = None, date: str = "") -> dict[str, object]:
    """With the ladder and without; `day` names a file of arrivals by quarters of an hour, `date` the row."""
    rate, most_per_h, until_s, loaded = _day(day, date) if day else (stepped, STEP_PER_H, 4 * HOUR_S, _in_step)
    records = {name: simulate(ladder, rate, most_per_h, until_s, loaded) for name, ladder in LADDERS.items()}
    found: dict[str, object] = {name: shown(record) for name, record in records.items()}
    return found | {"steps": records["with"].steps, "steps_with_offers": records["with_offers"].steps}


def _in_step(at_s: float) -> bool:
    return HOUR_S <= at_s < 3 * HOUR_S


def _day(file: Path, date: str) -> tuple[Rate, float, float, Callable[[float], bool]]:
    """A real day, scaled so that its busiest quarter is the step's load; its upper half counts as loaded."""
    with file.open(newline="") as rows:
        row = next(row for row in csv.DictReader(rows) if not date or row["date"] == date)
    counts = [float(value) for name, value in row.items() if name != "date"]
    scale = STEP_PER_H / max(counts)

    def rate(at_s: float) -> float:
        return counts[min(len(counts) - 1, int(at_s // 900))] * scale

    return rate, STEP_PER_H, 24 * HOUR_S, lambda at_s: rate(at_s) > STEP_PER_H / 2


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False))
