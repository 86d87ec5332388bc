"""A start from the journal: the same floor again, whatever lies in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app import restore
from app.clock import Boot
from app.pump import Pump
from core.ids import AgentId, RequestId, SeatId
from core.inputs import ConfigurationChanged, Input, MachineRebooted, Requested, SignIn
from core.instants import Instant
from queueing.engine import Engine
from store.lines import InputLine, OutcomeLine
from store.segments import path_of
from store.spool import Spool
from tests.unit.floor import AGENT, SEAT, small_house
from tests.unit.store.disk import bad_sectors

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUSE = ConfigurationChanged(1, small_house())
SIGN_IN = Requested(RequestId("1"), "test", SignIn(AGENT, SEAT))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def live(directory: Path, *facts: Input, boot_s: float = 100.0) -> None:
    """A life of the engine in which these facts came."""
    spool = Spool(directory)
    pump = Pump(Engine(), spool, lambda: Instant(boot_s, NOON), sequence=spool.next_sequence - 1)
    for fact in facts:
        pump.handle(fact)
    spool.close()


def restored(directory: Path) -> restore.State:
    spool = Spool(directory)
    state = restore.fresh(small_house())
    restore.replay(state, spool)
    spool.close()
    return state


def outcomes(directory: Path) -> list[tuple[int, int]]:
    spool = Spool(directory)
    lines = [line for line in spool.read_from(1) if isinstance(line, OutcomeLine)]
    spool.close()
    return [(line.sequence, line.ordinal) for line in lines]


def test_who_was_signed_in_still_is(directory: Path) -> None:
    live(directory, HOUSE, SIGN_IN)
    assert restored(directory).engine.snapshot().seats[SEAT].agent == AGENT


def test_an_input_that_the_engine_cannot_digest_does_not_stop_the_next_start(
    directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    handle = Engine.handle

    def fails_at_the_second(engine: Engine, fact: Input, now: Instant, sequence: int) -> Any:
        if sequence == 2:
            raise RuntimeError("indigestible")
        return handle(engine, fact, now, sequence)

    monkeypatch.setattr(Engine, "handle", fails_at_the_second)
    other = Requested(RequestId("2"), "test", SignIn(AgentId("agent-02"), SeatId("seat-02")))
    live(directory, HOUSE, SIGN_IN, other)
    state = restored(directory)
    assert state.sequence == 3
    assert state.engine.snapshot().seats[SeatId("seat-02")].agent == "agent-02"
    assert caplog.text.count("was not digested") == 2


def test_an_input_of_another_version_is_passed_over(
    directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    live(directory, HOUSE, SIGN_IN)
    read = Spool.read_from

    def newer(spool: Spool, sequence: int) -> Iterator[Any]:
        for line in read(spool, sequence):
            if isinstance(line, InputLine) and line.sequence == 1:
                line = replace(line, tag="FromTheFuture")
            yield line

    monkeypatch.setattr(Spool, "read_from", newer)
    assert restored(directory).sequence == 2
    assert "input 1 is passed over" in caplog.text


def test_outcomes_that_a_crash_kept_from_the_journal_are_written_at_the_start(directory: Path) -> None:
    live(directory, HOUSE, SIGN_IN)
    whole = outcomes(directory)
    segment = max(directory.glob("*"), key=lambda path: path.stat().st_size)
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:-1]))
    assert outcomes(directory) != whole
    restored(directory)
    assert outcomes(directory) == whole


def test_a_state_of_this_run_of_the_machine_is_taken_as_it_is(directory: Path) -> None:
    live(directory, HOUSE)
    state = restored(directory)
    assert state.boot is not None
    assert state.reboot(Boot(state.boot.id, 5.0)) is None


@pytest.mark.parametrize("later_s", [0.0, 3600.0])
def test_a_journal_whose_first_block_is_lost_tells_its_run_of_the_machine_by_when_that_began(
    directory: Path, monkeypatch: pytest.MonkeyPatch, later_s: float
) -> None:
    live(directory, HOUSE, *[SIGN_IN] * 30)
    bad_sectors(monkeypatch)(path_of(directory, 1), 0)
    state = restored(directory)
    assert state.boot == Boot("", NOON.timestamp() - 100.0)
    fact = state.reboot(Boot("another", state.boot.began_utc_s + 0.5 + later_s))
    assert fact == (MachineRebooted(-0.5 - later_s) if later_s else None)


def test_a_state_of_another_run_of_the_machine_is_read_on_the_new_clock(directory: Path) -> None:
    live(directory, HOUSE, SIGN_IN, boot_s=100_000.0)
    state = restored(directory)
    document = state.document(state.boot or Boot("", 0.0))
    state = restore.from_document(document, state.sequence)
    now_utc_s = NOON.timestamp() + 60.0
    fact = state.reboot(Boot("another", now_utc_s - 20.0))
    assert fact == MachineRebooted(20.0 - 60.0 - 100_000.0)
    assert state.reboot(Boot("another", now_utc_s - 20.0)) is None
    live(directory, fact, boot_s=20.0)
    again = restored(directory)
    assert again.engine.snapshot().agents[AGENT].idle_since_boot_s == -40.0
    assert again.wallboard.snapshot()[f"agent/{AGENT}"]["since_boot_s"] == -40.0  # type: ignore[index]
