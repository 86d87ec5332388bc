"""An agent hangs up from the desktop: their own leg is ended, as if the receiver had been put down.

Somebody whom we called is told so first, if the agent is lost to them (queueing.outbound_lost).
Not while the caller is on hold, whom nobody would have then, unless the agent is lost to them: then it is as if that
phone had hung up on the hold (queueing.transfers). With three in the talk the other two go on. A colleague who was
consulted goes, and whoever asked is alone with the caller again.
"""

from __future__ import annotations

from core.commands import WithdrawRing
from core.errors import Refused
from core.ids import OfferId, RequestId, SeatId
from core.states import CallState, OutboundState
from queueing import conferences, moves, outbound, outbound_lost
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, OutboundRecord

KIND = "hang_up"


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> None:
    """Order the end of the agent's leg; answered when it is gone. Raises Refused."""
    made = floor.state.outbound.get(agent.call) if agent.call else None
    if made is not None:
        of_ours(floor, draft, made, request, KIND, is_lost=made.is_lost)
        return
    consult = floor.state.consults.get(agent.call) if agent.call else None
    if consult is not None and consult.agent == agent.id and consult.answered_boot_s is not None:
        call = floor.state.calls[consult.id]
        moves.check(floor, call)
        _end_leg(floor, draft, call, request, consult.offer, consult.seat)
        return
    call = moves.call_of(floor, agent)
    assert call.talk is not None
    speaks = call.state is CallState.TALKING and (call.id not in floor.state.consults or conferences.is_on(floor, call))
    if not speaks and not call.talk.is_lost:
        raise Refused("The caller is on hold. Go back to the caller first, or give the call to somebody.")
    _end_leg(floor, draft, call, request, call.talk.offer, call.talk.seat)


def _end_leg(floor: Floor, draft: Draft, call: CallRecord, request: RequestId, offer: OfferId, seat: SeatId) -> None:
    command, until = draft.next_id(), draft.now_s + moves.ANSWER_WITHIN_S
    moves.begin(floor, draft, call, request, KIND, command)
    draft.order(WithdrawRing(command, until, call.node, call.id, offer, seat))


def of_ours(floor: Floor, draft: Draft, made: OutboundRecord, request: RequestId, kind: str, *, is_lost: bool) -> None:
    """End a call that we make, for a request of this kind. Raises Refused."""
    moves.check(floor, made)
    if is_lost and made.state is OutboundState.TALKING:
        moves.begin(floor, draft, made, request, kind, outbound_lost.excuse(floor, draft, made))
    else:
        moves.begin(floor, draft, made, request, kind, draft.next_id())
        outbound.hang_up_agent(draft, made)
