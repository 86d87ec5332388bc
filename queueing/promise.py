"""How long a waiting caller will probably wait: an interval, announced again from time to time, never rising.

Callers ahead count in the share in which they need the same agents. With m agents on duty who may serve, one becomes
free every H / m seconds, H the mean handling time learnt from the queue's own calls. The k-th of these moments is
Gamma distributed with mean k × H / m: exact for exponential talks while all are busy, near enough for others. The
interval is its middle 80 %, widened to whole minutes. A later promise never ends after an earlier one; a caller whose
time is over is told so.

Left out are agents on a break and callers ahead who give up, which make the wait shorter, and callers who pass by
priority, which make it longer.
"""

from __future__ import annotations

from bisect import bisect_left
from math import ceil, sqrt

from core.events import PromiseMade
from core.ids import QueueId
from core.states import CallState
from queueing import aging, relaxing
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.line import Need
from queueing.state import CallRecord, Handling

UNSEEN_HANDLING_S = 180.0
WEIGHT = 0.05
"""Of the newest call in the mean handling time: about the last twenty count."""
TENTH = 1.2816
"""A tenth of the normal distribution lies beyond so many standard deviations."""
MINUTE_S = 60.0
Interval = tuple[float, float, bool]
"""From `low_s` to `high_s`, and whether the time promised before is over."""


def learn(floor: Floor, queue: QueueId, handling_s: float) -> None:
    """A talk with its wrap-up took so long."""
    seen = floor.state.handling.setdefault(queue, Handling())
    seen.count += 1
    seen.mean_s += max(WEIGHT, 1 / seen.count) * (handling_s - seen.mean_s)


def make(floor: Floor, draft: Draft) -> None:
    """Promise something to those who have just come and must wait. Call when this decision has given its seats."""
    for call_id in tuple(floor.unpromised):
        call = floor.state.calls.get(call_id)
        if call is not None and call.state is CallState.WAITING and call.id in floor.line:
            announce(floor, draft, call)
    floor.unpromised.clear()


def announce(floor: Floor, draft: Draft, call: CallRecord) -> Interval | None:
    """Tell an interval, or that the time promised is over; nothing where nobody is on duty to keep it."""
    assert call.queue is not None
    if (interval := remaining_s(floor, call)) is None:
        return None
    low_s, high_s = interval
    until_boot_s = draft.now_s + high_s
    if call.promised_until_boot_s is not None:
        until_boot_s = min(until_boot_s, call.promised_until_boot_s)
    call.promised_until_boot_s = until_boot_s
    high_s = MINUTE_S * ceil((until_boot_s - draft.now_s) / MINUTE_S)
    overdue = high_s <= 0
    low_s = 0.0 if overdue else min(low_s, high_s - MINUTE_S)
    waited_s = draft.now_s - call.since_boot_s
    told = low_s, max(0.0, high_s), overdue
    draft.tell(PromiseMade(call.id, call.queue, call.hotline, waited_s, *told))
    return told


def remaining_s(floor: Floor, call: CallRecord) -> tuple[float, float] | None:
    """The interval from now on in whole minutes, low and high; None: nobody on duty may serve."""
    need = relaxing.need_of(call, floor.queues.get(call.queue) if call.queue else None)
    agents = floor.duty.agents(need)
    if agents == 0:
        return None
    seen = floor.state.handling.get(need.queue)
    unit_s = (seen.mean_s if seen else UNSEEN_HANDLING_S) / agents
    turns = 1 + _ahead(floor, call, need)
    low_s, high_s = (unit_s * _gamma(turns, z) for z in (-TENTH, TENTH))
    low_s = low_s // MINUTE_S * MINUTE_S
    return low_s, max(MINUTE_S * ceil(high_s / MINUTE_S), low_s + MINUTE_S)


def _ahead(floor: Floor, call: CallRecord, need: Need) -> float:
    """Callers before this one, each in the share of its agents that are also ours."""
    place = aging.place(call, floor.state.house)
    ahead = 0.0
    for other, row in floor.line.rows():
        if not other.agent and (before := bisect_left(row, place)):
            ahead += before * floor.duty.share(other, need)
    return ahead


def _gamma(shape: float, z: float) -> float:
    """A quantile of the Gamma distribution with unit scale (Wilson and Hilferty 1931)."""
    root = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape))
    return shape * max(0.0, root) ** 3
