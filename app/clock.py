"""The clocks, read here and nowhere else."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from core.instants import Instant


def boot_s() -> float:
    """Seconds on CLOCK_BOOTTIME: steady, counts through suspend, the same for all processes of this machine."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def now() -> Instant:
    """Both clocks, one after the other."""
    return Instant(boot_s(), datetime.now(UTC))


def boot_id() -> str:
    """Which boot `boot_s` belongs to."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
