"""Listening to recordings in tests: pitch, level and silence of a mono 16-bit WAV. Standard library only.

A file that Asterisk has not closed yet has a zero length in its header; it is read to its end all the same.
"""

from __future__ import annotations

import array
import cmath
import math
import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FULL_SCALE = 32768.0
SILENT_DBFS = -120.0
_WINDOW_S = 0.05
_SILENCE_WINDOWS = 4
_LOWEST_HZ, _HIGHEST_HZ = 100, 3800
_COARSE_HZ, _FINE_HZ = 20, 5
"""Every tone of ours is a multiple of the finer one; a packet that came late moves what is heard by a hertz."""
_COARSE_WINDOWS = 20
_FINE_S = 0.5


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples of one voice."""

    rate_hz: int
    samples: array.array[int]

    @property
    def lasts_s(self) -> float:
        return len(self.samples) / self.rate_hz

    def part(self, from_s: float, to_s: float | None = None) -> Sound:
        """From `from_s` to `to_s` seconds; negative ones count from the end. Raises ValueError when empty."""
        end_s = self.lasts_s if to_s is None else to_s
        first, last = (round((at_s % self.lasts_s if at_s < 0 else at_s) * self.rate_hz) for at_s in (from_s, end_s))
        if not self.samples[first:last]:
            raise ValueError(f"no sound from {from_s} s to {to_s} s: the recording lasts {self.lasts_s:.2f} s")
        return Sound(self.rate_hz, self.samples[first:last])


def read(path: Path) -> Sound:
    """Raises ValueError unless it is mono 16-bit PCM."""
    data = path.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError(f"{path} is no WAV file")
    place = 12
    rate_hz = 0
    while data[place : place + 4] != b"data":
        if data[place : place + 4] == b"fmt ":
            form, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", data, place + 8)
            if (form, channels, bits) != (1, 1, 16):
                raise ValueError(f"{path} is not mono 16-bit PCM")
        place += 8 + int.from_bytes(data[place + 4 : place + 8], "little")
        if place >= len(data):
            raise ValueError(f"{path} has no data chunk")
    body = data[place + 8 :]
    return Sound(rate_hz, array.array("h", body[: len(body) // 2 * 2]))


def goertzel(samples: array.array[int], rate_hz: int, hz: float) -> float:
    """Power of one pitch in these samples (Goertzel 1958), per sample squared."""
    factor = 2 * math.cos(2 * math.pi * hz / rate_hz)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    return (before * before + last * last - factor * before * last) / max(1, len(samples)) ** 2


def dominant_hz(path: Path, from_s: float = 0.0, to_s: float | None = None) -> float:
    """The strongest pitch between 100 and 3800 Hz, to 1 Hz when it is one tone. Raises ValueError on silence."""
    sound = read(path).part(from_s, to_s)
    if level_of(sound) <= SILENT_DBFS:
        raise ValueError(f"{path}: silence from {from_s} s to {to_s} s")
    rough = _rough_pitch(_spread(sound))
    clearest = max(_windows(sound, _FINE_S), key=lambda window: goertzel(window.samples, sound.rate_hz, rough))
    near = range(rough - _COARSE_HZ, rough + _COARSE_HZ + 1, _FINE_HZ)
    return max(near, key=lambda hz: goertzel(clearest.samples, sound.rate_hz, hz))


def _rough_pitch(windows: list[Sound]) -> int:
    """The strongest of the pitches that windows of 50 ms tell apart, all of them together: multiples of 20 Hz."""
    size = round(_WINDOW_S * windows[0].rate_hz)
    spectra = [_transform([*window.samples, *[0] * (size - len(window.samples))]) for window in windows]
    pitches = range(_LOWEST_HZ, _HIGHEST_HZ, _COARSE_HZ)
    return max(pitches, key=lambda hz: sum(abs(spectrum[hz // _COARSE_HZ]) ** 2 for spectrum in spectra))


def _transform(values: Sequence[complex]) -> list[complex]:
    """The discrete Fourier transform, in halves as far as it goes (Cooley and Tukey 1965)."""
    count = len(values)
    turns = _turns(count)
    if count % 2:
        return [sum(value * turns[k * n % count] for n, value in enumerate(values)) for k in range(count)]
    even, odd = _transform(values[0::2]), _transform(values[1::2])
    turned = [turn * value for turn, value in zip(turns, odd, strict=False)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [a - b for a, b in zip(even, turned, strict=True)]


@cache
def _turns(count: int) -> list[complex]:
    """The steps of one turn of the unit circle."""
    return [cmath.exp(-2j * math.pi * n / count) for n in range(count)]


def _spread(sound: Sound) -> list[Sound]:
    """A few short windows over the whole of it."""
    windows = _windows(sound)
    return windows[:: max(1, len(windows) // _COARSE_WINDOWS)]


def _windows(sound: Sound, window_s: float = _WINDOW_S) -> list[Sound]:
    size = round(window_s * sound.rate_hz)
    whole = len(sound.samples) // size or 1
    return [Sound(sound.rate_hz, sound.samples[n * size : (n + 1) * size]) for n in range(whole)]


def level_of(sound: Sound) -> float:
    """Root mean square in dB below full scale; digital silence is SILENT_DBFS."""
    square = sum(sample * sample for sample in sound.samples) / max(1, len(sound.samples))
    return max(SILENT_DBFS, 10 * math.log10(square / FULL_SCALE**2)) if square else SILENT_DBFS


def level_dbfs(path: Path, from_s: float = 0.0, to_s: float | None = None) -> float:
    """Root mean square of a part of this file in dBFS."""
    return level_of(read(path).part(from_s, to_s))


def silences(path: Path, below_dbfs: float = -60.0, at_least_s: float = 0.2) -> list[tuple[float, float]]:
    """Spans (from, to in seconds) quieter than `below_dbfs`, in steps of 50 ms."""
    spans: list[tuple[float, float]] = []
    for number, window in enumerate(_windows(read(path))):
        if level_of(window) < below_dbfs:
            from_s = spans.pop()[0] if spans and spans[-1][1] == number * _WINDOW_S else number * _WINDOW_S
            spans.append((from_s, (number + 1) * _WINDOW_S))
    return [(from_s, to_s) for from_s, to_s in spans if to_s - from_s >= at_least_s - 1e-9]


def order_of(path: Path, pitches: Sequence[float], to_s: float | None = None) -> list[float]:
    """Which of these pitches are heard in turn; each counts once until a silence, other sounds do not.

    A window of 50 ms belongs to a pitch that has more than half of its power. Shorter silences than 0.2 s are packets
    that came late on a busy machine.
    """
    heard: list[float] = []
    last, silent = 0.0, 0
    for window in _windows(read(path).part(0.0, to_s)):
        hz = _pure_pitch(window, pitches)
        silent = silent + 1 if hz == 0.0 else 0
        if silent >= _SILENCE_WINDOWS:
            last = 0.0
        elif hz and hz != last:
            heard.append(hz)
            last = hz
    return heard


def _pure_pitch(window: Sound, pitches: Sequence[float]) -> float | None:
    """The pitch that has more than half of the power; 0 for silence, None for another sound."""
    mean_square = sum(sample * sample for sample in window.samples) / max(1, len(window.samples))
    if mean_square < 100:
        return 0.0
    hz = max(pitches, key=lambda pitch: goertzel(window.samples, window.rate_hz, pitch))
    return hz if 4 * goertzel(window.samples, window.rate_hz, hz) > mean_square else None


def write_tone(path: Path, hz: float, lasts_s: float, *, rate_hz: int = 8000, level_dbfs: float = -16.0) -> None:
    """Make a mono 16-bit WAV file of one pitch; whole periods, so that it repeats without a click."""
    peak = FULL_SCALE * 10 ** (level_dbfs / 20) * math.sqrt(2)
    count = round(round(lasts_s * hz) / hz * rate_hz)
    samples = array.array("h", (round(peak * math.sin(2 * math.pi * hz * n / rate_hz)) for n in range(count)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())


LOUD_DB = 12.0
"""A voice in a mix of three is heard this much above what other pitches have by chance."""


def together(heard: Path, tones: tuple[float, ...]) -> bool:
    """Is there half a second in which all these pitches are heard at once?"""
    sound = read(heard)
    size = sound.rate_hz // 2
    return any(
        all(_stands_out(sound.part(at / sound.rate_hz, (at + size) / sound.rate_hz), hz) for hz in tones)
        for at in range(0, len(sound.samples) - size, size // 2)
    )


def _stands_out(window: Sound, hz: float) -> bool:
    near = (hz - 60.0, hz + 60.0)
    noise = max(goertzel(window.samples, window.rate_hz, other) for other in near)
    return bool(goertzel(window.samples, window.rate_hz, hz) > 10 ** (LOUD_DB / 10) * max(noise, 1.0))
