"""Stored figures become the lines of a report: periods, names, totals, and every value in its unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.figures import Figures, total
from core.mergeable import Mergeable
from core.paths import NodeFigures, TrunkFigures
from core.periods import GRAINS
from core.rollup import KINDS, WHOLE, Row
from core.staff import FloorHours, Staffing
from core.stats import QUARTER_HOUR_S, quarter_hour
from core.work import AgentFigures
from monitor.reports import (
    Ask,
    Pair,
    blocked_calls,
    by_team,
    lines,
    names_of,
    part_of,
    periods,
    told,
    totals,
    window,
)
from tests.unit.floor import AGENT, HOTLINE, NOON_UTC_S, OTHER_AGENT, SALES, SERVICE, TRUNK, small_house

START = quarter_hour(NOON_UTC_S)
"""A quarter past an hour."""

FLOOR = (FloorHours(start=time(9), end=time(20), agents=8), FloorHours(start=time(20), end=time(9), agents=2))
HOUSE = small_house().model_copy(update={"staffing": Staffing(floor=FLOOR)})
DAY = Ask("queue", START, START + 96 * QUARTER_HOUR_S)


def calls(quarter: int, part: str, offered: int, answered: int, name: str = HOTLINE) -> Pair:
    figures = Figures(offered=offered, answered=answered, abandoned=offered - answered)
    return Row("call", START + quarter * QUARTER_HOUR_S, name, part), figures


PAIRS = [calls(0, SALES, 4, 3), calls(1, SALES, 6, 6), calls(1, SERVICE, 2, 1), calls(0, WHOLE, 4, 3)]


def test_totals_are_by_name_and_whole_calls_are_no_queue() -> None:
    found = {line.name: line.figures["offered"] for line in totals(PAIRS, DAY, HOUSE)}
    assert found == {SALES: 10, SERVICE: 2}
    (house,) = totals(PAIRS, replace(DAY, of="house"), HOUSE)
    assert (house.name, house.figures["offered"], house.figures["connection_rate"]) == ("", 4, 0.75)
    (hotline,) = totals(PAIRS, replace(DAY, of="hotline"), HOUSE)
    assert hotline.name == HOTLINE
    assert totals(PAIRS, replace(DAY, hotline="other"), HOUSE) == []


def test_every_period_of_a_named_queue_has_a_line_also_an_empty_one() -> None:
    ask = replace(DAY, by="30min", name=SALES, until_utc_s=START + 4 * QUARTER_HOUR_S)
    found = lines(PAIRS, ask, HOUSE)
    assert [(line.start_utc_s - START, line.figures["offered"]) for line in found] == [(0, 4), (900, 6), (2700, 0)]
    assert found[2].figures["connection_rate"] is None


@given(
    st.lists(st.tuples(st.integers(0, 95), st.sampled_from([SALES, SERVICE]), st.integers(0, 9), st.integers(0, 9))),
    st.sampled_from(GRAINS),
)
def test_the_lines_of_any_period_add_up_to_the_totals(cells: list[tuple[int, str, int, int]], by: Any) -> None:
    pairs = [calls(quarter, queue, a + b, a) for quarter, queue, a, b in cells]
    found = lines(pairs, replace(DAY, by=by), HOUSE)
    for line in totals(pairs, DAY, HOUSE):
        for name in ("offered", "answered", "abandoned"):
            assert sum(one.figures[name] for one in found if one.name == line.name) == line.figures[name]


def test_a_report_changes_no_figure_it_was_given() -> None:
    before = [(row, state.to_json()) for row, state in PAIRS]
    totals(PAIRS, DAY, HOUSE)
    assert [(row, state.to_json()) for row, state in PAIRS] == before


def test_shifts_belong_to_the_day_on_which_they_start() -> None:
    """A night of 12 hours that begins at the span's last hour, and one that began the day before."""
    tonight, last_night = START + 95 * QUARTER_HOUR_S, START - 10 * QUARTER_HOUR_S
    pairs: list[Pair] = [
        (Row("agent", tonight, AGENT, f"night@{tonight}"), AgentFigures(talks=1)),
        (Row("agent", tonight + 40 * QUARTER_HOUR_S, OTHER_AGENT, f"night@{tonight}"), AgentFigures(talks=2)),
        (Row("agent", START, AGENT, f"night@{last_night}"), AgentFigures(talks=4)),
        (Row("agent", START, AGENT, ""), AgentFigures(talks=8)),
    ]
    found = lines(pairs, replace(DAY, of="shift", by="shift"), HOUSE)
    assert [(line.name, line.start_utc_s, line.figures["talks"]) for line in found] == [
        ("", START, 8), ("night", tonight, 3),
    ]  # fmt: skip
    by_agent = lines(pairs, replace(DAY, of="agent", by="shift"), HOUSE)
    assert {(line.name, line.start_utc_s): line.figures["talks"] for line in by_agent} == {
        (AGENT, START): 8, (AGENT, tonight): 1, (OTHER_AGENT, tonight): 2,
    }  # fmt: skip
    assert window(replace(DAY, by="shift"))[1] > tonight + 40 * QUARTER_HOUR_S


def test_a_shifts_days_are_those_on_which_it_starts_and_what_it_is_compared_with_ends_there() -> None:
    """Rows are read for a day and a half behind the span; another shift's were added to a span's last period."""
    tonight, last_night = START + 95 * QUARTER_HOUR_S, START - 10 * QUARTER_HOUR_S
    pairs: list[Pair] = [
        (Row("agent", tonight + 40 * QUARTER_HOUR_S, AGENT, f"night@{tonight}"), AgentFigures(talks=2)),
        (Row("agent", START, AGENT, f"night@{last_night}"), AgentFigures(talks=4)),
        (Row("agent", tonight + 96 * QUARTER_HOUR_S, AGENT, f"night@{tonight + 86400}"), AgentFigures(talks=8)),
    ]
    (whole,) = totals(pairs, replace(DAY, of="shift"), HOUSE)
    assert (whole.name, whole.figures["talks"]) == ("night", 2)
    assert sum(line.figures["talks"] for line in lines(pairs, replace(DAY, of="shift", by="day"), HOUSE)) == 2
    (last,) = totals(pairs, replace(DAY, of="agent", by="shift"), HOUSE)
    assert last.figures["talks"] == 2
    assert window(replace(DAY, of="shift", by="day")) == window(replace(DAY, by="shift"))
    assert window(replace(DAY, of="shift", by="hour")) == (DAY.since_utc_s, DAY.until_utc_s)


def test_a_threshold_is_the_queues_unless_one_is_asked_for() -> None:
    figures = Figures(offered=2, answered=2, answered_waits={10: 1, 25: 1})
    quick = HOUSE.queues[0].model_copy(update={"service_level_s": 30.0})
    house = HOUSE.model_copy(update={"queues": (quick, *HOUSE.queues[1:])})
    assert told(figures, DAY, house, SALES)["service_level"]["v3"] == 1.0
    assert told(figures, DAY, house, SERVICE)["service_level"]["v3"] == 0.5
    assert told(figures, replace(DAY, threshold_s=5), house, SALES)["service_level"]["v3"] == 0.0


def test_refused_calls_are_of_no_hotline_and_of_the_house() -> None:
    trunk = Row("trunk", START, TRUNK, ""), TrunkFigures(blocked=3, entered=7)
    ask = replace(DAY, of="house")
    (line,) = totals([calls(0, WHOLE, 1, 1), *blocked_calls([trunk])], ask, HOUSE)
    assert (line.figures["blocked"], line.figures["offered"]) == (3, 1)
    (of_trunk,) = totals([trunk], replace(DAY, of="trunk"), HOUSE)
    assert of_trunk.figures["blocked_rate"] == 0.3


def test_a_nodes_mean_is_none_without_a_visit() -> None:
    assert told(NodeFigures(), DAY, HOUSE, "")["mean_s"] is None
    assert told(NodeFigures(visits=2, lasted_ms=5000), DAY, HOUSE, "")["mean_s"] == 2.5


def node(name: str, **state: Any) -> tuple[Row, NodeFigures]:
    return Row("node", START, name, HOTLINE), NodeFigures(**state)


def test_a_flow_is_its_nodes_together_and_its_shares_are_of_ways_through_it() -> None:
    pairs = [
        node("main/top", visits=10, again=2, wrong=3, silent=1, lasted_ms=40_000, left={"gave_up": 1, "hung_up": 2},
             reached={"left": 2}, keys={"1": 6}),
        node("main/end", visits=6, lasted_ms=12_000, left={"ended": 6}, reached={"served": 5, "message": 1}),
        node("other/top", visits=1, reached={"agent": 1}),
    ]  # fmt: skip
    other, main = totals(pairs, replace(DAY, of="flow"), HOUSE)[::-1]
    assert (main.name, main.figures["calls"], main.figures["without_agent"]) == ("main", 8, 0.625)
    assert main.figures["reached"] == {
        "agent": 0, "outside": 0, "message": 1, "callback": 0, "served": 5, "left": 2
    }  # fmt: skip
    assert sum(main.figures["rates"].values()) == 1.0 and main.figures["mean_s"] == 6.5
    assert (main.figures["wrong"], main.figures["silent"], main.figures["gave_up"]) == (3, 1, 1)
    assert (other.name, other.figures["rates"]["agent"]) == ("other", 1.0)
    nodes = totals(pairs, replace(DAY, of="node", flow="main"), HOUSE)
    assert [line.name for line in nodes] == ["main/end", "main/top"]
    assert (nodes[1].figures["callers"], nodes[1].figures["hung_up"], nodes[1].figures["keys"]) == (8, 2, {"1": 6})
    assert told(NodeFigures(), replace(DAY, of="flow"), HOUSE, "")["without_agent"] is None


def test_a_surveys_response_rate_is_of_the_callers_asked() -> None:
    figures = Figures(surveys=4, surveys_answered=3, marks={5: 4, 1: 2})
    satisfaction = told(figures, DAY, HOUSE, SALES)["satisfaction"]
    assert (satisfaction["asked"], satisfaction["answered"], satisfaction["response_rate"]) == (4, 3, 0.75)
    assert told(Figures(), DAY, HOUSE, SALES)["satisfaction"]["response_rate"] is None


def every_figure() -> set[str]:
    """All names a report can tell."""
    flow = told(NodeFigures(), replace(DAY, of="flow"), HOUSE, "")
    return {name for kind in KINDS.values() for name in told(kind(), DAY, HOUSE, "")} | set(flow)


def test_every_figure_is_defined_in_the_documents() -> None:
    page = (Path(__file__).parents[3] / "docs/figures.md").read_text(encoding="utf-8")
    assert [name for name in sorted(every_figure()) if f"`{name}`" not in page] == []


@given(st.lists(st.builds(Figures, offered=st.integers(0, 9), longest_wait_ms=st.integers(0, 9)), max_size=5))
def test_merging_is_what_total_does(parts: list[Figures]) -> None:
    merged: Mergeable = Figures()
    for part in parts:
        merged.merge(part)
    assert merged == total(parts)


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_state_of_a_later_version_is_read(kind: type[Mergeable]) -> None:
    assert kind.from_json({"a figure of tomorrow": 1}) == kind()


def test_a_report_by_shift_reads_what_was_worked_before_it_began_and_after_midnight() -> None:
    by_shift = replace(DAY, of="agent", by="shift")
    assert window(by_shift) == (DAY.since_utc_s - 4 * 3600, DAY.until_utc_s + 36 * 3600)
    assert window(DAY) == (DAY.since_utc_s, DAY.until_utc_s)


def test_a_long_span_is_told_by_longer_rows_unless_quarters_are_needed() -> None:
    assert periods(replace(DAY, by="hour"), HOUSE) is None
    assert periods(replace(DAY, by="all"), HOUSE) == [(DAY.since_utc_s, DAY.until_utc_s)]
    days = periods(replace(DAY, by="day"), HOUSE)
    assert days is not None and (days[0][0], days[-1][1]) == (DAY.since_utc_s, DAY.until_utc_s)
    assert (part_of("house"), part_of("hotline"), part_of("queue")) == (WHOLE, WHOLE, "")


def test_a_teams_work_is_that_of_its_agents_and_of_nobody_else() -> None:
    work: list[Pair] = [(Row("work", START, name, ""), AgentFigures()) for name in (AGENT, OTHER_AGENT)]
    assert [row.name for row, _ in by_team(work, [(START, {AGENT: "nights"})])] == ["nights"]
    assert by_team(work, []) == [], "a house that has never had any"


def test_work_counts_for_the_team_in_which_its_agent_was_then() -> None:
    teams: list[tuple[float, dict[str, str]]] = [(START, {AGENT: "nights"}), (START + 900, {AGENT: "days"})]
    moments = (START - 900, START, START + 900)
    work: list[Pair] = [(Row("work", at, AGENT, ""), AgentFigures()) for at in moments]
    assert [row.name for row, _ in by_team(work, teams)] == ["nights", "nights", "days"]


def test_only_those_are_named_of_whom_there_are_figures() -> None:
    assert names_of(PAIRS, DAY) == {SALES, SERVICE}
    assert names_of(PAIRS, replace(DAY, name=SALES)) == {SALES}
