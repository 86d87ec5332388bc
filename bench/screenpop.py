"""From the ring at an agent's phone to the pop at the agent's desktop, both as an agent's machine sees them.

One agent who is always at once free again, callers who always wait in numbers, so that an offer follows the other as
fast as the product makes them. The phone is SIPp's, which stamps each INVITE that it reads; the desktop is a WebSocket
client that has subscribed to the agent's pops. A figure below zero is a pop that came before the ring.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect

from app.instance import Instance
from app.settings import Settings
from bench import dispatch
from bench.dispatch import AGENT, percentile
from bench.processes import ended
from bench.sipp import Sipp, read_log
from core.errors import PbxUnavailable

POPS = 300
SIGN_OF_LIFE_S = 5.0
TOGETHER_S = 1.0
"""A pop and a ring further apart than this are not of one offer."""


async def run() -> dict[str, object]:
    """Milliseconds. Raises PbxUnavailable or SippFailed: the product did not come up, or calls did not flow."""
    async with dispatch.house_at_work(dispatch.house()) as settings:
        return await _measured(settings)


async def _measured(settings: Settings) -> dict[str, object]:
    async with dispatch.phone_at_work(settings, dispatch.TALK_MS) as (sipp, instance):
        async with _desktop(instance) as pops_utc_s:
            await _calls(sipp, settings, pops_utc_s)
            rings_utc_s = [line.utc_s for line in read_log(sipp.directory / "phone.log") if line.what == "invite"]
    gaps = gaps_ms(rings_utc_s, pops_utc_s)[dispatch.WARM_UP :]
    figures = {
        "p50": percentile(gaps, 50),
        "p99": percentile(gaps, 99),
        "most": round(max(gaps), 2),
        "count": len(gaps),
    }
    return {"ring_to_pop_ms": figures, "pops_lost": len(rings_utc_s) - len(pops_utc_s)}


async def _calls(sipp: Sipp, settings: Settings, pops_utc_s: list[float]) -> None:
    """Let callers queue up until so many pops have come. Raises PbxUnavailable."""
    wanted = dispatch.WARM_UP + POPS
    ports = settings.port_base + dispatch.CALLER_PORT, settings.port_base + dispatch.CALLER_MEDIA
    callers = await sipp.callers(dispatch.OURS, wanted, dispatch.WAITING, *ports)
    try:
        async with asyncio.timeout(60 + 3 * wanted):
            while len(pops_utc_s) < wanted and callers.returncode is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.5)
    except TimeoutError as error:
        raise PbxUnavailable(f"only {len(pops_utc_s)} pops of {wanted} came") from error
    finally:
        await ended(callers)


@asynccontextmanager
async def _desktop(instance: Instance) -> AsyncIterator[list[float]]:
    """The agent's own login, and when each pop of theirs came: seconds since 1970."""
    await asyncio.to_thread(instance.post, "/users", {"name": AGENT, "role": "agent"})
    wish: dict[str, object] = {"name": "desktop", "user": AGENT, "rights": ["see_floor", "serve"]}
    token = (await asyncio.to_thread(instance.post, "/tokens", wish))["token"]
    url = instance.url.replace("http", "ws", 1) + "/api/v1/live"
    came = list[float]()
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as client:
        await client.send('{"subscribe": ["pops"]}')
        tasks = [asyncio.create_task(_listen(client, came)), asyncio.create_task(_live(client))]
        yield came
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(client: ClientConnection, came: list[float]) -> None:
    seen = ""
    async for text in client:
        now_utc_s, pop = time.time(), json.loads(text).get("pop")
        if pop is not None and pop["id"] != seen:
            seen = pop["id"]
            came.append(now_utc_s)


async def _live(client: ClientConnection) -> None:
    while True:
        await asyncio.sleep(SIGN_OF_LIFE_S)
        await client.send("{}")


def gaps_ms(rings_utc_s: Sequence[float], pops_utc_s: Sequence[float]) -> list[float]:
    """For each ring the milliseconds to the pop nearest to it; a ring without one is left out."""
    nearest = [min((pop_s - ring_s for pop_s in pops_utc_s), key=abs, default=None) for ring_s in rings_utc_s]
    return [gap_s * 1000 for gap_s in nearest if gap_s is not None and abs(gap_s) <= TOGETHER_S]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run())))
