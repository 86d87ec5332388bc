"""Rings: one offer of a call to one seat, from reservation to its end.

- The seat is reserved in the same step in which it is chosen; the offer's id is a token, and facts
  that carry an old one change nothing.
- No 180 within 2 s of the order: the ring failed, the next seat is tried.
- The ring clock starts at the first 180; when the country's budget is over the seat is pulled back.
- When a caller hangs up during a ring, Asterisk ends the agent's leg first. A leg that ends without
  a telling cause therefore waits `EXPLAIN_S` for the caller's hang-up before the next seat rings.
"""

from __future__ import annotations

from core.commands import RingSeat, WithdrawRing
from core.events import RingBegan, RingEnded, SeatReserved
from core.ids import OfferId, SeatId
from core.states import CallState, RingOutcome
from core.traces import Trace
from queueing import agents, calls, seats, trace
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Ring

RING_WITHIN_S = 2.0
WITHDRAW_WITHIN_S = 30.0
EXPLAIN_S = 0.25
SPARE_DIAL_S = 5.0
"""The dialplan's own limit lies this much beyond ours: 2 s to the 180, and time for us to act first."""

_COUNTS_AS_MISS = (RingOutcome.MISSED, RingOutcome.REJECTED)


def reserve(
    floor: Floor, draft: Draft, call: CallRecord, agent: AgentRecord, considered: int, why: Trace | None = None
) -> None:
    """Take this idle agent for this waiting call, and order the ring."""
    assert agent.seat is not None and call.queue is not None
    if floor.witness is not None:
        floor.witness(call, agent, why is None or why.strategy == trace.NAMED)
    seat = floor.state.seats[agent.seat]
    offer, command = next_offer(call), draft.next_id()
    call.offers += 1
    call.ring = Ring(offer, command, seat.id, agent.id, draft.now_s)
    call.commands.append(command)
    floor.state.ring_commands[command] = call.id
    calls.move(draft, call, "reserved")
    floor.line.discard(call.id)
    floor.due(call, draft.now_s + RING_WITHIN_S)
    agent.call = seat.call = call.id
    agent.offered_boot_s = draft.now_s
    idle_s = draft.now_s - agent.idle_since_boot_s
    record = floor.is_recorded(call.id, call.queue, agent.id)
    draft.tell(SeatReserved(call.id, offer, seat.id, agent.id, call.queue, considered, idle_s, why, record))
    agents.change(floor, draft, agent, "reserved", state="reserve")
    dial_s = floor.cadence.budget_s + SPARE_DIAL_S
    draft.order(RingSeat(command, draft.now_s + RING_WITHIN_S, call.node, call.id, offer, seat.id, dial_s, record))


def next_offer(call: CallRecord) -> OfferId:
    """The token of the offer that this call would get now."""
    return OfferId(f"{call.id}/{call.offers + 1}")


def began(floor: Floor, draft: Draft, call: CallRecord, since_boot_s: float) -> None:
    """The first 180: the ring clock starts."""
    ring = call.ring
    assert ring is not None
    calls.move(draft, call, "rang")
    ring.rang_boot_s = since_boot_s
    call.failures = 0
    floor.state.seats[ring.seat].failures = 0
    if not ring.unexplained:
        floor.due(call, since_boot_s + floor.cadence.budget_s)
    draft.tell(RingBegan(call.id, ring.offer, ring.seat, ring.agent))
    agents.change(floor, draft, floor.state.agents[ring.agent], "rang", state="rang")


def await_explanation(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The leg is over and nobody said why: wait a moment for the caller's hang-up."""
    assert call.ring is not None
    if not call.ring.unexplained:
        call.ring.unexplained = True
        floor.due(call, draft.now_s + EXPLAIN_S)


def answered(floor: Floor, draft: Draft, call: CallRecord) -> Ring:
    """The ring ends well; agent and seat stay with the call."""
    ring = call.ring
    assert ring is not None
    _tell_ended(draft, call, ring, RingOutcome.ANSWERED)
    floor.state.agents[ring.agent].misses = 0
    floor.state.seats[ring.seat].failures = 0
    call.ring, call.due_boot_s, call.failures = None, None, 0
    return ring


def over(floor: Floor, draft: Draft, call: CallRecord, outcome: RingOutcome, *, withdraw: bool = False) -> Ring:
    """The ring ends without an answer: the seat is free again, the call waits at its old place, not yet in line."""
    ring = call.ring
    assert ring is not None
    if withdraw:
        withdraw_offer(draft, call, ring.offer, ring.seat)
    _tell_ended(draft, call, ring, outcome)
    call.ring = call.due_boot_s = None
    calls.move(draft, call, "ring_over")
    agent, seat = floor.state.agents[ring.agent], floor.state.seats[ring.seat]
    if outcome in _COUNTS_AS_MISS:
        agents.missed(draft, agent)
    seat.call = None
    agents.release(floor, draft, agent, f"ring_{outcome.value}")
    return ring


def failed(floor: Floor, draft: Draft, call: CallRecord, *, withdraw: bool = False) -> None:
    """The phone could not be rung, or was lost while ringing: the seat rests, the caller is back in line."""
    ring = over(floor, draft, call, RingOutcome.FAILED, withdraw=withdraw)
    seats.rest(floor, draft, floor.state.seats[ring.seat])
    _back_in_line(floor, call, ring)


def not_answered(floor: Floor, draft: Draft, call: CallRecord, outcome: RingOutcome, *, withdraw: bool) -> None:
    """Missed or rejected: the caller is back in line at the old place."""
    ring = over(floor, draft, call, outcome, withdraw=withdraw)
    _back_in_line(floor, call, ring)


def _back_in_line(floor: Floor, call: CallRecord, ring: Ring) -> None:
    """The agent is excluded for this call from now on (see queueing.routing)."""
    call.excluded.append(ring.agent)
    floor.enlist(call)


def withdraw_offer(draft: Draft, call: CallRecord, offer: OfferId, seat: SeatId) -> None:
    """Order the end of this leg. Safe at any time: the token names one leg only."""
    until = draft.now_s + WITHDRAW_WITHIN_S
    draft.order(WithdrawRing(draft.next_id(), until, call.node, call.id, offer, seat))


def is_on(call: CallRecord) -> bool:
    return call.state in (CallState.RESERVED, CallState.RINGING)


def _tell_ended(draft: Draft, call: CallRecord, ring: Ring, outcome: RingOutcome) -> None:
    assert call.queue is not None
    rang_s = 0.0 if ring.rang_boot_s is None else draft.now_s - ring.rang_boot_s
    draft.tell(RingEnded(call.id, ring.offer, ring.seat, ring.agent, call.queue, outcome, rang_s))
