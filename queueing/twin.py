"""The traffic twin: the real engine on virtual time, with callers, phones and a PBX that are a few lines each.

Nothing sleeps: the twin goes from one moment to the next, whichever comes first of its own agenda and the engine's
`next_deadline()`. Callers come in the order of their arrival from any iterator, so a year of them needs no memory.
A phone rings at once, `pick_up_s` says after how many seconds it is answered (None: never), the caller hangs up
when the talk is over. What else should happen (sign-ins, breaks, a house that changes) is put on the agenda with `at`;
what happened is heard with `listen`.

    twin = Twin(house)
    twin.open()
    twin.sign_in_everybody()
    twin.callers(Caller(CallId(f"c{n}"), arrives_s=20.0 * n, queue=SALES, talk_s=180.0) for n in range(1000))
    twin.run()
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from core.commands import Command, Dismiss, LetGo, RingSeat, WithdrawRing
from core.events import Event
from core.house import House
from core.ids import AgentId, CallId, NodeId, OfferId, QueueId, RequestId, SeatId
from core.inputs import (
    CallArrived,
    CallerHungUp,
    CallQueued,
    ConfigurationChanged,
    Input,
    PbxResynced,
    Request,
    Requested,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SignIn,
    Tick,
)
from core.instants import Instant
from queueing.engine import Engine

NODE = NodeId("twin")
HUNG_UP, ANSWERED_ELSEWHERE = 16, 26
"""Q.850 causes."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One call to come: `arrives_s` after the twin's start it asks for `queue`; `patience_s` later it gives up."""

    call: CallId
    arrives_s: float
    queue: QueueId
    talk_s: float
    patience_s: float = math.inf
    language: str = "zh-CN"
    priority: int = 0
    number: str = ""


def at_once(ring: RingSeat) -> float | None:
    """Every phone is picked up at the first sign of a ring."""
    return 0.0


class Twin:
    """One floor on virtual time. `now_s` counts from the start, which is `began` on the wall clock."""

    def __init__(
        self,
        house: House,
        *,
        began: datetime = datetime(2026, 1, 5, tzinfo=UTC),
        pick_up_s: Callable[[RingSeat], float | None] = at_once,
    ) -> None:
        self.house = house
        self.engine = Engine()
        self.now_s = 0.0
        self.decisions = 0
        self._began = began
        self._pick_up_s = pick_up_s
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._ordinals = count()
        self._here: dict[CallId, Caller] = {}
        self._talking: set[CallId] = set()
        self._legs: set[OfferId] = set()
        self._listeners: list[Callable[[Event, float], None]] = []
        self._obeying: list[Callable[[Command], None]] = []

    # --- what is told to the twin ------------------------------------------------------------
    def open(self) -> None:
        """The house takes effect, the PBX is in sight, every phone can ring."""
        self.give(ConfigurationChanged(1, self.house))
        self.give(PbxResynced(NODE, "run1", (), frozenset(seat.id for seat in self.house.seats)))

    def sign_in_everybody(self) -> None:
        """The n-th agent of the house at its n-th seat."""
        for agent, seat in zip(self.house.agents, self.house.seats, strict=False):
            self.ask(SignIn(AgentId(agent.id), SeatId(seat.id)))

    def ask(self, request: Request) -> None:
        """A request of a person, now."""
        self.give(Requested(RequestId(f"r{self.decisions}"), "twin", request))

    def callers(self, coming: Iterable[Caller]) -> None:
        """Let these call, in the order of their arrival."""
        self._expect(iter(coming))

    def at(self, when_s: float, act: Callable[[], None]) -> None:
        """Do this at that moment, after what is already planned for it."""
        heappush(self._agenda, (max(when_s, self.now_s), next(self._ordinals), act))

    def listen(self, listener: Callable[[Event, float], None]) -> None:
        """Tell this one of every event and its moment."""
        self._listeners.append(listener)

    def obey_with(self, obey: Callable[[Command], None]) -> None:
        """Let this one see to every order too."""
        self._obeying.append(obey)

    def waiting(self, call: CallId) -> Caller | None:
        """The caller, if they are still here and speak with nobody."""
        return None if call in self._talking else self._here.get(call)

    def run(self, until_s: float = math.inf) -> None:
        """Let time pass until this moment, or until nothing is to happen any more."""
        while (moment_s := self._next_s()) <= until_s and moment_s < math.inf:
            self.now_s = max(self.now_s, moment_s)
            if self._agenda and self._agenda[0][0] <= self.now_s:
                heappop(self._agenda)[2]()
            else:
                self.give(Tick())
        if until_s < math.inf:
            self.now_s = until_s

    def give(self, fact: Input) -> None:
        """One input, whole: the engine decides, the PBX obeys, the listeners hear."""
        self.decisions += 1
        now = Instant(self.now_s, self._began + timedelta(seconds=self.now_s))
        decision = self.engine.handle(fact, now, self.decisions)
        for event in decision.events:
            for listener in self._listeners:
                listener(event, self.now_s)
        for command in decision.commands:
            self._obey(command)
            for obey in self._obeying:
                obey(command)

    # --- callers and phones --------------------------------------------------------------------
    def _next_s(self) -> float:
        planned_s = self._agenda[0][0] if self._agenda else math.inf
        due_s = self.engine.next_deadline()
        return planned_s if due_s is None else min(planned_s, due_s)

    def _expect(self, coming: Iterator[Caller]) -> None:
        caller = next(coming, None)
        if caller is not None:
            self.at(caller.arrives_s, lambda: self._arrive(caller, coming))

    def _arrive(self, caller: Caller, coming: Iterator[Caller]) -> None:
        self._here[caller.call] = caller
        hotline, trunk = self.house.hotlines[0].id, self.house.trunks[0].id
        self.give(CallArrived(caller.call, NODE, hotline, trunk, caller.number, caller.language))
        if caller.patience_s < math.inf:
            self.at(self.now_s + caller.patience_s, lambda: self._give_up(caller.call))
        wish = (caller.queue, caller.language, caller.priority)
        self.give(CallQueued(caller.call, NODE, hotline, trunk, caller.number, *wish))
        self._expect(coming)

    def _give_up(self, call: CallId) -> None:
        if call not in self._talking:
            self._hang_up(call)

    def _hang_up(self, call: CallId) -> None:
        if self._here.pop(call, None) is not None:
            self._talking.discard(call)
            self.give(CallerHungUp(call, HUNG_UP))

    def _obey(self, command: Command) -> None:
        match command:
            case RingSeat():
                self._ring(command)
            case WithdrawRing():
                self.at(self.now_s, lambda: self._leg_over(command.call, command.offer, command.seat))
            case LetGo() | Dismiss():
                self.at(self.now_s, lambda: self._hang_up(command.call))

    def _ring(self, ring: RingSeat) -> None:
        self._legs.add(ring.offer)
        self.at(self.now_s, lambda: self.give(SeatRang(ring.call, ring.offer, ring.seat)))
        if (after_s := self._pick_up_s(ring)) is not None:
            self.at(self.now_s + after_s, lambda: self._answer(ring))

    def _answer(self, ring: RingSeat) -> None:
        if ring.offer not in self._legs or ring.call not in self._here:
            return
        self._talking.add(ring.call)
        self.give(SeatAnswered(ring.call, ring.offer, ring.seat))
        self.at(self.now_s + self._here[ring.call].talk_s, lambda: self._end_talk(ring))

    def _end_talk(self, ring: RingSeat) -> None:
        self._hang_up(ring.call)
        self._leg_over(ring.call, ring.offer, ring.seat, HUNG_UP)

    def _leg_over(self, call: CallId, offer: OfferId, seat: SeatId, cause: int = ANSWERED_ELSEWHERE) -> None:
        if offer in self._legs:
            self._legs.discard(offer)
            self.give(SeatLegEnded(call, offer, seat, cause))
