"""Whoever listens by phone takes the call: the agent goes, and the same line has the caller. Nobody is rung.

- The listener's line is made ready first: it is recorded, and kept as one on hold is. If the PBX refuses, nothing has
  happened to the talk.
- Then the talk is parted as for a hold, and at once it is the listener who keeps the caller, and is joined.
- From then on it is a talk like any other. Whoever takes it need not be an agent; then it is one of nobody signed in.
"""

from __future__ import annotations

from core.commands import TakeTalk
from core.errors import Refused
from core.events import CallTransferred, TalkBegan
from core.ids import NOBODY, CallId, OfferId, RequestId
from core.inputs import CallerHeld, CommandDone, CommandFailed, SeatLegEnded, TakeFromListening
from core.states import CallState
from queueing import agents, consults, holds, listening, moves, phone_listening, pops, ring_ends, talks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, ListeningRecord, Talk

HUNG_UP = "The listener's phone has hung up. The agent keeps the caller."


def ask(floor: Floor, draft: Draft, request: RequestId, wish: TakeFromListening, by: str) -> None:
    """Raises Refused."""
    begin(floor, draft, phone_listening.going_on(floor, wish.listening, by), request)


def begin(floor: Floor, draft: Draft, record: ListeningRecord, request: RequestId) -> None:
    """Order the listener's line to be made ready and the talk to be parted. Raises Refused."""
    call = _talk_of(floor, record)
    phone_listening.check(record)
    assert record.seat is not None and record.channel is not None and call.talk is not None
    agent = floor.agent_of(floor.state.seats[record.seat])
    call.offers += 1
    record.offer, record.turning = OfferId(f"{call.id}/{call.offers}"), draft.next_id()
    moves.begin(floor, draft, call, request, "take_over", record.turning)
    recorded = floor.is_recorded(call.id, call.queue, agent.id if agent else NOBODY)
    line = (call.talk.seat, record.channel, record.offer, record.seat, record.mode)
    until, parts = draft.now_s + moves.ANSWER_WITHIN_S, call.state is CallState.TALKING
    draft.order(TakeTalk(record.turning, until, call.node, call.id, *line, parts, recorded))


def _talk_of(floor: Floor, record: ListeningRecord) -> CallRecord:
    """The talk that can be taken now. Raises Refused."""
    call = floor.state.calls.get(record.call)
    if call is None:
        raise Refused("The agent made this call, and it ends with their phone: it cannot be taken over. Barge in.")
    if call.talk is None or call.state not in (CallState.TALKING, CallState.HELD):
        raise Refused("Nobody speaks with this caller now. Wait until somebody does.")
    if consults.is_on(floor, call.id):
        raise Refused("Two people are speaking about this call. Wait until they have decided.")
    moves.check(floor, call)
    return call


# --- facts ---------------------------------------------------------------------------------------
def done(floor: Floor, draft: Draft, fact: CommandDone) -> bool:
    """Was this order ours? The line is ready; of a talk that had to be parted CallerHeld tells the rest."""
    record = _turning(floor, fact)
    if record is None:
        return False
    record.turning = None
    call = floor.state.calls.get(record.call)
    if call is not None and call.state is CallState.HELD:
        _hand_over(floor, draft, call, record)
    return True


def failed(floor: Floor, fact: CommandFailed) -> None:
    """The talk goes on, and so does the listening; who asked is told by moves."""
    if (record := _turning(floor, fact)) is not None:
        record.turning = record.offer = None


def caller_held(floor: Floor, draft: Draft, fact: CallerHeld) -> None:
    """The talk is parted: on hold, or taken over, or the listener has gone meanwhile."""
    holds.held(floor, draft, fact)
    call, move = floor.state.calls.get(fact.call), floor.state.moves.get(fact.call)
    if call is None or call.state is not CallState.HELD:
        return
    if (record := _of_call(floor, call.id)) is not None:
        _hand_over(floor, draft, call, record)
    elif move is not None and move.kind == "take_over":
        moves.refuse(floor, draft, call.id, HUNG_UP)
        holds.join(floor, draft, call)


def leg_ended(floor: Floor, draft: Draft, fact: SeatLegEnded) -> bool:
    """Was this the line of somebody who was just taking this call?"""
    record = _of_call(floor, fact.call)
    if record is None or record.offer != fact.offer:
        return False
    listening.end(floor, draft, record, "hung_up")
    if floor.state.calls[fact.call].state is CallState.HELD:
        moves.refuse(floor, draft, fact.call, HUNG_UP)  # else once the talk is parted, which the PBX is about to do
    return True


def not_joined(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """A keeper whom no desktop serves cannot ask again: the caller waits in front of the queue."""
    if call.talk is not None and not call.talk.agent:
        ring_ends.withdraw_offer(draft, call, call.talk.offer, call.talk.seat)
        holds.keeper_left(floor, draft, call)


def _turning(floor: Floor, fact: CommandDone | CommandFailed) -> ListeningRecord | None:
    taking = (record for record in floor.state.listenings.values() if record.offer is not None)
    return next((record for record in taking if record.turning == fact.id), None)


def _of_call(floor: Floor, call: CallId) -> ListeningRecord | None:
    listeners = floor.state.listenings.values()
    return next((record for record in listeners if record.call == call and record.offer is not None), None)


# --- the listener has the call ---------------------------------------------------------------
def _hand_over(floor: Floor, draft: Draft, call: CallRecord, record: ListeningRecord) -> None:
    """As for a colleague who was consulted; the caller hears music until the PBX has brought both together."""
    talk, queue = call.talk, call.queue
    assert talk is not None and queue is not None and record.seat is not None and record.offer is not None
    seat = floor.state.seats[record.seat]
    agent = floor.agent_of(seat)
    name = agent.id if agent else NOBODY
    told = (call.id, queue, call.hotline, talk.seat, talk.agent, "taken_over", name or record.by, "")
    draft.tell(CallTransferred(*told))
    ring_ends.withdraw_offer(draft, call, talk.offer, talk.seat)
    talks.end(floor, draft, call, "transfer")
    listening.taken_over(floor, draft, record)
    seat.call = call.id
    call.talk = Talk(record.offer, None, seat.id, name, draft.now_s, held_since_boot_s=draft.now_s)
    draft.tell(
        TalkBegan(
            call.id, queue, call.hotline, seat.id, name, "taken_over", floor.is_recorded(call.id, queue, name)
        )
    )  # fmt: skip
    _seize(floor, draft, call, agent)
    holds.remind_later(floor, draft, call)
    command, move = holds.join(floor, draft, call), floor.state.moves.get(call.id)
    if move is not None:
        move.command = command


def _seize(floor: Floor, draft: Draft, call: CallRecord, agent: AgentRecord | None) -> None:
    """Whatever this agent was doing beside listening, a break or a wrap-up, is over."""
    assert call.talk is not None
    if agent is not None:
        agent.call, agent.due_boot_s = call.id, None
        pops.offered(draft, agent, call.talk.offer)
        agents.change(floor, draft, agent, "taken_over", state="answer")
        agents.change(floor, draft, agent, "taken_over", state="hold")


def is_heard_by(floor: Floor, agent: AgentRecord, call: CallId) -> ListeningRecord | None:
    """This agent's own phone listens to this call."""
    listeners = (record for record in floor.state.listenings.values() if record.call == call and record.heard)
    return next((record for record in listeners if record.seat is not None and record.seat == agent.seat), None)
