"""Talks: hold, consult, conference, transfer, and what of them is recorded."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, CommandId, NodeId, OfferId, QueueId, SeatId, TrunkId


@frozen
class HoldCall:
    """Part this talk: the caller comes back to us and hears music, the agent's leg is kept on its phone."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId


@frozen
class RemindSeat:
    """A tone in the ear of an agent who keeps a caller on hold."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId


@frozen
class JoinSeat:
    """Bring a held caller together with this seat's leg of the call. Done when that talk is over, like RingSeat."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId


@frozen
class JoinThree:
    """Bring a held caller together with this seat's leg and the colleague's, or that of the far end of this attempt
    (None: a colleague's): all three hear each other.

    Done when nobody but the caller is left.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId
    colleague: SeatId | None
    attempt: OfferId | None = None


@frozen
class ConsultSeat:
    """Ring a colleague from this seat's leg. `parts`: the caller is still in the talk, and is put on hold by it.

    `seat` asks, `colleague` is rung under `offer`. The agent hears the ringing tone; when it is over without a talk,
    the agent's leg is kept.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId
    offer: OfferId
    colleague: SeatId
    dial_s: float
    parts: bool
    record: bool = True


@frozen
class ConsultFar:
    """Dial this number (inside form) over this trunk from this seat's leg; `parts` as in ConsultSeat.

    Done when that dial is over, with a result as of DialFar; the agent's leg is kept then.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId
    attempt: OfferId
    trunk: TrunkId
    number: str
    language: str
    ring_s: float
    parts: bool


@frozen
class JoinFar:
    """Bring a held caller together with the far end of this attempt. Done when that talk is over, like JoinSeat."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId


@frozen
class FetchCaller:
    """Take a caller out of whatever bridge it is in, back to us as one who waits in this place."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    queue: QueueId
    since_boot_s: float
    priority: int
    language: str


@frozen
class SilenceRecording:
    """Both sides of this talk are recorded as digital silence (`on`), or as they are again. The timeline goes on."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    on: bool
