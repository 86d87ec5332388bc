"""What time brings to a caller who waits: the preferred agent is waited for no longer, requirements relax.

Each is counted from entering the queue. A ring is never disturbed by it; what fell due meanwhile happens when the
caller is back in line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.house import Queue
from queueing import relaxing
from queueing.state import CallRecord

if TYPE_CHECKING:
    from queueing.decision import Draft
    from queueing.floor import Floor


def next_boot_s(queue: Queue, call: CallRecord) -> float | None:
    """When something changes for this waiting caller; None: not by time."""
    moments = [
        queue.preferred_agent_s if call.held_for else None,
        relaxing.next_after_s(queue, call.step),
    ]
    due = [moment for moment in moments if moment is not None]
    return call.since_boot_s + min(due) if due else None


def due(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Do what is due, and give the caller the row that fits now."""
    assert call.queue is not None
    queue = floor.queues.get(call.queue)
    if queue is None:
        return
    waited_s = draft.now_s - call.since_boot_s
    if waited_s >= queue.preferred_agent_s:
        call.held_for = None
    call.step = relaxing.step_after(queue, waited_s)
    floor.line.discard(call.id)
    floor.enlist(call)
