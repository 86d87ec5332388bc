"""Voices of one call, each from a stream of its own, to stereo frames for a listener. Pure.

The caller is left, everybody of ours right. A frame goes out as soon as every voice has given its part. A voice that
falls behind is not waited for longer than LATE frames, and not at all until it is heard again; one that comes in a
burst loses its oldest frames, so that nothing is ever more than LATE frames old here.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.speech import FRAME_BYTES, Speech, audioop, dbfs

LATE = 3
_SILENCE = bytes(FRAME_BYTES)
_HEAD = struct.Struct("<IbbBx")
CALLER_SPEAKS, OURS_SPEAKS, TALK_OVER, SILENCED = 1, 2, 4, 8


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms. `number` counts from the listener's first one; `samples` are left and right in turn."""

    number: int
    caller_dbfs: float
    ours_dbfs: float
    marks: int
    samples: bytes

    def encoded(self) -> bytes:
        """As a listener gets it (docs/listening.md)."""
        return _HEAD.pack(self.number, round(self.caller_dbfs), round(self.ours_dbfs), self.marks) + self.samples


@dataclass(slots=True)
class _Voice:
    is_caller: bool
    waiting: deque[bytes] = field(default_factory=lambda: deque(maxlen=LATE))
    part: bytes = b""
    absent: bool = False

    def hear(self, samples: bytes) -> None:
        samples = self.part + samples
        whole = len(samples) // FRAME_BYTES * FRAME_BYTES
        self.waiting.extend(samples[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES))
        self.part = samples[whole:]
        self.absent = self.absent and not self.waiting

    def give(self) -> bytes:
        self.absent = not self.waiting
        return self.waiting.popleft() if self.waiting else _SILENCE


class TwoSides:
    """`hear` gives the frames that are complete now. `silenced`: nothing of what is said goes out."""

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}
        self._caller, self._ours = Speech(), Speech()
        self._number = 0
        self.silenced = False

    def add(self, voice: str, *, is_caller: bool) -> None:
        """A voice that may be heard from now on."""
        self._voices.setdefault(voice, _Voice(is_caller))

    def remove(self, voice: str) -> None:
        self._voices.pop(voice, None)

    def hear(self, voice: str, samples: bytes) -> Iterator[Frame]:
        """More of one voice. Of an unknown one: nothing."""
        if (heard := self._voices.get(voice)) is None:
            return
        heard.hear(samples)
        while self._is_ready():
            yield self._next()

    def _is_ready(self) -> bool:
        voices = self._voices.values()
        missing = any(not voice.waiting and not voice.absent for voice in voices)
        longest = max(len(voice.waiting) for voice in voices)
        return longest >= LATE or (longest > 0 and not missing)

    def _next(self) -> Frame:
        caller = ours = _SILENCE
        for voice in self._voices.values():
            given = voice.give()
            given = _SILENCE if self.silenced else given
            if voice.is_caller:
                caller = audioop.add(caller, given, 2)
            else:
                ours = audioop.add(ours, given, 2)
        speak = self._caller.hear(caller), self._ours.hear(ours)
        marks = CALLER_SPEAKS * speak[0] + OURS_SPEAKS * speak[1] + TALK_OVER * all(speak) + SILENCED * self.silenced
        number, self._number = self._number, self._number + 1
        stereo = audioop.add(audioop.tostereo(caller, 2, 1, 0), audioop.tostereo(ours, 2, 0, 1), 2)
        return Frame(number, dbfs(self._caller.rms**2), dbfs(self._ours.rms**2), marks, stereo)
