"""Listening: it follows the caller while anybody of ours has them, and changes nothing about the call."""

from __future__ import annotations

from core.commands import BeginListening, CallAgent, Command, DialFar, EndListening, RingSeat
from core.events import ListeningBegan, ListeningEnded, RequestGranted, RequestRefused
from core.ids import AgentId, CallId, ListeningId
from core.inputs import (
    AgentLineHeld,
    CommandDone,
    FarAnswered,
    Listen,
    PauseRecording,
    PlaceCall,
    SeatAnswered,
    StopListening,
)
from queueing.decision import Decision
from queueing.engine import Engine
from queueing.listening import AT_ONCE
from tests.unit.queueing.builders import CARE, NODE, TestFloor, house, none, only, opened, talking


def listen(floor: TestFloor, call: str = "c1") -> Decision:
    return floor.ask(Listen(CallId(call), "192.0.2.7"))


def listened() -> tuple[TestFloor, ListeningId]:
    """a1 talks with c1, and somebody hears it."""
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    asked = listen(floor)
    began, order = only(ListeningBegan, asked), only(BeginListening, asked)
    assert only(RequestGranted, asked).result == began.listening == order.listening
    assert (began.call, began.address, began.told, order.silenced) == ("c1", "192.0.2.7", True, False)
    return floor, began.listening


def others(decision: Decision) -> list[Command]:
    return [command for command in decision.commands if not isinstance(command, EndListening)]


def test_it_ends_when_asked_once() -> None:
    floor, name = listened()
    floor.after(12.0)
    over = floor.ask(StopListening(name))
    told = only(ListeningEnded, over)
    assert (told.why, told.lasted_s, told.call) == ("asked", 12.0, "c1")
    assert only(EndListening, over).why == "asked" and others(over) == []
    again = floor.ask(StopListening(name))
    assert only(RequestGranted, again) and none(ListeningEnded, again)


def test_it_goes_on_over_hold_transfer_and_the_wait_after_it() -> None:
    floor, name = listened()
    floor.hold("a1")
    floor.held("c1")
    assert name in floor.engine.snapshot().listenings
    floor.joined("c1", "s1")
    floor.resume("a1")
    floor.transfer("a1", queue=CARE)
    floor.held("c1")
    assert name in floor.engine.snapshot().listenings


def test_it_ends_with_the_call_and_is_told_only_once() -> None:
    floor, name = listened()
    over = floor.hang_up("c1")
    assert only(ListeningEnded, over).why == only(EndListening, over).why == "talk_over"
    assert none(ListeningEnded, floor.ask(StopListening(name)))


def test_it_ends_when_the_pbx_is_out_of_sight_and_so_with_every_new_start() -> None:
    floor, _ = listened()
    later = TestFloor(Engine.restore(floor.engine.snapshot()), floor.now_s)
    for each in (floor, later):
        assert only(ListeningEnded, each.lose_sight()).why == "out_of_sight"


def test_a_call_in_which_nobody_speaks_cannot_be_heard() -> None:
    floor = opened(("a1", "s1"))
    floor.arrive("c1")
    for call in ("c1", "nowhere"):
        assert "Nobody speaks" in only(RequestRefused, listen(floor, call)).reason


def test_there_is_room_for_so_many() -> None:
    floor, name = listened()
    for _ in range(AT_ONCE - 1):
        assert only(ListeningBegan, listen(floor))
    assert f"{AT_ONCE} people" in only(RequestRefused, listen(floor)).reason
    floor.ask(StopListening(name))
    assert only(ListeningBegan, listen(floor))


def test_the_house_may_say_that_agents_do_not_see_it() -> None:
    floor = TestFloor()
    floor.open(house(listening={"agents_see": False}))
    floor.sign_in("a1", "s1")
    talking(floor, "c1")
    assert not only(ListeningBegan, listen(floor)).told
    assert not only(ListeningEnded, floor.hang_up("c1")).told


def test_of_another_teams_talk_nothing_is_heard_nor_of_a_caller_who_is_given_to_it() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    theirs, own = (Listen(CallId("c1"), "192.0.2.7", (AgentId(name),)) for name in ("a2", "a1"))
    assert "another team" in only(RequestRefused, floor.ask(theirs)).reason
    assert only(ListeningBegan, floor.ask(own))
    floor.transfer("a1", "a2")
    floor.leg_end(ring)
    given = only(RingSeat, waits := floor.queue("c1", since=floor.now_s))
    assert none(ListeningEnded, waits), "who waits is everybody's"
    over = floor.answer(given)
    assert only(ListeningEnded, over).why == only(EndListening, over).why == "other_team"


def test_who_comes_during_a_pause_for_card_data_hears_nothing_of_it() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    asked = floor.ask(PauseRecording(AgentId("a1")))
    floor.give(CommandDone(asked.commands[0].id))
    assert only(BeginListening, listen(floor)).silenced


def test_a_call_that_we_made_is_heard_too_once_the_far_end_speaks() -> None:
    floor = opened(("a1", "s1"))
    order = only(CallAgent, floor.ask(PlaceCall(AgentId("a1"), "13800138000", None)))
    assert "Nobody speaks" in only(RequestRefused, listen(floor, order.call)).reason
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    far = only(DialFar, floor.give(AgentLineHeld(order.call, NODE, floor.now_s)))
    floor.give(FarAnswered(far.call, far.attempt))
    assert only(RequestGranted, listen(floor, order.call))


def test_nobody_listens_while_the_pbx_is_out_of_sight() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.lose_sight()
    assert "cannot be reached at the moment" in only(RequestRefused, listen(floor)).reason
