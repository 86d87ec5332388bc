"""Closing a queue at once, live: who waits there and who comes goes to another queue or hears a closing message.

A ring that is on goes on, and so does every talk; a caller whose ring nobody answers is sent on then. The last queue
of a chain of closed ones decides. A queue stays closed until it is opened, over restarts and new versions of the
house, and in the dialplan's own fallback, which is told.
"""

from __future__ import annotations

from core.commands import Dismiss, MirrorClosing
from core.errors import Refused
from core.events import CallFlowedOut, QueueClosed, QueueOpened
from core.ids import QueueId
from core.inputs import CloseQueue, OpenQueue
from queueing import calls, seats
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, NodeRecord

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
    _mirror_changed(floor, draft, wish.queue)
    for call in floor.state.calls.values():
        if call.queue == wish.queue:
            floor.enlist(call)  # touches its need


def open_again(floor: Floor, draft: Draft, by: str, wish: OpenQueue) -> None:
    """Raises Refused."""
    if floor.state.closed_queues.pop(wish.queue, None) is None:
        raise Refused(f"{wish.queue} is not closed.")
    draft.tell(QueueOpened(wish.queue, by))
    _mirror_changed(floor, draft, wish.queue)


# --- its twin in the native fallback ---------------------------------------------------------
def _mirror_changed(floor: Floor, draft: Draft, queue: QueueId) -> None:
    """This queue, and those whose calls may go on to it."""
    for node in floor.state.nodes.values():
        for name in dict.fromkeys((queue, *floor.state.closed_queues)) if node.up else ():
            _mirror(floor, draft, node, name)


def mirror_all(floor: Floor, draft: Draft, node: NodeRecord) -> None:
    """Tell a PBX everything: it may have forgotten, or remember what is long over."""
    for queue in floor.queues:
        _mirror(floor, draft, node, queue)


def _mirror(floor: Floor, draft: Draft, node: NodeRecord, queue: QueueId) -> None:
    end, command = _end_of(floor, queue), draft.next_id()
    to = None if end == queue else end if end in floor.queues else calls.NO_QUEUE
    floor.state.mirror_commands.keep(command, node.id)
    draft.order(MirrorClosing(command, draft.now_s + seats.MIRROR_WITHIN_S, node.id, queue, to))


# --- its callers -----------------------------------------------------------------------------
def turned_away(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The native fallback has told this caller that the queue is closed: F, and the call is over."""
    assert call.queue is not None
    if call.offered:
        call.offered = False
        waited_s = draft.now_s - call.since_boot_s
        draft.tell(CallFlowedOut(call.id, call.queue, call.hotline, waited_s, "closed"))
    calls.end(floor, draft, call, "closed")


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
