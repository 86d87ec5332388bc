"""The agents' legs, and those of calls that we make."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, NodeId, OfferId, SeatId, TrunkId


@frozen
class SeatRang:
    """The first 180 Ringing of this offer."""

    call: CallId
    offer: OfferId
    seat: SeatId


@frozen
class SeatAnswered:
    """The phone answered (200 OK)."""

    call: CallId
    offer: OfferId
    seat: SeatId


@frozen
class SeatLegEnded:
    """The agent's channel is gone. `cause` is the Q.850 number (17 busy, 21 rejected, 20 absent)."""

    call: CallId
    offer: OfferId
    seat: SeatId
    cause: int


@frozen
class SeatReachabilityChanged:
    """A phone registered, answered its qualify, or went away."""

    seat: SeatId
    reachable: bool


@frozen
class AgentLineHeld:
    """An agent's own leg has come to us (AGI), at `held_boot_s`: it can dial. `dialled` is what its last dial came to.

    `<trunk>/<DIALSTATUS>/<cause>`, and `/<SIP status>` where the carrier said one; without a DIALSTATUS the dial never
    came to an end; "" is none was begun.
    """

    call: CallId
    node: NodeId
    held_boot_s: float
    dialled: str = ""


@frozen
class FarRang:
    """The far end's phone rings (180)."""

    call: CallId
    attempt: OfferId


@frozen
class FarProgressed:
    """Sound comes from the trunk before anybody has answered (183): an announcement, or a ring-back tune."""

    call: CallId
    attempt: OfferId


@frozen
class FarAnswered:
    """The far end answered (200 OK)."""

    call: CallId
    attempt: OfferId


@frozen
class FarLegEnded:
    """The far end's channel is gone. `cause` is the Q.850 number."""

    call: CallId
    attempt: OfferId
    cause: int


@frozen
class FarJoined:
    """A held caller and the far end that an agent has consulted are in one bridge: they hear each other."""

    call: CallId
    attempt: OfferId


@frozen
class NoticeUnderstood:
    """A leader who was rung at night has heard the notice and pressed 1."""

    call: CallId


@frozen
class TrunkReachabilityChanged:
    """A carrier answered its qualify, or stopped to."""

    trunk: TrunkId
    reachable: bool
