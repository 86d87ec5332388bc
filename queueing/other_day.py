"""A day of the journal as it would have been with something changed: other agents, skills, or rules. Pure.

Two engines begin alike. One hears the day's inputs as they were and decides as it did. The other hears them too, with
the changes; a call goes on as it was for as long as its orders are the same. From the first one that differs, what the
journal says of that call is what would not have happened: it is left out, and the caller and the phones act by their
script instead (queueing.day_scripts). So with nothing changed nothing is left out, and the day is the same, to the
last outcome.

Left out, too, once something differs: the PBX's reports of all it sees (they are of the day that was), and what agents
asked about a call that is not the same. Calls that we make at another moment fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from core.commands import CallAgent, CallLeader, Command, DialFar, Dismiss, LetGo, RingSeat, RunFlow, WithdrawRing
from core.decisions import stamped
from core.events import Event, Outcome, TalkEnded
from core.ids import AgentId, CallId, CommandId, OfferId, RequestId, SeatId
from core.inputs import (
    BecomeReady,
    CallerHungUp,
    CommandDone,
    CommandFailed,
    ConfigurationChanged,
    Input,
    MachineRebooted,
    PbxResynced,
    Request,
    Requested,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeenCall,
    SeenSeatLeg,
    SignIn,
    SignOut,
    TakeBreak,
    Tick,
)
from core.instants import Instant
from core.states import AgentState, AgentStatus, BreakReason, CallState
from queueing.day_scripts import Scripts
from queueing.decision import Decision
from queueing.engine import Engine

OWN = 10**15
"""Inputs that the journal does not have are numbered from here on."""
RANG_AFTER_S, LEG_ENDS_AFTER_S, LEAVES_AFTER_S = 0.1, 0.05, 0.1
HUNG_UP, ANSWERED_ELSEWHERE = 16, 26
"""Q.850 causes."""
TALKS = (CallState.TALKING, CallState.HELD, CallState.OUTSIDE)


@dataclass(frozen=True, slots=True)
class Moment:
    """An input of the journal."""

    fact: Input
    now: Instant
    sequence: int


@dataclass(frozen=True, slots=True)
class AsItWas:
    """What was decided at a moment, when the next tick was due before it, and on which call its asker was."""

    decision: Decision
    due_boot_s: float | None
    call: CallId | None


Act = Callable[[], object]
Changed = Callable[[Input], Input]
"""How the other day's house and PBX differ; whatever it does not change it gives back."""


@dataclass(frozen=True, slots=True)
class StaffChange:
    """`extra` agents, at their own phones, come at `start` and step off the line at `end`; `fewer` do the opposite."""

    start_utc_s: float
    end_utc_s: float
    extra: tuple[tuple[AgentId, SeatId], ...] = ()
    fewer: int = 0


def as_it_was(engine: Engine, moments: Iterable[Moment]) -> list[AsItWas]:
    """The day once more; `engine` is as it was when the day began."""
    found: list[AsItWas] = []
    for moment in moments:
        due, call = engine.next_deadline(), _call_of_asker(engine, moment.fact)
        found.append(AsItWas(engine.handle(moment.fact, moment.now, moment.sequence), due, call))
    return found


def _call_of_asker(engine: Engine, fact: Input) -> CallId | None:
    agent = getattr(fact.request, "agent", None) if isinstance(fact, Requested) else None
    record = engine.agent(agent) if agent else None
    return record.call if record is not None else None


class OtherDay:
    """Runs the changed day; `outcomes` are what it came to, `free` the calls that went otherwise."""

    def __init__(self, engine: Engine, scripts: Scripts, changed: Changed, staff: Sequence[StaffChange] = ()) -> None:
        self._engine, self._scripts, self._changed, self._staff = engine, scripts, changed, staff
        self.outcomes: list[Outcome] = []
        self.free: set[CallId] = set()
        self._differs = False
        self._agenda: list[tuple[float, int, Act]] = []
        self._ordinals = count()
        self._now: Instant | None = None
        self._legs: dict[OfferId, tuple[CallId, SeatId]] = {}
        self._call_of_command: dict[CommandId, CallId] = {}
        self._command_here: dict[CommandId, CommandId] = {}
        self._away: dict[AgentId, StaffChange] = {}

    def run(self, moments: Sequence[Moment], was: Iterable[AsItWas]) -> None:
        """The whole day."""
        if moments:
            self._plan(moments[0].now)
        for moment, then in zip(moments, was, strict=True):
            self._until(moment.now, then.due_boot_s)
            self._now = moment.now
            fact = self._heard(moment.fact, then)
            decision = self._handle(fact, moment.now, moment.sequence) if fact is not None else Decision((), ())
            self._compare(then.decision.commands, decision.commands)

    # --- what is heard -------------------------------------------------------------------------
    def tell(self, fact: Input, now: Instant) -> None:
        """Something that is so from the beginning of the other day. Call before `run`."""
        self._now = now
        self._own(fact)

    def _plan(self, now: Instant) -> None:
        """Everybody who comes or goes otherwise."""
        self._now = now
        for change in self._staff:
            for at_utc_s, act in ((change.start_utc_s, self._change_begins), (change.end_utc_s, self._change_ends)):
                after_s = max(0.0, at_utc_s - now.wall.timestamp())
                self._at(now.boot_s + after_s, lambda act=act, change=change: act(change))  # type: ignore[misc]

    def _heard(self, fact: Input, then: AsItWas) -> Input | None:
        """What the other engine hears of it; None: nothing."""
        if isinstance(fact, ConfigurationChanged):
            return self._changed(fact)
        if isinstance(fact, PbxResynced):
            return self._resynced(fact)
        if isinstance(fact, Tick) or not self._differs:
            return fact
        if isinstance(fact, CommandDone | CommandFailed):
            is_free = self._call_of_command.get(fact.id) in self.free
            return None if is_free else replace(fact, id=self._command_here.get(fact.id, fact.id))
        if isinstance(fact, Requested):
            return fact if self._is_still_asked(fact.request, then.call) else None
        return None if getattr(fact, "call", None) in self.free else fact

    def _resynced(self, fact: PbxResynced) -> Input | None:
        """All that the PBX sees is of the day that was: heard only where it was out of sight, or is another run."""
        changed = self._changed(fact)
        if not self._differs or not isinstance(changed, PbxResynced):
            return changed
        known = self._engine.pbx(fact.node)
        if known is not None and known.up and known.started == fact.pbx_started:
            return None
        if known is not None and known.started != fact.pbx_started:
            return replace(changed, calls=tuple(one for one in changed.calls if one.call not in self.free))
        theirs = tuple(one for one in changed.calls if one.call not in self.free)
        return replace(changed, calls=(*theirs, *(seen for call in sorted(self.free) if (seen := self._seen(call)))))

    def _seen(self, call: CallId) -> SeenCall | None:
        """A call that goes by its script, as the PBX of the other day would see it."""
        record = self._engine.call(call)
        if record is None:
            return None
        legs = [SeenSeatLeg(one.seat, one.offer, False) for one in (record.ring,) if one is not None]
        legs += [SeenSeatLeg(one.seat, one.offer, True) for one in (record.talk,) if one is not None]
        return SeenCall(
            call, record.hotline, record.trunk, record.caller, record.state, record.queue, record.language,
            record.priority, record.since_boot_s, tuple(legs),
        )  # fmt: skip

    def _is_still_asked(self, request: Request, call_then: CallId | None) -> bool:
        """Attendance goes on; what is asked about a call goes with the call."""
        agent = getattr(request, "agent", None)
        if agent in self._away and not isinstance(request, SignIn | SignOut):
            return False
        if isinstance(request, SignIn | SignOut | TakeBreak):
            return True
        if getattr(request, "call", None) in self.free:
            return False
        record = self._engine.agent(agent) if agent else None
        return record is None or (record.call == call_then and call_then not in self.free)

    # --- what is decided -------------------------------------------------------------------------
    def _handle(self, fact: Input, now: Instant, sequence: int) -> Decision:
        decision = self._engine.handle(fact, now, sequence)
        self.outcomes += stamped(decision, sequence, now)
        for event in decision.events:
            self._see(event, now)
        return decision

    def _own(self, fact: Input) -> Decision:
        """Something that the journal does not have, now."""
        assert self._now is not None
        self._differs = True
        decision = self._handle(fact, self._now, OWN + next(self._ordinals))
        self._compare((), decision.commands)
        return decision

    def _see(self, event: Event, now: Instant) -> None:
        if isinstance(event, TalkEnded) and event.call in self.free:
            wrap_up_s = self._scripts.wrap_up(event.call)
            if wrap_up_s is not None and event.agent:
                self._at(now.boot_s + wrap_up_s, lambda: self._finish_wrap_up(event.agent))

    def _compare(self, then: Iterable[Command], here: Iterable[Command]) -> None:
        """A call whose orders differ goes its own way from now on, and its new orders are obeyed by script."""
        theirs, mine = _by_call(then), _by_call(here)
        for call in dict.fromkeys((*theirs, *mine)):
            one, other = theirs.get(call, []), mine.get(call, [])
            self._call_of_command |= {command.id: call for command in one}
            if call not in self.free and [_bare(each) for each in one] == [_bare(each) for each in other]:
                self._command_here |= {a.id: b.id for a, b in zip(one, other, strict=True)}
                self._remember(other)
                continue
            if call not in self.free:
                self._set_free(call)
            for command in other:
                self._obey(command)

    def _remember(self, orders: Iterable[Command]) -> None:
        """Rings of calls that still go as they did."""
        for command in orders:
            if isinstance(command, RingSeat):
                self._legs[command.offer] = command.call, command.seat

    def _set_free(self, call: CallId) -> None:
        """The journal says nothing of this call any more: whatever it is in goes on by script."""
        self._differs = True
        self.free.add(call)
        record, now_s = self._engine.call(call), self._now_s
        if record is None:
            return
        if record.talk is not None and record.state in TALKS:
            ends_s = record.talk.answered_boot_s + self._scripts.talk(call, record.queue)
            offer, seat = record.talk.offer, record.talk.seat
            self._at(max(now_s, ends_s), lambda: self._end_talk(call, offer, seat))
        elif record.state in (CallState.WAITING, CallState.RESERVED, CallState.RINGING):
            self._at(max(now_s, record.since_boot_s + self._scripts.patience(call)), lambda: self._give_up(call))
            if record.ring is not None:
                ring = record.ring
                rings_s = (ring.rang_boot_s or now_s) + self._scripts.pick_up(call)
                self._at(max(now_s, rings_s), lambda: self._answer(call, ring.offer, ring.seat))
        else:
            self._at(now_s + LEAVES_AFTER_S, lambda: self._hang_up(call))

    # --- callers and phones by script ----------------------------------------------------------
    def _obey(self, command: Command) -> None:
        match command:
            case RingSeat():
                self._ring(command)
            case WithdrawRing():
                call, offer, seat = command.call, command.offer, command.seat
                self._soon(LEG_ENDS_AFTER_S, lambda: self._leg_over(call, offer, seat, ANSWERED_ELSEWHERE))
            case LetGo() | Dismiss() | RunFlow():
                self._soon(LEAVES_AFTER_S, lambda: self._hang_up(command.call))
            case CallAgent() | CallLeader() | DialFar():
                self._soon(LEAVES_AFTER_S, lambda: self._own(CommandFailed(command.id, "not made on that day")))

    def _ring(self, ring: RingSeat) -> None:
        self._legs[ring.offer] = ring.call, ring.seat
        rang, answered = SeatRang(ring.call, ring.offer, ring.seat), self._scripts.pick_up(ring.call)
        self._soon(RANG_AFTER_S, lambda: self._own(rang))
        self._soon(RANG_AFTER_S + answered, lambda: self._answer(ring.call, ring.offer, ring.seat))

    def _answer(self, call: CallId, offer: OfferId, seat: SeatId) -> None:
        record = self._engine.call(call)
        if offer not in self._legs or record is None or record.ring is None or record.ring.offer != offer:
            return
        talk_s = self._scripts.talk(call, record.queue)
        self._own(SeatAnswered(call, offer, seat))
        self._soon(talk_s, lambda: self._end_talk(call, offer, seat))

    def _end_talk(self, call: CallId, offer: OfferId, seat: SeatId) -> None:
        self._hang_up(call)
        self._leg_over(call, offer, seat, HUNG_UP)

    def _give_up(self, call: CallId) -> None:
        record = self._engine.call(call)
        if record is not None and record.state in (CallState.WAITING, CallState.RESERVED, CallState.RINGING):
            self._hang_up(call)

    def _hang_up(self, call: CallId) -> None:
        if self._engine.call(call) is not None:
            self._own(CallerHungUp(call, HUNG_UP))

    def _leg_over(self, call: CallId, offer: OfferId, seat: SeatId, cause: int) -> None:
        if self._legs.pop(offer, None) is not None:
            self._own(SeatLegEnded(call, offer, seat, cause))

    def _finish_wrap_up(self, agent: AgentId) -> None:
        record = self._engine.agent(agent)
        if record is not None and record.state is AgentState.WRAP_UP:
            self._ask(BecomeReady(agent))

    # --- who comes and goes on the other day only -----------------------------------------------
    def _change_begins(self, change: StaffChange) -> None:
        for agent, seat in change.extra:
            self._ask(SignIn(agent, seat, override=True))
        here = [agent for agent in self._agents() if agent not in self._away]
        for agent in here[-change.fewer :] if change.fewer else ():
            self._away[agent] = change
            self._ask(TakeBreak(agent, BreakReason.MEETING, override=True))

    def _change_ends(self, change: StaffChange) -> None:
        """Whoever is in a call steps off after it."""
        for agent, _ in change.extra:
            self._ask(TakeBreak(agent, BreakReason.MEETING, override=True))
        for agent in [agent for agent, why in self._away.items() if why is change]:
            del self._away[agent]
            self._ask(BecomeReady(agent))

    def _agents(self) -> list[AgentId]:
        """Who is on the line, in the order of their ids."""
        house = self._engine.house
        records = (self._engine.agent(agent.id) for agent in (house.agents if house else ()))
        return sorted(one.id for one in records if one is not None and one.status is AgentStatus.READY)

    def _ask(self, request: Request) -> None:
        self._own(Requested(RequestId(f"twin-{next(self._ordinals)}"), "twin", request))

    # --- time --------------------------------------------------------------------------------------
    @property
    def _now_s(self) -> float:
        assert self._now is not None
        return self._now.boot_s

    def _at(self, boot_s: float, work: Act) -> None:
        heappush(self._agenda, (boot_s, next(self._ordinals), work))

    def _soon(self, after_s: float, work: Act) -> None:
        self._at(self._now_s + after_s, work)

    def _until(self, moment: Instant, due_then: float | None) -> None:
        """What comes before this input: the agenda, and ticks that are due here and were not on the day that was."""
        while (next_s := self._next_s(due_then)) is not None and next_s < moment.boot_s:
            self._pass_to(max(next_s, self._now_s))
            if self._agenda and self._agenda[0][0] <= self._now_s:
                heappop(self._agenda)[2]()
            else:
                self._own(Tick())

    def _next_s(self, due_then: float | None) -> float | None:
        due = self._engine.next_deadline() if self._differs else None
        moments = [] if due is None or due == due_then else [due]
        return min([*moments, *(entry[0] for entry in self._agenda[:1])], default=None)

    def _pass_to(self, boot_s: float) -> None:
        assert self._now is not None
        self._now = Instant(boot_s, self._now.wall + timedelta(seconds=boot_s - self._now.boot_s))


def reboots(moments: Iterable[Moment]) -> bool:
    """Did the machine begin anew on that day? Then the clock of the scripts is another one."""
    return any(isinstance(moment.fact, MachineRebooted) for moment in moments)


def _by_call(commands: Iterable[Command]) -> dict[CallId, list[Command]]:
    found: dict[CallId, list[Command]] = {}
    for command in commands:
        if (call := getattr(command, "call", None)) is not None:
            found.setdefault(call, []).append(command)
    return found


def _bare(command: Command) -> Any:
    """Without what names it and its moment."""
    return replace(command, id=CommandId(""), not_after_boot_s=0.0)


def every(found: Iterable[AsItWas], moments: Iterable[Moment]) -> Iterator[Outcome]:
    """All outcomes of the day that was."""
    for then, moment in zip(found, moments, strict=True):
        yield from stamped(then.decision, moment.sequence, moment.now)
