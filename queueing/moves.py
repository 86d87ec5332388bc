"""Requests about a live call: ordered from the PBX at once, answered when it has done them or says that it cannot.

One at a time for each call; without a word from the PBX the answer is no after ANSWER_WITHIN_S. What the PBX does
later all the same is a fact and counts.
"""

from __future__ import annotations

from core.errors import Refused
from core.events import RequestGranted, RequestRefused
from core.ids import CallId, CommandId, RequestId
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Move, OutboundRecord

ANSWER_WITHIN_S = 2.5
"""People are told within 3 s (api.services.ApiOptions.answer_timeout_s)."""
AGAIN = "again"
"""Kind of the request of a phone that wants a talk again which it has lost, and cannot have it."""
WITHOUT_YOU = "The line went with the page. The others in the talk go on without you."


def call_of(floor: Floor, agent: AgentRecord) -> CallRecord:
    """The call in which this agent speaks or keeps the caller, free to be moved now. Raises Refused."""
    call = floor.state.calls.get(agent.call) if agent.call else None
    if call is None or call.talk is None or call.talk.agent != agent.id:
        raise Refused(f"{agent.id} has no caller. This can be asked for during a talk.")
    check(floor, call)
    return call


def check(floor: Floor, call: CallRecord | OutboundRecord) -> None:
    """May this call be moved now? Raises Refused."""
    if call.id in floor.state.moves:
        raise Refused("Another request about this call is being carried out. Try again in a moment.")
    if not floor.node(call.node).up:
        raise Refused("The PBX cannot be reached at the moment. The talk goes on; try again in a few seconds.")


def begin(
    floor: Floor,
    draft: Draft,
    call: CallRecord | OutboundRecord,
    request: RequestId,
    kind: str,
    command: CommandId,
) -> None:
    """Remember who waits for what, and which order it hangs on."""
    move = floor.state.moves[call.id] = Move(call.id, request, kind, command)
    floor.due(move, draft.now_s + ANSWER_WITHIN_S)


def grant(floor: Floor, draft: Draft, call: CallId, *kinds: str) -> None:
    """The PBX has done it: answer, if a request of one of these kinds waits."""
    move = floor.state.moves.get(call)
    if move is not None and move.kind in kinds:
        del floor.state.moves[call]
        floor.state.answers.keep(move.request, "")
        draft.tell(RequestGranted(move.request))


def refuse(floor: Floor, draft: Draft, call: CallId, reason: str, *kinds: str) -> None:
    """It cannot be done: answer, if a request of one of these kinds waits, without kinds if any does."""
    move = floor.state.moves.get(call)
    if move is not None and (not kinds or move.kind in kinds):
        del floor.state.moves[call]
        floor.state.answers.keep(move.request, reason)
        draft.tell(RequestRefused(move.request, reason))


def overdue(floor: Floor, draft: Draft, move: Move) -> None:
    refuse(floor, draft, move.id, "The PBX has not confirmed it in time. Look at the call before you ask again.")


def is_asked(floor: Floor, request: RequestId) -> bool:
    """Is this request being carried out?"""
    return any(move.request == request for move in floor.state.moves.values())


def of_command(floor: Floor, command: CommandId) -> Move | None:
    """The request that hangs on this order."""
    return next((move for move in floor.state.moves.values() if move.command == command), None)
