"""What began or ended while nobody watched, from the PBX's own books: each call counts once, at its own time.

A call that has had its last word is passed over, so the same page may be read twice. What a page tells is
worked off as if it happened now, on a clock set back to each moment: the rules and their events are the usual.
Who ended a talk is not written there; it counts as ended by the PBX.
"""

from __future__ import annotations

from core.ids import OfferId
from core.inputs import BookedCall, PbxBooksRead
from core.states import CallState
from queueing import caller_facts, calls, closings, flows, rings, talks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord

SEEN_LATE_S = 2.0
"""So much later than it happened may a change have been seen."""
SHORTEST_MESSAGE_S = 1.0
_IN_LINE = (CallState.WAITING, CallState.FALLBACK)
_UNANSWERED = (CallState.MENU, CallState.WAITING, CallState.RESERVED, CallState.RINGING, CallState.FALLBACK)


def read(floor: Floor, draft: Draft, fact: PbxBooksRead) -> None:
    """Work off a page, in the order of the answers, or of the ends where nobody answered."""
    node = floor.node(fact.node)
    for booked in sorted(fact.calls, key=lambda call: (call.answered_utc_s or call.ended_utc_s, call.call)):
        if booked.call not in floor.state.gone:
            _work_off(floor, draft, fact, booked)
    node.books_place = fact.place


def _work_off(floor: Floor, draft: Draft, fact: PbxBooksRead, booked: BookedCall) -> None:
    call = floor.state.calls.get(booked.call)
    if call is None:
        with draft.at(booked.began_utc_s):
            call = calls.enter(
                floor, draft, booked.call, fact.node, booked.hotline, booked.trunk, booked.caller, booked.language
            )
    if call.state is CallState.MENU and booked.asked_utc_s is not None:
        _ask(draft, call, booked)
    unseen_talk = _is_unseen(draft, call, booked)
    if unseen_talk:
        _answer(floor, draft, call, booked)
    if call.state is CallState.TALKING:
        with draft.at(booked.talked_utc_s):
            talks.end(floor, draft, call, "pbx")
            calls.move(draft, call, "left")
    with draft.at(booked.ended_utc_s):
        if unseen_talk:
            calls.end(floor, draft, call, "fallback")
        elif booked.closed and call.state in _IN_LINE:
            closings.turned_away(floor, draft, call)
        elif (spoken_s := _spoken_s(booked)) >= SHORTEST_MESSAGE_S and call.state in _IN_LINE:
            flows.left_alone(draft, call, spoken_s)
            calls.end(floor, draft, call, "message")
        else:
            caller_facts.gone(floor, draft, call)


def _spoken_s(booked: BookedCall) -> float:
    """How long the caller spoke into the dialplan's message box."""
    return 0.0 if booked.message_utc_s is None else booked.ended_utc_s - booked.message_utc_s


def _is_unseen(draft: Draft, call: CallRecord, booked: BookedCall) -> bool:
    """Was it answered after we saw it last? The books keep a call's last answer, also one that we knew of."""
    if booked.answered_utc_s is None or call.state not in _UNANSWERED:
        return False
    answered_boot_s = draft.now_s + booked.answered_utc_s - draft.utc_s
    return answered_boot_s > call.changed_boot_s - SEEN_LATE_S


def _ask(draft: Draft, call: CallRecord, booked: BookedCall) -> None:
    assert booked.asked_utc_s is not None
    with draft.at(booked.asked_utc_s):
        calls.ask(draft, call, booked.queue, 0, booked.language, None)
        calls.move(draft, call, "queued")


def _answer(floor: Floor, draft: Draft, call: CallRecord, booked: BookedCall) -> None:
    assert booked.answered_utc_s is not None
    with draft.at(booked.answered_utc_s):
        if call.state is CallState.MENU:
            calls.ask(draft, call, booked.queue, 0, booked.language, None)
            calls.move(draft, call, "queued")
        if rings.is_on(call) and call.ring is not None and call.ring.seat == booked.seat:
            talks.ring_answered(floor, draft, call)
        else:
            talks.adopt(floor, draft, call, booked.seat, OfferId(""))
