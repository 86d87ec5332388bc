"""Sound: A-law against another's encoder, levels that are what they say, files that appear whole."""

from __future__ import annotations

import math
import random
import wave
from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from ivr import music
from ivr.shelf import Shelf, key_of
from ivr.sound import (
    PEAK_DBFS,
    RATE_HZ,
    Samples,
    active_dbfs,
    active_frames,
    amplitude,
    dbfs,
    levelled,
    rms,
    silence,
    trimmed,
)


def tone(level_dbfs: float, seconds: float = 1.0, hertz: float = 440.0) -> Samples[int]:
    peak = amplitude(level_dbfs) * math.sqrt(2)
    turn = math.tau * hertz / RATE_HZ
    return array("h", [round(peak * math.sin(turn * sample)) for sample in range(round(seconds * RATE_HZ))])


def strength(samples: Sequence[int], hertz: float) -> float:
    """Amplitude at one frequency (Goertzel)."""
    turn = 2 * math.cos(math.tau * hertz / RATE_HZ)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    return 2 * math.sqrt(max(0.0, last * last + before * before - turn * last * before)) / len(samples)


def peak_dbfs(samples: Sequence[int]) -> float:
    return dbfs(max(map(abs, samples)))


def test_levels_are_told_of_the_speech_and_not_of_its_pauses() -> None:
    speech = silence(1.0) + tone(-30.0) + silence(2.0) + tone(-30.0)
    assert active_dbfs(speech) == pytest.approx(-30.0, abs=0.1)
    assert active_dbfs(levelled(speech, -20.0)) == pytest.approx(-20.0, abs=0.1)


def test_levelling_never_clips() -> None:
    click = tone(-40.0)
    click[100] = 30000
    assert peak_dbfs(levelled(click, -10.0)) <= PEAK_DBFS + 0.01


def test_trimming_leaves_just_the_silence_asked_for() -> None:
    speech = trimmed(silence(0.7) + tone(-20.0, 0.5) + silence(0.9), 0.1, 0.2)
    assert len(speech) / RATE_HZ == pytest.approx(0.8, abs=0.04)
    assert not any(speech[: RATE_HZ // 10 - 1])
    assert active_frames(speech)[0] == pytest.approx(RATE_HZ // 10, abs=160)


def test_nothing_stays_nothing() -> None:
    assert list(levelled(silence(0.1), -20.0)) == list(silence(0.1))
    assert list(trimmed(silence(0.1), 0.1, 0.1)) == []
    assert active_dbfs(array("h")) == -math.inf


# --- the music -------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def piece() -> Samples[int]:
    return music.compose()


def test_the_music_is_as_long_and_as_loud_as_it_says(piece: Samples[int]) -> None:
    assert 60 <= len(piece) / RATE_HZ <= 90
    assert dbfs(rms(piece)) == pytest.approx(music.LEVEL_DBFS, abs=0.1)
    assert peak_dbfs(piece) < -6.0


def test_the_music_is_even_without_a_hole_or_a_shock(piece: Samples[int]) -> None:
    seconds = [dbfs(rms(piece[at : at + RATE_HZ])) for at in range(0, len(piece), RATE_HZ)]
    assert music.LEVEL_DBFS - 6 < min(seconds) and max(seconds) < music.LEVEL_DBFS + 4


def test_the_music_loops_without_a_click(piece: Samples[int]) -> None:
    steps = [abs(after - before) for before, after in pairwise(piece)]
    assert abs(piece[0] - piece[-1]) < sum(steps) / len(steps)


def test_the_music_lies_in_the_telephones_band(piece: Samples[int]) -> None:
    second = piece[: 4 * RATE_HZ]
    heard = strength(second, 493.88)  # B4, the first note of the tune
    assert heard > 20 * max(strength(second, 50.0), strength(second, 3700.0))


def test_music_is_the_same_each_time(piece: Samples[int]) -> None:
    assert music.compose() == piece


def test_the_beep_is_a_short_tone_of_1000_hz() -> None:
    beep = music.beep()
    assert len(beep) == RATE_HZ / 4
    assert strength(beep, 1000.0) > 10 * strength(beep, 1500.0)


# --- the shelf -------------------------------------------------------------------------------
def test_a_file_is_made_once_for_each_content(tmp_path: Path) -> None:
    for name, key, made in (("en/a", "1", 1), ("en/a", "1", 0), ("en/a", "2", 1), ("en/b", "2", 0)):
        shelf = Shelf(tmp_path)
        shelf.put(name, key, lambda key=key: tone(-20.0, 0.1 * int(key)))  # type: ignore[misc]
        assert (shelf.made, shelf.kept) == (made, 1 - made)
    with wave.open(str(tmp_path / "en/a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        assert file.getnframes() == 1600


def test_what_nobody_uses_is_forgotten_and_what_is_used_stays(tmp_path: Path) -> None:
    Shelf(tmp_path).put("a", "old", lambda: tone(-20.0, 0.1))
    shelf = Shelf(tmp_path)
    shelf.put("a", "new", lambda: tone(-20.0, 0.2))
    shelf.forget_unused()
    assert {file.name for file in (tmp_path / "cache").iterdir()} == {"new.wav"}
    assert (tmp_path / "a.wav").samefile(tmp_path / "cache/new.wav")


def test_a_failed_making_leaves_the_old_file_in_place(tmp_path: Path) -> None:
    Shelf(tmp_path).put("a", "old", lambda: tone(-20.0, 0.1))

    def fail() -> Samples[int]:
        raise OSError("no voice")

    with pytest.raises(OSError, match="no voice"):
        Shelf(tmp_path).put("a", "new", fail)
    assert {file.name for file in tmp_path.iterdir()} == {"a.wav", "cache"}
    assert (tmp_path / "a.wav").stat().st_size == 1600 + 44


def test_a_half_file_of_a_killed_set_up_is_never_taken(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/k-77.wav").write_bytes(b"RIFF")
    shelf = Shelf(tmp_path)
    shelf.put("a", "k", lambda: tone(-20.0, 0.1))
    assert shelf.made == 1
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getnframes() == 800


def test_keys_keep_their_parts_apart() -> None:
    parts = [("a", "b"), ("ab",), ("b", "a"), ("a", b"b", ""), ("a",)]
    assert len({key_of(*each) for each in parts}) == len(parts)


def test_noise_is_levelled_too() -> None:
    dice = random.Random(3)
    noise = array("h", [dice.randint(-3000, 3000) for _ in range(RATE_HZ)])
    assert active_dbfs(levelled(noise, -26.0)) == pytest.approx(-26.0, abs=0.2)
