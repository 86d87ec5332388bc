"""What time brings to a caller who waits.

The preferred agent is waited for no longer, and requirements relax, both counted from entering the queue; and how
long it will take is promised, and announced, again. A ring is never disturbed by it: what fell due meanwhile happens
when the caller is back in line.
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
        call.since_boot_s + queue.preferred_agent_s if call.held_for else None,
        relaxing.next_boot_s(queue, call.since_boot_s, call.step),
        call.promise_boot_s,
        call.announce_boot_s,
        overdue_boot_s(queue, call),
    ]
    return min([moment for moment in moments if moment is not None], default=None)


def overdue_boot_s(queue: Queue, call: CallRecord) -> float | None:
    """When it will have waited too long for this queue; None: never, or it was sent on before (queueing.overflow)."""
    if queue.max_wait_s is None or queue.id in call.overflowed:
        return None
    return call.since_boot_s + queue.max_wait_s


def begin(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """It has just come to its present queue, whatever it has gone through before."""
    call.step, call.held_for = 0, None
    call.promise_boot_s = call.promised_until_boot_s = None
    call.announce_boot_s, call.told_ahead, call.offered_keys = None, None, ""
    _expect_promise(floor, draft, call)
    queue = floor.queues.get(call.queue) if call.queue else None
    if queue is not None and queue.announce_after_s > 0:
        call.announce_boot_s = draft.now_s + queue.announce_after_s


def _expect_promise(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Let it be told how long it will take when this decision has given its seats, and again after a while."""
    queue = floor.queues.get(call.queue) if call.queue else None
    if queue is not None and queue.promise_every_s > 0:
        floor.unpromised[call.id] = None
        call.promise_boot_s = draft.now_s + queue.promise_every_s


def due(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Do what is due, and give the caller the row that fits now."""
    assert call.queue is not None
    queue = floor.queues[call.queue]  # only one that the house has, or had when the caller came, gives deadlines
    if call.since_boot_s + queue.preferred_agent_s <= draft.now_s:
        call.held_for = None
    if call.promise_boot_s is not None and call.promise_boot_s <= draft.now_s:
        call.promise_boot_s = None
        _expect_promise(floor, draft, call)
    if call.announce_boot_s is not None and call.announce_boot_s <= draft.now_s:
        call.announce_boot_s = draft.now_s + queue.announce_every_s
        floor.untold[call.id] = None
    call.step = relaxing.step_at(queue, call.since_boot_s, draft.now_s)
    floor.line.discard(call.id)
    floor.enlist(call)
