"""The floor document: what a screen can show after these outcomes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import (
    AgentChanged,
    Alarmed,
    BlockedCounted,
    CallAbandoned,
    CallbackChanged,
    CallbackMade,
    CallEntered,
    CallHeld,
    CallOffered,
    ConferenceBegan,
    Event,
    FlowBegan,
    FlowLeft,
    HoldReminded,
    HouseApplied,
    ListeningBegan,
    ListeningEnded,
    Outcome,
    PbxChanged,
    SeatChanged,
    WorkClosed,
    WorkOpened,
    WorkOverdue,
)
from core.ids import NOBODY, CallbackId, CallId, ListeningId, OfferId, SeatId, WorkId
from core.periods import business_day
from core.states import AgentState, AgentStatus, CallbackState, CallState, WorkKind
from monitor.wallboard import Wallboard
from store.merge import merged
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    APPLIED,
    CALL,
    ENDED,
    ENTERED,
    HOTLINE,
    MISSED,
    NODE,
    NOON_UTC_S,
    OFFERED,
    OTHER_AGENT,
    OTHER_SEAT,
    RANG,
    RESERVED,
    SALES,
    SEAT,
    SERVICE,
    TALKED,
    TRUNK,
    board_after,
    journal,
    shown,
    signed_in,
    small_house,
)


def test_a_waiting_call_shows_since_when_on_both_clocks() -> None:
    board = shown((0, APPLIED), (1, ENTERED), (6, OFFERED))
    call = board[f"call/{CALL}"]
    assert (call["state"], call["queue"], call["priority"], call["hotline"]) == ("waiting", SALES, 2, HOTLINE)
    assert (call["waiting_since_boot_s"], call["waiting_since_utc_s"]) == (106.0, NOON_UTC_S + 6)
    assert (board[f"queue/{SALES}"]["waiting"], board[f"queue/{SALES}"]["longest_since_boot_s"]) == (1, 106.0)


def test_a_recovered_call_keeps_its_age() -> None:
    board = shown((50, CallOffered(CALL, SALES, HOTLINE, 0, "zh-CN", 40.0)))
    assert board[f"call/{CALL}"]["waiting_since_boot_s"] == 110.0


def test_lines_count_calls_per_trunk_and_blocked_ones() -> None:
    other = CallEntered(CallId("2"), HOTLINE, TRUNK, "", "en")
    lines = shown((0, ENTERED), (1, other), (2, BlockedCounted(NODE, TRUNK, 4)))["lines"]
    assert lines == {
        "limit": 90,
        "in_use": 2,
        "outbound": 0,
        "outbound_limit": 100,
        "blocked": 4,
        "by_trunk": {TRUNK: {"name": "中继甲", "in_use": 2, "blocked": 4, "reachable": True}},
    }
    assert shown((0, ENTERED), (9, ENDED))["lines"]["in_use"] == 0


def test_calls_refused_yesterday_are_not_todays() -> None:
    day_s = 24 * 3600.0
    lines = shown((0, ENTERED), (1, BlockedCounted(NODE, TRUNK, 4)), (day_s, BlockedCounted(NODE, TRUNK, 6)))["lines"]
    assert (lines["blocked"], lines["by_trunk"][TRUNK]["blocked"]) == (6, 6)


def test_calls_refused_on_a_day_that_a_clock_set_back_undid_are_not_todays() -> None:
    day_s = 24 * 3600.0
    lines = shown((0, ENTERED), (day_s, BlockedCounted(NODE, TRUNK, 6)), (1, BlockedCounted(NODE, TRUNK, 4)))["lines"]
    assert (lines["blocked"], lines["by_trunk"][TRUNK]["blocked"]) == (4, 4)


def test_agents_are_told_with_what_they_want_and_do_once_they_were_on_duty() -> None:
    board = board_after((0, APPLIED), (1, signed_in(AgentState.RINGING)))
    assert board.agents()[AGENT] == ("ready", "ringing")


def test_figures_that_add_up_are_not_broken() -> None:
    board = board_after((0, APPLIED), (1, ENTERED), (6, OFFERED))
    assert board.broken_figures() == 0


def test_a_seat_follows_its_agent_and_its_call() -> None:
    ringing: list[tuple[float, Event]] = [
        (0.0, APPLIED),
        (1, SeatChanged(SEAT, True)),
        (2, signed_in()),
        (3, ENTERED),
        (4, OFFERED),
        (4, RESERVED),
    ]
    seat = shown(*ringing, (5, RANG), (5, signed_in(AgentState.RINGING)))[f"seat/{SEAT}"]
    assert (seat["reachable"], seat["agent"], seat["agent_name"]) == (True, AGENT, "话务员01")
    assert (seat["state"], seat["call"], seat["since_boot_s"]) == ("ringing", CALL, 105.0)


def test_a_missed_ring_frees_the_seat_and_the_caller_waits_on() -> None:
    board = shown((0, APPLIED), (3, ENTERED), (4, OFFERED), (4, RESERVED), (5, RANG), (20, MISSED))
    call = board[f"call/{CALL}"]
    assert (call["state"], "seat" in call, call["waiting_since_boot_s"]) == ("waiting", False, 104.0)
    assert "call" not in board[f"seat/{SEAT}"]


def test_a_talk_and_its_end() -> None:
    talking: list[tuple[float, Event]] = [
        (0.0, APPLIED),
        (3.0, ENTERED),
        (4.0, OFFERED),
        (4.0, RESERVED),
        (5.0, RANG),
        (12.0, ANSWERED),
    ]
    board = shown(*talking)
    assert (board[f"call/{CALL}"]["state"], board[f"seat/{SEAT}"]["call"]) == ("talking", CALL)
    today = board[f"queue/{SALES}"]["today"]
    assert (today["answered"], today["connection_rate"], today["service_level"]["v3"]) == (1, 1.0, 1.0)
    after = shown(*talking, (32, TALKED), (33, ENDED))
    assert f"call/{CALL}" not in after
    assert "call" not in after[f"seat/{SEAT}"]
    assert after[f"hotline/{HOTLINE}"]["today"]["answered"] == 1


def test_moving_to_another_seat_empties_the_first() -> None:
    moved = AgentChanged(
        AGENT, OTHER_SEAT, AgentStatus.READY, AgentState.IDLE, AgentStatus.READY, AgentState.IDLE, "", 1
    )
    board = shown((0, APPLIED), (1, signed_in()), (2, moved))
    assert ("agent" in board[f"seat/{SEAT}"], board[f"seat/{OTHER_SEAT}"]["agent"]) == (False, AGENT)


def test_signing_out_empties_the_seat() -> None:
    board = shown((0, APPLIED), (1, signed_in()), (2, signed_in(status=AgentStatus.SIGNED_OUT)))
    assert ("agent" in board[f"seat/{SEAT}"], "seat" in board[f"agent/{AGENT}"]) == (False, False)


def test_a_new_house_adds_and_removes_seats() -> None:
    board = board_after((0, APPLIED))
    board.diff()
    smaller = HouseApplied(2, 60, (SALES,), (SEAT,), ((AGENT, "话务员01"),))
    board.apply(journal((5, smaller))[0])
    removed = {key for key, entry in board.diff().items() if entry is None}
    assert removed == {f"agent/{OTHER_AGENT}", f"queue/{SERVICE}", f"seat/{OTHER_SEAT}"}


def test_a_diff_holds_only_what_changed_since_the_last() -> None:
    board = board_after((0, APPLIED), (1, ENTERED))
    board.diff()
    board.apply(journal((2, OFFERED))[0])
    diff: dict[str, Any] = board.diff()
    assert set(diff) == {f"call/{CALL}", f"queue/{SALES}", f"hotline/{HOTLINE}", "clock"}
    assert diff[f"hotline/{HOTLINE}"] == {"today": {"offered": 1, "waiting": 1}}
    assert board.diff() == {}


def test_a_look_aside_takes_nothing_from_those_who_follow() -> None:
    board = Wallboard(small_house())
    board.diff()
    board.alarm("house", "The PBX could not load it.")
    assert board.document()["alarms"]["last"]  # type: ignore[index]
    assert set(board.diff()) == {"alarms"}
    assert board.document() == board.snapshot()


def test_alarms_keep_the_last_fifty_newest_first() -> None:
    alarms: list[tuple[float, Event]] = [(float(n), Alarmed("disk", f"{n} percent")) for n in range(60)]
    board = shown(*alarms)
    last = board["alarms"]["last"]
    assert (len(last), last[0]["text"], last[0]["at_utc_s"]) == (50, "59 percent", NOON_UTC_S + 59)


def test_the_pbx_going_away_shows() -> None:
    assert shown((3, PbxChanged(NODE, False)))[f"pbx/{NODE}"] == {
        "id": NODE,
        "up": False,
        "since_utc_s": NOON_UTC_S + 3,
    }


def test_broken_conservation_raises_one_alarm() -> None:
    board = board_after((0, ENTERED), (1, OFFERED), (2, ANSWERED), (2, ANSWERED))
    board.diff()
    board.apply(journal((3, ANSWERED))[0])
    assert [alarm["name"] for alarm in board.snapshot()["alarms"]["last"]] == ["conservation_broken"]  # type: ignore[index]


def test_a_new_business_day_begins_the_figures_anew() -> None:
    board = board_after((0, APPLIED), (1, ENTERED), (2, OFFERED), (3, ANSWERED), (4, BlockedCounted(NODE, TRUNK, 4)))
    board.pulse(100.0 + 86400, NOON_UTC_S + 86400)
    changed: Any = board.diff()
    assert changed[f"queue/{SALES}"]["today"]["answered"] == 0
    assert changed["lines"]["blocked"] == 0


def test_figures_that_do_not_add_up_are_told_once_a_day_in_another_time_zone_too() -> None:
    board = board_after((1, ENTERED), (2, OFFERED), (3, ANSWERED), (3, ANSWERED))
    assert board.snapshot()["alarms"]["last"]  # type: ignore[index]
    board.furnish(small_house().model_copy(update={"time_zone": "Europe/Berlin"}))
    assert len(board.snapshot()["alarms"]["last"]) == 1  # type: ignore[index]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Anchorage", "Pacific/Auckland", "Asia/Kathmandu"])
def test_another_time_zone_keeps_the_days_figures_until_its_midnight(zone: str) -> None:
    """They were empty for the rest of the day, and a call that waited meanwhile counted nowhere."""
    told = (0, APPLIED), (1, ENTERED), (2, OFFERED), (3, BlockedCounted(NODE, TRUNK, 4))
    board, usual = board_after(*told), board_after(*told)
    board.furnish(small_house().model_copy(update={"time_zone": zone}))
    for each in (board, usual):
        for outcome in journal((0, ENTERED), (5, ANSWERED), (9, TALKED), (10, ENDED))[1:]:
            each.apply(outcome)
    here, there = board.snapshot(), usual.snapshot()
    assert [here[key] for key in (f"queue/{SALES}", f"hotline/{HOTLINE}", "lines")] == [
        there[key] for key in (f"queue/{SALES}", f"hotline/{HOTLINE}", "lines")
    ]
    assert here[f"queue/{SALES}"]["today"]["answered"] == 1  # type: ignore[index]
    assert board.broken_figures() == 0 and here["alarms"] == there["alarms"]
    midnight_utc_s = business_day(zone)(NOON_UTC_S) + 26 * 3600
    board.pulse(100.0 + 86400, midnight_utc_s)
    assert board.snapshot()[f"queue/{SALES}"]["today"]["answered"] == 0  # type: ignore[index]


def test_the_business_day_begins_at_midnight_of_its_own_zone() -> None:
    assert business_day("Asia/Shanghai")(1_795_000_500.0) % 86400 == 16 * 3600


def test_a_snapshot_handed_out_does_not_change() -> None:
    board = board_after((0, APPLIED), (1, ENTERED))
    before = board.snapshot()
    text = json.dumps(before)
    board.apply(journal((2, OFFERED))[0])
    board.diff()
    assert json.dumps(before) == text


# --- random histories ----------------------------------------------------------------------------------
EVENTS: list[Event] = [
    APPLIED, ENTERED, OFFERED, RESERVED, RANG, MISSED, ANSWERED, TALKED, ENDED, signed_in(), SeatChanged(SEAT, False),
    signed_in(AgentState.WRAP_UP), signed_in(status=AgentStatus.SIGNED_OUT), CallAbandoned(CALL, SALES, HOTLINE, 3.0),
    PbxChanged(NODE, True), Alarmed("disk", "full"), HouseApplied(2, 9, (), (), ()),
    CallEntered(CallId("2"), HOTLINE, TRUNK, "", "en"), CallOffered(CallId("2"), SERVICE, HOTLINE, 0, "en", 1.0),
]  # fmt: skip
HISTORIES = st.lists(st.tuples(st.sampled_from(EVENTS), st.booleans()), max_size=25)


@given(HISTORIES)
def test_diffs_applied_to_the_first_snapshot_give_the_last(steps: list[tuple[Event, bool]]) -> None:
    """In any order of outcomes, senseless ones too: nothing raises, and readers of diffs see what is there."""
    board = Wallboard(small_house())
    reader = board.snapshot()
    for outcome, (_, look) in zip(journal(*[(1.0, event) for event, _ in steps]), steps, strict=True):
        board.apply(outcome)
        if look:
            reader = merged(reader, board.diff())
    reader = merged(reader, board.diff())
    assert reader == board.snapshot()


def test_a_missed_ring_shows_at_its_hotline_at_once() -> None:
    board = board_after((0, APPLIED), (1, ENTERED), (2, OFFERED), (3, RESERVED), (4, RANG))
    board.diff()
    board.apply(journal((19, MISSED))[0])
    assert board.diff()[f"hotline/{HOTLINE}"]["today"]["three_rings"]["missed"] == 1  # type: ignore[index]


@given(HISTORIES, st.integers(0, 25))
def test_a_board_saved_as_json_goes_on_as_if_nothing_happened(steps: list[tuple[Event, bool]], cut: int) -> None:
    outcomes = journal(*[(float(number), event) for number, (event, _) in enumerate(steps)])
    straight = Wallboard(small_house())
    broken = Wallboard(small_house())
    for number, outcome in enumerate(outcomes):
        if number == cut:
            broken = Wallboard.from_json(small_house(), json.loads(json.dumps(broken.to_json())))
        straight.apply(outcome)
        straight.diff()
        broken.apply(outcome)
        broken.diff()
    assert json.dumps(broken.snapshot(), sort_keys=True) == json.dumps(straight.snapshot(), sort_keys=True)


def test_a_board_saved_as_json_does_not_change_under_the_thread_that_writes_it() -> None:
    first, *later = journal((0, APPLIED), (1, ENTERED), (2, OFFERED), (10, ANSWERED), (30, TALKED), (31, ENDED))
    board = Wallboard(small_house())
    board.apply(first)
    for outcome in later:
        saved = board.to_json()
        text = json.dumps(saved, sort_keys=True)
        board.apply(outcome)
        board.diff()
        assert json.dumps(saved, sort_keys=True) == text
    saved, text = board.to_json(), json.dumps(board.to_json(), sort_keys=True)
    for outcome in journal((40, ENTERED), (41, OFFERED), (50, ANSWERED), (70, TALKED), (71, ENDED)):
        board.apply(outcome)
    assert json.dumps(saved, sort_keys=True) == text


def test_the_work_is_counted_by_kind_and_what_is_overdue() -> None:
    board = Wallboard(small_house())
    who = (CALL, "+8613800000000", SALES, HOTLINE, "zh-CN")
    events: list[Event] = [
        WorkOpened(WorkId("w-1.0"), WorkKind.MESSAGE, *who, True, 60.0),
        WorkOpened(WorkId("w-1.1"), WorkKind.ABANDONED, *who, False, 60.0),
        WorkOverdue(WorkId("w-1.0"), WorkKind.MESSAGE, NOBODY),
    ]
    for number, event in enumerate(events, 1):
        board.apply(Outcome(number, 0, float(number), NOON_UTC_S + number, event))
    assert board.snapshot()["work"] == {"open": 2, "overdue": 1, "by_kind": {"message": 1, "abandoned": 1}}
    closed = WorkClosed(WorkId("w-1.0"), WorkKind.MESSAGE, AGENT, "done", AGENT, "", True)
    board.apply(Outcome(9, 0, 9.0, NOON_UTC_S + 9, closed))
    assert board.snapshot()["work"] == {"open": 1, "overdue": 0, "by_kind": {"message": 0, "abandoned": 1}}


def test_a_call_shows_how_many_listen_if_its_agent_may_know() -> None:
    def began(told: bool) -> ListeningBegan:
        return ListeningBegan(ListeningId("li-7"), CALL, "lead", "192.0.2.7", told)

    ended = ListeningEnded(ListeningId("li-7"), CALL, "lead", 1.0, "asked", True)
    talking = ((0, ENTERED), (1, OFFERED), (2, ANSWERED), (3, began(True)), (4, began(True)), (5, began(False)))
    assert shown(*talking)[f"call/{CALL}"]["listeners"] == 2
    assert shown(*talking, (6, ended))[f"call/{CALL}"]["listeners"] == 1
    assert f"call/{CALL}" not in shown(*talking, (6, ENDED), (6, ended))


def test_a_caller_on_hold_is_reminded_and_one_whose_flow_led_to_a_person_waits_again() -> None:
    talk: list[tuple[float, Event]] = [(0, APPLIED), (1, ENTERED), (2, OFFERED), (3, RESERVED), (9, ANSWERED)]
    held = shown(*talk, (20, CallHeld(CALL, SEAT, AGENT)), (50, HoldReminded(CALL, SEAT, AGENT, 30.0)))
    assert held[f"call/{CALL}"]["reminded_utc_s"] == NOON_UTC_S + 50
    back = shown((0, APPLIED), (1, ENTERED), (2, OFFERED), (9, FlowBegan(CALL, SALES, HOTLINE, "message")))
    assert back[f"call/{CALL}"]["state"] == CallState.LEAVING
    again = (9, FlowBegan(CALL, SALES, HOTLINE, "message")), (12, FlowLeft(CALL, SALES))
    assert shown((0, APPLIED), (1, ENTERED), (2, OFFERED), *again)[f"call/{CALL}"]["state"] == CallState.WAITING


@pytest.mark.parametrize("end", [CallbackState.DONE, CallbackState.GIVEN_UP, CallbackState.CANCELLED])
def test_a_promise_is_on_the_board_until_it_is_over(end: CallbackState) -> None:
    name = CallbackId("cb-1")
    made = CallbackMade(name, CALL, "+8613800001234", SALES, HOTLINE, "zh-CN", 0, 0.0)
    retry = CallbackChanged(name, CALL, SALES, CallbackState.RETRY, "busy", 1, 60.0)
    over = replace(retry, state=end, next_s=None)
    assert shown((0, APPLIED), (1, made), (2, retry))["callback/cb-1"]["next_utc_s"] == NOON_UTC_S + 62
    assert "callback/cb-1" not in shown((0, APPLIED), (1, made), (2, retry), (3, over))
    assert "callback/cb-1" not in shown((0, APPLIED), (2, retry)), "of one that nobody knows"


def test_somebody_outside_who_is_in_a_conference_sits_at_no_seat() -> None:
    talk: list[tuple[float, Event]] = [(0, APPLIED), (1, ENTERED), (2, OFFERED), (3, RESERVED), (9, ANSWERED)]
    joined = ConferenceBegan(CALL, OfferId(f"{CALL}/2"), SEAT, AGENT, SeatId(""), NOBODY, "+8613900139000")
    found = shown(*talk, (20, joined))
    assert found[f"call/{CALL}"]["consult"]["number"].endswith("9000")
    assert {key for key in found if key.startswith("seat/")} == {f"seat/{SEAT}", f"seat/{OTHER_SEAT}"}
