"""What a queue offers every waiting caller because its governor says so: to be called back, to leave a message.

A queue's own rules may offer the same to those who will wait long; this is beside them, with the ladder's hysteresis.
Who announces asks `current`; a change is told with its reason.
"""

from __future__ import annotations

from typing import NamedTuple

from core.events import OffersChanged
from core.ids import QueueId
from queueing.decision import Draft
from queueing.floor import Floor


class Offers(NamedTuple):
    callbacks: bool = False
    messages: bool = False


def current(floor: Floor, queue: QueueId) -> Offers:
    """What a caller of this queue may be offered at this moment; a promise too many could not be kept."""
    offered = of_ladder(floor, queue)
    return offered._replace(callbacks=offered.callbacks and can_promise(floor))


def can_promise(floor: Floor) -> bool:
    """May one more callback be promised?"""
    house = floor.state.house
    return house is not None and len(floor.state.callbacks) < house.callbacks.open


def of_ladder(floor: Floor, queue: QueueId) -> Offers:
    """What the steps taken so far say."""
    measures = floor.measures(queue)
    return Offers("offer_callbacks" in measures, "offer_messages" in measures)


def every(floor: Floor) -> dict[QueueId, Offers]:
    """Of each queue that is governed; take it before a change, and tell the change with it."""
    return {queue: of_ladder(floor, queue) for queue in floor.state.governors}


def tell(floor: Floor, draft: Draft, before: dict[QueueId, Offers], why: str) -> None:
    """Say what has changed since `before`."""
    for queue, was in before.items():
        if (offered := of_ladder(floor, queue)) != was:
            draft.tell(OffersChanged(queue, offered.callbacks, offered.messages, why))
