"""Closing a queue at once, live: who waits there and who comes goes to another queue or hears a closing message.

A ring that is on goes on, and so does every talk; a caller whose ring nobody answers is sent on then. The last queue
of a chain of closed ones decides. A queue stays closed until it is opened, over restarts and new versions of the
house.
"""

from __future__ import annotations

from core.commands import Dismiss
from core.errors import Refused
from core.events import CallFlowedOut, QueueClosed, QueueOpened
from core.ids import QueueId
from core.inputs import CloseQueue, OpenQueue
from queueing import calls
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord

PROMPT = "queue-closed"
DISMISS_WITHIN_S = 30.0


def close(floor: Floor, draft: Draft, by: str, wish: CloseQueue) -> None:
    """Raises Refused."""
    closed = floor.state.closed_queues
    for queue in (wish.queue, wish.to):
        if queue is not None and queue not in floor.queues:
            raise Refused(f"There is no queue {queue}. Choose another.")
    if wish.to == wish.queue or (wish.to is not None and _end_of(floor, wish.to) == wish.queue):
        raise Refused(f"Calls of {wish.queue} would come back to it. Choose another queue, or the closing message.")
    to = wish.to if wish.to is not None else calls.NO_QUEUE
    if closed.get(wish.queue) == to:
        return
    closed[wish.queue] = to
    draft.tell(QueueClosed(wish.queue, to, by))
    for call in floor.state.calls.values():
        if call.queue == wish.queue:
            floor.enlist(call)  # touches its need


def open_again(floor: Floor, draft: Draft, by: str, wish: OpenQueue) -> None:
    """Raises Refused."""
    if floor.state.closed_queues.pop(wish.queue, None) is None:
        raise Refused(f"{wish.queue} is not closed.")
    draft.tell(QueueOpened(wish.queue, by))


def settle(floor: Floor, draft: Draft) -> None:
    """Send on whoever stands in the line of a closed queue. Costs nothing while none is closed."""
    if not floor.state.closed_queues:
        return
    touched = [floor.state.calls[place[2]] for need in floor.touched for place in floor.line.row(need)]
    for call in touched:
        if call.queue in floor.state.closed_queues:
            _send_on(floor, draft, call)


def _send_on(floor: Floor, draft: Draft, call: CallRecord) -> None:
    assert call.queue is not None
    to = _end_of(floor, call.queue)
    if to in floor.queues:
        calls.to_queue(floor, draft, call, to, "closed")
        return
    dismiss(floor, draft, call, "closed", PROMPT)


def dismiss(floor: Floor, draft: Draft, call: CallRecord, why: str, prompt: str) -> None:
    """The caller hears this prompt, and that is all: F of kpi.md."""
    assert call.queue is not None
    floor.line.discard(call.id)
    call.due_boot_s = None
    call.dismissed, call.offered = True, False
    draft.tell(CallFlowedOut(call.id, call.queue, call.hotline, draft.now_s - call.since_boot_s, why))
    calls.move(draft, call, "left")
    until = draft.now_s + DISMISS_WITHIN_S
    draft.order(Dismiss(draft.next_id(), until, call.node, call.id, call.language, prompt))


def _end_of(floor: Floor, queue: QueueId) -> QueueId:
    """Where calls for this queue go in the end."""
    while queue in floor.state.closed_queues:
        queue = floor.state.closed_queues[queue]
    return queue
