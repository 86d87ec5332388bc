"""What the journal costs: `python -m bench.journal` prints one JSON object.

Encode, decode and append in microseconds a line (the pump pays for encode + append), lines a second
from the spool into SQLite with records folded, and the longest transaction.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from core.events import CallEnded, CallEntered, Event, Outcome
from core.ids import CallId, HotlineId, NodeId, TrunkId
from core.inputs import CallArrived
from core.instants import Instant
from store.codec import input_codec
from store.journal import Shipper
from store.migrations import migrate
from store.session import sqlite_url
from store.spool import Spool
from store.writer import Writer

_TIMES = 20_000
_CALLS = 3_000
_FACT = CallArrived(CallId("n-1.1"), NodeId("n"), HotlineId("h1"), TrunkId("t1"), "+8613800000000", "zh-CN")


def cost_us(work: Callable[[], object], times: int = _TIMES) -> float:
    """Microseconds a call."""
    began_s = time.perf_counter()
    for _ in range(times):
        work()
    return round((time.perf_counter() - began_s) / times * 1e6, 2)


def spool_calls(spool: Spool, now: Instant) -> None:
    """An input and two outcomes a call."""
    at_utc_s = now.wall.timestamp()
    for number in range(_CALLS):
        sequence, call = spool.next_sequence, CallId(f"n-1.{number}")
        entered = CallEntered(call, HotlineId("h1"), TrunkId("t1"), "+8613800000000", "zh-CN")
        spool.append_input(sequence, now, 1, _FACT)
        events: tuple[Event, ...] = (entered, CallEnded(call, HotlineId("h1"), "menu", 3.0))
        spool.append_outcomes([Outcome(sequence, n, now.boot_s, at_utc_s, event) for n, event in enumerate(events)])


async def measure(directory: Path) -> dict[str, float]:
    now, codec = Instant(1234.5, datetime.now(UTC)), input_codec()
    tag, body = codec.encode(_FACT)
    spool = Spool(directory / "cost")
    figures = {
        "encode_us": cost_us(lambda: codec.encode(_FACT)),
        "decode_us": cost_us(lambda: codec.decode(tag, body)),
        "append_us": cost_us(lambda: spool.append_input(spool.next_sequence, now, 1, _FACT)),
    }
    spool.close()
    return figures | await shipping(directory, now)


async def shipping(directory: Path, now: Instant) -> dict[str, float]:
    url = sqlite_url(directory / "bench.sqlite3")
    await migrate(url)
    spool, writer = Spool(directory / "spool"), Writer(url)
    spool_calls(spool, now)
    shipper = Shipper(directory / "spool", writer)
    began_s = time.perf_counter()
    while await shipper.ship_once():
        pass
    took_s = time.perf_counter() - began_s
    await writer.close()
    spool.close()
    return {
        "shipped_lines_per_s": round(3 * _CALLS / took_s),
        "longest_transaction_ms": round(writer.longest_s * 1e3, 1),
        "transactions_over_50_ms": writer.long_count,
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        print(json.dumps(asyncio.run(measure(Path(home)))))
