"""From an event on the PBX to 60 screens, while one more client does not read what it is sent.

The event is an INVITE that reaches an agent's phone (SIPp stamps it as it reads it); on a screen it is the diff that
shows a new call at that seat. Screens are WebSocket clients in a process of their own, so that reading 60 of them does
not take the product's time; their clocks are one machine's. The client that does not read has a small receive buffer,
so that what it is owed stays with the product: its memory is told before and after, and whether it was shown the door.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.instance import Instance
from app.settings import Settings
from bench import dispatch
from bench.dispatch import SEAT, percentile
from bench.processes import ended, rss_bytes
from bench.screenpop import gaps_ms
from bench.sipp import Sipp, read_log
from core.errors import PbxUnavailable

SCREENS, RINGS = 60, 150
TALK_MS = 400
"""Longer than the feed gathers what it publishes."""
SMALL_BUFFER_BYTES = 4096
SIGN_OF_LIFE_S = 5.0
WARM_UP_S = 5.0


async def run() -> dict[str, object]:
    """Milliseconds. Raises PbxUnavailable or SippFailed: the product did not come up, or calls did not flow."""
    async with dispatch.house_at_work(dispatch.house()) as settings:
        return await _measured(settings)


async def _measured(settings: Settings) -> dict[str, object]:
    async with dispatch.phone_at_work(settings, TALK_MS) as (sipp, instance):
        return await _with_screens(settings, instance, sipp)


async def _with_screens(settings: Settings, instance: Instance, sipp: Sipp) -> dict[str, object]:
    token = (settings.home / "secrets/cli.token").read_text(encoding="ascii").strip()
    url = instance.url.replace("http", "ws", 1) + "/api/v1/live"
    engine = int((settings.home / "run/engine.pid").read_text())
    file = settings.home / "screens.json"
    screens = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.fanout", url, str(file), stdin=asyncio.subprocess.PIPE
    )
    try:
        assert screens.stdin is not None
        screens.stdin.write(f"{token}\n".encode())
        await screens.stdin.drain()
        async with _deaf(url, token) as deaf:
            await asyncio.sleep(WARM_UP_S)
            before = rss_bytes(engine)
            await _calls(sipp, settings)
            after = rss_bytes(engine)
            shown_out = deaf.done()
        screens.stdin.close()
        await screens.wait()
    finally:
        await ended(screens)
    rings = [line.utc_s for line in read_log(sipp.directory / "phone.log") if line.what == "invite"]
    seen: list[list[float]] = json.loads(file.read_text())
    gaps = [gap for screen in seen for gap in gaps_ms(rings, screen)]
    figures = {
        "p50": percentile(gaps, 50),
        "p99": percentile(gaps, 99),
        "most": round(max(gaps), 2),
        "count": len(gaps),
    }
    return {
        "event_to_screen_ms": figures, "screens": len(seen), "events": len(rings),
        "events_not_seen": len(rings) * len(seen) - len(gaps),
        "memory_before_mb": round(before / 1e6, 1), "memory_after_mb": round(after / 1e6, 1),
        "deaf_client_shown_out": shown_out,
    }  # fmt: skip


async def _calls(sipp: Sipp, settings: Settings) -> None:
    """Let callers queue up until so many rings have come. Raises PbxUnavailable."""
    ports = settings.port_base + dispatch.CALLER_PORT, settings.port_base + dispatch.CALLER_MEDIA
    callers = await sipp.callers(dispatch.OURS, RINGS, dispatch.WAITING, *ports)
    log = sipp.directory / "phone.log"
    try:
        async with asyncio.timeout(60 + 3 * RINGS):
            while callers.returncode is None and _rings(log) < RINGS:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.5)
    except TimeoutError as error:
        raise PbxUnavailable(f"only {_rings(log)} rings of {RINGS} came") from error
    finally:
        await ended(callers)


def _rings(log: Path) -> int:
    return log.exists() and sum(1 for line in read_log(log) if line.what == "invite")


@asynccontextmanager
async def _deaf(url: str, token: str) -> AsyncIterator[asyncio.Task[None]]:
    """A client that subscribes, gives its signs of life, and reads nothing; done when it was shown the door."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    host, port = url.removeprefix("ws://").partition("/")[0].rsplit(":", 1)
    await asyncio.to_thread(raw.connect, (host, int(port)))
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, sock=raw, additional_headers=headers, max_queue=1, ping_interval=None) as client:
        await client.send('{"subscribe": ["floor"]}')
        task = asyncio.create_task(_live(client))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            client.transport.abort()


async def _live(client: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(SIGN_OF_LIFE_S)
            await client.send("{}")


# --- the screens, in a process of their own ----------------------------------------------------------
async def _screens(url: str, file: Path, token: str, done: asyncio.Event) -> None:
    seen: list[list[float]] = [[] for _ in range(SCREENS)]
    tasks = [asyncio.create_task(_screen(url, token, changes)) for changes in seen]
    await done.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(file.write_text, json.dumps(seen))


async def _screen(url: str, token: str, changes: list[float]) -> None:
    """When each call was first seen at the seat."""
    known = set[str]()
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as client:
        await client.send('{"subscribe": ["floor"]}')
        alive = asyncio.create_task(_live(client))
        try:
            async for text in client:
                now_utc_s = time.time()
                for key in _calls_at_seat(json.loads(text).get("diff") or {}) - known:
                    known.add(key)
                    changes.append(now_utc_s)
        finally:
            alive.cancel()


def _calls_at_seat(diff: dict[str, dict[str, object] | None]) -> set[str]:
    return {key for key, entry in diff.items() if key.startswith("call/") and entry and entry.get("seat") == SEAT}


async def _main(url: str, file: str) -> None:
    """Until the other process closes our input."""
    token = (await asyncio.to_thread(sys.stdin.readline)).strip()
    done = asyncio.Event()
    screens = asyncio.create_task(_screens(url, Path(file), token, done))
    await asyncio.to_thread(sys.stdin.read)
    done.set()
    await screens


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
