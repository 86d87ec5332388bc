"""While it runs: does the engine believe what the PBX says, and does it grow?

The PBX is asked over its own console, the engine for its board.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import resident_mb
from bench.soak.ground import Ground, sip_names
from core.errors import PbxUnavailable, Refused

EVERY_S = 5.0
AGREE_WITHIN_S = 45.0
"""A resync repairs what was not told; it comes every 30 s."""
CALM_S = 60.0
"""To be empty after the last call: the PBX gives up a silent voice after 30 s."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The engine's process at one moment of the run."""

    at_s: float
    pid: int
    resident_mb: float
    open_files: int


@dataclass(slots=True)
class Watch:
    """Samples of the engine's process, and every disagreement of engine and PBX that lasted."""

    ground: Ground
    began_s: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)
    looked: int = 0
    differed: list[str] = field(default_factory=list)

    async def sample_forever(self) -> None:
        while True:
            self.sample()
            await asyncio.sleep(EVERY_S)

    def sample(self) -> None:
        """Nothing while there is no engine."""
        try:
            pid = self.ground.engine_pid()
            memory, files = resident_mb(pid), len(list(Path(f"/proc/{pid}/fd").iterdir()))
        except (OSError, ValueError, StopIteration):
            return
        self.samples.append(Sample(round(time.monotonic() - self.began_s, 1), pid, memory, files))

    async def agree(self, after: str) -> None:
        """Engine and PBX have the same calls and talks within a while; calls come and go meanwhile."""
        self.looked += 1
        until_s, differs = time.monotonic() + AGREE_WITHIN_S, "the engine was not asked"
        while differs and time.monotonic() < until_s:
            try:
                differs = await self._differs()
            except (Refused, PbxUnavailable) as error:
                differs = str(error)
            await asyncio.sleep(0.3)
        if differs:
            self.differed.append(f"after {after}, for {AGREE_WITHIN_S:.0f} s: {differs}")

    async def _differs(self) -> str:
        """What engine and PBX say differently, or ""."""
        before = await channels(self.ground)
        board = await self.ground.board()
        after = await channels(self.ground)
        calls = {key.partition("/")[2] for key in board if key.startswith("call/")}
        talks = {entry["id"] for key, entry in board.items() if key.startswith("seat/") and entry["state"] == "talking"}
        said = {
            "calls that the PBX has not": calls - before.callers - after.callers,
            "talks that the PBX has not": talks - before.talking - after.talking,
            "calls unknown to the engine": (before.callers & after.callers) - calls,
            "talks unknown to the engine": (before.talking & after.talking) - talks,
        }
        return "; ".join(f"{what}: {', '.join(sorted(which))}" for what, which in said.items() if which)

    async def calm(self) -> str:
        """What the PBX and the engine's board still hold when everybody has hung up, or ""."""
        until_s, left = time.monotonic() + CALM_S, "not asked"
        while left and time.monotonic() < until_s:
            try:
                board = await self.ground.board()
                lines = (await self.ground.pbx.order("core show channels concise")).splitlines()
            except (Refused, PbxUnavailable) as error:
                left = str(error)
            else:
                calls = [key for key in board if key.startswith("call/")]
                busy = [key for key in board if key.startswith("seat/") and board[key].get("call")]
                left = " ".join([*calls, *busy, *(line for line in lines if line.count("!") > 5)])
            await asyncio.sleep(0.5)
        return left


@dataclass(frozen=True, slots=True)
class Channels:
    """As the PBX lists them: callers by the channel's id, agents' answered legs by seat."""

    callers: frozenset[str]
    talking: frozenset[str]


async def channels(ground: Ground) -> Channels:
    """Raises PbxUnavailable."""
    lines = (await ground.pbx.order("core show channels concise")).splitlines()
    rows = [row for line in lines if len(row := line.split("!")) > 5]  # cli.c: name!context!exten!…!uniqueid
    seats = sip_names(ground)
    return Channels(
        frozenset(row[-1] for row in rows if row[0].startswith("PJSIP/trunk-")),
        frozenset(seat for row in rows if row[4] == "Up" for seat in _seat(row[0], seats)),
    )


def _seat(channel: str, seats: dict[str, str]) -> Iterator[str]:
    """PJSIP/<SIP name>-<number>."""
    if seat := seats.get(channel.removeprefix("PJSIP/").rpartition("-")[0]):
        yield seat


def leftovers(home: Path) -> list[str]:
    """Half-made files of finishing and publishing, which are gone when nothing is under way."""
    kept = [file for place in ("archive", "run", "data") for file in (home / place).rglob("*") if file.is_file()]
    return [os.fspath(file.relative_to(home)) for file in kept if file.suffix in (".part", ".tmp", ".new")]
