"""An offer at a seat: reserved, shown, rung, answered."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import AgentId, CallId, HotlineId, OfferId, QueueId, SeatId
from core.states import RingOutcome
from core.traces import Trace


@frozen
class SeatReserved:
    """`considered` is how many agents could have had it; `trace` is why this one has it; None: somebody chose."""

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    queue: QueueId
    considered: int
    idle_s: float
    trace: Trace | None = None
    recorded: bool = True
    """Is a talk that comes of it due for recording?"""


@frozen
class PopShown:
    """A desktop of this agent shows the pop of this offer, `took_s` after it was made."""

    call: CallId
    pop: OfferId
    agent: AgentId
    desktop: str
    took_s: float


@frozen
class PopUnseen:
    """No desktop showed the pop in time: the phone did not ring, the next agent is tried."""

    call: CallId
    pop: OfferId
    seat: SeatId
    agent: AgentId


@frozen
class RingBegan:
    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId


@frozen
class RingEnded:
    """One ring is over. `rang_s` counts from the first 180, 0 if there was none."""

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    queue: QueueId
    outcome: RingOutcome
    rang_s: float


@frozen
class CallAnswered:
    """A of docs/figures.md. `waited_s` from entering the queue, ringing included.

    `agent` is "" for a talk found at a resync at a seat where nobody is signed in, `queue` is "" when
    its channel no longer knew; `tries` is 0 when the native fallback rang. `caller` as in CallEntered.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    waited_s: float
    tries: int
    caller: str = ""
