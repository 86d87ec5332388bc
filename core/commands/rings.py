"""Rings at seats."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, CommandId, NodeId, OfferId, SeatId


@frozen
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
    record: bool = True
    beside: bool = False
    """May a second seat be rung beside it (RingBeside)?"""


@frozen
class RingBeside:
    """Ring this seat too, for a caller for whom another one rings; whoever answers first has the call.

    Done when this ring is over.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId
    dial_s: float
    record: bool = True


@frozen
class EndBeside:
    """No second seat will be rung for this ring: it is over as soon as the first one's phone is."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


@frozen
class WithdrawRing:
    """Hang up this offer's leg, also one that has just been answered too late; the caller goes on waiting."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId
