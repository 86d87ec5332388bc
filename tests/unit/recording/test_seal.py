"""The chain: what is removed, truncated, altered, swapped, put in or cut off shows; what was erased does not."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recording.archive import Archive, path_of, recording_id
from recording.finish import SUFFIXES
from recording.seal import Chain, Line, standing
from recording.verify import verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
DAYS = ("2026-11-25", "2026-11-26")


class Shelf:
    """An archive of four recordings, sealed on two days."""

    def __init__(self, root: Path) -> None:
        self.archive, self.chain = Archive(root), Chain(root, KEY)
        self.lines = [self.add(number) for number in range(4)]

    def add(self, number: int) -> Line:
        recording = recording_id(b"key", f"voice-{number}")
        path = path_of(recording, 1_795_600_000.0 + number)
        for suffix in SUFFIXES:
            self.archive.work_place(recording).with_suffix(suffix).write_bytes(f"sound {number} ".encode() * 50)
        self.archive.take(recording, path)
        size, sha256 = self.archive.size_bytes(path, ".flac"), self.archive.sha256(path)
        at = f"{DAYS[number // 2]}T10:00:0{number}+00:00"
        return self.chain.append(Line(0, at, "sealed", recording, f"v{number}", path, sha256, size, "", "", ""))

    @property
    def ledger(self) -> list[tuple[str, str]]:
        return [(line.recording, line.sha256) for line in self.lines]

    def file(self, number: int) -> Path:
        return self.archive.root / f"{self.lines[number].path}.flac"

    def manifest(self, day: int) -> Path:
        return self.archive.root / "manifests" / f"{DAYS[day]}.jsonl"

    def faults(self) -> str:
        return "\n".join(verify(self.archive, KEY.public_key(), self.ledger).faults)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def swap(shelf: Shelf) -> None:
    one, other = shelf.file(1).read_bytes(), shelf.file(2).read_bytes()
    shelf.file(1).write_bytes(other)
    shelf.file(2).write_bytes(one)


def edit(shelf: Shelf) -> None:
    """Somebody who can write but not sign makes the manifest fit the altered file."""
    shelf.file(0).write_bytes(b"forged" * 100)
    lines = shelf.manifest(0).read_text().splitlines()
    first = Line(**json.loads(lines[0]))
    forged = {**json.loads(lines[0]), "sha256": shelf.archive.sha256(first.path)}
    forged["hash"] = Line(**forged).digest()
    shelf.manifest(0).write_text("\n".join([json.dumps(forged), *lines[1:]]) + "\n")


def cut_end(shelf: Shelf) -> None:
    """The last line and its file."""
    text = shelf.manifest(1).read_text().splitlines(keepends=True)
    shelf.manifest(1).write_text("".join(text[:-1]))
    shelf.archive.erase(shelf.lines[3].path)


def put_in(shelf: Shelf) -> None:
    stray = shelf.file(0).with_name("a" * 26 + ".flac")
    stray.write_bytes(b"x")


def drop_line(shelf: Shelf) -> None:
    text = shelf.manifest(0).read_text().splitlines(keepends=True)
    shelf.manifest(0).write_text(text[0])
    shelf.archive.erase(shelf.lines[1].path)


def drop_day(shelf: Shelf) -> None:
    shelf.manifest(0).unlink()
    for line in shelf.lines[:2]:
        shelf.archive.erase(line.path)


def bend(shelf: Shelf) -> None:
    data = bytearray(shelf.file(3).read_bytes())
    data[200] ^= 1
    shelf.file(3).write_bytes(data)


def test_what_is_as_it_was_sealed_has_no_fault(shelf: Shelf) -> None:
    verdict = verify(shelf.archive, KEY.public_key(), shelf.ledger)
    assert (verdict.recordings, verdict.lines, verdict.faults) == (4, 4, ())


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda shelf: shelf.file(1).unlink(), "removed"),
        (lambda shelf: shelf.file(1).write_bytes(shelf.file(1).read_bytes()[:50]), "truncated, 50 of 400"),
        (bend, "altered"),
        (swap, "altered, or swapped"),
        (edit, "signature is not ours"),
        (put_in, "never sealed"),
        (drop_line, "does not follow"),
        (drop_day, "does not follow"),
        (cut_end, "their end was cut off"),
        (lambda shelf: shelf.manifest(0).write_text("garbage\n" + shelf.manifest(0).read_text()), "cannot be read"),
    ],
)
def test_harm_is_found(harm: Callable[[Shelf], None], said: str, shelf: Shelf) -> None:
    harm(shelf)
    assert said in shelf.faults()


def test_what_was_erased_with_a_tombstone_is_no_fault(shelf: Shelf) -> None:
    line = shelf.lines[2]
    at = f"{DAYS[1]}T11:00:00+00:00"
    shelf.chain.append(replace(line, at=at, what="erased", by="me", why="asked by the customer"))
    shelf.archive.erase(line.path)
    assert shelf.faults() == ""
    found = standing(shelf.archive.root, KEY.public_key())
    assert list(found.erased) == [line.recording] and found.lines == 5


def test_a_new_process_goes_on_with_the_chain_and_a_torn_end_is_dropped(shelf: Shelf) -> None:
    with shelf.manifest(1).open("a") as file:
        file.write('{"number": 5, "at": "20')
    shelf.chain = Chain(shelf.archive.root, KEY)
    assert shelf.chain.sealed(shelf.lines[0].recording) == shelf.lines[0].sha256
    shelf.lines.append(Shelf.add(shelf, 3))
    assert shelf.lines[-1].number == 5 and shelf.faults() == ""


def test_another_key_signs_nothing_of_ours(shelf: Shelf) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)).public_key()
    assert len(verify(shelf.archive, other, None).faults) == 4


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_that_a_full_disk_has_torn_is_written_anew(shelf: Shelf) -> None:
    line, room = shelf.lines[2], shelf.manifest(1).stat().st_size + 20
    tombstone = replace(line, at=f"{DAYS[1]}T11:00:00+00:00", what="erased")
    with full_disk(room), pytest.raises(OSError, match="File too large"):
        shelf.chain.append(tombstone)
    assert shelf.manifest(1).stat().st_size == room  # a part of it
    assert shelf.chain.append(tombstone).number == 5
    shelf.archive.erase(line.path)
    assert shelf.faults() == ""


def test_a_clock_that_goes_back_over_midnight_breaks_no_chain(shelf: Shelf) -> None:
    """Files are read in the order of their days."""
    tombstones = [replace(line, at=f"{DAYS[0]}T23:59:59+00:00", what="erased") for line in shelf.lines[2:]]
    shelf.chain.append(tombstones[0])
    assert Chain(shelf.archive.root, KEY).append(tombstones[1]).number == 6
    for line in shelf.lines[2:]:
        shelf.archive.erase(line.path)
    assert shelf.faults() == ""
