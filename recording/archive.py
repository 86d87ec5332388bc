"""Where finished recordings lie: by date on a local disk. An object store would have the same few methods.

`<root>/2026/11/26/<recording>.flac` with `.mp3` and `.peaks`; the day is that of the talk, in UTC. Names are ours: no
path is ever made of what somebody sent. With a key every file that is taken is locked (recording.vault); those that
were taken before stay as they are, and both are read alike.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from base64 import b32encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import imageio_ffmpeg

from core.errors import Misuse
from recording import vault
from recording.finish import SUFFIXES, decoded
from recording.formats import FRAME_BYTES, WAV_HEADER_BYTES, flac_samples, wav_header

_PATH = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}/[a-z2-7]{26}")
_CHUNK_BYTES = 64 * 1024
FLAC_HEAD_BYTES = 42
WORK = ".work"


def recording_id(key: bytes, voice: str) -> str:
    """The public id: the same each time this voice is finished, and nobody guesses it or its neighbour."""
    return b32encode(hmac.digest(key, voice.encode("utf-8", "surrogateescape"), "sha256"))[:26].decode().lower()


def path_of(recording: str, began_utc_s: float) -> str:
    """Below the archive, without suffix."""
    return f"{datetime.fromtimestamp(began_utc_s, UTC):%Y/%m/%d}/{recording}"


class Archive:
    """Files below `root`. All of it may wait for a disk: not for the loop. Raises OSError (Tampered, too).

    `key` opens what is locked; `locks`: what is taken from now on is locked with it.
    """

    def __init__(self, root: Path, key: bytes = b"", *, locks: bool = True) -> None:
        self.root = root
        self._key, self._locks = key, locks and key != b""

    def work_place(self, recording: str) -> Path:
        """Where the finisher writes; on the same disk, so that `take` is one step."""
        place = self.root / WORK
        place.mkdir(mode=0o750, parents=True, exist_ok=True)
        return place / recording

    def take(self, recording: str, path: str) -> None:
        """Move finished files to their place, the FLAC last: where it is, all is. A piece taken before is replaced."""
        source, target = self.work_place(recording), self._named(path)
        target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        for suffix in reversed(SUFFIXES):
            file = source.with_suffix(suffix)
            if self._locks:
                vault.lock(file, locked := source.with_suffix(f"{suffix}.locked"), self._key, f"{path}{suffix}")
                locked.replace(file)
            file.replace(target.with_suffix(suffix))
        _sync(target.parent)

    def clear_work(self) -> None:
        """What a killed worker left half-written."""
        with suppress(FileNotFoundError):
            for file in (self.root / WORK).iterdir():
                file.unlink()

    def has(self, path: str) -> bool:
        return self._named(path).with_suffix(".flac").exists()

    def size_bytes(self, path: str, suffix: str) -> int:
        file = self._file(path, suffix)
        return vault.size_bytes(file) if vault.is_locked(file) else file.stat().st_size

    def read(self, path: str, suffix: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Pieces of the file, from `start` on."""
        name, left = self._file(path, suffix), _ALL_BYTES if length is None else length
        if vault.is_locked(name):
            yield from vault.unlocked(name, self._opening(), f"{path}{suffix}", start, left)
            return
        with name.open("rb") as file:
            file.seek(start)
            while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk

    def _opening(self) -> bytes:
        """The key. Raises Tampered: there is none."""
        if not self._key:
            raise vault.Tampered("it is locked, and there is no key")
        return self._key

    def wav_size_bytes(self, path: str) -> int:
        """As long as `wav` will be."""
        head = b"".join(self.read(path, ".flac", 0, FLAC_HEAD_BYTES))
        return WAV_HEADER_BYTES + flac_samples(head) * FRAME_BYTES

    def wav(self, path: str) -> Iterator[bytes]:
        """The whole of it as WAV, decoded as it goes."""
        size = self.wav_size_bytes(path) - WAV_HEADER_BYTES
        yield wav_header(size)
        yield from decoded(imageio_ffmpeg.get_ffmpeg_exe(), self.read(path, ".flac"))

    def sha256(self, path: str, suffix: str = ".flac") -> str:
        """Of what is in it, locked or not."""
        digest = hashlib.sha256()
        for chunk in self.read(path, suffix):
            digest.update(chunk)
        return digest.hexdigest()

    def erase(self, path: str) -> None:
        """Every file of this recording; doing it twice changes nothing."""
        target = self._named(path)
        for suffix in SUFFIXES:
            target.with_suffix(suffix).unlink(missing_ok=True)

    def paths(self) -> Iterator[str]:
        """Every recording that lies here."""
        for file in sorted(self.root.glob("[0-9]*/[0-9]*/[0-9]*/*.flac")):
            yield str(file.relative_to(self.root).with_suffix(""))

    def _file(self, path: str, suffix: str) -> Path:
        if suffix not in SUFFIXES:
            raise Misuse(f"{suffix} is no kind of file here")
        return self._named(path).with_suffix(suffix)

    def _named(self, path: str) -> Path:
        if not _PATH.fullmatch(path):
            raise Misuse("not the path of a recording")
        return self.root / path


_ALL_BYTES = 1 << 62


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
