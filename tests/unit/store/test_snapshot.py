"""Snapshots: the newest good one, whatever happened to the files."""

from __future__ import annotations

import errno
import os
import time
from contextlib import nullcontext
from math import inf
from pathlib import Path

import pytest

from store import snapshot


def newest(directory: Path) -> tuple[int, dict[str, object]] | None:
    return next(snapshot.undamaged(directory), None)


def test_the_newest_comes_first_and_two_are_kept(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    for sequence in (1, 5, 30):
        snapshot.save(tmp_path, sequence, {"名": sequence})
    assert list(snapshot.undamaged(tmp_path)) == [(30, {"名": 30}), (5, {"名": 5})]
    assert len(list(tmp_path.iterdir())) == 2
    assert snapshot.oldest_sequence(tmp_path) == 5


def test_none_older_stays_where_that_is_asked(tmp_path: Path) -> None:
    snapshot.save(tmp_path, 1, {"n": 1})
    snapshot.save(tmp_path, 2, {"n": 2}, keep=1)
    assert list(snapshot.undamaged(tmp_path)) == [(2, {"n": 2})]


def test_one_set_aside_is_kept_and_is_none_any_more(tmp_path: Path) -> None:
    for sequence in (1, 2):
        snapshot.save(tmp_path, sequence, {"n": sequence})
    kept = snapshot.set_aside(tmp_path, 2)
    for sequence in (3, 4, 5):
        snapshot.save(tmp_path, sequence, {"n": sequence})
    assert kept.exists()
    assert [sequence for sequence, _ in snapshot.undamaged(tmp_path)] == [5, 4]


def test_a_damaged_one_falls_back_to_the_older_then_to_none(tmp_path: Path) -> None:
    snapshot.save(tmp_path, 1, {"state": "a" * 100})
    snapshot.save(tmp_path, 2, {"state": "b" * 100})
    older, newer = sorted(tmp_path.iterdir())
    whole = newer.read_bytes()
    for damage in (b"", whole[:-1], whole[:5], whole.replace(b"bbb", b"bcb", 1), b"\0" * len(whole), b"x y\n{}"):
        newer.write_bytes(damage)
        assert newest(tmp_path) == (1, {"state": "a" * 100})
    older.write_bytes(b"")
    assert newest(tmp_path) is None


def test_a_crash_while_writing_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot.save(tmp_path, 1, {"n": 1})

    def broken(_fd: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("store.snapshot.os.fsync", broken)
    with pytest.raises(OSError, match="no space"):
        snapshot.save(tmp_path, 2, {"n": 2})
    assert newest(tmp_path) == (1, {"n": 1})
    assert list(tmp_path.glob("*.new"))
    monkeypatch.undo()
    snapshot.save(tmp_path, 3, {"n": 3})
    assert not list(tmp_path.glob("*.new")), "nothing of it is left for good"


@pytest.mark.parametrize(("number", "is_damage"), [(errno.EIO, True), (errno.EACCES, False)])
def test_one_on_a_bad_sector_is_passed_over(
    number: int, is_damage: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must not keep every start from succeeding; wrong rights are for people to set right."""
    for sequence in (1, 2):
        snapshot.save(tmp_path, sequence, {"n": sequence})
    read = Path.read_bytes

    def fails(path: Path) -> bytes:
        if path.stem.endswith("2"):
            raise OSError(number, os.strerror(number))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", fails)
    with nullcontext() if is_damage else pytest.raises(PermissionError):
        assert newest(tmp_path) == snapshot.before(tmp_path, 3) == (1, {"n": 1})


def test_one_of_a_clock_that_was_set_back_since_counts_as_old(tmp_path: Path) -> None:
    snapshot.save(tmp_path, 1, {"n": 1})
    assert 0 <= snapshot.youngest_age_s(tmp_path) < 60
    tomorrow = time.time() + 86_400
    os.utime(tmp_path / f"{1:020d}.snapshot", (tomorrow, tomorrow))
    assert snapshot.youngest_age_s(tmp_path) == inf, "or none would be taken until that day"
