"""The real espeak-ng on the real texts: said as Mandarin, as long as callers bear, and ready for the trunk."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import pytest

from app.settings import read_settings
from app.sounds import speaker
from ivr.prompts import Utterance, load_prompts
from ivr.sound import RATE_HZ
from ivr.voice import VOICES, Espeak, SpeechFailed, Voice
from tests.integration.centre import lend_sounds

TO_THE_FIRST_CHOICE_S, TO_A_PERSON_S = 20.0, 45.0


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return speaker(read_settings().home / "tools")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As every house of these tests has them."""
    home = tmp_path_factory.mktemp("home")
    lend_sounds(home)
    return home / "sounds"


def seconds(sounds: Path, language: str, *prompts: str) -> float:
    total = 0.0
    for prompt in prompts:
        with wave.open(str(sounds / language / f"{prompt}.wav")) as file:
            total += file.getnframes() / RATE_HZ
    return total


@pytest.mark.parametrize(
    "utterance", [each for each in load_prompts() if each.spoken == "zh-CN"], ids=lambda each: each.name
)
def test_mandarin_is_not_spelt_in_english(espeak: Espeak, utterance: Utterance) -> None:
    """espeak-ng writes a switch to an English voice as "(en)" among the phonemes."""
    order = [*espeak.command, "-v", VOICES["zh-CN"].name, "-x", "-q", utterance.text]
    done = subprocess.run(order, env=espeak.environment, capture_output=True, text=True, check=True)
    assert "(en)" not in done.stdout


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_callers_reach_a_choice_and_a_person_soon(sounds: Path, language: str) -> None:
    for hotline in ("presales", "after-sales"):
        first = seconds(sounds, language, f"welcome-{hotline}", "other-language", "menu-services")
        assert first <= TO_THE_FIRST_CHOICE_S
        assert first + seconds(sounds, language, "recording-notice", "please-hold") <= TO_A_PERSON_S
    straight = ("welcome-complaints", "other-language", "recording-notice", "please-hold")
    assert seconds(sounds, language, *straight) <= TO_THE_FIRST_CHOICE_S


@pytest.mark.parametrize("utterance", load_prompts(), ids=lambda each: f"{each.language}/{each.name}")
def test_every_prompt_is_speech_of_a_likely_length(sounds: Path, utterance: Utterance) -> None:
    lasts_s = seconds(sounds, utterance.language, utterance.name)
    if utterance.name.startswith("say-"):  # a word or two; the silence around it weighs too much for a rate
        assert 0.1 < lasts_s < 1.5
        return
    slowest, fastest = (3.0, 6.0) if utterance.spoken == "zh-CN" else (10.0, 20.0)
    assert slowest < len(utterance.text) / lasts_s < fastest


def test_a_voice_that_this_espeak_lacks_is_named(espeak: Espeak) -> None:
    espeak.require(["en", "cmn-latn-pinyin"])
    with pytest.raises(SpeechFailed, match=r"espeak-ng has no voice no-such-voice$"):
        espeak.require(["en", "no-such-voice"])
    with pytest.raises(SpeechFailed, match=r"espeak-ng failed \(-v xx .*voice does not exist"):
        espeak.speak("hello", Voice("xx", 160))
