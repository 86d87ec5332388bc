"""Which snapshot a start begins with, and when one is written out of turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app import restore, snapshots
from app.clock import Boot
from app.pump import Pump
from core.ids import AgentId, RequestId, SeatId
from core.inputs import ConfigurationChanged, Input, Requested, SignIn, TakeBreak
from core.instants import Instant
from core.states import BreakReason
from store import snapshot
from store.spool import Spool
from tests.unit.floor import AGENT, SEAT, small_house

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUSE = ConfigurationChanged(1, small_house())
SIGN_IN = Requested(RequestId("1"), "test", SignIn(AGENT, SEAT))
BREAK = Requested(RequestId("2"), "test", TakeBreak(AGENT, BreakReason.MEAL))
OTHER = Requested(RequestId("3"), "test", SignIn(AgentId("agent-02"), SeatId("seat-02")))


@dataclass
class Life:
    """A floor whose state is kept in a directory."""

    directory: Path
    spool: Spool
    state: restore.State
    pump: Pump

    @staticmethod
    def now() -> Instant:
        return Instant(100.0, NOON)

    @property
    def snapshots(self) -> Path:
        return self.directory / "snapshots"

    def give(self, *facts: Input) -> None:
        for fact in facts:
            self.pump.handle(fact)

    def save(self) -> None:
        self.state.sequence = self.pump.sequence
        snapshot.save(self.snapshots, self.pump.sequence, self.state.document(Boot("b", 0.0)))

    def restored(self) -> restore.State:
        return snapshots.restored(self.snapshots, self.spool, small_house)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    spool = Spool(tmp_path / "spool", backlog_bytes=600)
    state = restore.fresh(small_house())
    life = Life(tmp_path, spool, state, Pump(state.engine, spool, Life.now, sequence=0))
    yield life
    life.spool.close()


def alarms(state: restore.State) -> list[str]:
    last: list[dict[str, Any]] = state.wallboard.snapshot()["alarms"]["last"]  # type: ignore[index]
    return [alarm["name"] for alarm in last]


def test_a_start_goes_by_the_newest_and_the_journal_behind_it(life: Life) -> None:
    life.give(HOUSE, SIGN_IN)
    life.save()
    life.give(BREAK)
    state = life.restored()
    assert state.engine.snapshot() == life.state.engine.snapshot()
    assert alarms(state) == []


def test_one_of_a_later_version_is_kept_aside_and_the_older_one_taken(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    life.give(HOUSE, SIGN_IN)
    life.save()
    life.give(BREAK)
    snapshot.save(life.snapshots, 3, life.state.document(Boot("b", 0.0)) | {"format": 99})
    life.give(OTHER)
    state = life.restored()
    assert state.engine.snapshot() == life.state.engine.snapshot()
    assert "later program" in caplog.text
    assert len(list(life.snapshots.glob("*.unread"))) == 1
    assert alarms(state) == []


def test_numbers_go_on_behind_a_snapshot_whose_journal_a_power_cut_took(life: Life) -> None:
    """A snapshot is on disk when it is written, the journal's last second is not. A number given twice would be passed
    over by the next replay, and the newest snapshots would be those that are deleted."""
    life.give(HOUSE, SIGN_IN)
    life.save()
    life.spool.close()
    (segment,) = life.directory.glob("spool/*.jsonl")
    segment.write_bytes(segment.read_bytes().splitlines(keepends=True)[0])
    life.spool = Spool(life.directory / "spool")
    life.state = life.restored()
    life.pump = Pump(life.state.engine, life.spool, life.now, sequence=life.spool.next_sequence - 1)
    life.give(BREAK)
    assert life.pump.sequence == 3
    state = life.restored()
    assert state.engine.snapshot() == life.state.engine.snapshot()
    assert alarms(state) == []


@pytest.mark.parametrize("document", [{}, {"format": "x"}, {"house": 1}, {"house": None, "engine": []}, []])
def test_without_any_the_journal_alone_says_so_when_its_beginning_is_gone(life: Life, document: Any) -> None:
    life.give(HOUSE, SIGN_IN)
    snapshot.save(life.snapshots, 2, document)
    for file in life.directory.glob("spool/*.jsonl"):
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(line for line in lines if b'"ConfigurationChanged"' not in line))
    state = life.restored()
    assert state.sequence == 2
    assert alarms(state) == ["journal_hole"]


async def test_lost_lines_are_followed_by_a_snapshot_that_every_later_start_begins_with(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.give(HOUSE, SIGN_IN)
    life.save()
    written = asyncio.Event()
    save, loop = snapshot.save, asyncio.get_running_loop()

    def told(directory: Path, sequence: int, document: dict[str, Any], *, keep: int) -> None:
        save(directory, sequence, document, keep=keep)
        loop.call_soon_threadsafe(written.set)

    monkeypatch.setattr(snapshot, "save", told)
    keeping = snapshots.Snapshots(life.snapshots, life.state, life.spool, lambda: life.pump.sequence)
    writing = asyncio.create_task(keeping.run())
    with monkeypatch.context() as disk:
        disk.setattr(Spool, "_write", _refuses)
        life.give(BREAK, *[Requested(RequestId(f"again-{n}"), "test", BREAK.request) for n in range(9)])
        assert life.spool.lost_lines > 0
        await asyncio.sleep(2 * snapshots.LOOK_EVERY_S)
        assert not written.is_set()
    monkeypatch.setattr("store.spool._RETRY_AFTER_S", 0.0)
    life.spool._retry_at_s = 0.0
    life.give(OTHER)
    await asyncio.wait_for(written.wait(), 10)
    assert [sequence for sequence, _ in snapshot.undamaged(life.snapshots)] == [life.pump.sequence]
    writing.cancel()
    state = life.restored()
    assert state.engine.snapshot() == life.state.engine.snapshot()
    assert alarms(state) == []


def _refuses(spool: Spool, data: bytes) -> int:
    raise OSError("no space left on device")
