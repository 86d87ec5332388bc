"""An agent hangs up from the desktop: their own leg is ended, as if the receiver had been put down.

Somebody whom we called is told so first, if the agent is lost to them (queueing.outbound_lost).
Not while the caller is on hold, whom nobody would have then, unless the agent is lost to them: then it is as if that
phone had hung up on the hold (queueing.transfers). With three in the talk the other two go on. A colleague who was
consulted goes, and whoever asked is alone with the caller again.
A page that was loaded anew asks for its talk again. Where it cannot be rung for it, because somebody else is in that
talk, its dead leg is ended in the same way.
"""

from __future__ import annotations

from core.commands import WithdrawRing
from core.errors import Refused
from core.ids import OfferId, RequestId, SeatId
from core.states import CallState, OutboundState
from queueing import conferences, consults, moves, outbound, outbound_lost
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, OutboundRecord

KIND = "hang_up"


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId, kind: str = KIND) -> None:
    """Order the end of the agent's leg; answered when it is gone. `kind` moves.AGAIN: the phone is lost to the talk.

    Raises Refused.
    """
    is_lost = kind == moves.AGAIN
    made = floor.state.outbound.get(agent.call) if agent.call else None
    if made is not None:
        _of_ours(floor, draft, made, request, kind, is_lost=is_lost or made.is_lost)
        return
    if (consult := consults.of_colleague(floor, agent)) is not None:
        call = floor.state.calls[consult.id]
        moves.check(floor, call)
        _end_leg(floor, draft, call, request, kind, consult.offer, consult.seat)
        return
    call = moves.call_of(floor, agent)
    assert call.talk is not None
    speaks = call.state is CallState.TALKING and (call.id not in floor.state.consults or conferences.is_on(floor, call))
    if not (speaks or is_lost or call.talk.is_lost):
        raise Refused("The caller is on hold. Go back to the caller first, or give the call to somebody.")
    _end_leg(floor, draft, call, request, kind, call.talk.offer, call.talk.seat)


def cannot_come_back(floor: Floor, agent: AgentRecord) -> bool:
    """Is the line of this agent's talk lost with its page: of a call of ours, or with a colleague or far end in it?"""
    return outbound_lost.call_of(floor, agent) is not None or (
        agent.call is not None and consults.is_on(floor, agent.call)
    )


def _end_leg(
    floor: Floor, draft: Draft, call: CallRecord, request: RequestId, kind: str, offer: OfferId, seat: SeatId
) -> None:
    command, until = draft.next_id(), draft.now_s + moves.ANSWER_WITHIN_S
    moves.begin(floor, draft, call, request, kind, command)
    draft.order(WithdrawRing(command, until, call.node, call.id, offer, seat))


def _of_ours(floor: Floor, draft: Draft, made: OutboundRecord, request: RequestId, kind: str, *, is_lost: bool) -> None:
    """End a call that we make, for a request of this kind. Raises Refused."""
    moves.check(floor, made)
    if is_lost and made.state is OutboundState.TALKING:
        moves.begin(floor, draft, made, request, kind, outbound_lost.excuse(floor, draft, made))
    else:
        moves.begin(floor, draft, made, request, kind, draft.next_id())
        outbound.hang_up_agent(draft, made)
