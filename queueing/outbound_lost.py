"""The phone with which an agent speaks with somebody whom we called is gone: a page that died, or was loaded anew.

A caller is put on hold then, because the line is the caller's own. Here it is the lost phone's: nobody can be brought
back to it. So the far end is told that the line was interrupted and let go; and when the call was about a queue, they
are called again, before everybody, by whoever is free there.
"""

from __future__ import annotations

from core.commands import ExcuseFar
from core.errors import Refused
from core.ids import RequestId
from core.inputs import AskCallback
from core.states import OutboundState
from queueing import callbacks, calls, far_end, moves
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, OutboundRecord

KIND = "again"
AGAIN_AFTER_S = 10.0
"""They are on the phone until they have heard the sentence."""


def talk_of(floor: Floor, agent: AgentRecord) -> OutboundRecord | None:
    """The talk with somebody outside in which this agent is, by a call of theirs."""
    made = floor.state.outbound.get(agent.call) if agent.call else None
    return made if made is not None and made.state is OutboundState.TALKING else None


def ask(floor: Floor, draft: Draft, made: OutboundRecord, request: RequestId, kind: str) -> None:
    """Order that the far end is told and let go; answered when the agent's leg is gone. Raises Refused."""
    moves.check(floor, made)
    made.excuse = far_end.command_of(floor, draft, made)
    until = draft.now_s + moves.ANSWER_WITHIN_S
    moves.begin(floor, draft, made, request, kind, made.excuse)
    again = _call_again(floor, draft, made)
    draft.order(ExcuseFar(made.excuse, until, made.node, made.id, far_end.attempt_of(made), again))


def _call_again(floor: Floor, draft: Draft, made: OutboundRecord) -> bool:
    """May they be told that we will?"""
    if made.queue is None:
        return False
    wish = AskCallback(made.number, made.queue, made.language, calls.FRONT_PRIORITY, AGAIN_AFTER_S)
    try:
        callbacks.ask(floor, draft, wish)
    except Refused:
        return callbacks.can_keep(floor, made.number)  # promised already
    return True
