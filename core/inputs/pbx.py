"""The PBX as a whole: what it holds now, what its books say, its end."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, HotlineId, NodeId, OfferId, QueueId, SeatId, TrunkId
from core.states import CallState


@frozen
class SeenSeatLeg:
    """An agent's channel found at a resync. `offer` is "" when this engine never made one."""

    seat: SeatId
    offer: OfferId
    answered: bool


@frozen
class SeenFarLeg:
    """A far end's channel found at a resync."""

    attempt: OfferId
    trunk: TrunkId
    answered: bool


@frozen
class SeenCall:
    """A caller's channel found at a resync, with what the channel variables remember."""

    call: CallId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    state: CallState
    queue: QueueId | None
    language: str
    priority: int
    waiting_since_boot_s: float | None
    legs: tuple[SeenSeatLeg, ...]
    fallback_utc_s: float | None = None
    """When the dialplan began to serve this caller alone."""
    answered_utc_s: float | None = None
    """When its talk began, also one that is over."""
    answered_by: SeatId | None = None
    far: tuple[SeenFarLeg, ...] = ()
    """Whom outside the house its own line has called."""


@frozen
class SeenOutbound:
    """An agent's own leg found at a resync, and whom it has called."""

    call: CallId
    seat: SeatId
    answered: bool
    far: tuple[SeenFarLeg, ...] = ()


@frozen
class PbxResynced:
    """All that one PBX knows at this moment. Replaces whatever we believed about it.

    `pbx_started` tells one run of the PBX from the next (its start time); a new one means that
    every call of the old one is lost. `dialling` are the offers whose order a line of ours holds or carries out: a
    leg of theirs that is not there may be about to come, and the order's own outcome tells what became of it.
    """

    node: NodeId
    pbx_started: str
    calls: tuple[SeenCall, ...]
    reachable_seats: frozenset[SeatId]
    outbound: tuple[SeenOutbound, ...] = ()
    unreachable_trunks: frozenset[TrunkId] = frozenset()
    dialling: frozenset[OfferId] = frozenset()


@frozen
class BookedCall:
    """One call that is over, as the PBX's own books tell it. When it began and ended is known in whole seconds.

    `asked_utc_s` is None when nobody knows that it asked for an agent, `answered_utc_s` when nobody answered;
    `talked_utc_s` is the end of the talk, `ended_utc_s` that of the call; `closed`: its queue was, and it heard so.
    From `message_utc_s` on it spoke into the dialplan's message box.
    """

    call: CallId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    language: str
    queue: QueueId
    began_utc_s: float
    asked_utc_s: float | None
    answered_utc_s: float | None
    seat: SeatId
    ended_utc_s: float
    talked_utc_s: float
    closed: bool = False
    message_utc_s: float | None = None


@frozen
class PbxBooksRead:
    """What one PBX has booked since the last reading; `place` is where the next one begins."""

    node: NodeId
    place: int
    calls: tuple[BookedCall, ...]


@frozen
class PbxLost:
    """AMI is gone or mute. Calls may go on; we just cannot see them.

    `calls_live_s` is how much longer: 0 when the PBX's process is known to have ended, None when nobody can say.
    """

    node: NodeId
    calls_live_s: float | None = None
