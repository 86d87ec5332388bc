"""A phone that leaves the network in mid-ring rings nowhere any more: whatever rang there goes on without it at once.

Its ring is nobody's miss. Who talks on that phone goes on talking: a talk ends with its leg, and with nothing else.
"""

from __future__ import annotations

from core.ids import SeatId
from core.states import OutboundState
from queueing import consults, listening, outbound, rings, second_ring
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, SeatRecord


def ring_over(floor: Floor, draft: Draft, seat: SeatRecord) -> None:
    """End what rings at this seat, if anything does."""
    if seat.call is None:
        return
    record = floor.state.outbound.get(seat.call)
    listener = next((each for each in floor.state.listenings.values() if each.channel == seat.call), None)
    if call := floor.state.calls.get(seat.call):
        _of_call(floor, draft, call, seat.id)
    elif record is not None and record.state is OutboundState.CALLING_AGENT:
        outbound.agent_lost(floor, draft, record)
    elif listener is not None and not listener.heard:
        listening.end(floor, draft, listener, "not_answered")


def _of_call(floor: Floor, draft: Draft, call: CallRecord, seat: SeatId) -> None:
    """A leg that has ended already still waits for its explanation."""
    second, consult = floor.state.seconds.get(call.id), floor.state.consults.get(call.id)
    if call.ring is not None and call.ring.seat == seat:
        if not call.ring.unexplained:
            rings.phone_left(floor, draft, call)
    elif second is not None and second.seat == seat:
        second_ring.failed(floor, draft, call, withdraw=True)
    elif consult is not None and consult.seat == seat and consult.answered_boot_s is None:
        consults.over(floor, draft, call, "withdrawn", withdraw=True)
