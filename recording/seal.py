"""The chain that shows what happened to recordings: one line each, its hash over the line before, signed.

`<archive>/manifests/2026-11-26.jsonl` holds what was sealed or erased that day (UTC). The first line of a day goes on
from the last of the day before, so a day, a line or an end that is taken away is missed. A clock that goes back opens
no earlier day: files are read in the order of their names. Ed25519 (RFC 8032) over the hash; whoever has only the
public key can check all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Line:
    """`what` is sealed or erased; `sha256` is the FLAC file's. `hash` is over all fields before it."""

    number: int
    at: str
    what: str
    recording: str
    voice: str
    path: str
    sha256: str
    size_bytes: int
    by: str
    why: str
    before: str
    hash: str = ""
    signature: str = ""

    def digest(self) -> str:
        body = {name: value for name, value in asdict(self).items() if name not in ("hash", "signature")}
        return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Chain:
    """The manifests of one archive; one writer. Not for the loop. Without `key` it is read alone. Raises OSError."""

    def __init__(self, archive: Path, key: Ed25519PrivateKey | None) -> None:
        self._directory, self._key = archive / "manifests", key
        self._last: Line | None = None
        self._sealed: dict[str, str] | None = None

    def sealed(self, recording: str) -> str:
        """The hash under which this recording is sealed and not erased, or ""."""
        self._read()
        assert self._sealed is not None
        return self._sealed.get(recording, "")

    def append(self, line: Line) -> Line:
        """Seal it: numbered, chained, signed and on disk when this returns."""
        assert self._key is not None
        self._read()
        last = self._last
        line = replace(line, number=last.number + 1 if last else 1, before=last.hash if last else START)
        digest = line.digest()
        line = replace(line, hash=digest, signature=self._key.sign(bytes.fromhex(digest)).hex())
        self._directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        try:
            with self._file_of(line).open("ab") as file:
                file.write(json.dumps(asdict(line), ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._sealed = None  # a full disk takes a part: what lies there is read again, and its torn end dropped
            raise
        self._note(line)
        return line

    def _file_of(self, line: Line) -> Path:
        """That of its day, or a later one that is there already."""
        return max([self._directory / f"{line.at[:10]}.jsonl", *self._directory.glob("[0-9]*.jsonl")])

    def _read(self) -> None:
        if self._sealed is None:
            _drop_torn_end(self._directory)
            self._sealed = {}
            for line in read_lines(self._directory):
                if isinstance(line, Line):
                    self._note(line)

    def _note(self, line: Line) -> None:
        assert self._sealed is not None
        self._last = line
        if line.what == "sealed":
            self._sealed[line.recording] = line.sha256
        else:
            self._sealed.pop(line.recording, None)


def _drop_torn_end(directory: Path) -> None:
    """A kill came in the middle of a line: nobody was told that it is sealed, and it will be again."""
    newest = max(directory.glob("[0-9]*.jsonl"), default=None)
    text = newest.read_bytes() if newest else b""
    if newest is not None and not text.endswith(b"\n"):
        os.truncate(newest, text.rfind(b"\n") + 1)


def read_lines(directory: Path) -> Iterator[Line | str]:
    """Every line of every day in order; one that cannot be read is told as text, with its place."""
    for file in sorted(directory.glob("[0-9]*.jsonl")):
        with file.open(encoding="utf-8", errors="replace") as lines:
            for number, text in enumerate(lines, 1):
                try:
                    yield Line(**json.loads(text))
                except (ValueError, TypeError):
                    yield f"{file.name}:{number}: cannot be read"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the chain says: recordings that must be there, those erased, and what is wrong with the chain itself."""

    present: dict[str, Line]
    erased: dict[str, Line]
    wrong: tuple[str, ...]
    lines: int


def standing(archive: Path, public: Ed25519PublicKey) -> Standing:
    """Walk the whole chain."""
    present: dict[str, Line] = {}
    erased: dict[str, Line] = {}
    wrong: list[str] = []
    before, number = START, 0
    for line in read_lines(archive / "manifests"):
        if isinstance(line, str):
            wrong.append(line)
            continue
        number += 1
        wrong += _faults(line, number, before, public)
        before, number = line.hash, line.number
        if line.what == "sealed":
            present[line.recording] = line
        elif found := present.pop(line.recording, None):
            erased[line.recording] = found
    return Standing(present, erased, tuple(wrong), number)


def _faults(line: Line, number: int, before: str, public: Ed25519PublicKey) -> list[str]:
    place = f"{line.at[:10]}, line {line.number} ({line.recording})"
    faults = []
    if line.number != number or line.before != before:
        faults.append(f"{place}: does not follow the line before it; lines were removed or put in")
    if line.digest() != line.hash:
        faults.append(f"{place}: was altered")
        return faults
    try:
        public.verify(bytes.fromhex(line.signature), bytes.fromhex(line.hash))
    except (InvalidSignature, ValueError):
        faults.append(f"{place}: the signature is not ours")
    return faults
