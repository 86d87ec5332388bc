"""Rings: one offer of a call to one seat, from reservation to its end.

- The seat is reserved in the same step in which it is chosen; the offer's id is a token, and facts
  that carry an old one change nothing.
- A ring may wait for the agent's desktop before it is ordered (queueing.pops).
- No 180 within 2 s of the order: the ring failed, the next seat is tried.
- The ring clock starts at the first 180; when the country's budget is over the seat is pulled back.
- When a caller hangs up during a ring, Asterisk ends the agent's leg first. A leg that ends without
  a telling cause therefore waits `EXPLAIN_S` for the caller's hang-up before the next seat rings.
- With a second phone beside it (queueing.second_ring) a ring that is over leaves the call to that one.
"""

from __future__ import annotations

from core.commands import RingSeat
from core.events import PopUnseen, RingBegan, SeatReserved
from core.ids import CommandId
from core.inputs import ShowPop
from core.states import CallState, RingOutcome
from core.traces import Trace
from queueing import agents, answer_by, calls, pops, ring_ends, seats, second_ring, trace
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Ring

NO_COMMAND = CommandId("")
EXPLAIN_S = 0.25


def reserve(
    floor: Floor, draft: Draft, call: CallRecord, agent: AgentRecord, considered: int, why: Trace | None = None
) -> None:
    """Take this idle agent for this waiting call; order the ring, now or when the desktop shows the call."""
    assert agent.seat is not None and call.queue is not None
    if floor.witness is not None:
        floor.witness(call, agent, why is None or why.strategy == trace.NAMED)
    seat, offer = floor.state.seats[agent.seat], ring_ends.next_offer(call)
    call.offers += 1
    waits = pops.comes_first(floor, call, why)
    call.ring = Ring(offer, NO_COMMAND, seat.id, agent.id, draft.now_s, awaits_desktop=waits)
    calls.move(draft, call, "reserved")
    floor.line.discard(call.id)
    agent.call = seat.call = call.id
    agent.offered_boot_s = draft.now_s
    pops.offered(draft, agent, offer)
    idle_s = draft.now_s - agent.idle_since_boot_s
    record = floor.is_recorded(call.id, call.queue, agent.id)
    draft.tell(SeatReserved(call.id, offer, seat.id, agent.id, call.queue, considered, idle_s, why, record))
    agents.change(floor, draft, agent, "reserved", state="reserve")
    if waits:
        floor.due(call, draft.now_s + floor.desk.pop_within_s)
    else:
        order(floor, draft, call)


def order(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Let the reserved seat ring."""
    ring, command = call.ring, draft.next_id()
    assert ring is not None
    beside = answer_by.is_too_slow(floor, draft, call, floor.state.agents[ring.agent])
    call.beside = "asked" if beside else ""
    ring.command, ring.awaits_desktop = command, False
    call.commands.append(command)
    floor.state.ring_commands[command] = call.id
    floor.due(call, draft.now_s + seats.RING_WITHIN_S)
    record = floor.is_recorded(call.id, call.queue, ring.agent)
    dial_s = (
        floor.cadence.budget_s * (2 if beside else 1) + seats.SPARE_DIAL_S
    )  # the second may begin as the first ends
    until = draft.now_s + seats.RING_WITHIN_S
    draft.order(RingSeat(command, until, call.node, call.id, ring.offer, ring.seat, dial_s, record, beside))


def desktop_shows(floor: Floor, draft: Draft, wish: ShowPop) -> None:
    """The ring that waits for this pop, if there is one, begins."""
    agent = floor.state.agents[wish.agent]
    call = floor.state.calls.get(agent.call) if agent.call else None
    if call is not None and call.ring is not None and call.ring.offer == wish.pop and call.ring.awaits_desktop:
        order(floor, draft, call)


def began(floor: Floor, draft: Draft, call: CallRecord, since_boot_s: float) -> None:
    """The first 180: the ring clock starts."""
    ring = call.ring
    assert ring is not None
    if call.state is CallState.RESERVED:
        calls.move(draft, call, "rang")
    ring.rang_boot_s, ring.awaits_desktop = since_boot_s, False
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
    ring_ends.tell_ended(floor, draft, call, ring, RingOutcome.ANSWERED)
    floor.state.agents[ring.agent].misses = 0
    floor.state.seats[ring.seat].failures = 0
    call.ring, call.due_boot_s, call.failures = None, None, 0
    second_ring.end_half(floor, draft, call)
    return ring


def over(floor: Floor, draft: Draft, call: CallRecord, outcome: RingOutcome, *, withdraw: bool = False) -> Ring:
    """The ring, and one beside it, ends without an answer: the call waits at its old place, not yet in line."""
    ring = call.ring
    assert ring is not None
    second_ring.over(floor, draft, call, outcome, withdraw=withdraw)
    if withdraw and not ring.awaits_desktop:
        ring_ends.withdraw_offer(draft, call, ring.offer, ring.seat)
    ring_ends.tell_ended(floor, draft, call, ring, outcome)
    call.ring = call.due_boot_s = None
    calls.move(draft, call, "ring_over")
    ring_ends.free(floor, draft, ring, outcome)
    second_ring.end_half(floor, draft, call)
    return ring


def _ended(
    floor: Floor, draft: Draft, call: CallRecord, outcome: RingOutcome, *, withdraw: bool, excludes: bool = True
) -> Ring:
    """This ring alone ends; with nobody beside it the caller is back in line.

    `excludes`: this agent serves others before this caller again (queueing.routing).
    """
    ring = call.ring
    assert ring is not None
    if excludes:
        call.excluded.append(ring.agent)
    if call.id not in floor.state.seconds:
        over(floor, draft, call, outcome, withdraw=withdraw)
        floor.enlist(call)
        return ring
    if withdraw and not ring.awaits_desktop:
        ring_ends.withdraw_offer(draft, call, ring.offer, ring.seat)
    ring_ends.tell_ended(floor, draft, call, ring, outcome)
    second_ring.rings_on(floor, draft, call)
    if call.ring is not None and call.ring.rang_boot_s is not None and call.state is CallState.RESERVED:
        calls.move(draft, call, "rang")
    ring_ends.free(floor, draft, ring, outcome)
    return ring


def failed(floor: Floor, draft: Draft, call: CallRecord, *, withdraw: bool = False) -> None:
    """The phone could not be rung, or was lost while ringing: the seat rests, the caller is back in line."""
    ring = _ended(floor, draft, call, RingOutcome.FAILED, withdraw=withdraw)
    seats.rest(floor, draft, floor.state.seats[ring.seat])


def phone_left(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """It has unregistered: the same, but whoever comes back first is rung for whoever is first in line."""
    ring = _ended(floor, draft, call, RingOutcome.FAILED, withdraw=True, excludes=False)
    seats.rest(floor, draft, floor.state.seats[ring.seat])


def unseen(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """No desktop shows it: the phone stays silent, the seat rests, the caller is back in line."""
    ring = _ended(floor, draft, call, RingOutcome.WITHDRAWN, withdraw=False)
    draft.tell(PopUnseen(call.id, ring.offer, ring.seat, ring.agent))
    seats.rest(floor, draft, floor.state.seats[ring.seat])


def not_answered(floor: Floor, draft: Draft, call: CallRecord, outcome: RingOutcome, *, withdraw: bool) -> None:
    """Missed or rejected: the caller is back in line at the old place."""
    _ended(floor, draft, call, outcome, withdraw=withdraw)


def gone_unseen(floor: Floor, draft: Draft, call: CallRecord) -> bool:
    """Its leg is gone, and nobody saw it end. False: nobody is rung beside it, nothing was changed."""
    if call.id not in floor.state.seconds:
        return False
    _ended(floor, draft, call, RingOutcome.WITHDRAWN, withdraw=False)
    return True


def is_on(call: CallRecord) -> bool:
    return call.state in (CallState.RESERVED, CallState.RINGING)
