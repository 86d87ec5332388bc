"""What a joined recording sounds like, heard once as it goes by: levels, silence, talk-over, monologues, peaks.

A side speaks while its frames of 20 ms are above SPEECH_DBFS, and for HANGOVER_S after: pauses inside a sentence are
no silence. A monologue is one side alone, until the other speaks. Levels leave the pauses out, as ITU-T P.56 does.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import IO

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # part of Python until 3.12, of audioop-lts from 3.13 on
    import audioop

RATE_HZ = 8000
FRAME_BYTES = RATE_HZ // 50 * 2
FRAME_S = 0.02
SPEECH_DBFS = -45.0
HANGOVER_S = 0.3
PEAKS_PER_S = 10
_SPEECH = 32768 * 10 ** (SPEECH_DBFS / 20)
_HANGOVER = round(HANGOVER_S / FRAME_S)
_PEAK_BYTES = RATE_HZ // PEAKS_PER_S * 2


@dataclass(slots=True)
class _Side:
    spoke: int = 0
    quiet: int = _HANGOVER
    loud: int = 0
    energy: float = 0.0
    longest: int = 0

    def hear(self, frame: bytes) -> bool:
        """Does it speak in this frame?"""
        rms = audioop.rms(frame, 2)
        if rms >= _SPEECH:
            self.quiet, self.loud, self.energy = 0, self.loud + 1, self.energy + rms * rms
        else:
            self.quiet += 1
        speaks = self.quiet < _HANGOVER
        self.spoke += speaks
        return speaks

    @property
    def dbfs(self) -> float:
        """-120 when it never spoke."""
        return 10 * math.log10(self.energy / self.loud / 32768**2) if self.loud else -120.0


class Measures:
    """Give it the samples in order (`hear`), then `end`. Peaks go out as they come: a byte a side, left first."""

    def __init__(self, peaks: IO[bytes]) -> None:
        self._peaks = peaks
        self._rest = b""
        self._left, self._right = _Side(), _Side()
        self._frames = self._silent = self._both = 0
        self._samples = 0
        self._speaker: _Side | None = None
        self._began = self._last = 0

    @property
    def lasted_s(self) -> float:
        return self._samples / RATE_HZ

    def hear(self, samples: bytes) -> None:
        """Two channels, 16 bits. Whatever is no whole tenth of a second waits for the next."""
        self._samples += len(samples) // 4
        samples = self._rest + samples
        whole = len(samples) // (2 * _PEAK_BYTES) * 2 * _PEAK_BYTES
        self._rest = samples[whole:]
        self._hear(samples[:whole])

    def end(self) -> None:
        self._hear(self._rest[: len(self._rest) // 4 * 4])
        self._rest = b""
        self._close_monologue()

    def result(self) -> tuple[float, ...]:
        """In the order of recording.finish.Finished, from the levels on."""
        left, right, all_s = self._left, self._right, self.lasted_s
        silences = [max(0.0, all_s - side.spoke * FRAME_S) for side in (left, right)]
        both_s, monologues = self._both * FRAME_S, (left.longest * FRAME_S, right.longest * FRAME_S)
        measured = (left.dbfs, right.dbfs, *silences, self._silent * FRAME_S, both_s, *monologues)
        return tuple(round(value, 3) for value in measured)

    def _hear(self, samples: bytes) -> None:
        left, right = audioop.tomono(samples, 2, 1, 0), audioop.tomono(samples, 2, 0, 1)
        for at in range(0, len(left), _PEAK_BYTES):
            self._peaks.write(
                bytes(min(255, audioop.max(side[at : at + _PEAK_BYTES], 2) >> 7) for side in (left, right))
            )
        for at in range(0, len(left), FRAME_BYTES):
            self._frame(self._left.hear(left[at : at + FRAME_BYTES]), self._right.hear(right[at : at + FRAME_BYTES]))

    def _frame(self, left: bool, right: bool) -> None:
        self._frames += 1
        if left and right:
            self._both += 1
            self._close_monologue()
        elif not left and not right:
            self._silent += 1
        else:
            speaker = self._left if left else self._right
            if speaker is not self._speaker:
                self._close_monologue()
                self._speaker, self._began = speaker, self._frames - 1
            self._last = self._frames

    def _close_monologue(self) -> None:
        if self._speaker is not None:
            self._speaker.longest = max(self._speaker.longest, self._last - self._began)
        self._speaker = None
