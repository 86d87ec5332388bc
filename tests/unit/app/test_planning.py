"""From stored figures to a plan, and the plan played through: theory and the real engine side by side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.ports import StaffingAsk
from app.planning import Pairs, past_of, staffing
from app.rehearsal import figures_of, rehearse
from core.errors import Refused
from core.figures import Figures
from core.mergeable import Mergeable
from core.periods import midnight
from core.rollup import WHOLE, Row
from core.states import RingOutcome
from queueing.calendar import Calendar
from queueing.forecast import Forecast, kinds
from queueing.staffing_plan import Days, plan
from tests.unit.queueing.test_staffing_plan import FIRST, WAYS, planned, shipped

ZONE = ZoneInfo("Asia/Shanghai")
ASKED = StaffingAsk(FIRST, 7)


def quarter(calls: int) -> Figures:
    """All answered but one in ten, who waited a minute."""
    given_up = calls // 10
    kept = calls - given_up
    figures = Figures(offered=calls, answered=kept, abandoned=given_up, talks=kept, talk_ms=kept * 170_000)
    figures.answered_wait_ms, figures.abandoned_waits = kept * 8000, {60: given_up} if given_up else {}
    figures.rings, figures.answered_rings = {RingOutcome.ANSWERED: kept}, {4: kept}
    return figures


def stored(weeks: int = 6, until: date = FIRST, quarterly: int = 30) -> Iterator[tuple[Row, Mergeable]]:
    """Two queues of one hotline, two thirds and one third of the calls."""
    for day in (until - timedelta(days=ago) for ago in range(1, weeks * 7 + 1)):
        for start in range(midnight(day, ZONE) + 9 * 3600, midnight(day, ZONE) + 20 * 3600, 900):
            for part, calls in ((WHOLE, quarterly), ("presales", quarterly * 2 // 3), ("complaints", quarterly // 3)):
                yield Row("call", start, "presales", part), quarter(calls)


def test_the_past_is_counted_once_and_by_queue() -> None:
    past = past_of(stored(), shipped(), ASKED, FIRST)
    assert len(past.counts) == 42 and sum(past.counts[FIRST - timedelta(days=1)]) == 44 * 30
    assert past.mix == pytest.approx({"presales": 2 / 3, "complaints": 1 / 3})
    assert past.ways.talk_s == 170 and past.ways.ring_s == 3.5
    assert past.ways.patience_s == pytest.approx((27 * 8 + 3 * 59.5) / 3)


def test_one_queue_is_planned_from_its_own_calls() -> None:
    past = past_of(stored(), shipped(), StaffingAsk(FIRST, 7, queue="complaints"), FIRST)
    assert sum(past.counts[FIRST - timedelta(days=1)]) == 44 * 10
    assert past.mix == {"complaints": 1.0}


def answer(asked: StaffingAsk, pairs: Pairs) -> dict[str, object]:
    return staffing(shipped(), past_of(pairs, shipped(), asked, asked.first), asked)


def test_the_answer_has_every_day_and_the_error_beside_the_naive_one() -> None:
    found = answer(ASKED, stored())
    days = found["by_day"]
    assert isinstance(days, list) and [day["kind"] for day in days] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert days[0]["calls"] == pytest.approx(1320, rel=0.01) and days[0]["week_before"] == 1320
    history = found["history"]
    assert isinstance(history, dict) and history["errors"]["naive_quarter"] == 0.0
    assert history["errors"]["quarter"] < 0.05
    assert found["simulated"] is None


def test_without_figures_the_floor_alone_is_planned() -> None:
    found = answer(ASKED, [])
    history, people = found["history"], found["people"]
    assert isinstance(history, dict) and history["days"] == 0
    assert isinstance(people, dict) and people["floor_alone"]["agents"] == 28 and found["predicted"] is None


def test_what_cannot_be_played_through_is_said() -> None:
    with pytest.raises(Refused, match="Nobody is expected"):
        answer(StaffingAsk(FIRST, 7, rehearse=True), [])
    with pytest.raises(Refused, match="whole house"):
        answer(StaffingAsk(FIRST, 7, queue="complaints", rehearse=True), stored())


def test_the_real_engine_agrees_with_theory_where_theory_is_right() -> None:
    """One queue that all can serve, nobody on a break, no ladder: the roster as theory knows it."""
    house = shipped().model_copy(
        update={
            "agents": tuple(
                one.model_copy(update={"skills": {"presales": 5}, "group": ""}) for one in shipped().agents
            ),
            "staffing": shipped().staffing.model_copy(
                update={"labour": shipped().staffing.labour.model_copy(update={"break_share": 0.0}), "floor": ()}
            ),
            "governor": shipped().governor.model_copy(update={"ladder": ()}),
        }
    )  # fmt: skip
    history = past_of(stored(), house, ASKED, FIRST)
    made = plan(house, Forecast(history.counts, kinds(Calendar(house.calendar))), WAYS, Days(FIRST, 1))
    played = figures_of(rehearse(house, made.quarters, WAYS, {"presales": 1.0}), made.quarters)
    assert made.predicted is not None and played.connection_rate is not None
    assert played.conserved and abs(played.offered - 1320) < 4 * 1320**0.5
    assert played.connection_rate == pytest.approx(made.predicted.connection_rate, abs=0.02)
    assert played.three_ring_rate(15.0) == pytest.approx(0.96, abs=0.02)


def test_the_same_plan_gives_the_same_figures_with_all_the_rules_of_the_house() -> None:
    quarters = planned(shipped(), Days(FIRST, 1)).quarters[36:44]
    mix = {"presales": 0.4, "after-sales": 0.4, "complaints": 0.2}
    once, again = (rehearse(shipped(), quarters, WAYS, mix) for _ in range(2))
    assert once.figures == again.figures
    assert {slot.queue for slot in once.figures} == {None, *mix} and once.of_house().offered > 150
