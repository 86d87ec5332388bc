"""What is remembered of things that are over: the newest, and never more than twice as many."""

from __future__ import annotations

from queueing.state.memory import Memory


def test_the_newest_are_kept_and_the_oldest_go() -> None:
    memory = Memory[str, int](2)
    for number in range(5):
        memory.keep(f"k{number}", number)
    assert [memory.get(f"k{number}") for number in range(5)] == [None, None, 2, 3, 4]
    assert list(memory.values()) == [2, 3, 4] and "k2" in memory and "k1" not in memory
    assert (memory.forget("k2"), memory.forget("k4"), memory.forget("k0")) == (2, 4, None)
    assert list(memory.copy().values()) == [3]
