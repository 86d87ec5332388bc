"""What a joined recording sounds like, heard once as it goes by: levels, silence, talk-over, monologues, peaks.

When a side speaks is said in core.speech. A monologue is one side alone, until the other speaks. Levels leave the
pauses out, as ITU-T P.56 does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO

from core.speech import FRAME_BYTES, FRAME_S, RATE_HZ, Speech, audioop
from core.speech import dbfs as dbfs_of

PEAKS_PER_S = 10
_PEAK_BYTES = RATE_HZ // PEAKS_PER_S * 2


@dataclass(slots=True)
class _Side:
    speech: Speech = field(default_factory=Speech)
    spoke: int = 0
    loud: int = 0
    energy: float = 0.0
    longest: int = 0

    def hear(self, frame: bytes) -> bool:
        """Does it speak in this frame?"""
        speaks = self.speech.hear(frame)
        if self.speech.is_loud:
            self.loud, self.energy = self.loud + 1, self.energy + self.speech.rms**2
        self.spoke += speaks
        return speaks

    @property
    def dbfs(self) -> float:
        """-120 when it never spoke."""
        return dbfs_of(self.energy / self.loud if self.loud else 0.0)


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
        """In the order of core.recordings.Archived, from the levels on."""
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
