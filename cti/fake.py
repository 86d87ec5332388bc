"""A PBX without telephones, on virtual time: the in-process twin of PbxNode.

It takes the engine's commands and gives back the facts that the real one was recorded to give, in the
same order (tests/scenarios.py holds the recordings; both are checked against them). A `disturb`
function may lose, double or delay each fact, because the order across channels is never promised.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.commands import (
    AskTrunk,
    CallAgent,
    CancelFar,
    Command,
    ConsultFar,
    ConsultSeat,
    DialFar,
    Dismiss,
    ExcuseFar,
    FetchCaller,
    HoldCall,
    JoinFar,
    JoinSeat,
    JoinThree,
    LetGo,
    RememberPlace,
    RingSeat,
    RunFlow,
    WithdrawRing,
)
from core.ids import CallId, HotlineId, NodeId, QueueId, SeatId, TrunkId
from core.inputs import (
    LINE_GONE,
    NOT_HELD,
    CallArrived,
    CallerHeld,
    CallerHungUp,
    CallerJoined,
    CallQueued,
    CommandDone,
    CommandFailed,
    FarJoined,
    Input,
    PbxResynced,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeatReachabilityChanged,
    SeenCall,
    SeenSeatLeg,
)
from core.states import CallState
from cti.fake_outbound import FakeOutbound, Far

REDIRECT_S = 0.003
KEPT_LOOKS_S = 1.5
"""How long a leg that keeps a caller outlives them at most (asterisk-conf/pbx/extensions.conf.j2, kept)."""
EXPIRED, NORMAL, BUSY, REJECTED, NOT_SELECTED = 0, 16, 17, 21, 26
"""Q.850 causes as Asterisk gives them for Dial's own limit, a BYE, a 486, a 603, and our withdrawal."""


@dataclass(frozen=True, slots=True)
class Phone:
    """What a seat's phone does with a ring. All times in seconds; None: never."""

    answers_after_s: float | None = None
    rejects_after_s: float | None = None
    busy: bool = False
    talks_s: float | None = None
    """The agent hangs up after so long."""
    rings_after_s: float = 0.02


@dataclass(frozen=True, slots=True)
class Caller:
    """What a caller does."""

    queue: QueueId
    patience_s: float | None = None
    """Hangs up when still waiting after so long."""
    talks_s: float | None = None
    """Hangs up so long after the answer."""
    language: str = "zh-CN"
    priority: int = 0


@dataclass(slots=True)
class _Ring:
    """An agent's leg: rung or talking on a caller's line, kept on hold, or rung by a kept one."""

    order: RingSeat
    answered: bool = False


Disturb = Callable[[Input], Sequence[float]]
"""For a fact, the extra seconds of each copy that arrives: (0.0,) for an honest PBX, () for a lost fact."""


def honest(fact: Input) -> Sequence[float]:
    """Every fact once, at once."""
    return (0.0,)


class FakePbx:
    """core.ports.Executor on virtual time. `run_until` gives facts to `deliver` in the order of their time."""

    def __init__(self, deliver: Callable[[Input, float], None], *, node: str = "n1", disturb: Disturb = honest) -> None:
        self._deliver = deliver
        self._node = NodeId(node)
        self._disturb = disturb
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._callers: dict[CallId, Caller] = {}
        self._rings: dict[CallId, _Ring] = {}
        self._kept: dict[CallId, _Ring] = {}
        self._consults: dict[CallId, _Ring] = {}
        self._held: set[CallId] = set()
        self.phones: dict[SeatId, Phone | None] = {}
        """None: the phone is not registered."""
        self.now_boot_s = 0.0
        self.commands: list[Command] = []
        self._leaving: set[CallId] = set()
        self.far: dict[TrunkId, Far] = {}
        """What comes of a dial over each trunk; one without an entry rings and answers."""
        self.outbound = FakeOutbound(self._node, self._tell, self._after, self.far, lambda: self.now_boot_s)
        self.clashes = 0
        """How often a seat was rung that was ringing or talking already."""

    def execute(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self.commands.append(command)
            if isinstance(command, RingSeat):
                self._ring(command)
            elif isinstance(command, WithdrawRing):
                self._withdraw(command)
            elif isinstance(command, LetGo | Dismiss | RunFlow):
                self._let_go(command)
            elif isinstance(command, CallAgent):
                self.clashes += self._engaged(command.seat)
                self.outbound.call_agent(command, self.phones.get(command.seat))
            elif isinstance(command, DialFar):
                self.outbound.dial(command, of_caller=command.call in self._callers)
            elif isinstance(command, AskTrunk):
                self.outbound.ask(command)
            elif isinstance(command, CancelFar):
                self.outbound.cancel(command)
            elif isinstance(command, ExcuseFar):
                self.outbound.excuse(command)
            elif isinstance(command, HoldCall):
                self._hold(command)
            elif isinstance(command, JoinSeat):
                self._join(command)
            elif isinstance(command, JoinThree):
                self._confer(command)
            elif isinstance(command, ConsultSeat):
                self._consult(command)
            elif isinstance(command, ConsultFar):
                self._consult_far(command)
            elif isinstance(command, JoinFar):
                self._join_far(command)
            elif isinstance(command, FetchCaller):
                self._fetch(command)
            else:
                if isinstance(command, RememberPlace):
                    self._waits(command.call)
                self._tell(CommandDone(command.id))

    # --- the world outside ---------------------------------------------------------------------
    def dial(self, call: CallId, caller: Caller, number: str = "+8613800138000") -> None:
        """A caller arrives and asks for an agent at once."""
        where = (call, self._node, HotlineId("hotline"), TrunkId("a"))
        self._callers[call] = caller
        self._tell(CallArrived(*where, number, caller.language))
        self._tell(CallQueued(*where, number, caller.queue, caller.language, caller.priority))
        if caller.patience_s is not None:
            self._after(caller.patience_s, lambda: self._lose_patience(call))

    def hang_up(self, call: CallId) -> None:
        """The caller hangs up, wherever the call is, and is told first. An agent's leg ends with it."""
        if self._callers.pop(call, None) is None:
            return
        self._leaving.discard(call)
        self._held.discard(call)
        self._tell(CallerHungUp(call, NORMAL))
        if call in self._rings and (colleague := self._consults.get(call)):
            self._finish(colleague, NORMAL, "")
        if kept := self._kept.get(call):
            self._after(KEPT_LOOKS_S, lambda: self._finish(kept, NORMAL, ""))
        if ring := self._rings.pop(call, None):
            self._end_leg(ring, NORMAL)
            self._tell(CommandFailed(ring.order.id, LINE_GONE))
        if call not in self._kept:
            self.outbound.end(call, NORMAL)

    def hang_up_agent(self, call: CallId) -> None:
        """The agent of a talk, or of a caller on hold, hangs up."""
        if (ring := self._kept.get(call) or self._rings.get(call)) and ring.answered:
            self._finish(ring, NORMAL, "ANSWER")

    def resynced(self) -> PbxResynced:
        """What the PBX would say of itself now: the truth, whatever facts were lost."""
        calls = tuple(self._seen(call, caller) for call, caller in self._callers.items())
        reachable = frozenset(seat for seat, phone in self.phones.items() if phone is not None)
        dialling = frozenset(ring.order.offer for ring in self._rings.values())
        return PbxResynced(self._node, "fake", calls, reachable, self.outbound.seen(), dialling=dialling)

    def _seen(self, call: CallId, caller: Caller) -> SeenCall:
        rings = [where[call] for where in (self._rings, self._kept, self._consults) if call in where]
        legs = tuple(SeenSeatLeg(ring.order.seat, ring.order.offer, ring.answered) for ring in rings)
        state = CallState.TALKING if legs and legs[0].answered else CallState.RINGING if legs else CallState.WAITING
        if call in self._held:
            state = CallState.HELD
        if call in self._leaving:
            state = CallState.LEAVING
        far = self.outbound.far_of(call)
        if any(leg.answered for leg in far) and call not in self._held:
            state = CallState.OUTSIDE
        where = (HotlineId("hotline"), TrunkId("a"), "", state, caller.queue, caller.language, caller.priority)
        return SeenCall(call, *where, None, legs, far=far)

    def plug(self, seat: SeatId, phone: Phone | None) -> None:
        """A phone registers or goes away."""
        before, self.phones[seat] = self.phones.get(seat), phone
        if (before is None) != (phone is None):
            self._tell(SeatReachabilityChanged(seat, phone is not None))

    # --- time ----------------------------------------------------------------------------------
    def next_due(self) -> float | None:
        """Boot-time seconds of the next fact."""
        return self._due[0][0] if self._due else None

    def advance(self, boot_s: float) -> None:
        """Deliver everything that is due up to `boot_s`."""
        while self._due and self._due[0][0] <= boot_s:
            self.now_boot_s, _, happen = heapq.heappop(self._due)
            happen()
        self.now_boot_s = max(self.now_boot_s, boot_s)

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now_boot_s + seconds, next(self._count), happen))

    def _tell(self, fact: Input) -> None:
        for delay_s in self._disturb(fact):
            self._after(delay_s, lambda: self._deliver(fact, self.now_boot_s))

    # --- what Asterisk does --------------------------------------------------------------------
    def _ring(self, order: RingSeat) -> None:
        phone = self.phones.get(order.seat)
        if order.call not in self._callers:
            self._tell(CommandFailed(order.id, NOT_HELD))
        elif order.call in self._rings:
            self._after(0.001, lambda: self._ring(order))  # a line dials one seat at a time
        elif phone is None:
            self._tell(CommandDone(order.id, "CHANUNAVAIL"))
        else:
            self._dial(self._rings, order, phone)

    def _dial(self, where: dict[CallId, _Ring], order: RingSeat, phone: Phone) -> None:
        self.clashes += self._engaged(order.seat)
        where[order.call] = ring = _Ring(order)
        self._play(ring, phone)

    def _engaged(self, seat: SeatId) -> bool:
        others = (*self._rings.values(), *self._kept.values(), *self._consults.values())
        return any(other.order.seat == seat for other in others) or self.outbound.rings(seat)

    def _play(self, ring: _Ring, phone: Phone) -> None:
        """The phone's part, each step only if the ring is still on."""
        if phone.busy:
            self._after(phone.rings_after_s, lambda: self._finish(ring, BUSY, "BUSY"))
            return
        self._after(phone.rings_after_s, lambda: self._if_on(ring, self._rang))
        if phone.answers_after_s is not None:
            self._after(phone.answers_after_s, lambda: self._if_on(ring, lambda on: self._answer(on, phone)))
        if phone.rejects_after_s is not None:
            self._after(phone.rejects_after_s, lambda: self._finish(ring, REJECTED, f"CHANUNAVAIL/{REJECTED}"))
        self._after(ring.order.dial_s, lambda: self._expire(ring))

    def _if_on(self, ring: _Ring, happen: Callable[[_Ring], None]) -> None:
        if self._place_of(ring) is not None:
            happen(ring)

    def _place_of(self, ring: _Ring) -> dict[CallId, _Ring] | None:
        """Where this leg is now; None: it has ended."""
        places = (self._rings, self._kept, self._consults)
        return next((place for place in places if place.get(ring.order.call) is ring), None)

    def _rang(self, ring: _Ring) -> None:
        self._tell(SeatRang(ring.order.call, ring.order.offer, ring.order.seat))

    def _answer(self, ring: _Ring, phone: Phone) -> None:
        ring.answered = True
        self._tell(SeatAnswered(ring.order.call, ring.order.offer, ring.order.seat))
        caller = self._callers.get(ring.order.call)
        if phone.talks_s is not None:
            self._after(phone.talks_s, lambda: self._finish(ring, NORMAL, "ANSWER"))
        if caller is not None and caller.talks_s is not None:
            self._after(caller.talks_s, lambda: self._if_on(ring, lambda on: self.hang_up(on.order.call)))

    def _expire(self, ring: _Ring) -> None:
        """Dial's own limit, in case nobody withdraws."""
        if not ring.answered:
            self._finish(ring, EXPIRED, "NOANSWER")

    def _finish(self, ring: _Ring, cause: int, status: str) -> None:
        """The agent's leg ends, and the line is ours again if it was on one. A colleague is kept in its place."""
        call, place = ring.order.call, self._place_of(ring)
        if place is None:
            return
        del place[call]
        self._end_leg(ring, cause)
        if place is self._rings and (colleague := self._consults.get(call)) and colleague.answered:
            del self._consults[call]
            colleague.order = replace(colleague.order, id=ring.order.id)
            self._rings[call] = colleague  # of three in one talk two are left
        elif place is self._rings and self.outbound.stays(call, ring.order.id):
            return  # of three in one talk caller and far end are left
        elif place is self._rings:
            if ring.answered:
                self._leaving.add(call)  # the stage says so from the answer on
            self._tell(CommandDone(ring.order.id, status))
        elif place is self._kept and self.outbound.holds(call):
            self.outbound.asker_left(call, caller_waits=call in self._callers)
        elif place is self._kept and (colleague := self._consults.pop(call, None)):
            if colleague.answered and call in self._callers:
                self._kept[call] = colleague
            else:
                self._end_leg(colleague, NOT_SELECTED)

    def _end_leg(self, ring: _Ring, cause: int) -> None:
        self._tell(SeatLegEnded(ring.order.call, ring.order.offer, ring.order.seat, cause))

    def _withdraw(self, command: WithdrawRing) -> None:
        self.outbound.withdraw(command.call, command.offer)
        three = command.call in self._consults or self.outbound.speaks(command.call)
        of_three = command.call in self._rings and three
        for place in (self._consults, self._kept, self._rings):
            ring = place.get(command.call)
            talks = ring is not None and ring.answered and place is self._rings and not of_three
            if ring and ring.order.offer == command.offer and not talks:
                self._finish(ring, NOT_SELECTED, f"CHANUNAVAIL/{NOT_SELECTED}")
        self._tell(CommandDone(command.id))

    # --- a talk parted and joined (cti.moves) ---------------------------------------------------
    def _hold(self, command: HoldCall | ConsultSeat) -> None:
        """The caller's old session ends, a new one says that it plays music; the agent's leg is kept."""
        if self._part(command):
            self._tell(CommandDone(command.id))

    def _part(self, command: HoldCall | ConsultSeat | ConsultFar) -> bool:
        ring = self._rings.get(command.call)
        if ring is None or not ring.answered or ring.order.seat != command.seat:
            self._tell(CommandFailed(command.id, "the phone is not in this call any more"))
            return False
        self._kept[command.call] = self._rings.pop(command.call)
        self._held.add(command.call)
        self._tell(CommandFailed(ring.order.id, LINE_GONE))
        self._after(REDIRECT_S, lambda: self._tell(CallerHeld(command.call)))
        return True

    def _join(self, command: JoinSeat) -> None:
        """EXEC Bridge on the caller's line."""
        ring = self._kept.get(command.call)
        if ring is None or ring.order.seat != command.seat or command.call not in self._callers:
            self._tell(CommandDone(command.id, "NONEXISTENT"))
            return
        if colleague := self._consults.get(command.call):
            self._finish(colleague, NORMAL, "")
        if self.outbound.holds(command.call):
            self.outbound.asker_left(command.call, caller_waits=False)
        self._held.discard(command.call)
        ring.order = replace(ring.order, id=command.id)
        self._rings[command.call] = self._kept.pop(command.call)
        self._tell(CallerJoined(command.call, command.seat))

    def _confer(self, command: JoinThree) -> None:
        """A Redirect of both legs, then EXEC ConfBridge on the caller's line."""
        kept, colleague = self._kept.get(command.call), self._consults.get(command.call)
        if command.colleague is None:
            self._confer_outside(command, kept)
            return
        if kept is None or colleague is None or not colleague.answered or command.call not in self._callers:
            self._tell(CommandFailed(command.id, "the phone is not in this call any more"))
            return
        self._held.discard(command.call)
        kept.order = replace(kept.order, id=command.id)
        self._rings[command.call] = self._kept.pop(command.call)
        for ring in (kept, colleague):
            self._tell(CallerJoined(command.call, ring.order.seat))

    def _confer_outside(self, command: JoinThree, kept: _Ring | None) -> None:
        """The same with a far end."""
        there = command.call in self._callers and self.outbound.speaks(command.call)
        if kept is None or not there or command.attempt is None:
            self._tell(CommandFailed(command.id, "the far end is not in this call any more"))
            return
        self._held.discard(command.call)
        kept.order = replace(kept.order, id=command.id)
        self._rings[command.call] = self._kept.pop(command.call)
        self._tell(CallerJoined(command.call, command.seat))
        self._tell(FarJoined(command.call, command.attempt))

    def _consult(self, command: ConsultSeat) -> None:
        """A Dial on the agent's own leg; the caller is put on hold first if they talk."""
        phone = self.phones.get(command.colleague)
        if command.parts and phone is not None:
            self._hold(command)
        if command.call not in self._kept or phone is None:
            self._tell(CommandFailed(command.id, "the colleague's phone cannot be rung"))
            return
        where = (command.id, command.not_after_boot_s, command.node, command.call, command.offer, command.colleague)
        self._dial(self._consults, RingSeat(*where, command.dial_s), phone)

    def _consult_far(self, command: ConsultFar) -> None:
        """A Dial over a trunk on the agent's own leg, which is kept when it is over."""
        if command.parts and not self._part(command):
            return
        if command.call not in self._kept:
            self._tell(CommandFailed(command.id, "the phone is not in this call any more"))
            return
        whom = (command.attempt, command.trunk, command.number, command.language, command.ring_s)
        dial = DialFar(command.id, command.not_after_boot_s, command.node, command.call, *whom)
        self.outbound.dial(dial, of_caller=True)

    def _join_far(self, command: JoinFar) -> None:
        """EXEC Bridge on the caller's line, with the far end that was consulted."""
        if command.call in self._callers and self.outbound.join(command):
            self._held.discard(command.call)
            self._tell(FarJoined(command.call, command.attempt))
        else:
            self._tell(CommandDone(command.id, "NONEXISTENT"))

    def _fetch(self, command: FetchCaller) -> None:
        """A Redirect: a talk's Dial ends with it, and the caller comes round as one who waits."""
        caller = self._callers.get(command.call)
        if caller is None:
            self._tell(CommandFailed(command.id, "the caller is gone"))
            return
        if ring := self._rings.pop(command.call, None):
            self._end_leg(ring, NORMAL)
            self._tell(CommandFailed(ring.order.id, LINE_GONE))
        self._waits(command.call)
        self._callers[command.call] = caller = replace(caller, queue=command.queue, priority=command.priority)
        where = (command.call, self._node, HotlineId("hotline"), TrunkId("a"), "")
        back = CallQueued(*where, command.queue, command.language, command.priority, command.since_boot_s)
        self._tell(CommandDone(command.id))
        self._after(REDIRECT_S, lambda: self._tell(back))

    def _waits(self, call: CallId) -> None:
        """That is its stage from now on."""
        self._held.discard(call)
        self._leaving.discard(call)

    def _let_go(self, command: LetGo | Dismiss | RunFlow) -> None:
        self._leaving.add(command.call)
        self._tell(CommandDone(command.id))
        self._after(0.1, lambda: self.hang_up(command.call))
        if self.outbound.holds(command.call):
            self._after(0.1, lambda: self.outbound.end(command.call, NORMAL))

    def _lose_patience(self, call: CallId) -> None:
        ring = self._rings.get(call)
        if ring is None or not ring.answered:
            self.hang_up(call)
