"""Sound as the telephone has it: 8,000 signed 16-bit samples a second, one channel.

Files are `.wav`, and not A-law as trunks have it: docs/decisions/0015-no-sound-in-a-law.md.
Levels are dBFS, full scale being a square wave at 32767.
"""

from __future__ import annotations

import math
import sys
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path

RATE_HZ = 8000
WAV_HEADER_BYTES = 44
FULL_SCALE = 32767
PEAK_DBFS = -1.0
FRAME = RATE_HZ // 50
QUIET_BELOW_LOUDEST_DB = 30.0

Samples = array  # of "h"


def rms(samples: Sequence[float]) -> float:
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0.0


def dbfs(amplitude: float) -> float:
    return 20 * math.log10(amplitude / FULL_SCALE) if amplitude > 0 else -math.inf


def amplitude(level_dbfs: float) -> float:
    return FULL_SCALE * 10 ** (level_dbfs / 20)


def active_frames(samples: Samples[int]) -> list[int]:
    """Starts of the 20 ms frames that hold speech: not more than 30 dB below the loudest."""
    levels = {start: rms(samples[start : start + FRAME]) for start in range(0, len(samples), FRAME)}
    floor = max(levels.values(), default=0.0) * 10 ** (-QUIET_BELOW_LOUDEST_DB / 20)
    return [start for start, level in levels.items() if level > floor]


def active_dbfs(samples: Samples[int]) -> float:
    """Level of the speech without its pauses, as ITU-T P.56 means it (with a simpler speech detector)."""
    frames = active_frames(samples)
    return (
        dbfs(math.sqrt(sum(rms(samples[start : start + FRAME]) ** 2 for start in frames) / len(frames)))
        if frames
        else -math.inf
    )


def trimmed(samples: Samples[int], lead_s: float, tail_s: float) -> Samples[int]:
    """Speech with exactly this much silence before it and after it."""
    frames = active_frames(samples)
    if not frames:
        return array("h")
    speech = samples[frames[0] : frames[-1] + FRAME]
    return silence(lead_s) + speech + silence(tail_s)


def silence(seconds: float) -> Samples[int]:
    return array("h", bytes(2 * round(seconds * RATE_HZ)))


def levelled(samples: Samples[int], level_dbfs: float) -> Samples[int]:
    """Brought to this active level, or as near to it as the peaks allow; never clipped."""
    peak = max(map(abs, samples), default=0)
    if peak == 0:
        return samples
    gain = min(10 ** ((level_dbfs - active_dbfs(samples)) / 20), amplitude(PEAK_DBFS) / peak)
    return array("h", [round(sample * gain) for sample in samples])


def from_bytes(little_endian: bytes) -> Samples[int]:
    samples = array("h", little_endian)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def write_wav(path: Path, samples: Samples[int]) -> None:
    """Raises OSError. Not atomic: see ivr.shelf.Shelf."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())
