"""Calls that we make: agents' own, callbacks, and legs to numbers outside."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import NOBODY, AgentId, CallbackId, CallId, HotlineId, QueueId, SeatId, TrunkId
from core.states import CallbackState, OutboundOutcome, OutboundState


@frozen
class OutsideDialled:
    """The caller is to speak with a number outside, and hears music meanwhile. `why` is blind, consulted, full,
    too_long or menu; with consult it is this agent, who keeps the caller on hold, that is to speak there."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    number: str
    why: str
    agent: AgentId = NOBODY
    note: str = ""


@frozen
class OutsideAnswered:
    """Somebody outside the house has the caller, over `trunk`; or speaks with this agent, who consults there.

    A caller who waited in line is F of docs/figures.md besides.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    number: str
    trunk: TrunkId | None
    agent: AgentId = NOBODY


@frozen
class OutsideEnded:
    """The end of it. `talk_s` is 0 when nobody was reached: then the caller is back in the house, if still there.

    With `agent` it is a consult that ends here, and the caller is still on hold.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    number: str
    outcome: OutboundOutcome
    talk_s: float
    agent: AgentId = NOBODY


@frozen
class OutboundBegan:
    """We make a call: the agent's own phone is rung first. `callback` is the promise it keeps."""

    call: CallId
    agent: AgentId
    seat: SeatId
    number: str
    queue: QueueId | None
    language: str
    callback: CallbackId | None
    recorded: bool = True


@frozen
class OutboundMoved:
    """It is in another state now; `trunk` is the one asked last."""

    call: CallId
    state: OutboundState
    trunk: TrunkId | None


@frozen
class TrunkFailed:
    """A trunk could not bring this call to anybody. `why` is the dial's result (core.commands.DialFar), or silent (it
    said nothing at all), or no ringing."""

    call: CallId
    trunk: TrunkId
    why: str


@frozen
class OutboundEnded:
    """The final word on a call that we made. `talk_s` is 0 when nobody was reached; `by` who ended the talk."""

    call: CallId
    agent: AgentId
    seat: SeatId
    queue: QueueId | None
    trunk: TrunkId | None
    outcome: OutboundOutcome
    talk_s: float
    lasted_s: float
    by: str


@frozen
class CallbackMade:
    """A promise to call back. `call` is the one that asked, else the promise's own id; `waited_s`: before it asked."""

    callback: CallbackId
    call: CallId
    number: str
    queue: QueueId
    hotline: HotlineId
    language: str
    priority: int
    waited_s: float


@frozen
class CallbackChanged:
    """`tries` were made of the customer; the next thing happens `next_s` from now, None: when its turn comes."""

    callback: CallbackId
    call: CallId
    queue: QueueId
    state: CallbackState
    reason: str
    tries: int
    next_s: float | None


@frozen
class CallbackKept:
    """The customer was reached, `waited_s` after asking; `from_caller`: it is a C of docs/figures.md."""

    callback: CallbackId
    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float
    in_time: bool
    from_caller: bool
