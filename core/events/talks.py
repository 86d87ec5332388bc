"""A talk: hold, consult, conference, transfer, and who listens."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import AgentId, CallId, HotlineId, ListeningId, OfferId, QueueId, SeatId
from core.states import ListenMode


@frozen
class TalkEnded:
    """`by` is "caller", "agent", "pbx" or "transfer". `talk_s` is without the `held_s` the caller heard music."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    talk_s: float
    by: str
    held_s: float = 0.0


@frozen
class TalkBegan:
    """A talk that no queue counts: a call given from hand to hand. `how` is that of CallTransferred.

    `recorded`: it is due for recording, if nobody has been told of it before.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    how: str
    recorded: bool = True


@frozen
class CallHeld:
    """The agent's caller hears music."""

    call: CallId
    seat: SeatId
    agent: AgentId


@frozen
class HoldReminded:
    """The agent was reminded of the caller on hold, the caller was told that nobody has forgotten them."""

    call: CallId
    seat: SeatId
    agent: AgentId
    held_s: float


@frozen
class CallResumed:
    """The caller hears the agent again, after `held_s` of music."""

    call: CallId
    seat: SeatId
    agent: AgentId
    held_s: float


@frozen
class ConsultBegan:
    """A colleague is asked about a held caller: reserved, and about to be rung."""

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    to_seat: SeatId
    to_agent: AgentId
    note: str
    recorded: bool = True


@frozen
class ConsultAnswered:
    """The two agents speak."""

    call: CallId
    offer: OfferId
    to_seat: SeatId
    to_agent: AgentId


@frozen
class ConferenceBegan:
    """Caller, agent and colleague hear each other. ConsultEnded ends it: the colleague has left, or has the caller.

    With somebody outside instead of a colleague `number` is theirs, and OutsideEnded or CallTransferred ends it.
    """

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    to_seat: SeatId
    to_agent: AgentId
    number: str = ""


@frozen
class ConsultEnded:
    """`how` is completed, cancelled, colleague_left, not_answered, caller_left or withdrawn; `lasted_s` of speaking."""

    call: CallId
    offer: OfferId
    to_seat: SeatId
    to_agent: AgentId
    how: str
    lasted_s: float


@frozen
class CallTransferred:
    """The agent gave the call away. `how` is blind, consulted, conference, taken_over, or again (to the same agent,
    whose phone had lost it: counted as no transfer); `to` an agent, a queue, a number, or who took it over."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    how: str
    to: str
    note: str


@frozen
class ListeningBegan:
    """`by` hears this call, from `address`: in a browser, or by the phone of `seat`, in this `mode`.

    `told`: its agents may know of it, by the house's rule.
    """

    listening: ListeningId
    call: CallId
    by: str
    address: str
    told: bool
    seat: SeatId | None = None
    mode: ListenMode = ListenMode.LISTEN


@frozen
class ListeningChanged:
    """By phone: from now on in this mode."""

    listening: ListeningId
    call: CallId
    by: str
    mode: ListenMode
    told: bool


@frozen
class ListeningEnded:
    """`why` is asked, hung_up (the phone), taken_over (the caller is theirs), talk_over, other_team (the caller is with
    an agent whom the listener may not hear) or out_of_sight (the PBX, or because we were started anew)."""

    listening: ListeningId
    call: CallId
    by: str
    lasted_s: float
    why: str
    told: bool


@frozen
class CallMarked:
    """The agent says that the call was abusive."""

    call: CallId
    agent: AgentId
    mark: str
