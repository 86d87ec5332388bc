"""A small house and the words tests speak: a floor on virtual time that takes inputs and gives decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from core.commands import Command, RingSeat
from core.events import Event
from core.house import Agent, Hotline, House, Queue, Seat, Trunk
from core.ids import AgentId, CallId, HotlineId, NodeId, OfferId, QueueId, RequestId, SeatId, TrunkId
from core.inputs import (
    BecomeReady,
    CallArrived,
    CallerHeld,
    CallerHungUp,
    CallerJoined,
    CallQueued,
    CancelDrain,
    ClockStepped,
    CloseQueue,
    CommandDone,
    CommandFailed,
    Complete,
    Confer,
    ConfigurationChanged,
    Consult,
    Drain,
    ExtendWrapUp,
    HangUp,
    Hold,
    HouseOpened,
    Input,
    MachineRebooted,
    MoveCall,
    OpenQueue,
    PbxLost,
    PbxResynced,
    Request,
    Requested,
    Resume,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeatReachabilityChanged,
    SeenCall,
    SeenOutbound,
    SeenSeatLeg,
    SetPriority,
    SignIn,
    SignOut,
    TakeBreak,
    TakeOver,
    Tick,
    Transfer,
)
from core.instants import Instant
from core.states import BreakReason, CallState
from queueing.decision import Decision
from queueing.engine import Engine

NODE = NodeId("pbx1")
HOTLINE = HotlineId("main")
TRUNK = TrunkId("carrier-a")
SALES, CARE = QueueId("presales"), QueueId("complaints")
_SALES = {"name": {"zh-CN": "售前"}, "skills": {"sales": 3}}
START_BOOT_S = 1000.0
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)

Kind = TypeVar("Kind")


def agent(name: str, *, skills: dict[str, int] | None = None, languages: tuple[str, ...] = ("zh-CN",)) -> Agent:
    return Agent.model_validate(
        {"id": name, "name": f"坐席 {name}", "skills": skills or {"sales": 5}, "languages": languages}
    )


def house(
    *agents: Agent,
    wrap_up_s: float = 10.0,
    seats: int = 4,
    misses_before_away: int = 2,
    sales: dict[str, object] | None = None,
    **rules: Any,
) -> House:
    """Two queues: presales asks for sales 3, complaints for care 3; seats s1, s2, …

    `sales` are more rules of the queue presales, `rules` more of the house.
    """
    return House(
        name="测试",
        trunks=(Trunk(id=TRUNK, name="A", host="127.0.0.2"),),
        hotlines=(Hotline(id=HOTLINE, number="95001", name={"zh-CN": "热线"}, flow="main", queue=SALES),),
        skills=("sales", "care"),
        queues=(
            Queue.model_validate({"id": SALES, **_SALES, "wrap_up_s": wrap_up_s, **(sales or {})}),
            Queue(id=CARE, name={"zh-CN": "投诉"}, skills={"care": 3}, wrap_up_s=wrap_up_s),
        ),
        seats=tuple(Seat(id=SeatId(f"s{number}")) for number in range(1, seats + 1)),
        agents=agents or tuple(agent(f"a{number}") for number in range(1, 4)),
        misses_before_away=misses_before_away,
        **rules,
    )


def seen(
    call: str,
    state: CallState,
    *legs: SeenSeatLeg,
    queue: QueueId | None = SALES,
    since: float | None = None,
    priority: int = 0,
) -> SeenCall:
    return SeenCall(CallId(call), HOTLINE, TRUNK, "", state, queue, "zh-CN", priority, since, legs)


def leg(seat: str, offer: str = "", *, answered: bool = False) -> SeenSeatLeg:
    return SeenSeatLeg(SeatId(seat), OfferId(offer), answered)


class TestFloor:
    """An engine on virtual time. Each verb gives one input and returns the decision."""

    __test__ = False

    def __init__(self, engine: Engine | None = None, now_s: float = START_BOOT_S) -> None:
        self.engine = engine or Engine()
        self.now_s = now_s
        self.wall_ahead_s = 0.0
        self.who = "test"
        self.sequence = 0
        self.history: list[tuple[Input, Instant, int]] = []
        self.events: list[Event] = []
        self.commands: list[Command] = []

    def utc_s(self) -> float:
        return self._wall().timestamp()

    def _wall(self) -> datetime:
        return MIDNIGHT + timedelta(seconds=self.now_s + self.wall_ahead_s)

    def give(self, fact: Input) -> Decision:
        self.sequence += 1
        now = Instant(self.now_s, self._wall())
        self.history.append((fact, now, self.sequence))
        decision = self.engine.handle(fact, now, self.sequence)
        self.events += decision.events
        self.commands += decision.commands
        return decision

    def after(self, seconds: float) -> Decision:
        """Let time pass, with a tick at each deadline; returns all that was decided meanwhile."""
        end = self.now_s + seconds
        events: list[Event] = []
        commands: list[Command] = []
        while (due := self.engine.next_deadline()) is not None and due <= end:
            self.now_s = max(self.now_s, due)
            decision = self.give(Tick())
            events += decision.events
            commands += decision.commands
        self.now_s = end
        return Decision(tuple(commands), tuple(events))

    # --- the PBX ---------------------------------------------------------------------------
    def open(
        self, the_house: House | None = None, *, reachable: tuple[str, ...] = ("s1", "s2", "s3", "s4")
    ) -> Decision:
        """House applied, PBX seen, these phones reachable."""
        self.configure(the_house or house())
        return self.resync(reachable=reachable)

    def configure(self, the_house: House, version: int = 1) -> Decision:
        return self.give(ConfigurationChanged(version, the_house))

    def resync(
        self,
        *calls: SeenCall,
        reachable: tuple[str, ...] = ("s1", "s2", "s3", "s4"),
        started: str = "run1",
        outbound: tuple[SeenOutbound, ...] = (),
        dialling: Iterable[OfferId] = (),
    ) -> Decision:
        phones = frozenset(SeatId(seat) for seat in reachable)
        return self.give(PbxResynced(NODE, started, calls, phones, outbound, dialling=frozenset(dialling)))

    def resynced(self, *, outbound: tuple[SeenOutbound, ...] = (), started: str = "run1") -> Decision:
        """Every phone is there, no caller is."""
        seats = frozenset(SeatId(f"s{number}") for number in range(1, 5))
        return self.give(PbxResynced(NODE, started, (), seats, outbound))

    def rebooted(self, by_s: float) -> Decision:
        self.now_s += by_s
        return self.give(MachineRebooted(by_s))

    def clock_set(self, by_s: float) -> Decision:
        """Somebody sets the wall clock."""
        self.wall_ahead_s += by_s
        return self.give(ClockStepped(by_s))

    def lose_sight(self, calls_live_s: float | None = None) -> Decision:
        return self.give(PbxLost(NODE, calls_live_s))

    def reach(self, seat: str, reachable: bool = True) -> Decision:
        return self.give(SeatReachabilityChanged(SeatId(seat), reachable))

    # --- people ----------------------------------------------------------------------------
    def ask(self, request: Request, request_id: str | None = None) -> Decision:
        return self.give(Requested(RequestId(request_id or f"r{self.sequence}"), self.who, request))

    def sign_in(self, name: str, seat: str, *, override: bool = False) -> Decision:
        return self.ask(SignIn(AgentId(name), SeatId(seat), override))

    def sign_out(self, name: str, *, override: bool = False) -> Decision:
        return self.ask(SignOut(AgentId(name), override))

    def take_break(self, name: str, reason: BreakReason = BreakReason.MEAL, *, override: bool = False) -> Decision:
        return self.ask(TakeBreak(AgentId(name), reason, override))

    def ready(self, name: str) -> Decision:
        return self.ask(BecomeReady(AgentId(name)))

    def extend_wrap_up(self, name: str) -> Decision:
        return self.ask(ExtendWrapUp(AgentId(name)))

    def hold(self, name: str) -> Decision:
        return self.ask(Hold(AgentId(name)))

    def resume(self, name: str) -> Decision:
        return self.ask(Resume(AgentId(name)))

    def transfer(self, name: str, to: str = "", *, queue: str = "", number: str = "", note: str = "") -> Decision:
        """To this agent, or to that queue or number."""
        to_agent, to_queue = AgentId(to) if to else None, QueueId(queue) if queue else None
        return self.ask(Transfer(AgentId(name), to_agent, to_queue, number, note))

    def consult(self, name: str, to: str = "", *, queue: str = "", number: str = "", note: str = "") -> Decision:
        """This agent, the next one of that queue, or somebody outside."""
        to_agent, to_queue = AgentId(to) if to else None, QueueId(queue) if queue else None
        return self.ask(Consult(AgentId(name), to_agent, to_queue, note, number))

    def complete(self, name: str) -> Decision:
        return self.ask(Complete(AgentId(name)))

    def confer(self, name: str) -> Decision:
        return self.ask(Confer(AgentId(name)))

    def put_down(self, name: str) -> Decision:
        return self.ask(HangUp(AgentId(name)))

    def take_over(self, name: str, call: str) -> Decision:
        return self.ask(TakeOver(AgentId(name), CallId(call)))

    def move(self, call: str, queue: str) -> Decision:
        return self.ask(MoveCall(CallId(call), QueueId(queue)))

    def set_priority(self, call: str, priority: int) -> Decision:
        return self.ask(SetPriority(CallId(call), priority))

    def close_queue(self, queue: str, to: str = "", *, for_s: float | None = None, message: str = "") -> Decision:
        until_utc_s = None if for_s is None else self.utc_s() + for_s
        return self.ask(CloseQueue(QueueId(queue), QueueId(to) if to else None, until_utc_s, message))

    def open_queue(self, queue: str) -> Decision:
        return self.ask(OpenQueue(QueueId(queue)))

    def drain(self, within_s: float = 600.0) -> Decision:
        return self.ask(Drain(within_s))

    def cancel_drain(self) -> Decision:
        return self.ask(CancelDrain())

    def started_by(self, up: str) -> Decision:
        return self.give(HouseOpened(up))

    # --- a talk parted and joined ------------------------------------------------------------
    def held(self, call: str) -> Decision:
        return self.give(CallerHeld(CallId(call)))

    def joined(self, call: str, seat: str) -> Decision:
        return self.give(CallerJoined(CallId(call), SeatId(seat)))

    # --- callers ---------------------------------------------------------------------------
    def arrive(self, call: str) -> Decision:
        return self.give(CallArrived(CallId(call), NODE, HOTLINE, TRUNK, "", "zh-CN"))

    def queue(
        self,
        call: str,
        queue: QueueId = SALES,
        *,
        priority: int = 0,
        language: str = "zh-CN",
        since: float | None = None,
        caller: str = "",
    ) -> Decision:
        fact = CallQueued(CallId(call), NODE, HOTLINE, TRUNK, caller, queue, language, priority, since)
        return self.give(fact)

    def hang_up(self, call: str, cause: int = 16) -> Decision:
        return self.give(CallerHungUp(CallId(call), cause))

    # --- the agent's leg, by the offer's order -----------------------------------------------
    def rang(self, ring: RingSeat) -> Decision:
        return self.give(SeatRang(ring.call, ring.offer, ring.seat))

    def answer(self, ring: RingSeat) -> Decision:
        return self.give(SeatAnswered(ring.call, ring.offer, ring.seat))

    def leg_end(self, ring: RingSeat, cause: int = 16) -> Decision:
        return self.give(SeatLegEnded(ring.call, ring.offer, ring.seat, cause))

    def done(self, ring: RingSeat, result: str) -> Decision:
        return self.give(CommandDone(ring.id, result))

    def fail(self, ring: Command, reason: str = "line gone") -> Decision:
        return self.give(CommandFailed(ring.id, reason))


def all_of(kind: type[Kind], decision: Decision) -> list[Kind]:
    """The events and commands of this kind, in order."""
    return [item for item in (*decision.events, *decision.commands) if isinstance(item, kind)]


def only(kind: type[Kind], decision: Decision) -> Kind:
    """The one event or command of this kind."""
    found = all_of(kind, decision)
    assert len(found) == 1, f"expected one {kind.__name__}, got {found} in {decision}"
    return found[0]


def none(kind: type[Kind], decision: Decision) -> bool:
    return not all_of(kind, decision)


def opened(
    *agents_at: tuple[str, str], wrap_up_s: float = 10.0, the_house: House | None = None, **rules: Any
) -> TestFloor:
    """An open floor with these agents signed in at these seats, in this order, a second apart."""
    floor = TestFloor()
    floor.open(the_house or house(wrap_up_s=wrap_up_s, **rules))
    for name, seat in agents_at:
        floor.sign_in(name, seat)
        floor.after(1.0)
    return floor


def talking(floor: TestFloor, call: str) -> RingSeat:
    """Bring this new call into a talk with whoever is longest idle."""
    ring = only(RingSeat, floor.queue(call))
    floor.rang(ring)
    floor.answer(ring)
    return ring
