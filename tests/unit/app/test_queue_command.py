"""Moments as people type them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.commands.queues import moment_of
from core.errors import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 26, 15, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("16:00", "2026-11-26T16:00+08:00"),
        ("09:00", "2026-11-27T09:00+08:00"),
        ("2026-11-28T09:00", "2026-11-28T09:00+08:00"),
        ("2026-11-28T09:00+00:00", "2026-11-28T17:00+08:00"),
    ],
)
def test_a_time_of_day_is_the_next_one_and_a_moment_is_of_business_time(typed: str, meant: str) -> None:
    assert moment_of(typed, NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize("typed", ["soon", "25:00", "2026-13-01T00:00", "9-10"])
def test_what_is_no_moment_is_refused_with_examples(typed: str) -> None:
    with pytest.raises(Refused, match="14:00"):
        moment_of(typed, NOW)
