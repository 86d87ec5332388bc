"""What falls due next is the earliest of the records' own deadlines, whatever was set before."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from queueing.deadlines import FEW, Deadlines, Timed


@dataclass(slots=True)
class Record:
    due_boot_s: float | None = None


SETTINGS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50)), max_size=200)


@given(SETTINGS, st.sets(st.sampled_from("abcd")))
def test_the_first_is_the_earliest_of_those_that_are_left(settings: list[tuple[str, int]], gone: set[str]) -> None:
    deadlines, records = Deadlines(), {name: Record() for name in "abcd"}
    for name, due_boot_s in settings:
        deadlines.set("call", name, records[name], due_boot_s)
        deadlines.first({"call": dict[str, Timed](records)})
    left: dict[str, Timed] = {name: record for name, record in records.items() if name not in gone}
    due = [(record.due_boot_s, "call", name) for name, record in left.items() if record.due_boot_s is not None]
    assert deadlines.first({"call": left}) == min(due, default=None)


def test_deadlines_that_were_replaced_do_not_pile_up() -> None:
    """Each case is due in a day, and its next deadline comes long before."""
    deadlines, soon, later = Deadlines(), Record(), Record()
    tables: dict[str, dict[str, Timed]] = {"case": {"later": later}, "call": {"soon": soon}}
    for moment in range(10_000):
        deadlines.set("case", "later", later, 86_400.0 + moment)
        deadlines.set("call", "soon", soon, float(moment))
        assert deadlines.first(tables) == (float(moment), "call", "soon")
    assert len(deadlines) <= FEW + 1
