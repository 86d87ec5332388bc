"""What a caller did in menus, and left there."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import NO_HOTLINE, NO_QUEUE, NOBODY, AgentId, CallId, HotlineId, QueueId


@frozen
class MenuChosen:
    call: CallId
    node_name: str
    key: str


@frozen
class MenuNodeVisited:
    """One visit to a node of a flow; the words are those of core.inputs.MenuNodeLeft."""

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
class MessageTaken:
    """Somebody has to listen to this message, and to answer it at `number`. `queue` as in core.inputs.MessageLeft."""

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
class SurveyMarked:
    """`agent` is who spoke with the caller last; "" when nobody knows any more. `first`: of this call's marks."""

    call: CallId
    question: str
    mark: int
    queue: QueueId = NO_QUEUE
    hotline: HotlineId = NO_HOTLINE
    agent: AgentId = NOBODY
    first: bool = False


@frozen
class FlowBegan:
    """The caller's line was handed to this flow: a survey after the talk, or a message instead of waiting.

    `survey`: the caller is asked, for the first time, about a talk with `agent`.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    flow: str
    survey: bool = False
    agent: AgentId = NOBODY


@frozen
class FlowLeft:
    """Out of that flow the caller is back in the line, at the old place."""

    call: CallId
    queue: QueueId
