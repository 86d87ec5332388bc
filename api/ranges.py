"""Byte ranges of a file (RFC 9110, 14): one range; several at once get the whole file, as the RFC allows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from api.problems import Problem

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Part:
    start: int
    length: int
    size: int
    whole: bool

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Accept-Ranges": "bytes", "Content-Length": str(self.length)}
        if not self.whole:
            headers["Content-Range"] = f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"
        return headers


def part_of(header: str | None, size: int) -> Part:
    """What a Range header asks of a file of `size` bytes. Raises Problem 416: nothing of it is there."""
    found = _RANGE.fullmatch((header or "").strip())
    if not found or found[1] == found[2] == "":
        return Part(0, size, size, True)
    if found[1] == "":
        start, end = max(0, size - int(found[2])), size - 1
    else:
        start, end = int(found[1]), min(int(found[2] or size), size - 1)
    if start > end:
        raise Problem(416, f"the file has {size} bytes", {"Content-Range": f"bytes */{size}"})
    return Part(start, end - start + 1, size, False)
