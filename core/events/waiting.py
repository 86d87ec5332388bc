"""A call in a queue: its place, what it is told, and where it goes from there."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import AgentId, CallId, HotlineId, QueueId
from core.states import Withheld


@frozen
class CallOffered:
    """O of docs/figures.md: the call asked for an agent. `waited_s` is what it had waited before (after a recovery)."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    priority: int
    language: str
    waited_s: float


@frozen
class PromiseMade:
    """A waiting caller may be told: `low_s` to `high_s` more, whole minutes, after `waited_s`.

    `overdue`: the time promised before is over. Never longer than what was promised before.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float
    low_s: float
    high_s: float
    overdue: bool


@frozen
class WaitTold:
    """A waiting caller is told the place (`ahead` callers before; None: not told) and what PromiseMade said last.

    `keys` are those that it offers: core.commands.CALLBACK_KEY, MESSAGE_KEY.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    ahead: int | None
    keys: str


@frozen
class CallMoved:
    """The call waits in `queue` by somebody's decision, not by the caller's choice: O there, F where it waited before.

    `why` is blind, not_answered, keeper_left, moved, closed, full or too_long. Its place counts from `waited_s` ago;
    `from_line`: it waited unanswered in `from_queue`, since `stayed_s` ago.
    """

    call: CallId
    hotline: HotlineId
    from_queue: QueueId
    queue: QueueId
    priority: int
    language: str
    why: str
    waited_s: float
    from_line: bool = False
    stayed_s: float = 0.0


@frozen
class CallFlowedOut:
    """F of docs/figures.md: nobody here will answer it. `why` is closed, full, too_long or menu."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float
    why: str


@frozen
class PriorityChanged:
    """Somebody gave a waiting call another priority."""

    call: CallId
    queue: QueueId
    priority: int


@frozen
class QueueClosed:
    """Nobody waits here from now on; `to` is where calls go instead, "" the closing flow. None: until it is opened.

    `message`: the closing message that is heard in place of the house's closing flow.
    """

    queue: QueueId
    to: QueueId
    by: str
    until_utc_s: float | None = None
    message: str = ""


@frozen
class QueueOpened:
    queue: QueueId
    by: str


@frozen
class CallAbandoned:
    """B of docs/figures.md: hung up while waiting."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float
    caller: str = ""
    language: str = ""


@frozen
class CallTurnedIntoCallback:
    """C of docs/figures.md: a call that had asked for an agent left the line with its place kept."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float


@frozen
class CallLeftMessage:
    """M of docs/figures.md: a call that had asked for an agent has left a message instead."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float


@frozen
class CallsWithheld:
    """The agent is ready and gets no call, until `until_utc_s` where that is known."""

    agent: AgentId
    why: Withheld
    until_utc_s: float | None


@frozen
class CallsResumed:
    """The agent gets calls again: the reason is over, or a queue would have nobody left."""

    agent: AgentId
    why: str
