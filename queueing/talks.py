"""Talks: who speaks with whom, and what follows.

A talk can begin at a seat where nobody is signed in (the native fallback gave it the call): then
`agent` is "" in its events and no agent's state changes.
"""

from __future__ import annotations

from core.events import CallAnswered, TalkBegan, TalkEnded
from core.ids import AgentId, CommandId, OfferId, SeatId
from core.states import CallState, RingOutcome
from queueing import (
    agents,
    calls,
    consults,
    far_end,
    flows,
    governor,
    listening,
    moves,
    outbound,
    pauses,
    phone_listening,
    pops,
    preferred,
    promise,
    ring_ends,
    rings,
    seats,
)
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, Talk


def ring_answered(floor: Floor, draft: Draft, call: CallRecord, loser: OfferId | None = None) -> None:
    """The phone that we ring answers. `loser` is a ring beside it whose leg the PBX is about to end."""
    ring = rings.answered(floor, draft, call)
    _start(floor, draft, call, Talk(ring.offer, ring.command, ring.seat, ring.agent, draft.now_s, rival=loser))
    agents.change(floor, draft, floor.state.agents[ring.agent], "answered", state="answer")


def to_rival(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Two phones were picked up within moments, and the PBX has bridged the other one."""
    talk = call.talk
    assert talk is not None and talk.rival_seat is not None and talk.rival is not None
    end(floor, draft, call, "pbx", wrap_up=False)
    calls.move(draft, call, "queued")
    adopt(floor, draft, call, talk.rival_seat, talk.rival)
    assert call.talk is not None
    call.talk.command = talk.command


def adopt(floor: Floor, draft: Draft, call: CallRecord, seat_id: SeatId, offer: OfferId) -> None:
    """A talk that began without us. A ring in which the seat, or the call, was engaged ends."""
    calls.drop_holds(floor, call)
    seat = seats.record_of(floor, seat_id)
    if rings.is_on(call):
        rings.over(floor, draft, call, RingOutcome.WITHDRAWN, withdraw=True)
    _clear_seat(floor, draft, seat_id)
    agent = floor.agent_of(seat)
    seat.call = call.id
    _start(floor, draft, call, Talk(offer, None, seat_id, agent.id if agent else AgentId(""), draft.now_s))
    if agent is not None:
        pops.offered(draft, agent, OfferId(call.id))
        agent.call, agent.due_boot_s = call.id, None
        agents.change(floor, draft, agent, "adopted", state="answer")


def _clear_seat(floor: Floor, draft: Draft, seat: SeatId) -> None:
    """Whatever else we believed of this seat is wrong: its phone is in the talk being adopted."""
    held = floor.state.seats[seat].call
    if held is not None and (ours := floor.state.outbound.get(held)):
        outbound.lose(floor, draft, ours)
    if heard := phone_listening.of(floor.state, held):
        listening.end(floor, draft, heard, "hung_up" if heard.heard else "not_answered")
    other = floor.state.calls.get(held) if held else None
    if other is None:
        return
    if rings.is_on(other):
        rings.over(floor, draft, other, RingOutcome.WITHDRAWN, withdraw=True)
        floor.enlist(other)
    elif (consult := floor.state.consults.get(other.id)) is not None and consult.seat == seat:
        consults.over(floor, draft, other, "withdrawn", withdraw=True)
    elif other.talk is not None:
        end(floor, draft, other, "pbx", wrap_up=False)
        leave(draft, other)
    else:
        other.held_seats.remove(seat)


def _start(floor: Floor, draft: Draft, call: CallRecord, talk: Talk) -> None:
    call.talk, call.due_boot_s, call.resting = talk, None, False
    preferred.remember(floor, call, talk.agent)
    calls.move(draft, call, "answered")
    floor.line.discard(call.id)
    assert call.queue is not None
    who = (call.id, call.queue, call.hotline, talk.seat, talk.agent)
    if call.offered:
        draft.tell(CallAnswered(*who, draft.now_s - call.since_boot_s, call.offers - call.offers_before, call.caller))
    else:
        draft.tell(TalkBegan(*who, call.errand.how if call.errand else "found"))
    call.offered, call.errand = False, None


def hang_up_leg(draft: Draft, call: CallRecord) -> None:
    """End the agent's leg if nothing else will: kept on hold, or brought to the caller by us, it outlives the talk."""
    talk = call.talk
    if talk is not None and (talk.joined or talk.held_since_boot_s is not None):
        ring_ends.withdraw_offer(draft, call, talk.offer, talk.seat)


def end(floor: Floor, draft: Draft, call: CallRecord, by: str, *, wrap_up: bool = True) -> float:
    """The talk is over after so many seconds; the agent wraps up. The call's own state is the caller's business."""
    talk = call.talk
    assert talk is not None and call.queue is not None
    moves.grant(floor, draft, call.id, "hang_up")
    if by != "transfer":
        moves.refuse(floor, draft, call.id, "The talk is over.")
    moves.refuse(floor, draft, call.id, moves.WITHOUT_YOU, moves.AGAIN)
    consults.over(floor, draft, call, "caller_left" if by == "caller" else "withdrawn", withdraw=True)
    pauses.talk_over(floor, draft, call.id)
    call.talk = call.due_boot_s = None
    floor.state.reminders.pop(call.id, None)
    now_held_s = 0.0 if talk.held_since_boot_s is None else draft.now_s - talk.held_since_boot_s
    held_s = talk.held_s + now_held_s
    talk_s = draft.now_s - talk.answered_boot_s - held_s
    draft.tell(TalkEnded(call.id, call.queue, call.hotline, talk.seat, talk.agent, talk_s, by, held_s))
    floor.state.seats[talk.seat].call = None
    if talk.agent:
        wrap_up_s = governor.wrap_up_s(floor, call.queue) if wrap_up else 0.0
        promise.learn(floor, call.queue, talk_s + held_s + wrap_up_s)
        agents.after_talk(floor, draft, floor.state.agents[talk.agent], wrap_up_s)
    call.served_by = talk.agent
    return talk_s


def leave(draft: Draft, call: CallRecord) -> None:
    """The agent is gone, the caller is not: the dialplan takes the line, and a transfer under way goes nowhere."""
    call.errand = None
    calls.move(draft, call, "left")
    calls.let_go(draft, call)


def agent_left(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The caller may still be asked how it was."""
    talk_s = end(floor, draft, call, "agent")
    call.errand = None
    calls.move(draft, call, "left")
    flows.after_talk(floor, draft, call, talk_s)


def dial_over(floor: Floor, draft: Draft, call: CallRecord, command: CommandId) -> None:
    """Our dial of this talk is done: arm the deadline in case the leg's end is never told."""
    if call.state is CallState.TALKING and call.talk and call.talk.command == command and call.due_boot_s is None:
        floor.due(call, draft.now_s + far_end.DIAL_OVER_S)
