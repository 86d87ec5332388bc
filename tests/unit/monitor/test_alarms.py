"""Rules over readings: durations, hysteresis, and what the live board says of each figure."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alarms import AlarmRule, Alarms, Figure
from core.events import (
    AgentChanged,
    AlarmChanged,
    BlockedCounted,
    LeaderCallEnded,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    OutsideEnded,
    PbxChanged,
    StaffCounted,
    TrunkChanged,
)
from core.ids import AgentId, CallId
from core.inputs import AlarmNoticed, AlarmPassed
from core.states import AgentState, AgentStatus, AlarmState, OutboundOutcome, OutboundState
from monitor.alarms import AlarmWatch
from monitor.readings import board_readings, targets
from monitor.staff import alarm
from monitor.wallboard import Wallboard
from tests.unit.floor import (
    AGENT,
    APPLIED,
    CALL,
    ENTERED,
    HOTLINE,
    NODE,
    NOON_UTC_S,
    OFFERED,
    SALES,
    SEAT,
    TRUNK,
    board_after,
    journal,
    shown,
    small_house,
)

WAIT = AlarmRule(id="wait", figure="longest_wait_s", above=120, margin=60, for_s=10, clear_after_s=5)
READING = ("longest_wait_s", "sales")


def told(rule: AlarmRule, *values: float | None, targets: dict[tuple[str, str], float] | None = None) -> str:
    """One value a second: N for noticed, P for passed, . for nothing; the engine has heard of it a second later."""
    watch, stands, said = AlarmWatch(), list[tuple[str, str]](), ""
    for now_s, value in enumerate(values):
        news = watch.step([rule], {(rule.figure, "sales"): value}, targets or {}, stands, float(now_s))
        said += "".join("N" if isinstance(one, AlarmNoticed) else "P" for one in news) or "."
        stands = [(rule.id, "sales")] if said.rfind("N") > said.rfind("P") else []
    return said


def test_it_is_raised_after_its_duration_and_over_after_its_own() -> None:
    assert told(WAIT, *[121.0] * 12) == "..........N."
    assert told(WAIT, *[121.0] * 9, 0.0, *[121.0] * 9) == "." * 19  # begun anew
    assert told(WAIT, *[121.0] * 11, *[61.0] * 10, *[60.0] * 7) == "..........N" + "." * 10 + ".....P."


def test_a_value_between_bound_and_margin_neither_raises_nor_clears() -> None:
    assert told(WAIT, *[100.0] * 30) == "." * 30
    assert told(WAIT, *[121.0] * 11, *[100.0] * 30) == "..........N" + "." * 30


def test_what_is_not_known_raises_nothing_and_clears() -> None:
    rule = AlarmRule(id="rate", figure="connection_rate", below=0.9)
    assert told(rule, None, 0.5, 0.5, None, None) == ".N.P."


def test_a_target_is_the_queues_own() -> None:
    rule = AlarmRule(id="rate", figure="connection_rate", below="target")
    assert told(rule, 0.85) == "."
    assert told(rule, 0.85, targets={("connection_rate", "sales"): 0.9}) == "N"


def test_an_alarm_whose_rule_or_subject_is_gone_is_over() -> None:
    watch = AlarmWatch()
    off = WAIT.model_copy(update={"enabled": False})
    for rules, readings in (([], {READING: 999.0}), ([WAIT], {}), ([off], {READING: 999.0})):
        assert watch.step(rules, readings, {}, [("wait", "sales")], 1.0) == [AlarmPassed("wait", "sales")]


def test_a_rule_of_one_subject_leaves_the_others() -> None:
    rule = AlarmRule(id="w", figure="waiting", of="sales", above=0)
    (news,) = AlarmWatch().step([rule], {("waiting", "sales"): 2.0, ("waiting", "other"): 9.0}, {}, [], 0.0)
    assert news == AlarmNoticed("w", "sales", "warning", 2.0, "waiting of sales is 2, above 0")


@pytest.mark.parametrize(
    ("figure", "value", "text"),
    [
        ("connection_rate", 0.8512, "connection_rate of sales is 85.1 %, below 90.0 %"),
        ("journal_lag_s", 0.4, "journal_lag_s of sales is 0 s, below 1 s"),
    ],
)
def test_an_alarm_says_what_is_how_far_beyond(figure: Figure, value: float, text: str) -> None:
    rule = AlarmRule(id="r", figure=figure, below=0.9)
    (news,) = AlarmWatch().step([rule], {(figure, "sales"): value}, {}, [], 0.0)
    assert isinstance(news, AlarmNoticed) and news.text == text


@given(st.lists(st.one_of(st.none(), st.floats(0, 300)), max_size=60))
def test_raised_and_over_take_turns_whatever_the_values_do(values: list[float | None]) -> None:
    said = told(WAIT, *values).replace(".", "")
    assert said in ("NP" * len(said))[: len(said)]


# --- readings ------------------------------------------------------------------------------------
def test_the_board_tells_every_figure_of_its_subject() -> None:
    ready, out, wrap_up = AgentStatus.READY, AgentStatus.SIGNED_OUT, AgentState.WRAP_UP
    board = shown(
        (0, APPLIED),
        (0, AgentChanged(AGENT, SEAT, out, AgentState.IDLE, ready, wrap_up, "", 0.0)),
        (0, StaffCounted(6, 8, 9)),
        (0, TrunkChanged(TRUNK, False)),
        (0, BlockedCounted(NODE, TRUNK, 2)),
        (1, ENTERED),
        (6, OFFERED),
        (66, PbxChanged(NODE, False)),
    )
    readings = board_readings(board)
    assert readings["longest_wait_s", SALES] == 60.0
    assert readings["waiting", SALES] == 1.0
    assert readings["connection_rate", SALES] is None  # one call is no rate
    assert readings["agents_missing", "house"] == 2.0
    assert readings["trunk_down", TRUNK] == readings["pbx_down", NODE] == 1.0
    assert readings["agent_stuck_s", AGENT] == 66.0
    assert readings["blocked", "house"] == 2.0
    assert targets(board)["service_level", SALES] == 0.8


def test_what_calls_of_ours_cost_today_counts_those_that_go_on() -> None:
    """60 s to a number at 0.5 a minute are over, 120 s to another go on, one given outside for 30 s is over."""
    house, (over, on) = small_house(), (CallId("n-out-1.0"), CallId("n-out-2.0"))
    prices = house.outbound.model_copy(update={"prices": {"861": 0.5}})
    board = Wallboard(house.model_copy(update={"outbound": prices}))
    began = [OutboundBegan(call, AGENT, SEAT, "+8613900139000", SALES, "zh-CN", None) for call in (over, on)]
    moved = [OutboundMoved(call, OutboundState.TALKING, None) for call in (over, on)]
    ended = OutboundEnded(over, AGENT, SEAT, SALES, None, OutboundOutcome.REACHED, 60.0, 70.0, "agent")
    outside = OutsideEnded(CALL, SALES, HOTLINE, "+4930123456", OutboundOutcome.REACHED, 30.0)
    nobody = OutsideEnded(CALL, SALES, HOTLINE, "+4930123456", OutboundOutcome.BUSY, 0.0)
    for outcome in journal((0, began[0]), (1, moved[0]), (61, ended), (70, ENTERED), (71, nobody), (72, outside)):
        board.apply(outcome)
    assert board_readings(board.snapshot())["outbound_spend", "house"] == 0.5 + 0.5
    board.apply(journal((79, began[1]))[0])
    assert board_readings(board.snapshot())["outbound_spend", "house"] == 1.0, "nobody has answered"
    for outcome in journal((80, moved[1]), (200, OFFERED)):
        board.apply(outcome)
    assert board_readings(board.snapshot())["outbound_spend", "house"] == 0.5 + 0.5 + 1.0
    board = Wallboard.from_json(house, json.loads(json.dumps(board.to_json())))
    assert board_readings(board.snapshot())["outbound_spend", "house"] == 2.0
    board.pulse(100.0 + 200.0, NOON_UTC_S + 86_400)
    assert board_readings(board.snapshot())["outbound_spend", "house"] == 1.0
    assert "spend" not in board.snapshot()


def test_every_shipped_rule_has_a_figure_that_somebody_reads() -> None:
    read = {
        figure
        for figure, _ in board_readings(
            shown((0, APPLIED), (0, StaffCounted(1, 1, 1)), (0, TrunkChanged(TRUNK, True)), (0, PbxChanged(NODE, True)))
        )
    }
    read |= {"agent_stuck_s", "roster_missing", "disk_free", "journal_lag_s", "journal_broken", "figures_broken"}
    read |= {"recording_coverage"}
    assert {rule.figure for rule in Alarms().rules} <= read


# --- on the board ------------------------------------------------------------------------------
def changed(state: AlarmState, by: str = "") -> AlarmChanged:
    return AlarmChanged("trunk-down", TRUNK, state, "critical", 1.0, "trunk_down of trunk-a is 1, above 0", by)


def test_the_board_shows_what_stands_and_forgets_what_is_over() -> None:
    raised, by_lead, over = (
        changed(AlarmState.RAISED),
        changed(AlarmState.ACKNOWLEDGED, "lead"),
        changed(AlarmState.CLEARED),
    )
    entry = shown((10, raised), (60, by_lead))[f"alarm/trunk-down/{TRUNK}"]
    assert (entry["state"], entry["by"], entry["since_boot_s"]) == ("acknowledged", "lead", 110.0)
    assert f"alarm/trunk-down/{TRUNK}" not in shown((10, raised), (60, by_lead), (70, over))
    assert board_after((10, raised)).snapshot()["alarms"] == {"last": []}


def test_a_queue_whose_target_is_not_shown_has_none() -> None:
    board = {"queue/sales": {"connection_rate_target": 0.9}, "queue/care": {}, "seat/s1": {"service_level_target": 1}}
    assert targets(board) == {("connection_rate", "sales"): 0.9}


@pytest.mark.parametrize("outcome", ["understood", "no_answer"])
def test_somebody_is_told_when_a_leader_has_understood(outcome: str) -> None:
    told = alarm(LeaderCallEnded(CallId("c1"), AgentId("l1"), outcome))
    assert (told and told[0]) == ("leader_understood" if outcome == "understood" else None)
