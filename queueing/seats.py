"""Seats: whether the phone can ring, its rest after failed rings, and its twin in the native fallback.

A phone that cannot be rung is marked unreachable until the PBX says otherwise. Against a phone
that flaps, each failed ring in a row also makes the seat rest for 2, 4, 8 … 60 s, whatever the PBX says.
"""

from __future__ import annotations

from core.commands import MirrorSeat
from core.events import SeatChanged
from core.ids import QueueId, SeatId
from core.states import AgentStatus, SeatState
from queueing import lifecycles
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import NodeRecord, SeatRecord

FIRST_REST_S = 2.0
LONGEST_REST_S = 60.0
MIRROR_WITHIN_S = 30.0
UNREACHABLE_CAUSES = frozenset({3, 18, 19, 20, 27, 34, 38, 41, 42, 44, 58, 102})
"""Q.850 causes of a leg whose phone could not be reached."""
RING_WITHIN_S = 2.0
"""An order to ring a phone counts as failed when nothing has come of it by then."""
SPARE_DIAL_S = 5.0
"""The PBX's own limit of a ring lies this much beyond ours: 2 s to the 180, and time for us to act first."""


def record_of(floor: Floor, seat: SeatId) -> SeatRecord:
    """The seat's record; phones are remembered before the house names their seat."""
    return floor.state.seats.setdefault(seat, SeatRecord(seat))


def set_reachable(floor: Floor, draft: Draft, seat: SeatRecord, reachable: bool) -> None:
    """Note what the PBX says of this phone. Saying it twice changes nothing."""
    if reachable is (seat.state is SeatState.REACHABLE):
        return
    seat.state = lifecycles.advance(lifecycles.SEAT, seat.state, "reached" if reachable else "lost")
    if seat.in_house:
        draft.tell(SeatChanged(seat.id, reachable))
    floor.refresh_seat(seat)


def rest(floor: Floor, draft: Draft, seat: SeatRecord) -> None:
    """Leave the phone alone for a while after a failed ring."""
    rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2.0 ** min(seat.failures, 10))
    seat.failures += 1
    floor.due(seat, draft.now_s + rest_s)
    floor.refresh_seat(seat)


def rest_over(floor: Floor, seat: SeatRecord) -> None:
    seat.due_boot_s = None
    floor.refresh_seat(seat)


def free(floor: Floor, seat: SeatId) -> None:
    """No call holds this seat any more."""
    record = floor.state.seats[seat]
    record.call = None
    floor.refresh_seat(record)


def mirror(floor: Floor, draft: Draft, seat: SeatRecord) -> None:
    """Tell every PBX in sight whom its native queues may ring, if that has changed."""
    wanted = _wanted(floor, seat)
    if wanted == seat.mirrored:
        return
    seat.mirrored = wanted
    for node in floor.state.nodes.values():
        if node.up:
            _order(floor, draft, node, seat)


def mirror_all(floor: Floor, draft: Draft, node: NodeRecord) -> None:
    """Tell a PBX everything: it may have forgotten, or remember what is long over."""
    for seat in floor.state.seats.values():
        seat.mirrored = _wanted(floor, seat)
        _order(floor, draft, node, seat)


def _wanted(floor: Floor, seat: SeatRecord) -> tuple[tuple[QueueId, ...], bool]:
    agent = floor.agent_of(seat)
    if agent is None:
        return (), False
    return floor.queues_of(agent.id), agent.status is not AgentStatus.READY


def _order(floor: Floor, draft: Draft, node: NodeRecord, seat: SeatRecord) -> None:
    queues, paused = seat.mirrored
    command = draft.next_id()
    floor.state.mirror_commands.keep(command, node.id)
    draft.order(MirrorSeat(command, draft.now_s + MIRROR_WITHIN_S, node.id, seat.id, queues, paused))
