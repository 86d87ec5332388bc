"""All sound files of an instance, made at set-up: prompts, music while waiting, a beep.

<sounds>/<language>/<prompt>.wav|alaw   what the PBX plays
<sounds>/<language>/own/<prompt>.wav    a person's recording; it wins over the synthetic voice
<sounds>/music/third-ring.wav|alaw      nothing else is there: the PBX plays the whole directory
<sounds>/beep.wav|alaw
<sounds>/cache/                         what the others are links to
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from types import ModuleType

from ivr import music, sound, voice
from ivr.prompts import Utterance
from ivr.shelf import Shelf, key_of
from ivr.sound import Samples, levelled, trimmed
from ivr.voice import VOICES, Espeak

LEVEL_DBFS = -20.0
LEAD_S, TAIL_S = 0.05, 0.25  # silence around each prompt, so that prompts in a row have pauses


def make_sounds(utterances: Iterable[Utterance], sounds: Path, espeak: Espeak) -> Shelf:
    """Have every sound file in place. What was made before by the same means is kept; the shelf tells how many.

    Raises:
        SpeechFailed: espeak-ng or ffmpeg is missing or failed; what was finished by then stays.
        OSError: the directory cannot be written.
    """
    espeak.require(each.name for each in VOICES.values())
    shelf = Shelf(sounds)
    means = key_of(espeak.version(), *map(_source, (sound, voice)))
    for utterance in utterances:
        _put_prompt(shelf, utterance, sounds, espeak, means)
    composed = key_of(*map(_source, (sound, music)))
    shelf.put("music/third-ring", key_of("music", composed), music.compose)
    shelf.put("beep", key_of("beep", composed), music.beep)
    shelf.forget_unused()
    return shelf


def _put_prompt(shelf: Shelf, utterance: Utterance, sounds: Path, espeak: Espeak, means: str) -> None:
    name = f"{utterance.language}/{utterance.name}"
    own = sounds / utterance.language / "own" / f"{utterance.name}.wav"
    if own.exists():
        shelf.put(name, key_of("own", own.read_bytes(), means), partial(_recorded, espeak, own))
    else:
        spoken = VOICES[utterance.spoken]
        shelf.put(
            name, key_of("voice", utterance.text, repr(spoken), means), partial(_spoken, espeak, utterance.text, spoken)
        )


def _spoken(espeak: Espeak, text: str, spoken: voice.Voice) -> Samples[int]:
    return _finished(espeak.speak(text, spoken))


def _recorded(espeak: Espeak, own: Path) -> Samples[int]:
    return _finished(espeak.recorded(own))


def _finished(samples: Samples[int]) -> Samples[int]:
    return levelled(trimmed(samples, LEAD_S, TAIL_S), LEVEL_DBFS)


def _source(module: ModuleType) -> bytes:
    """How a sound is made belongs to what it is made of: changed code makes it anew."""
    return Path(str(module.__file__)).read_bytes()
