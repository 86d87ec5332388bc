"""What a caller's line does while nobody speaks on it."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, CommandId, HotlineId, NodeId, QueueId, TrunkId


@frozen
class LetGo:
    """The engine is done with this line: the dialplan's `after` takes it (goodbye and hang-up)."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


@frozen
class TakeBack:
    """Fetch a caller out of the dialplan's native queue, waiting-since kept."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


@frozen
class RememberPlace:
    """Write a waiting caller's new place into its channel, where it outlives us."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    queue: QueueId
    since_boot_s: float
    priority: int
    language: str


@frozen
class Announce:
    """Play this prompt to a caller who hears music; the music goes on after it. The next order cuts it short."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    language: str
    prompt: str


CALLBACK_KEY, MESSAGE_KEY = "1", "2"
"""What a waiting caller presses for what an announcement offers."""


@frozen
class TellWait:
    """Tell a waiting caller the place and the wait, as Announce plays. `ahead` None, and a `high_s` of 0: not told.

    `low_s` to `high_s` are whole minutes; `keys` are those that it offers, and that count from now on.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    language: str
    ahead: int | None
    low_s: float
    high_s: float
    overdue: bool
    keys: str


@frozen
class RunFlow:
    """Hand the caller's line to this flow; when it is over, the line is let go, as by LetGo.

    A flow that leads to a person offers CallQueued instead, and the line stays ours. `opens_utc_s`: when those who
    could serve this caller are there again, if that is known. `queue`: where the caller waits, or waited.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    flow: str
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    language: str
    opens_utc_s: float | None = None
    queue: QueueId | None = None


@frozen
class Dismiss:
    """Play this prompt to a waiting caller, then let go of the line: there is nobody for them."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    language: str
    prompt: str
