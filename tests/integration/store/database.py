"""A database under test, and histories to fill it with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.events import CallEnded, CallEntered, Event, Outcome
from core.ids import CallId, HotlineId, TrunkId
from core.inputs import Tick
from core.instants import Instant
from store.journal import Shipper
from store.models import PROJECTIONS, inputs, outcomes
from store.session import read_rows
from store.spool import Spool
from store.writer import Writer

NOW = Instant(100.0, datetime(2026, 3, 1, 8, 0, tzinfo=UTC))


@dataclass
class Database:
    url: str
    writer: Writer
    engine: AsyncEngine

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        """All of a table, by key."""
        return [dict(row) for row in await read_rows(self.engine, select(table).order_by(*table.primary_key))]

    async def records(self) -> dict[str, list[dict[str, Any]]]:
        """All projections."""
        return {table.name: await self.rows(table) for table in PROJECTIONS}

    async def journal(self) -> tuple[list[int], list[tuple[int, int]]]:
        """Keys of inputs and outcomes."""
        return (
            [row["sequence"] for row in await self.rows(inputs)],
            [(row["sequence"], row["ordinal"]) for row in await self.rows(outcomes)],
        )


def a_call(number: int) -> list[Event]:
    call = CallId(f"n-1.{number}")
    entered = CallEntered(call, HotlineId("h1"), TrunkId("t1"), "+8613800000000", "zh-CN")
    return [entered, CallEnded(call, HotlineId("h1"), "menu", 3.0)]


def calls(count: int) -> list[list[Event]]:
    return [a_call(number) for number in range(count)]


def spool_events(directory: Path, batches: list[list[Event]]) -> None:
    """A tick for each batch, and the batch as its outcomes, one second apart."""
    spool = Spool(directory, sync_every_s=3600)
    for events in batches:
        sequence = spool.next_sequence
        spool.append_input(sequence, NOW, 1, Tick())
        at_utc_s = NOW.wall.timestamp() + sequence
        spool.append_outcomes(
            [Outcome(sequence, n, NOW.boot_s + sequence, at_utc_s, event) for n, event in enumerate(events)]
        )
    spool.close()


async def ship_all(shipper: Shipper) -> None:
    """Until everything is in the database."""
    while await shipper.ship_once():
        pass
