"""A bad sector: what stands before and behind it is read, the original is kept, and it is told."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.damage_watch import watch_damage
from app.doctor.files import spool as examined
from app.doctor.finding import Level
from app.settings import Settings
from core.inputs import Tick
from store.errors import SegmentUnreadable
from store.lines import InputLine
from store.salvage import BLOCK_BYTES, salvage, set_aside
from store.segments import START, first_sequences, path_of, read_chunk
from store.spool import Spool
from tests.unit.store.disk import Sector, bad_sectors
from tests.unit.store.test_spool import NOW, append


@pytest.fixture
def bad_sector(monkeypatch: pytest.MonkeyPatch) -> Sector:
    return bad_sectors(monkeypatch)


def begun(directory: Path, count: int, **how: int) -> Iterator[Spool]:
    spool = Spool(directory, sync_every_s=3600, **how)
    append(spool, count)
    yield spool
    spool.close()


def sequences(spool: Spool) -> list[int]:
    return [line.sequence for line in spool.read_from(0) if isinstance(line, InputLine)]


def write(directory: Path, count: int, **how: int) -> None:
    for _ in begun(directory, count, **how):
        pass


def test_a_start_comes_up_with_what_stands_around_a_bad_sector(tmp_path: Path, bad_sector: Sector) -> None:
    write(tmp_path, 200)
    newest = path_of(tmp_path, 1)
    whole = newest.read_bytes()
    bad_sector(newest, 2)
    spool = Spool(tmp_path, sync_every_s=3600)
    found = sequences(spool)
    lost = sorted({*range(1, 201)} - {*found})
    assert found[0] == 1 and found[-1] == 200 and lost == list(range(lost[0], lost[-1] + 1))
    assert 0 < len(lost) < 50, "those of one block"
    assert spool.unreadable_bytes == BLOCK_BYTES
    (aside,) = set_aside(tmp_path)
    assert aside.stat().st_size == len(whole)
    assert newest.stat().st_size == len(whole), "places that the database knows stay good"
    append(spool, 1)
    assert sequences(spool)[-1] == spool.next_sequence - 1
    spool.close()


def test_numbers_that_the_database_may_have_are_not_given_again(tmp_path: Path, bad_sector: Sector) -> None:
    write(tmp_path, 200)
    newest = path_of(tmp_path, 1)
    last_block = (newest.stat().st_size - 1) // BLOCK_BYTES
    bad_sector(newest, last_block)
    spool = Spool(tmp_path, sync_every_s=3600)
    assert sequences(spool)[-1] < 200 < spool.next_sequence
    spool.close()


def test_a_segment_that_cannot_be_read_at_all_leaves_those_before_it(tmp_path: Path, bad_sector: Sector) -> None:
    write(tmp_path, 3)
    write(tmp_path, 3)
    bad_sector(path_of(tmp_path, 4), 0)
    spool = Spool(tmp_path, sync_every_s=3600)
    assert sequences(spool) == [1, 2, 3]
    assert spool.next_sequence > 6
    spool.close()
    assert len(set_aside(tmp_path)) == 1


def test_one_of_the_middle_is_found_when_it_is_read_and_a_second_one_is_kept_beside_it(
    tmp_path: Path, bad_sector: Sector
) -> None:
    write(tmp_path, 3)
    write(tmp_path, 3)
    bad_sector(path_of(tmp_path, 1), 0)
    with pytest.raises(SegmentUnreadable) as raised:
        read_chunk(tmp_path, START, 100)
    assert (raised.value.errno, raised.value.first) == (errno.EIO, 1)
    for times in (1, 2):
        spool = Spool(tmp_path, sync_every_s=3600)
        assert sequences(spool) == [4, 5, 6]
        assert len(set_aside(tmp_path)) == times
        spool.close()
        bad_sector(path_of(tmp_path, 1), 0)


def test_a_disk_on_which_every_copy_is_bad_is_given_up_after_two(tmp_path: Path, bad_sector: Sector) -> None:
    write(tmp_path, 200)
    for _ in range(2):
        bad_sector(path_of(tmp_path, 1), 1)
        assert salvage(tmp_path, 1) == BLOCK_BYTES
    bad_sector(path_of(tmp_path, 1), 1)
    files = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="replace the disk"):
        Spool(tmp_path)
    assert sorted(tmp_path.iterdir()) == files and len(set_aside(tmp_path)) == 2


def test_what_is_being_written_is_not_replaced(tmp_path: Path, bad_sector: Sector) -> None:
    for spool in begun(tmp_path, 3):
        bad_sector(path_of(tmp_path, 1), 0)
        with pytest.raises(SegmentUnreadable):
            sequences(spool)
        spool.append_input(spool.next_sequence, NOW, 1, Tick())
        assert spool.broken == ""
    assert set_aside(tmp_path) == []


def test_another_error_than_a_bad_sector_is_no_damage(tmp_path: Path) -> None:
    write(tmp_path, 3)
    path_of(tmp_path, 1).unlink()
    path_of(tmp_path, 1).mkdir()
    with pytest.raises(IsADirectoryError):
        Spool(tmp_path)
    assert first_sequences(tmp_path) == [1]


async def test_it_is_told_on_the_floor_and_by_the_doctor(tmp_path: Path, bad_sector: Sector) -> None:
    settings = Settings(home=tmp_path)
    directory = tmp_path / "data/spool"
    write(directory, 3)
    assert examined(settings).level is Level.OK
    bad_sector(path_of(directory, 1), 0)
    Spool(directory).close()
    told: list[tuple[str, str]] = []
    task = asyncio.create_task(watch_damage(directory, lambda name, text: told.append((name, text))))
    async with asyncio.timeout(20):
        while not told:  # noqa: ASYNC110 - what was told is a list
            await asyncio.sleep(0.01)
    task.cancel()
    assert told[0][0] == "journal_damaged" and ".unread" in told[0][1]
    finding = examined(settings)
    assert finding.level is Level.FAIL and ".unread" in finding.text and "disk" in finding.remedy
