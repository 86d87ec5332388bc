"""QR codes as one path of an SVG, drawn by segno: the page sets it as an attribute, no markup travels. Pure."""

from __future__ import annotations

import segno
from pydantic import BaseModel, Field


class Drawing(BaseModel):
    """A QR code as one path in a square of `size` modules, a quiet zone included."""

    size: int = Field(examples=[45])
    path: str = Field(examples=["M4 4h7v1h-7z"])


def drawn(text: str) -> Drawing:
    """A code that says this, its quiet zone four modules wide (ISO/IEC 18004)."""
    code = segno.make_qr(text, error="m")
    rows = [bytes(row) for row in code.matrix_iter(border=4)]
    runs = (f"M{x} {y}h{length}v1h-{length}z" for y, row in enumerate(rows) for x, length in _runs(row))
    return Drawing(size=len(rows), path="".join(runs))


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Where dark modules begin, and how many stand together."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and found and sum(found[-1]) == x:
            found[-1] = found[-1][0], found[-1][1] + 1
        elif dark:
            found.append((x, 1))
    return found
