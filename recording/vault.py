"""Files of the archive that only a key opens: AES-256-GCM (NIST SP 800-38D) in pieces, so that a range reads no more.

A head of 16 bytes (MAGIC, then a random start of nonces), then each 64 KiB of the file as ciphertext and its tag of 16
bytes. The nonce is that start and the piece's number; what is signed with a piece is the file's name and whether it is
the last one. So no piece can be altered, moved, left out, cut off, or taken from another recording.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"TRVAULT1"
NONCE_BYTES, TAG_BYTES = 8, 16
HEAD_BYTES = len(MAGIC) + NONCE_BYTES
PIECE_BYTES = 64 * 1024
_WHOLE = PIECE_BYTES + TAG_BYTES


class Tampered(OSError):
    """The file is not what was locked, or another key locked it."""


def is_locked(file: Path) -> bool:
    """Raises OSError."""
    with file.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def lock(source: Path, target: Path, key: bytes, name: str) -> None:
    """Write `source` to `target`, where only `key` and `name` (the file's place in the archive) open it."""
    cipher, start, left = AESGCM(key), os.urandom(NONCE_BYTES), source.stat().st_size
    with source.open("rb") as plain, target.open("wb") as locked:
        locked.write(MAGIC + start)
        for number in range(pieces_of(left)):
            piece = plain.read(PIECE_BYTES)
            left -= len(piece)
            locked.write(cipher.encrypt(_nonce(start, number), piece, _about(name, is_last=left == 0)))
        locked.flush()
        os.fsync(locked.fileno())


def size_bytes(file: Path) -> int:
    """Of what is in it."""
    locked = file.stat().st_size - HEAD_BYTES
    return locked - -(-locked // _WHOLE) * TAG_BYTES


def unlocked(file: Path, key: bytes, name: str, start: int, length: int) -> Iterator[bytes]:
    """Pieces of what is in it, from `start` on, at most `length` bytes. Raises Tampered, OSError."""
    whole = size_bytes(file)
    last, end = pieces_of(whole) - 1, min(whole, start + length)
    with file.open("rb") as stream:
        nonces = _head(stream)
        cipher, upto = AESGCM(key), -(-end // PIECE_BYTES) or 1  # of an empty file the end is looked at, too
        for number in range(start // PIECE_BYTES, upto):
            piece, at = (
                _piece(stream, cipher, nonces, number, _about(name, is_last=number == last)),
                number * PIECE_BYTES,
            )
            yield piece[max(0, start - at) : end - at]


def pieces_of(size: int) -> int:
    """An empty file has one, too: its end is signed."""
    return max(1, -(-size // PIECE_BYTES))


def _head(stream: IO[bytes]) -> bytes:
    head = stream.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
        raise Tampered("its head is not one of ours")
    return head[len(MAGIC) :]


def _piece(stream: IO[bytes], cipher: AESGCM, nonces: bytes, number: int, about: bytes) -> bytes:
    stream.seek(HEAD_BYTES + number * _WHOLE)
    try:
        return cipher.decrypt(_nonce(nonces, number), stream.read(_WHOLE), about)
    except (InvalidTag, ValueError) as error:
        raise Tampered(f"piece {number} is not what was locked here") from error


def _nonce(start: bytes, number: int) -> bytes:
    return start + number.to_bytes(4, "big")


def _about(name: str, *, is_last: bool) -> bytes:
    return f"{name} {'last' if is_last else 'more'}".encode()
