"""Decisions per second of the pure engine: half the seats busy, as many callers waiting whom no idle seat may serve.

One cycle is what a floor does all day: a caller arrives, is queued, a phone rings and is answered; an
older talk ends by either side and its agent's wrap-up runs out; a waiting caller gives up and another
takes a place. Each input is timed with the `next_deadline()` that follows it, as the pump does.
bench.everything has the same floor with every rule switched on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from core.commands import RingSeat
from core.house import House
from core.ids import AgentId, CallId, HotlineId, NodeId, QueueId, RequestId, SeatId, TrunkId
from core.inputs import (
    CallArrived,
    CallerHungUp,
    CallQueued,
    ConfigurationChanged,
    Input,
    PbxResynced,
    Requested,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SignIn,
    Tick,
)
from core.instants import Instant
from queueing.decision import Decision
from queueing.engine import Engine

SIZES = (40, 1_000, 10_000)
REPETITIONS = 7
DECISIONS = 10_000
"""Timed in each repetition."""
WRAP_UP_S = 10.0
SERVED, STUCK = QueueId("presales"), QueueId("complaints")

NODE, HOTLINE, TRUNK = NodeId("pbx1"), HotlineId("main"), TrunkId("carrier-a")
_WALL = datetime(2026, 1, 5, tzinfo=UTC)


def house(seats: int) -> House:
    """Everybody can sell in two languages; nobody can take the complaints that wait."""
    numbers = range(1, seats + 1)
    named = {"zh-CN": "队列"}
    return House.model_validate(
        {
            "name": "bench",
            "trunks": [{"id": TRUNK, "name": "A", "host": "127.0.0.2"}],
            "hotlines": [{"id": HOTLINE, "number": "95001", "name": named, "flow": "main", "queue": SERVED}],
            "skills": ["sales", "after-sales", "care"],
            "queues": [
                {"id": SERVED, "name": named, "skills": {"sales": 3}, "wrap_up_s": WRAP_UP_S},
                {"id": "after-sales", "name": named, "skills": {"after-sales": 2}, "wrap_up_s": WRAP_UP_S},
                {"id": STUCK, "name": named, "skills": {"care": 3}, "wrap_up_s": WRAP_UP_S},
            ],
            "shifts": [{"id": "all-day", "name": named, "start": "08:00", "end": "08:00"}],
            "staffing": {"floor": [{"start": "00:00", "end": "00:00", "agents": 1}]},
            "groups": [{"id": "cared", "longest_stretch_s": 43200, "highest_occupancy": 1, "cool_down_s": 60}],
            "governor": {"ladder": ["alarm"]},
            "seats": [{"id": f"s{number}"} for number in numbers],
            "agents": [
                {
                    "id": f"a{number}",
                    "name": f"坐席{number:05}",
                    "skills": {"sales": 5, "after-sales": 4, "care": 1},
                    "languages": ["zh-CN", "en"],
                    "shift": "all-day",
                    "group": "cared",
                }
                for number in numbers
            ],
        }
    )


@dataclass(slots=True)
class Bench:
    """A floor in its steady state; `spent_s` and `decisions` count what was timed."""

    seats: int
    engine: Engine = field(default_factory=Engine)
    boot_s: float = 1000.0
    sequence: int = 0
    spent_s: float = 0.0
    decisions: int = 0
    arrivals: int = 0
    talks: deque[RingSeat] = field(default_factory=deque)
    stuck: deque[CallId] = field(default_factory=deque)

    def give(self, fact: Input) -> Decision:
        self.sequence += 1
        now = Instant(self.boot_s, self.wall())
        began = perf_counter()
        decision = self.engine.handle(fact, now, self.sequence)
        self.engine.next_deadline()
        self.spent_s += perf_counter() - began
        self.decisions += 1
        return decision

    def make_house(self) -> House:
        return house(self.seats)

    def wall(self) -> datetime:
        return _WALL

    def open(self) -> None:
        """Everybody signed in, half of the seats talking, as many callers stuck."""
        self.sign_in_all()
        for _ in range(self.seats // 2):
            self.boot_s += 0.01
            self.talk()
            self.wait()

    def sign_in_all(self) -> None:
        self.give(ConfigurationChanged(1, self.make_house()))
        numbers = range(1, self.seats + 1)
        self.give(PbxResynced(NODE, "run1", (), frozenset(SeatId(f"s{number}") for number in numbers)))
        for number in numbers:
            self.boot_s += 0.01
            sign_in = SignIn(AgentId(f"a{number}"), SeatId(f"s{number}"))
            self.give(Requested(RequestId(f"r{number}"), "bench", sign_in))

    def arrive(self, queue: QueueId) -> Decision:
        self.arrivals += 1
        call = CallId(f"pbx1-{self.arrivals}")
        self.give(CallArrived(call, NODE, HOTLINE, TRUNK, "", "zh-CN"))
        return self.give(CallQueued(call, NODE, HOTLINE, TRUNK, "", queue, "zh-CN"))

    def talk(self) -> None:
        """A caller whom an idle seat takes."""
        ring = next(command for command in self.arrive(SERVED).commands if isinstance(command, RingSeat))
        self.give(SeatRang(ring.call, ring.offer, ring.seat))
        self.give(SeatAnswered(ring.call, ring.offer, ring.seat))
        self.talks.append(ring)

    def wait(self) -> None:
        """A caller whom no idle seat may serve."""
        self.arrive(STUCK)
        self.stuck.append(CallId(f"pbx1-{self.arrivals}"))

    def end_talk(self, *, by_caller: bool) -> None:
        ring = self.talks.popleft()
        hung_up, leg_ended = CallerHungUp(ring.call, 16), SeatLegEnded(ring.call, ring.offer, ring.seat, 16)
        for fact in (hung_up, leg_ended) if by_caller else (leg_ended, hung_up):
            self.give(fact)

    def give_up(self) -> None:
        """A caller from anywhere in the line hangs up."""
        self.stuck.rotate(7)
        self.give(CallerHungUp(self.stuck.popleft(), 16))

    def cycle(self, number: int) -> None:
        self.boot_s += WRAP_UP_S * 10 / self.seats  # a tenth of the seats are wrapping up
        while (due := self.engine.next_deadline()) is not None and due <= self.boot_s:
            self.give(Tick())
        self.talk()
        self.end_talk(by_caller=number % 2 == 0)
        self.give_up()
        self.wait()

    def measure(self) -> float:
        """Decisions per second over one repetition."""
        self.spent_s, self.decisions = 0.0, 0
        number = 0
        while self.decisions < DECISIONS:
            self.cycle(number)
            number += 1
        return self.decisions / self.spent_s


def measured(kind: type[Bench]) -> dict[str, int]:
    """Medians over repetitions, one to warm up; the sizes take turns, so that a busy machine slows all alike."""
    floors = [kind(seats) for seats in SIZES]
    for floor in floors:
        floor.open()
        floor.measure()
    figures = [[floor.measure() for floor in floors] for _ in range(REPETITIONS)]
    medians = [round(median(column)) for column in zip(*figures, strict=True)]
    return {str(seats): figure for seats, figure in zip(SIZES, medians, strict=True)}
