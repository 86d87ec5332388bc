"""The house that bench load makes, and how it adds up what the queues say."""

from __future__ import annotations

from bench.load import LINES, SEATS, SERVICES, _rings, crowd


def test_everybody_serves_every_queue_and_each_trunk_could_carry_all_lines() -> None:
    house = crowd()
    assert len(house.seats) == len(house.agents) == SEATS < LINES
    assert [queue.id for queue in house.queues] == [hotline.queue for hotline in house.hotlines] == list(SERVICES)
    assert min(trunk.lines for trunk in house.trunks) >= LINES


def test_rings_that_are_nobodys_miss_do_not_count() -> None:
    parts = {"offered": 10, "within": 8, "missed": 1, "caller_gone": 1, "withdrawn": 0, "elsewhere": 0}
    board = {"snapshot": {f"queue/{name}": {"today": {"three_rings": parts}} for name in "ab"} | {"house": {}}}
    assert _rings(board) == 16 / 18
    assert _rings({"snapshot": {}}) is None
