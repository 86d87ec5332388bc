"""A queue that is full, or in which a caller has waited too long: on to another queue, to a number outside, or to a
closing message.

Full is asked once, when a caller has just come and nobody free may serve. Too long is a deadline; a ring that is on
goes on. The place is kept, and each queue counts its own wait: F there, O here, the whole call stays one. A call
leaves each queue this way once, so that overflows and closings never send it round in a circle; the house refuses
circles of overflows. A number outside takes it out of no queue before somebody there has answered (queueing.outside).
"""

from __future__ import annotations

from core.states import CallState
from queueing import calls, closings, outside, patience
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord

FULL, TOO_LONG = "full", "too_long"
PROMPT = "queue-full"


def settle(floor: Floor, draft: Draft) -> bool:
    """Send on those who have just come to a full queue; True: some wait in another one now, where seats may be free."""
    moved = False
    for call_id in tuple(floor.newcomers):
        del floor.newcomers[call_id]
        call = floor.state.calls.get(call_id)
        if call is not None and call_id in floor.line and _is_full(floor, call):
            moved = _send_on(floor, draft, call, FULL) or moved
    return moved


def overdue(floor: Floor, draft: Draft, call: CallRecord) -> bool:
    """Send on a caller who has waited too long; False: not yet, or this queue has done so before."""
    queue = floor.queues.get(call.queue) if call.queue else None
    over_boot_s = None if queue is None else patience.overdue_boot_s(queue, call)
    if queue is None or over_boot_s is None or draft.now_s < over_boot_s:
        return False
    _send_on(floor, draft, call, TOO_LONG)
    return call.queue != queue.id or call.state is not CallState.WAITING


def _is_full(floor: Floor, call: CallRecord) -> bool:
    queue = floor.queues.get(call.queue) if call.queue else None
    if queue is None or queue.max_waiting is None or queue.id in call.overflowed:
        return False
    return floor.line.length(queue.id) > queue.max_waiting


def _send_on(floor: Floor, draft: Draft, call: CallRecord, why: str) -> bool:
    """To the queue that the house names: then True; or to a number outside, or to a closing message.

    A number that cannot be dialled now leaves the caller in line.
    """
    assert call.queue is not None
    queue = floor.queues[call.queue]
    to = queue.overflow
    call.overflowed.append(call.queue)
    if number := outside.overflow_number(floor, queue):
        outside.begin(floor, draft, call, number, why)
        return False
    if to is None or to not in floor.queues:
        closings.dismiss(floor, draft, call, why, PROMPT)
        return False
    calls.to_queue(floor, draft, call, to, why)
    floor.newcomers[call.id] = None
    return True
