"""The floor of `bench engine` with every rule of the house switched on, and what it takes of memory.

Beside the callers of bench.engine: priorities with aging, VIPs and languages; the agent of last time waited for;
requirements that relax; overflow; promises of the wait; callbacks that wait and callbacks that are dialled; holds,
breaks, calls marked abusive; the roster with a shift that ends, the floor, care with a cap, and a governor on the last
step of its ladder.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.engine import HOTLINE, NODE, SERVED, SIZES, STUCK, TRUNK, Bench, house, measured
from core.commands import CallAgent, RingSeat
from core.events import AgentChanged, CallbackMade
from core.house import House
from core.ids import AgentId, CallbackId, CallId, QueueId, RequestId
from core.inputs import (
    AgentLineHeld,
    BecomeReady,
    CallArrived,
    CallbackRequested,
    CallerHeld,
    CallerHungUp,
    CallerJoined,
    CallQueued,
    CancelCallback,
    FarAnswered,
    FarLegEnded,
    FarRang,
    Hold,
    Input,
    MarkAbusive,
    Request,
    Requested,
    Resume,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    TakeBreak,
)
from core.states import AgentStatus, BreakReason
from queueing.decision import Decision

AFTER_SALES = QueueId("after-sales")
BEGAN = datetime(2026, 1, 5, 1, 50, tzinfo=UTC)
"""Ten minutes before the first shift ends in Shanghai."""
NUMBERS, VIPS = 3000, 100
PROMISES = 50
"""Kept open all the time."""
MEMORY_SEATS, MEMORY_CALLS, HOURS = 10_000, 5_000, 8


def full_house(seats: int) -> House:
    """The bench's house with all that a house can ask for; one agent in ten goes home early in the run."""
    document = house(seats).model_dump(mode="json")
    relax = [{"after_s": 10, "skills": {"after-sales": 2}}, {"after_s": 30, "any_language": True}]
    rules: dict[str, dict[str, object]] = {
        SERVED: {"preferred_agent_s": 10, "relax": relax, "max_waiting": 500, "overflow": AFTER_SALES},
        AFTER_SALES: {"strategy": "best-skill", "max_wait_s": 600},
        STUCK: {"relax": [{"after_s": 60, "any_language": True}, {"after_s": 300, "skills": {"care": 2}}]},
    }
    queues = [{**queue, **rules[queue["id"]]} for queue in document["queues"]]
    agents = [
        {**one, "shift": "going" if n % 10 == 0 else "all-day", "languages": ["zh-CN", "en"][: 1 + n % 2]}
        for n, one in enumerate(document["agents"])
    ]
    return House.model_validate(
        {
            **document,
            "queues": queues,
            "agents": agents,
            "language_priority": {"en": 1},
            "vips": [{"number": f"+86138{n:08}", "priority": 3} for n in range(VIPS)],
            "callbacks": {"start": "00:00", "end": "23:59", "at_once": 100},
            "outbound": {"calls_per_trunk_hour": 100_000, "calls_per_agent_hour": 10_000},
            "shifts": [*document["shifts"], {"id": "going", "name": {}, "start": "02:00", "end": "10:00"}],
            "staffing": {"floor": [{"start": "00:00", "end": "00:00", "agents": min(2000, seats // 2)}]},
            "groups": [{"id": "cared", "longest_stretch_s": 7200, "highest_occupancy": 0.9, "cool_down_s": 60}],
            "governor": {"ladder": LADDER, "up_after_s": 10},
        }
    )


LADDER = (
    "ask_reserve", "relax_skills", "shorten_wrap_up", "hold_breaks", "alarm", "offer_callbacks", "offer_messages"
)  # fmt: skip


@dataclass(slots=True)
class FullBench(Bench):
    """The same steady state. Who rings whom is the engine's choice: every ring is answered in the same cycle."""

    rings: deque[RingSeat] = field(default_factory=deque)
    dials: deque[CallAgent] = field(default_factory=deque)
    promises: deque[CallbackId] = field(default_factory=deque)
    resting: deque[AgentId] = field(default_factory=deque)
    numbers: int = 0

    def make_house(self) -> House:
        return full_house(self.seats)

    def wall(self) -> datetime:
        return BEGAN + timedelta(seconds=self.boot_s)

    def give(self, fact: Input) -> Decision:
        decision = Bench.give(self, fact)
        self.rings.extend(command for command in decision.commands if isinstance(command, RingSeat))
        self.dials.extend(command for command in decision.commands if isinstance(command, CallAgent))
        self.promises.extend(event.callback for event in decision.events if isinstance(event, CallbackMade))
        self.resting.extend(
            event.agent
            for event in decision.events
            if isinstance(event, AgentChanged) and event.status is AgentStatus.ON_BREAK
        )
        return decision

    def ask(self, wish: Request) -> None:
        self.give(Requested(RequestId(f"w{self.sequence}"), "bench", wish))

    def arrive(self, queue: QueueId) -> Decision:
        self.arrivals += 1
        self.numbers = (self.numbers * 5 + 1) % NUMBERS
        call, number = CallId(f"pbx1-{self.arrivals}"), f"+86138{self.numbers:08}"
        language = "en" if self.arrivals % 4 == 0 else "zh-CN"
        self.give(CallArrived(call, NODE, HOTLINE, TRUNK, number, language))
        wish = (queue, language, self.arrivals % 3)
        return self.give(CallQueued(call, NODE, HOTLINE, TRUNK, number, *wish))

    def talk(self) -> None:
        """A caller for one of the two queues that are served, and every phone that rings is picked up."""
        self.arrive(AFTER_SALES if self.arrivals % 5 == 0 else SERVED)
        self.answer_all()

    def answer_all(self) -> None:
        while self.rings:
            ring = self.rings.popleft()
            self.give(SeatRang(ring.call, ring.offer, ring.seat))
            self.give(SeatAnswered(ring.call, ring.offer, ring.seat))
            self.talks.append(ring)
        while self.dials:
            self.call_back(self.dials.popleft())

    def call_back(self, order: CallAgent) -> None:
        """The agent picks up, the customer too; the talk is short."""
        whole, attempt = (order.call, order.offer, order.seat), order.offer.replace("/0", "/1")
        self.give(SeatRang(*whole))
        self.give(SeatAnswered(*whole))
        self.give(AgentLineHeld(order.call, NODE, self.boot_s))
        for fact in (FarRang, FarAnswered):
            self.give(fact(order.call, type(order.offer)(attempt)))
        self.give(FarLegEnded(order.call, type(order.offer)(attempt), 16))
        self.give(SeatLegEnded(*whole, 16))

    def end_talk(self, *, by_caller: bool) -> None:
        while len(self.talks) > self.seats // 2:
            Bench.end_talk(self, by_caller=by_caller)

    def cycle(self, number: int) -> None:
        while self.resting:  # who has worked without a pause for long enough is sent on one
            self.ask(BecomeReady(self.resting.popleft()))
        Bench.cycle(self, number)
        _EXTRAS[number % len(_EXTRAS)](self)
        self.answer_all()


def _hold(floor: FullBench) -> None:
    """The longest talk is parted and joined again."""
    ring = floor.talks[0]
    agent = AgentId(ring.seat.replace("s", "a"))
    floor.ask(Hold(agent))
    floor.give(CallerHeld(ring.call))
    floor.ask(Resume(agent))
    floor.give(CallerJoined(ring.call, ring.seat))


def _pause(floor: FullBench) -> None:
    """Breaks are held back on this step of the ladder: refused, or the agent is back at once."""
    agent = AgentId(f"a{1 + floor.arrivals % floor.seats}")
    floor.ask(TakeBreak(agent, BreakReason.REST))
    floor.ask(BecomeReady(agent))


def _promise(floor: FullBench) -> None:
    """A caller whom nobody serves is promised a callback; the oldest such promise is taken back."""
    call, number = floor.stuck.popleft(), f"+86139{floor.arrivals:08}"
    floor.give(CallbackRequested(call, NODE, HOTLINE, TRUNK, number, number, STUCK, "zh-CN"))
    floor.give(CallerHungUp(call, 16))
    floor.wait()
    while len(floor.promises) > PROMISES:
        floor.ask(CancelCallback(floor.promises.popleft()))


def _call_back(floor: FullBench) -> None:
    """One who calls in is called back as soon as an agent is free."""
    number = f"+86137{floor.arrivals:08}"
    floor.arrivals += 1
    call = CallId(f"pbx1-{floor.arrivals}")
    floor.give(CallArrived(call, NODE, HOTLINE, TRUNK, number, "zh-CN"))
    floor.give(CallbackRequested(call, NODE, HOTLINE, TRUNK, number, number, SERVED, "zh-CN"))
    floor.give(CallerHungUp(call, 16))
    floor.promises.pop()


def _abuse(floor: FullBench) -> None:
    floor.ask(MarkAbusive(AgentId(floor.talks[0].seat.replace("s", "a"))))


_EXTRAS: tuple[Callable[[FullBench], None], ...] = (_hold, _pause, _promise, _call_back, _abuse)


def memory() -> dict[str, int]:
    """Bytes that a signed-in seat with its agent takes, house and indexes included, and a waiting call."""
    gc.collect()
    tracemalloc.start()
    try:
        floor = FullBench(MEMORY_SEATS)
        floor.sign_in_all()
        seats = _traced_bytes()
        for _ in range(MEMORY_CALLS):
            floor.wait()
        calls = _traced_bytes() - seats
    finally:
        tracemalloc.stop()
    return {
        "seats": MEMORY_SEATS,
        "waiting_calls": MEMORY_CALLS,
        "bytes_per_seat": round(seats / MEMORY_SEATS),
        "bytes_per_waiting_call": round(calls / MEMORY_CALLS),
    }


def hours() -> dict[str, int]:
    """Bytes of a floor of 40 seats after hours of its own clock."""
    gc.collect()
    tracemalloc.start()
    try:
        floor = FullBench(SIZES[0])
        floor.open()
        began_s, number, found = floor.boot_s, 0, dict[str, int]()
        for hour in range(1, HOURS + 1):
            while floor.boot_s < began_s + hour * 3600:
                floor.cycle(number)
                number += 1
            found[f"bytes_after_{hour}_h"] = _traced_bytes()
    finally:
        tracemalloc.stop()
    return {"calls": floor.arrivals, **found}


def _traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def run() -> dict[str, object]:
    """Decisions per second by seats, of the plain floor and of this one; the memory of a full one, and hour by hour."""
    plain = measured(Bench)
    return {"decisions_per_s": plain, "with_everything": measured(FullBench), "memory": memory(), "hours": hours()}


if __name__ == "__main__":
    print(json.dumps(run()))
