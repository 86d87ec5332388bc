"""What happens on an agent's leg. Facts of other legs come in any order; those of an old offer are ignored.

Q.850 causes: 17 busy, 21 rejected; 3, 18-20, 27, 34, 38, 41, 42, 44, 58, 102 say that the phone could not be
reached. The rest (0, 16, 26 …) explains nothing: the caller may just have hung up.
"""

from __future__ import annotations

from core.ids import CallId, OfferId, SeatId
from core.inputs import CallerJoined, FarJoined, SeatAnswered, SeatLegEnded, SeatRang, SeatReachabilityChanged
from core.states import CallState, RingOutcome
from queueing import (
    conferences,
    consults,
    far_end,
    holds,
    lost_phones,
    outside_consults,
    ring_ends,
    rings,
    seats,
    second_ring,
    taking,
    talks,
    transfers,
)
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, SecondRing

REFUSED_CAUSES = frozenset({17, 21})
SILENT_CAUSES = frozenset({18, 19})
ANSWERED_ELSEWHERE = 26


def rang(floor: Floor, draft: Draft, fact: SeatRang) -> None:
    call = _ringing(floor, fact.call, fact.offer)
    if call is not None and call.ring is not None and call.ring.rang_boot_s is None:
        rings.began(floor, draft, call, draft.now_s)
    elif second := second_ring.of(floor, fact.call, fact.offer):
        second_ring.rang(floor, draft, second)
    elif consult := consults.of(floor, fact.call, fact.offer):
        consults.rang(floor, draft, consult)


def answered(floor: Floor, draft: Draft, fact: SeatAnswered) -> None:
    """A talk begins. An answer that comes too late is undone on the PBX too: the call has moved on."""
    call = floor.state.calls.get(fact.call)
    if call is None:
        return
    if call.state is CallState.FALLBACK:
        talks.adopt(floor, draft, call, fact.seat, fact.offer)
    elif _ringing(floor, fact.call, fact.offer):
        loser = second_ring.lost(floor, draft, call)
        talks.ring_answered(floor, draft, call, loser)
    elif second := second_ring.of(floor, fact.call, fact.offer):
        loser = second_ring.takes_over(floor, draft, call, second)
        talks.ring_answered(floor, draft, call, loser)
    elif call.talk is not None and call.talk.rival == fact.offer:
        call.talk.rival_seat = fact.seat  # picked up a moment later: the PBX bridges one of them, and ends the other
    elif consult := consults.of(floor, fact.call, fact.offer):
        consults.answered(floor, draft, consult)
    elif fact.offer and _is_late(call, fact.offer):
        ring_ends.withdraw_offer(draft, call, fact.offer, fact.seat)


def _is_late(call: CallRecord, offer: OfferId) -> bool:
    """Was this offer, or this consult, over before it was answered?"""
    if call.talk is not None:
        return call.talk.offer != offer
    return rings.is_on(call) or call.state is CallState.WAITING


def leg_ended(floor: Floor, draft: Draft, fact: SeatLegEnded) -> None:
    """An agent's leg is gone: the end of a ring, of a talk, or of nothing we still care about."""
    call = floor.state.calls.get(fact.call)
    if call is None or taking.leg_ended(floor, draft, fact):
        return
    if _ringing(floor, fact.call, fact.offer):
        _ring_leg_ended(floor, draft, call, fact.cause)
    elif second := second_ring.of(floor, fact.call, fact.offer):
        _second_leg_ended(floor, draft, call, second, fact.cause)
    elif call.talk is not None and call.talk.rival == fact.offer:
        call.talk.rival = call.talk.rival_seat = None
    elif consult := consults.of(floor, fact.call, fact.offer):
        consults.leg_ended(floor, draft, call, consult, fact.cause)
    elif call.talk is not None and call.talk.seat == fact.seat and fact.offer in ("", call.talk.offer):
        talk_leg_ended(floor, draft, call)
    elif fact.seat in call.held_seats:
        call.held_seats.remove(fact.seat)
        seats.free(floor, fact.seat)


def talk_leg_ended(floor: Floor, draft: Draft, call: CallRecord) -> None:
    asked = consults.asked_of(floor, call.id)
    if call.talk is not None and call.talk.rival_seat is not None:
        talks.to_rival(floor, draft, call)
        return
    if call.errand is not None:
        transfers.sender_left(floor, draft, call)
    elif asked is not None and conferences.leads_on(call, asked):
        conferences.agent_left(floor, draft, call, asked)
    elif call.state is CallState.HELD:
        transfers.keeper_left(floor, draft, call)
    else:
        talks.agent_left(floor, draft, call)


def joined(floor: Floor, draft: Draft, fact: CallerJoined) -> None:
    """A caller and the leg that keeps them, or a colleague's, are in one bridge."""
    call, asked = floor.state.calls.get(fact.call), consults.asked_of(floor, fact.call)
    if call is None or call.talk is None:
        return
    if asked is not None and asked.confers:
        conferences.joined(floor, draft, call, asked, fact.seat)
    elif call.state is CallState.HELD and call.talk.seat == fact.seat:
        holds.resumed(floor, draft, call)


def far_joined(floor: Floor, draft: Draft, fact: FarJoined) -> None:
    """A caller and the far end that was consulted are in one bridge."""
    record = floor.state.outside.get(fact.call)
    if record is None or fact.attempt != far_end.attempt_of(record):
        return
    if record.awaits_caller:
        outside_consults.together(floor, draft, record)
    elif record.confers and record.asker is not None:
        conferences.joined(floor, draft, floor.state.calls[fact.call], record, None)


def _ring_leg_ended(floor: Floor, draft: Draft, call: CallRecord, cause: int) -> None:
    assert call.ring is not None
    if cause in REFUSED_CAUSES:
        rings.not_answered(floor, draft, call, RingOutcome.REJECTED, withdraw=False)
    elif cause in SILENT_CAUSES and call.ring.rang_boot_s is not None:
        rings.not_answered(floor, draft, call, RingOutcome.MISSED, withdraw=False)
    elif cause in seats.UNREACHABLE_CAUSES:
        unreachable(floor, draft, call)
    else:
        rings.await_explanation(floor, draft, call)


def _second_leg_ended(floor: Floor, draft: Draft, call: CallRecord, second: SecondRing, cause: int) -> None:
    """26: the first phone was answered, and we have not heard of it yet. The others say nothing of the seat."""
    if cause in REFUSED_CAUSES:
        second_ring.over(floor, draft, call, RingOutcome.REJECTED)
    elif cause in SILENT_CAUSES and second.rang_boot_s is not None:
        second_ring.over(floor, draft, call, RingOutcome.MISSED)
    elif cause in seats.UNREACHABLE_CAUSES:
        seats.set_reachable(floor, draft, floor.state.seats[second.seat], False)
        second_ring.failed(floor, draft, call)
    else:
        outcome = RingOutcome.ELSEWHERE if cause == ANSWERED_ELSEWHERE else RingOutcome.WITHDRAWN
        second_ring.over(floor, draft, call, outcome)


def unreachable(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The phone could not be rung, or was lost: unreachable until the PBX says otherwise."""
    assert call.ring is not None
    seats.set_reachable(floor, draft, floor.state.seats[call.ring.seat], False)
    rings.failed(floor, draft, call)


def reachability_changed(floor: Floor, draft: Draft, fact: SeatReachabilityChanged) -> None:
    seat = seats.record_of(floor, fact.seat)
    seats.set_reachable(floor, draft, seat, fact.reachable)
    if not fact.reachable:
        lost_phones.ring_over(floor, draft, seat)


def hold(floor: Floor, call: CallRecord, seat: SeatId) -> None:
    """The native fallback rings this seat for this call: it is not free."""
    record = seats.record_of(floor, seat)
    if record.call is None:
        record.call = call.id
        call.held_seats.append(seat)
        floor.refresh_seat(record)


def _ringing(floor: Floor, call: CallId, offer: OfferId) -> CallRecord | None:
    """The call, if this offer is its present one and has not been answered."""
    record = floor.state.calls.get(call)
    return record if record is not None and record.ring is not None and record.ring.offer == offer else None
