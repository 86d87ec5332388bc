"""The work list and the cases."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import AgentId, CallId, HotlineId, QueueId, WorkId
from core.states import CaseKind, CaseState, WorkKind


@frozen
class WorkOpened:
    """Somebody has to do something for a caller, at `number`, within `due_s`.

    `about` is the topic of a message, the question of a mark, or the promised callback; `busy`: when it came, callers
    waited or nobody was free.
    """

    item: WorkId
    kind: WorkKind
    call: CallId
    number: str
    queue: QueueId
    hotline: HotlineId
    language: str
    busy: bool
    due_s: float
    about: str = ""
    file: str = ""
    lasted_s: float = 0.0
    mark: int = 0


@frozen
class WorkTaken:
    """`owner` does it from now on; `was` did before, "" for nobody."""

    item: WorkId
    owner: AgentId
    was: AgentId
    by: str
    note: str


@frozen
class WorkOverdue:
    """It is still open after the time it was to be done in."""

    item: WorkId
    kind: WorkKind
    owner: AgentId


@frozen
class WorkClosed:
    """`how` is done, called_again (the caller was answered meanwhile), message_left (that they had left one was learned
    later), kept, cancelled (a callback), or dropped."""

    item: WorkId
    kind: WorkKind
    owner: AgentId
    how: str
    by: str
    note: str
    overdue: bool


@frozen
class CaseOwned:
    """This agent owns this open case, for so long."""

    case: str
    agent: AgentId
    lasts_s: float


@frozen
class CallNoted:
    """What this agent has written about the call so far; it replaces what was before."""

    call: CallId
    agent: AgentId
    text: str
    code: str
    tags: tuple[str, ...]


@frozen
class CaseOpened:
    """A case of our own, to be done within `due_s`. `call` is the one it came up in, "" none."""

    case: str
    kind: CaseKind
    text: str
    caller: str
    call: CallId
    by: str
    due_s: float


@frozen
class CaseTaken:
    """`owner` has it from now on; `was` did before, "" for nobody."""

    case: str
    owner: AgentId
    was: AgentId
    by: str
    note: str


@frozen
class CaseChanged:
    """A word for its history, the state that it is in now, and in how many seconds it is due, None: as before."""

    case: str
    was: CaseState
    state: CaseState
    note: str
    by: str
    due_s: float | None = None


@frozen
class CaseOverdue:
    """It is still open after the time it was to be done in."""

    case: str
    owner: AgentId


@frozen
class CaseClosed:
    """Nobody owns it any more."""

    case: str
