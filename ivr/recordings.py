"""A person's own recording of a prompt: judged before it takes the place of the synthetic voice.

What comes in may be a WAV, MP3, M4A, AAC, FLAC, OGG or WebM file of any rate. ffmpeg opens it, pydub cuts and levels
it; it is kept at 16 kHz, and the telephone's 8 kHz are made of that (ivr.sounds). Levels are dBFS as in ivr.sound. All
of it takes processor time: beside an engine it runs in a process of its own (app.studio).
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Literal

from core.errors import Refused
from ivr.prompts import Utterance
from ivr.sound import FRAME, FULL_SCALE, PEAK_DBFS, RATE_HZ, Samples, active_dbfs, active_frames, dbfs
from ivr.sounds import LEVEL_DBFS, WIDE_HZ, Pauses, own_file, pauses_of, put_sound
from ivr.voice import Espeak, SpeechFailed

SHORTEST_S, LONGEST_S = 0.2, 60.0
LARGEST_BYTES = 20_000_000
"""A minute of CD quality is 10.6 MB."""

QUIETEST_DBFS = -45.0
"""Below this, levelling makes the room louder than the words."""

LONGEST_PAUSE_S = 4.0
"""More silence than this inside a prompt sounds like a line that is dead."""

CLIPPED_RUN = 3
"""So many samples in a row at full scale are a wave that was cut off; one or two are a peak."""

CLIPPED_S = 0.005
"""So much of it in all is heard as a crackle."""

FADE_MS = 5
"""A cut that begins in the middle of a wave clicks."""


Fault = Literal["silent", "short", "quiet", "long", "pause", "clipped"]


class Unusable(Refused):
    """A recording that callers should not hear. `faults` is empty where it is no sound at all."""

    def __init__(self, text: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(text)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a recording is like, and what is wrong with it."""

    lasts_s: float
    level_dbfs: float
    peak_dbfs: float
    clipped_s: float
    pause_s: float = 0.0

    def problems(self) -> dict[Fault, str]:
        """What is wrong; each text says what to do about it."""
        found: dict[Fault, str] = {}
        if self.lasts_s <= 0:
            found["silent"] = "it is silent: see whether the microphone is on"
        elif self.lasts_s < SHORTEST_S:
            lasts = f"{self.lasts_s:.2f} s of sound, at least {SHORTEST_S} s are needed"
            found["short"] = f"it holds {lasts}: record the text"
        elif self.level_dbfs < QUIETEST_DBFS:
            level = f"{self.level_dbfs:.0f} dBFS, at least {QUIETEST_DBFS:.0f} are needed"
            found["quiet"] = f"it is too quiet, {level}: go nearer to the microphone"
        if self.lasts_s > LONGEST_S:
            found["long"] = f"it lasts more than {LONGEST_S:.0f} s: nobody listens so long, shorten it"
        if self.pause_s > LONGEST_PAUSE_S:
            found["pause"] = f"it is silent for {self.pause_s:.0f} s in the middle: cut that out"
        if self.clipped_s > CLIPPED_S:
            cut = f"{1000 * self.clipped_s:.0f} ms are cut off at full scale"
            found["clipped"] = f"it is clipped, {cut}: record it softer"
        return found


@dataclass(frozen=True, slots=True)
class Kept:
    """What is noted beside a recording. `at_utc_s` is when it was taken, `by` who gave it."""

    by: str
    at_utc_s: float
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Listed:
    """A prompt as a list shows it.

    `own_text`: the house has a text of its own for it. `recording`: None while the synthetic voice says it.
    """

    prompt: str
    language: str
    text: str
    own_text: bool
    lasts_s: float
    recording: Kept | None


@dataclass(frozen=True, slots=True)
class PhoneCode:
    """How a prompt is recorded by telephone: dial `number` on a seat's phone, type `code`, say `text`."""

    number: str
    code: str
    expires_utc_s: float
    text: str


def judged(samples: Samples[int], clipped_s: float | None = None) -> Judgement:
    """Of a sound at the telephone's rate. `clipped_s` is known where the sound came with more than that."""
    frames = active_frames(samples)
    speech_s = (frames[-1] + FRAME - frames[0]) / RATE_HZ if frames else 0.0
    pause_s = max((after - before - FRAME for before, after in pairwise(frames)), default=0) / RATE_HZ
    if clipped_s is None:
        clipped_s = clipped(samples) / RATE_HZ
    return Judgement(speech_s, active_dbfs(samples), dbfs(max(map(abs, samples), default=0)), clipped_s, pause_s)


def clipped(samples: Iterable[int]) -> int:
    """Samples of one channel that are cut off at full scale."""
    runs = (len(list(run)) for full, run in groupby(samples, lambda sample: abs(sample) >= FULL_SCALE - 1) if full)
    return sum(length for length in runs if length >= CLIPPED_RUN)


def take(utterance: Utterance, file: Path, sounds: Path, espeak: Espeak, *, by: str, at_utc_s: float) -> Judgement:
    """Have callers hear this recording from their next prompt on.

    Raises:
        Unusable: the prompt stays as it was.
        SpeechFailed: ffmpeg is missing or failed.
        OSError: the directory cannot be written.
    """
    own = own_file(utterance, sounds)
    own.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=sounds, prefix=".take-") as aside:
        whole, finished = Path(aside, "whole.wav"), Path(aside, "finished.wav")
        _open(utterance, file, whole, espeak)
        samples = espeak.recorded(whole)
        judgement = judged(samples, _clipped_s(whole))
        if problems := judgement.problems():
            told = "; ".join(problems.values())
            raise Unusable(f"This recording cannot be used for {utterance.name}: {told}.", problems)
        speech = _speech(espeak.recorded(whole, WIDE_HZ), samples)
        _finish(speech, judgement.level_dbfs, pauses_of(utterance), finished)
        os.replace(finished, own)
    own.with_suffix(".json").write_text(json.dumps(asdict(Kept(by, at_utc_s, judgement))), encoding="utf-8")
    put_sound(utterance, sounds, espeak)
    return judgement


def give_back(utterance: Utterance, sounds: Path, espeak: Espeak) -> None:
    """The synthetic voice again. Raises Refused: there is no recording."""
    own = own_file(utterance, sounds)
    try:
        own.unlink()
    except FileNotFoundError as error:
        raise Refused(f"There is no own recording of {utterance.name} in {utterance.language}.") from error
    own.with_suffix(".json").unlink(missing_ok=True)
    put_sound(utterance, sounds, espeak)


def kept(utterance: Utterance, sounds: Path) -> Kept | None:
    """What is noted of the recording that callers hear; None: they hear the synthetic voice.

    One that somebody has put there by hand is nobody's.
    """
    own = own_file(utterance, sounds)
    if not own.exists():
        return None
    try:
        noted = json.loads(own.with_suffix(".json").read_text(encoding="utf-8"))
        return Kept(noted["by"], noted["at_utc_s"], Judgement(**noted["judgement"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Kept("", own.stat().st_mtime, Judgement(0.0, 0.0, 0.0, 0.0))


# --- sound ---------------------------------------------------------------------------------------
def _open(utterance: Utterance, file: Path, whole: Path, espeak: Espeak) -> None:
    """The recording as WAV, whatever it came as."""
    if file.stat().st_size > LARGEST_BYTES:
        raise Unusable(
            f"The file has more than {LARGEST_BYTES / 1e6:.0f} MB; a prompt lasts {LONGEST_S:.0f} s at most."
        )
    try:
        espeak.decoded(file, whole)
    except SpeechFailed as error:
        if not Path(espeak.ffmpeg).exists():
            raise
        known = "WAV, MP3, M4A, AAC, FLAC, OGG or WebM"
        raise Unusable(f"The file for {utterance.name} holds no sound that can be read; give {known}.") from error


def _segment(source: Any) -> Any:
    """pydub's AudioSegment of this WAV file, or of samples at WIDE_HZ.

    It warns at its import that no ffmpeg is in PATH; ours is elsewhere, and pydub needs none for WAV.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment

    if isinstance(source, Path):
        with source.open("rb") as file:
            return AudioSegment.from_wav(file)
    return AudioSegment(data=source.tobytes(), sample_width=2, frame_rate=WIDE_HZ, channels=1)


def _clipped_s(whole: Path) -> float:
    """At the rate it came with: one that is brought to another rate has round edges where it was cut off."""
    sound = _segment(whole)
    return max(clipped(channel.get_array_of_samples()) for channel in sound.split_to_mono()) / float(sound.frame_rate)


def _speech(wide: Samples[int], samples: Samples[int]) -> Any:
    """What is between the first and the last word, as `samples`, the same sound at the telephone's rate, tell."""
    frames = active_frames(samples)
    return _segment(wide)[1000 * frames[0] / RATE_HZ : 1000 * (frames[-1] + FRAME) / RATE_HZ]


def _finish(speech: Any, level_dbfs: float, pauses: Pauses, file: Path) -> None:
    """With the silence around it that every prompt has, at the level that every prompt has."""
    gain_db = min(LEVEL_DBFS - level_dbfs, PEAK_DBFS - speech.max_dBFS)
    lead, tail = (type(speech).silent(1000 * pause_s, frame_rate=WIDE_HZ) for pause_s in pauses)
    whole = lead + speech.apply_gain(gain_db).fade_in(FADE_MS).fade_out(FADE_MS) + tail
    with whole.export(str(file), format="wav"):
        pass
