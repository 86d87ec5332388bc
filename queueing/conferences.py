"""Three in one talk: the caller, the agent, and the colleague who was consulted.

- Asked for in a consult that was answered; the PBX says who of the two is with the caller, one after the other.
- The colleague hangs up: the agent has the caller alone. The agent does: the colleague has the caller, as after a
  consulted transfer. The caller does: both legs end.
- Resume sends the colleague away, Complete lets the agent go. A hold or another transfer has to wait for that.
"""

from __future__ import annotations

from core.commands import JoinThree
from core.errors import Refused
from core.events import CallTransferred, ConferenceBegan, TalkBegan
from core.ids import CallId, RequestId, SeatId
from core.states import CallState
from queueing import agents, calls, consults, holds, moves, talks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Consulting, Talk


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> None:
    """Order that all three are brought together. Raises Refused."""
    call = moves.call_of(floor, agent)
    consult = floor.state.consults.get(call.id)
    if consults.far_of(floor, call.id) is not None:
        raise Refused(
            "Three in one talk are the caller and two of ours. Complete the transfer, or go back to the caller."
        )
    if consult is None or consult.answered_boot_s is None:
        raise Refused(f"{agent.id} speaks with no colleague. Consult one first.")
    if consult.confers:
        raise Refused("All three are together already.")
    assert call.talk is not None
    command = call.talk.command = draft.next_id()
    call.commands.append(command)
    floor.state.ring_commands[command] = call.id
    moves.begin(floor, draft, call, request, "confer", command)
    until = draft.now_s + moves.ANSWER_WITHIN_S
    draft.order(JoinThree(command, until, call.node, call.id, call.talk.seat, consult.seat))
    consult.confers = True


def is_on(floor: Floor, call: CallRecord) -> bool:
    """Do all three speak, or are they about to?"""
    consult = floor.state.consults.get(call.id)
    return consult is not None and consult.confers


def ask_hold(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> bool:
    """As holds.ask. Raises Refused: with three in it, a talk is not parted."""
    call = moves.call_of(floor, agent)
    if call.state is CallState.TALKING and is_on(floor, call):
        raise Refused("Three are in this talk. Send the colleague away (resume), or leave it to them (complete).")
    return holds.ask(floor, draft, agent, request)


def joined(floor: Floor, draft: Draft, call: CallRecord, consult: Consulting, seat: SeatId) -> None:
    """One of the two is with the caller now; said twice, it changes nothing."""
    assert call.talk is not None
    if seat == call.talk.seat and call.state is CallState.HELD:
        holds.with_caller(floor, draft, call)
    elif seat == consult.seat and not consult.joined:
        _colleague_joined(floor, draft, consult)
    else:
        return
    if consult.joined and call.state is CallState.TALKING:
        who = (call.id, consult.offer, call.talk.seat, call.talk.agent, consult.seat, consult.agent)
        draft.tell(ConferenceBegan(*who))
        moves.grant(floor, draft, call.id, "confer")


def _colleague_joined(floor: Floor, draft: Draft, consult: Consulting) -> None:
    consult.joined = True
    floor.state.calls[consult.id].changed_boot_s = draft.now_s
    agents.change(floor, draft, floor.state.agents[consult.agent], "conference", state="resume")


def not_joined(floor: Floor, call: CallId) -> None:
    """The PBX could not do it: the consult goes on as it was."""
    consult = floor.state.consults.get(call)
    if consult is not None and not consult.joined:
        consult.confers = False


def agent_left(floor: Floor, draft: Draft, call: CallRecord, consult: Consulting) -> None:
    """The agent has hung up in the midst of it: the colleague, who is with the caller, has the call."""
    talk = call.talk
    assert talk is not None and call.queue is not None
    told = (call.id, call.queue, call.hotline, talk.seat, talk.agent, "conference", consult.agent, "")
    draft.tell(CallTransferred(*told))
    if not consult.joined:
        _colleague_joined(floor, draft, consult)
    consults.close(floor, draft, consult, "completed")
    talks.end(floor, draft, call, "transfer")
    if call.state is CallState.HELD:
        calls.move(draft, call, "resumed")
    call.talk = Talk(consult.offer, talk.command, consult.seat, consult.agent, draft.now_s, joined=True)
    draft.tell(TalkBegan(call.id, call.queue, call.hotline, consult.seat, consult.agent, "conference"))
    moves.grant(floor, draft, call.id, "complete", "confer")


def leads_on(call: CallRecord, consult: Consulting) -> bool:
    """Has the colleague the caller, should the agent go now?"""
    return consult.joined or (consult.confers and call.state is CallState.TALKING)


def ask_back(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> bool:
    """The agent wants to be alone with the caller. False: the colleague was sent away, and that is all.

    Raises Refused.
    """
    call = moves.call_of(floor, agent)
    if call.state is CallState.TALKING and is_on(floor, call):
        consults.over(floor, draft, call, "cancelled", withdraw=True)
        return False
    holds.ask_back(floor, draft, agent, request)
    return True
