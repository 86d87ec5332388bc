"""What an agent asks for, or a leader in the agent's name."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import AgentId, CallId, DeskMessageId, OfferId, QueueId, SeatId
from core.states import BreakReason


@frozen
class SignIn:
    """`override`: a leader lets it happen against the roster or the floor; the door checks who may say so."""

    agent: AgentId
    seat: SeatId
    override: bool = False


@frozen
class SignOut:
    agent: AgentId
    override: bool = False


@frozen
class TakeBreak:
    agent: AgentId
    reason: BreakReason
    override: bool = False


@frozen
class BecomeReady:
    """Ends a break, an away, or a wrap-up early."""

    agent: AgentId


@frozen
class ExtendWrapUp:
    """More time for the notes, once a wrap-up."""

    agent: AgentId


@frozen
class Hold:
    """The agent's caller hears music until Resume. `is_lost`: that agent's phone is gone, and the caller is told so."""

    agent: AgentId
    is_lost: bool = False


@frozen
class Resume:
    """Back to the caller on hold; a consult ends with it."""

    agent: AgentId


@frozen
class Transfer:
    """Give the agent's caller to another agent, a queue or an outside number; exactly one of them is named.

    `note` says why, for the receiver. The agent is free of the call at once.
    """

    agent: AgentId
    to_agent: AgentId | None = None
    to_queue: QueueId | None = None
    to_number: str = ""
    note: str = ""


@frozen
class Consult:
    """Speak with another agent, the next one of a queue, or an outside number, while the caller hears music."""

    agent: AgentId
    to_agent: AgentId | None = None
    to_queue: QueueId | None = None
    note: str = ""
    to_number: str = ""


@frozen
class Complete:
    """End a consult by giving the caller to the colleague."""

    agent: AgentId


@frozen
class Confer:
    """In a consult: caller, agent and colleague speak together. Whoever hangs up leaves the other two."""

    agent: AgentId


@frozen
class HangUp:
    """End the agent's part of the call: the agent's own phone hangs up."""

    agent: AgentId


@frozen
class ShowPop:
    """A desktop of the agent (a window, which names itself) shows this pop; `here_instead` of another that does."""

    agent: AgentId
    pop: OfferId
    desktop: str
    here_instead: bool = False


@frozen
class MarkAbusive:
    """The agent's call, the one under way or else the last, was abusive."""

    agent: AgentId


@frozen
class PauseRecording:
    """The agent's caller gives card data: silence in the recording until ResumeRecording, or the house's limit."""

    agent: AgentId


@frozen
class ResumeRecording:
    agent: AgentId


@frozen
class PlaceCall:
    """Call this number for this agent: the agent's own phone first. `queue` is whose matter it is."""

    agent: AgentId
    number: str
    queue: QueueId | None = None


@frozen
class NoteCall:
    """What the agent has written about this call so far, the code of its wrap-up, and tags; the whole each time.

    The door checks that the call was this agent's.
    """

    agent: AgentId
    call: CallId
    text: str
    code: str = ""
    tags: tuple[str, ...] = ()


@frozen
class ReadDeskMessage:
    """The agent has read what somebody wrote (TellAgent)."""

    agent: AgentId
    message: DeskMessageId


AgentRequest = (
    SignIn | SignOut | TakeBreak | BecomeReady | ExtendWrapUp | Hold | Resume | Transfer | Consult | Complete
    | Confer | HangUp | PlaceCall | ShowPop | NoteCall | MarkAbusive | PauseRecording | ResumeRecording
    | ReadDeskMessage
)  # fmt: skip
