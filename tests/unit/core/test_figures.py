"""The figures are those of docs/figures.md, and merging them is exact."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.figures import Figures, milliseconds, total
from core.states import RingOutcome
from core.work import AgentFigures

Step = Callable[[Figures], None]


def after(*steps: Step) -> Figures:
    figures = Figures()
    for step in steps:
        step(figures)
    return figures


def answered(waited_s: float, tries: int = 1) -> Step:
    def step(figures: Figures) -> None:
        figures.call_offered()
        figures.call_answered(milliseconds(waited_s), tries)

    return step


def abandoned(waited_s: float) -> Step:
    def step(figures: Figures) -> None:
        figures.call_offered()
        figures.call_abandoned(milliseconds(waited_s))

    return step


def rang(outcome: RingOutcome, rang_s: float) -> Step:
    return lambda figures: figures.ring_ended(outcome, milliseconds(rang_s))


def test_worked_example_of_the_definitions() -> None:
    """A=1000, B=60, A_20=860, B_20=20 gives 86.0, 83.0, 81.1, 82.7 %."""
    figures = after(*[answered(20)] * 860, *[answered(20.001)] * 140, *[abandoned(20)] * 20, *[abandoned(40)] * 40)
    levels = figures.service_levels(20)
    percent = {name: round(100 * level, 1) for name, level in levels.items() if level is not None}
    assert percent == {"v1": 86.0, "v2": 83.0, "v3": 81.1, "v4": 82.7, "v5": 81.1, "strict": 81.1}


def test_short_abandons_leave_the_fifth_service_level() -> None:
    figures = after(answered(3), abandoned(5), abandoned(5.001))
    assert figures.short_abandons(5) == 1
    assert figures.service_levels(15)["v5"] == 1 / 2
    assert figures.service_levels(15)["v3"] == 1 / 3


def test_strict_service_level_counts_calls_that_flowed_out() -> None:
    figures = after(answered(3), Figures.call_offered, Figures.call_flowed_out)
    assert figures.service_levels(15)["v3"] == 1.0
    assert figures.service_levels(15)["strict"] == 0.5


def test_rates_say_nothing_while_nothing_is_finished() -> None:
    figures = after(Figures.call_offered)
    assert figures.connection_rate is None
    assert figures.asa_s is None
    assert set(figures.service_levels(15).values()) == {None}
    assert figures.three_ring_rate(15) is None


def test_waiting_calls_do_not_lower_the_connection_rate() -> None:
    figures = after(answered(3), answered(9), abandoned(30), Figures.call_offered)
    assert figures.connection_rate == 2 / 3
    assert figures.asa_s == 6.0
    assert figures.longest_wait_ms == 30_000


def test_three_ring_rate_and_its_parts() -> None:
    figures = after(
        rang(RingOutcome.ANSWERED, 4.0),
        rang(RingOutcome.ANSWERED, 15.0),
        rang(RingOutcome.ANSWERED, 15.2),
        rang(RingOutcome.MISSED, 15.0),
        rang(RingOutcome.CALLER_GONE, 3.0),
        rang(RingOutcome.WITHDRAWN, 3.0),
        rang(RingOutcome.ELSEWHERE, 2.0),
        rang(RingOutcome.REJECTED, 1.0),
        rang(RingOutcome.FAILED, 0.0),
    )
    assert figures.three_ring_rate(15.0) == 2 / 6
    assert figures.three_rings(15.0) == {
        "offered": 9, "within": 2, "missed": 1, "caller_gone": 1, "withdrawn": 1, "elsewhere": 1, "rejected": 1,
        "failed": 1,
    }  # fmt: skip


def test_a_call_answered_twice_breaks_conservation() -> None:
    figures = after(answered(3))
    assert figures.conserved
    figures.call_answered(3000, 1)
    assert not figures.conserved


def test_an_end_without_an_offer_breaks_conservation_even_if_the_sum_is_right() -> None:
    figures = after(Figures.call_offered, Figures.call_lost, Figures.call_lost)
    assert figures.offered == figures.lost + figures.waiting
    assert not figures.conserved


def test_a_wait_beyond_the_last_bin_is_in_no_service_level() -> None:
    assert after(answered(5000)).service_levels(6000)["v1"] == 0.0


def test_blocked_calls_are_not_offered_ones() -> None:
    figures = Figures(entered=9, blocked=1)
    assert figures.blocked_rate == 0.1
    assert figures.offered == 0


STEPS = st.one_of(
    st.builds(answered, st.floats(0, 700), st.integers(1, 4)),
    st.builds(abandoned, st.floats(0, 700)),
    st.builds(rang, st.sampled_from(RingOutcome), st.floats(0, 20)),
    st.just(Figures.call_offered),
    st.integers(0, 10**7).map(lambda talk_ms: lambda figures: figures.talk_ended(talk_ms)),
)


@given(st.lists(STEPS), st.data())
def test_any_split_merged_in_any_order_is_the_whole(steps: list[Step], data: st.DataObject) -> None:
    homes = [data.draw(st.integers(0, 3)) for _ in steps]
    parts = [after(*[step for step, home in zip(steps, homes, strict=True) if home == part]) for part in range(4)]
    assert total(data.draw(st.permutations(parts))) == after(*steps)


@given(st.lists(STEPS))
def test_figures_survive_json_text(steps: list[Step]) -> None:
    figures = after(*steps)
    assert Figures.from_json(json.loads(json.dumps(figures.to_json()))) == figures


@pytest.mark.parametrize(("waited_s", "inside"), [(0.0, 1), (15.0, 1), (15.001, 0), (14.4, 1)])
def test_the_threshold_itself_is_inside(waited_s: float, inside: int) -> None:
    assert after(answered(waited_s)).service_levels(15)["v1"] == inside


def test_the_first_ring_and_transfers_are_shares_of_the_answered() -> None:
    figures = Figures(answered=4, first_ring=3, transferred=1)
    assert (figures.picked_up_at_first.rate, figures.given_away.rate) == (0.75, 0.25)
    assert Figures().picked_up_at_first.rate is Figures().given_away.rate is None
    agent = AgentFigures(answered=1, talks=4, transfers={"blind": 1, "conference": 1})
    assert agent.given_away == (2, 4), "three of the talks were colleagues' calls"
