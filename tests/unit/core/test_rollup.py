"""The stored figures: any cut into parts gives what one fold gives, which is what the live board and a replay give."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import (
    AgentChanged,
    BlockedCounted,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallTransferred,
    ConsultBegan,
    DutyChanged,
    Event,
    FlowBegan,
    MenuNodeVisited,
    OutboundEnded,
    OutboundMoved,
    Outcome,
    OutsideAnswered,
    OutsideEnded,
    RingEnded,
    SurveyMarked,
    TalkEnded,
    TrunkChanged,
    TrunkFailed,
)
from core.figures import Figures, total
from core.ids import NOBODY, CallId, TrunkId
from core.mergeable import Mergeable, merged
from core.paths import NodeFigures, TrunkFigures
from core.rollup import BLOCK_S, WHOLE, OpenKey, Rollup, Row, covered, in_blocks, touched
from core.states import AgentState, AgentStatus, DutyState, OutboundOutcome, OutboundState, RingOutcome
from core.stats import Stats, quarter_hour
from core.work import AgentFigures, Work, ongoing, open_from_json, quarters
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    CALL,
    ENTERED,
    HOTLINE,
    NODE,
    NOON_UTC_S,
    OFFER,
    OFFERED,
    SALES,
    SEAT,
    TRUNK,
    journal,
)
from tests.unit.monitor.test_stats import LIVES, history
from tests.unit.store.histories import histories

START = quarter_hour(NOON_UTC_S)
READY, OUT, ON_BREAK = AgentStatus.READY, AgentStatus.SIGNED_OUT, AgentStatus.ON_BREAK
IDLE, TALKING, WRAP_UP = AgentState.IDLE, AgentState.TALKING, AgentState.WRAP_UP


def folded(outcomes: Sequence[Outcome], known: dict[OpenKey, Any] | None = None) -> Rollup:
    rollup = Rollup(known)
    for outcome in outcomes:
        rollup.apply(outcome)
    return rollup


def stored(outcomes: Sequence[Outcome], step: int) -> tuple[dict[Row, Mergeable], dict[OpenKey, Any]]:
    """What a store has that folds `step` outcomes at a time, each time knowing only what they touch."""
    rows: dict[Row, Mergeable] = {}
    open_now: dict[OpenKey, Any] = {}
    for start in range(0, len(outcomes), step):
        part = outcomes[start : start + step]
        known = {key: open_now.pop(key) for key in touched(part) if key in open_now}
        rollup = folded(part, known)
        open_now |= json_trip(rollup.open())
        for row, state in rollup.rows().items():
            kept = rows.setdefault(row, type(state)())
            kept.merge(type(state).from_json(json.loads(json.dumps(state.to_json()))))
    return rows, open_now


def json_trip(documents: dict[OpenKey, Any]) -> dict[OpenKey, Any]:
    return {key: json.loads(json.dumps(document)) for key, document in documents.items()}


@given(histories(), st.integers(1, 9))
def test_any_cut_into_parts_gives_what_one_fold_gives(outcomes: list[Outcome], step: int) -> None:
    whole = folded(outcomes)
    assert stored(outcomes, step) == (whole.rows(), json_trip(whole.open()))


@given(LIVES, st.integers(1, 9))
def test_rollup_is_replay_is_live(lives: list[tuple[float, int, float]], step: int) -> None:
    outcomes = history(lives)
    live = Stats()
    for outcome in outcomes:
        live.apply(outcome)
    rows, _ = stored(outcomes, step)
    calls = {row: state for row, state in rows.items() if row.kind == "call"}
    assert calls == {
        Row("call", slot.start_utc_s, slot.hotline, WHOLE if slot.queue is None else slot.queue): figures
        for slot, figures in live.figures.items()
    }
    assert all(state.conserved for state in calls.values() if isinstance(state, Figures))


# --- one agent ---------------------------------------------------------------------------------
def changed(was: tuple[AgentStatus, AgentState], now: tuple[AgentStatus, AgentState], reason: str, s: float) -> Event:
    return AgentChanged(AGENT, SEAT, *was, *now, reason, s)


def rows_of(kind: str, *events: tuple[float, Event]) -> dict[Row, Any]:
    return {row: state for row, state in folded(journal(*events)).rows().items() if row.kind == kind}


def test_an_agents_time_lies_in_the_quarters_in_which_it_was_spent() -> None:
    rows = rows_of(
        "agent",
        (300, changed((OUT, IDLE), (READY, IDLE), "", 0.0)),
        (2100, changed((READY, IDLE), (READY, TALKING), "answered", 1800.0)),
        (2200, changed((READY, TALKING), (READY, WRAP_UP), "talk_over", 100.0)),
        (2215, changed((READY, WRAP_UP), (ON_BREAK, IDLE), "meal", 15.0)),
        (2815, changed((ON_BREAK, IDLE), (OUT, IDLE), "", 600.0)),
    )
    by_start = {row.start_utc_s - START: state for row, state in rows.items()}
    assert [by_start[start].available_ms for start in (0, 900, 1800)] == [600_000, 900_000, 300_000]
    total = AgentFigures()
    for state in rows.values():
        total.merge(state)
    assert (total.talking_ms, total.wrap_up_ms, total.breaks) == (100_000, 15_000, {"meal": 600_000})
    assert total.signed_in_ms == 2_515_000
    assert total.occupancy == 115 / (115 + 1800)
    assert total.utilisation == 115 / 2515


def test_work_belongs_to_the_shift_that_was_rostered_whoever_comes_early() -> None:
    night = NOON_UTC_S + 600
    rows = rows_of(
        "agent",
        (0, DutyChanged(AGENT, DutyState.EARLY, "night", night, night + 43200)),
        (0, changed((OUT, IDLE), (READY, IDLE), "", 0.0)),
        (700, changed((READY, IDLE), (READY, TALKING), "", 700.0)),
        (700, DutyChanged(AGENT, DutyState.OFF, "", None, None)),
        (800, changed((READY, TALKING), (READY, IDLE), "", 100.0)),
    )
    by_shift = {row.part: state.signed_in_ms for row, state in rows.items() if state.signed_in_ms and row.part}
    assert set(by_shift) == {f"night@{int(night)}"}
    assert sum(state.signed_in_ms for row, state in rows.items() if not row.part) == 100_000


def test_adherence_is_of_the_shift_alone_and_lapses_are_counted_once_each() -> None:
    day = NOON_UTC_S + 600
    shift = ("day", day, day + 7200)
    rows = rows_of(
        "agent",
        (0, DutyChanged(AGENT, DutyState.EXPECTED, *shift)),
        (660, DutyChanged(AGENT, DutyState.LATE, *shift)),
        (1500, DutyChanged(AGENT, DutyState.MISSING, *shift)),
        (2400, DutyChanged(AGENT, DutyState.ON, *shift)),
        (4200, DutyChanged(AGENT, DutyState.LEFT, *shift)),
        (4800, DutyChanged(AGENT, DutyState.ON, *shift)),
        (8700, DutyChanged(AGENT, DutyState.OVER, *shift)),  # late: nobody was there to tell it at 7800
        (9000, DutyChanged(AGENT, DutyState.OFF, "", None, None)),
    )
    total = merged(AgentFigures(), rows.values())
    assert (total.rostered_ms, total.kept_ms) == (7_200_000, 4_800_000)
    assert total.adherence == pytest.approx(2 / 3)
    assert total.lapses == {"late": 1, "missing": 1, "left": 1}
    assert {row.part for row in rows} == {f"day@{int(day)}"}


def test_a_shift_that_goes_on_counts_until_now_and_old_documents_are_read() -> None:
    shift = ("day", NOON_UTC_S, NOON_UTC_S + 7200)
    open_now = folded(journal((300, DutyChanged(AGENT, DutyState.ON, *shift)))).open()
    document = json_trip(open_now)[OpenKey("agent", AGENT)]
    found = merged(AgentFigures(), ongoing(AGENT, open_from_json(document), NOON_UTC_S + 1000).values())
    assert (found.rostered_ms, found.kept_ms) == (700_000, 700_000)
    assert ongoing(AGENT, open_from_json(document[:6]), NOON_UTC_S + 1000) == {}


def test_what_an_agent_did_counts_with_its_parts() -> None:
    call = CallId("node-1.9")
    (state,) = rows_of(
        "agent",
        (0, RingEnded(CALL, OFFER, SEAT, AGENT, SALES, RingOutcome.MISSED, 15.0)),
        (1, RingEnded(CALL, OFFER, SEAT, AGENT, SALES, RingOutcome.ANSWERED, 3.0)),
        (2, CallAnswered(CALL, SALES, HOTLINE, SEAT, AGENT, 20.0, 2)),
        (3, TalkEnded(CALL, SALES, HOTLINE, SEAT, AGENT, 60.0, "caller", 5.0)),
        (4, CallTransferred(CALL, SALES, HOTLINE, SEAT, AGENT, "blind", "after-sales", "")),
        (5, ConsultBegan(CALL, OFFER, SEAT, AGENT, SEAT, AGENT, "")),
        (6, OutboundEnded(call, AGENT, SEAT, None, TRUNK, OutboundOutcome.REACHED, 7.0, 9.0, "agent")),
    ).values()
    assert state.rings == {"missed": 1, "answered": 1}
    assert state.three_ring_rate(15.0) == 0.5
    assert (state.answered, state.talks, state.talk_ms, state.held_ms) == (1, 1, 60_000, 5_000)
    assert (state.transfers, state.consults) == ({"blind": 1}, 1)
    assert (state.outbound, state.outbound_reached, state.outbound_talk_ms) == (1, 1, 7_000)


def test_a_wrap_up_belongs_to_its_call_also_when_the_call_is_over() -> None:
    rows = rows_of(
        "call",
        (0, ENTERED),
        (1, OFFERED),
        (9, CallAnswered(CALL, SALES, HOTLINE, SEAT, AGENT, 8.0, 1)),
        (69, TalkEnded(CALL, SALES, HOTLINE, SEAT, AGENT, 60.0, "caller")),
        (69, changed((READY, TALKING), (READY, WRAP_UP), "talk_over", 60.0)),
        (70, CallEnded(CALL, HOTLINE, "caller", 70.0)),
        (1069, changed((READY, WRAP_UP), (READY, IDLE), "wrap_up_over", 1000.0)),
        (1070, OutboundEnded(CallId("o"), AGENT, SEAT, None, TRUNK, OutboundOutcome.REACHED, 7.0, 9.0, "agent")),
        (1090, changed((READY, WRAP_UP), (READY, IDLE), "wrap_up_over", 20.0)),
    )
    of_queue = rows[Row("call", START, HOTLINE, SALES)]
    assert of_queue.wrap_up_ms == rows[Row("call", START, HOTLINE, WHOLE)].wrap_up_ms == 1_000_000
    assert of_queue.aht_s == 1060.0


def test_the_wrap_up_of_a_call_that_we_made_is_no_part_of_handling_a_caller() -> None:
    """Its talk is none of the talks, so its wrap-up would lengthen those of others."""
    (state,) = rows_of(
        "agent",
        (0, changed((OUT, IDLE), (READY, IDLE), "", 0.0)),
        (60, TalkEnded(CALL, SALES, HOTLINE, SEAT, AGENT, 60.0, "caller")),
        (60, changed((READY, TALKING), (READY, WRAP_UP), "talk_over", 60.0)),
        (70, changed((READY, WRAP_UP), (READY, IDLE), "wrap_up_over", 10.0)),
        (270, OutboundEnded(CallId("o"), AGENT, SEAT, SALES, TRUNK, OutboundOutcome.REACHED, 200.0, 210.0, "agent")),
        (270, changed((READY, TALKING), (READY, WRAP_UP), "talk_over", 200.0)),
        (300, changed((READY, WRAP_UP), (READY, IDLE), "wrap_up_over", 30.0)),
    ).values()
    assert (state.talks, state.wrap_up_ms, state.outbound_wrap_up_ms) == (1, 40_000, 30_000)
    assert state.aht_s == 70.0


def test_what_an_agent_does_now_is_told_as_far_as_it_has_lasted() -> None:
    open_now = folded(journal((0, changed((OUT, IDLE), (READY, IDLE), "", 0.0)))).open()
    work = open_from_json(json_trip(open_now)[OpenKey("agent", AGENT)])
    states = ongoing(AGENT, work, NOON_UTC_S + 1000)
    assert sum(state.available_ms for state in states.values()) == 1_000_000
    assert len(states) == 2


@given(st.floats(1e7, 2e9), st.floats(-10, 8 * 86400))
def test_quarters_hold_a_duration_to_the_millisecond(end_utc_s: float, lasted_s: float) -> None:
    parts = list(quarters(end_utc_s, lasted_s))
    assert sum(part for _, part in parts) == round(max(0.0, lasted_s) * 1000)
    assert len({start for start, _ in parts}) == len(parts)


# --- menus and trunks --------------------------------------------------------------------------
def test_a_menu_nodes_visits_tell_where_callers_went() -> None:
    visits = [
        MenuNodeVisited(CALL, HOTLINE, "main", "ask", to, how, 1, 0, 4.0)
        for to, how in (("a", "went_on"), ("", "hung_up"))
    ]
    ((row, state),) = rows_of("node", *enumerate(visits)).items()
    assert (row.name, row.part) == ("main/ask", HOTLINE)
    expected = NodeFigures(visits=2, wrong=2, lasted_ms=8_000, left={"went_on": 1, "hung_up": 1}, to={"a": 1, "": 1})
    assert state == expected


def test_a_flows_choices_and_what_came_of_them_add_up() -> None:
    visits = [
        MenuNodeVisited(CALL, HOTLINE, "main", "ask", "say", "went_on", 0, 0, 4.0, "1"),
        MenuNodeVisited(CALL, HOTLINE, "main", "ask", "say", "went_on", 0, 0, 4.0, "1", again=True),
        MenuNodeVisited(CALL, HOTLINE, "main", "ask", "", "hung_up", 0, 0, 4.0, reached="left"),
        MenuNodeVisited(CALL, HOTLINE, "main", "ask", "", "ended", 0, 0, 4.0, reached="served"),
    ]
    ((_, state),) = rows_of("node", *enumerate(visits)).items()
    assert isinstance(state, NodeFigures)
    assert (state.visits, state.again, state.keys, state.calls) == (4, 1, {"1": 2}, 2)
    assert state.reached == {"left": 1, "served": 1}


def test_a_trunks_lines_are_counted_while_they_are_in_use() -> None:
    outbound = CallId("out")
    rows = rows_of(
        "trunk",
        (0, BlockedCounted(NODE, TRUNK, 3)),
        (0, ENTERED),
        (1000, CallEnded(CALL, HOTLINE, "caller", 1000.0)),
        (1000, OutboundMoved(outbound, OutboundState.CALLING, TRUNK)),
        (1010, TrunkFailed(outbound, TRUNK, "no answer")),
        (1010, TrunkChanged(TRUNK, False)),
        (1020, OutboundEnded(outbound, AGENT, SEAT, None, TRUNK, OutboundOutcome.NO_ANSWER, 0.0, 20.0, "")),
        (1110, TrunkChanged(TRUNK, True)),
    )
    total = TrunkFigures()
    for state in rows.values():
        total.merge(state)
    assert [row.start_utc_s - START for row in rows] == [0, 900]
    assert total == TrunkFigures(
        entered=1, blocked=3, outbound=1, line_ms=1_020_000, down_ms=100_000, failures={"no answer": 1}
    )


@pytest.mark.parametrize("ended", [True, False])
def test_a_caller_given_outside_takes_a_second_line_from_the_answer_on(ended: bool) -> None:
    """On whatever trunk; it is free with the end of that talk, or of the call."""
    call, number, other = CallId("c1"), "13900139000", TrunkId("b")
    events: list[tuple[float, Event]] = [
        (0, CallEntered(call, HOTLINE, TRUNK, "", "zh-CN")),
        (10, OutsideAnswered(call, SALES, HOTLINE, number, None)),
        (20, OutsideAnswered(call, SALES, HOTLINE, number, other)),
        *([(80, OutsideEnded(call, SALES, HOTLINE, number, OutboundOutcome.REACHED, 60.0))] if ended else []),
        (100, CallEnded(call, HOTLINE, "outside", 100.0)),
    ]
    lasted = {row.name: state.line_ms for row, state in rows_of("trunk", *events).items()}
    assert lasted == {TRUNK: 100_000, other: 60_000 if ended else 80_000}
    outcomes = journal(*events)
    assert stored(outcomes, 1) == (folded(outcomes).rows(), json_trip(folded(outcomes).open()))


# --- by blocks --------------------------------------------------------------------------------------
DAY_S, SHANGHAI_MIDNIGHT = 86_400, 57_600


def test_blocks_add_up_to_what_their_quarters_do() -> None:
    rows = {
        Row("call", start, "main", WHOLE): Figures(offered=start // 900, answered_waits={5: 1}, longest_wait_ms=start)
        for start in range(0, 3 * BLOCK_S, 900)
    }
    found = in_blocks(rows)
    assert [row.start_utc_s for row in found] == [0, BLOCK_S, 2 * BLOCK_S]
    whole = total(state for state in found.values() if isinstance(state, Figures))
    assert whole == total(rows.values()) and whole.answered_waits == {5: 48}
    assert rows[Row("call", 900, "main", WHOLE)].offered == 1


@pytest.mark.parametrize(
    ("periods", "blocks", "quarters"),
    [
        (
            [(SHANGHAI_MIDNIGHT, SHANGHAI_MIDNIGHT + 2 * DAY_S)],
            [(SHANGHAI_MIDNIGHT, SHANGHAI_MIDNIGHT + 2 * DAY_S)],
            [],
        ),
        ([(900, 1800)], [], [(900, 1800)]),
        ([(3600, DAY_S)], [(BLOCK_S, DAY_S)], [(3600, BLOCK_S)]),
        ([(3600, 3600 + DAY_S)], [(BLOCK_S, DAY_S)], [(3600, BLOCK_S), (DAY_S, 3600 + DAY_S)]),
        ([], [], []),
    ],
)
def test_periods_are_covered_by_blocks_and_by_quarters_at_their_edges(
    periods: list[tuple[int, int]], blocks: list[tuple[int, int]], quarters: list[tuple[int, int]]
) -> None:
    assert covered(periods) == (blocks, quarters)


def test_neighbours_are_one_span_and_no_block_lies_over_a_boundary() -> None:
    days = [(SHANGHAI_MIDNIGHT + day * DAY_S, SHANGHAI_MIDNIGHT + (day + 1) * DAY_S) for day in range(31)]
    assert covered(days) == ([(days[0][0], days[-1][1])], [])
    berlin = [(start - 3600 * 15, end - 3600 * 15) for start, end in days]
    blocks, quarters = covered(berlin)
    assert sum(end - start for start, end in (*blocks, *quarters)) == 31 * DAY_S
    assert all(any(first <= start and end <= last for first, last in berlin) for start, end in blocks)


def test_who_has_no_agent_counts_for_nobody_and_a_survey_for_whom_it_asks_about() -> None:
    work = Work()
    nobodys = replace(ANSWERED, agent=NOBODY), SurveyMarked(CALL, "q", 5, SALES, HOTLINE)
    survey = FlowBegan(CALL, SALES, HOTLINE, "survey", True, AGENT)
    again = CallTransferred(CALL, SALES, HOTLINE, SEAT, AGENT, "again", "", "")
    for outcome in journal(*((0.0, event) for event in (*nobodys, survey, again))):
        work.apply(outcome)
    ((slot, figures),) = work.figures.items()
    assert (slot.agent, figures.surveys, figures.transfers, figures.marks) == (AGENT, 1, {}, {})


def test_what_lasts_since_before_1970_still_adds_up() -> None:
    assert sum(part_ms for _, part_ms in quarters(10.0, 20.0)) == 20_000
