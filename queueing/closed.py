"""What closed queues mean for the calls that ask for them: where these go in the end, and when they are taken again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from core.ids import NO_QUEUE, QueueId
from queueing.floor import Floor


def end_of(floor: Floor, queue: QueueId) -> QueueId:
    """Where calls for this queue go in the end; nowhere while the house is being stopped (queueing.draining)."""
    if floor.state.drain.on:
        return NO_QUEUE
    last = deque(_chain(floor, queue), maxlen=1)
    return floor.state.closed_queues[last[0]] if last else queue


def opens_utc_s(floor: Floor, queue: QueueId) -> float | None:
    """When the first queue of its chain opens by itself: any that does takes its calls."""
    reopenings = (floor.state.reopenings.get(each) for each in _chain(floor, queue))
    return min((reopening.opens_utc_s for reopening in reopenings if reopening is not None), default=None)


def _chain(floor: Floor, queue: QueueId) -> Iterator[QueueId]:
    """This queue and those that its calls would go to, as far as they are closed."""
    while queue in floor.state.closed_queues:
        yield queue
        queue = floor.state.closed_queues[queue]
