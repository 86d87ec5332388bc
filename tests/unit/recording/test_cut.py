"""A cut recording gets its true length back; a whole one and anything else is left alone."""

from __future__ import annotations

import os
import struct
import wave
from pathlib import Path

import pytest

from recording.cut import cut_files, is_cut, mend
from recording.formats import WAV_HEADER_BYTES


def recording(path: Path, samples: int, *, cut: bool) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x01\x02" * samples)
    if cut:
        with path.open("r+b") as raw:
            raw.seek(4)
            raw.write(struct.pack("<I", 36))
            raw.seek(40)
            raw.write(struct.pack("<I", 0))
    return path


def test_a_cut_file_is_found_and_mended(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.wav", 8000, cut=True)
    assert is_cut(path)
    mend(path)
    assert not is_cut(path)
    with wave.open(str(path)) as file:
        assert file.getnframes() == 8000 and file.readframes(1) == b"\x01\x02"


@pytest.mark.parametrize("closed", [True, False])
def test_one_whose_beginning_never_reached_a_full_disk_is_found_and_mended(tmp_path: Path, closed: bool) -> None:
    """A PBX that was killed as well has not even written the lengths."""
    path = recording(tmp_path / "a.wav", 8000, cut=False)
    with path.open("r+b") as raw:
        lengths = raw.read(WAV_HEADER_BYTES) if closed else b"\x01\x02" * 22
        raw.seek(0)
        raw.write(b"\x01\x02\x01\x02" + lengths[4:8] + b"\x01\x02" * 16 + lengths[40:])
    assert is_cut(path)
    mend(path)
    assert not is_cut(path)
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (1, 2, 8000, 8000) and file.readframes(1) == b"\x01\x02"


def test_whole_empty_and_foreign_files_are_left_alone(tmp_path: Path) -> None:
    assert not is_cut(recording(tmp_path / "whole.wav", 100, cut=False))
    assert not is_cut(recording(tmp_path / "empty.wav", 0, cut=True))
    foreign = tmp_path / "foreign.wav"
    foreign.write_bytes(b"RIFF" + b"x" * (WAV_HEADER_BYTES + 10))
    assert not is_cut(foreign)


def test_only_quiet_files_are_offered(tmp_path: Path) -> None:
    old, fresh = (recording(tmp_path / name, 10, cut=True) for name in ("old.wav", "fresh.wav"))
    os.utime(old, (1000, 1000))
    os.utime(fresh, (1999, 1999))
    assert list(cut_files(tmp_path, now_s=2000)) == [old]
