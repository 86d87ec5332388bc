"""What the voice logger erases by itself, and when it speaks up about its disk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.doctor.files import secrets
from app.doctor.finding import Level
from app.recordings_key import missing_key
from app.retention_clock import Aging
from app.settings import Settings
from app.voices import (
    DAY_S,
    keep_going,
    retain,
    retain_lost,
    room_trouble,
    signing_key,
    trouble_of_both,
    voice_logger,
    watch_room,
)
from core.errors import ConfigurationWrong, Refused
from core.house import House
from core.inputs import Input
from core.ledger import RecordingRecord
from tests.unit.floor import small_house


class Shelf:
    """store.recordings.Recordings and the logger in one: rows by queue, the oldest first."""

    def __init__(self, **ages_days: float) -> None:
        now = clock.now().wall.timestamp()
        self.rows = [
            RecordingRecord(name, "c", "talk", name.partition("_")[0], recording=name, opened_utc_s=now - days * DAY_S)
            for name, days in ages_days.items()
        ]
        self.erased: list[tuple[str, str, str]] = []

    async def queues(self) -> list[str]:
        return sorted({row.queue for row in self.rows})

    async def older_than(self, queue: str, utc_s: float, young: list[tuple[float, float]]) -> list[RecordingRecord]:
        mine = [row for row in self.rows if row.queue == queue and (row.opened_utc_s or 0.0) < utc_s]
        return [row for row in mine if not any(begin <= (row.opened_utc_s or 0.0) <= end for begin, end in young)]

    async def erase(self, row: RecordingRecord, by: str, why: str) -> bool:
        self.rows.remove(row)
        self.erased.append((row.recording, by, why))
        return True


def house(days: int, **queues: int | None) -> House:
    """The house's days, and those of queues that differ."""
    plain = small_house()
    first = plain.queues[0]
    changed = tuple(
        first.model_copy(update={"id": name, "keep_recordings_days": kept}) for name, kept in queues.items()
    )
    return plain.model_copy(
        update={"queues": changed, "recording": plain.recording.model_copy(update={"keep_days": days})}
    )


async def unknown(queue: str) -> None: ...


async def now_utc_s() -> float:
    return clock.now().wall.timestamp()


def aging() -> Aging:
    return Aging(clock.now().wall.timestamp())


async def test_each_queue_keeps_as_long_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.voices.LOOK_AGAIN_S", 0.0)
    shelf: Any = Shelf(sales_old=31, sales_new=29, care_old=31, law_old=4000)
    await retain(shelf.erase, shelf, house(30, sales=None, care=60, law=0), unknown, aging())
    assert shelf.erased == [("sales_old", "retention", "kept for 30 days")]
    await retain(shelf.erase, shelf, house(0, sales=None, care=7, law=0), unknown, aging())
    assert [name for name, _, _ in shelf.erased] == ["sales_old", "care_old"]


async def test_a_queue_that_is_gone_keeps_as_long_as_it_said_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.voices.LOOK_AGAIN_S", 0.0)
    shelf: Any = Shelf(sales_old=31, care_old=31, care_older=61, law_old=4000, chat_old=31, _old=31)

    async def last(queue: str) -> int | None:
        return {"care": 60, "law": 0}.get(queue)

    await retain(shelf.erase, shelf, house(30, sales=0), last, aging())
    assert sorted(name for name, _, _ in shelf.erased) == ["_old", "care_older", "chat_old"]
    assert ("care_older", "retention", "kept for 60 days") in shelf.erased


class LostAndFound:
    """The voice logger and the ledger, with the originals of lost voices of which nothing was archived."""

    def __init__(self, **ages_days: float) -> None:
        self.rows = [replace(row, call=row.recording, recording="") for row in Shelf(**ages_days).rows]
        self.held: set[str] = set()
        self.worked_on: set[str] = set()
        self.erased: list[tuple[str, str]] = []
        self.said: list[str] = []

    async def lost_originals(self, ledger: Any) -> list[RecordingRecord]:
        return self.rows

    async def held_calls(self, names: list[str]) -> set[str]:
        return self.held & {*names}

    async def erase_lost(self, row: RecordingRecord, by: str, why: str) -> bool:
        if row.call in self.worked_on:
            return False
        self.erased.append((row.call, why))
        return True

    def tell_floor(self, text: str) -> None:
        self.said.append(text)


async def test_originals_of_lost_voices_grow_old_like_recordings_and_it_is_said() -> None:
    desk: Any = LostAndFound(sales_old=31, sales_new=29, care_old=61, law_old=4000, sales_held=31, sales_busy=31)
    desk.held, desk.worked_on = {"sales_held"}, {"sales_busy"}
    desk.rows.append(replace(desk.rows[0], call="unopened", opened_utc_s=None, expected_utc_s=await now_utc_s()))
    await retain_lost(desk, desk, house(30, sales=None, care=60, law=0), unknown, aging(), asyncio.Lock())
    assert desk.erased == [("sales_old", "kept for 30 days"), ("care_old", "kept for 60 days")]
    assert len(desk.said) == 1 and desk.said[0].startswith("2 recordings that were lost are erased")
    desk.rows = []
    await retain_lost(desk, desk, house(30), unknown, aging(), asyncio.Lock())
    assert len(desk.said) == 1


async def test_a_hold_that_comes_while_originals_are_erased_is_respected() -> None:
    """Whoever holds does so in a turn: it comes after the first is erased, or while that is going on."""
    turn = asyncio.Lock()

    class Court(LostAndFound):
        async def erase_lost(self, row: RecordingRecord, by: str, why: str) -> bool:
            assert turn.locked()
            self.held |= {"sales_two"}
            return await super().erase_lost(row, by, why)

    desk: Any = Court(sales_one=31, sales_two=31)
    await retain_lost(desk, desk, house(30, sales=None), unknown, aging(), turn)
    assert [call for call, _ in desk.erased] == ["sales_one"]


class Desk(Shelf):
    """The voice logger, the ledger and the erasing in one; what they are asked for is in `asked`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.turn = asyncio.Lock()
        self.is_even = self.is_folded = True

    async def lost_originals(self, ledger: Any) -> list[RecordingRecord]:
        return []

    async def held_calls(self, names: list[str]) -> set[str]:
        return set()

    async def is_whole(self) -> bool:
        return self.is_folded

    async def adopt(self, ledger: Any) -> None:
        self.asked.append("adopt")

    async def sweep(self, ledger: Any = None) -> None:
        self.asked.append("sweep")


@pytest.mark.parametrize("behind", ["is_even", "is_folded"])
async def test_files_are_held_against_the_ledger_only_when_it_knows_all_that_was_decided(
    behind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database has an outage to catch up, or records are rebuilt, every call is a stranger to it: the
    originals that are kept would be taken up as recordings of unknown calls, and archived twice."""
    monkeypatch.setattr("app.voices.LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr("app.voices.SWEEP_EVERY_S", 0.0)
    desk: Any = Desk()
    task = asyncio.create_task(keep_going(desk, desk, desk, small_house, unknown, lambda: desk.is_even, aging))

    async def turn() -> list[str]:
        desk.asked.clear()
        for _ in range(50):
            await asyncio.sleep(0)
        return list(desk.asked[:2])

    assert await turn() == ["adopt", "sweep"]
    setattr(desk, behind, False)
    await turn()
    assert await turn() == []
    setattr(desk, behind, True)
    assert await turn() == ["sweep", "sweep"]
    task.cancel()


def test_a_full_and_a_refusing_disk_are_told_apart(tmp_path: Path) -> None:
    assert room_trouble(tmp_path / "recordings", 0) == ""
    assert "nearly full" in room_trouble(tmp_path, 10_000_000_000)
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be written" in room_trouble(tmp_path / "file", 0)


def test_the_archive_may_lie_on_a_disk_of_its_own(tmp_path: Path) -> None:
    assert trouble_of_both(tmp_path, 0) == ""
    (tmp_path / "archive").rmdir()
    (tmp_path / "archive").write_bytes(b"")
    said = trouble_of_both(tmp_path, 0)
    assert said.startswith("In the archive") and "Originals are kept" in said


async def test_the_floor_hears_of_each_change_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, troubles = list[str](), iter(["", "a: 1", "a: 2", "", "", "b"])
    over = asyncio.Event()

    def trouble(place: Path, least_mb: float) -> str:
        if (why := next(troubles, None)) is None:
            over.set()
        return "b" if why is None else why

    monkeypatch.setattr("app.voices.trouble_of_both", trouble)
    monkeypatch.setattr("app.voices.ROOM_EVERY_S", 0.0)
    watching = asyncio.create_task(
        watch_room(Settings(home=tmp_path), small_house, lambda name, text: said.append(text))
    )
    async with asyncio.timeout(20.0):
        await over.wait()
    watching.cancel()
    assert said == ["a: 1", "The recordings' disk has room again and can be written.", "b"]


def test_beside_an_archive_no_second_key_is_made(tmp_path: Path) -> None:
    """What it sealed and locked would fit neither the old one, which is brought back some day, nor what lies there."""
    (tmp_path / "archive/manifests").mkdir(parents=True)
    settings = Settings(home=tmp_path)
    signing_key(settings)
    (tmp_path / "archive/manifests/2026-11-26.jsonl").write_text("{}\n")
    signing_key(settings)
    (tmp_path / "secrets/recordings.key").unlink()
    with pytest.raises(ConfigurationWrong, match=r"recordings\.key is missing"):
        signing_key(settings)
    assert missing_key(settings) and secrets(settings).level is Level.FAIL
    assert "move that archive away" in secrets(settings).remedy
    assert not (tmp_path / "secrets/recordings.key").exists()


async def test_without_its_key_an_archive_is_left_as_it_is_and_what_is_not_locked_can_be_heard(tmp_path: Path) -> None:
    archive, path = tmp_path / "archive", f"2026/11/26/{'a' * 26}"
    (archive / "manifests").mkdir(parents=True)
    (archive / "manifests/2026-11-26.jsonl").write_text("{}\n")
    (archive / path).parent.mkdir(parents=True)
    (archive / f"{path}.flac").write_bytes(b"sound")
    settings = Settings(home=tmp_path, lock_recordings=True)
    voices = voice_logger(settings, Unread(), lambda name, text: None, lambda: True, ())
    assert "recordings.key is missing" in voices.idle and voices.trouble == voices.idle
    assert b"".join(voices.archive.read(path, ".flac")) == b"sound"
    with pytest.raises(Refused, match="key of the recordings is missing"):
        await voices.erase(RecordingRecord("v", "c", "talk", recording="a" * 26, path=path), "ann", "asked")
    assert (archive / f"{path}.flac").exists()
    assert [file.name for file in (archive / "manifests").iterdir()] == ["2026-11-26.jsonl"]


class Unread:
    """core.ports.Inbox"""

    def offer(self, fact: Input) -> bool:
        raise AssertionError(fact)


def test_the_signing_key_is_made_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first, again = (signing_key(settings).public_key().public_bytes_raw() for _ in range(2))
    assert first == again
    assert (tmp_path / "secrets/recordings.key").stat().st_mode & 0o077 == 0
