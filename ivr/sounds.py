"""All sound files of an instance, made at set-up: prompts, music while waiting, a beep.

<sounds>/<language>/<prompt>.wav        what the PBX plays
<sounds>/<language>/own/<prompt>.wav    a person's recording; it wins over the synthetic voice
<sounds>/<language>/<prompt>.wav16      the same for phones that hear more, where that recording has 16 kHz
<sounds>/music/third-ring.wav           nothing else is there: the PBX plays the whole directory
<sounds>/beep.wav
<sounds>/cache/                         what the others are links to
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import ModuleType

from ivr import music, sound, voice
from ivr.prompts import Utterance
from ivr.say import PREFIX
from ivr.shelf import FORMAT, Shelf, key_of
from ivr.sound import Samples, levelled, trimmed
from ivr.voice import VOICES, Espeak

LEVEL_DBFS = -20.0
LEAD_S, TAIL_S = 0.05, 0.25  # silence around each prompt, so that prompts in a row have pauses
PART_LEAD_S, PART_TAIL_S = 0.0, 0.04  # around the words of a number: none is heard inside it
Pauses = tuple[float, float]
WIDE_HZ = 16_000


def make_sounds(utterances: Iterable[Utterance], sounds: Path, espeak: Espeak) -> Shelf:
    """Have every sound file in place. What was made before by the same means is kept; the shelf tells how many.

    Raises:
        SpeechFailed: espeak-ng or ffmpeg is missing or failed; what was finished by then stays.
        OSError: the directory cannot be written.
    """
    espeak.require(each.name for each in VOICES.values())
    shelf = Shelf(sounds)
    means = _means(espeak)
    for utterance in utterances:
        _put_prompt(shelf, utterance, sounds, espeak, means)
    composed = key_of(*map(_source, (sound, music)))
    shelf.put("music/third-ring", key_of("music", composed), music.compose)
    shelf.put("beep", key_of("beep", composed), music.beep)
    shelf.forget_unused()
    return shelf


def prepare_sounds(utterances: Iterable[Utterance], sounds: Path, espeak: Espeak) -> int:
    """Have what the synthetic voice says ready to be put in place, which nothing is yet; how many were made.

    Raises as make_sounds.
    """
    shelf, means = Shelf(sounds), _means(espeak)
    for utterance in utterances:
        shelf.prepare(*_voice(utterance, espeak, means))
    return shelf.made


def own_file(utterance: Utterance, sounds: Path) -> Path:
    """Where a person's recording of this prompt is, if there is one."""
    return sounds / utterance.language / "own" / f"{utterance.name}.wav"


def is_wide(file: Path) -> bool:
    """Is it a WAV file of 16 kHz, one channel, 16 bit?"""
    try:
        with wave.open(str(file)) as sound:
            return (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, WIDE_HZ)
    except (OSError, EOFError, wave.Error):
        return False


def put_sound(utterance: Utterance, sounds: Path, espeak: Espeak) -> None:
    """Have one prompt in place. Raises as make_sounds."""
    _put_prompt(Shelf(sounds), utterance, sounds, espeak, _means(espeak))


def _means(espeak: Espeak) -> str:
    return key_of(espeak.version(), *map(_source, (sound, voice)))


def measured_speech(utterances: Iterable[Utterance], sounds: Path) -> dict[tuple[str, str], float]:
    """(language, prompt) -> seconds, of the sound files that are there. Raises OSError."""
    found = {}
    for each in utterances:
        file = sounds / each.language / f"{each.name}.{FORMAT}"
        if file.exists():
            found[each.language, each.name] = (file.stat().st_size - sound.WAV_HEADER_BYTES) / (2 * sound.RATE_HZ)
    return found


def _put_prompt(shelf: Shelf, utterance: Utterance, sounds: Path, espeak: Espeak, means: str) -> None:
    name = f"{utterance.language}/{utterance.name}"
    own = own_file(utterance, sounds)
    if own.exists():
        key = key_of("own", own.read_bytes(), means)
        shelf.put(name, key, partial(_recorded, espeak, own, pauses_of(utterance)), own if is_wide(own) else None)
    else:
        shelf.put(name, *_voice(utterance, espeak, means))


def pauses_of(utterance: Utterance) -> Pauses:
    """Seconds of silence before and after it."""
    return (PART_LEAD_S, PART_TAIL_S) if utterance.name.startswith(PREFIX) else (LEAD_S, TAIL_S)


def _voice(utterance: Utterance, espeak: Espeak, means: str) -> tuple[str, Callable[[], Samples[int]]]:
    """The key of what the synthetic voice says, and how it is made."""
    spoken, pauses = VOICES[utterance.spoken], pauses_of(utterance)
    key = key_of("voice", utterance.text, repr(spoken), repr(pauses), means)
    return key, partial(_spoken, espeak, utterance.text, spoken, pauses)


def _spoken(espeak: Espeak, text: str, spoken: voice.Voice, pauses: Pauses) -> Samples[int]:
    return _finished(espeak.speak(text, spoken), pauses)


def _recorded(espeak: Espeak, own: Path, pauses: Pauses) -> Samples[int]:
    return _finished(espeak.recorded(own), pauses)


def _finished(samples: Samples[int], pauses: Pauses) -> Samples[int]:
    return levelled(trimmed(samples, *pauses), LEVEL_DBFS)


def _source(module: ModuleType) -> bytes:
    """How a sound is made belongs to what it is made of: changed code makes it anew."""
    return Path(str(module.__file__)).read_bytes()
