"""A person's own recording of a prompt: judged before it takes the place of the synthetic voice.

What comes in may be any sound file that ffmpeg reads; it is brought to the telephone's rate, trimmed and levelled
like every prompt (ivr.sounds). Levels are dBFS as in ivr.sound.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from core.errors import Refused
from ivr.prompts import Utterance
from ivr.sound import FULL_SCALE, RATE_HZ, Samples, active_dbfs, active_frames, dbfs, write_pair
from ivr.sounds import put_sound
from ivr.voice import Espeak

SHORTEST_S, LONGEST_S = 0.2, 60.0
QUIETEST_DBFS = -45.0
"""Below this, levelling makes the room louder than the words."""

CLIPPED_RUN = 3
"""So many samples in a row at full scale are a wave that was cut off; one or two are a peak."""

CLIPPED_S = 0.005
"""So much of it in all is heard as a crackle."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a recording is like, and what is wrong with it."""

    lasts_s: float
    level_dbfs: float
    peak_dbfs: float
    clipped_s: float

    def problems(self) -> list[str]:
        found = []
        if self.lasts_s < SHORTEST_S:
            found.append(f"it holds {self.lasts_s:.2f} s of speech, at least {SHORTEST_S} s is needed")
        elif self.level_dbfs < QUIETEST_DBFS:
            found.append(f"it is too quiet: {self.level_dbfs:.0f} dBFS, at least {QUIETEST_DBFS:.0f} is needed")
        if self.lasts_s > LONGEST_S:
            found.append(f"it lasts {self.lasts_s:.0f} s, at most {LONGEST_S:.0f} s is borne")
        if self.clipped_s > CLIPPED_S:
            found.append(f"it is clipped: {1000 * self.clipped_s:.0f} ms are cut off at full scale; record it softer")
        return found


def judged(samples: Samples[int]) -> Judgement:
    """Length of the speech, its level, the highest peak, and how much is cut off at full scale."""
    frames = active_frames(samples)
    speech_s = (frames[-1] - frames[0]) / RATE_HZ + 0.02 if frames else 0.0
    runs = (len(list(run)) for full, run in groupby(samples, lambda sample: abs(sample) >= FULL_SCALE - 1) if full)
    clipped = sum(length for length in runs if length >= CLIPPED_RUN)
    return Judgement(speech_s, active_dbfs(samples), dbfs(max(map(abs, samples), default=0)), clipped / RATE_HZ)


def own_file(utterance: Utterance, sounds: Path) -> Path:
    return sounds / utterance.language / "own" / f"{utterance.name}.wav"


def take(utterance: Utterance, file: Path, sounds: Path, espeak: Espeak) -> Judgement:
    """Have callers hear this recording from their next prompt on.

    Raises:
        Refused: it is no sound that can be used; the prompt stays as it was.
        SpeechFailed: ffmpeg cannot read it.
    """
    samples = espeak.recorded(file)
    judgement = judged(samples)
    if problems := judgement.problems():
        raise Refused(f"{file} cannot be used for {utterance.name}: {'; '.join(problems)}.")
    own = own_file(utterance, sounds)
    own.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    fresh = own.with_name(f".{own.stem}-{os.getpid()}")
    write_pair(fresh, samples)
    os.replace(f"{fresh}.wav", own)
    os.unlink(f"{fresh}.alaw")
    put_sound(utterance, sounds, espeak)
    return judgement


def give_back(utterance: Utterance, sounds: Path, espeak: Espeak) -> None:
    """The synthetic voice again. Raises Refused: there is no recording."""
    try:
        own_file(utterance, sounds).unlink()
    except FileNotFoundError as error:
        raise Refused(f"There is no own recording of {utterance.name} in {utterance.language}.") from error
    put_sound(utterance, sounds, espeak)
