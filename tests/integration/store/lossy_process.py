"""A floor whose disk refuses for longer than its memory holds; says its state when a snapshot covers that, and waits.

Argument: a directory. The kernel refuses to grow any file of this process meanwhile, as a full disk would.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from app import restore
from app.clock import boot_s
from app.pump import Pump
from app.snapshots import Snapshots
from core.ids import RequestId
from core.inputs import BecomeReady, ConfigurationChanged, Request, Requested, SignIn, TakeBreak
from core.instants import Instant
from core.states import BreakReason
from store import snapshot
from store.spool import Spool
from tests.unit.floor import AGENT, OTHER_AGENT, OTHER_SEAT, SEAT, small_house

MEMORY_BYTES = 4000


async def live(directory: Path) -> None:
    spool = Spool(directory / "spool", backlog_bytes=MEMORY_BYTES)
    state = restore.fresh(small_house())
    pump = Pump(state.engine, spool, lambda: Instant(boot_s(), datetime.now(UTC)), sequence=0)

    def ask(request: Request) -> None:
        pump.handle(Requested(RequestId(f"r{pump.sequence}"), "test", request))

    snapshots = Snapshots(directory / "snapshots", state, spool, lambda: pump.sequence)
    pump.handle(ConfigurationChanged(1, small_house()))
    ask(SignIn(AGENT, SEAT))
    await snapshots.save()
    keeping = asyncio.create_task(snapshots.run())
    with_room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, with_room[1]))
    for _ in range(50):
        ask(TakeBreak(AGENT, BreakReason.MEAL))
        ask(BecomeReady(AGENT))
    ask(TakeBreak(AGENT, BreakReason.TRAINING))
    before = [sequence for sequence, _ in snapshot.undamaged(directory / "snapshots")]
    resource.setrlimit(resource.RLIMIT_FSIZE, with_room)
    while [sequence for sequence, _ in snapshot.undamaged(directory / "snapshots")] == before:
        await asyncio.sleep(0.05)
        ask(SignIn(OTHER_AGENT, OTHER_SEAT))
    said = {"lost": spool.lost_lines, "engine": restore.ENGINE_STATE.dump_python(state.engine.snapshot(), mode="json")}
    print(json.dumps(said), flush=True)
    await keeping


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1])))
