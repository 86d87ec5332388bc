"""Transfers: a call goes from hand to hand, and is somebody's at every moment.

- Blind: the caller is fetched out of the talk and the agent is free. To an agent: that one is rung, then the sender
  again, each for three rings, then the call waits in front of its queue. To a queue: it waits there with the time it
  has waited already.
- Consulted: the agent's leg ends, the colleague keeps the caller, and both are brought together. An agent who just
  hangs up during a consult means the same.
- To oneself: a phone that has lost the talk (a page was loaded anew) is rung for it again, twice; meanwhile the caller
  hears music.
- To a number outside: the caller's line dials it (queueing.outside); with nobody reached the sender is rung again.
  Whoever was consulted there (queueing.outside_consults) keeps the caller as a colleague would.
"""

from __future__ import annotations

from core.commands import FetchCaller
from core.errors import Refused
from core.events import CallTransferred, TalkBegan
from core.ids import AgentId, QueueId, RequestId
from core.inputs import Transfer
from core.states import AgentState, AgentStatus, CallState
from queueing import agents, calls, consults, holds, moves, outside, outside_consults, ring_ends, rings, talks, trace
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Consulting, Errand, OutsideRecord, Talk

ARRIVE_WITHIN_S = 1.0
"""A caller fetched out of a talk is on our line again within milliseconds (AMI Redirect)."""


# --- blind -----------------------------------------------------------------------------------
def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId, wish: Transfer) -> None:
    """The agent gives the caller away without speaking to anybody. Raises Refused."""
    call = moves.call_of(floor, agent)
    consult = floor.state.consults.get(call.id)
    if consult is not None and wish.to_agent == consult.agent:
        complete(floor, draft, agent, request)
        return
    if consults.is_on(floor, call.id):
        raise Refused("Somebody is being consulted. Complete that transfer, or go back to the caller first.")
    errand = _errand(floor, draft, agent, call, wish)
    talks.hang_up_leg(draft, call)
    send(floor, draft, call, request, errand)


def _errand(floor: Floor, draft: Draft, agent: AgentRecord, call: CallRecord, wish: Transfer) -> Errand:
    """Where the call shall go. Raises Refused."""
    assert call.queue is not None
    if wish.to_number:
        number = outside.check(floor, draft, agent, wish.to_number)
        return Errand("blind", agent.id, [agent.id], call.queue, True, number, wish.note, number)
    if wish.to_queue is not None:
        if wish.to_queue not in floor.queues:
            raise Refused(f"There is no queue {wish.to_queue}. Choose another.")
        return Errand("blind", agent.id, [], wish.to_queue, False, wish.to_queue, wish.note)
    if wish.to_agent == agent.id:
        return Errand("again", agent.id, [agent.id, agent.id], call.queue, True, agent.id, wish.note)
    receiver = consults.receiver(floor, agent, wish.to_agent)
    return Errand("blind", agent.id, [receiver.id, agent.id], call.queue, True, receiver.id, wish.note)


def send(floor: Floor, draft: Draft, call: CallRecord, request: RequestId, errand: Errand) -> None:
    """Order the caller out of the talk. What the channel remembers is where it waits if we die meanwhile."""
    command = errand.command = draft.next_id()
    call.errand = errand
    call.commands.append(command)
    floor.state.ring_commands[command] = call.id
    moves.begin(floor, draft, call, request, "transfer", command)
    priority = calls.FRONT_PRIORITY if errand.front else call.priority
    place = (errand.queue, call.came_boot_s, priority, call.language)
    until = draft.now_s + moves.ANSWER_WITHIN_S
    draft.order(FetchCaller(command, until, call.node, call.id, *place))


def sender_left(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The agent's part is over; the caller is on the way to us."""
    talk, errand = call.talk, call.errand
    assert talk is not None and errand is not None and call.queue is not None
    told = (call.id, call.queue, call.hotline, talk.seat, talk.agent, errand.how, errand.to, errand.note)
    draft.tell(CallTransferred(*told))
    talks.end(floor, draft, call, "transfer")
    calls.move(draft, call, "queued")
    call.excluded.clear()
    call.resting = True
    floor.due(call, draft.now_s + ARRIVE_WITHIN_S)
    moves.grant(floor, draft, call.id, "transfer")


def caller_fetched(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The caller is on our line; the agent's leg may not have ended yet."""
    sender_left(floor, draft, call)
    calls.rest_over(floor, call)


def settle(floor: Floor, draft: Draft) -> None:
    """Find the next receiver of every call that an agent gave away; with none left it waits in its queue."""
    while floor.errands:
        name = next(iter(floor.errands))
        del floor.errands[name]
        call = floor.state.calls.get(name)
        if call is not None and call.errand is not None and call.state is CallState.WAITING:  # still, in this decision
            _look_for_receiver(floor, draft, call, call.errand)


def _look_for_receiver(floor: Floor, draft: Draft, call: CallRecord, errand: Errand) -> None:
    number, errand.number = errand.number, ""
    if number and outside.begin(floor, draft, call, number, errand.how):
        return
    while errand.receivers:
        receiver = floor.state.agents.get(errand.receivers.pop(0))
        if receiver is not None and _can_take(floor, draft, errand, receiver):
            rings.reserve(floor, draft, call, receiver, 1, trace.named(draft.now_s, call, receiver))
            return
    call.errand = None
    if call.offered and errand.queue == call.queue:
        floor.enlist(call)  # it has not been answered yet: the place it had
        return
    why = "not_answered" if errand.front else errand.how
    calls.to_queue(floor, draft, call, errand.queue, why, front=errand.front)


def _can_take(floor: Floor, draft: Draft, errand: Errand, agent: AgentRecord) -> bool:
    """A sender who wraps up is called out of it: the case is theirs."""
    wraps_up = agent.state is AgentState.WRAP_UP and agent.status is AgentStatus.READY
    if agent.id == errand.sender and wraps_up and agent.pending_break is None:
        agent.due_boot_s = None
        agents.wrap_up_over(floor, draft, agent, "transfer_returned")
    return floor.available(agent)


# --- consulted -------------------------------------------------------------------------------
def complete(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> None:
    """The colleague shall have the caller. Raises Refused."""
    call = moves.call_of(floor, agent)
    consult = floor.state.consults.get(call.id)
    if (far := consults.far_of(floor, call.id)) is not None:
        outside_consults.complete(floor, draft, call, far, request)
        return
    held_or_three = call.state is CallState.HELD or (consult is not None and consult.confers)
    if consult is None or consult.answered_boot_s is None or not held_or_three:
        raise Refused(f"{agent.id} speaks with no colleague. Consult one first, or transfer the caller without it.")
    talk = call.talk
    assert talk is not None
    moves.begin(floor, draft, call, request, "complete", draft.next_id())
    ring_ends.withdraw_offer(draft, call, talk.offer, talk.seat)


def keeper_left(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The agent of a held caller is gone: whoever was asked about the case has it."""
    consult = floor.state.consults.get(call.id)
    if (far := consults.far_of(floor, call.id)) is not None:
        _far_end_has_it(floor, draft, call, far)
    elif consult is None:
        holds.keeper_left(floor, draft, call)
    elif consult.answered_boot_s is not None:
        hand_over(floor, draft, call, consult)
        command = holds.join(floor, draft, call)
        if move := floor.state.moves.get(call.id):
            move.command = command
    else:
        _ring_colleague(floor, draft, call, consult)


def hand_over(floor: Floor, draft: Draft, call: CallRecord, consult: Consulting) -> None:
    """The colleague keeps the caller now, who still hears music until the PBX has brought them together."""
    _tell_consulted(draft, call, consult.agent)
    consults.close(floor, draft, consult, "completed")
    talks.end(floor, draft, call, "transfer")
    assert call.queue is not None
    call.talk = Talk(consult.offer, None, consult.seat, consult.agent, draft.now_s, held_since_boot_s=draft.now_s)
    draft.tell(TalkBegan(call.id, call.queue, call.hotline, consult.seat, consult.agent, "consulted"))
    agents.change(floor, draft, floor.state.agents[consult.agent], "transfer", state="hold")
    holds.remind_later(floor, draft, call)


def _ring_colleague(floor: Floor, draft: Draft, call: CallRecord, consult: Consulting) -> None:
    assert call.talk is not None and call.queue is not None
    colleague, sender = consult.agent, call.talk.agent
    _send_on(floor, draft, call, Errand("consulted", sender, [colleague], call.queue, True, colleague, ""))


def _far_end_has_it(floor: Floor, draft: Draft, call: CallRecord, far: OutsideRecord) -> None:
    if far.answered_boot_s is not None:
        outside_consults.hand_over(floor, draft, call, far)
        outside_consults.join(floor, draft, far)
        return
    assert call.talk is not None and call.queue is not None
    sender, number = call.talk.agent, far.number
    _send_on(floor, draft, call, Errand("consulted", sender, [sender], call.queue, True, number, far.note, number))


def _send_on(floor: Floor, draft: Draft, call: CallRecord, errand: Errand) -> None:
    """Nobody has answered yet: as if the agent had transferred without consulting."""
    consults.over(floor, draft, call, "withdrawn", withdraw=True)
    call.errand = errand
    sender_left(floor, draft, call)
    calls.rest_over(floor, call)


def _tell_consulted(draft: Draft, call: CallRecord, to: AgentId) -> None:
    talk, queue = call.talk, call.queue if call.queue is not None else QueueId("")
    assert talk is not None
    draft.tell(CallTransferred(call.id, queue, call.hotline, talk.seat, talk.agent, "consulted", to, ""))
