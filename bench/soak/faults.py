"""What goes wrong: a table. One entry more is one fault more, in every plan from then on.

A fault is a context manager: when it is entered it is so, when it is left it is over. What it yields says what
exactly was done. Seconds are a range that the plan draws from.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bench.bad_network import Mood
from bench.soak.ground import Ground
from bench.soak.plan import Span
from cti.carrier.carrier import Carrier

Strikes = Callable[[Ground, Random], AbstractAsyncContextManager[str]]
RINGS_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Fault:
    """`no_engine`: nobody decides while it lasts, so the dialplan may serve by itself."""

    strikes: Strikes
    lasts_s: Span
    no_engine: bool = False
    may_here: Callable[[], bool] = lambda: True


@asynccontextmanager
async def engine_killed(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """kill -9; its watchdog starts another."""
    pid = ground.engine_pid()
    os.kill(pid, signal.SIGKILL)
    yield f"pid {pid}"


@asynccontextmanager
async def engine_stopped(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """It hangs and closes no socket, until the watchdog ends it."""
    pid = ground.engine_pid()
    os.kill(pid, signal.SIGSTOP)
    yield f"pid {pid}"


@asynccontextmanager
async def engine_stalled(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """A pause that the watchdog bears: the engine wakes and finds the world moved on."""
    pid = ground.engine_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        yield f"pid {pid}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def ami_cut(ground: Ground, dice: Random) -> AsyncIterator[str]:
    ground.network.reset()
    yield "reset"


def ami_spoiled(mood: Mood, told: str) -> Strikes:
    """The connection to the PBX stays open, and this is what passes through it."""

    @asynccontextmanager
    async def strikes(ground: Ground, dice: Random) -> AsyncIterator[str]:
        ground.network.mood = mood
        try:
            yield told
        finally:
            ground.network.mood = Mood.FAIR

    return strikes


@asynccontextmanager
async def trunk_gone(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """The carrier's switch dies with its calls: no BYE, no voice, nothing more from there."""
    carrier, plan = ground.carriers.pop("b"), ground.plans["b"]
    carrier.detach()
    os.kill(int((plan.layout.run / "asterisk.pid").read_text()), signal.SIGKILL)
    for call in ground.live.values():
        if call.plan.trunk == "b" and not call.over:
            call.timeline.note("cut")
    try:
        yield "trunk b"
    finally:
        await carrier.stop()
        ground.carriers["b"] = await Carrier.start(plan)


@asynccontextmanager
async def phone_lost(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """An agent's phone leaves the network while it rings; an idle one, if none rings."""
    seat = dice.choice(ground.house.seats).id
    phone = await ground.phone(seat)
    phone.timeline.forget()
    found = "ringing"
    try:
        await phone.timeline.next("ringing", timeout_s=RINGS_WITHIN_S)
    except TimeoutError:
        found = "not ringing"
    ground.log.note("phone", seat, "lost")
    await phone.unregister()
    try:
        yield f"{seat}, {found}"
    finally:
        await phone.register()
        ground.log.note("phone", seat, "back")


@asynccontextmanager
async def database_locked(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """Another program holds it: neither reading for a fold nor writing gets through."""
    file = ground.home / "data/thirdring.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None, timeout=10, check_same_thread=False)) as other:
        await asyncio.to_thread(other.execute, "BEGIN EXCLUSIVE")
        yield "BEGIN EXCLUSIVE"
        other.execute("ROLLBACK")


@asynccontextmanager
async def journal_refused(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """No file of the engine may grow: what a full disk does, for this one process."""
    pid = ground.engine_pid()
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield f"pid {pid}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


@asynccontextmanager
async def recordings_full(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """Something else fills the recordings' disk to the last byte."""
    place = ground.home / "recordings"
    ballast = place / "ballast"
    try:
        yield f"{await asyncio.to_thread(_fill, ballast)} bytes of ballast"
    finally:
        ballast.unlink(missing_ok=True)


def _fill(file: Path) -> int:
    block = bytes(1 << 16)
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as stream:
        while stream.write(block):
            pass
    return file.stat().st_size


@asynccontextmanager
async def recordings_read_only(ground: Ground, dice: Random) -> AsyncIterator[str]:
    """No new file in the day's directory; what is open goes on."""
    day = ground.home / f"recordings/{datetime.now(UTC):%Y/%m/%d}"
    day.mkdir(parents=True, exist_ok=True)
    day.chmod(0o550)
    try:
        yield "the day's directory"
    finally:
        day.chmod(0o750)


FAULTS: Mapping[str, Fault] = {
    "engine killed": Fault(engine_killed, (3.0, 6.0), no_engine=True),
    "engine stopped": Fault(engine_stopped, (5.0, 8.0), no_engine=True),
    "engine stalled": Fault(engine_stalled, (0.5, 1.8)),
    "AMI cut": Fault(ami_cut, (1.0, 3.0)),
    "AMI mute": Fault(ami_spoiled(Mood.MUTE, "mute"), (4.0, 10.0)),
    "AMI slow": Fault(ami_spoiled(Mood.DRIBBLING, "one byte a second"), (4.0, 10.0)),
    "AMI doubled": Fault(ami_spoiled(Mood.DOUBLING, "every event twice"), (5.0, 10.0)),
    "AMI lossy": Fault(ami_spoiled(Mood.LOSING, "every third event never"), (3.0, 6.0)),  # the resync finds it
    "trunk gone": Fault(trunk_gone, (5.0, 20.0)),
    "phone lost": Fault(phone_lost, (5.0, 15.0)),
    "database locked": Fault(database_locked, (5.0, 30.0)),
    "journal refused": Fault(journal_refused, (5.0, 10.0)),
    "recordings full": Fault(recordings_full, (4.0, 8.0), may_here=lambda: os.geteuid() == 0),
    "recordings read-only": Fault(recordings_read_only, (4.0, 8.0), may_here=lambda: os.geteuid() != 0),
}
"""The clock is not among them: it is the machine's, and others use it."""


def possible() -> dict[str, Fault]:
    """Those that can be had on this machine by this user: a disk of one's own is root's, a closed door is not."""
    return {name: fault for name, fault in FAULTS.items() if fault.may_here()}
