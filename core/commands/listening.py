"""Who hears a talk without being in it, in a browser or by telephone."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, CommandId, ListeningId, NodeId, OfferId, SeatId
from core.states import ListenMode


@frozen
class BeginListening:
    """Bring this call's voices to a listener. `silenced`: card data is being given (SilenceRecording ends it)."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    listening: ListeningId
    silenced: bool


@frozen
class EndListening:
    """`why` as in ListeningEnded."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    listening: ListeningId
    why: str


@frozen
class CallListener:
    """Ring this phone; answered, it hears the agent of this call and the caller. `channel` becomes the leg's id.

    `ring_s` is the PBX's own limit, in case we die meanwhile.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    channel: CallId
    offer: OfferId
    seat: SeatId
    mode: ListenMode
    ring_s: float


@frozen
class TurnListener:
    """The listener on this channel hears, and is heard, in another way."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    channel: CallId
    mode: ListenMode


@frozen
class TakeTalk:
    """The listener on this channel shall have the caller: recorded from now on, and kept until JoinSeat of `taker`.

    `parts`: the caller is in a talk with `seat`, and out of it when this is done, as by HoldCall; else on hold already.
    Refused, the talk goes on, and the listener listens in this mode as before.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId
    channel: CallId
    offer: OfferId
    taker: SeatId
    mode: ListenMode
    parts: bool
    record: bool


@frozen
class Beep:
    """A short tone in this call's agent's ear: somebody listens."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
