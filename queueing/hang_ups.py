"""An agent hangs up from the desktop: their own leg is ended, as if the receiver had been put down.

Not while the caller is on hold, whom nobody would have then; with three in the talk the other two go on.
"""

from __future__ import annotations

from core.commands import WithdrawRing
from core.errors import Refused
from core.ids import CallId, RequestId
from core.states import CallState
from queueing import conferences, moves, outbound
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, Move, OutboundRecord

KIND = "hang_up"


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> None:
    """Order the end of the agent's leg; answered when it is gone. Raises Refused."""
    made = floor.state.outbound.get(agent.call) if agent.call else None
    if made is not None:
        _made(floor, draft, made, request)
        return
    call = moves.call_of(floor, agent)
    if call.state is not CallState.TALKING or (call.id in floor.state.consults and not conferences.is_on(floor, call)):
        raise Refused("The caller is on hold. Go back to the caller first, or give the call to somebody.")
    talk = call.talk
    assert talk is not None
    command, until = draft.next_id(), draft.now_s + moves.ANSWER_WITHIN_S
    moves.begin(floor, draft, call, request, KIND, command)
    draft.order(WithdrawRing(command, until, call.node, call.id, talk.offer, talk.seat))


def _made(floor: Floor, draft: Draft, made: OutboundRecord, request: RequestId) -> None:
    if made.id in floor.state.moves:
        raise Refused("Another request about this call is being carried out. Try again in a moment.")
    move = floor.state.moves[made.id] = Move(made.id, request, KIND, draft.next_id())
    floor.due(move, draft.now_s + moves.ANSWER_WITHIN_S)
    outbound.hang_up_agent(draft, made)


def done(floor: Floor, draft: Draft, call: CallId) -> None:
    """The leg is gone: answer, if anybody waits for that."""
    moves.grant(floor, draft, call, KIND)
