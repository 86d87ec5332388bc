"""What the PBX must know should the engine be away."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CommandId, NodeId, QueueId, SeatId


@frozen
class MirrorSeat:
    """Tell the native fallback who is on duty: `queues` this seat serves, or none; `paused` on breaks."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    seat: SeatId
    queues: tuple[QueueId, ...]
    paused: bool


@frozen
class MirrorClosing:
    """Tell the native fallback where callers of this closed queue go: "" to a closing message. None: it is open."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    queue: QueueId
    to: QueueId | None


@frozen
class RefuseCallers:
    """Let the dialplan refuse every caller before it answers, or take them in (`refuse` False)."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    refuse: bool
