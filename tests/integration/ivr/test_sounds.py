"""Making all sounds, with a program of ours in the place of espeak-ng and the real ffmpeg; prompts.yaml itself."""

from __future__ import annotations

import os
import re
import sys
import wave
from pathlib import Path

import imageio_ffmpeg
import pytest

from core.errors import ConfigurationWrong
from ivr.prompts import Utterance, languages_of, load_prompts
from ivr.say import PREFIX
from ivr.sound import RATE_HZ, active_dbfs, from_bytes, write_wav
from ivr.sounds import LEVEL_DBFS, make_sounds
from ivr.voice import Espeak, SpeechFailed
from tests.unit.ivr.test_sound import tone

SPEAKER = """
import io, math, os, sys, wave
from array import array
if "--version" in sys.argv:
    print("eSpeak NG text-to-speech:", os.environ["VERSION"])
    sys.exit()
if "--voices" in sys.argv:
    print("Pty Language       Age/Gender VoiceName  File   Other Languages")
    print(" 5  " + os.environ["MANDARIN"] + " --/M  Chinese  sit/cmn  (zh-cmn 5)(zh 5)")
    print(" 2  en-gb  --/M  English  gmw/en  (en 2)")
    sys.exit()
voice, text = sys.argv[sys.argv.index("-v") + 1], sys.stdin.buffer.read().decode()
with open(os.environ["SAID"], "a") as said:
    print(voice, text, file=said)
if text == "fail":
    sys.exit("Error: The specified espeak-ng voice does not exist.")
if text == "dictionary":
    print("Can't read dictionary file: 'cmn_dict'", file=sys.stderr)
loud = 0 if text == "silence" else 3000
samples = array("h", [round(loud * math.sin(n / 5)) for n in range(22050 * len(text) // 10)])
file = io.BytesIO()
with wave.open(file, "wb") as out:
    out.setparams((1, 2, 22050, len(samples), "NONE", ""))
    out.writeframes(samples.tobytes())
sys.stdout.buffer.write(file.getvalue())
"""
HELLO = (
    Utterance("hello", "en", "good morning", "en"),
    Utterance("hello", "zh-CN", "早上好", "zh-CN"),
    Utterance("switch", "zh-CN", "press nine", "en"),
)


@pytest.fixture
def espeak(tmp_path: Path) -> Espeak:
    (tmp_path / "speaker.py").write_text(SPEAKER)
    return speaker(tmp_path, "1.51")


def speaker(tmp_path: Path, version: str, mandarin: str = "cmn-latn-pinyin") -> Espeak:
    environment = {**os.environ, "VERSION": version, "MANDARIN": mandarin, "SAID": str(tmp_path / "said")}
    return Espeak(
        [sys.executable, "-I", "-X", "utf8", str(tmp_path / "speaker.py")], environment, imageio_ffmpeg.get_ffmpeg_exe()
    )


def said(tmp_path: Path) -> list[str]:
    return (tmp_path / "said").read_text().splitlines()


def test_each_text_is_said_by_its_voice_levelled_and_at_the_telephones_rate(tmp_path: Path, espeak: Espeak) -> None:
    shelf = make_sounds(HELLO, tmp_path / "sounds", espeak)
    assert said(tmp_path) == ["en good morning", "cmn-latn-pinyin 早上好", "en press nine"]
    assert shelf.made == len(HELLO) + 2
    with wave.open(str(tmp_path / "sounds/en/hello.wav")) as file:
        assert file.getframerate() == RATE_HZ
        assert file.getnframes() / RATE_HZ == pytest.approx(1.2 + 0.3, abs=0.1)
        assert active_dbfs(from_bytes(file.readframes(99999))) == pytest.approx(LEVEL_DBFS, abs=0.5)
    assert sorted(file.name for file in (tmp_path / "sounds/music").iterdir()) == ["third-ring.wav"]
    assert (tmp_path / "sounds/beep.wav").exists()


def test_a_re_run_says_nothing_and_a_changed_text_only_itself(tmp_path: Path, espeak: Espeak) -> None:
    make_sounds(HELLO, tmp_path / "sounds", espeak)
    assert make_sounds(HELLO, tmp_path / "sounds", espeak).made == 0
    assert len(said(tmp_path)) == len(HELLO)
    changed = (Utterance("hello", "en", "good evening", "en"), *HELLO[1:])
    assert make_sounds(changed, tmp_path / "sounds", espeak).made == 1
    assert said(tmp_path)[-1] == "en good evening"


def test_another_version_of_the_voice_says_everything_anew(tmp_path: Path, espeak: Espeak) -> None:
    make_sounds(HELLO, tmp_path / "sounds", espeak)
    assert make_sounds(HELLO, tmp_path / "sounds", speaker(tmp_path, "1.52")).made == len(HELLO)


def test_an_own_recording_wins_and_its_removal_brings_the_voice_back(tmp_path: Path, espeak: Espeak) -> None:
    sounds = tmp_path / "sounds"
    make_sounds(HELLO, sounds, espeak)
    synthetic = (sounds / "en/hello.wav").read_bytes()
    own = sounds / "en/own/hello.wav"
    own.parent.mkdir()
    write_wav(own.with_suffix(".wav"), tone(-35.0, 3.0))
    assert make_sounds(HELLO, sounds, espeak).made == 1
    with wave.open(str(sounds / "en/hello.wav")) as file:
        assert file.getnframes() / RATE_HZ == pytest.approx(3.3, abs=0.1)
        assert active_dbfs(from_bytes(file.readframes(99999))) == pytest.approx(LEVEL_DBFS, abs=0.5)
    own.unlink()
    make_sounds(HELLO, sounds, espeak)
    assert (sounds / "en/hello.wav").read_bytes() == synthetic


@pytest.mark.parametrize(
    ("text", "told"),
    [("fail", "voice does not exist"), ("dictionary", "Can't read dictionary"), ("silence", "made no sound")],
)
def test_a_voice_that_fails_is_named_and_leaves_nothing_behind(
    tmp_path: Path, espeak: Espeak, text: str, told: str
) -> None:
    with pytest.raises(SpeechFailed, match=told):
        make_sounds([Utterance("hello", "en", text, "en")], tmp_path / "sounds", espeak)
    assert not (tmp_path / "sounds/en").exists()


def test_a_missing_program_is_named(tmp_path: Path, espeak: Espeak) -> None:
    with pytest.raises(SpeechFailed, match=r"espeak-ng is missing: there is no /nowhere/espeak-ng"):
        make_sounds(HELLO, tmp_path, Espeak(["/nowhere/espeak-ng"], {}, espeak.ffmpeg))
    with pytest.raises(SpeechFailed, match=r"ffmpeg is missing: there is no /nowhere/ffmpeg"):
        make_sounds(HELLO, tmp_path, Espeak(espeak.command, espeak.environment, "/nowhere/ffmpeg"))


def test_a_voice_that_espeak_would_replace_by_a_similar_one_is_missed(tmp_path: Path, espeak: Espeak) -> None:
    with pytest.raises(SpeechFailed, match=r"no voice cmn-latn-pinyin$"):
        make_sounds(HELLO, tmp_path / "sounds", speaker(tmp_path, "1.50", mandarin="cmn"))


# --- the texts -------------------------------------------------------------------------------
def test_every_shipped_prompt_has_a_text_in_both_languages() -> None:
    prompts = languages_of(load_prompts()).items()
    assert all(languages == {"zh-CN", "en"} for name, languages in prompts if not name.startswith(PREFIX))


def test_what_the_dialplan_plays_is_there() -> None:
    played = {"fallback-notice", "nobody-there", "all-lines-busy", "goodbye", "night-notice", "night-noted"}
    assert played <= languages_of(load_prompts()).keys()


@pytest.mark.parametrize("utterance", load_prompts(), ids=lambda each: f"{each.language}/{each.name}")
def test_texts_have_nothing_that_a_voice_misreads(utterance: Utterance) -> None:
    """Digits are read in each voice's own way; Latin letters in a Chinese text are taken for pinyin."""
    assert not re.search(r"[0-9]", utterance.text)
    assert not (utterance.spoken == "zh-CN" and re.search(r"[A-Za-z]", utterance.text))
    assert not (utterance.spoken == "en" and re.search(r"[\u4e00-\u9fff]", utterance.text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello:\n  fr: bonjour\n", "prompts.yaml:2: hello.fr"),
        ("hello:\n  en: {text: x, spoken: fr}\n", "prompts.yaml:2: hello.en"),
        ("Hello:\n  en: hello\n", "prompts.yaml:1: Hello"),
    ],
)
def test_a_mistake_in_the_prompts_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "prompts.yaml").write_text(text)
    with pytest.raises(ConfigurationWrong) as wrong:
        load_prompts(tmp_path / "prompts.yaml")
    assert wrong.value.problems[0].startswith(told)
