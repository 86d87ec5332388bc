"""What became of our orders. DIALSTATUS explains the end of a ring; it never proves a talk.

A line that refuses an order (its session is gone, the order came too late) rests for 1, 2, 4 … 30 s
before it is offered again, so that a broken line cannot spin; its dialplan coming round ends the rest.
"""

from __future__ import annotations

from core.ids import CallId, CommandId
from core.inputs import LINE_GONE, CommandDone, CommandFailed
from core.states import CallState, RingOutcome
from queueing import (
    conferences,
    consults,
    flows,
    moves,
    pauses,
    phone_listening,
    rings,
    seat_facts,
    second_ring,
    taking,
    talks,
)
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, SecondRing, Talk

REFUSED = "BUSY"
FIRST_REST_S = 1.0
LONGEST_REST_S = 30.0


def done(floor: Floor, draft: Draft, fact: CommandDone) -> None:
    if pauses.done(floor, draft, fact) or phone_listening.turned(floor, draft, fact) or taking.done(floor, draft, fact):
        return
    floor.state.mirror_commands.forget(fact.id)
    call = _call_of(floor, fact.id)
    if call is None:
        return
    if (second := floor.state.seconds.get(call.id)) is not None and second.command == fact.id:
        _second_dial_ended(floor, draft, call, second, fact.result)
    elif call.ring is not None and call.ring.command == fact.id:
        _dial_ended(floor, draft, call, fact.result)
    elif call.flow_command == fact.id:
        call.flow_command = None
    elif call.state is CallState.HELD:
        _not_joined(floor, draft, call, fact.id)
    else:
        talks.dial_over(floor, draft, call, fact.id)


def _not_joined(floor: Floor, draft: Draft, call: CallRecord, command: CommandId) -> None:
    """Caller and agent could not be brought together; the end of a leg is told by itself."""
    if call.talk is not None and call.talk.command == command:
        call.talk.command = None
        conferences.not_joined(floor, call.id)
        moves.refuse(floor, draft, call.id, "The phones could not be brought together. The caller is still on hold.")
        taking.not_joined(floor, draft, call)


def _dial_ended(floor: Floor, draft: Draft, call: CallRecord, result: str) -> None:
    """Our dial came back and AMI has not said why, or not yet."""
    assert call.ring is not None
    rang, status = call.ring.rang_boot_s is not None, _status(result)
    if status == REFUSED:
        rings.not_answered(floor, draft, call, RingOutcome.REJECTED, withdraw=False)
    elif status in ("CHANUNAVAIL", "CONGESTION") and not rang:
        seat_facts.unreachable(floor, draft, call)
    elif status == "NOANSWER" and rang:
        rings.not_answered(floor, draft, call, RingOutcome.MISSED, withdraw=False)
    else:
        rings.await_explanation(floor, draft, call)


def _second_dial_ended(floor: Floor, draft: Draft, call: CallRecord, second: SecondRing, result: str) -> None:
    """As for the first ring; what this does not tell its leg's end does, or its deadline."""
    rang, status = second.rang_boot_s is not None, _status(result)
    if status == REFUSED:
        second_ring.over(floor, draft, call, RingOutcome.REJECTED)
    elif status in ("CHANUNAVAIL", "CONGESTION") and not rang:
        second_ring.failed(floor, draft, call)
    elif status == "NOANSWER" and rang:
        second_ring.over(floor, draft, call, RingOutcome.MISSED)


def _status(result: str) -> str:
    """DIALSTATUS without the cause that may follow it; CHANUNAVAIL is BUSY where the phone declined (21): its leg's end
    says so, too, but may be told later, and a phone that cannot be reached is not rung any more."""
    status, _, cause = result.partition("/")
    return REFUSED if cause.isdecimal() and int(cause) in seat_facts.REFUSED_CAUSES else status


def failed(floor: Floor, draft: Draft, fact: CommandFailed) -> None:
    if pauses.done(floor, draft, fact):
        return
    phone_listening.failed(floor, draft, fact)
    taking.failed(floor, fact)
    node = floor.state.mirror_commands.forget(fact.id)
    if node is not None:
        floor.node(node).mirror_stale = True
    if move := moves.of_command(floor, fact.id):
        _move_failed(floor, draft, move.id, fact)
    call = _call_of(floor, fact.id)
    if call is not None and call.talk is not None:
        _talk_goes_on(floor, call, call.talk, fact.id)
    if call is not None and call.flow_command == fact.id:
        flows.not_run(floor, draft, call, fact.reason)
    if call is not None and (second := floor.state.seconds.get(call.id)) is not None and second.command == fact.id:
        if fact.reason != LINE_GONE:  # else the whole ring is over, most often answered: the legs tell how
            second_ring.over(floor, draft, call, RingOutcome.FAILED, withdraw=True)
            second_ring.end_half(floor, draft, call)
        return
    if call is None or call.ring is None or call.ring.command != fact.id:
        return
    if fact.reason == LINE_GONE:
        rings.await_explanation(floor, draft, call)
        return
    rings.over(floor, draft, call, RingOutcome.FAILED, withdraw=True)
    call.failures += 1
    call.resting = True
    floor.due(call, draft.now_s + min(LONGEST_REST_S, FIRST_REST_S * 2.0 ** min(call.failures - 1, 10)))


def _move_failed(floor: Floor, draft: Draft, moved: CallId, fact: CommandFailed) -> None:
    """The PBX could not carry out what somebody asked for; the call stays as it is, also one that we made."""
    call = floor.state.calls.get(moved)
    if call is not None:
        consult = floor.state.consults.get(call.id)
        if consult is not None and consult.command == fact.id:
            consults.over(floor, draft, call, "not_answered")
    moves.refuse(floor, draft, moved, f"The PBX could not do it: {fact.reason}.")


def _talk_goes_on(floor: Floor, call: CallRecord, talk: Talk, command: CommandId) -> None:
    """Neither fetched nor brought together; also when whoever asked has had no answer in time, and was told so."""
    if call.errand is not None and call.errand.command == command:
        call.errand = None
    if talk.command == command:
        conferences.not_joined(floor, call.id)


def _call_of(floor: Floor, command: CommandId) -> CallRecord | None:
    """The call whose ring this command was. Asked once: an outcome comes once, doubles are ignored."""
    call = floor.state.ring_commands.pop(command, None)
    return floor.state.calls.get(call) if call is not None else None
