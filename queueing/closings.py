"""Closing a queue at once, live: who waits there and who comes goes to another queue or hears the house's closing flow.

A ring that is on goes on, and so does every talk; a caller whose ring nobody answers is sent on then. The last queue
of a chain of closed ones decides. A queue stays closed until it is opened, or until the moment that was given, over
restarts and new versions of the house, and in the dialplan's own fallback, which is told.

The closing flow, or the closing message that was chosen in its place, says when that moment is, and offers a callback
or a message; its callers have flowed out (F of docs/figures.md) when it begins. One that leads to a person leads
nowhere: there is none.
"""

from __future__ import annotations

from core.commands import MirrorClosing
from core.errors import Refused
from core.events import CallFlowedOut, QueueClosed, QueueOpened
from core.ids import NO_QUEUE, QueueId
from core.inputs import CallQueued, CloseQueue, OpenQueue
from queueing import calls, closed, flows, seats, work
from queueing.calls import CLOSED
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, NodeRecord, ReopeningRecord


def close(floor: Floor, draft: Draft, by: str, wish: CloseQueue) -> None:
    """Raises Refused."""
    closed_to = floor.state.closed_queues
    for queue in (wish.queue, wish.to):
        if queue is not None and queue not in floor.queues:
            raise Refused(f"There is no queue {queue}. Choose another.")
    if wish.to is not None and closed.leads_to(floor, wish.to, wish.queue):
        raise Refused(f"Calls of {wish.queue} would come back to it. Choose another queue, or the closing message.")
    _check_message(floor, wish)
    if wish.until_utc_s is not None and wish.until_utc_s <= draft.utc_s:
        raise Refused("The moment at which it opens again is over. Give a later one.")
    to = wish.to if wish.to is not None else NO_QUEUE
    if closed_to.get(wish.queue) == to and _how(floor, wish.queue) == (wish.until_utc_s, wish.message):
        return
    closed_to[wish.queue] = to
    floor.state.closing_messages.pop(wish.queue, None)
    if wish.message:
        floor.state.closing_messages[wish.queue] = wish.message
    _reopen_at(floor, draft, wish.queue, wish.until_utc_s)
    draft.tell(QueueClosed(wish.queue, to, by, wish.until_utc_s, wish.message))
    _mirror_changed(floor, draft, wish.queue)
    for call in floor.state.calls.values():
        if call.queue == wish.queue:
            floor.enlist(call)  # touches its need


def _check_message(floor: Floor, wish: CloseQueue) -> None:
    """Raises Refused."""
    if wish.message and wish.to is not None:
        raise Refused("Who is sent to another queue hears no closing message. Give one or the other.")
    if wish.message and closed.message_of(floor, wish.message) is None:
        raise Refused(f"There is no closing message {wish.message}. Choose another, or add it to the house.")


def open_again(floor: Floor, draft: Draft, by: str, wish: OpenQueue) -> None:
    """Raises Refused."""
    if wish.queue not in floor.state.closed_queues:
        raise Refused(f"{wish.queue} is not closed.")
    _open(floor, draft, wish.queue, by)


def due(floor: Floor, draft: Draft, reopening: ReopeningRecord) -> None:
    """It was closed until now."""
    _open(floor, draft, reopening.id, work.ENGINE)


def clock_set(floor: Floor, draft: Draft) -> None:
    """The moments that were given are of the wall clock."""
    for reopening in floor.state.reopenings.values():
        _arm(floor, draft, reopening)


def _arm(floor: Floor, draft: Draft, reopening: ReopeningRecord) -> None:
    floor.due(reopening, draft.now_s + max(0.0, reopening.opens_utc_s - draft.utc_s))


def _open(floor: Floor, draft: Draft, queue: QueueId, by: str) -> None:
    del floor.state.closed_queues[queue]
    floor.state.closing_messages.pop(queue, None)
    floor.state.reopenings.pop(queue, None)
    draft.tell(QueueOpened(queue, by))
    _mirror_changed(floor, draft, queue)


def _reopen_at(floor: Floor, draft: Draft, queue: QueueId, utc_s: float | None) -> None:
    floor.state.reopenings.pop(queue, None)
    if utc_s is not None:
        reopening = floor.state.reopenings[queue] = ReopeningRecord(queue, utc_s)
        _arm(floor, draft, reopening)


def _how(floor: Floor, queue: QueueId) -> tuple[float | None, str]:
    """When it opens by itself, and what its callers hear until then."""
    reopening, message = floor.state.reopenings.get(queue), floor.state.closing_messages.get(queue, "")
    return None if reopening is None else reopening.opens_utc_s, message


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
    end, command = closed.end_of(floor, queue), draft.next_id()
    to = None if end == queue else end if end in floor.queues else NO_QUEUE
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
    if not floor.state.closed_queues and not floor.state.drain.on:
        return
    touched = [floor.state.calls[place[2]] for need in floor.touched for place in floor.line.row(need)]
    for call in touched:
        if floor.is_closed(call.queue):
            _send_on(floor, draft, call)


def _send_on(floor: Floor, draft: Draft, call: CallRecord) -> None:
    assert call.queue is not None
    to = closed.end_of(floor, call.queue)
    if to in floor.queues:
        calls.to_queue(floor, draft, call, to, "closed")
        return
    _flow_out(floor, draft, call, "closed")
    flows.tell_closed(floor, draft, call)


def come_back(floor: Floor, draft: Draft, call: CallRecord, fact: CallQueued) -> None:
    """A caller's flow led to a person. There is one if their queue has been opened meanwhile."""
    if call.dismissed and call.queue is not None and closed.end_of(floor, call.queue) not in floor.queues:
        calls.say_goodbye(draft, call, CLOSED)
    else:
        flows.back_in_line(floor, draft, call, fact)


def dismiss(floor: Floor, draft: Draft, call: CallRecord, why: str, prompt: str) -> None:
    """The caller hears this prompt, and that is all."""
    _flow_out(floor, draft, call, why)
    calls.say_goodbye(draft, call, prompt)


def _flow_out(floor: Floor, draft: Draft, call: CallRecord, why: str) -> None:
    """F of docs/figures.md."""
    assert call.queue is not None
    floor.line.discard(call.id)
    call.due_boot_s = None
    call.dismissed, call.offered = True, False
    draft.tell(CallFlowedOut(call.id, call.queue, call.hotline, draft.now_s - call.since_boot_s, why))
    calls.move(draft, call, "left")
