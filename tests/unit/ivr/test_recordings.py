"""Own recordings: judged on real files through the real ffmpeg; a bad one changes nothing."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from core.errors import Refused
from ivr.prompts import Utterance
from ivr.recordings import give_back, judged, own_file, take
from ivr.sound import RATE_HZ, active_dbfs, from_bytes, silence, write_pair
from ivr.sounds import LEVEL_DBFS, make_sounds
from ivr.voice import Espeak, SpeechFailed
from tests.unit.ivr.test_sound import tone
from tests.unit.ivr.test_sounds import HELLO, espeak

__all__ = ["espeak"]
PROMPT: Utterance = HELLO[0]


def wav(tmp_path: Path, samples: array[int]) -> Path:
    write_pair(tmp_path / "take", samples)
    return tmp_path / "take.wav"


def heard(sounds: Path) -> array[int]:
    return from_bytes((sounds / "en/hello.wav").read_bytes()[44:])


def test_a_recording_takes_the_place_of_the_voice_levelled_and_trimmed(tmp_path: Path, espeak: Espeak) -> None:
    sounds = tmp_path / "sounds"
    make_sounds(HELLO, sounds, espeak)
    synthetic = heard(sounds)
    judgement = take(PROMPT, wav(tmp_path, silence(1.0) + tone(-32.0, 2.0) + silence(3.0)), sounds, espeak)
    assert judgement.lasts_s == pytest.approx(2.0, abs=0.05)
    assert judgement.level_dbfs == pytest.approx(-32.0, abs=0.5)
    assert len(heard(sounds)) / RATE_HZ == pytest.approx(2.3, abs=0.1)
    assert active_dbfs(heard(sounds)) == pytest.approx(LEVEL_DBFS, abs=0.5)
    assert make_sounds(HELLO, sounds, espeak).made == 0, "the next set-up leaves it as it is"
    give_back(PROMPT, sounds, espeak)
    assert heard(sounds) == synthetic
    with pytest.raises(Refused, match="no own recording"):
        give_back(PROMPT, sounds, espeak)


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        (silence(2.0), "holds 0.00 s of speech"),
        (tone(-20.0, 0.1), "at least 0.2 s is needed"),
        (tone(-60.0, 2.0), "too quiet: -60 dBFS"),
        (tone(-20.0, 61.0), "at most 60 s is borne"),
        (array("h", [max(-32768, min(32767, 4 * each)) for each in tone(-8.0, 2.0)]), "is clipped"),
    ],
)
def test_a_recording_that_nobody_should_hear_is_refused_with_the_reason(
    tmp_path: Path, espeak: Espeak, samples: array[int], told: str
) -> None:
    with pytest.raises(Refused, match=told):
        take(PROMPT, wav(tmp_path, samples), tmp_path / "sounds", espeak)
    assert not own_file(PROMPT, tmp_path / "sounds").exists()


def test_what_is_no_sound_is_told(tmp_path: Path, espeak: Espeak) -> None:
    (tmp_path / "letter.mp3").write_text("Dear caller")
    with pytest.raises(SpeechFailed, match="Invalid data found"):
        take(PROMPT, tmp_path / "letter.mp3", tmp_path / "sounds", espeak)


def test_a_single_peak_is_not_called_clipping() -> None:
    samples = tone(-20.0, 1.0)
    samples[100] = 32767
    assert judged(samples).problems() == []
