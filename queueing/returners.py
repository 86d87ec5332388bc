"""Callers who come back soon: whoever gave up waiting, or was cut off, gets the old place again.

Known by the caller's number, so a withheld one is never known. One place a number, used once, remembered for
`returner_s` seconds and for a bounded number of callers. The wait that is counted begins anew; only the place is old.
"""

from __future__ import annotations

from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, Returner

CUT_OFF_CAUSES = frozenset({27, 38, 41, 42, 44, 47})
"""Q.850: destination or network out of order, temporary failure, congestion, no channel (also: no more RTP), no
resource. A caller who hangs up says 16."""


def expect(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """This caller left without having been helped: keep the place it had."""
    if call.caller and call.queue is not None:
        floor.state.returners.keep(call.caller, Returner(call.came_boot_s, draft.now_s))


def recall(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Give a caller who is back in time the old place; call before the call is in line."""
    if not call.caller or (found := floor.state.returners.forget(call.caller)) is None:
        return
    limit_s = floor.state.house.returner_s if floor.state.house else 0.0
    if draft.now_s - found.left_boot_s <= limit_s:
        call.old_place_boot_s = found.place_boot_s
