"""Ending what a benchmark has started, and what it has cost."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable
from pathlib import Path

GRACE_S = 10.0
PID_FILES = {"engine": "run/engine.pid", "pbx": "pbx/run/asterisk.pid", "carrier": "carrier/run/asterisk.pid"}
"""In the home of an instance."""


async def ended(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, then SIGKILL: SIPp with calls under way waits for them for ever."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(GRACE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def rss_bytes(process: int) -> int:
    """Resident memory (proc(5), the second field of statm, in pages)."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_s(process: int) -> float:
    """Seconds of processor time, in the program and for it in the kernel (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(process: int) -> float:
    """Memory that it holds now (proc(5), VmRSS of status)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return round(int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024, 1)


def written_bytes(process: int) -> int:
    """What it has sent to disks, or will (proc(5), write_bytes of io)."""
    lines = Path(f"/proc/{process}/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])


def pids_of(home: Path, names: Iterable[str]) -> dict[str, int]:
    """Of these processes of the instance in this home."""
    return {name: int((home / PID_FILES[name]).read_text()) for name in names}


class Meter:
    """What these processes of an instance take of processors from now on."""

    def __init__(self, home: Path, names: Iterable[str]) -> None:
        self.pids = pids_of(home, names)
        self._before_s = {name: cpu_s(pid) for name, pid in self.pids.items()}
        self._began_s = time.monotonic()

    @property
    def lasted_s(self) -> float:
        return time.monotonic() - self._began_s

    def shares(self, *, without: Iterable[str] = ()) -> dict[str, float]:
        """Which part of a core each took, under its key in a result; `without` those that have ended."""
        return {
            f"{name}_cpu_share_of_core": round(spent_s / self.lasted_s, 3)
            for name, spent_s in self.spent_s(without=without).items()
        }

    def spent_s(self, *, without: Iterable[str] = ()) -> dict[str, float]:
        """Seconds of a core that each took; `without` those that have ended."""
        return {name: cpu_s(pid) - self._before_s[name] for name, pid in self.pids.items() if name not in without}
