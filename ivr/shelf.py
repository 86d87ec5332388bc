"""Where finished sound files stand: made once for each content, put in place by name in one step.

`<root>/cache/<key>.wav` holds what was made; the key names everything that went into it. `<root>/<name>.*`
are links to it. A person's recording is there as `.wav16` too, for phones that carry more than a telephone line. A
set-up that was interrupted leaves no half file under a real name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from ivr.sound import Samples, write_wav

FORMAT = "wav"
_FORMER = "alaw"
WIDE = "wav16"
"""What Asterisk calls a WAV file of 16,000 samples a second (formats/format_wav.c)."""


def key_of(*parts: str | bytes) -> str:
    """A name for whatever these make. Parts are kept apart: ("a", "b") is not ("ab",)."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


class Shelf:
    """The sound files under one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._cache = root / "cache"
        self._used: set[str] = set()
        self.made = 0
        self.kept = 0

    def put(self, name: str, key: str, make: Callable[[], Samples[int]], wide: Path | None = None) -> None:
        """Have `<root>/<name>.wav` be what `key` stands for; `make` is asked only if it is new.

        `wide` is the same sound at 16 kHz, if there is one.

        Raises:
            OSError: the directory cannot be written.
        """
        self.prepare(key, make)
        _link(self._cached(key), self._root / f"{name}.{FORMAT}")
        (self._root / f"{name}.{_FORMER}").unlink(missing_ok=True)
        broad = self._root / f"{name}.{WIDE}"
        if wide is None:
            broad.unlink(missing_ok=True)
        else:
            _link(wide, broad)

    def prepare(self, key: str, make: Callable[[], Samples[int]]) -> None:
        """Have it made, and put nowhere yet. Raises OSError."""
        self._used.add(key)
        if self._cached(key).exists():
            self.kept += 1
        else:
            self._make(key, make())

    def forget_unused(self) -> None:
        """Remove from the cache what nothing was put from since this object was made."""
        for file in self._cache.glob("*"):
            if file.stem not in self._used or file.suffix == f".{_FORMER}":
                file.unlink()

    def _make(self, key: str, samples: Samples[int]) -> None:
        self._cache.mkdir(mode=0o750, parents=True, exist_ok=True)
        unfinished = self._cache / f"{key}-{os.getpid()}.{FORMAT}"
        write_wav(unfinished, samples)
        unfinished.replace(self._cached(key))
        self.made += 1

    def _cached(self, key: str) -> Path:
        return self._cache / f"{key}.{FORMAT}"


def _link(made: Path, place: Path) -> None:
    """A second name for the same file: the PBX sees an ordinary file, and a re-run sees what it is."""
    if place.exists() and place.samefile(made):
        return
    place.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    os.link(made, fresh)
    os.replace(fresh, place)
