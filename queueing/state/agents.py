"""Agents, their seats and duties, and what watches over them."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field

from core.figures import Accessibility
from core.ids import NO_OFFER, AgentId, CallId, CommandId, NodeId, OfferId, QueueId, SeatId, TrunkId
from core.states import AgentState, AgentStatus, BreakReason, DutyState, SeatState, Withheld


@dataclass(slots=True)
class AgentRecord:
    """A person. `due_boot_s` is the end of the wrap-up; `in_house` False: gone from the house, leaves when idle.

    `pending_break` waits for the end of a call or for cover; `break_forced`: a leader lets it begin in any case.
    `withheld`: ready, and given no call all the same (queueing.withholding). `pop` is the last offer, and `desktop` the
    window that shows it (queueing.pops).
    Since the sign-in: `busy_s` of talk, hold and wrap-up, `free_s` of waiting for a call; `offered_boot_s` of the last.
    """

    id: AgentId
    changed_boot_s: float
    status: AgentStatus = AgentStatus.SIGNED_OUT
    state: AgentState = AgentState.IDLE
    seat: SeatId | None = None
    call: CallId | None = None
    idle_since_boot_s: float = 0.0
    offered_boot_s: float = 0.0
    pop: OfferId = NO_OFFER
    pop_boot_s: float = 0.0
    desktop: str = ""
    busy_s: float = 0.0
    free_s: float = 0.0
    misses: int = 0
    answers_s: tuple[float, ...] = ()
    """How long the last rings lasted that this agent answered or missed (queueing.answer_by)."""
    pending_break: BreakReason | None = None
    break_asked_boot_s: float = 0.0
    break_forced: bool = False
    withheld: Withheld | None = None
    wrap_up_extended: bool = False
    in_house: bool = True
    due_boot_s: float | None = None


@dataclass(slots=True)
class DutyRecord:
    """An agent's working time. `due_boot_s`: the next of a rest's end, the longest stretch, the last call of a shift.

    `shift` with its times is the one worked now, about to begin, or just over; `came`: signed in during it; and
    `until_utc_s` when those are over, too, that follow it without a pause.
    `busy` and `free` are seconds by five minutes of the boot clock, kept where the group has a cap.
    """

    id: AgentId
    shift: str = ""
    start_utc_s: float | None = None
    end_utc_s: float | None = None
    until_utc_s: float | None = None
    state: DutyState = DutyState.OFF
    came: bool = False
    working_since_boot_s: float | None = None
    handled_s: float = 0.0
    usual_handling_s: float | None = None
    last_call: CallId | None = None
    abused: bool = False
    rest: Withheld | None = None
    rest_until_boot_s: float | None = None
    leaving: bool = False
    busy: dict[int, float] = field(default_factory=dict)
    free: dict[int, float] = field(default_factory=dict)
    due_boot_s: float | None = None

    def copy(self) -> DutyRecord:
        twin = copy(self)
        twin.busy, twin.free = dict(self.busy), dict(self.free)
        return twin


@dataclass(slots=True)
class WatchRecord:
    """The roster as of `at_utc_s`; at `next_utc_s` it changes. `told` is what was last said of the staff."""

    id: str = "roster"
    at_utc_s: float | None = None
    next_utc_s: float | None = None
    needed: int = 0
    night: bool = False
    rostered: int = 0
    told: tuple[int, int, int] = (-1, -1, -1)
    short: bool = False
    foreseen: dict[str, float] = field(default_factory=dict)
    unknown_years: dict[int, str] = field(default_factory=dict)
    due_boot_s: float | None = None

    def copy(self) -> WatchRecord:
        twin = copy(self)
        twin.foreseen, twin.unknown_years = dict(self.foreseen), dict(self.unknown_years)
        return twin


@dataclass(slots=True)
class GovernorRecord:
    """One queue's governor: the step it stands on, since when it should go up or down, and the last minutes' figures.

    `minutes` are by minute of the boot clock in which the call entered. `relapses`: how often a step back had to be
    taken again; `last` is the direction of the last step.
    """

    id: QueueId
    step: int = 0
    low_since_boot_s: float | None = None
    high_since_boot_s: float | None = None
    handling_s: float | None = None
    minutes: dict[int, Accessibility] = field(default_factory=dict)
    reserve_asked: bool = False
    relapses: int = 0
    last: int = 0
    due_boot_s: float | None = None

    def copy(self) -> GovernorRecord:
        twin = copy(self)
        twin.minutes = {minute: Accessibility.from_json(figures.to_json()) for minute, figures in self.minutes.items()}
        return twin


@dataclass(slots=True)
class SummonRecord:
    """Leaders are being rung, one at a time (queueing.summons). `left` are those of this round, the present one first.

    `call` is the call under way, None in the pause between rounds and in the quiet after key 1 (`understood`).
    """

    id: str
    left: list[AgentId]
    round: int = 1
    call: CallId | None = None
    command: CommandId | None = None
    node: NodeId | None = None
    trunk: TrunkId | None = None
    tried: list[TrunkId] = field(default_factory=list)
    rang: bool = False
    answered: bool = False
    understood: bool = False
    due_boot_s: float | None = None

    def copy(self) -> SummonRecord:
        twin = copy(self)
        twin.left, twin.tried = list(self.left), list(self.tried)
        return twin


@dataclass(slots=True)
class SeatRecord:
    """A place with a phone. `due_boot_s` is the end of its rest after failed rings."""

    id: SeatId
    in_house: bool = False
    state: SeatState = SeatState.UNREACHABLE
    agent: AgentId | None = None
    call: CallId | None = None
    failures: int = 0
    mirrored: tuple[tuple[QueueId, ...], bool] = ((), False)
    due_boot_s: float | None = None
