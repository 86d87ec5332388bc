"""Keys as tones in the voice, in A-law (ITU-T Q.23, G.711), as a telephone without RFC 4733 sends them."""

from __future__ import annotations

import math

_RATE_HZ = 8000
_KEY_S = 0.12
_LEAD_S = 1.0
_PEAK = 8000
_ROWS_HZ = dict(zip(("123A", "456B", "789C", "*0#D"), (697, 770, 852, 941), strict=True))
_COLUMNS_HZ = (1209, 1336, 1477, 1633)
_SILENCE = b"\xd5"


def alaw_keys(keys: str) -> bytes:
    """These keys, 120 ms each with as long a pause, after a second of silence."""
    pause = _SILENCE * round(_KEY_S * _RATE_HZ)
    return _SILENCE * round(_LEAD_S * _RATE_HZ) + b"".join(_tones(key) + pause for key in keys)


def _tones(key: str) -> bytes:
    row, low_hz = next((row, hz) for row, hz in _ROWS_HZ.items() if key in row)
    high_hz = _COLUMNS_HZ[row.index(key)]
    turns = (2 * math.pi * n / _RATE_HZ for n in range(round(_KEY_S * _RATE_HZ)))
    return bytes(_alaw(round(_PEAK * (math.sin(low_hz * turn) + math.sin(high_hz * turn)))) for turn in turns)


def _alaw(sample: int) -> int:
    """One 16-bit sample: sign, exponent, mantissa; even bits inverted (G.711, table 1a)."""
    sign = 0x80 if sample >= 0 else 0
    size = min(abs(sample), 32767) >> 4
    exponent = max(0, size.bit_length() - 5)
    mantissa = (size >> max(0, exponent - 1)) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55
