"""One `up` and one engine for each home, by files that their process alone can lock.

- A second `up` in the same home is refused.
- An `up` that was killed leaves its engine behind. The engine goes on: its callers must not pay for the
  death of a process that serves nobody. The next `up` starts an engine of its own, which ends the old one
  before it opens journal or line: two engines never serve one PBX.

The lock (flock) goes with the process, however it ends; the pid in the file says who holds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Refused

STOP_DEADLINE_S = 5.0
_LOOK_AGAIN_S = 0.02


class AlreadyRunning(Refused):
    """Somebody else holds this place, and is not to be ended."""


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Withheld the place while the block runs.

    Raises:
        AlreadyRunning: another process holds it; the text names its pid.
    """
    descriptor = _opened(file)
    try:
        if not _locked(descriptor):
            raise AlreadyRunning(f"another one runs in this home already, as process {_holder(file)}")
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def successor(file: Path, *, stop_deadline_s: float = STOP_DEADLINE_S) -> Iterator[None]:
    """Withheld the place while the block runs; whoever holds it now is ended first, by force after `stop_deadline_s`.

    Raises:
        AlreadyRunning: the holder does not go.
    """
    descriptor = _opened(file)
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if _locked(descriptor):
                break
            _end(_holder(file), number)
            _wait(descriptor, stop_deadline_s)
        if not _locked(descriptor):
            raise AlreadyRunning(f"process {_holder(file)} does not end")
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def holder(file: Path) -> int:
    """The pid of the process that holds this place; 0: nobody."""
    if not file.exists():
        return 0
    descriptor = _opened(file)
    try:
        return 0 if _locked(descriptor) else _holder(file)
    finally:
        os.close(descriptor)


def _opened(file: Path) -> int:
    file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(descriptor: int, deadline_s: float) -> None:
    """Until the place is free or the deadline has passed; the lock tells nobody when it goes."""
    until_s = time.monotonic() + deadline_s
    while not _locked(descriptor) and time.monotonic() < until_s:
        time.sleep(_LOOK_AGAIN_S)


def _holder(file: Path) -> int:
    """The pid in the file, 0 when it has not been written yet."""
    text = file.read_text(encoding="ascii")
    return int(text) if text.strip().isdigit() else 0


def _end(pid: int, number: signal.Signals) -> None:
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
