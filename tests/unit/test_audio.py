"""The ears of the integration tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.audio import dominant_hz, level_dbfs, order_of, read, silences, write_tone


@pytest.mark.parametrize("hz", [325, 400, 1180, 1400, 2180])
def test_a_tone_is_recognised(tmp_path: Path, hz: int) -> None:
    write_tone(tmp_path / "tone.wav", hz, 1.0)
    assert dominant_hz(tmp_path / "tone.wav") == pytest.approx(hz, abs=1)
    assert level_dbfs(tmp_path / "tone.wav") == pytest.approx(-16.0, abs=0.1)


def test_silence_is_found_between_tones_also_in_a_file_without_lengths(tmp_path: Path) -> None:
    write_tone(tmp_path / "tone.wav", 500, 1.0)
    tone = (tmp_path / "tone.wav").read_bytes()
    header = tone[:40] + bytes(4)
    (tmp_path / "gap.wav").write_bytes(header + tone[44:] + bytes(16_000 * 3 // 10) + tone[44:])
    assert read(tmp_path / "gap.wav").lasts_s == pytest.approx(2.3)
    assert silences(tmp_path / "gap.wav") == [pytest.approx((1.0, 1.3))]
    with pytest.raises(ValueError, match="silence"):
        dominant_hz(tmp_path / "gap.wav", 1.05, 1.25)


def test_a_part_counts_from_the_end(tmp_path: Path) -> None:
    write_tone(tmp_path / "low.wav", 400, 1.0)
    write_tone(tmp_path / "high.wav", 1600, 1.0)
    low = (tmp_path / "low.wav").read_bytes()
    (tmp_path / "both.wav").write_bytes(low + (tmp_path / "high.wav").read_bytes()[44:])
    assert dominant_hz(tmp_path / "both.wav", -0.8) == pytest.approx(1600, abs=1)
    assert dominant_hz(tmp_path / "both.wav", 0.1, -1.2) == pytest.approx(400, abs=1)


@pytest.mark.parametrize(("gap_ms", "times"), [(0, 1), (100, 1), (300, 2)])
def test_a_tone_counts_again_after_a_silence_but_not_after_a_late_packet(
    tmp_path: Path, gap_ms: int, times: int
) -> None:
    write_tone(tmp_path / "tone.wav", 500, 1.0)
    tone = (tmp_path / "tone.wav").read_bytes()
    (tmp_path / "gap.wav").write_bytes(tone + bytes(16 * gap_ms) + tone[44:])
    assert order_of(tmp_path / "gap.wav", (500.0, 700.0)) == [500.0] * times
