"""Recordings that a killed PBX, or a full disk, left behind: right samples, but a header that does not say so.

Asterisk writes the lengths when it closes a file. A cut one plays as silence in most programs and pydub reports 0 ms.
If the disk was full when the first buffer was due, header and all, later samples begin the file, and the lengths are
written into their midst, or by a killed PBX never. Format: "Multimedia Programming Interface and Data Specifications
1.0", IBM and Microsoft 1991, RIFF WAVE; Asterisk's own header is always 44 bytes (formats/format_wav.c).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from recording.formats import WAV_HEADER_BYTES

RATE_HZ, SAMPLE_BYTES = 8000, 2
QUIET_FOR_S = 5.0


def is_cut(path: Path) -> bool:
    """True for samples whose header says fewer than there are, or never reached the disk; a foreign WAV is not ours."""
    size = path.stat().st_size
    if size <= WAV_HEADER_BYTES:
        return False
    with path.open("rb") as file:
        header = file.read(WAV_HEADER_BYTES)
    if header[:4] != b"RIFF":
        return True
    (said,) = struct.unpack_from("<I", header, WAV_HEADER_BYTES - 4)
    return header[36:40] == b"data" and bool(said < size - WAV_HEADER_BYTES)


def mend(path: Path) -> None:
    """Write the header as it must be, and force it to disk. Doing it twice changes nothing."""
    state = path.stat()
    with path.open("r+b") as file:
        file.write(_header(state.st_size))
        file.flush()
        os.fsync(file.fileno())
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # when it was recorded says where it belongs


def _header(size: int) -> bytes:
    """Of a mono file of this many bytes, as Asterisk writes it."""
    form = (16, 1, 1, RATE_HZ, RATE_HZ * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES)
    ends = (b"data", size - WAV_HEADER_BYTES)
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", size - 8, b"WAVE", b"fmt ", *form, *ends)


def cut_files(root: Path, *, now_s: float) -> Iterator[Path]:
    """Cut recordings under `root` that nobody has written for QUIET_FOR_S; `now_s` is a Unix time in seconds."""
    for path in sorted(root.rglob("*.wav")):
        with suppress(FileNotFoundError):  # deleted while we look
            if now_s - path.stat().st_mtime >= QUIET_FOR_S and is_cut(path):
                yield path
