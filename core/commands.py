"""Orders of the engine, imperative. Executed by cti.execute after the decision, never inside it."""

from __future__ import annotations

from dataclasses import dataclass

from core.ids import CallId, CommandId, NodeId, OfferId, QueueId, SeatId, TrunkId


@dataclass(frozen=True, slots=True)
class RingSeat:
    """Ring this seat for this caller. `dial_s` is the dialplan's own limit, in case we die meanwhile.

    Done when the ring or the talk is over and the line is ours again.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId
    dial_s: float


@dataclass(frozen=True, slots=True)
class WithdrawRing:
    """Hang up this offer's leg, also one that has just been answered too late; the caller goes on waiting."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class LetGo:
    """The engine is done with this line: the dialplan's `after` takes it (goodbye and hang-up)."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Fetch a caller out of the dialplan's native queue, waiting-since kept."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


@dataclass(frozen=True, slots=True)
class MirrorSeat:
    """Tell the native fallback who is on duty: `queues` this seat serves, or none; `paused` on breaks."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    seat: SeatId
    queues: tuple[QueueId, ...]
    paused: bool


@dataclass(frozen=True, slots=True)
class CallAgent:
    """Ring an agent's own phone, with `shown` on its display; answered, its line comes to us and can dial.

    `call` becomes the channel's id. `ring_s` is the PBX's own limit, in case we die meanwhile.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId
    shown: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class DialFar:
    """Dial this number (inside form) over this trunk, on an agent's line that we hold.

    Done when the dial or the talk is over and the line is ours again; the result is `<DIALSTATUS>/<cause>`.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId
    trunk: TrunkId
    number: str
    language: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class AskTrunk:
    """Has the trunk said anything at all to this attempt? The result is its last SIP status, or ""."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId


@dataclass(frozen=True, slots=True)
class CancelFar:
    """Hang up this attempt's leg; the agent's line stays ours."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId


Command = RingSeat | WithdrawRing | LetGo | TakeBack | MirrorSeat | CallAgent | DialFar | AskTrunk | CancelFar
