"""The spool: what was appended is read again, whatever happened to the disk or the process."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import Event, MenuChosen, Outcome
from core.ids import CallId
from core.inputs import Input, Tick
from core.instants import Instant
from store.errors import SpoolInUse
from store.lines import InputLine, OutcomeLine, input_line, outcome_line, read_line
from store.segments import START, Position, first_sequences, path_of, read_chunk
from store.spool import Spool
from tests.unit.store.records import any_event, any_input, instants, outcomes

NOW = Instant(12.5, datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC))


@contextmanager
def spool(directory: Path, **settings: int) -> Iterator[Spool]:
    opened = Spool(directory, sync_every_s=3600, **settings)
    try:
        yield opened
    finally:
        opened.close()


def menu(sequence: int, ordinal: int = 0, text: str = "1") -> Outcome:
    return Outcome(sequence, ordinal, 12.5, 1.5, MenuChosen(CallId("n-1.1"), "main", text))


def append(target: Spool, count: int) -> list[int]:
    """`count` ticks with an outcome each; their sequences."""
    sequences = list(range(target.next_sequence, target.next_sequence + count))
    for sequence in sequences:
        target.append_input(sequence, NOW, 1, Tick())
        target.append_outcomes([menu(sequence)])
    return sequences


def inputs_in(directory: Path, sequence: int = 0) -> list[int]:
    with spool(directory) as opened:
        return [line.sequence for line in opened.read_from(sequence) if isinstance(line, InputLine)]


@given(st.integers(0, 2**60), instants(), st.integers(0, 10**6), any_input())
def test_an_input_line_comes_back(sequence: int, now: Instant, configuration: int, fact: Input) -> None:
    raw = input_line(sequence, now, configuration, fact)
    line = read_line(raw[:-1], "boot")
    assert isinstance(line, InputLine)
    assert (line.sequence, line.now, line.configuration, line.fact()) == (sequence, now, configuration, fact)
    assert isinstance(json.loads(raw), list)


@given(outcomes(st.integers(0, 2**60)))
def test_an_outcome_line_comes_back(outcome: Outcome) -> None:
    line = read_line(outcome_line(outcome)[:-1], "boot")
    assert isinstance(line, OutcomeLine)
    assert line.outcome() == outcome


@given(st.data(), any_event())
def test_a_changed_byte_is_noticed(data: st.DataObject, event: Event) -> None:
    raw = bytearray(outcome_line(Outcome(1, 0, 1.0, 1.0, event))[:-1])
    place = data.draw(st.integers(2, len(raw) - 1).filter(lambda n: n not in (10, 11)))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    assert read_line(bytes(raw), "") is None


def test_what_was_appended_is_read_from_any_sequence(tmp_path: Path) -> None:
    with spool(tmp_path) as opened:
        append(opened, 10)
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        lines = list(opened.read_from(8))
        assert [(type(line), line.sequence) for line in lines] == [
            (kind, sequence) for sequence in (8, 9, 10) for kind in (InputLine, OutcomeLine)
        ]
        assert {line.boot for line in lines if isinstance(line, InputLine)} == {boot}


def test_numbers_go_on_after_a_restart_and_never_behind_the_database(tmp_path: Path) -> None:
    with spool(tmp_path) as opened:
        append(opened, 3)
    with spool(tmp_path) as opened:
        assert opened.next_sequence == 4
        append(opened, 2)
    with spool(tmp_path, last_shipped=100) as opened:
        assert opened.next_sequence == 101
    assert inputs_in(tmp_path) == [1, 2, 3, 4, 5]


def test_outcomes_that_a_crash_cut_off_survive_a_second_crash(tmp_path: Path) -> None:
    with spool(tmp_path) as opened:
        opened.append_input(1, NOW, 1, Tick())
    with spool(tmp_path) as opened:
        opened.append_outcomes([menu(1)])
    with spool(tmp_path) as opened:
        append(opened, 1)
        assert [type(line) for line in opened.read_from(1)] == [InputLine, OutcomeLine, InputLine, OutcomeLine]


def test_segments_rotate_by_size_and_read_on(tmp_path: Path) -> None:
    with spool(tmp_path, segment_bytes=2000) as opened:
        sequences = append(opened, 100)
        assert len(first_sequences(tmp_path)) > 5
        assert [line.sequence for line in opened.read_from(0) if isinstance(line, InputLine)] == sequences
        assert [line.sequence for line in opened.read_from(50) if isinstance(line, InputLine)] == sequences[49:]


def test_a_torn_end_is_cut_and_written_over(tmp_path: Path) -> None:
    with spool(tmp_path) as opened:
        append(opened, 5)
    path = path_of(tmp_path, 1)
    whole = path.read_bytes()
    for length in range(len(whole) - 150, len(whole)):
        path.write_bytes(whole[:length])
        with spool(tmp_path) as opened:
            path_of(tmp_path, opened.next_sequence).unlink()
        assert path.read_bytes() == whole[: whole.rfind(b"\n", 0, length) + 1]


def test_damage_amid_good_lines_is_passed_over_and_counted(tmp_path: Path) -> None:
    with spool(tmp_path) as opened:
        append(opened, 5)
    path = path_of(tmp_path, 1)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = b"\0" * (len(lines[3]) - 1) + b"\n"
    path.write_bytes(b"".join(lines))
    assert inputs_in(tmp_path) == [1, 3, 4, 5]
    assert read_chunk(tmp_path, START, 1000).damaged == 1


def test_damage_with_nothing_good_behind_it_is_not_passed_over(tmp_path: Path) -> None:
    with spool(tmp_path) as opened:
        append(opened, 1)
        end = read_chunk(tmp_path, START, 1000).end
        with path_of(tmp_path, 1).open("ab") as file:
            file.write(b"garbage\n")
        assert read_chunk(tmp_path, end, 1000).end == end


def test_chunks_read_every_line_once(tmp_path: Path) -> None:
    with spool(tmp_path, segment_bytes=1500) as opened:
        append(opened, 40)
        place, seen = START, list[tuple[int, str]]()
        while (chunk := read_chunk(tmp_path, place, 7, sync=True)).lines:
            seen += [(line.sequence, line.tag) for line in chunk.lines]
            assert chunk.damaged == 0
            place = chunk.end
    assert seen == [(n, tag) for n in range(1, 41) for tag in ("Tick", "MenuChosen")]


def test_only_one_process_writes(tmp_path: Path) -> None:
    with spool(tmp_path), pytest.raises(SpoolInUse):
        Spool(tmp_path)
    assert inputs_in(tmp_path) == []


def test_a_spool_that_cannot_begin_lets_its_directory_go(tmp_path: Path) -> None:
    with files_of_at_most(0), pytest.raises(OSError, match="File too large"):
        Spool(tmp_path)
    assert inputs_in(tmp_path) == []


def test_only_shipped_segments_older_than_the_snapshot_are_deleted(tmp_path: Path) -> None:
    with spool(tmp_path, segment_bytes=1000) as opened:
        append(opened, 30)
        known = first_sequences(tmp_path)
        assert opened.drop_before(Position(known[0], 500), 10**9) == 0
        assert opened.drop_before(Position(known[-1], 0), known[2] - 2) == 1
        assert opened.drop_before(Position(known[-1], 0), known[2] - 1) == 1
        assert opened.drop_before(Position(known[-1], 0), 10**9) == len(known) - 3
        assert first_sequences(tmp_path) == known[-1:]


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """The kernel refuses to grow a file beyond this: a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_nothing_is_lost_when_it_has_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.spool._RETRY_AFTER_S", 0.0)
    with spool(tmp_path) as opened:
        with files_of_at_most(1000):
            written = append(opened, 50)
            assert "it is full" in opened.broken
            assert path_of(tmp_path, 1).stat().st_size <= 1000
        written += append(opened, 1)
        assert opened.broken == ""
        assert opened.lost_lines == 0
    assert inputs_in(tmp_path) == written


def test_a_full_memory_does_not_keep_the_disk_from_being_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.spool._RETRY_AFTER_S", 0.0)
    with spool(tmp_path, backlog_bytes=1000) as opened:
        with files_of_at_most(200):
            append(opened, 50)
        lost = opened.lost_lines
        append(opened, 1)
        assert (opened.broken, opened.lost_lines) == ("", lost)


def test_what_does_not_fit_in_memory_either_is_counted(tmp_path: Path) -> None:
    with spool(tmp_path, backlog_bytes=1000) as opened, files_of_at_most(200):
        append(opened, 50)
        assert opened.lost_lines > 50
        assert opened.broken


def test_a_disk_that_refuses_a_new_segment_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.spool._RETRY_AFTER_S", 0.0)
    with spool(tmp_path, segment_bytes=1000) as opened:
        with files_of_at_most(50):
            append(opened, 30)
            assert opened.broken
        append(opened, 1)
        assert opened.broken == ""
    assert inputs_in(tmp_path) == list(range(1, 32))


def test_text_that_no_file_can_hold_is_told_and_the_next_line_is_written(tmp_path: Path) -> None:
    with spool(tmp_path) as opened:
        opened.append_outcomes([menu(1, text="\ud800")])
        assert "JSON" in opened.broken
        opened.append_outcomes([menu(2)])
        assert opened.broken == ""
        assert [line.sequence for line in opened.read_from(0)] == [2]


def test_a_line_reaches_the_disk_without_anybody_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    synced, real = threading.Event(), os.fsync

    def fsync(fd: int) -> None:
        real(fd)
        if os.path.realpath(f"/proc/self/fd/{fd}").endswith(".jsonl"):
            synced.set()

    monkeypatch.setattr("store.spool.os.fsync", fsync)
    opened = Spool(tmp_path, sync_every_s=0.01)
    opened.append_input(1, NOW, 1, Tick())
    assert synced.wait(10)
    opened.close()


def test_the_wall_clock_keeps_its_microseconds(tmp_path: Path) -> None:
    later = Instant(1.0, NOW.wall + timedelta(microseconds=1))
    with spool(tmp_path) as opened:
        opened.append_input(1, later, 1, Tick())
        (line,) = opened.read_from(1)
    assert isinstance(line, InputLine)
    assert line.now == later
