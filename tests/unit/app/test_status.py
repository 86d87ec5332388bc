"""The terminal's picture of the floor."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from app.status import picture, seat_state
from core.events import DrainBegan, PbxChanged
from tests.unit.floor import ANSWERED, APPLIED, ENTERED, NODE, OFFERED, RANG, RESERVED, SALES, shown, signed_in


def drawn(board: Any, age_s: float = 0.0) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(picture(board, age_s))
    return capture.get()


def test_the_picture_shows_lines_waiting_calls_queues_and_seats() -> None:
    text = drawn(shown((0, APPLIED), (0, signed_in()), (1, ENTERED), (6, OFFERED), (66, PbxChanged(NODE, False))))
    assert "1 of 90 lines in use" in text
    assert "PBX node-1 DOWN" in text
    assert "Waiting calls: 1" in text and "1:00" in text and "**********1234" in text
    assert SALES in text and "Seats: 2" in text
    assert "NO UPDATE" not in text


def test_an_old_picture_says_so_and_ages_go_on() -> None:
    text = drawn(shown((0, APPLIED), (1, ENTERED), (6, OFFERED)), age_s=30.0)
    assert "NO UPDATE FOR 30 s" in text
    assert "0:30" in text


def test_rates_appear_when_there_is_something_to_divide() -> None:
    events = ((0.0, APPLIED), (1.0, ENTERED), (6.0, OFFERED), (6.0, RESERVED), (7.0, RANG), (9.0, ANSWERED))
    assert "100.0%" in drawn(shown(*events))


def test_an_alarm_says_when_at_the_house() -> None:
    alarms = {"last": [{"name": "trunk_failed", "text": "Trunk a failed.", "at_utc_s": 1_795_686_413.0}]}
    house = {"time_zone": "Asia/Shanghai"}
    assert "11-26 17:46:53 trunk_failed: Trunk a failed." in drawn({"alarms": alarms, "house": house})


def test_a_house_that_is_being_stopped_says_what_is_left() -> None:
    began = DrainBegan("admin", 600.0)
    text = drawn(shown((0, APPLIED), (0, signed_in()), (1, ENTERED), (2, began)))
    assert "DRAINING: 1 calls and 0 wrap-ups left, stops at " in text


def test_an_empty_board_can_be_drawn() -> None:
    assert "Waiting calls: 0" in drawn({})


@pytest.mark.parametrize(
    ("seat", "word"),
    [
        ({"reachable": False, "agent": "a", "status": "ready", "state": "idle"}, "unreachable"),
        ({"reachable": True}, "empty"),
        ({"reachable": True, "agent": "a", "status": "ready", "state": "idle"}, "idle"),
        ({"reachable": True, "agent": "a", "status": "on_break", "state": "idle"}, "on_break"),
        ({"reachable": True, "agent": "a", "status": "on_break", "state": "talking"}, "talking"),
    ],
)
def test_a_seat_in_one_word(seat: dict[str, Any], word: str) -> None:
    assert seat_state(seat) == word
