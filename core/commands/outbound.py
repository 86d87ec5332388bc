"""Calls that we make, and legs to numbers outside."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, CommandId, NodeId, OfferId, SeatId, TrunkId


@frozen
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


@frozen
class CallLeader:
    """Ring a leader's mobile over this trunk; answered, the dialplan speaks and waits for key 1.

    `call` as in CallAgent.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    trunk: TrunkId
    number: str
    ring_s: float


@frozen
class DialFar:
    """Dial this number (inside form) over this trunk, on an agent's line that we hold.

    Done when the dial or the talk is over and the line is ours again; the result is `<DIALSTATUS>/<cause>`, and
    `/<SIP status>` behind it where the carrier said one.
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


@frozen
class AskTrunk:
    """Has the trunk said anything at all to this attempt? The result is its last SIP status, or "".

    `seat`: it is this agent's leg that dials, not the call's own line.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId
    seat: SeatId | None = None


@frozen
class CancelFar:
    """Hang up this attempt's leg; the agent's line stays ours."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId


@frozen
class ExcuseFar:
    """Take this far end out of its talk, tell it that the line was interrupted, and hang up. `again`: and that we will
    call."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId
    again: bool
