"""Whatever happened, what calls add one by one is the figure of every line of every report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import DutyChanged, Outcome
from core.figures import Figures, Share
from core.mergeable import Mergeable
from core.rollup import KINDS, Row, covered, folded, in_blocks
from monitor import reports
from monitor.counted import Counted, Terms, counted
from monitor.reports import KIND_OF, SUBJECTS, Ask, Subject
from tests.unit.core.test_engine_counted import busy_hour
from tests.unit.floor import small_house
from tests.unit.store.histories import histories

HOUSE = small_house()
TEAMS = [(0.0, {"a1": "one", "a2": "two"}), (1e9 + 4, {"a1": "two", "a2": "two"})]
ALWAYS = 0, 2**41
OF_NO_CALL = {
    "conserved", "service_level_s", "blocked", "blocked_rate", "signed_in_s", "available_s", "ringing_s", "talking_s",
    "holding_s", "consulting_s", "dialling_s", "wrap_up_s", "away_s", "break_s", "breaks_s", "rostered_s", "kept_s",
    "adherence", "late", "missing", "left", "occupancy", "utilisation", "line_s", "down_s", "rates",
    "promises.mean_width_s",
}  # fmt: skip
"""Of time at work, of the roster, of calls that were refused unseen, and shares told elsewhere."""


def asks(rows: Mapping[Row, Mergeable]) -> Iterator[Ask]:
    """Every line of every report of these figures, over all time and over each quarter of an hour that has any."""
    starts = sorted({row.start_utc_s for row in rows})
    spans = [ALWAYS, *((start, start + 900) for start in starts)]
    for of in SUBJECTS:
        pairs = list(rows.items())
        told = reports.by_team([pair for pair in pairs if pair[0].kind == "agent"], TEAMS) if of == "team" else pairs
        kept = [pair for pair in told if pair[0].kind == KIND_OF[of]]
        for name in sorted(reports.names_of(kept, Ask(of, *ALWAYS))):
            if name or of == "house":
                yield from (Ask(of, *span, by="15min", name=name) for span in spans)
                yield from (Ask(of, start, ALWAYS[1], name=name) for start in [0, *starts[:1]])
                if of in ("agent", "shift"):
                    yield Ask(of, *ALWAYS, by="shift", name=name)


def as_stored(rows: Mapping[Row, Mergeable], ask: Ask) -> list[tuple[Row, Mergeable]]:
    """The rows of which this report is made: of a long span blocks, and quarters where no block lies within it."""
    if (periods := reports.periods(ask, HOUSE)) is None:
        return list(rows.items())
    blocks, quarters = covered(periods)
    return [
        (row, state)
        for spans, known in ((blocks, in_blocks(rows)), (quarters, rows))
        for row, state in known.items()
        if any(first <= row.start_utc_s < end for first, end in spans)
    ]


def counted_of(state: Mergeable | None, ask: Ask) -> Counted:
    terms = reports.terms(ask, HOUSE, ask.name)
    return counted(state or reports.empty(ask), terms, ways=ask.of == "flow")


def by_call(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """What was decided about each call, with the duties of agents among it."""
    found: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if call := getattr(outcome.event, "call", None):
            found[call].append(outcome)
    duties = [outcome for outcome in outcomes if isinstance(outcome.event, DutyChanged)]
    return [sorted([*own, *duties], key=lambda outcome: outcome.sequence) for own in found.values()]


def added(parts: Sequence[Counted]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for part in parts:
        for figure, count in part.items():
            total[figure] = plus(total.get(figure), count)
    return total


def plus(one: int | Share | None, other: int | Share) -> int | Share:
    if one is None:
        return other
    if isinstance(one, Share) and isinstance(other, Share):
        return Share(one.met + other.met, one.of + other.of)
    assert isinstance(one, int) and isinstance(other, int)
    return one + other


def hold(outcomes: Sequence[Outcome]) -> int:
    """Every figure of every line is the sum of its calls; how many lines there were."""
    rows, calls = folded(outcomes), [list(folded(own).items()) for own in by_call(outcomes)]
    lines = list(asks(rows))
    for ask in lines:
        pairs = [pair for pair in as_stored(rows, ask) if pair[0].kind == KIND_OF[ask.of]]
        whole = reports.of_one(reports.by_team(pairs, TEAMS) if ask.of == "team" else pairs, ask)
        parts = [counted_of(state, ask) for own in calls if (state := reports.of_call(own, ask, HOUSE, TEAMS))]
        assert nonzero(added(parts)) == nonzero(counted_of(whole, ask)), ask
    return len(lines)


def nonzero(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {figure: count for figure, count in counts.items() if count not in (0, Share(0, 0))}


@given(histories())
def test_every_figure_of_every_report_is_the_sum_of_its_calls(outcomes: list[Outcome]) -> None:
    hold(outcomes)


def test_so_it_is_in_an_hour_of_the_real_engine() -> None:
    assert hold([*busy_hour()]) > 20


# --- the same definition as the figure's -----------------------------------------------------------
def flat(told: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in told.items():
        found |= flat(value, f"{above}{name}.") if isinstance(value, dict) else {f"{above}{name}": value}
    return found


@given(histories(), st.sampled_from(SUBJECTS))
def test_what_a_report_tells_is_what_is_counted(outcomes: list[Outcome], of: Subject) -> None:
    """Rates are the shares divided, counts are the counts; every figure is counted or known to be of no call."""
    ask = Ask(of, *ALWAYS)
    states = [state for row, state in folded(outcomes).items() if row.kind == KIND_OF[of]]
    for state in [*states, KINDS[KIND_OF[of]]()]:
        told, found = flat(reports.told(state, ask, HOUSE, "")), counted_of(state, ask)
        for figure, value in told.items():
            if figure in OF_NO_CALL or figure.partition(".")[0] in OF_NO_CALL:
                continue
            count = found.get(figure if figure != "service_level.v3" else "service_level", 0)
            if isinstance(count, Share):
                assert value == count.rate, figure
            elif not figure.endswith(("_s", "mean")):
                assert value == count, figure


def test_figures_of_another_sort_count_no_calls() -> None:
    with pytest.raises(TypeError):
        counted(Mergeable(), Terms(15.0, 5.0, 15.0))


def test_a_call_may_count_twice_and_meet_it_once() -> None:
    figures = Figures(rings={"missed": 1, "answered": 1}, answered_rings={4: 1})
    assert counted(figures, Terms(15.0, 5.0, 15.0))["three_ring_rate"] == Share(1, 2)
