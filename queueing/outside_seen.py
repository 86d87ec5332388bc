"""The PBX tells of callers who are given outside the house: what we believed of them is corrected."""

from __future__ import annotations

from core.commands import CancelFar
from core.inputs import SeenCall, SeenFarLeg
from core.states import CallState, OutboundOutcome
from queueing import conferences, consults, far_end, outside, outside_consults
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, OutsideRecord


def reconcile(floor: Floor, draft: Draft, call: CallRecord, seen: SeenCall) -> bool:
    """True: this caller is with somebody outside, or about to be; nothing else is to be corrected."""
    spoken = next((leg for leg in seen.far if leg.answered), None)
    record = floor.state.outside.get(call.id)
    if record is not None and record.asker is not None:
        return _correct_consult(floor, draft, call, record, seen, spoken)
    if record is not None:
        return _correct(floor, draft, record, seen, spoken)
    if spoken is not None and call.state is CallState.WAITING:
        outside.adopt(floor, draft, call, spoken.trunk, spoken.attempt)
        return True
    for leg in seen.far:
        until = draft.now_s + far_end.DIAL_WITHIN_S
        draft.order(CancelFar(draft.next_id(), until, call.node, call.id, leg.attempt))
    return False


def _correct(floor: Floor, draft: Draft, record: OutsideRecord, seen: SeenCall, spoken: SeenFarLeg | None) -> bool:
    if spoken is not None:
        outside.meet(floor, draft, record, spoken.trunk, spoken.attempt)
        _correct_meeting(floor, draft, record, seen)
    elif record.answered_boot_s is not None:
        outside.talk_over(floor, draft, record)
    elif seen.state is CallState.FALLBACK or seen.legs:
        outside.not_reached(floor, draft, record, OutboundOutcome.LOST)
        return False
    elif record.due_boot_s is None or not seen.far:
        record.leg_gone = record.leg_gone or not seen.far
        floor.due(record, draft.now_s + far_end.RETURN_WITHIN_S)
    return True


def _correct_meeting(floor: Floor, draft: Draft, record: OutsideRecord, seen: SeenCall) -> None:
    """Consulted, and about to be brought together with the caller; or so it was when we looked last."""
    if record.awaits_caller and seen.state is CallState.OUTSIDE:
        outside_consults.together(floor, draft, record)
    elif record.awaits_caller and record.due_boot_s is None:
        floor.due(record, draft.now_s + far_end.RETURN_WITHIN_S)


def _correct_consult(
    floor: Floor, draft: Draft, call: CallRecord, record: OutsideRecord, seen: SeenCall, spoken: SeenFarLeg | None
) -> bool:
    """False: it is the agent's hold that is to be corrected besides; the dialplan may have ended it meanwhile."""
    if spoken is not None:
        outside.meet(floor, draft, record, spoken.trunk, spoken.attempt)
    elif record.answered_boot_s is not None:
        consults.over(floor, draft, call, OutboundOutcome.REACHED.value)
    elif record.due_boot_s is None or not seen.far:
        record.leg_gone = record.leg_gone or not seen.far
        floor.due(record, draft.now_s + far_end.RETURN_WITHIN_S)
    if spoken is None or seen.state is not CallState.OUTSIDE:
        return False
    if record.confers:
        _correct_conference(floor, draft, call, record, seen)
        return True
    if call.state is not CallState.HELD:
        return False
    outside_consults.hand_over(floor, draft, call, record)
    outside_consults.together(floor, draft, record)
    return True


def _correct_conference(floor: Floor, draft: Draft, call: CallRecord, record: OutsideRecord, seen: SeenCall) -> None:
    """The far end is with the caller; is the agent?"""
    assert call.talk is not None
    conferences.joined(floor, draft, call, record, None)
    if any(leg.answered and leg.seat == call.talk.seat for leg in seen.legs):
        conferences.joined(floor, draft, call, record, call.talk.seat)
    else:
        conferences.agent_left(floor, draft, call, record)
