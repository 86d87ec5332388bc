"""One soak: traffic and faults side by side, then quiet, then the auditor. It ends by itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bench.soak.auditor import Auditor, Law, Telephones
from bench.soak.faults import Fault, possible
from bench.soak.ground import Ground, ground, people_at_work, until
from bench.soak.plan import Planned, plan
from bench.soak.traffic import Traffic
from bench.soak.watch import Sample, Watch, leftovers
from core.errors import PbxUnavailable
from cti.carrier.timeline import boot_s

LOAD = 0.8
RECOVERED_WITHIN_S = 60.0
STORED_WITHIN_S = 180.0
GROWTH, GROWTH_MB = 1.3, 20.0
"""Memory is flat when the last third of the run needs at most so many times what the first third did, and so much."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run. `port_base` 0 looks for free ports."""

    minutes: float
    seed: int
    seats: int = 10
    port_base: int = 0


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that was."""

    at_s: float
    fault: str
    what: str
    lasted_s: float
    recovered_after_s: float | None
    """After it was over; None: not in time."""


@dataclass(slots=True)
class Report:
    """What a run came to."""

    seed: int
    minutes: float
    seats: int
    calls: dict[str, int] = field(default_factory=dict)
    faults: list[Struck] = field(default_factory=list)
    laws: list[Law] = field(default_factory=list)
    memory: list[Sample] = field(default_factory=list)
    load_average: float = 0.0
    kept_in: str = ""

    @property
    def held(self) -> bool:
        return all(law.held for law in self.laws)

    def document(self) -> dict[str, Any]:
        laws = [asdict(law) | {"held": law.held} for law in self.laws]
        return asdict(self) | {"held": self.held, "laws": laws}


async def run(wanted: Wanted, say: Say) -> Report:
    """SIGTERM ends it as Ctrl-C does, and nothing of it stays behind. Raises PbxUnavailable: the house is not up."""
    running = asyncio.ensure_future(_run(wanted, say))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await running


async def _run(wanted: Wanted, say: Say) -> Report:
    kept = Path(tempfile.mkdtemp(prefix="thirdring-soak-log-"))
    report = Report(wanted.seed, wanted.minutes, wanted.seats)
    async with ground(wanted.seats, kept / "telephones.jsonl", wanted.port_base) as made:
        watch, traffic = Watch(made), Traffic(made, wanted.seed, LOAD)
        await people_at_work(made, *traffic.phones())
        await traffic.watch_phones()
        sampling = asyncio.create_task(watch.sample_forever(), name="memory")
        try:
            watch.began_s = time.monotonic()
            faults = asyncio.create_task(_faults(made, wanted, watch, report, say), name="faults")
            await traffic.run(wanted.minutes * 60)
            await faults
            left = await watch.calm()
            stored = await _stored(made)
        finally:
            sampling.cancel()
        report.memory, report.load_average = watch.samples, round(os.getloadavg()[0], 1)
        auditor = Auditor(made.home, made.log.file)
        report.laws = await asyncio.to_thread(auditor.audit)
        report.laws += [_recovered(watch, report), _nothing_leaked(made, watch, left, stored)]
        report.calls = _fates(auditor)
        if not report.held:
            report.kept_in = str(kept)
            await asyncio.to_thread(_keep, made.home, kept)
    if report.held:
        shutil.rmtree(kept)
    return report


async def _faults(made: Ground, wanted: Wanted, watch: Watch, report: Report, say: Say) -> None:
    """One after the other, each at its time or as soon as the one before is over."""
    table, began_s = possible(), time.monotonic()
    for planned in plan(wanted.seed, wanted.minutes * 60, {name: fault.lasts_s for name, fault in table.items()}):
        await asyncio.sleep(max(0.0, began_s + planned.at_s - time.monotonic()))
        struck = await _strike(made, table[planned.fault], planned, time.monotonic() - began_s)
        report.faults.append(struck)
        say(_line(struck))
        await watch.agree(planned.fault)


async def _strike(made: Ground, fault: Fault, planned: Planned, at_s: float) -> Struck:
    away_s, began_s = boot_s(), time.monotonic()
    async with fault.strikes(made, Random(planned.dice)) as what:
        await asyncio.sleep(planned.lasts_s)
    over_s = time.monotonic()
    recovered: float | None = None
    try:
        await until(lambda: _is_well(made), "not well", RECOVERED_WITHIN_S)
        recovered = round(time.monotonic() - over_s, 1)
    except PbxUnavailable:
        pass
    if fault.no_engine:
        made.log.note("engine", "engine", "away", from_s=away_s)
    return Struck(round(at_s, 1), planned.fault, what, round(over_s - began_s, 1), recovered)


async def _is_well(made: Ground) -> bool:
    """Health says so of all its parts, and the board sees PBX and trunks."""
    parts: Mapping[str, Any] = (await asyncio.to_thread(made.instance.get, "/health", even=503))["parts"]
    board = await made.board()
    trunks = board.get("lines", {}).get("by_trunk", {}).values()
    return all(part["ok"] for part in parts.values()) and all(trunk["reachable"] for trunk in trunks)


async def _stored(made: Ground) -> str:
    """What has not reached the database, or is still being finished; "" when all of it is there."""

    async def all_there() -> bool:
        return not await asyncio.to_thread(_open_rows, made.home / "data/thirdring.sqlite3")

    try:
        await until(all_there, "not stored", STORED_WITHIN_S)
    except PbxUnavailable:
        return await asyncio.to_thread(_open_rows, made.home / "data/thirdring.sqlite3")
    return ""


def _open_rows(file: Path) -> str:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        calls = database.execute("select count(*) from calls where ended_utc_s is null").fetchone()[0]
        voices = database.execute(
            "select count(*) from recordings where state in ('expected', 'open', 'growing', 'closed')"
        ).fetchone()[0]
    return f"{calls} calls without an end, {voices} voices not finished" if calls or voices else ""


def _recovered(watch: Watch, report: Report) -> Law:
    slow = [
        f"{each.fault} at {each.at_s} s: not well again" for each in report.faults if each.recovered_after_s is None
    ]
    says = "after each fault engine and PBX have the same calls"
    return Law("I6", says, watch.looked, [*watch.differed, *slow])


def _nothing_leaked(made: Ground, watch: Watch, left: str, stored: str) -> Law:
    found = [f"still there: {left}"] if left else []
    found += [stored] if stored else []
    found += [f"half-made: {name}" for name in leftovers(made.home)]
    third = len(watch.samples) // 3
    if third:
        early = max(sample.resident_mb for sample in watch.samples[:third])
        late = max(sample.resident_mb for sample in watch.samples[-third:])
        if late > early * GROWTH + GROWTH_MB:
            found.append(f"the engine grew from {early} MB to {late} MB")
        files = [max(sample.open_files for sample in part) for part in (watch.samples[:third], watch.samples[-third:])]
        if files[1] > 2 * files[0]:
            found.append(f"open files grew from {files[0]} to {files[1]}")
    says = "nothing is left: no channel, call, half-made file; memory and descriptors flat"
    return Law("I7", says, len(watch.samples), found)


def _fates(auditor: Auditor) -> dict[str, int]:
    callers = Telephones.read(auditor.log).callers.values()
    talked = sum(1 for caller in callers if caller.bridged_s)
    gave_up = sum(1 for caller in callers if caller.hung_up_s and not caller.bridged_s)
    return {"dialled": len(callers), "talked": talked, "hung up waiting": gave_up}


def _keep(home: Path, where: Path) -> None:
    """What an investigation needs."""
    for name in ("data", "pbx/log", "up.log", "carrier/log"):
        source = home / name
        if source.is_dir():
            shutil.copytree(source, where / name, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, where / name)


def _line(struck: Struck) -> str:
    well = f"well {struck.recovered_after_s} s later" if struck.recovered_after_s is not None else "NOT WELL AGAIN"
    return f"{struck.at_s:7.1f} s  {struck.fault} ({struck.what}) for {struck.lasted_s} s, {well}"
