"""How the part of somebody outside the house ends in a caller's call, whoever spoke with them (queueing.outside)."""

from __future__ import annotations

from core.commands import CancelFar
from core.events import OutsideEnded
from core.ids import NOBODY
from core.states import OutboundOutcome
from queueing import far_end
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, OutsideRecord


def over(floor: Floor, draft: Draft, call: CallRecord, outcome: OutboundOutcome) -> None:
    """Tell how it ended and forget it; the call's own state is the caller's business."""
    record = floor.state.outside.pop(call.id)
    for command in record.commands:
        floor.state.outbound_commands.pop(command, None)
    talk_s = 0.0 if record.answered_boot_s is None else draft.now_s - record.answered_boot_s
    agent = call.talk.agent if record.asker is not None and call.talk is not None else NOBODY
    assert call.queue is not None
    draft.tell(OutsideEnded(call.id, call.queue, call.hotline, record.number, outcome, talk_s, agent))


def cancel(draft: Draft, record: OutsideRecord) -> None:
    """Hang up this attempt's leg, should it still be there."""
    until = draft.now_s + far_end.DIAL_WITHIN_S
    draft.order(CancelFar(draft.next_id(), until, record.node, record.id, far_end.attempt_of(record)))
