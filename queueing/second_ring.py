"""A second phone beside the one that rings, when the caller would wait too long for the first (queueing.answer_by).

- A Dial that runs takes no more legs, so it is begun with a half that waits for us (`RingSeat.beside`, BesideHeld).
- Whoever is idle then, and needed by no caller in line and no promise, is rung too. The first phone rings on untouched.
- The first to answer has the call. The other one's ring ends as "elsewhere", which is nobody's miss.
- The first misses: the second rings on, as the call's only ring. The second misses: another one may be rung.
- Two phones picked up within moments: the PBX bridges one of them, and ends the leg of the other.
"""

from __future__ import annotations

from collections.abc import Set

from core.commands import EndBeside, RingBeside
from core.events import RingBegan, SeatReserved
from core.ids import CallId, OfferId
from core.inputs import BesideHeld
from core.states import CallState, RingOutcome
from queueing import agents, pops, relaxing, ring_ends, seats, trace
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.line import Need
from queueing.state import AgentRecord, CallRecord, Ring, SecondRing

END_WITHIN_S = 10.0
_RINGS = (CallState.RESERVED, CallState.RINGING)


# --- beginning -------------------------------------------------------------------------------
def held(floor: Floor, draft: Draft, fact: BesideHeld) -> None:
    """The half that waits is ours; one of a ring that is over is let go."""
    call = floor.state.calls.get(fact.call)
    if call is not None and call.ring is not None and call.ring.offer == fact.offer and call.beside:
        call.beside = "held"
        floor.besides[call.id] = None
    else:
        _end_half(draft, fact.call, fact)


def settle(floor: Floor, draft: Draft) -> None:
    """Ring a second seat wherever one may be, with whom callers and promises have left."""
    for name in tuple(floor.besides):
        call = floor.state.calls[name]
        if name not in floor.state.seconds and floor.node(call.node).up and not floor.state.drain.on:
            _look_for_second(floor, draft, call)


def _look_for_second(floor: Floor, draft: Draft, call: CallRecord) -> None:
    need = relaxing.need_of(call, floor.queues.get(call.queue) if call.queue else None)
    agent = floor.idle.first(need, call.excluded)
    if agent is not None:
        _begin(floor, draft, call, need, floor.state.agents[agent])


def _begin(floor: Floor, draft: Draft, call: CallRecord, need: Need, agent: AgentRecord) -> None:
    assert agent.seat is not None and call.queue is not None
    why, considered = trace.traced(floor, draft.now_s, call, need, agent.id, forgiving=False), floor.idle.count(need)
    if floor.witness is not None:
        floor.witness(call, agent, False)
    seat, command, offer = floor.state.seats[agent.seat], draft.next_id(), ring_ends.next_offer(call)
    call.offers += 1
    second = SecondRing(call.id, offer, command, seat.id, agent.id, draft.now_s)
    floor.state.seconds[call.id] = second
    call.commands.append(command)
    floor.state.ring_commands[command] = call.id
    floor.due(second, draft.now_s + seats.RING_WITHIN_S)
    agent.call = seat.call = call.id
    agent.offered_boot_s = draft.now_s
    pops.offered(draft, agent, offer)
    idle_s = draft.now_s - agent.idle_since_boot_s
    record = floor.is_recorded(call.id, call.queue, agent.id)
    draft.tell(SeatReserved(call.id, offer, seat.id, agent.id, call.queue, considered, idle_s, why, record))
    agents.change(floor, draft, agent, "reserved", state="reserve")
    dial_s = floor.cadence.budget_s + seats.SPARE_DIAL_S
    draft.order(
        RingBeside(command, draft.now_s + seats.RING_WITHIN_S, call.node, call.id, offer, seat.id, dial_s, record)
    )


# --- what happens on its leg -------------------------------------------------------------------
def of(floor: Floor, call: CallId, offer: OfferId) -> SecondRing | None:
    """The second ring under this offer, if it is on."""
    second = floor.state.seconds.get(call)
    return second if second is not None and second.offer == offer else None


def rang(floor: Floor, draft: Draft, second: SecondRing) -> None:
    if second.rang_boot_s is None:
        second.rang_boot_s = draft.now_s
        floor.state.seats[second.seat].failures = 0
        floor.due(second, draft.now_s + floor.cadence.budget_s)
        draft.tell(RingBegan(second.id, second.offer, second.seat, second.agent))
        agents.change(floor, draft, floor.state.agents[second.agent], "rang", state="rang")


def takes_over(floor: Floor, draft: Draft, call: CallRecord, second: SecondRing) -> OfferId:
    """The second phone was answered: it is the call's ring from now on. The PBX ends the other leg; its offer."""
    first = call.ring
    assert first is not None
    ring_ends.tell_ended(floor, draft, call, first, RingOutcome.ELSEWHERE)
    del floor.state.seconds[call.id]
    call.ring = _as_ring(second, first)
    ring_ends.free(floor, draft, first, RingOutcome.ELSEWHERE)
    return first.offer


def lost(floor: Floor, draft: Draft, call: CallRecord) -> OfferId | None:
    """The first phone was answered, the PBX ends the second one's leg; its offer, if there was one."""
    second = over(floor, draft, call, RingOutcome.ELSEWHERE)
    return second.offer if second else None


def rings_on(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The first ring is over without an answer, the second is the call's only one."""
    second, first = floor.state.seconds.pop(call.id), call.ring
    assert first is not None
    call.ring = _as_ring(second, first)
    assert second.due_boot_s is not None
    floor.due(call, second.due_boot_s)


def _as_ring(second: SecondRing, first: Ring) -> Ring:
    """The caller's line still carries out the first ring's order."""
    return Ring(second.offer, first.command, second.seat, second.agent, second.reserved_boot_s, second.rang_boot_s)


def over(
    floor: Floor, draft: Draft, call: CallRecord, outcome: RingOutcome, *, withdraw: bool = False
) -> SecondRing | None:
    """The second ring ends without an answer, if there is one; the first rings on."""
    second = floor.state.seconds.pop(call.id, None)
    if second is None:
        return None
    if withdraw:
        ring_ends.withdraw_offer(draft, call, second.offer, second.seat)
    ring_ends.tell_ended(floor, draft, call, second, outcome)
    ring_ends.free(floor, draft, second, outcome)
    call.excluded.append(second.agent)
    return second


def failed(floor: Floor, draft: Draft, call: CallRecord, *, withdraw: bool = False) -> None:
    """Its phone could not be rung: the seat rests."""
    second = over(floor, draft, call, RingOutcome.FAILED, withdraw=withdraw)
    assert second is not None
    seats.rest(floor, draft, floor.state.seats[second.seat])


def overdue(floor: Floor, draft: Draft, second: SecondRing) -> None:
    """Three rings, or no 180 at all."""
    call, second.due_boot_s = floor.state.calls[second.id], None
    if not floor.node(call.node).up:
        return
    if second.rang_boot_s is None:
        failed(floor, draft, call, withdraw=True)
    else:
        over(floor, draft, call, RingOutcome.MISSED, withdraw=True)


def end_half(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The whole ring is over, or answered: nobody will be rung beside it."""
    if call.beside:
        call.beside = ""
        floor.besides.pop(call.id, None)
        draft.order(EndBeside(draft.next_id(), draft.now_s + END_WITHIN_S, call.node, call.id))


def _end_half(draft: Draft, call: CallId, fact: BesideHeld) -> None:
    draft.order(EndBeside(draft.next_id(), draft.now_s + END_WITHIN_S, fact.node, call))


def seen(floor: Floor, draft: Draft, call: CallRecord, found: Set[OfferId]) -> None:
    """The PBX tells which legs there are, or are about to be: a second ring whose leg is gone has ended unseen."""
    second = floor.state.seconds.get(call.id)
    if second is None:
        return
    if second.offer not in found:
        over(floor, draft, call, RingOutcome.WITHDRAWN)
    elif second.due_boot_s is None:
        floor.due(second, draft.now_s)  # its deadline passed while the PBX was out of sight
