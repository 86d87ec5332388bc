"""The caller's line: menus, queue, hang-up."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, HotlineId, NodeId, OfferId, QueueId, SeatId, TrunkId


@frozen
class CallArrived:
    """The dialplan answered a call and handed it to us. `caller` is E.164, or "" when withheld."""

    call: CallId
    node: NodeId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    language: str


@frozen
class MenuKeyPressed:
    """A caller chose in a menu. `key` is "" for silence. Secrets never come here."""

    call: CallId
    node_name: str
    key: str


@frozen
class MenuNodeLeft:
    """A caller has left a node of a flow, for node `to` ("" at the end), after `lasted_s` there.

    `how` is went_on, person (key 0), gave_up (too many tries), hung_up or ended. `wrong` and `silent` count tries.
    `key` is the choice that led on, "" none; typed digits are no choices. `again`: it was here before. `reached` says,
    of the last node, what came of the whole way: a core.states.MenuEnd; "" of the others.
    """

    call: CallId
    hotline: HotlineId
    flow: str
    node_name: str
    to: str
    how: str
    wrong: int
    silent: int
    lasted_s: float
    key: str = ""
    again: bool = False
    reached: str = ""


@frozen
class MessageLeft:
    """A caller has left a message: `file` below the house's messages, to be answered at `number`.

    `queue` is where they waited; None: they did not, or nobody knows.
    """

    call: CallId
    hotline: HotlineId
    caller: str
    number: str
    topic: str
    language: str
    file: str
    lasted_s: float
    queue: QueueId | None = None


@frozen
class SurveyAnswered:
    """A caller gave a mark, 1 to 5, to one question of the survey."""

    call: CallId
    question: str
    mark: int


@frozen
class CallQueued:
    """The menu asked for an agent and let go of the line; from here the engine owns it.

    `waiting_since_boot_s` is set when the dialplan brings a waiting caller back (the engine was
    killed): the place in the queue is that old moment. None means now.
    """

    call: CallId
    node: NodeId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    queue: QueueId
    language: str
    priority: int = 0
    waiting_since_boot_s: float | None = None
    case: str = ""
    """The number of the open case that the caller has named; "" none."""
    outside: str = ""
    """The number outside that the menu gives this caller to; "" none. Unanswered, the caller waits in the queue."""


@frozen
class QueueKeyPressed:
    """A waiting caller pressed a key that an announcement offers (core.commands.TellWait)."""

    call: CallId
    key: str


@frozen
class CallerBack:
    """A caller whose talk is over is on a line we hold: the session that had it was another engine's."""

    call: CallId
    node: NodeId


@frozen
class CallerHungUp:
    """The caller's channel is gone (AMI Hangup). `cause` is the Q.850 number."""

    call: CallId
    cause: int


@frozen
class CallsBlocked:
    """The dialplan's own counter of calls refused because all lines were busy, since the PBX started."""

    node: NodeId
    trunk: TrunkId
    total: int


@frozen
class CallerHeld:
    """A caller of a talk is back on a line we hold, and hears music; told by the line itself."""

    call: CallId


@frozen
class CallerJoined:
    """The caller and this seat's leg, which we brought together, hear each other (AMI BridgeEnter)."""

    call: CallId
    seat: SeatId


@frozen
class BesideHeld:
    """A second seat can be rung beside the one of this offer: the half that waits for it is ours (AGI)."""

    call: CallId
    node: NodeId
    offer: OfferId


@frozen
class CallbackRequested:
    """A caller wants to be called back at `number`, which the menu has read back and the caller confirmed.

    The line stays the menu's: it says goodbye. A caller who waits already gives up the line, not the place.
    """

    call: CallId
    node: NodeId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    number: str
    queue: QueueId
    language: str
    priority: int = 0
