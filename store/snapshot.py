"""The engine's state as one document beside the spool: start = snapshot + the spool's tail.

A file is complete or absent: written aside, forced to disk, renamed; what a killed writer left aside goes
with the next. The last two are kept; one that is damaged is passed over for the older one. All functions
read and write files: not for the loop.
"""

from __future__ import annotations

import errno
import json
import os
import time
import zlib
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

from store.segments import sync_directory

_KEPT = 2
_NAME = "[0-9]" * 20 + ".snapshot"


def save(directory: Path, sequence: int, document: dict[str, Any], *, keep: int = _KEPT) -> None:
    """Store the state after the input `sequence`. `document` must be JSON. The last `keep` are kept.

    Raises:
        OSError: not stored; the older ones are untouched.
    """
    directory.mkdir(parents=True, exist_ok=True)
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    path = directory / f"{sequence:020d}.snapshot"
    aside = path.with_suffix(".new")
    _write_synced(aside, b"%08x %d\n%s" % (zlib.crc32(b"%d\n%s" % (sequence, body)), sequence, body))
    aside.replace(path)
    sync_directory(directory)
    for old in [*sorted(directory.glob(_NAME))[:-keep], *directory.glob("*.new")]:
        old.unlink(missing_ok=True)


def undamaged(directory: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Sequence and document of each snapshot, the newest first; damaged ones are passed over. Raises OSError."""
    for path in sorted(directory.glob(_NAME), reverse=True):
        if (found := _read(path)) is not None:
            yield found


def before(directory: Path, sequence: int) -> tuple[int, dict[str, Any]] | None:
    """The newest undamaged one taken before this input."""
    older = (path for path in sorted(directory.glob(_NAME), reverse=True) if int(path.stem) < sequence)
    return next((found for path in older if (found := _read(path)) is not None), None)


def youngest_age_s(directory: Path) -> float:
    """How old the newest one is; infinite when there is none, and by a clock that was set back since."""
    kept = sorted(directory.glob(_NAME))
    age_s = time.time() - kept[-1].stat().st_mtime if kept else inf
    return age_s if age_s >= 0 else inf


def set_aside(directory: Path, sequence: int) -> Path:
    """Keep this one for people to look at; it is no snapshot any more, and no new one takes its place. Where it is."""
    path = directory / f"{sequence:020d}.snapshot"
    return path.rename(path.with_suffix(".unread"))


def oldest_sequence(directory: Path) -> int:
    """The spool is needed from here on even if the newest snapshot turns out damaged; 0 if there is none."""
    kept = sorted(directory.glob(_NAME))
    return int(kept[0].stem) if kept else 0


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> tuple[int, dict[str, Any]] | None:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        crc, sequence = head.split()
        good = int(crc, 16) == zlib.crc32(b"%s\n%s" % (sequence, body))
        return (int(sequence), json.loads(body)) if good else None
    except ValueError:
        return None
    except OSError as error:
        if error.errno != errno.EIO:  # a bad sector is damage, and must not keep every start from succeeding
            raise
        return None
