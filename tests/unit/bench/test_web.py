"""The floor that `bench web` shows is the one it says."""

from __future__ import annotations

from collections import Counter

from bench.web import CALLS, SEATS, Traffic


def test_the_benchs_floor_stays_full_while_calls_come_and_go() -> None:
    traffic = Traffic()
    for _ in range(50):
        traffic._step()
        board = traffic._wallboard.snapshot()
    states = Counter(entry["state"] for key, entry in board.items() if key.startswith("call/"))  # type: ignore[index]
    assert states == {"talking": SEATS, "waiting": CALLS - SEATS}
    seats = [entry for key, entry in board.items() if key.startswith("seat/")]
    assert {seat["state"] for seat in seats} == {"talking"} and len(seats) == SEATS  # type: ignore[index]
