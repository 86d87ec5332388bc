"""What the health route asks, one small question each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.ports import Probe
from app.pbx_loading import PbxLoading
from app.renewal import Renewal
from app.window_door import WindowDoor
from core.errors import PbxUnavailable, PeerFault
from store.asks import AskStreams
from store.journal import Shipper
from store.salvage import set_aside
from store.session import reason

if TYPE_CHECKING:
    from app.main import Floor

LATE_LOOP_S = 0.5
LATE_JOURNAL_S = 60.0


class Unwell(PeerFault):
    """A part of ours does not do its work; the text says which and why."""


def probes(
    floor: Floor,
    shipper: Shipper,
    reader: AsyncEngine,
    loading: PbxLoading,
    renewal: Renewal | None,
    unusable: Callable[[], str],
) -> tuple[Probe, ...]:
    """Every part that the service depends on; a certificate only where one is served.

    `unusable` is why the database cannot be used although it answers: it could not be migrated; or "".
    """

    async def engine() -> str:
        lag_s = await loop_lag_s()
        if lag_s > LATE_LOOP_S:
            raise Unwell(f"the loop is {lag_s:.1f} s late")
        lost = floor.pump.dropped + floor.pump.undigested
        return f"inputs {floor.pump.sequence}, lost {lost}; the loop is {lag_s * 1000:.1f} ms late"

    async def pbx() -> str:
        if (client := floor.node.link.client) is None:
            raise PbxUnavailable("AMI is not connected")
        answer = await client.action({"Action": "CoreSettings"})
        return f"Asterisk {answer.get('AsteriskVersion', '')}"

    async def spool() -> str:
        if floor.spool.broken:
            raise Unwell(floor.spool.broken)
        aside = await asyncio.to_thread(set_aside, floor.settings.spool)
        lost = floor.spool.lost_lines
        if aside:
            return f"written, lines lost {lost}, files that cannot be read whole {len(aside)}: see ./thirdring doctor"
        return f"written, lines lost {lost}"

    async def journal() -> str:
        if shipper.lag_s > LATE_JOURNAL_S:
            raise Unwell(f"{shipper.lag_s:.0f} s behind: {shipper.broken or 'the database is slow'}")
        return f"bytes behind {shipper.lag_bytes}"

    async def database() -> str:
        if unusable():
            raise Unwell(unusable())
        try:
            async with reader.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception as error:
            raise Unwell(reason(error)) from error
        return reader.dialect.name

    async def recordings() -> str:
        if floor.voices.trouble:
            raise Unwell(floor.voices.trouble)
        return f"calls to finish {floor.voices.unsettled}"

    async def house() -> str:
        if loading.broken:
            raise Unwell(loading.broken)
        return f"version {floor.state.version} is in force"

    async def certificate() -> str:
        assert renewal is not None
        if renewal.broken:
            raise Unwell(renewal.broken)
        return renewal.text

    checks: dict[str, Callable[[], Awaitable[str]]] = {
        "engine": engine,
        "pbx": pbx,
        "spool": spool,
        "journal": journal,
        "database": database,
        "house": house,
        "recordings": recordings,
    }
    if renewal is not None:
        checks["certificate"] = certificate
    return tuple(Probe(name, check) for name, check in checks.items())


def api_probes(wanted: int, streams: AskStreams, door: WindowDoor) -> tuple[Probe, ...]:
    """Where API processes run beside the engine: they, and what joins them with it."""

    async def redis() -> str:
        return f"Redis {await streams.ping()}"

    async def processes() -> str:
        said = f"{door.processes} of {wanted} API processes are connected"
        if door.processes < wanted:
            raise Unwell(said)
        return said

    return Probe("redis", redis), Probe("api", processes)


async def loop_lag_s() -> float:
    """Seconds between asking the loop for a turn in 10 ms and getting it."""
    loop = asyncio.get_running_loop()
    asked_s = loop.time()
    await asyncio.sleep(0.01)
    return max(0.0, loop.time() - asked_s - 0.01)
