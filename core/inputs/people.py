"""What leaders, supervisors and the business side ask for."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import NO_CALL, NOBODY, AgentId, CallbackId, CallId, ListeningId, QueueId, RequestId, SeatId, WorkId
from core.inputs.agents import AgentRequest
from core.states import CaseKind, CaseState, ListenMode


@frozen
class OpenItem:
    """Something the next shift must know or do. `item` names it; the same name again changes the text.

    `seen` is the version (core.staff.item_version) of the text that this replaces, "" for none; None: whatever it is.
    """

    item: str
    text: str
    seen: str | None = None


@frozen
class TellAgent:
    """This agent shall read these words at the desk. What was made is the message's id."""

    agent: AgentId
    text: str


@frozen
class AcknowledgeAlarm:
    """Somebody looks after this alarm."""

    rule: str
    subject: str


@frozen
class CloseItem:
    item: str


@frozen
class Listen:
    """Somebody at `address` wants to hear this call, without a phone. What was made is the listening's id.

    `team`: whose talks alone they may hear; None: everybody's.
    """

    call: CallId
    address: str
    team: tuple[AgentId, ...] | None = None


@frozen
class ListenByPhone:
    """The same by this seat's phone, which is rung. `mode`: who hears what is said there."""

    call: CallId
    address: str
    seat: SeatId
    mode: ListenMode
    team: tuple[AgentId, ...] | None = None


@frozen
class ChangeListening:
    """By phone: go on in another way, on the same line."""

    listening: ListeningId
    mode: ListenMode


@frozen
class TakeFromListening:
    """By phone: the agent goes, and whoever listens has the caller, on the same line."""

    listening: ListeningId


@frozen
class StopListening:
    listening: ListeningId


@frozen
class TakeOver:
    """A leader or supervisor, signed in and free, wants this call: their phone is rung for it, or has it at once if it
    listens to it already."""

    agent: AgentId
    call: CallId


@frozen
class MoveCall:
    """This call shall wait in that queue, whether it waits elsewhere or is in a talk."""

    call: CallId
    queue: QueueId


@frozen
class SetPriority:
    """A waiting call's priority, 0-9; its time in the line counts on."""

    call: CallId
    priority: int


@frozen
class CloseQueue:
    """No more calls here, now: who waits and who comes goes to `to`, or hears the closing flow. Talks go on.

    `until_utc_s`: it opens again by itself. `message`: one of the house's closing messages, "" its closing flow.
    """

    queue: QueueId
    to: QueueId | None = None
    until_utc_s: float | None = None
    message: str = ""


@frozen
class OpenQueue:
    """The end of CloseQueue."""

    queue: QueueId


@frozen
class Drain:
    """Stop the house when the calls it has are over, at the latest in `within_s`. The same again sets a new limit."""

    within_s: float


@frozen
class CancelDrain:
    """The end of Drain: calls are taken as before."""


@frozen
class AskCallback:
    """Promise to call this number back, with the place that a caller of now, or of `later_s` from now, would have."""

    number: str
    queue: QueueId
    language: str = ""
    priority: int = 0
    later_s: float = 0.0


@frozen
class CancelCallback:
    """Take a promise back that is not being kept at this moment."""

    callback: CallbackId


CASE_LASTS_S = 7 * 86_400.0


@frozen
class OwnCase:
    """This agent owns this open case for so long; `caller` is the number its caller calls from, "" unknown.

    `only_of`: asked by an agent who leads nobody, so a case that somebody else owns stays theirs. `team`: by a leader
    of these, so a case of another team's agent stays theirs; None: of everybody.
    """

    case: str
    agent: AgentId
    caller: str = ""
    lasts_s: float = CASE_LASTS_S
    only_of: AgentId | None = None
    team: tuple[AgentId, ...] | None = None


@frozen
class CloseCase:
    """Nobody owns it any more; `only_of` and `team` as in OwnCase."""

    case: str
    only_of: AgentId | None = None
    team: tuple[AgentId, ...] | None = None


@frozen
class OpenCase:
    """A caller's matter that is not over with the call. `owner` has it at once; `due_s` None: the house's."""

    kind: CaseKind
    text: str
    caller: str = ""
    call: CallId = NO_CALL
    owner: AgentId = NOBODY
    due_s: float | None = None


@frozen
class TakeCase:
    """Whoever takes a case first owns it."""

    case: str
    agent: AgentId


@frozen
class GiveCase:
    """Another agent owns it from now on. `seen_utc_s`: the last change that whoever asks knows of; None: any."""

    case: str
    to: AgentId
    note: str = ""
    seen_utc_s: float | None = None


@frozen
class ChangeCase:
    """Something happened to a case: a word for its history, another state, another moment when it is due; or all.

    `seen_utc_s` is the last change that whoever asks knows of; None: any.
    """

    case: str
    note: str = ""
    state: CaseState | None = None
    due_s: float | None = None
    seen_utc_s: float | None = None


@frozen
class ClaimWork:
    """This agent does it."""

    item: WorkId
    agent: AgentId


@frozen
class HandOverWork:
    """Another agent does it from now on; `note` says why."""

    item: WorkId
    to: AgentId
    note: str = ""


@frozen
class FinishWork:
    """It is done; `note` says what came of it."""

    item: WorkId
    note: str = ""


Request = (
    AgentRequest | AskCallback | CancelCallback | TakeOver | MoveCall | SetPriority | CloseQueue | OpenQueue
    | Drain | CancelDrain
    | Listen | ListenByPhone | ChangeListening | TakeFromListening | StopListening | OpenItem | CloseItem | OwnCase
    | CloseCase | OpenCase | TakeCase | GiveCase | ChangeCase | AcknowledgeAlarm | ClaimWork | HandOverWork | FinishWork
    | TellAgent
)  # fmt: skip


@frozen
class Requested:
    """A person or a program asked for something; `by` is who."""

    id: RequestId
    by: str
    request: Request
