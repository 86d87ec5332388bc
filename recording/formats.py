"""The few bytes of file headers that we read and write ourselves: two channels, 16 bits, 8 kHz."""

from __future__ import annotations

import struct

from core.speech import RATE_HZ

WAV_HEADER_BYTES = 44
FRAME_BYTES = 4


def wav_header(size_bytes: int) -> bytes:
    """RIFF WAVE with so many bytes of samples (see recording.cut for the standard)."""
    riff = struct.pack("<4sI4s", b"RIFF", size_bytes + WAV_HEADER_BYTES - 8, b"WAVE")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE_HZ, RATE_HZ * FRAME_BYTES, FRAME_BYTES, 16)
    return riff + form + struct.pack("<4sI", b"data", size_bytes)


def flac_samples(head: bytes) -> int:
    """How many samples a channel has: 36 bits of STREAMINFO (RFC 9639, 8.2). 0 for what is no FLAC file."""
    if head[:4] != b"fLaC" or len(head) < 26:
        return 0
    return int.from_bytes(head[21:26], "big") & 0xFFFFFFFFF
