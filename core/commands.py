"""Orders of the engine, imperative. Executed by cti.execute after the decision, never inside it."""

from __future__ import annotations

from dataclasses import dataclass

from core.ids import CallId, CommandId, NodeId, OfferId, QueueId, SeatId


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


Command = RingSeat | WithdrawRing | LetGo | TakeBack | MirrorSeat
