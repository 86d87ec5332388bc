"""The phone with which an agent speaks with somebody whom we called is gone: a page that died, or was loaded anew.

A caller is put on hold then, because the line is the caller's own. Here it is the lost phone's: nobody can be brought
back to it. So the far end is told that the line was interrupted and let go; and when the call was about a queue, they
are called again, before everybody, by whoever is free there.
"""

from __future__ import annotations

from core.commands import ExcuseFar
from core.errors import Refused
from core.ids import CommandId
from core.inputs import AskCallback
from core.states import OutboundState
from queueing import callbacks, calls, far_end, moves
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, OutboundRecord

CALL_AFTER_S = 10.0
"""They are on the phone until they have heard the sentence."""
_PICKED_UP = (OutboundState.CONNECTING, OutboundState.CALLING, OutboundState.TALKING)


def call_of(floor: Floor, agent: AgentRecord) -> OutboundRecord | None:
    """The call of ours in which this agent's phone is."""
    made = floor.state.outbound.get(agent.call) if agent.call else None
    return made if made is not None and made.state in _PICKED_UP else None


def excuse(floor: Floor, draft: Draft, made: OutboundRecord) -> CommandId:
    """Order that the far end of this talk is told and let go; the id of the order. Should its outcome be lost, the talk
    is ended all the same (queueing.outbound, due)."""
    command = made.excuse = far_end.command_of(floor, draft, made)
    again, until = _call_again(floor, draft, made), draft.now_s + moves.ANSWER_WITHIN_S
    draft.order(ExcuseFar(command, until, made.node, made.id, far_end.attempt_of(made), again))
    floor.due(made, until + far_end.SPARE_S)
    return command


def _call_again(floor: Floor, draft: Draft, made: OutboundRecord) -> bool:
    """May they be told that we will?"""
    if made.queue is None:
        return False
    wish = AskCallback(made.number, made.queue, made.language, calls.FRONT_PRIORITY, CALL_AFTER_S)
    try:
        callbacks.ask(floor, draft, wish)
    except Refused:
        return made.number in floor.promise_of
    return True
