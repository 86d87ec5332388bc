"""Locked files: what was put in comes out, any part of it, and whatever was done to them shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording import vault
from recording.archive import Archive, path_of, recording_id
from recording.vault import HEAD_BYTES, MAGIC, PIECE_BYTES, TAG_BYTES, Tampered, is_locked, lock, size_bytes, unlocked

KEY, OTHER = bytes(32), bytes([1] * 32)
SIZES = [0, 1, 100, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 3 * PIECE_BYTES + 7]


@cache
def content(size: int) -> bytes:
    return bytes(number * 31 % 251 for number in range(size))


def locked(directory: Path, size: int, name: str = "a.flac") -> Path:
    plain, target = directory / "plain", directory / name
    plain.write_bytes(content(size))
    lock(plain, target, KEY, name)
    return target


def whole(file: Path, key: bytes = KEY, name: str = "a.flac") -> bytes:
    return b"".join(unlocked(file, key, name, 0, 1 << 62))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_put_in_comes_out(size: int, tmp_path: Path) -> None:
    file = locked(tmp_path, size)
    assert (whole(file), size_bytes(file), is_locked(file)) == (content(size), size, True)
    assert content(size)[:20] not in file.read_bytes() or size < 20


LOCKED: dict[int, Path] = {}
"""By size, each locked once."""


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SIZES[4:]), st.integers(0, 4 * PIECE_BYTES), st.integers(0, 4 * PIECE_BYTES))
def test_any_part_comes_out(tmp_path_factory: pytest.TempPathFactory, size: int, start: int, length: int) -> None:
    if size not in LOCKED:
        LOCKED[size] = locked(tmp_path_factory.mktemp("vault"), size)
    assert b"".join(unlocked(LOCKED[size], KEY, "a.flac", start, length)) == content(size)[start : start + length]


def test_the_same_is_never_locked_alike(tmp_path: Path) -> None:
    """Nor under the same nonce: two texts under one tell each other, and the key that signs them (NIST SP 800-38D)."""
    once, again = [locked(tmp_path, 100, "a.flac").read_bytes() for _ in range(2)]
    assert once[: len(MAGIC)] == again[: len(MAGIC)]
    assert once[len(MAGIC) : HEAD_BYTES] != again[len(MAGIC) : HEAD_BYTES]
    assert once[HEAD_BYTES : HEAD_BYTES + 100] != again[HEAD_BYTES : HEAD_BYTES + 100]


def flip(body: bytes) -> bytes:
    return body[:-40] + bytes([body[-40] ^ 1]) + body[-39:]


def swap(body: bytes) -> bytes:
    one, two = HEAD_BYTES, HEAD_BYTES + PIECE_BYTES + TAG_BYTES
    size = PIECE_BYTES + TAG_BYTES
    return body[:one] + body[two : two + size] + body[one : one + size] + body[two + size :]


@pytest.mark.parametrize(
    "harm",
    [
        flip,
        swap,
        lambda body: body[: HEAD_BYTES + 2 * (PIECE_BYTES + TAG_BYTES)],
        lambda body: body[:-1],
        lambda body: body[:HEAD_BYTES],
        lambda body: body[:5],
        lambda body: body + b"x" * 40,
        lambda body: b"X" + body[1:],
    ],
    ids=["altered", "pieces swapped", "pieces cut off", "a byte cut off", "emptied", "no head", "longer", "no magic"],
)
def test_what_was_done_to_it_shows(harm: Callable[[bytes], bytes], tmp_path: Path) -> None:
    file = locked(tmp_path, 3 * PIECE_BYTES)
    file.write_bytes(harm(file.read_bytes()))
    with pytest.raises(Tampered):
        whole(file)


def test_another_key_and_another_place_do_not_open_it(tmp_path: Path) -> None:
    file = locked(tmp_path, 100)
    for key, name in ((OTHER, "a.flac"), (KEY, "b.flac")):
        with pytest.raises(Tampered):
            whole(file, key, name)


# --- in the archive --------------------------------------------------------------------------
def taken(archive: Archive, body: bytes) -> str:
    recording = recording_id(b"key", "voice-1")
    path = path_of(recording, 1_795_600_000.0)
    for suffix in (".flac", ".mp3", ".peaks"):
        archive.work_place(recording).with_suffix(suffix).write_bytes(body)
    archive.take(recording, path)
    return path


def test_an_archive_with_a_key_reads_what_it_locks_and_what_lay_there_before(tmp_path: Path) -> None:
    body = content(200_000)
    plain = Archive(tmp_path)
    before = taken(plain, body)
    sha256 = plain.sha256(before)
    keyed = Archive(tmp_path, KEY)
    assert keyed.sha256(before) == sha256
    after = taken(keyed, body)
    assert vault.is_locked(tmp_path / f"{after}.mp3") and list((tmp_path / ".work").iterdir()) == []
    assert (keyed.sha256(after), keyed.size_bytes(after, ".mp3")) == (sha256, len(body))
    assert b"".join(keyed.read(after, ".mp3", 70_000, 10)) == body[70_000:70_010]
    with pytest.raises(Tampered):
        list(plain.read(after, ".mp3"))
