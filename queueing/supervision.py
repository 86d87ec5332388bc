"""What leaders and supervisors do with calls that are not theirs: take one over, move it, change its priority.

A call that still waits loses the ring it may have; one in a talk is fetched out of it, and its agent is free.
"""

from __future__ import annotations

from core.commands import RememberPlace
from core.errors import Refused
from core.events import PriorityChanged
from core.ids import AgentId, CallId, RequestId
from core.inputs import MoveCall, SetPriority, TakeOver
from core.states import CallState, RingOutcome
from queueing import calls, consults, listening, moves, rings, taking, talks, transfers
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Errand

_IN_LINE = (CallState.WAITING, CallState.RESERVED, CallState.RINGING)


def take_over(floor: Floor, draft: Draft, agent: AgentRecord, asked: RequestId, wish: TakeOver) -> bool:
    """Ring this agent for the call. True: the PBX has to fetch it first. Raises Refused.

    One whose phone listens to this talk already has it on that line.
    """
    call = _call(floor, wish.call)
    if call.talk is not None and (record := taking.is_heard_by(floor, agent, call.id)):
        taking.begin(floor, draft, record, asked)
        return True
    _hang_up_listener(floor, draft, agent, call)
    if not floor.available(agent):
        raise Refused(f"{agent.id} is not free now. End your own call, your break or your wrap-up first.")
    assert call.queue is not None
    sender = call.talk.agent if call.talk is not None else AgentId("")
    receivers = [agent.id, sender] if sender else [agent.id]
    errand = Errand("taken_over", sender, receivers, call.queue, sender != "", agent.id, "")
    return _send(floor, draft, call, asked, errand)


def _hang_up_listener(floor: Floor, draft: Draft, agent: AgentRecord, call: CallRecord) -> None:
    """Whoever listens by phone and takes a call that waits again has the line free for it."""
    for record in tuple(floor.state.listenings.values()):
        if record.call == call.id and record.seat is not None and record.seat == agent.seat:
            listening.end(floor, draft, record, "taken_over")


def move(floor: Floor, draft: Draft, asked: RequestId, wish: MoveCall) -> bool:
    """Let the call wait elsewhere. True: the PBX has to fetch it first. Raises Refused."""
    call = _call(floor, wish.call)
    if wish.queue not in floor.queues:
        raise Refused(f"There is no queue {wish.queue}. Choose another.")
    if call.state in _IN_LINE and call.queue == wish.queue:
        raise Refused(f"The call waits in {wish.queue} already.")
    sender = call.talk.agent if call.talk is not None else AgentId("")
    return _send(floor, draft, call, asked, Errand("moved", sender, [], wish.queue, False, wish.queue, ""))


def set_priority(floor: Floor, draft: Draft, wish: SetPriority) -> None:
    """The call's place changes at once. Raises Refused."""
    call = _call(floor, wish.call)
    if call.state not in _IN_LINE or call.queue is None:
        raise Refused("The call waits no more.")
    if not 0 <= wish.priority <= calls.FRONT_PRIORITY:
        raise Refused(f"A priority is a number from 0 to {calls.FRONT_PRIORITY}.")
    call.priority = wish.priority
    draft.tell(PriorityChanged(call.id, call.queue, call.priority))
    place = (call.node, call.id, call.queue, call.came_boot_s, call.priority, call.language)
    draft.order(RememberPlace(draft.next_id(), draft.now_s + calls.LET_GO_WITHIN_S, *place))
    floor.line.discard(call.id)
    floor.enlist(call)


def _call(floor: Floor, name: CallId) -> CallRecord:
    """A call that can be moved now. Raises Refused."""
    call = floor.state.calls.get(name)
    if call is None:
        raise Refused("There is no such call any more.")
    if call.state not in (*_IN_LINE, CallState.TALKING, CallState.HELD) or call.queue is None:
        raise Refused("The call cannot be moved now: it is in the menu, ending, or with the PBX alone.")
    if consults.is_on(floor, call.id):
        raise Refused("Two people are speaking about this call. Wait until they have decided.")
    moves.check(floor, call)
    return call


def _send(floor: Floor, draft: Draft, call: CallRecord, asked: RequestId, errand: Errand) -> bool:
    if call.talk is not None:
        talks.hang_up_leg(draft, call)
        transfers.send(floor, draft, call, asked, errand)
        return True
    if rings.is_on(call):
        rings.over(floor, draft, call, RingOutcome.WITHDRAWN, withdraw=True)
    floor.line.discard(call.id)
    call.errand = errand
    floor.enlist(call)
    return False
