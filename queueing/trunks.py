"""Carriers for calls that we make: which one is asked next.

The house's order, those first whose qualify is answered and that have not just failed. An unreachable one is still
the last hope: Asterisk refuses such a dial at once. Each is asked once a call, and so often an hour.
"""

from __future__ import annotations

from collections.abc import Collection

from core.events import Alarmed, TrunkChanged
from core.house import House, Trunk
from core.ids import TrunkId
from core.inputs import TrunkReachabilityChanged
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import Hour, TrunkRecord

DOUBT_S = 30.0
HOUR_S = 3600.0


def record_of(floor: Floor, trunk: TrunkId) -> TrunkRecord:
    return floor.state.trunks.setdefault(trunk, TrunkRecord(trunk))


def reachability_changed(floor: Floor, draft: Draft, fact: TrunkReachabilityChanged) -> None:
    set_reachable(floor, draft, fact.trunk, fact.reachable)


def set_reachable(floor: Floor, draft: Draft, trunk: TrunkId, reachable: bool) -> None:
    """Note what the carrier's qualify says. Saying it twice changes nothing."""
    record = record_of(floor, trunk)
    if record.reachable is not reachable:
        record.reachable = reachable
        draft.tell(TrunkChanged(trunk, reachable))


def forget_others(floor: Floor, house: House) -> None:
    """What is believed of a trunk is of one that the house had and has; whoever comes back begins anew."""
    before = {trunk.id for trunk in floor.state.house.trunks} if floor.state.house else set[TrunkId]()
    stay = before & {trunk.id for trunk in house.trunks}
    for gone in floor.state.trunks.keys() - stay:
        del floor.state.trunks[gone]


def choose(floor: Floor, draft: Draft, tried: Collection[TrunkId]) -> TrunkId | None:
    """The next trunk to ask; None: all have been asked."""
    left = [trunk for trunk in _usable(floor) if trunk.id not in tried and not _spent(floor, draft, trunk)]
    return min(left, key=lambda trunk: _doubts(floor, draft, trunk.id)).id if left else None


def count_dial(floor: Floor, draft: Draft, trunk: TrunkId) -> None:
    hour_of(floor, draft, f"trunk {trunk}").count += 1


def failed(floor: Floor, draft: Draft, trunk: TrunkId, why: str) -> None:
    """It could not bring a call to anybody: others are asked first for a while, and somebody must know."""
    record = record_of(floor, trunk)
    if record.doubted_until_boot_s <= draft.now_s:
        text = f"Trunk {trunk} failed an outgoing call ({why}); others are tried first."
        draft.tell(Alarmed("trunk_failed", text, (("trunk", trunk),)))
    record.doubted_until_boot_s = draft.now_s + DOUBT_S


def hour_of(floor: Floor, draft: Draft, name: str) -> Hour:
    """The count of the present hour under this name."""
    hour = floor.state.dials.get(name)
    if hour is None or draft.now_s - hour.began_boot_s >= HOUR_S:
        hour = floor.state.dials[name] = Hour(draft.now_s)
    return hour


def early_media_s(floor: Floor, trunk: TrunkId) -> float:
    """How long it may sound without ringing."""
    return next((each.early_media_s for each in _usable(floor) if each.id == trunk), 0.0)


def _usable(floor: Floor) -> list[Trunk]:
    return [trunk for trunk in floor.state.house.trunks if trunk.outbound] if floor.state.house else []


def _spent(floor: Floor, draft: Draft, trunk: Trunk) -> bool:
    assert floor.state.house is not None
    return hour_of(floor, draft, f"trunk {trunk.id}").count >= floor.state.house.outbound.calls_per_trunk_hour


def _doubts(floor: Floor, draft: Draft, trunk: TrunkId) -> tuple[bool, bool]:
    """Fewer are better; min() keeps the house's order among equals."""
    record = record_of(floor, trunk)
    return not record.reachable, record.doubted_until_boot_s > draft.now_s
