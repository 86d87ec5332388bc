"""Whatever the engine decides is on the floor's board and on the agent's desktop: its own events, not made-up ones."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import CallAgent, ConsultSeat, DialFar, RingSeat
from core.events import Outcome
from core.house import House, Trunk
from core.ids import AgentId, CallId, OfferId, SeatId, TrunkId
from core.inputs import (
    AgentLineHeld,
    AskCallback,
    BesideHeld,
    CloseItem,
    CommandDone,
    FarAnswered,
    FarRang,
    Listen,
    MarkAbusive,
    MenuKeyPressed,
    OpenItem,
    PauseRecording,
    PlaceCall,
    ResumeRecording,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    ShowPop,
    StopListening,
    TrunkReachabilityChanged,
)
from monitor.pops import Pops
from monitor.wallboard import Wallboard
from tests.unit.queueing.builders import CARE, NODE, SALES, TestFloor, house, only, opened, talking
from tests.unit.queueing.staffed import opened_at, staffed, until
from tests.unit.queueing.test_breaks import EIGHT
from tests.unit.queueing.test_governor import abandoned, governed
from tests.unit.queueing.test_outside import WRITTEN, answers, given_out, housed, returns
from tests.unit.queueing.test_second_ring import both_ring
from tests.unit.queueing.test_summons import summoned

C1 = CallId("c1")


class Screens:
    """The board and the pops beside an engine; each look tells them what has been decided since the last one."""

    def __init__(self, floor: TestFloor) -> None:
        self.floor = floor
        plan = floor.engine.house
        assert plan is not None
        self._board, self._pops, self._told = Wallboard(plan), Pops(), 0

    def board(self) -> dict[str, Any]:
        self._tell()
        return self._board.snapshot()

    def entry(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.board()[key]
        return found

    def pop(self, agent: str) -> dict[str, Any] | None:
        self._tell()
        return self._pops.of(AgentId(agent))

    def find(self, number: str, about: dict[str, Any]) -> None:
        """Somebody's system knows who has this number."""
        self._pops.show(number, about)

    def furnish(self, house: House) -> None:
        self._board.furnish(house)

    def reboot(self, by_s: float) -> None:
        self._board.move_clock(by_s)

    def _tell(self) -> None:
        for event in self.floor.events[self._told :]:
            self._told += 1
            outcome = Outcome(self._told, 0, self.floor.now_s, self.floor.utc_s(), event)
            self._board.apply(outcome)
            self._pops.apply(outcome)


# --- moves of a talk -----------------------------------------------------------------------------------
def test_a_consult_and_who_has_the_caller_in_the_end() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    screens = Screens(floor)
    ring = talking(floor, "c1")
    floor.hold("a1")
    floor.held("c1")
    assert screens.entry("call/c1")["state"] == "held" and screens.pop("a1") is not None
    asked = only(ConsultSeat, floor.consult("a1", "a2", note="wants a refund"))
    shown = screens.entry("call/c1")
    assert (shown["consult"]["agent"], shown["consult"]["state"]) == ("a2", "ringing")
    assert shown["notes"][-1]["text"] == "wants a refund" and screens.entry("seat/s2")["call"] == "c1"
    asked_pop = screens.pop("a2")
    assert asked_pop is not None and (asked_pop["kind"], asked_pop["asked_by"]) == ("consult", "a1")
    floor.give(SeatRang(asked.call, asked.offer, asked.colleague))
    floor.give(SeatAnswered(asked.call, asked.offer, asked.colleague))
    assert screens.entry("call/c1")["consult"]["state"] == "talking"
    floor.confer("a1")
    floor.joined("c1", "s1")
    floor.joined("c1", "s2")
    assert screens.entry("call/c1")["consult"]["with_caller"]
    floor.leg_end(ring)
    shown = screens.entry("call/c1")
    assert (shown["agent"], shown["seat"], shown.get("consult"), shown["handled_by"]) == ("a2", "s2", None, ["a1"])
    assert "call" not in screens.entry("seat/s1")


def test_a_colleague_who_does_not_come_is_free_and_their_desktop_empty() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    screens = Screens(floor)
    talking(floor, "c1")
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.held("c1")
    assert screens.pop("a2") is not None
    floor.give(SeatLegEnded(asked.call, asked.offer, asked.colleague, 21))
    assert screens.pop("a2") is None and "call" not in screens.entry("seat/s2")
    assert "consult" not in screens.entry("call/c1")
    floor.resume("a1")
    floor.joined("c1", "s1")
    assert screens.entry("call/c1")["state"] == "talking"


def test_a_transfer_waits_with_its_note_in_the_other_queue() -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    ring = talking(floor, "c1")
    floor.transfer("a1", queue=CARE, note="second level")
    floor.leg_end(ring)
    floor.queue("c1", CARE, since=floor.now_s)
    shown = screens.entry("call/c1")
    assert (shown["state"], shown["queue"], shown.get("agent")) == ("waiting", CARE, None)
    assert [note["text"] for note in shown["notes"]] == ["second level"]
    floor.set_priority("c1", 4)
    assert screens.entry("call/c1")["priority"] == 4
    wrap_up = screens.pop("a1")
    assert wrap_up is not None and wrap_up["state"] == "wrap_up"
    floor.after(30.0)
    assert screens.pop("a1") is None, "until the wrap-up is over"


def test_a_caller_outside_and_back() -> None:
    floor, order = given_out()
    screens = Screens(floor)
    assert screens.entry("call/c1")["state"] == "outside"
    answers(floor, order)
    assert screens.entry("call/c1")["outside"]["trunk"] == order.trunk
    returns(floor, order, "ANSWER/16")
    assert screens.entry("call/c1")["state"] == "leaving"


def test_somebody_outside_is_asked() -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    screens = Screens(floor)
    talking(floor, "c1")
    floor.consult("a1", number=WRITTEN)
    floor.held("c1")
    shown = screens.entry("call/c1")
    assert shown["consult"]["state"] == "ringing" and shown["outside"]["number"].endswith("9000")
    floor.resume("a1")
    floor.joined("c1", "s1")
    assert not {"consult", "outside"} & screens.entry("call/c1").keys()


# --- rings -----------------------------------------------------------------------------------------------
def test_two_phones_ring_and_one_of_them_stops() -> None:
    floor, first, second = both_ring()
    screens = Screens(floor)
    assert screens.entry("call/c1")["second"] == {"seat": "s2", "agent": "a2"}
    assert screens.entry("seat/s2")["call"] == "c1" and screens.pop("a2") is not None
    floor.give(SeatLegEnded(second.call, second.offer, second.seat, 21))
    shown = screens.entry("call/c1")
    assert (shown.get("second"), shown["seat"], shown["state"]) == (None, "s1", "ringing")
    assert screens.pop("a2") is None
    second_again = floor.give(BesideHeld(C1, NODE, first.offer))
    assert not second_again.events


def test_the_first_of_two_stops_and_the_second_has_the_call() -> None:
    floor, first, _ = both_ring()
    screens = Screens(floor)
    floor.give(SeatLegEnded(first.call, first.offer, first.seat, 21))
    shown = screens.entry("call/c1")
    assert (shown["seat"], shown["agent"], shown.get("second")) == ("s2", "a2", None)


def test_the_desktop_that_shows_a_call_and_the_way_through_the_menu() -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    floor.arrive("c1")
    floor.give(MenuKeyPressed(C1, "menu", "2"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.ask(ShowPop(AgentId("a1"), OfferId(ring.offer), "window-1"))
    pop = screens.pop("a1")
    assert pop is not None and pop["path"] == [{"node": "menu", "key": "2"}]
    assert screens.entry("call/c1")["path"] == pop["path"]


# --- beside a talk -----------------------------------------------------------------------------------------
def test_who_listens_and_what_is_not_recorded() -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    talking(floor, "c1")
    asked = floor.ask(Listen(C1, "192.0.2.7"))
    assert screens.entry("call/c1")["listeners"] == 1
    listening = next(iter(floor.engine.snapshot().listenings))
    floor.ask(StopListening(listening))
    assert screens.entry("call/c1")["listeners"] == 0 and asked.commands
    silenced = floor.ask(PauseRecording(AgentId("a1")))
    floor.give(CommandDone(silenced.commands[0].id))
    pop = screens.pop("a1")
    assert screens.entry("seat/s1")["recording_paused_utc_s"] and pop is not None and pop["recording_paused"]
    back = floor.ask(ResumeRecording(AgentId("a1")))
    floor.give(CommandDone(back.commands[0].id))
    pop = screens.pop("a1")
    assert pop is not None and pop["recording_paused"] is None


def test_a_closed_queue_says_where_its_calls_go_until_it_is_open_again() -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    floor.close_queue(SALES, CARE)
    assert screens.entry("closed")[SALES]["to"] == CARE
    floor.open_queue(SALES)
    assert SALES not in screens.entry("closed")


def test_a_house_that_is_being_stopped_says_so_until_it_is_not() -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    talking(floor, "c1")
    floor.drain(600.0)
    shown = screens.entry("drain")
    assert (shown["by"], shown["until_boot_s"]) == ("test", floor.now_s + 600.0)
    floor.cancel_drain()
    assert "drain" not in screens.board()


# --- calls that we make ----------------------------------------------------------------------------------
def test_a_call_that_we_make_from_the_first_ring_to_the_wrap_up() -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    screens = Screens(floor)
    order = only(CallAgent, floor.ask(PlaceCall(AgentId("a1"), "13800138000", SALES)))
    assert screens.entry("seat/s1")["call"] == order.call
    pop = screens.pop("a1")
    assert pop is not None and pop["kind"] == "outbound"
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    far = only(DialFar, floor.give(AgentLineHeld(order.call, NODE, floor.now_s)))
    assert screens.entry(f"outbound/{order.call}")["state"] == "calling"
    floor.give(FarRang(far.call, far.attempt))
    floor.give(FarAnswered(far.call, far.attempt))
    shown, pop = screens.entry(f"outbound/{order.call}"), screens.pop("a1")
    assert (shown["state"], shown["trunk"]) == ("talking", far.trunk) and pop is not None and pop["state"] == "talking"
    assert screens.entry("lines")["outbound"] == 1
    floor.give(SeatLegEnded(order.call, order.offer, order.seat, 16))
    assert f"outbound/{order.call}" not in screens.board() and "call" not in screens.entry("seat/s1")
    pop = screens.pop("a1")
    assert pop is not None and pop["state"] == "wrap_up"


def test_a_promise_to_call_back_until_it_is_kept_or_given_up() -> None:
    floor = opened(the_house=housed())
    screens = Screens(floor)
    floor.ask(AskCallback("13800138000", SALES))
    key = next(key for key in screens.board() if key.startswith("callback/"))
    assert screens.entry(key)["state"] == "waiting" and "13800138000" not in str(screens.entry(key))
    floor.sign_in("a1", "s1")
    order = next(command for command in floor.commands if isinstance(command, CallAgent))
    assert screens.entry(key)["state"] == "calling"
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    far = only(DialFar, floor.give(AgentLineHeld(order.call, NODE, floor.now_s)))
    floor.give(CommandDone(far.id, "BUSY/17"))
    assert (screens.entry(key)["state"], screens.entry(key)["tries"]) == ("retry", 1)
    assert screens.entry(key)["next_utc_s"] > floor.utc_s()


# --- people ----------------------------------------------------------------------------------------------
def test_who_works_when_who_waits_for_a_break_and_what_is_handed_over() -> None:
    floor = opened_at("09:00", *EIGHT)
    screens = Screens(floor)
    assert screens.entry("staff")["present"] == 8 and screens.entry("agent/a1")["duty"] == "on"
    floor.after(4 * 3600)
    floor.take_break("a1")
    assert screens.entry("agent/a1")["break_queued"] == "meal"
    assert {"cover_wanted", "reserve_asked"} <= {told["name"] for told in screens.entry("alarms")["last"]}
    floor.ready("a1")
    assert "break_queued" not in screens.entry("agent/a1")
    floor.take_break("a2", override=True)
    assert "rule_overridden" in {told["name"] for told in screens.entry("alarms")["last"]}
    floor.ask(OpenItem("lamp", "a lamp is broken"))
    floor.ask(OpenItem("door", "the door sticks"))
    floor.ask(CloseItem("door"))
    assert [item["text"] for item in screens.entry("items")["open"]] == ["a lamp is broken"]
    until(floor, "20:00:01")
    (handed,) = screens.entry("handovers")["last"]
    assert (handed["shift"], handed["items"]) == ("early", {"lamp": "a lamp is broken"})


def test_who_is_given_no_calls_and_until_when() -> None:
    floor = opened_at("12:00", "a1", "a2", house=staffed({"cool_down_s": 60}))
    screens = Screens(floor)
    ring = talking(floor, "c1")
    floor.leg_end(ring)
    floor.after(10.0)
    floor.ask(MarkAbusive(AgentId("a1")))
    shown = screens.entry("agent/a1")
    assert shown["withheld"] and shown["withheld_until_utc_s"] == floor.utc_s() + 60
    floor.after(60.0)
    assert "withheld" not in screens.entry("agent/a1")


def test_what_the_governor_does_and_offers() -> None:
    floor = governed("offer_callbacks", "offer_messages")
    screens = Screens(floor)
    abandoned(floor, 4)
    floor.queue("waits", CARE)
    floor.after(120)
    assert screens.entry(f"governor/{CARE}")["step"] == 2
    assert (screens.entry(f"offers/{CARE}")["callbacks"], screens.entry(f"offers/{CARE}")["messages"]) == (True, True)


def test_the_leader_who_is_rung_at_night() -> None:
    floor, order = summoned()
    screens = Screens(floor)
    assert screens.entry("night_call")["outcome"] == ""
    assert screens.entry("alarms")["last"][0]["name"] == "leader_summoned"
    floor.give(CommandDone(order.id))
    floor.after(300.0)
    assert screens.entry("night_call")["outcome"]


@pytest.mark.parametrize("seat", ["s1", "s9"])
def test_a_house_with_other_seats_and_agents_is_shown_at_once(seat: str) -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    floor.queue("c1")
    floor.configure(house(seats=9), 2)
    assert ("seat/s9" in screens.board()) and f"seat/{seat}" in screens.board()
    assert floor.engine.snapshot().seats[SeatId("s9")].in_house


def test_who_calls_is_shown_as_soon_as_it_is_found_out() -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    floor.queue("c1", caller="+8613800138000")
    floor.queue("c2", caller="+8613900139000")
    screens.board()
    screens.find("+8613800138000", {"name": "Li"})
    pop = screens.pop("a1")
    assert pop is not None and pop["about"] == {"name": "Li"}
    floor.sign_in("a2", "s2")
    other = screens.pop("a2")
    assert other is not None and other["about"] is None, "that is somebody else"


def test_moments_on_a_clock_that_began_anew_are_told_on_the_new_one() -> None:
    floor = opened()
    screens = Screens(floor)
    floor.queue("c1")
    before = screens.entry("call/c1")["waiting_since_boot_s"]
    screens.reboot(-900.0)
    assert screens.entry("call/c1")["waiting_since_boot_s"] == before - 900.0


# --- how long somebody waits -------------------------------------------------------------------------------
def test_who_is_sent_on_waits_since_they_asked_and_who_was_spoken_with_since_now() -> None:
    """On the floor, in its alarms, and on the desk of whoever is rung."""
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    floor.queue("c1", CARE)
    asked_s = screens.entry("call/c1")["waiting_since_boot_s"]
    floor.after(100.0)
    floor.move("c1", SALES)
    assert screens.entry("call/c1")["waiting_since_boot_s"] == asked_s == floor.now_s - 100
    assert screens.entry(f"queue/{SALES}")["longest_since_boot_s"] == asked_s
    pop = screens.pop("a1")
    assert pop is not None and pop["waiting_since_utc_s"] == floor.utc_s() - 100
    ring = [each for each in floor.commands if isinstance(each, RingSeat)][-1]
    floor.rang(ring)
    floor.answer(ring)
    floor.after(50.0)
    floor.transfer("a1", queue=CARE)
    floor.leg_end(ring)
    screens.board()
    floor.queue("c1", CARE, since=floor.now_s)
    assert screens.entry("call/c1")["waiting_since_boot_s"] == floor.now_s


# --- what is taken out of the house --------------------------------------------------------------------
def without(floor: TestFloor, screens: Screens, part: str, *ids: str) -> None:
    """The house in force, less these."""
    plan = floor.engine.house
    assert plan is not None
    document = plan.model_dump()
    smaller = House.model_validate({**document, part: [each for each in document[part] if each["id"] not in ids]})
    screens.board()
    screens.furnish(smaller)
    floor.configure(smaller, 2)


@pytest.mark.parametrize("talks", [False, True])
def test_an_agent_who_is_taken_out_of_the_house_leaves_the_floor_and_the_seat(talks: bool) -> None:
    """At once, or when the talk is over; signed out behind it, they stood there for good, under their id."""
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    ring = talking(floor, "c1") if talks else None
    without(floor, screens, "agents", "a1")
    if ring:
        assert screens.entry("seat/s1")["call"] == "c1"
        floor.leg_end(ring)
        floor.after(60.0)
    board = screens.board()
    assert "agent/a1" not in board and "agent" not in board["seat/s1"]


@pytest.mark.parametrize("talks", [False, True])
def test_a_seat_that_is_taken_out_of_the_house_is_shown_while_somebody_talks_there(talks: bool) -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    ring = talking(floor, "c1") if talks else None
    without(floor, screens, "seats", "s1")
    if ring:
        floor.leg_end(ring)
        floor.after(60.0)
    board = screens.board()
    assert "seat/s1" not in board and board["agent/a1"]["status"] == "signed_out"


def test_a_queue_that_is_taken_out_of_the_house_is_shown_while_somebody_waits_in_it() -> None:
    floor = opened(("a1", "s1"))
    screens = Screens(floor)
    floor.queue("c1", CARE)
    without(floor, screens, "queues", CARE)
    assert screens.entry(f"queue/{CARE}")["waiting"] == 1
    floor.hang_up("c1")
    assert f"queue/{CARE}" not in screens.board()


def test_a_trunk_that_is_taken_out_of_the_house_leaves_the_floor_and_begins_anew_when_it_comes_back() -> None:
    """It stood there as down, with its alarm. Come back, it is what the PBX sees of it, and no more what it was."""
    floor, trunk = opened(("a1", "s1")), TrunkId("spare")
    assert floor.engine.house is not None
    trunks = (*floor.engine.house.trunks, Trunk(id=trunk, name="Spare", host="127.0.0.3"))
    plan = floor.engine.house.model_copy(update={"trunks": trunks})
    floor.configure(plan)
    screens = Screens(floor)
    floor.give(TrunkReachabilityChanged(trunk, False))
    assert not screens.entry(f"trunk/{trunk}")["reachable"]
    without(floor, screens, "trunks", trunk)
    assert f"trunk/{trunk}" not in screens.board()
    floor.give(TrunkReachabilityChanged(trunk, True))  # the PBX has another configuration a moment later
    floor.give(TrunkReachabilityChanged(trunk, False))
    assert f"trunk/{trunk}" not in screens.board()
    screens.furnish(plan)
    floor.configure(plan, 3)
    assert f"trunk/{trunk}" not in screens.board()
    floor.give(TrunkReachabilityChanged(trunk, False))
    assert not screens.entry(f"trunk/{trunk}")["reachable"]
