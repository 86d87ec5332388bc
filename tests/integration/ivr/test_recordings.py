"""Own recordings: judged on real files through the real ffmpeg; a bad one changes nothing."""

from __future__ import annotations

import subprocess
import wave
from array import array
from pathlib import Path

import pytest

from core.errors import Refused
from ivr.prompts import Utterance
from ivr.recordings import Judgement, Kept, give_back, judged, kept
from ivr.recordings import take as take_recording
from ivr.sound import RATE_HZ, active_dbfs, from_bytes, silence, write_wav
from ivr.sounds import LEVEL_DBFS, WIDE_HZ, is_wide, make_sounds, own_file
from ivr.voice import Espeak
from tests.integration.ivr.test_sounds import HELLO, espeak
from tests.unit.ivr.test_sound import tone

__all__ = ["espeak"]
PROMPT: Utterance = HELLO[0]


def take(file: Path, sounds: Path, espeak: Espeak) -> Judgement:
    return take_recording(PROMPT, file, sounds, espeak, by="lead", at_utc_s=1795000500.0)


def wav(tmp_path: Path, samples: array[int]) -> Path:
    write_wav(tmp_path / "take.wav", samples)
    return tmp_path / "take.wav"


def heard(sounds: Path) -> array[int]:
    return from_bytes((sounds / "en/hello.wav").read_bytes()[44:])


def test_a_recording_takes_the_place_of_the_voice_levelled_and_trimmed(tmp_path: Path, espeak: Espeak) -> None:
    sounds = tmp_path / "sounds"
    make_sounds(HELLO, sounds, espeak)
    synthetic = heard(sounds)
    judgement = take(wav(tmp_path, silence(1.0) + tone(-32.0, 2.0) + silence(3.0)), sounds, espeak)
    assert judgement.lasts_s == pytest.approx(2.0, abs=0.05)
    assert judgement.level_dbfs == pytest.approx(-32.0, abs=0.5)
    assert kept(PROMPT, sounds) == Kept("lead", 1795000500.0, judgement)
    assert len(heard(sounds)) / RATE_HZ == pytest.approx(2.3, abs=0.1)
    assert active_dbfs(heard(sounds)) == pytest.approx(LEVEL_DBFS, abs=0.5)
    assert make_sounds(HELLO, sounds, espeak).made == 0, "the next set-up leaves it as it is"
    give_back(PROMPT, sounds, espeak)
    assert heard(sounds) == synthetic and kept(PROMPT, sounds) is None
    assert not (sounds / "en/hello.wav16").exists(), "or phones that carry more would still hear the recording"
    with pytest.raises(Refused, match="no own recording"):
        give_back(PROMPT, sounds, espeak)


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        (silence(2.0), "it is silent: see whether the microphone is on"),
        (tone(-20.0, 0.1), "at least 0.2 s are needed: record the text"),
        (tone(-60.0, 2.0), "too quiet, -60 dBFS, at least -45 are needed: go nearer"),
        (tone(-20.0, 61.0), "lasts more than 60 s: nobody listens so long"),
        (tone(-20.0, 1.0) + silence(5.0) + tone(-20.0, 1.0), "silent for 5 s in the middle: cut that out"),
        (array("h", [max(-32768, min(32767, 4 * each)) for each in tone(-8.0, 2.0)]), "is clipped.*: record it softer"),
    ],
)
def test_a_recording_that_nobody_should_hear_is_refused_with_the_reason(
    tmp_path: Path, espeak: Espeak, samples: array[int], told: str
) -> None:
    with pytest.raises(Refused, match=told):
        take(wav(tmp_path, samples), tmp_path / "sounds", espeak)
    assert not own_file(PROMPT, tmp_path / "sounds").exists()


PLAYLIST = "#EXTM3U\n#EXTINF:2,\nfile://{other}\n"
CONCAT = "ffconcat version 1.0\nfile '{other}'\n"


@pytest.mark.parametrize("letter", ["Dear caller", "", "RIFF\0\0\0\0WAVEfmt ", PLAYLIST, CONCAT])
def test_what_is_no_sound_is_told_and_no_other_file_is_read(tmp_path: Path, espeak: Espeak, letter: str) -> None:
    other = wav(tmp_path, tone(-20.0, 2.0))
    (tmp_path / "letter.mp3").write_text(letter.format(other=other))
    with pytest.raises(Refused, match="no sound that can be read; give WAV, MP3, M4A"):
        take(tmp_path / "letter.mp3", tmp_path / "sounds", espeak)
    assert list((tmp_path / "sounds").rglob("*.wav")) == []


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("mp3", ["-ar", "44100", "-ac", "2"]),
        ("m4a", ["-ar", "48000", "-c:a", "aac"]),
        ("wav", ["-ar", "96000", "-c:a", "pcm_s24le"]),
        ("ogg", ["-c:a", "libopus"]),
    ],
)
def test_what_people_record_with_is_read_and_kept_at_both_rates(
    tmp_path: Path, espeak: Espeak, suffix: str, options: list[str]
) -> None:
    """Half a second of 5 kHz is in it, which a telephone line does not carry, and one of 1 kHz."""
    file, sounds = tmp_path / f"take.{suffix}", tmp_path / "sounds"
    sine = ["-f", "lavfi", "-i", "sine=1000:d=1,volume=0.5", "-f", "lavfi", "-i", "sine=5000:d=0.5,volume=0.5"]
    joined = ["-filter_complex", "[0:a][1:a]concat=n=2:v=0:a=1", *options, str(file)]
    subprocess.run([espeak.ffmpeg, "-v", "error", *sine, *joined], check=True)
    judgement = take(file, sounds, espeak)
    assert judgement.lasts_s == pytest.approx(1.0, abs=0.1), "what the telephone carries counts"
    wide = sounds / "en/hello.wav16"
    assert is_wide(wide) and wide.samefile(own_file(PROMPT, sounds))
    assert (sounds / "en/hello.wav").stat().st_size / (2 * RATE_HZ) == pytest.approx(1.3, abs=0.1)
    with wave.open(str(wide)) as sound:
        assert sound.getnframes() / WIDE_HZ == pytest.approx(1.3, abs=0.1)


def test_a_recording_put_there_by_hand_is_heard_and_is_nobodys(tmp_path: Path, espeak: Espeak) -> None:
    sounds = tmp_path / "sounds"
    own_file(PROMPT, sounds).parent.mkdir(parents=True)
    wav(tmp_path, tone(-20.0, 1.0)).rename(own_file(PROMPT, sounds))
    make_sounds(HELLO, sounds, espeak)
    assert (sounds / "en/hello.wav").stat().st_size / (2 * RATE_HZ) == pytest.approx(1.3, abs=0.1)
    assert not (sounds / "en/hello.wav16").exists(), "it has no more than the telephone's rate"
    noted = kept(PROMPT, sounds)
    assert noted is not None and noted.by == ""


def test_clipping_is_seen_at_the_rate_the_recording_came_with(tmp_path: Path, espeak: Espeak) -> None:
    """Brought to 8 kHz first, these 5 kHz would be gone, and the clipping with them."""
    voice, loud = "sine=500:d=1:r=48000", "aevalsrc='clip(3*sin(2*PI*5000*t),-1,1)':s=48000:d=1"
    both = ["-f", "lavfi", "-i", voice, "-f", "lavfi", "-i", loud, "-filter_complex", "[0:a][1:a]concat=n=2:v=0:a=1"]
    subprocess.run([espeak.ffmpeg, "-v", "error", *both, str(tmp_path / "mixed.wav")], check=True)
    with pytest.raises(Refused, match="is clipped"):
        take(tmp_path / "mixed.wav", tmp_path / "sounds", espeak)


def test_a_single_peak_is_not_called_clipping() -> None:
    samples = tone(-20.0, 1.0)
    samples[100] = 32767
    assert judged(samples).problems() == {}
