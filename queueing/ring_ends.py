"""What every offer of a call to a seat has in common, the first and one beside it: its token and its end."""

from __future__ import annotations

from core.commands import WithdrawRing
from core.events import RingEnded
from core.ids import OfferId, SeatId
from core.states import RingOutcome
from queueing import agents, answer_by
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, Ring, SecondRing

WITHDRAW_WITHIN_S = 30.0
_COUNTS_AS_MISS = (RingOutcome.MISSED, RingOutcome.REJECTED)


def next_offer(call: CallRecord) -> OfferId:
    """The token of the offer that this call would get now."""
    return OfferId(f"{call.id}/{call.offers + 1}")


def withdraw_offer(draft: Draft, call: CallRecord, offer: OfferId, seat: SeatId) -> None:
    """Order the end of this leg. Safe at any time: the token names one leg only."""
    until = draft.now_s + WITHDRAW_WITHIN_S
    draft.order(WithdrawRing(draft.next_id(), until, call.node, call.id, offer, seat))


def tell_ended(floor: Floor, draft: Draft, call: CallRecord, ring: Ring | SecondRing, outcome: RingOutcome) -> None:
    """Say it, and remember how long this agent took."""
    assert call.queue is not None
    rang_s = 0.0 if ring.rang_boot_s is None else draft.now_s - ring.rang_boot_s
    answer_by.learn(floor.state.agents[ring.agent], outcome, rang_s)
    draft.tell(RingEnded(call.id, ring.offer, ring.seat, ring.agent, call.queue, outcome, rang_s))


def free(floor: Floor, draft: Draft, ring: Ring | SecondRing, outcome: RingOutcome) -> None:
    """Agent and seat are free of it."""
    agent, seat = floor.state.agents[ring.agent], floor.state.seats[ring.seat]
    if outcome in _COUNTS_AS_MISS:
        agents.missed(draft, agent)
    seat.call = None
    agents.release(floor, draft, agent, f"ring_{outcome.value}")
