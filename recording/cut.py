"""Recordings that a killed PBX left behind: right samples, but lengths of zero in the header.

Asterisk writes the lengths when it closes a file. A cut one plays as silence in most programs and
pydub reports 0 ms. Format: "Multimedia Programming Interface and Data Specifications 1.0",
IBM and Microsoft 1991, RIFF WAVE; Asterisk's own header is always 44 bytes (formats/format_wav.c).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

HEADER_BYTES = 44
QUIET_FOR_S = 5.0


def is_cut(path: Path) -> bool:
    """True for a WAV file with samples whose header says fewer than there are."""
    size = path.stat().st_size
    if size <= HEADER_BYTES:
        return False
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    if header[:4] != b"RIFF" or header[36:40] != b"data":
        return False
    (said,) = struct.unpack("<I", header[40:44])
    return bool(said < size - HEADER_BYTES)


def mend(path: Path) -> None:
    """Write the true lengths into the header, and force them to disk. Doing it twice changes nothing."""
    state = path.stat()
    size = state.st_size
    with path.open("r+b") as file:
        file.seek(4)
        file.write(struct.pack("<I", size - 8))
        file.seek(40)
        file.write(struct.pack("<I", size - HEADER_BYTES))
        file.flush()
        os.fsync(file.fileno())
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # when it was recorded says where it belongs


def cut_files(root: Path, *, now_s: float) -> Iterator[Path]:
    """Cut recordings under `root` that nobody has written for QUIET_FOR_S; `now_s` is a Unix time in seconds."""
    for path in sorted(root.rglob("*.wav")):
        with suppress(FileNotFoundError):  # deleted while we look
            if now_s - path.stat().st_mtime >= QUIET_FOR_S and is_cut(path):
                yield path
