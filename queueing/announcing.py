"""What a waiting caller is told: the place, how long it will take, and what may be had instead by a key.

- First after `announce_after_s` of waiting, then every `announce_every_s`, and only to a caller who stands in line
  when the decision has given its seats: nobody is told of a wait that is over. A connection cuts it short (cti.lines).
- The wait is what PromiseMade says in the same moment, so it never rises. The place is left out while it would rise:
  somebody with more priority came.
- A callback or a message is offered to whoever may have to wait long, or is promised nothing, and as soon as the
  governor says so; a callback only if the number may be called and no promise stands for it.
"""

from __future__ import annotations

from bisect import bisect_left

from core.commands import CALLBACK_KEY, MESSAGE_KEY, TellWait
from core.events import WaitTold
from core.house import Queue
from core.inputs import CallbackRequested, QueueKeyPressed
from core.states import CallState
from queueing import aging, callbacks, flows, offers, outbound, promise, relaxing
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.promise import Interval
from queueing.state import CallRecord

TOLD_WITHIN_S = 5.0


def make(floor: Floor, draft: Draft) -> None:
    """Tell those whose turn has come. Call when this decision has given its seats, before promise.make."""
    for call_id in tuple(floor.untold):
        call = floor.state.calls.get(call_id)
        queue = floor.queues.get(call.queue) if call is not None and call.queue else None
        if call is not None and queue is not None and call.state is CallState.WAITING and call.id in floor.line:
            _tell(floor, draft, call, queue)
    floor.untold.clear()


def _tell(floor: Floor, draft: Draft, call: CallRecord, queue: Queue) -> None:
    interval = promise.announce(floor, draft, call) if queue.promise_every_s > 0 else None
    floor.unpromised.pop(call.id, None)
    low_s, high_s, overdue = interval or (0.0, 0.0, False)
    place = place_of(floor, call)
    ahead = place if call.told_ahead is None or place <= call.told_ahead else None
    call.told_ahead = place if ahead is not None else call.told_ahead
    call.offered_keys = _keys(floor, draft, call, queue, interval)
    draft.tell(WaitTold(call.id, queue.id, call.hotline, ahead, call.offered_keys))
    until, told = draft.now_s + TOLD_WITHIN_S, (ahead, low_s, high_s, overdue, call.offered_keys)
    draft.order(TellWait(draft.next_id(), until, call.node, call.id, call.language, *told))


def place_of(floor: Floor, call: CallRecord) -> int:
    """Callers before this one who need an agent that could be theirs."""
    need = relaxing.need_of(call, floor.queues.get(call.queue) if call.queue else None)
    place = aging.place(call, floor.state.house)
    rows = ((other, bisect_left(row, place)) for other, row in floor.line.rows())
    return sum(before for other, before in rows if before and (other == need or floor.duty.share(other, need) > 0))


def _keys(floor: Floor, draft: Draft, call: CallRecord, queue: Queue, interval: Interval | None) -> str:
    governed = offers.current(floor, queue.id)
    callback = governed.callbacks or _helps(interval, queue.offer_callback_s)
    message = governed.messages or _helps(interval, queue.offer_message_s)
    keys = CALLBACK_KEY if callback and callbacks.is_new(floor, draft.now_s, call.caller) else ""
    return keys + (MESSAGE_KEY if message else "")


def _helps(interval: Interval | None, from_s: float | None) -> bool:
    if from_s is None:
        return False
    return interval is None or interval[2] or interval[1] >= from_s


def key_pressed(floor: Floor, draft: Draft, fact: QueueKeyPressed) -> None:
    """The caller wants what was offered. One whose phone rings an agent by now stays in line."""
    call = floor.state.calls.get(fact.call)
    if call is None or call.state is not CallState.WAITING or fact.key not in call.offered_keys:
        return
    assert call.queue is not None
    call.offered_keys = ""
    if fact.key == CALLBACK_KEY:
        who = (call.id, call.node, call.hotline, call.trunk, call.caller)
        wish = CallbackRequested(*who, call.caller, call.queue, call.language, call.priority)
        callbacks.requested(floor, draft, wish)
    else:
        flows.leave_message(floor, draft, call, outbound.house_of(floor).message_flow)
