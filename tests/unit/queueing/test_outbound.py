"""Calls that we make: the agent first, then the far end, one trunk after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.commands import AskTrunk, CallAgent, CancelFar, DialFar, LetGo, WithdrawRing
from core.events import (
    AgentChanged,
    Alarmed,
    OutboundBegan,
    OutboundEnded,
    RequestGranted,
    RequestRefused,
    TrunkChanged,
    TrunkFailed,
)
from core.house import House, Trunk
from core.ids import AgentId, CallId, NodeId, OfferId, QueueId, SeatId, TrunkId, own_offer
from core.inputs import (
    AgentLineHeld,
    AskCallback,
    CommandDone,
    CommandFailed,
    FarAnswered,
    FarLegEnded,
    FarProgressed,
    FarRang,
    HangUp,
    PbxResynced,
    PlaceCall,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeenCall,
    SeenFarLeg,
    SeenOutbound,
    TrunkReachabilityChanged,
)
from core.states import AgentState, CallState, OutboundOutcome, OutboundState, SeatState
from queueing.decision import Decision
from tests.unit.queueing.builders import HOTLINE, NODE, SALES, TestFloor, all_of, house, leg, none, only

NUMBER, INSIDE = "13800138000", "+8613800138000"
A, B = TrunkId("a"), TrunkId("b")


def two_trunks(**changes: object) -> House:
    trunks = (Trunk(id=A, name="A", host="127.0.0.2"), Trunk(id=B, name="B", host="127.0.0.3"))
    return House.model_validate(house(wrap_up_s=10.0).model_dump() | {"trunks": trunks} | changes)


def staffed(**changes: object) -> TestFloor:
    floor = TestFloor()
    floor.open(two_trunks(**changes))
    floor.sign_in("a1", "s1")
    floor.after(1.0)
    return floor


def place(floor: TestFloor, number: str = NUMBER, agent: str = "a1", queue: QueueId | None = SALES) -> Decision:
    return floor.ask(PlaceCall(AgentId(agent), number, queue))


def picks_up(floor: TestFloor, order: CallAgent) -> DialFar:
    """The agent answers, the line comes to us."""
    floor.give(SeatRang(order.call, order.offer, order.seat))
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    return only(DialFar, floor.give(AgentLineHeld(order.call, NODE, floor.now_s)))


def dialled(floor: TestFloor) -> DialFar:
    return picks_up(floor, only(CallAgent, place(floor)))


def returns(floor: TestFloor, order: DialFar, result: str) -> Decision:
    """Dial has come back."""
    return floor.give(CommandDone(order.id, result))


def outcome(decision: Decision) -> OutboundOutcome:
    return only(OutboundEnded, decision).outcome


def leg_gone(floor: TestFloor, order: DialFar) -> Decision:
    return floor.give(SeatLegEnded(order.call, OfferId(f"{order.call}/0"), SeatId("s1"), 16))


def agent(floor: TestFloor) -> AgentState:
    return floor.engine.snapshot().agents[AgentId("a1")].state


def test_the_agent_is_rung_first_and_the_far_end_when_the_line_is_ours() -> None:
    floor = staffed()
    decision = place(floor)
    order = only(CallAgent, decision)
    assert (order.seat, order.shown) == ("s1", INSIDE)
    assert only(RequestGranted, decision).result == order.call
    assert only(OutboundBegan, decision).number == INSIDE
    assert none(DialFar, floor.give(SeatAnswered(order.call, order.offer, order.seat)))
    dial = only(DialFar, floor.give(AgentLineHeld(order.call, NODE, floor.now_s)))
    assert (dial.trunk, dial.number) == (A, INSIDE)
    assert agent(floor) is AgentState.DIALLING


def test_a_talk_and_its_wrap_up() -> None:
    floor = staffed()
    dial = dialled(floor)
    floor.give(FarRang(dial.call, dial.attempt))
    floor.give(FarAnswered(dial.call, dial.attempt))
    assert agent(floor) is AgentState.TALKING
    floor.after(30.0)
    decision = floor.give(FarLegEnded(dial.call, dial.attempt, 16))
    ended = only(OutboundEnded, decision)
    assert (ended.outcome, ended.talk_s, ended.by, ended.trunk) == (OutboundOutcome.REACHED, 30.0, "caller", A)
    assert only(LetGo, decision).call == dial.call
    assert floor.engine.snapshot().seats[SeatId("s1")].call == dial.call, "a phone that is still up is not free"
    assert none(OutboundEnded, leg_gone(floor, dial))
    assert agent(floor) is AgentState.WRAP_UP
    floor.after(10.0)
    assert agent(floor) is AgentState.IDLE and not floor.engine.snapshot().outbound


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("BUSY/17", OutboundOutcome.BUSY),
        ("CONGESTION/21", OutboundOutcome.DECLINED),
        ("CONGESTION/21/603", OutboundOutcome.DECLINED),
        ("NOANSWER/0", OutboundOutcome.NO_ANSWER),
        ("CHANUNAVAIL/19", OutboundOutcome.NO_ANSWER),
        ("CHANUNAVAIL/1", OutboundOutcome.WRONG_NUMBER),
        ("FULL/34", OutboundOutcome.NO_LINE),
        ("REFUSED/21", OutboundOutcome.WRONG_NUMBER),
    ],
)
def test_the_far_ends_word_asks_no_other_trunk(result: str, expected: OutboundOutcome) -> None:
    floor = staffed()
    dial = dialled(floor)
    decision = returns(floor, dial, result)
    assert outcome(decision) is expected
    assert none(DialFar, decision) and none(TrunkFailed, decision) and only(LetGo, decision)
    leg_gone(floor, dial)
    assert agent(floor) is AgentState.IDLE


@pytest.mark.parametrize(
    "result",
    ["CONGESTION/34", "CONGESTION/34/503", "CHANUNAVAIL/20", "CHANUNAVAIL/27", "CHANUNAVAIL/18", "FULL_TRUNK/34", "/"],
)
def test_the_trunks_fault_asks_the_other_one_and_then_nobody(result: str) -> None:
    floor = staffed()
    dial = dialled(floor)
    decision = returns(floor, dial, result)
    second = only(DialFar, decision)
    assert (second.trunk, second.attempt) == (B, f"{dial.call}/2")
    assert only(TrunkFailed, decision).trunk == A and only(Alarmed, decision).name == "trunk_failed"
    last = returns(floor, second, result)
    assert outcome(last) is OutboundOutcome.NO_TRUNK and none(DialFar, last)


def test_a_trunk_that_failed_is_asked_last_for_a_while() -> None:
    floor = staffed()
    first = dialled(floor)
    second = only(DialFar, returns(floor, first, "CONGESTION/34"))
    returns(floor, second, "BUSY/17")
    leg_gone(floor, first)
    assert dialled(floor).trunk == B
    floor = staffed()
    first = dialled(floor)
    returns(floor, only(DialFar, returns(floor, first, "CONGESTION/34")), "BUSY/17")
    leg_gone(floor, first)
    floor.after(31.0)
    assert dialled(floor).trunk == A


def test_a_carrier_that_is_not_there_is_the_last_hope() -> None:
    floor = staffed()
    assert only(TrunkChanged, floor.give(TrunkReachabilityChanged(A, False))).trunk == A
    dial = dialled(floor)
    assert dial.trunk == B
    assert only(DialFar, returns(floor, dial, "CONGESTION/34")).trunk == A


def test_silence_is_asked_about_and_then_taken_back_before_the_other_trunk_is_asked() -> None:
    floor = staffed()
    dial = dialled(floor)
    asked = only(AskTrunk, floor.after(3.0))
    decision = floor.give(CommandDone(asked.id, ""))
    assert only(CancelFar, decision).attempt == dial.attempt and none(DialFar, decision)
    gone = floor.give(FarLegEnded(dial.call, dial.attempt, 26))
    assert none(DialFar, gone), "its Dial has not returned"
    assert only(DialFar, returns(floor, dial, "CHANUNAVAIL/26")).trunk == B


def test_a_trunk_that_said_trying_has_ten_seconds() -> None:
    floor = staffed()
    dial = dialled(floor)
    floor.give(CommandDone(only(AskTrunk, floor.after(3.0)).id, "SIP 100 Trying"))
    assert none(CancelFar, floor.after(6.9))
    floor.give(FarRang(dial.call, dial.attempt))
    assert none(CancelFar, floor.after(30.0)), "it rings: from here on it is the far end's word"


def test_trying_for_ever_is_the_trunks_fault() -> None:
    floor = staffed()
    dialled(floor)
    floor.give(CommandDone(only(AskTrunk, floor.after(3.0)).id, "SIP 100 Trying"))
    assert only(CancelFar, floor.after(7.0))


def test_sound_without_ringing_is_the_trunks_fault_while_another_is_left() -> None:
    floor = staffed()
    dial = dialled(floor)
    floor.after(1.0)
    floor.give(FarProgressed(dial.call, dial.attempt))
    assert none(CancelFar, floor.after(1.9))
    assert only(CancelFar, floor.after(0.1)).attempt == dial.attempt
    second = only(DialFar, returns(floor, dial, "CHANUNAVAIL/26"))
    floor.give(FarProgressed(second.call, second.attempt))
    assert none(CancelFar, floor.after(40.0)), "nobody else is left: it may be a ring-back tune"
    floor.give(FarAnswered(second.call, second.attempt))
    assert agent(floor) is AgentState.TALKING


def test_a_carrier_may_be_allowed_to_play_tunes() -> None:
    trunks = [trunk.model_dump() | {"early_media_s": 60} for trunk in two_trunks().trunks]
    floor = staffed(trunks=trunks)
    dial = dialled(floor)
    floor.give(FarProgressed(dial.call, dial.attempt))
    assert none(CancelFar, floor.after(40.0))


def test_facts_of_an_attempt_that_is_over_change_nothing() -> None:
    floor = staffed()
    dial = dialled(floor)
    second = only(DialFar, returns(floor, dial, "CONGESTION/34"))
    for late in (FarRang, FarProgressed, FarAnswered):
        floor.give(late(dial.call, dial.attempt))
    floor.give(FarLegEnded(dial.call, dial.attempt, 34))
    assert floor.engine.snapshot().outbound[dial.call].state is OutboundState.CALLING
    floor.give(FarAnswered(second.call, second.attempt))
    assert agent(floor) is AgentState.TALKING


# --- the agent's own leg ------------------------------------------------------------------------------
def test_an_agent_who_does_not_pick_up_ends_the_call() -> None:
    floor = staffed()
    order = only(CallAgent, place(floor))
    floor.give(SeatRang(order.call, order.offer, order.seat))
    decision = floor.after(15.0)
    assert outcome(decision) is OutboundOutcome.AGENT_MISSED
    assert only(WithdrawRing, decision).offer == order.offer
    assert agent(floor) is AgentState.IDLE
    assert floor.engine.snapshot().agents[AgentId("a1")].misses == 0, "a call of one's own is no miss"


def test_an_agent_who_hangs_up_while_the_far_end_rings_ends_the_call() -> None:
    floor = staffed()
    dial = dialled(floor)
    decision = leg_gone(floor, dial)
    assert outcome(decision) is OutboundOutcome.AGENT_LEFT and none(DialFar, decision)
    assert agent(floor) is AgentState.IDLE
    assert none(DialFar, floor.give(CommandFailed(dial.id, "the line is gone")))


def test_a_phone_that_cannot_be_rung_rests() -> None:
    floor = staffed()
    order = only(CallAgent, place(floor))
    decision = floor.give(CommandFailed(order.id, "the phone cannot be rung"))
    assert outcome(decision) is OutboundOutcome.AGENT_MISSED
    assert floor.engine.snapshot().seats[SeatId("s1")].due_boot_s is not None
    assert only(WithdrawRing, decision), "an action whose answer did not come may have run"


def test_an_agents_phone_that_unregisters_while_it_rings_ends_the_call_and_nobody_dials() -> None:
    floor = staffed()
    order = only(CallAgent, place(floor))
    floor.give(SeatRang(order.call, order.offer, order.seat))
    decision = floor.reach("s1", False)
    assert outcome(decision) is OutboundOutcome.AGENT_MISSED
    assert only(WithdrawRing, decision).offer == order.offer
    assert none(Alarmed, decision) and agent(floor) is AgentState.IDLE


def test_a_call_that_we_make_goes_on_though_the_agents_phone_unregisters() -> None:
    floor = staffed()
    dialled(floor)
    assert not floor.reach("s1", False).commands


def test_a_line_that_never_comes_is_given_up() -> None:
    floor = staffed()
    order = only(CallAgent, place(floor))
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    decision = floor.after(5.0)
    assert outcome(decision) is OutboundOutcome.LOST and only(WithdrawRing, decision)


def test_a_line_of_a_call_nobody_knows_is_let_go() -> None:
    assert only(LetGo, staffed().give(AgentLineHeld(CallId("pbx1-out-9.0"), NODE, 1.0))).call == "pbx1-out-9.0"


# --- who may call whom --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("500&PJSIP/13900139000@trunk-a", "no telephone number"),
        ("${GLOBAL(X)}", "no telephone number"),
        ("138,00138000", "no telephone number"),
        ("+447700900123", "country"),
        ("00447700900123", "country"),
        ("110", "Service numbers"),
        ("10086", "Service numbers"),
        ("95001", "hotline of this house"),
        ("", "no telephone number"),
    ],
)
def test_numbers_that_nobody_may_dial(number: str, why: str) -> None:
    assert why in only(RequestRefused, place(staffed(), number)).reason


def test_what_the_house_allows_may_be_dialled() -> None:
    floor = staffed(outbound={"countries": ["86", "44"], "services": True, "refused": ["4490"]})
    assert only(CallAgent, place(floor, "+447700900123")).shown == "+447700900123"
    floor = staffed(outbound={"countries": ["86", "44"], "services": True, "refused": ["4490"]})
    assert "never dialled" in only(RequestRefused, place(floor, "+449012345678")).reason
    assert only(CallAgent, place(floor, "10086")).shown == "10086"


def test_two_calls_to_one_number_are_never_under_way() -> None:
    floor = staffed()
    floor.sign_in("a2", "s2")
    dialled(floor)
    assert "already" in only(RequestRefused, place(floor, f"+86{NUMBER}", "a2")).reason


def test_an_agent_in_a_call_cannot_place_one() -> None:
    floor = staffed()
    dialled(floor)
    assert "in a call" in only(RequestRefused, place(floor, "13900139000")).reason


def test_an_agent_calls_out_of_wrap_up_and_of_a_break() -> None:
    floor = staffed()
    dial = dialled(floor)
    floor.give(FarAnswered(dial.call, dial.attempt))
    leg_gone(floor, dial)
    assert agent(floor) is AgentState.WRAP_UP
    order = only(CallAgent, place(floor, "13900139000"))
    floor.give(CommandFailed(order.id, "x"))
    floor.take_break("a1")
    floor.after(3.0)
    assert only(CallAgent, place(floor, "13900139000"))


def test_calls_an_hour_are_capped_per_agent_and_per_trunk() -> None:
    floor = staffed(outbound={"calls_per_agent_hour": 2})
    for number in ("13900139000", "13900139001"):
        order = only(CallAgent, place(floor, number))
        floor.give(SeatLegEnded(order.call, order.offer, order.seat, 21))
    assert "within an hour" in only(RequestRefused, place(floor)).reason
    floor.after(3600.0)
    assert only(CallAgent, place(floor))
    floor = staffed(outbound={"calls_per_trunk_hour": 1})
    dial = dialled(floor)
    returns(floor, dial, "BUSY/17")
    leg_gone(floor, dial)
    assert dialled(floor).trunk == B


def test_at_night_agents_dial_nobody_and_promises_are_kept() -> None:
    now = datetime.fromtimestamp(staffed().utc_s(), ZoneInfo(two_trunks().time_zone))
    an_hour = timedelta(hours=1)
    held = {"start": f"{now - an_hour:%H:%M}", "end": f"{now + an_hour:%H:%M}"}
    over = {"start": held["end"], "end": held["start"]}
    assert only(CallAgent, place(staffed(outbound={"night_lock": over})))
    refused = place(staffed(outbound={"night_lock": held}))
    assert f"from {held['start']} to {held['end']}" in only(RequestRefused, refused).reason
    assert none(CallAgent, refused)
    floor = staffed(outbound={"night_lock": held}, callbacks={"start": "00:00", "end": "23:59"})
    asked = floor.ask(AskCallback(NUMBER, SALES))
    assert only(CallAgent, asked)


def test_a_trunk_may_be_closed_to_calls_of_ours() -> None:
    trunks = [trunk.model_dump() | {"outbound": trunk.id == B} for trunk in two_trunks().trunks]
    assert dialled(staffed(trunks=trunks)).trunk == B


def test_the_same_request_again_names_the_same_call() -> None:
    floor = staffed()
    asked = PlaceCall(AgentId("a1"), NUMBER)
    first, again = floor.ask(asked, "r-1"), floor.ask(asked, "r-1")
    assert only(RequestGranted, first) == only(RequestGranted, again) and none(CallAgent, again)


# --- out of sight -------------------------------------------------------------------------------------
def seen(dial: DialFar, *far: SeenFarLeg, answered: bool = True) -> SeenOutbound:
    return SeenOutbound(dial.call, SeatId("s1"), answered, far)


def resync(floor: TestFloor, *calls: SeenOutbound, started: str = "run1") -> Decision:
    return floor.resynced(outbound=calls, started=started)


def test_a_talk_that_began_out_of_sight_is_a_talk() -> None:
    floor = staffed()
    dial = dialled(floor)
    floor.lose_sight()
    floor.after(5.0)
    resync(floor, seen(dial, SeenFarLeg(dial.attempt, dial.trunk, True)))
    assert agent(floor) is AgentState.TALKING
    floor.after(5.0)
    ended = only(OutboundEnded, resync(floor, seen(dial)))
    assert (ended.outcome, ended.talk_s) == (OutboundOutcome.REACHED, 5.0)


def test_a_call_that_is_not_seen_any_more_is_over() -> None:
    floor = staffed()
    dialled(floor)
    floor.after(2.0)
    assert outcome(resync(floor)) is OutboundOutcome.LOST
    assert agent(floor) is AgentState.IDLE


def test_a_pbx_that_was_restarted_has_lost_it() -> None:
    floor = staffed()
    dialled(floor)
    assert outcome(resync(floor, started="run2")) is OutboundOutcome.LOST


def test_a_pbx_that_does_not_come_back_has_lost_it_too() -> None:
    """As it loses callers: at the moment that was told, and whether or not the PBX is ever seen again."""
    floor = staffed()
    dial = dialled(floor)
    floor.give(FarAnswered(dial.call, dial.attempt))
    floor.lose_sight(3600.0)
    assert none(OutboundEnded, floor.after(3599.0))
    ended = only(OutboundEnded, floor.after(1.0))
    assert (ended.outcome, ended.by, agent(floor)) == (OutboundOutcome.REACHED, "pbx", AgentState.IDLE)


def test_an_order_that_died_with_the_engine_is_given_again_on_the_same_trunk() -> None:
    """The line comes round and has dialled nothing: the far end was never called."""
    floor = staffed()
    dial = dialled(floor)
    assert none(DialFar, floor.give(AgentLineHeld(dial.call, NODE, floor.now_s))), "told twice"
    floor.after(1.0)
    again = only(DialFar, floor.give(AgentLineHeld(dial.call, NODE, floor.now_s)))
    assert (again.trunk, again.attempt != dial.attempt) == (A, True)


@pytest.mark.parametrize(
    ("dialled_before", "expected"), [("a/BUSY/17", OutboundOutcome.BUSY), ("a/NOANSWER/0", OutboundOutcome.NO_ANSWER)]
)
def test_what_a_dial_came_to_meanwhile_the_line_tells(dialled_before: str, expected: OutboundOutcome) -> None:
    floor = staffed()
    dial = dialled(floor)
    decision = floor.give(AgentLineHeld(dial.call, NODE, floor.now_s + 1.0, dialled_before))
    assert outcome(decision) is expected and none(DialFar, decision)


def test_a_stray_leg_is_hung_up_unless_it_talks() -> None:
    floor = staffed()
    stray = SeenOutbound(CallId("pbx1-out-1.0"), SeatId("s2"), True)
    assert only(WithdrawRing, resync(floor, stray)).call == stray.call
    talking = replace(stray, far=(SeenFarLeg(OfferId("pbx1-out-1.0/1"), A, True),))
    assert none(WithdrawRing, resync(floor, talking))


def test_a_reboot_moves_its_moments() -> None:
    floor = staffed()
    dial = dialled(floor)
    floor.give(FarAnswered(dial.call, dial.attempt))
    before = floor.engine.snapshot().outbound[dial.call]
    floor.rebooted(-500.0)
    after = floor.engine.snapshot().outbound[dial.call]
    assert (after.began_boot_s, after.answered_boot_s) == (
        before.began_boot_s - 500.0,
        (before.answered_boot_s or 0.0) - 500.0,
    )
    assert all_of(AgentChanged, leg_gone(floor, dial))


def test_an_agent_hangs_up_from_the_desktop_and_is_answered_when_the_leg_is_gone() -> None:
    floor = staffed()
    order = dialled(floor)
    asked = floor.ask(HangUp(AgentId("a1")))
    withdrawn = only(WithdrawRing, asked)
    assert (withdrawn.offer, none(RequestGranted, asked)) == (own_offer(order.call), True)
    assert "being carried out" in only(RequestRefused, floor.ask(HangUp(AgentId("a1")))).reason
    assert not none(RequestGranted, leg_gone(floor, order))


def test_an_agent_learns_that_the_pbx_could_not_hang_up() -> None:
    floor = staffed()
    dialled(floor)
    withdrawn = only(WithdrawRing, floor.ask(HangUp(AgentId("a1"))))
    refused = only(RequestRefused, floor.give(CommandFailed(withdrawn.id, "gone")))
    assert refused.reason == "The PBX could not do it: gone."


# --- what comes late, twice, or out of sight -------------------------------------------------------
def test_a_queue_that_there_is_not_is_refused() -> None:
    assert "no queue nowhere" in only(RequestRefused, place(staffed(), queue=QueueId("nowhere"))).reason


@pytest.mark.parametrize(("cause", "there"), [(20, False), (16, True)])
def test_an_agents_phone_that_could_not_be_reached_is_unreachable_and_one_that_rang_is_not(
    cause: int, there: bool
) -> None:
    floor = staffed()
    order = only(CallAgent, place(floor))
    ended = floor.give(SeatLegEnded(order.call, order.offer, order.seat, cause))
    assert outcome(ended) is OutboundOutcome.AGENT_MISSED
    assert (floor.engine.snapshot().seats[SeatId("s1")].state is SeatState.REACHABLE) is there


def test_a_line_that_comes_round_after_the_far_end_has_gone_is_let_go() -> None:
    floor = staffed()
    far = dialled(floor)
    returns(floor, far, "BUSY/17")
    assert only(LetGo, floor.give(AgentLineHeld(far.call, NODE, floor.now_s + 1.0))).call == far.call


def test_a_line_that_comes_round_in_a_talk_changes_nothing() -> None:
    floor = staffed()
    far = dialled(floor)
    floor.give(FarAnswered(far.call, far.attempt))
    assert not floor.give(AgentLineHeld(far.call, NODE, floor.now_s + 1.0)).commands


def test_answers_to_orders_of_a_call_that_is_over_change_nothing() -> None:
    floor = staffed()
    far = dialled(floor)
    leg_gone(floor, far)
    assert not returns(floor, far, "CANCEL").events
    assert not floor.give(CommandFailed(far.id, "line gone")).events


def test_a_far_ring_that_never_ends_is_given_up_a_moment_after_dials_own_limit() -> None:
    floor = staffed()
    far = dialled(floor)
    floor.give(FarRang(far.call, far.attempt))
    given_up = floor.after(60.0)
    assert only(CancelFar, given_up).attempt == far.attempt


def test_what_the_trunk_says_of_a_call_that_rings_by_now_changes_nothing() -> None:
    floor = staffed()
    far = dialled(floor)
    asked = only(AskTrunk, floor.after(3.1))
    floor.give(FarRang(far.call, far.attempt))
    assert not floor.give(CommandDone(asked.id, "")).commands, "a ring is a sign of life, whatever was asked before"


def test_a_talk_whose_dial_is_over_ends_though_no_leg_says_so() -> None:
    floor = staffed()
    far = dialled(floor)
    floor.give(FarAnswered(far.call, far.attempt))
    assert not returns(floor, far, "ANSWER/16").events
    assert outcome(floor.after(1.1)) is OutboundOutcome.REACHED


def test_a_far_leg_that_is_gone_unseen_is_over_when_its_dial_does_not_return() -> None:
    floor = staffed()
    far = dialled(floor)
    floor.after(11.0)
    floor.resynced(outbound=(SeenOutbound(far.call, SeatId("s1"), True, ()),))
    assert all_of(CancelFar, Decision(tuple(floor.commands), ())) == [] and floor.engine.snapshot().outbound
    ended = floor.after(30.0)
    assert outcome(ended) is OutboundOutcome.LOST and only(WithdrawRing, ended)


def test_a_deadline_that_passed_out_of_sight_is_looked_at_when_the_pbx_is_seen() -> None:
    floor = staffed()
    far = dialled(floor)
    floor.lose_sight()
    floor.after(5.0)
    ringing = SeenFarLeg(far.attempt, far.trunk, False)
    floor.resynced(outbound=(SeenOutbound(far.call, SeatId("s1"), True, (ringing,)),))
    assert only(CancelFar, floor.after(10.0)).attempt == far.attempt, "it has had its time"


@pytest.mark.parametrize("what", ["unreachable", "busy"])
def test_an_agent_whose_phone_is_not_free_places_no_call(what: str) -> None:
    floor = staffed()
    if what == "unreachable":
        floor.reach("s1", False)
    else:
        floor.resync(reserved("c1"))
    assert "The phone of s1 is not free" in only(RequestRefused, place(floor)).reason
    assert none(CallAgent, place(floor)) and not floor.engine.snapshot().outbound


def reserved(call: str) -> SeenCall:
    """The dialplan's own queue rings a1's phone."""
    return SeenCall(CallId(call), HOTLINE, A, "", CallState.FALLBACK, SALES, "zh-CN", 0, None, (leg("s1"),))


def test_without_a_house_or_a_pbx_nobody_calls_anybody() -> None:
    assert only(RequestRefused, TestFloor().ask(AskCallback(NUMBER, SALES))).reason.startswith("The house is not known")
    floor = staffed()
    floor.lose_sight()
    assert only(RequestRefused, place(floor)).reason.startswith("The PBX is out of sight")


def test_another_pbx_says_nothing_of_calls_on_this_one() -> None:
    floor = staffed()
    dial = dialled(floor)
    other = PbxResynced(NodeId("pbx2"), "run1", (), frozenset())
    floor.after(5.0)
    for fact in (other, replace(other, pbx_started="run2")):
        assert none(OutboundEnded, floor.give(fact))
    assert floor.engine.snapshot().outbound[dial.call].state is OutboundState.CALLING


def test_a_resync_of_a_moment_ago_takes_back_nothing_that_began_since() -> None:
    floor = staffed()
    order = only(CallAgent, place(floor))
    assert none(OutboundEnded, resync(floor)), "it was asked before the phone rang"
    floor.after(1.5)
    assert none(OutboundEnded, resync(floor, SeenOutbound(order.call, SeatId("s1"), False)))
    assert agent(floor) is AgentState.RESERVED


def test_an_agent_who_is_found_in_a_talk_of_somebody_elses_keeps_it_when_the_own_call_ends() -> None:
    """The PBX shows the phone in a caller's talk: our own call from it is lost, and gives nobody away."""
    floor = staffed()
    dialled(floor)
    floor.after(5.0)
    talk = SeenCall(
        CallId("c1"), HOTLINE, A, "", CallState.TALKING, SALES, "zh-CN", 0, None, (leg("s1", answered=True),)
    )  # fmt: skip
    assert outcome(floor.resync(talk)) is OutboundOutcome.LOST
    assert agent(floor) is AgentState.TALKING and floor.engine.snapshot().agents[AgentId("a1")].call == "c1"


def test_a_trunk_that_fails_again_while_it_is_doubted_alarms_once() -> None:
    floor = staffed()
    for _ in range(2):
        dial = dialled(floor)
        other = only(DialFar, returns(floor, dial, "CONGESTION/34"))
        returns(floor, other, "CONGESTION/34")
        leg_gone(floor, dial)
        floor.after(5.0)
    alarmed = [event.values for event in floor.events if isinstance(event, Alarmed) and event.name == "trunk_failed"]
    assert sorted(alarmed) == [(("trunk", "a"),), (("trunk", "b"),)]


def test_what_is_under_way_are_callers_and_calls_of_ours() -> None:
    floor = staffed()
    order = dialled(floor)
    floor.queue("c1")
    assert set(floor.engine.under_way()) == {order.call, "c1"}
