"""A segment of which the disk does not give everything back: what can be read takes its place in the journal.

The original is kept beside it for people to look at, and never deleted. In the copy, bytes that cannot be read are
NULs: places behind them, which the database knows, stay good, and a line that has one is damaged and passed over.
"""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from typing import BinaryIO

from store.segments import path_of, sync_directory

log = logging.getLogger(__name__)

BLOCK_BYTES = 4096
"""What a disk loses at least."""
ASIDE = ".unread"


def salvage(directory: Path, first: int) -> int:
    """How many bytes could not be read. Nobody may be writing this segment. Raises OSError: nothing was changed."""
    path = path_of(directory, first)
    copy, aside = path.with_suffix(".salvaged"), _free(path)
    with path.open("rb", buffering=0) as source, copy.open("wb") as out:
        lost_bytes = _copy(source, out, path.stat().st_size)
        out.flush()
        os.fsync(out.fileno())
    _keep(path, aside)
    copy.replace(path)
    sync_directory(directory)
    log.error(
        "%d bytes of %s cannot be read; it is kept as %s, what can be read took its place", lost_bytes, path, aside
    )
    return lost_bytes


def _keep(path: Path, aside: Path) -> None:
    try:
        os.link(path, aside)  # so that a kill before the copy has its name leaves both
    except OSError:
        path.rename(aside)  # a file system without hard links


def set_aside(directory: Path) -> list[Path]:
    """The originals of segments that could not be read whole, oldest first."""
    return sorted(directory.glob(f"*.jsonl*{ASIDE}"))


def _copy(source: BinaryIO, out: BinaryIO, size_bytes: int) -> int:
    lost_bytes = 0
    for place in range(0, size_bytes, BLOCK_BYTES):
        block = bytearray(min(BLOCK_BYTES, size_bytes - place))
        try:
            source.seek(place)
            source.readinto(block)  # type: ignore[attr-defined]
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            lost_bytes += len(block)
            block = bytearray(len(block))
        out.write(block)
    return lost_bytes


def _free(path: Path) -> Path:
    """One may lie there from an earlier time. Raises OSError: so does a second, and every copy lies on bad sectors."""
    for again in ("", ".1"):
        aside = path.with_name(f"{path.name}{again}{ASIDE}")
        if not aside.exists():
            return aside
    raise OSError(errno.EIO, "its copies cannot be read either; replace the disk", str(path))
