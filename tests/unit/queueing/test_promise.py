"""How long it will take: an interval from what the floor looks like, never rising, scored against what happened."""

from __future__ import annotations

import pytest

from bench.theory import Row, poisson
from bench.theory import house as bench_house
from core.commands import RingSeat
from core.events import Event, Outcome, PromiseMade
from core.house import House
from core.inputs import MachineRebooted
from core.stats import Stats
from queueing.twin import Twin
from tests.unit.queueing.builders import CARE, SALES, TestFloor, agent, all_of, house, none, only, opened, talking


def promised(floor: TestFloor, call: str) -> tuple[float, float]:
    made = only(PromiseMade, floor.queue(call))
    return made.low_s, made.high_s


def busy(people: int = 3, handling_s: float = 180.0, the_house: House | None = None) -> TestFloor:
    """So many agents, all talking; the queue's calls take `handling_s`."""
    floor = opened(*((f"a{n}", f"s{n}") for n in range(1, people + 1)), wrap_up_s=0.0, the_house=the_house)
    for number in range(30):
        talking(floor, f"seen{number}")
        floor.after(handling_s)
        floor.hang_up(f"seen{number}")
    for number in range(people):
        talking(floor, f"talk{number}")
    return floor


def test_who_is_served_at_once_is_promised_nothing() -> None:
    assert none(PromiseMade, opened(("a1", "s1")).queue("c1"))


def test_an_interval_grows_with_those_ahead_and_shrinks_with_agents() -> None:
    one, three = busy(1), busy(3)
    assert promised(one, "c1") == (0, 420), "the first to end of one talk of 180 s"
    assert promised(three, "c1") == (0, 180), "of three"
    for number in range(8):
        three.queue(f"more{number}")
    assert promised(three, "c2") == (360, 900), "the tenth to end of three"


def test_quick_talks_are_learnt() -> None:
    assert promised(busy(1, handling_s=20), "c1") == (0, 60)


def test_nobody_on_duty_promises_nothing() -> None:
    floor = opened()
    assert none(PromiseMade, floor.queue("c1"))
    floor.sign_in("a1", "s1")
    floor.take_break("a1")
    assert none(PromiseMade, floor.after(300))


def test_a_caller_who_is_sent_on_hears_of_no_longer_wait_than_before() -> None:
    both = house(
        agent("a1", skills={"sales": 5, "care": 5}), agent("a2", skills={"sales": 5, "care": 5}), wrap_up_s=0.0
    )
    floor = busy(2, handling_s=20, the_house=both)
    _, high_s = promised(floor, "c1")
    for number in range(9):
        floor.queue(f"before{number}", CARE, priority=9)
    made = only(PromiseMade, floor.close_queue(SALES, CARE))
    assert (made.call, made.high_s) == ("c1", high_s)
    assert promised(floor, "c2")[1] > high_s, "who comes now is told the truth of now"


def test_callers_of_another_queue_count_in_the_share_of_common_agents() -> None:
    highs = []
    for skills in ({"care": 5}, {"care": 5, "sales": 5}):
        floor = opened(the_house=house(agent("a1", skills=skills), agent("a2"), wrap_up_s=0))
        for name, seat, queue in (("a2", "s2", SALES), ("a1", "s1", CARE)):
            floor.sign_in(name, seat)
            floor.answer(only(RingSeat, floor.queue(f"talk-{name}", queue)))
        for number in range(10):
            floor.queue(f"care{number}", CARE)
        highs.append(promised(floor, "c1")[1])
    assert highs == [420, 1440], "the first of one agent's talks; the eleventh of two agents' talks"


def test_a_promise_never_rises_and_an_overdue_caller_is_told() -> None:
    floor = busy(1, the_house=house(wrap_up_s=0, sales={"announce_after_s": 0}))
    floor.queue("c1")
    for number in range(5):
        floor.queue(f"vip{number}", priority=9)
    later = [made for made in all_of(PromiseMade, floor.after(600)) if made.call == "c1"]
    assert [made.high_s for made in later] == [360, 300, 240, 180, 120, 60, 0, 0, 0, 0]
    assert [made.overdue for made in later] == [False] * 6 + [True] * 4
    assert all(made.low_s < made.high_s for made in later[:6])


def test_a_promise_outlives_a_ring_and_a_reboot() -> None:
    floor = busy(1)
    floor.queue("c1")
    floor.after(70)
    before = floor.engine.snapshot().calls["c1"]  # type: ignore[index]
    floor.now_s -= 500
    floor.give(MachineRebooted(-500.0))
    after = floor.engine.snapshot().calls["c1"]  # type: ignore[index]
    assert before.promised_until_boot_s is not None and before.promise_boot_s is not None
    assert after.promised_until_boot_s == before.promised_until_boot_s - 500
    assert after.promise_boot_s == before.promise_boot_s - 500


def test_a_queue_may_promise_nothing() -> None:
    floor = busy(1, the_house=house(wrap_up_s=0, sales={"promise_every_s": 0}))
    assert none(PromiseMade, floor.queue("c1", SALES))
    assert none(PromiseMade, floor.after(300))


# --- the score -----------------------------------------------------------------------------------
@pytest.mark.parametrize("row", [Row(190, 180, 10), Row(600, 240, 42, 120)])
def test_four_of_five_callers_who_are_answered_wait_as_long_as_was_promised(row: Row) -> None:
    stats, numbers = Stats(), iter(range(1_000_000))

    def count(event: Event, now_s: float) -> None:
        stats.apply(Outcome(next(numbers), 0, now_s, now_s, event))

    twin = Twin(bench_house(row.agents))
    twin.listen(count)
    twin.open()
    twin.sign_in_everybody()
    twin.callers(poisson(row, 1_500))
    twin.run()
    figures = stats.of_house()
    finished = figures.promises - figures.promises_abandoned
    assert figures.promises > 300
    assert figures.promises_kept / finished > 0.8
    assert figures.promises_overrun / finished < 0.12


def test_who_waits_in_a_queue_that_the_house_has_no_more_is_told_on_as_before() -> None:
    floor = busy(1, the_house=house(wrap_up_s=0, sales={"promise_every_s": 20}))
    floor.queue("c9")
    without = house(wrap_up_s=0).model_dump(mode="json")
    del without["queues"][0]
    without["hotlines"][0]["queue"] = CARE
    floor.configure(House.model_validate(without), version=2)
    assert {one.queue for one in all_of(PromiseMade, floor.after(60.0))} == {SALES}
