"""Calls that we make, their promises, and the trunks that carry them."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field

from core.ids import AgentId, CallbackId, CallId, CommandId, HotlineId, NodeId, QueueId, SeatId, TrunkId
from core.states import CallbackState, OutboundState


@dataclass(slots=True)
class OutboundRecord:
    """A call that we make. `attempt` counts the trunks dialled, `trunk` is the present one.

    `rang` and `progressed` are of that attempt; `given_up` is why we cancelled it, `leg_gone` that Dial must return
    any moment; `asked` is our question whether the trunk says anything. `is_lost`: the agent's phone is gone from the
    talk, and may come back to it; `excuse` is the order that ends it because it did not. `unheard`: somebody answered
    when the agent was about to be gone.
    """

    id: CallId
    node: NodeId
    agent: AgentId
    seat: SeatId
    number: str
    queue: QueueId | None
    language: str
    callback: CallbackId | None
    began_boot_s: float
    changed_boot_s: float
    state: OutboundState = OutboundState.CALLING_AGENT
    commands: list[CommandId] = field(default_factory=list)
    command: CommandId | None = None
    asked: CommandId | None = None
    agent_rang: bool = False
    attempt: int = 0
    trunk: TrunkId | None = None
    tried: list[TrunkId] = field(default_factory=list)
    rang: bool = False
    progressed: bool = False
    given_up: str = ""
    leg_gone: bool = False
    held_boot_s: float | None = None
    dialled_boot_s: float = 0.0
    answered_boot_s: float | None = None
    is_lost: bool = False
    excuse: CommandId | None = None
    unheard: bool = False
    due_boot_s: float | None = None

    def copy(self) -> OutboundRecord:
        twin = copy(self)
        twin.tried, twin.commands = list(self.tried), list(self.commands)
        return twin


@dataclass(slots=True)
class OutsideRecord:
    """A caller who is being connected, or speaks, with a number outside; the fields of an attempt as in OutboundRecord.

    `why` is blind, consulted, consult, full, too_long or menu. `attempt` counts on from the call's offers, so that no
    token is there twice. `asker` is the seat whose agent consults there, while the caller is on hold: its leg dials.
    After that, until the PBX has brought them together, the far end `awaits_caller`. `confers` and `joined` as in
    Consulting.
    """

    id: CallId
    node: NodeId
    number: str
    language: str
    why: str
    began_boot_s: float
    attempt: int
    commands: list[CommandId] = field(default_factory=list)
    command: CommandId | None = None
    asked: CommandId | None = None
    trunk: TrunkId | None = None
    tried: list[TrunkId] = field(default_factory=list)
    rang: bool = False
    progressed: bool = False
    given_up: str = ""
    leg_gone: bool = False
    dialled_boot_s: float = 0.0
    answered_boot_s: float | None = None
    asker: SeatId | None = None
    note: str = ""
    awaits_caller: bool = False
    confers: bool = False
    joined: bool = False
    due_boot_s: float | None = None

    def copy(self) -> OutsideRecord:
        twin = copy(self)
        twin.tried, twin.commands = list(self.tried), list(self.commands)
        return twin


Dialling = OutboundRecord | OutsideRecord


@dataclass(slots=True)
class CallbackRecord:
    """A promise to call back. `since_boot_s`, `priority` and `number` are its place in the line, as a caller's.

    `dial` is the call that keeps it now, `excluded` agents who missed it or hung up, `asked_boot_s` when it was
    promised, `broken_off` how many of its calls did on our side, `step` how far its requirements have relaxed;
    `due_boot_s` ends a gap, or is the next such step, or ends the hours in which it may be kept; `rests`: nothing but
    these hours keeps it waiting.
    """

    id: CallbackId
    call: CallId
    phone: str
    queue: QueueId
    hotline: HotlineId
    language: str
    priority: int
    since_boot_s: float
    asked_boot_s: float
    number: int
    from_caller: bool
    state: CallbackState = CallbackState.WAITING
    tries: int = 0
    broken_off: int = 0
    step: int = 0
    dial: CallId | None = None
    rests: bool = False
    excluded: list[AgentId] = field(default_factory=list)
    due_boot_s: float | None = None

    def copy(self) -> CallbackRecord:
        twin = copy(self)
        twin.excluded = list(self.excluded)
        return twin


@dataclass(slots=True)
class Hour:
    """How often something was done in the hour, or the day, that began at `began_boot_s`."""

    began_boot_s: float
    count: int = 0


@dataclass(slots=True)
class TrunkRecord:
    """A carrier: what its qualify says, and until when a failed call makes us try others first."""

    id: TrunkId
    reachable: bool = True
    doubted_until_boot_s: float = 0.0
