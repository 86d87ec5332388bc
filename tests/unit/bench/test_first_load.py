"""When a page counts as usable, and which figures are told of it."""

from __future__ import annotations

import pytest

from bench.first_load import Load, is_quiet, told
from bench.web import SEATS, Traffic


@pytest.mark.parametrize(
    ("control", "busy", "now", "quiet"),
    [(0.0, 0.0, 5000.0, False), (400.0, 0.0, 1399.0, False), (400.0, 0.0, 1400.0, True), (400.0, 900.0, 1800.0, False)],
)
def test_a_page_is_usable_with_its_control_and_a_quiet_second(
    control: float, busy: float, now: float, quiet: bool
) -> None:
    assert is_quiet({"control": control, "busy": busy, "now": now}) is quiet


def test_the_median_and_the_worst_are_told() -> None:
    desk = [Load(seconds, 300.0 + seconds) for seconds in (0.4, 0.9, 0.5)]
    found = told([Load(0.3, 100.0)], desk)
    assert (found["desk_interactive_s"], found["desk_interactive_worst_s"], found["door_interactive_s"]) == (
        0.5,
        0.9,
        0.3,
    )
    assert (found["desk_first_load_kb"], found["loads"]) == (300.9, 3)


def test_somebody_comes_to_a_free_seat_of_a_full_floor() -> None:
    board = Traffic(comers=1)._wallboard.snapshot()
    free = [key for key, entry in board.items() if key.startswith("seat/") and not entry.get("agent")]  # type: ignore[attr-defined]
    assert free == [f"seat/seat-{SEATS + 1}"]
