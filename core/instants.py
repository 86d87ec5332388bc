"""One moment, read from two clocks by app.pump alone.

Durations and deadlines use the boot-time clock, which no administrator can step and which two
processes on one machine agree about. Shifts, intervals and what people read use the wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment: `boot_s`, seconds on CLOCK_BOOTTIME, and `wall`, an aware datetime in UTC.

    Raises:
        ValueError: `wall` is naive or not in UTC.
    """

    boot_s: float
    wall: datetime

    def __post_init__(self) -> None:
        if self.wall.utcoffset() is None or self.wall.utcoffset() != UTC.utcoffset(None):
            raise ValueError(f"wall clock must be aware UTC, got {self.wall!r}")
