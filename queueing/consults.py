"""Consults: an agent asks a colleague while the caller hears music.

- The colleague is reserved in the step in which they are asked for, and rung from the agent's own leg.
- The ring has the country's budget, like every other. A consult that is not answered leaves the agent with the hold.
- Whoever speaks in a consult is in this call and in no other.
- Somebody outside may be asked instead (queueing.outside_consults): here is how that ends, which is the same.
"""

from __future__ import annotations

from core.commands import ConsultSeat
from core.errors import Refused
from core.events import ConsultAnswered, ConsultBegan, ConsultEnded, OutsideAnswered
from core.ids import AgentId, CallId, OfferId, QueueId, RequestId
from core.inputs import Consult
from core.states import CallState, OutboundOutcome
from queueing import agents, moves, outside_ends, pops, ring_ends, seats
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Consulting, OutsideRecord

UNREACHED = "The colleague could not be reached."
_OUTCOMES = {outcome.value: outcome for outcome in OutboundOutcome}
FAR_GONE = "They could not be reached, or have hung up. The caller is still on hold."


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId, wish: Consult) -> None:
    """Reserve the colleague and order the ring. Raises Refused."""
    call = moves.call_of(floor, agent)
    check_nobody_asked(floor, call)
    colleague = _colleague(floor, agent, wish)
    assert colleague.seat is not None and call.talk is not None
    seat, command = floor.state.seats[colleague.seat], draft.next_id()
    call.offers += 1
    offer = OfferId(f"{call.id}/{call.offers}")
    consult = floor.state.consults[call.id] = Consulting(call.id, offer, command, seat.id, colleague.id)
    colleague.call = seat.call = call.id
    pops.offered(draft, colleague, offer)
    call.changed_boot_s = draft.now_s
    floor.due(consult, draft.now_s + seats.RING_WITHIN_S)
    record = floor.is_recorded(call.id, call.queue, colleague.id)
    told = (call.id, offer, call.talk.seat, call.talk.agent, seat.id, colleague.id, wish.note, record)
    draft.tell(ConsultBegan(*told))
    agents.change(floor, draft, colleague, "reserved", state="reserve")
    if call.state is CallState.HELD:
        agents.change(floor, draft, agent, "consult", state="consult")
    moves.begin(floor, draft, call, request, "consult", command)
    parts = call.state is CallState.TALKING
    until, dial_s = draft.now_s + seats.RING_WITHIN_S, floor.cadence.budget_s + seats.SPARE_DIAL_S
    draft.order(ConsultSeat(command, until, call.node, call.id, call.talk.seat, offer, seat.id, dial_s, parts, record))


def check_nobody_asked(floor: Floor, call: CallRecord) -> None:
    """Raises Refused."""
    if is_on(floor, call.id):
        raise Refused("Somebody is being consulted already. Go back to the caller first.")


def is_on(floor: Floor, call: CallId) -> bool:
    """Is a colleague, or somebody outside, being asked about this call?"""
    return asked_of(floor, call) is not None


def asked_of(floor: Floor, call: CallId) -> Consulting | OutsideRecord | None:
    """Who is being asked about this call."""
    return floor.state.consults.get(call) or far_of(floor, call)


def far_of(floor: Floor, call: CallId) -> OutsideRecord | None:
    """Whom outside the agent of this call consults."""
    record = floor.state.outside.get(call)
    return record if record is not None and record.asker is not None else None


def _colleague(floor: Floor, agent: AgentRecord, wish: Consult) -> AgentRecord:
    if wish.to_queue is not None:
        return _next_of(floor, agent, wish.to_queue)
    return receiver(floor, agent, wish.to_agent)


def receiver(floor: Floor, agent: AgentRecord, name: AgentId | None) -> AgentRecord:
    """The agent named, who is another one and free now. Raises Refused."""
    found = agents.known(floor, name)
    if found.id == agent.id:
        raise Refused(f"{agent.id} cannot be their own colleague. Choose another.")
    if not floor.available(found):
        raise Refused(f"{found.id} is not free now. Choose another, or a queue.")
    return found


def _next_of(floor: Floor, agent: AgentRecord, queue: QueueId) -> AgentRecord:
    if queue not in floor.queues:
        raise Refused(f"There is no queue {queue}. Choose another.")
    able = [other for other in floor.state.agents.values() if queue in floor.queues_of(other.id)]
    free = [other for other in able if other.id != agent.id and floor.available(other)]
    if not free:
        raise Refused(f"Nobody who serves {queue} is free now. Try again, or transfer the caller to the queue.")
    return min(free, key=lambda other: (other.idle_since_boot_s, other.id))


def of(floor: Floor, call: CallId, offer: OfferId) -> Consulting | None:
    """The consult under this offer, if it is on."""
    consult = floor.state.consults.get(call)
    return consult if consult is not None and consult.offer == offer else None


def of_colleague(floor: Floor, agent: AgentRecord) -> Consulting | None:
    """The consult in which this agent was asked, and speaks."""
    consult = floor.state.consults.get(agent.call) if agent.call else None
    return consult if consult and consult.agent == agent.id and consult.answered_boot_s is not None else None


def rang(floor: Floor, draft: Draft, consult: Consulting) -> None:
    """The colleague's phone rings: the ring clock starts, and whoever asked is told."""
    if consult.rang_boot_s is None and consult.answered_boot_s is None:
        consult.rang_boot_s = draft.now_s
        floor.due(consult, draft.now_s + floor.cadence.budget_s)
        agents.change(floor, draft, floor.state.agents[consult.agent], "rang", state="rang")
        moves.grant(floor, draft, consult.id, "consult")


def answered(floor: Floor, draft: Draft, consult: Consulting) -> None:
    """The two agents speak."""
    if consult.answered_boot_s is None:
        consult.answered_boot_s, consult.due_boot_s = draft.now_s, None
        colleague = floor.state.agents[consult.agent]
        colleague.misses = 0
        draft.tell(ConsultAnswered(consult.id, consult.offer, consult.seat, consult.agent))
        agents.change(floor, draft, colleague, "consult", state="consult")
        moves.grant(floor, draft, consult.id, "consult")


def overdue(floor: Floor, draft: Draft, consult: Consulting) -> None:
    """Three rings, or no 180 at all."""
    over(floor, draft, floor.state.calls[consult.id], "not_answered", withdraw=True)


def withdraw(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Order the end of the colleague's leg; the consult is over when the PBX says so. One outside is over at once."""
    if far_of(floor, call.id) is not None:
        over(floor, draft, call, "cancelled", withdraw=True)
    elif consult := floor.state.consults.get(call.id):
        ring_ends.withdraw_offer(draft, call, consult.offer, consult.seat)


def over(floor: Floor, draft: Draft, call: CallRecord, how: str, *, withdraw: bool = False) -> None:
    """The colleague is free again, the agent alone with the hold. Nothing, when there is no consult.

    `how` is that of ConsultEnded; with somebody outside, an OutboundOutcome, or as before for what ends it here.
    """
    consult = floor.state.consults.get(call.id)
    if consult is None:
        if (far := far_of(floor, call.id)) is not None:
            _far_over(floor, draft, call, far, how, withdraw=withdraw)
        return
    if withdraw:
        ring_ends.withdraw_offer(draft, call, consult.offer, consult.seat)
    missed = how == "not_answered" and consult.rang_boot_s is not None
    close(floor, draft, consult, how)
    colleague = floor.state.agents[consult.agent]
    if missed:
        agents.missed(draft, colleague)
    floor.state.seats[consult.seat].call = None
    agents.release(floor, draft, colleague, f"consult_{how}")
    _alone_again(floor, draft, call, how, UNREACHED)


def _alone_again(floor: Floor, draft: Draft, call: CallRecord, how: str, refusal: str) -> None:
    talk = call.talk
    if talk is not None and talk.agent and call.state is CallState.HELD:
        agents.change(floor, draft, floor.state.agents[talk.agent], f"consult_{how}", state="hold")
    move = floor.state.moves.get(call.id)
    if move is not None and move.kind in ("consult", "complete", "confer"):
        moves.refuse(floor, draft, call.id, refusal)


def close(floor: Floor, draft: Draft, consult: Consulting, how: str) -> None:
    """Strike it off and say how it ended; the colleague's part is the caller's business."""
    del floor.state.consults[consult.id]
    spoke_s = 0.0 if consult.answered_boot_s is None else draft.now_s - consult.answered_boot_s
    draft.tell(ConsultEnded(consult.id, consult.offer, consult.seat, consult.agent, how, spoke_s))


def leg_ended(floor: Floor, draft: Draft, call: CallRecord, consult: Consulting, cause: int) -> None:
    """The colleague's leg is gone."""
    move = floor.state.moves.get(call.id)
    if move is not None and move.kind == "resume":
        how = "cancelled"
    elif consult.answered_boot_s is not None:
        how = "colleague_left"
    else:
        how = "not_answered"
    over(floor, draft, call, how)
    moves.grant(floor, draft, call.id, "hang_up")
    moves.refuse(floor, draft, call.id, moves.WITHOUT_YOU, moves.AGAIN)
    if cause in seats.UNREACHABLE_CAUSES and how == "not_answered":
        seats.set_reachable(floor, draft, floor.state.seats[consult.seat], False)


# --- somebody outside -------------------------------------------------------------------------
def far_answered(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    """The agent speaks with somebody outside; heard of once."""
    call = floor.state.calls[record.id]
    assert call.talk is not None and call.queue is not None
    record.answered_boot_s, record.due_boot_s, call.changed_boot_s = draft.now_s, None, draft.now_s
    told = (call.id, call.queue, call.hotline, record.number, record.trunk, call.talk.agent)
    draft.tell(OutsideAnswered(*told))


def _far_over(floor: Floor, draft: Draft, call: CallRecord, record: OutsideRecord, how: str, *, withdraw: bool) -> None:
    if withdraw:
        outside_ends.cancel(draft, record)
    outside_ends.over(floor, draft, call, _far_outcome(record, how))
    _alone_again(floor, draft, call, how, FAR_GONE)


def _far_outcome(record: OutsideRecord, how: str) -> OutboundOutcome:
    if record.answered_boot_s is not None:
        return OutboundOutcome.REACHED
    return _OUTCOMES.get(how, OutboundOutcome.AGENT_LEFT)
