"""One instance as one file, taken while it works, and back into an empty home.

The journal is taken twice, before the database and after it: segments that were shipped and deleted meanwhile are in
the first, what was written meanwhile in the second. So whatever place of the journal the copied database knows is
there, and so is the journal behind the oldest snapshot. The copied end is of that moment; a torn last line is cut off
at the next start, as after a power cut.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from app.settings import SPOOL
from core.errors import Refused
from store.salvage import ASIDE

DATABASE = "data/thirdring.sqlite3"
JOURNAL = (SPOOL, "data/snapshots")
SETTINGS = "thirdring.yaml"
KEPT = (SETTINGS, "secrets", "data/house.json", "recordings", "archive", "messages")
"""In this order: a recording that is archived meanwhile is found in the archive."""
VOICES = ("recordings", "archive", "messages")
OWN_SOUNDS = "sounds/*/own"
LIST = "backup.json"
FORMAT = 1
_CHUNK_BYTES = 2**20
_STAGE = ".backup-"
NO_LINK = {errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK}
"""Another file system, one that knows no hard links, or one where a file has all that it may have."""

Say = Callable[[str], None]


def backup(home: Path, file: Path, *, recordings: bool, say: Say) -> int:
    """Write `file` (tar, 0600: passwords and voices are in it) and return how many files are in it.

    It appears under its name only when it is whole. A database elsewhere is not in it.

    Raises:
        Refused: `home` is no instance, or `file` is there already.
        OSError: something cannot be read, or the disk is full.
    """
    if not (home / "data").is_dir():
        raise Refused(f"there is no instance in {home}: it has no data/")
    if file.exists():
        raise Refused(f"{file} is there already; choose another name")
    partial = file.with_name(f".{file.name}.partial")
    if partial.exists():
        raise Refused(f"{partial} is there: another backup is being written, or one was cut off; then delete it")
    _clear_what_was_cut_off(home / "data")
    try:
        with tempfile.TemporaryDirectory(dir=home / "data", prefix=_STAGE) as stage, _held(Path(stage)):
            say("taking the journal and the database")
            _stage(home, Path(stage))
            say("writing")
            count = _write(partial, _contents(home, Path(stage), recordings, say), say)
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)
    return count


@contextmanager
def _held(stage: Path) -> Iterator[bool]:
    """Locked as long as the block runs, if nobody else has it; a killed process holds nothing."""
    directory = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(directory)


def _clear_what_was_cut_off(data: Path) -> None:
    """Stages of backups that were killed: there is a whole database in each."""
    for stage in data.glob(f"{_STAGE}*"):
        with _held(stage) as is_left:
            if is_left:
                shutil.rmtree(stage)


def _stage(home: Path, stage: Path) -> None:
    """Journal, database and snapshots of one moment: as hard links where files only grow, as copies where there can be
    none, because the journal is on another disk."""
    with ExitStack() as held:
        growing = _take(home, stage, held)
        if (home / DATABASE).exists():
            (stage / DATABASE).parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(home / DATABASE)) as live, closing(sqlite3.connect(stage / DATABASE)) as copy:
                live.backup(copy)
        growing += _take(home, stage, held)
        for source, target in growing:
            with target.open("wb") as out:
                shutil.copyfileobj(source, out)


def _take(home: Path, stage: Path, held: ExitStack) -> list[tuple[IO[bytes], Path]]:
    """What is new since the last time. Of what cannot be linked the newest files are given back open, to be copied at
    the end: they may grow until then, and be shipped and deleted."""
    growing: list[tuple[IO[bytes], Path]] = []
    for folder in JOURNAL:
        (stage / folder).mkdir(parents=True, exist_ok=True)
        paths = sorted(path for path in (home / folder).glob("*") if path.is_file() and not _is_left_out(path))
        for path in paths:
            target = stage / folder / path.name
            try:
                if target.exists() or _linked(path, target):
                    continue
                if path != paths[-1]:
                    shutil.copyfile(path, target)
                    continue
                growing.append((held.enter_context(path.open("rb")), target))
                target.touch()
            except FileNotFoundError:
                continue  # shipped and deleted, or replaced, just now
    return growing


def _is_left_out(path: Path) -> bool:
    """What only its directory needs, or what its disk does not give back (store.salvage)."""
    return path.name == "lock" or path.suffix == ASIDE


def _linked(path: Path, target: Path) -> bool:
    """False: no link is possible there."""
    try:
        os.link(path, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        return False
    return True


def _contents(home: Path, stage: Path, recordings: bool, say: Say) -> Iterator[tuple[str, Path]]:
    """Name in the archive and where it is read from. Links further down are not followed."""
    for path in sorted(stage.rglob("*")):
        if path.is_file():
            yield path.relative_to(stage).as_posix(), path
    kept = [home / name for name in KEPT if recordings or name not in VOICES]
    for root in (*kept, *sorted(home.glob(OWN_SOUNDS))):
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_symlink() and path != root:
                say(f"{path.relative_to(home).as_posix()} is a link and not in it")
            elif path.is_file():
                yield path.relative_to(home).as_posix(), path


def _write(archive: Path, contents: Iterator[tuple[str, Path]], say: Say) -> int:
    digests: dict[str, str] = {}
    with open(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w|") as tar:
            for name, path in contents:
                try:
                    digests[name] = _add(tar, name, path)
                except FileNotFoundError:
                    continue  # archived or erased just now
                if len(digests) % 1000 == 0:
                    say(f"{len(digests)} files, {out.tell() / 1e6:.0f} MB")
            listing = {"format": FORMAT, "made_utc": datetime.now(UTC).isoformat(), "sha256": digests}
            _add_bytes(tar, LIST, json.dumps(listing).encode())
        os.fsync(out.fileno())
    return len(digests)


def _add(tar: tarfile.TarFile, name: str, path: Path) -> str:
    """Take as much of it as is there now, and give its SHA-256."""
    with path.open("rb") as file:
        entry = tar.gettarinfo(arcname=name, fileobj=file)
        reader = _Hashing(file)
        tar.addfile(entry, reader)
    return reader.digest.hexdigest()


class _Hashing(io.RawIOBase):
    """What was read of a file so far, as a digest."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size_bytes: int = -1) -> bytes:
        data = self._file.read(size_bytes)
        self.digest.update(data)
        return data


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    tar.addfile(entry, io.BytesIO(data))


def restore(file: Path, home: Path, say: Say) -> int:
    """Lay out `file` in `home`, which may hold a program and fetched packages but no instance; how many files.

    Nothing of it is in place before all of it was read and found whole.

    Raises:
        Refused: there is an instance, or its settings; or the file is damaged, of a later version, or no backup.
        OSError: it cannot be read, or the disk is full.
    """
    if (home / "data").exists() or (home / "secrets").exists():
        raise Refused(f"there is an instance in {home} already; restore into an empty home (THIRDRING_HOME)")
    home.mkdir(mode=0o750, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as stage:
        say("reading and checking")
        count = _unpack(file, Path(stage))
        if (Path(stage) / SETTINGS).exists() and (home / SETTINGS).exists():
            raise Refused(f"{home / SETTINGS} is there already; move it away, restore, and compare both")
        for path in sorted(Path(stage).iterdir()):
            _move(path, home / path.name)
    return count


def _unpack(file: Path, stage: Path) -> int:
    digests: dict[str, str] = {}
    listing: dict[str, Any] = {}
    try:
        with tarfile.open(file, mode="r|") as tar:
            for entry in tar:
                source = tar.extractfile(entry) if entry.isreg() else None
                if source is None or not _is_inside(entry.name):
                    raise Refused(f"{file} is no backup: it holds {entry.name!r}")
                if entry.name == LIST:
                    listing = json.loads(source.read())
                else:
                    digests[entry.name] = _extract(source, stage / entry.name, entry.mode)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Refused(f"{file} is damaged or no backup: {error}") from error
    _check(file, listing, digests)
    return len(digests)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _extract(source: IO[bytes], target: Path, mode: int) -> str:
    digest = hashlib.sha256()
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o750), "wb") as out:
        while data := source.read(_CHUNK_BYTES):
            digest.update(data)
            out.write(data)
    return digest.hexdigest()


def _check(file: Path, listing: dict[str, Any], digests: dict[str, str]) -> None:
    if not listing:
        raise Refused(f"{file} is cut off: its list is missing")
    if listing.get("format") != FORMAT:
        raise Refused(f"{file} was made by a later version of Thirdring")
    wanted: dict[str, str] = listing["sha256"]
    if different := sorted({name for name, _ in wanted.items() ^ digests.items()}):
        raise Refused(f"{file} is damaged: {different[0]} is not as it was")


def _move(source: Path, target: Path) -> None:
    """Into place; folders that are there already, such as sounds/, are filled."""
    if source.is_dir() and target.is_dir():
        for path in sorted(source.iterdir()):
            _move(path, target / path.name)
    else:
        shutil.move(source, target)
