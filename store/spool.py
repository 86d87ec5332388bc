"""The journal's first stop: every input before its decision, every outcome after it.

One unsynced write each: it outlives this process at once, and a power cut after at most a second
(an own thread forces it to disk). Nothing here raises into the pump: while the disk refuses, lines
wait in memory in their order, `broken` says why, and calls go on.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from core.events import Outcome
from core.inputs import Input
from core.instants import Instant
from store.errors import SegmentUnreadable, SpoolInUse, UnknownRecord
from store.lines import Line, header_line, input_line, outcome_line
from store.salvage import salvage
from store.segments import (
    Position,
    first_sequences,
    last_sequence,
    path_of,
    read_from,
    sync_directory,
    whole_lines_end,
)

_T = TypeVar("_T")
_LEAST_LINE_BYTES = 64
_SEGMENT_BYTES = 8 * 2**20
_BACKLOG_BYTES = 16 * 2**20
_SYNC_EVERY_S = 1.0
_RETRY_AFTER_S = 0.5
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class Spool:
    """The writer of one spool directory; there is at most one on a machine.

    Construct, append and close in one thread. `segment_bytes` is when a new file begins,
    `backlog_bytes` how much waits in memory while the disk refuses; what comes then is lost and
    counted in `lost_lines`.

    Raises:
        SpoolInUse: another process has it open.
        OSError: the directory cannot be made or read.
    """

    def __init__(
        self,
        directory: Path,
        *,
        last_shipped: int = 0,
        segment_bytes: int = _SEGMENT_BYTES,
        backlog_bytes: int = _BACKLOG_BYTES,
        sync_every_s: float = _SYNC_EVERY_S,
    ) -> None:
        self._directory = directory
        self._segment_limit_bytes, self._backlog_limit_bytes = segment_bytes, backlog_bytes
        directory.mkdir(parents=True, exist_ok=True)
        self.unreadable_bytes, self._active = 0, 0
        """What the disk did not give back of earlier segments (store.salvage)."""
        self.lost_lines = 0
        self._write_error = self._sync_error = ""
        self._waiting, self._waiting_bytes, self._retry_at_s = deque[bytes](), 0, 0.0
        self._retired, self._torn, self._dirty, self._directory_dirty = deque[int](), False, False, False
        self._lock = _locked(directory)
        try:
            self.boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            self.next_sequence = self._last_sequence(last_shipped) + 1
            """The number the next input gets; the pump counts on from here."""
            self._segment_bytes, self._fd = self._begin_segment(self.next_sequence)
        except BaseException:
            os.close(self._lock)
            raise
        self._stop = threading.Event()
        self._syncer = threading.Thread(target=self._sync_often, args=(sync_every_s,), name="spool-sync", daemon=True)
        self._syncer.start()

    @property
    def broken(self) -> str:
        """Why the spool cannot be written or synced, or ""; clears itself when it works again."""
        return self._write_error or self._sync_error

    def append_input(self, sequence: int, now: Instant, configuration: int, fact: Input) -> None:
        """Append before the decision. Raises nothing."""
        if self._segment_bytes >= self._segment_limit_bytes and not self._waiting:
            self._rotate(sequence)
        try:
            self._append(input_line(sequence, now, configuration, fact))
        except (ValueError, UnknownRecord) as error:
            self._lose(f"cannot be written as JSON: {error}")
        self.next_sequence = sequence + 1

    def append_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Append after the decision, all in one write. Raises nothing."""
        if not outcomes:
            return
        try:
            self._append(b"".join(map(outcome_line, outcomes)))
        except (ValueError, UnknownRecord) as error:
            self._lose(f"cannot be written as JSON: {error}")

    def read_from(self, sequence: int) -> Iterator[Line]:
        """Everything with this sequence or a later one that the disk gives back, as written. Not for the loop."""
        return read_from(self._directory, sequence, self._mend)

    def drop_before(self, shipped: Position, snapshot_sequence: int) -> int:
        """Delete the segments that are shipped whole and older than the snapshot; how many. Not for the loop."""
        known = first_sequences(self._directory)
        old = [
            first
            for first, following in itertools.pairwise(known)
            if first < shipped.segment and following <= snapshot_sequence + 1
        ]
        for first in old:
            path_of(self._directory, first).unlink(missing_ok=True)
        return len(old)

    def close(self) -> None:
        """Force everything to disk and let the directory go."""
        self._flush()
        self._stop.set()
        self._syncer.join()
        os.close(self._fd)
        os.close(self._lock)

    def _last_sequence(self, last_shipped: int) -> int:
        """The database may have inputs that the disk has lost: no number of theirs is given again. Raises OSError."""
        self._mended(lambda: _cut_torn_end(self._directory))
        last = self._mended(lambda: last_sequence(self._directory))
        return max(last + self.unreadable_bytes // _LEAST_LINE_BYTES, last_shipped)

    def _mended(self, work: Callable[[], _T]) -> _T:
        """Again after each segment with a bad sector. Raises OSError."""
        while True:
            try:
                return work()
            except SegmentUnreadable as error:
                self._mend(error)

    def _mend(self, error: SegmentUnreadable) -> None:
        """Raises OSError; what is being written cannot be replaced."""
        if error.first == self._active:
            raise error
        self.unreadable_bytes += salvage(self._directory, error.first)

    def _append(self, lines: bytes) -> None:
        if self._write_error and time.monotonic() >= self._retry_at_s:
            self._flush()  # before this one is counted: a full memory must not keep the disk from being tried
        if self._write_error and self._waiting_bytes + len(lines) > self._backlog_limit_bytes:
            return self._lose(self._write_error)
        self._waiting.append(lines)
        self._waiting_bytes += len(lines)
        if not self._write_error:
            self._flush()

    def _lose(self, why: str) -> None:
        self.lost_lines += 1
        self._write_error = why

    def _flush(self) -> None:
        """Write what waits; what the disk does not take stays in line."""
        while self._waiting:
            data = self._waiting[0]
            try:
                kept = self._write(data)
            except OSError as error:
                return self._refused(str(error))
            self._advance(data, kept)
            if kept < len(data):
                return self._refused("the disk took only a part of a line; it is full")
        self._write_error = ""

    def _write(self, data: bytes) -> int:
        """How many bytes are on file as whole lines. A torn one is cut off before the next write."""
        if self._torn:
            os.ftruncate(self._fd, self._segment_bytes)
        written = os.write(self._fd, data)
        self._torn = written < len(data)
        return data.rfind(b"\n", 0, written) + 1

    def _advance(self, data: bytes, kept: int) -> None:
        self._segment_bytes += kept
        self._waiting_bytes -= kept
        self._dirty = True
        if kept == len(data):
            self._waiting.popleft()
        else:
            self._waiting[0] = data[kept:]

    def _refused(self, why: str) -> None:
        self._write_error = f"{self._directory}: {why}"
        self._retry_at_s = time.monotonic() + _RETRY_AFTER_S

    def _rotate(self, sequence: int) -> None:
        try:
            size_bytes, fd = self._begin_segment(sequence)
        except OSError as error:
            return self._refused(str(error))
        self._retired.append(self._fd)
        self._segment_bytes, self._fd = size_bytes, fd

    def _begin_segment(self, sequence: int) -> tuple[int, int]:
        """A new file with its header; its bytes and descriptor. An old one of that name holds no line."""
        path, header = path_of(self._directory, sequence), header_line(self.boot_id)
        fd = os.open(path, _FLAGS | os.O_TRUNC, 0o640)
        try:
            if os.write(fd, header) < len(header):
                raise OSError(errno.ENOSPC, "no room for a new segment")
        except OSError:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        self._directory_dirty, self._active = True, sequence
        return len(header), fd

    def _sync_often(self, every_s: float) -> None:
        while not self._stop.wait(every_s):
            self._sync()
        self._sync()

    def _sync(self) -> None:
        """Only this thread closes retired files, so none is closed under an fsync."""
        try:
            while self._retired:
                os.fsync(self._retired[0])
                os.close(self._retired.popleft())
            if self._directory_dirty:
                self._directory_dirty = False
                sync_directory(self._directory)
            if self._dirty:
                self._dirty = False
                os.fsync(self._fd)
            self._sync_error = ""
        except OSError as error:
            self._sync_error = f"{self._directory}: fsync: {error}"
            self._dirty = self._directory_dirty = True


def _locked(directory: Path) -> int:
    """Hold the directory until the process ends, however it ends."""
    fd = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise SpoolInUse(f"{directory} is written by another process") from error
    return fd


def _cut_torn_end(directory: Path) -> None:
    """Take off what a crash left behind the last good line of the newest segment."""
    if known := first_sequences(directory):
        path = path_of(directory, known[-1])
        end = whole_lines_end(directory, known[-1])
        if end < path.stat().st_size:
            os.truncate(path, end)
