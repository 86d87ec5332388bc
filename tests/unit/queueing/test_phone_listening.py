"""Listening by phone: one ring, one line, whatever it is used for, and a seat that nobody else calls meanwhile."""

from __future__ import annotations

import pytest

from core.commands import Beep, CallListener, TurnListener, WithdrawRing
from core.events import ListeningBegan, ListeningChanged, ListeningEnded, RequestGranted, RequestRefused
from core.ids import CallId, ListeningId, SeatId
from core.inputs import (
    ChangeListening,
    CommandDone,
    CommandFailed,
    ListenByPhone,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeenOutbound,
    StopListening,
)
from core.states import CallState, ListenMode
from queueing.decision import Decision
from tests.unit.queueing.builders import TestFloor, all_of, house, leg, none, only, opened, seen, talking

BUDGET_S, GRACE_S = 15.0, 10.0


def listen(floor: TestFloor, seat: str = "s3", mode: ListenMode = ListenMode.LISTEN) -> Decision:
    return floor.ask(ListenByPhone(CallId("c1"), "192.0.2.7", SeatId(seat), mode))


def rung(floor: TestFloor | None = None) -> tuple[TestFloor, CallListener]:
    """a1 talks with c1, and the phone at s3, where nobody sits, rings for somebody who wants to hear it."""
    floor = floor or opened(("a1", "s1"), ("a2", "s2"))
    floor.reach("s3")
    talking(floor, "c1")
    asked = listen(floor)
    order = only(CallListener, asked)
    assert only(RequestGranted, asked).result and none(ListeningBegan, asked)
    floor.give(SeatRang(order.channel, order.offer, order.seat))
    return floor, order


def hearing(floor: TestFloor | None = None) -> tuple[TestFloor, CallListener, ListeningId]:
    floor, order = rung(floor)
    began = only(ListeningBegan, floor.give(SeatAnswered(order.channel, order.offer, order.seat)))
    assert (began.call, began.seat, began.mode) == ("c1", "s3", "listen")
    return floor, order, began.listening


def test_it_begins_with_the_answer_and_ends_with_the_phones_hang_up() -> None:
    floor, order, name = hearing()
    floor.after(30.0)
    over = floor.give(SeatLegEnded(order.channel, order.offer, order.seat, 16))
    told = only(ListeningEnded, over)
    assert (told.listening, told.why, told.lasted_s) == (name, "hung_up", 30.0)
    assert floor.engine.snapshot().seats[SeatId("s3")].call is None


def test_another_way_is_taken_up_on_the_same_line() -> None:
    floor, order, name = hearing()
    for mode in (ListenMode.WHISPER, ListenMode.BARGE_IN, ListenMode.LISTEN):
        turn = only(TurnListener, asked := floor.ask(ChangeListening(name, mode)))
        assert (turn.mode, turn.channel) == (mode, order.channel) and none(CallListener, asked)
        assert none(RequestGranted, asked), "not before the PBX has done it"
        done = floor.give(CommandDone(turn.id))
        assert only(ListeningChanged, done).mode == mode and only(RequestGranted, done)
    again = floor.ask(ChangeListening(name, ListenMode.LISTEN))
    assert none(TurnListener, again) and only(RequestGranted, again)


def test_a_line_that_the_pbx_does_not_turn_stays_as_it_is_and_whoever_asked_is_told() -> None:
    floor, _, name = hearing()
    turn = only(TurnListener, floor.ask(ChangeListening(name, ListenMode.BARGE_IN)))
    assert "being carried out" in only(RequestRefused, floor.ask(ChangeListening(name, ListenMode.WHISPER))).reason
    refused = floor.give(CommandFailed(turn.id, "Channel does not exist"))
    assert "Channel does not exist" in only(RequestRefused, refused).reason and none(ListeningChanged, refused)
    silent = only(TurnListener, floor.ask(ChangeListening(name, ListenMode.WHISPER)))
    assert "not confirmed" in only(RequestRefused, floor.after(2.5)).reason
    late = floor.give(CommandDone(silent.id))
    assert only(ListeningChanged, late).mode == ListenMode.WHISPER and none(RequestGranted, late)
    floor.ask(ChangeListening(name, ListenMode.LISTEN))
    assert "over" in only(RequestRefused, floor.hang_up("c1")).reason


def test_it_ends_with_the_talk_and_the_phone_is_hung_up() -> None:
    floor, order, _ = hearing()
    over = floor.hang_up("c1")
    assert only(ListeningEnded, over).why == "talk_over"
    hang_up = next(command for command in all_of(WithdrawRing, over) if command.seat == "s3")
    assert (hang_up.call, hang_up.offer) == (order.channel, order.offer)


def test_a_phone_that_nobody_answers_has_heard_nothing() -> None:
    floor, order = rung()
    over = floor.after(BUDGET_S)
    assert only(WithdrawRing, over).call == order.channel
    assert none(ListeningEnded, over) and floor.engine.snapshot().listenings == {}


@pytest.mark.parametrize("how", ["failed", "no ring"])
def test_a_phone_that_cannot_be_rung_is_free_again(how: str) -> None:
    floor = opened(("a1", "s1"))
    floor.reach("s3")
    talking(floor, "c1")
    order = only(CallListener, listen(floor))
    floor.give(CommandFailed(order.id, "gone")) if how == "failed" else floor.after(2.0)
    assert floor.engine.snapshot().listenings == {} and only(CallListener, listen(floor))


def test_a_phone_that_unregisters_hears_nothing_and_one_that_hears_goes_on() -> None:
    floor, order = rung()
    decision = floor.reach("s3", False)
    assert only(WithdrawRing, decision).offer == order.offer
    assert not floor.engine.snapshot().listenings
    floor, *_ = hearing()
    assert none(WithdrawRing, floor.reach("s3", False)) and floor.engine.snapshot().listenings


def test_the_phone_is_ones_own_or_nobodys_and_free() -> None:
    floor, _, _ = hearing()
    for seat, why in (("s1", "sits at"), ("s2", "sits at"), ("s3", "not free"), ("s9", "no seat")):
        assert why in only(RequestRefused, listen(floor, seat)).reason


def test_nobody_is_called_at_a_phone_that_listens() -> None:
    floor, _, _ = hearing()
    floor.sign_out("a2", override=True)
    assert "in a call" in only(RequestRefused, floor.sign_in("a2", "s3")).reason


def test_only_whoever_listens_changes_or_ends_it() -> None:
    floor, _, name = hearing()
    floor.who = "somebody-else"
    assert "Only they" in only(RequestRefused, floor.ask(ChangeListening(name, ListenMode.BARGE_IN))).reason
    assert "Only they" in only(RequestRefused, floor.ask(StopListening(name))).reason


def test_what_the_pbx_shows_is_believed() -> None:
    floor, order = rung()
    floor.after(GRACE_S)
    talk, shown = seen("c1", CallState.TALKING, leg("s1", answered=True)), SeenOutbound(order.channel, order.seat, True)
    assert only(ListeningBegan, floor.resync(talk, outbound=(shown,)))
    floor.after(GRACE_S)
    assert none(WithdrawRing, floor.resync(talk, outbound=(shown,)))
    assert only(ListeningEnded, floor.resync(talk)).why == "hung_up"


def test_it_is_over_when_the_pbx_shows_that_phone_in_a_callers_talk() -> None:
    floor, order = rung()
    fallen = seen("c2", CallState.FALLBACK, leg("s3", answered=True), since=floor.now_s - 9)
    shown = floor.resync(seen("c1", CallState.TALKING, leg("s1", answered=True)), fallen)
    withdrawn = {(each.call, each.seat) for each in all_of(WithdrawRing, shown)}
    assert (order.channel, order.seat) in withdrawn
    state = floor.engine.snapshot()
    assert state.listenings == {} and state.seats[SeatId("s3")].call == "c2"


def test_a_line_that_a_killed_engine_left_is_hung_up() -> None:
    floor, order, _ = hearing()
    floor.lose_sight()
    shown = SeenOutbound(order.channel, order.seat, True)
    assert only(WithdrawRing, floor.resynced(outbound=(shown,))).call == order.channel


def test_a_beep_says_so_if_the_house_wants_it() -> None:
    floor = TestFloor()
    floor.open(house(listening={"beep": True}))
    floor.sign_in("a1", "s1")
    floor, order = rung(floor)
    heard = floor.give(SeatAnswered(order.channel, order.offer, order.seat))
    name = only(ListeningBegan, heard).listening
    assert only(Beep, heard).call == "c1"
    turn = only(TurnListener, floor.ask(ChangeListening(name, ListenMode.WHISPER)))
    assert only(Beep, floor.give(CommandDone(turn.id)))


def test_the_pbx_is_not_believed_of_a_phone_that_was_rung_a_moment_ago() -> None:
    floor, order = rung()
    talk = seen("c1", CallState.TALKING, leg("s1", answered=True))
    assert none(ListeningEnded, floor.resync(talk)) and none(WithdrawRing, floor.resync(talk))
    floor.after(GRACE_S)
    ringing = SeenOutbound(order.channel, order.seat, False)
    shown = floor.resync(talk, outbound=(ringing,))
    assert none(ListeningBegan, shown) and none(ListeningEnded, shown), "it rings on"
