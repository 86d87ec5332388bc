"""A moment is told by two clocks, and the wall's is in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.instants import Instant


@pytest.mark.parametrize("wall", [datetime(2026, 1, 5), datetime(2026, 1, 5, tzinfo=timezone(timedelta(hours=8)))])
def test_a_wall_clock_of_no_zone_or_of_another_one_is_refused(wall: datetime) -> None:
    with pytest.raises(ValueError, match="aware UTC"):
        Instant(1.0, wall)
    assert Instant(1.0, datetime(2026, 1, 5, tzinfo=UTC)).boot_s == 1.0
