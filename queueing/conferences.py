"""Three in one talk: the caller, the agent, and the colleague, or somebody outside, who was consulted.

- Asked for in a consult that was answered; the PBX says who of the two is with the caller, one after the other.
- The colleague hangs up: the agent has the caller alone. The agent does: the colleague has the caller, as after a
  consulted transfer. The caller does: both legs end.
- Resume sends the colleague away, Complete lets the agent go. A hold or another transfer has to wait for that.
"""

from __future__ import annotations

from core.commands import JoinThree
from core.errors import Refused
from core.events import CallTransferred, ConferenceBegan, TalkBegan
from core.ids import NOBODY, CallId, RequestId, SeatId
from core.states import CallState
from queueing import agents, calls, consults, holds, moves, outside_consults, talks
from queueing.decision import Draft
from queueing.far_end import attempt_of
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Consulting, OutsideRecord, Talk


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> None:
    """Order that all three are brought together. Raises Refused."""
    call = moves.call_of(floor, agent)
    asked = consults.asked_of(floor, call.id)
    if asked is None or asked.answered_boot_s is None:
        raise Refused(f"{agent.id} speaks with nobody about this caller. Consult somebody first.")
    if asked.confers:
        raise Refused("All three are together already.")
    assert call.talk is not None
    command = call.talk.command = draft.next_id()
    call.commands.append(command)
    floor.state.ring_commands[command] = call.id
    moves.begin(floor, draft, call, request, "confer", command)
    until = draft.now_s + moves.ANSWER_WITHIN_S
    third = (None, attempt_of(asked)) if isinstance(asked, OutsideRecord) else (asked.seat,)
    draft.order(JoinThree(command, until, call.node, call.id, call.talk.seat, *third))
    asked.confers = True


def is_on(floor: Floor, call: CallRecord) -> bool:
    """Do all three speak, or are they about to?"""
    asked = consults.asked_of(floor, call.id)
    return asked is not None and asked.confers


def ask_hold(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId, *, is_lost: bool) -> bool:
    """As holds.ask, but with three in it a talk is not parted: the other two speak on, when one is lost to them.

    Raises Refused.
    """
    if is_lost and consults.of_colleague(floor, agent) is not None:
        return False
    call = moves.call_of(floor, agent)
    if call.state is CallState.TALKING and is_on(floor, call):
        assert call.talk is not None
        if is_lost:
            call.talk.is_lost = True
            return False
        raise Refused("Three are in this talk. Send the colleague away (resume), or leave it to them (complete).")
    return holds.ask(floor, draft, agent, request, is_lost=is_lost)


def joined(
    floor: Floor, draft: Draft, call: CallRecord, asked: Consulting | OutsideRecord, seat: SeatId | None
) -> None:
    """One of the two is with the caller now (`seat` None: the far end); said twice, it changes nothing."""
    assert call.talk is not None
    if seat == call.talk.seat and call.state is CallState.HELD:
        holds.with_caller(floor, draft, call)
    elif seat == _third(asked) and not asked.joined:
        _third_joined(floor, draft, asked)
    else:
        return
    if asked.joined and call.state is CallState.TALKING:
        _tell(draft, call, asked)
        moves.grant(floor, draft, call.id, "confer")


def _third(asked: Consulting | OutsideRecord) -> SeatId | None:
    return asked.seat if isinstance(asked, Consulting) else None


def _third_joined(floor: Floor, draft: Draft, asked: Consulting | OutsideRecord) -> None:
    asked.joined = True
    floor.state.calls[asked.id].changed_boot_s = draft.now_s
    if isinstance(asked, Consulting):
        agents.change(floor, draft, floor.state.agents[asked.agent], "conference", state="resume")


def _tell(draft: Draft, call: CallRecord, asked: Consulting | OutsideRecord) -> None:
    assert call.talk is not None
    who = (call.talk.seat, call.talk.agent)
    if isinstance(asked, Consulting):
        draft.tell(ConferenceBegan(call.id, asked.offer, *who, asked.seat, asked.agent))
    else:
        draft.tell(ConferenceBegan(call.id, attempt_of(asked), *who, SeatId(""), NOBODY, asked.number))


def not_joined(floor: Floor, call: CallId) -> None:
    """The PBX could not do it: the consult goes on as it was."""
    asked = consults.asked_of(floor, call)
    if asked is not None and not asked.joined:
        asked.confers = False


def agent_left(floor: Floor, draft: Draft, call: CallRecord, asked: Consulting | OutsideRecord) -> None:
    """The agent has hung up in the midst of it: the third, who is with the caller, has the call."""
    if isinstance(asked, Consulting):
        _colleague_has_it(floor, draft, call, asked)
    else:
        outside_consults.hand_over(floor, draft, call, asked, "conference")
        outside_consults.together(floor, draft, asked)
    moves.grant(floor, draft, call.id, "complete", "confer")


def _colleague_has_it(floor: Floor, draft: Draft, call: CallRecord, consult: Consulting) -> None:
    talk = call.talk
    assert talk is not None and call.queue is not None
    told = (call.id, call.queue, call.hotline, talk.seat, talk.agent, "conference", consult.agent, "")
    draft.tell(CallTransferred(*told))
    if not consult.joined:
        _third_joined(floor, draft, consult)
    consults.close(floor, draft, consult, "completed")
    talks.end(floor, draft, call, "transfer")
    if call.state is CallState.HELD:
        calls.move(draft, call, "resumed")
    call.talk = Talk(consult.offer, talk.command, consult.seat, consult.agent, draft.now_s, joined=True)
    draft.tell(TalkBegan(call.id, call.queue, call.hotline, consult.seat, consult.agent, "conference"))


def leads_on(call: CallRecord, asked: Consulting | OutsideRecord) -> bool:
    """Has the third the caller, should the agent go now?"""
    return asked.joined or (asked.confers and call.state is CallState.TALKING)


def ask_back(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> bool:
    """The agent wants to be alone with the caller. False: the colleague was sent away, and that is all; or the agent
    was lost to a talk that went on, and is there again.

    Raises Refused.
    """
    call = moves.call_of(floor, agent)
    if call.state is CallState.TALKING and call.talk is not None and call.talk.is_lost:
        call.talk.is_lost = False
        return False
    if call.state is CallState.TALKING and is_on(floor, call):
        consults.over(floor, draft, call, "cancelled", withdraw=True)
        return False
    holds.ask_back(floor, draft, agent, request)
    return True
