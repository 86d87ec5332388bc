"""A disk with bad sectors, as the kernel tells of one."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.salvage import BLOCK_BYTES

Sector = Callable[[Path, int], None]


def bad_sectors(monkeypatch: pytest.MonkeyPatch) -> Sector:
    """Call it with a file and which of its blocks is unreadable from now on; the inode is the disk's, not the name."""
    bad: dict[int, int] = {}
    opened = Path.open

    class Disk(io.FileIO):
        def readinto(self, buffer: Any, /) -> int:
            place, begins = self.tell(), bad[os.fstat(self.fileno()).st_ino]
            if begins <= place < begins + BLOCK_BYTES:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            wanted = len(buffer) if place >= begins else min(len(buffer), begins - place)
            return super().readinto(memoryview(buffer)[:wanted])

    def open_(path: Path, mode: str = "r", buffering: int = -1, **how: Any) -> Any:
        if mode != "rb" or not path.exists() or path.stat().st_ino not in bad:
            return opened(path, mode, buffering, **how)
        raw = Disk(path)
        return raw if buffering == 0 else io.BufferedReader(raw)

    monkeypatch.setattr(Path, "open", open_)
    return lambda path, block: bad.update({path.stat().st_ino: block * BLOCK_BYTES})
