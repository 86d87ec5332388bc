"""Music while waiting: "Third Ring", our own composition, made out of sine waves at set-up.

Twenty bars of four beats in G major, 70 s, a plucked melody over soft chords. Everything lies between 140 and
3,400 Hz, which is what a telephone carries. Tails wrap round to the beginning, so that the loop has no seam.
"""

from __future__ import annotations

import math
import operator
from array import array

from ivr.sound import RATE_HZ, Samples, amplitude, rms

LEVEL_DBFS = -21.0
BEAT = 7000  # samples: 0.875 s, 69 beats a minute
BAR = 4 * BEAT

_STEPS = {"C": 0, "D": 2, "E": 4, "F#": 6, "G": 7, "A": 9, "B": 11}
_CHORDS = {
    "G": "G3 B3 D4",
    "Em": "G3 B3 E4",
    "C": "G3 C4 E4",
    "D": "F#3 A3 D4",
    "Am": "A3 C4 E4",
    "Bm": "F#3 B3 D4",
}
_THEME = ("G", "Em", "C", "D"), (
    "B4 . D5 . G5 . D5 .", "E5 . . D5 B4 . . .", "C5 . E5 . G5 . E5 .", "D5 . . . A4 . . .",
)  # fmt: skip
_ANSWER = ("G", "Em", "Am", "D"), (
    "B4 . D5 . G5 . A5 .", "B5 . . G5 E5 . . .", "A5 . G5 . E5 . C5 .", "D5 . . . . . . .",
)  # fmt: skip
_MIDDLE = ("C", "Bm", "Am", "D"), (
    "E5 . . G5 . . C5 .", "D5 . . F#5 . . B4 .", "C5 . . E5 . . A4 .", "D5 . A5 . F#5 . D5 .",
)  # fmt: skip
_CLOSE = ("C", "D", "G", "G"), (
    "E5 . G5 . E5 . C5 .", "D5 . F#5 . A5 . . .", "G5 . . . D5 . B4 .", "G4 . . . . . . .",
)  # fmt: skip
_FORM = (_THEME, _ANSWER, _MIDDLE, _THEME, _CLOSE)


def compose() -> Samples[int]:
    """The whole piece. Levelled; never clipped."""
    notes: dict[tuple[str, bool], array[float]] = {}
    mix = array("d", bytes(8 * BAR * sum(len(bars) for bars, _ in _FORM)))
    for start, pitch, plucked in _score():
        note = notes.get((pitch, plucked)) or _note(pitch, plucked)
        notes[pitch, plucked] = note
        _add(mix, start, note)
    gain = amplitude(LEVEL_DBFS) / rms(mix)
    return array("h", [round(value * gain) for value in mix])


def _score() -> list[tuple[int, str, bool]]:
    """Every note: the sample it starts at, its pitch, whether it is plucked (melody) or bowed (chords)."""
    score, bar = [], 0
    for chords, melody in _FORM:
        for chord, tune in zip(chords, melody, strict=True):
            score += [(bar, pitch, False) for pitch in _CHORDS[chord].split()]
            eighths = enumerate(tune.split())
            score += [(bar + place * BEAT // 2, pitch, True) for place, pitch in eighths if pitch != "."]
            bar += BAR
    return score


def _note(pitch: str, plucked: bool) -> array[float]:
    """One note as floats around full strength 1. Overtones: 1/n² when plucked, softer when bowed."""
    hertz = 440.0 * 2 ** ((_STEPS[pitch[:-1]] - 9) / 12 + int(pitch[-1]) - 4)
    strengths = (1.0, 0.3, 0.11) if plucked else (0.28, 0.07, 0.02)
    length = 3 * BEAT if plucked else BAR + BEAT
    wave = array("d", bytes(8 * length))
    for number, strength in enumerate(strengths, start=1):
        turn = math.tau * hertz * number / RATE_HZ
        _add(wave, 0, array("d", [strength * math.sin(turn * sample) for sample in range(length)]))
    envelope = _plucked if plucked else _bowed
    return array("d", map(operator.mul, wave, (envelope(sample, length) for sample in range(length))))


def _plucked(sample: int, length: int) -> float:
    """12 ms up, then dying away with a time constant of one beat, and to nothing at the end."""
    return min(1.0, sample / 96) * math.exp(-sample / BEAT) * min(1.0, (length - sample) / BEAT)


def _bowed(sample: int, length: int) -> float:
    """One beat up, one beat down: neighbouring chords melt into each other."""
    return math.sin(math.pi / 2 * min(1.0, sample / BEAT, (length - sample) / BEAT)) ** 2


def _add(mix: array[float], start: int, note: array[float]) -> None:
    """Mix a note in; what reaches past the end goes on at the beginning."""
    end = min(start + len(note), len(mix))
    inside = end - start
    mix[start:end] = array("d", map(operator.add, mix[start:end], note))
    if rest := note[inside:]:
        mix[: len(rest)] = array("d", map(operator.add, mix[: len(rest)], rest))


def beep() -> Samples[int]:
    """A quarter of a second of 1,000 Hz: "speak now" before a message (Asterisk's Record() asks for `beep`)."""
    length, edge = RATE_HZ // 4, RATE_HZ // 100
    peak = amplitude(LEVEL_DBFS) * math.sqrt(2)
    tone = (peak * math.sin(math.tau * 1000 * sample / RATE_HZ) for sample in range(length))
    edges = (min(1.0, sample / edge, (length - sample) / edge) for sample in range(length))
    return array("h", map(round, map(operator.mul, tone, edges)))
