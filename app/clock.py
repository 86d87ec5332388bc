"""The clocks, read here and nowhere else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.instants import Instant


@dataclass(frozen=True, slots=True)
class Boot:
    """One run of the machine: the kernel's id of it, and when its boot-time clock read 0."""

    id: str
    began_utc_s: float

    @classmethod
    def at(cls, boot_id: str, now: Instant) -> Boot:
        return cls(boot_id, now.wall.timestamp() - now.boot_s)


def boot_s() -> float:
    """Seconds on CLOCK_BOOTTIME: steady, counts through suspend, the same for all processes of this machine."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def now() -> Instant:
    """Both clocks, one after the other."""
    return Instant(boot_s(), datetime.now(UTC))


def boot_id() -> str:
    """Which boot `boot_s` belongs to."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def boot() -> Boot:
    """This run of the machine."""
    return Boot.at(boot_id(), now())
