"""Listening by telephone: a supervisor's phone is rung and hears a talk, speaks to the agent alone, or to both.

- The phone is of a seat at which they sit themselves, or nobody. It is busy meanwhile; nobody is called there.
- It begins with the answer, and ends with the listening (queueing.listening) or the phone's own hang-up.
- Another way of listening is taken up on the same line, without ringing again; granted when the PBX has done it.
"""

from __future__ import annotations

from core.commands import CallListener, TurnListener
from core.errors import Refused
from core.events import ListeningBegan, ListeningChanged
from core.ids import CallId, ListeningId, RequestId, SeatId, own_offer
from core.inputs import (
    ChangeListening,
    CommandDone,
    CommandFailed,
    ListenByPhone,
    PbxResynced,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
)
from core.states import SeatState
from queueing import listening, seats
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import EngineState, ListeningRecord, SeatRecord

WITHIN_S = 2.5
"""As queueing.moves.ANSWER_WITHIN_S: whoever asks over the API waits for three seconds."""


def ask(floor: Floor, draft: Draft, wish: ListenByPhone, by: str) -> ListeningId:
    """Ring the phone; the listening's id. Raises Refused."""
    record = listening.make(floor, draft, wish, by)
    seat = _free_seat(floor, wish.seat, by)
    record.seat, record.mode = seat.id, wish.mode
    record.channel = CallId(f"{record.node}-mon-{int(draft.utc_s)}.{draft.sequence}")
    record.command = draft.next_id()
    floor.state.listenings[record.id] = record
    _hold(floor, seat, record.channel)
    until, ring_s = draft.now_s + seats.RING_WITHIN_S, floor.cadence.budget_s + seats.SPARE_DIAL_S
    offer = own_offer(record.channel)
    draft.order(
        CallListener(record.command, until, record.node, record.call, record.channel, offer, seat.id, wish.mode, ring_s)
    )
    floor.due(record, until)
    return record.id


def change(floor: Floor, draft: Draft, request: RequestId, wish: ChangeListening, by: str) -> str | None:
    """Go on in another way. None: the PBX has to do it first; "": it is so already. Raises Refused."""
    record = going_on(floor, wish.listening, by)
    if record.mode is wish.mode:
        return ""
    assert record.channel is not None
    record.turning, record.asked, record.wanted = draft.next_id(), request, wish.mode
    until = draft.now_s + WITHIN_S
    floor.due(record, until)
    draft.order(TurnListener(record.turning, until, record.node, record.call, record.channel, wish.mode))
    return None


def going_on(floor: Floor, name: ListeningId, by: str) -> ListeningRecord:
    """This person's listening by phone, free to be changed. Raises Refused."""
    record = floor.state.listenings.get(name)
    if record is None or record.channel is None or not record.heard:
        raise Refused("This listening is not going on by telephone. Begin anew.")
    if record.by != by:
        raise Refused(f"{record.by} is listening. Only they can change how.")
    check(record)
    return record


def check(record: ListeningRecord) -> None:
    """May it be changed now? Raises Refused."""
    if record.turning is not None:
        raise Refused("Another request about this listening is being carried out. Try again in a moment.")


def is_asked(floor: Floor, request: RequestId) -> bool:
    """Is this request being carried out?"""
    return any(record.asked == request for record in floor.state.listenings.values())


def turned(floor: Floor, draft: Draft, fact: CommandDone | CommandFailed) -> bool:
    """Was this our order to listen in another way? It is so now, or was refused."""
    turning = (record for record in floor.state.listenings.values() if record.turning == fact.id)
    record = next((record for record in turning if record.wanted is not None), None)
    if record is None or record.wanted is None:
        return False
    mode, record.turning, record.wanted, record.due_boot_s = record.wanted, None, None, None
    if isinstance(fact, CommandFailed):
        listening.answer(floor, draft, record, f"The PBX could not do it: {fact.reason}.")
        return True
    record.mode = mode
    draft.tell(ListeningChanged(record.id, record.call, record.by, mode, record.told))
    listening.answer(floor, draft, record, "")
    listening.beep(floor, draft, record)
    return True


def of(state: EngineState, channel: CallId | None) -> ListeningRecord | None:
    """Whose phone this is."""
    if channel is None:
        return None
    return next((record for record in state.listenings.values() if record.channel == channel), None)


def _listening(floor: Floor, channel: CallId) -> ListeningRecord:
    """The engine hands these facts to us because it is somebody's (queueing.engine)."""
    record = of(floor.state, channel)
    assert record is not None
    return record


# --- facts ---------------------------------------------------------------------------------------
def rang(floor: Floor, draft: Draft, fact: SeatRang) -> None:
    record = _listening(floor, fact.call)
    if not record.rang and not record.heard:
        record.rang = True
        floor.due(record, draft.now_s + floor.cadence.budget_s)


def answered(floor: Floor, draft: Draft, fact: SeatAnswered) -> None:
    _heard(floor, draft, _listening(floor, fact.call))


def leg_ended(floor: Floor, draft: Draft, fact: SeatLegEnded) -> None:
    """Whoever listened has hung up, or did not answer."""
    record = _listening(floor, fact.call)
    if fact.cause in seats.UNREACHABLE_CAUSES and not record.rang and record.seat is not None:
        seats.set_reachable(floor, draft, floor.state.seats[record.seat], False)
    listening.end(floor, draft, record, "hung_up" if record.heard else "not_answered")


def failed(floor: Floor, draft: Draft, fact: CommandFailed) -> None:
    """The phone could not be rung, or its line not be turned."""
    if turned(floor, draft, fact):
        return
    record = next((each for each in floor.state.listenings.values() if each.command == fact.id), None)
    if record is not None:
        listening.end(floor, draft, record, "not_answered")


def due(floor: Floor, draft: Draft, record: ListeningRecord) -> None:
    """Three rings, or no ring at all; or an order got no answer."""
    record.due_boot_s = None
    if not record.heard:
        listening.end(floor, draft, record, "not_answered")
    else:
        listening.answer(floor, draft, record, "The PBX has not confirmed it in time. Listen before you speak.")


def reconcile(floor: Floor, draft: Draft, fact: PbxResynced, newer_boot_s: float) -> None:
    """Phones that the PBX shows, or does not show any more; one that began after that moment is not contradicted."""
    seen = {each.call: each for each in fact.outbound}
    for record in tuple(floor.state.listenings.values()):
        if record.channel is None or record.node != fact.node or record.began_boot_s > newer_boot_s:
            continue
        if record.offer is not None:
            continue  # it is becoming a leg of the call (queueing.taking)
        found = seen.get(record.channel)
        if found is None:
            listening.end(floor, draft, record, "hung_up" if record.heard else "not_answered")
        elif found.answered:
            _heard(floor, draft, record)


def _heard(floor: Floor, draft: Draft, record: ListeningRecord) -> None:
    """The phone is off the hook: from now on the talk is heard."""
    if not record.heard:
        record.heard, record.due_boot_s, record.began_boot_s = True, None, draft.now_s
        what = (record.id, record.call, record.by, record.address, record.told, record.seat, record.mode)
        draft.tell(ListeningBegan(*what))
        listening.beep(floor, draft, record)


def _free_seat(floor: Floor, name: SeatId, by: str) -> SeatRecord:
    """Raises Refused."""
    seat = floor.state.seats.get(name)
    if seat is None or not seat.in_house:
        raise Refused(f"There is no seat {name}. Choose another.")
    if seat.agent is not None and seat.agent != by:
        raise Refused(f"{seat.agent} sits at {name}. Choose your own seat, or one where nobody sits.")
    if seat.state is SeatState.UNREACHABLE or seat.call is not None:
        raise Refused(f"The phone of {name} is not free. Look whether it is registered and on the hook.")
    return seat


def _hold(floor: Floor, seat: SeatRecord, channel: CallId) -> None:
    seat.call = channel
    floor.refresh_seat(seat)
