"""What closed queues mean for the calls that ask for them: where these go in the end, and when they are taken again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from core.house import ClosingMessage
from core.ids import NO_QUEUE, QueueId
from queueing.floor import Floor


def end_of(floor: Floor, queue: QueueId) -> QueueId:
    """Where calls for this queue go in the end; nowhere while the house is being stopped (queueing.draining)."""
    if floor.state.drain.on:
        return NO_QUEUE
    last = _last(floor, queue)
    return floor.state.closed_queues[last] if last else queue


def leads_to(floor: Floor, queue: QueueId, other: QueueId) -> bool:
    """Whether calls for this queue come to the other one, or past it: what closed queues say, whatever else holds."""
    return other == queue or any(other == floor.state.closed_queues[each] for each in _chain(floor, queue))


def opens_utc_s(floor: Floor, queue: QueueId) -> float | None:
    """When the first queue of its chain opens by itself: any that does takes its calls."""
    reopenings = (floor.state.reopenings.get(each) for each in _chain(floor, queue))
    return min((reopening.opens_utc_s for reopening in reopenings if reopening is not None), default=None)


def flow_of(floor: Floor, queue: QueueId | None) -> str:
    """What callers of a closed queue hear: the message chosen for the last of its chain, else the closing flow."""
    house, last = floor.state.house, _last(floor, queue) if queue else None
    message = message_of(floor, floor.state.closing_messages.get(last, "")) if last else None
    return message.flow if message else house.closing_flow if house else ""


def message_of(floor: Floor, name: str) -> ClosingMessage | None:
    """None: the house has none of this name, or no more."""
    messages = floor.state.house.closing_messages if floor.state.house else ()
    return next((message for message in messages if message.id == name), None)


def _last(floor: Floor, queue: QueueId) -> QueueId | None:
    """The closed queue that decides; None: this one is open."""
    found = deque(_chain(floor, queue), maxlen=1)
    return found[0] if found else None


def _chain(floor: Floor, queue: QueueId) -> Iterator[QueueId]:
    """This queue and those that its calls would go to, as far as they are closed."""
    while queue in floor.state.closed_queues:
        yield queue
        queue = floor.state.closed_queues[queue]
