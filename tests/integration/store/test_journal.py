"""Spool to database: each line exactly once, whoever ships and whatever is away meanwhile."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from core.events import HouseApplied
from core.inputs import ClockStepped
from store import segments
from store.errors import JournalDisagrees, StoreUnavailable
from store.journal import Shipper, last_shipped
from store.migrations import migrate
from store.models import journal_state, outcomes
from store.salvage import BLOCK_BYTES, set_aside
from store.session import reading_engine, sqlite_url
from store.spool import Spool
from store.writer import Writer
from tests.integration.servers import PostgresServer
from tests.integration.store.database import NOW, Database, calls, ship_all, spool_events
from tests.unit.store.disk import bad_sectors


def expected(count: int) -> tuple[list[int], list[tuple[int, int]]]:
    return list(range(1, count + 1)), [(n, ordinal) for n in range(1, count + 1) for ordinal in (0, 1)]


async def test_everything_arrives_once_and_unchanged(database: Database, tmp_path: Path) -> None:
    spool_events(tmp_path, calls(300))
    shipper = Shipper(tmp_path, database.writer)
    await ship_all(shipper)
    assert await database.journal() == expected(300)
    stored = await database.rows(outcomes)
    with_bodies = [line.body for line in segments.read_from(tmp_path, 0) if line.tag.startswith("Call")]
    assert [row["body"] for row in stored] == with_bodies
    assert [row["how"] for row in (await database.records())["calls"]] == ["menu"] * 300
    assert (shipper.lag_bytes, shipper.lag_s, shipper.broken) == (0, 0.0, "")
    assert await last_shipped(database.writer) == 300


async def test_two_shippers_at_once_write_every_line_once(database: Database, tmp_path: Path) -> None:
    spool_events(tmp_path, calls(500))
    other = Writer(database.url)
    await asyncio.gather(ship_all(Shipper(tmp_path, database.writer)), ship_all(Shipper(tmp_path, other)))
    await other.close()
    assert await database.journal() == expected(500)
    assert len((await database.records())["calls"]) == 500


async def test_shipping_the_whole_spool_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    spool_events(tmp_path, calls(50))
    await ship_all(Shipper(tmp_path, database.writer))
    before = await database.journal(), await database.records()
    place = update(journal_state).values(shipped_segment=0, shipped_offset=0)
    await database.writer.write(lambda connection: connection.execute(place))
    await ship_all(Shipper(tmp_path, database.writer))
    assert (await database.journal(), await database.records()) == before


async def test_shipping_goes_on_over_restarts_rotation_and_deletion(database: Database, tmp_path: Path) -> None:
    shipper = Shipper(tmp_path, database.writer)
    for start in (0, 100):
        spool = Spool(tmp_path, segment_bytes=2000, sync_every_s=3600)
        for number in range(start + 1, start + 101):
            spool.append_input(number, NOW, 1, ClockStepped(1.0))
            if number % 30 == 0:
                await ship_all(shipper)
                spool.drop_before(shipper.shipped, number)
        spool.close()
    await ship_all(shipper)
    assert (await database.journal())[0] == list(range(1, 201))
    assert segments.first_sequences(tmp_path)[0] > 150


async def test_a_bad_sector_keeps_nothing_else_from_the_database(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a segment of which a part is shipped already; and then in the newest one, before a start."""
    bad_sector = bad_sectors(monkeypatch)
    spool_events(tmp_path, calls(300))
    shipper = Shipper(tmp_path, database.writer)
    assert await shipper.ship_once()
    spool_events(tmp_path, calls(50))
    bad_sector(segments.path_of(tmp_path, 1), 20)
    await ship_all(shipper)
    found = (await database.journal())[0]
    assert found[-1] == 350 and 330 < len(found) < 350
    newest = segments.path_of(tmp_path, segments.first_sequences(tmp_path)[-1])
    bad_sector(newest, (newest.stat().st_size - 1) // BLOCK_BYTES)
    spool_events(tmp_path, calls(1))
    await ship_all(Shipper(tmp_path, database.writer))
    assert len((await database.journal())[0]) == len(found) + 1, "under a number that the database did not have"
    assert len(set_aside(tmp_path)) == 2


async def test_a_spool_of_another_instance_is_refused(database: Database, tmp_path: Path) -> None:
    spool_events(tmp_path / "ours", calls(2))
    await ship_all(Shipper(tmp_path / "ours", database.writer))
    spool = Spool(tmp_path / "other", sync_every_s=3600)
    spool.append_input(1, NOW, 1, ClockStepped(1.0))
    spool.append_input(2, NOW, 1, ClockStepped(1.0))
    spool.append_input(3, NOW, 1, ClockStepped(1.0))
    spool.close()
    place = update(journal_state).values(shipped_segment=0, shipped_offset=0)
    await database.writer.write(lambda connection: connection.execute(place))
    with pytest.raises(JournalDisagrees, match="input 1 "):
        await ship_all(Shipper(tmp_path / "other", database.writer))
    assert await database.journal() == expected(2)


async def test_a_spool_begun_anew_below_the_database_is_refused(database: Database, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "old", last_shipped=1000, sync_every_s=3600)
    spool.append_input(1001, NOW, 1, ClockStepped(1.0))
    spool.close()
    await ship_all(Shipper(tmp_path / "old", database.writer))
    spool_events(tmp_path / "new", calls(1))
    with pytest.raises(JournalDisagrees, match="begun anew"):
        await ship_all(Shipper(tmp_path / "new", database.writer))


async def test_a_row_of_an_unknown_class_stops_nobody(database: Database, tmp_path: Path) -> None:
    spool_events(tmp_path, [*calls(1), [HouseApplied(1, 90, (), (), ())], *calls(2)[1:]])
    path = segments.path_of(tmp_path, 1)
    lines = path.read_bytes().splitlines()
    changed = [_renamed(line) if b"HouseApplied" in line else line for line in lines]
    path.write_bytes(b"\n".join(changed) + b"\n")
    await ship_all(Shipper(tmp_path, database.writer))
    assert "FromTheFuture" in [row["tag"] for row in await database.rows(outcomes)]
    assert len((await database.records())["calls"]) == 2


def _renamed(line: bytes) -> bytes:
    rest = line[12:].replace(b"HouseApplied", b"FromTheFuture")
    return b'["%08x",%s' % (zlib.crc32(rest), rest)


async def until(condition: Callable[[], object]) -> None:
    """Ask again until it holds; the test's own time limit is the deadline."""
    while not condition():  # noqa: ASYNC110  a plain property changes; nobody sets an event
        await asyncio.sleep(0.01)


async def test_lines_that_keep_coming_are_shipped_together(database: Database, tmp_path: Path) -> None:
    """Transactions of a line or two would take half a core, and the call path its turns."""
    spool = Spool(tmp_path, sync_every_s=3600)
    shipper = Shipper(tmp_path, database.writer, idle_s=0.2)
    shipping = asyncio.create_task(shipper.run())
    loop = asyncio.get_running_loop()
    began_s, written = loop.time(), database.writer.written
    for number in range(1, 101):
        spool.append_input(number, NOW, 1, ClockStepped(1.0))
        await asyncio.sleep(0.01)
    spool.close()
    await until(lambda: segments.backlog_bytes(tmp_path, shipper.shipped) == 0)
    assert database.writer.written - written <= (loop.time() - began_s) / 0.2 + 3
    shipping.cancel()
    assert (await database.journal())[0] == list(range(1, 101))


async def test_a_locked_database_is_waited_for(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "test.sqlite3")
    await migrate(url)
    spool_events(tmp_path / "spool", calls(20))
    intruder, writer, engine = Writer(url), Writer(url, busy_s=0.05), reading_engine(url)
    locked, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def hold(_connection: object) -> None:
        loop.call_soon_threadsafe(locked.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(release.wait(), loop))

    holding = asyncio.create_task(intruder.write(hold))
    await locked.wait()
    shipper = Shipper(tmp_path / "spool", writer, idle_s=0.01, back_off_s=(0.02, 0.1))
    shipping = asyncio.create_task(shipper.run())
    await until(lambda: "locked" in shipper.broken)
    assert shipper.lag_bytes > 0
    assert shipper.lag_s > 0
    release.set()
    await holding
    await until(lambda: shipper.lag_bytes == 0)
    assert shipper.broken == ""
    shipping.cancel()
    assert await Database(url, writer, engine).journal() == expected(20)
    for one in (intruder, writer):
        await one.close()
    await engine.dispose()


async def test_a_database_that_goes_away_is_waited_for(postgres: PostgresServer, tmp_path: Path) -> None:
    url = await asyncio.to_thread(postgres.new_database)
    await migrate(url)
    writer, engine = Writer(url), reading_engine(url)
    spool_events(tmp_path, calls(10))
    shipper = Shipper(tmp_path, writer, idle_s=0.01, back_off_s=(0.02, 0.1))
    shipping = asyncio.create_task(shipper.run())
    await until(lambda: shipper.shipped != segments.START and shipper.lag_bytes == 0)
    await asyncio.to_thread(postgres.stop)
    spool_events(tmp_path, calls(10))
    await until(lambda: shipper.broken)
    with pytest.raises(StoreUnavailable):
        await last_shipped(writer)
    await asyncio.to_thread(postgres.start)
    await until(lambda: not shipper.broken and shipper.lag_bytes == 0)
    shipping.cancel()
    assert (await Database(url, writer, engine).journal())[0] == list(range(1, 21))
    await writer.close()
    await engine.dispose()
