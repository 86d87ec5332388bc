"""A call as a whole, from its line's first moment to its last."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, HotlineId, NodeId, QueueId, TrunkId


@frozen
class CallEntered:
    """A call reached us."""

    call: CallId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    language: str


@frozen
class BlockedCounted:
    """`count` more calls were refused on `trunk` because all lines were busy."""

    node: NodeId
    trunk: TrunkId
    count: int


@frozen
class CallLost:
    """X of docs/figures.md when it was waiting (`queue` set); `cause` is PBX_LOST."""

    call: CallId
    queue: QueueId | None
    hotline: HotlineId
    cause: str


@frozen
class CallEnded:
    """The final word on a call. `how` is menu, abandoned, callback, message, caller, agent, pbx_lost, fallback,
    closed, outside (somebody outside the house hung up) or transfer (the caller left while a transfer looked for its
    receiver)."""

    call: CallId
    hotline: HotlineId
    how: str
    lasted_s: float
