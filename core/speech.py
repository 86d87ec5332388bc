"""When somebody speaks: one rule for recordings and for live listeners.

A side speaks while its frames of 20 ms are above SPEECH_DBFS, and for HANGOVER_S after: pauses inside a sentence are
no silence. Samples are 16 bits, little-endian, RATE_HZ a second: what telephones give.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # part of Python until 3.12, of audioop-lts from 3.13 on
    import audioop as audioop  # whoever needs it takes it from here

RATE_HZ = 8000
FRAMES_PER_S = 50
FRAME_S = 1 / FRAMES_PER_S
FRAME_BYTES = RATE_HZ // FRAMES_PER_S * 2
SPEECH_DBFS = -45.0
HANGOVER_S = 0.3
SILENT_DBFS = -120.0
FULL_SCALE = 32768
_SPEECH = FULL_SCALE * 10 ** (SPEECH_DBFS / 20)
_HANGOVER = round(HANGOVER_S / FRAME_S)


@dataclass(slots=True)
class Speech:
    """One side, a frame after the other. `rms` is that of the last one."""

    rms: int = 0
    _quiet: int = _HANGOVER

    def hear(self, frame: bytes) -> bool:
        """Does it speak in this frame?"""
        self.rms = audioop.rms(frame, 2)
        self._quiet = 0 if self.is_loud else self._quiet + 1
        return self._quiet < _HANGOVER

    @property
    def is_loud(self) -> bool:
        """The last frame, without the time after it."""
        return self.rms >= _SPEECH


def dbfs(mean_square: float) -> float:
    """Decibels below full scale of a mean of squared samples; digital silence is SILENT_DBFS."""
    return max(SILENT_DBFS, 10 * math.log10(mean_square / FULL_SCALE**2)) if mean_square else SILENT_DBFS
