"""The spool's files: `<first sequence>.jsonl` in one directory, in order, append-only.

Reading is safe beside a writer in any process: only whole lines are taken, and what is read for
shipping is forced to disk first, so the database is never ahead of the spool.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from store.errors import SegmentUnreadable
from store.lines import HeaderLine, Line, read_line

_NAME_DIGITS = 20
_NAME = re.compile(rf"([0-9]{{{_NAME_DIGITS}}})\.jsonl")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two lines: the segment's first sequence, and bytes from its beginning."""

    segment: int
    offset: int


START = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines in order, the place behind the last of them, and how many damaged lines lay between them.

    Damage with nothing good behind it is not passed over: it may be a torn end, cut off at the next start.
    """

    lines: tuple[Line, ...]
    end: Position
    damaged: int


def path_of(directory: Path, first_sequence: int) -> Path:
    return directory / f"{first_sequence:0{_NAME_DIGITS}d}.jsonl"


def first_sequences(directory: Path) -> list[int]:
    """What segments there are, oldest first. It is asked several times a second."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return sorted(int(found[1]) for found in map(_NAME.fullmatch, names) if found)


def read_chunk(directory: Path, start: Position, limit: int, *, sync: bool = False) -> Chunk:
    """At most `limit` lines from `start` on, of the first segment that has any.

    Nothing new: an empty chunk that ends at `start`. A deleted segment is passed over. `sync` forces
    what is read to disk before it is returned. Reads files: not for the loop.

    Raises SegmentUnreadable, OSError.
    """
    for first in first_sequences(directory):
        if first >= start.segment:
            offset = start.offset if first == start.segment else 0
            chunk = _read_segment(path_of(directory, first), Position(first, offset), limit, sync=sync)
            if chunk.lines:
                return chunk
    return Chunk((), start, 0)


def read_from(
    directory: Path, sequence: int, mend: Callable[[SegmentUnreadable], None] | None = None
) -> Iterator[Line]:
    """Every line whose sequence is `sequence` or later, in the order they were written.

    An input whose decision was cut off by a crash may have its outcomes in the next segment, behind
    the inputs of a replay. `mend` makes a segment readable, or raises what it is given; None raises it.
    """
    older = [first for first in first_sequences(directory) if first <= sequence]
    place = Position(older[-1], 0) if older else START
    while True:
        try:
            chunk = read_chunk(directory, place, 1000)
        except SegmentUnreadable as error:
            if mend is None:
                raise
            mend(error)
            continue
        if chunk.end == place:
            return
        yield from (line for line in chunk.lines if line.sequence >= sequence)
        place = chunk.end


def backlog_bytes(directory: Path, start: Position) -> int:
    """Bytes of segments behind `start`."""
    return sum(
        max(0, _size_bytes(path_of(directory, first)) - (start.offset if first == start.segment else 0))
        for first in first_sequences(directory)
        if first >= start.segment
    )


def _size_bytes(path: Path) -> int:
    """0 for a file deleted meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def last_sequence(directory: Path) -> int:
    """The highest number in use, 0 if there is none: a line's, or the name of a segment that holds lines.

    A segment can hold only outcomes of the input before its name: a crash came between the two.
    """
    for first in reversed(first_sequences(directory)):
        chunk = _read_segment(path_of(directory, first), Position(first, 0), sys.maxsize, sync=False)
        if chunk.lines:
            return max(first, *(line.sequence for line in chunk.lines))
    return 0


def whole_lines_end(directory: Path, first: int) -> int:
    """Bytes up to the end of the last undamaged line; damaged ones before it stay where they are.

    Raises SegmentUnreadable, OSError.
    """
    end = offset = 0
    with path_of(directory, first).open("rb") as file, _bad_sectors(first):
        for raw in file:
            offset += len(raw)
            if raw.endswith(b"\n") and read_line(raw[:-1], "") is not None:
                end = offset
    return end


def sync_directory(directory: Path) -> None:
    """Force the directory's list of names to disk."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _read_segment(path: Path, start: Position, limit: int, *, sync: bool) -> Chunk:
    try:
        with path.open("rb") as file:
            if sync:
                os.fsync(file.fileno())
            with _bad_sectors(start.segment):
                return _read_lines(file, start, limit)
    except FileNotFoundError:
        return Chunk((), start, 0)


@contextmanager
def _bad_sectors(first: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        raise SegmentUnreadable(first) from error


def _read_lines(file: BinaryIO, start: Position, limit: int) -> Chunk:
    head = file.readline()
    header = read_line(head[:-1], "") if head.endswith(b"\n") else None
    boot = header.boot if isinstance(header, HeaderLine) else ""
    file.seek(offset := start.offset or (len(head) if isinstance(header, HeaderLine) else 0))
    lines, damaged, doubtful, end = list[Line](), 0, 0, offset
    for raw in file:
        if not raw.endswith(b"\n") or len(lines) >= limit:
            break
        line = read_line(raw[:-1], boot)
        offset += len(raw)
        if line is None or isinstance(line, HeaderLine):
            doubtful += 1
        else:
            lines.append(line)
            damaged, doubtful, end = damaged + doubtful, 0, offset
    return Chunk(tuple(lines), Position(start.segment, end), damaged)
