"""A CSV file line by line: what each says, or what is wrong with it. Pure.

The first line names the columns, in any order; a column that is not there changes nothing. UTF-8, or GB 18030 as
Chinese spreadsheets write it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.errors import Refused

Row = TypeVar("Row")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""All but tabs and line ends, which a note may have."""


@dataclass(frozen=True, slots=True)
class Line(Generic[Row]):
    """One line of the file; `problem` says what is wrong with it, else `row` is what it says."""

    number: int
    row: Row | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Form(Generic[Row]):
    """What such a file holds. `parse` gets the cells by column and raises Refused; `most` lines are read at most."""

    columns: Sequence[str]
    needed: Sequence[str]
    parse: Callable[[Mapping[str, str]], Row]
    most: int

    def read(self, content: bytes) -> tuple[tuple[str, ...], list[Line[Row]]]:
        """The columns that there are, and every line behind the first. Raises Refused: it is no such file."""
        rows = csv.DictReader(io.StringIO(_text(content)), strict=True)
        try:
            columns = tuple(name.strip().lower() for name in rows.fieldnames or ())
            self._check(columns)
            rows.fieldnames = list(columns)
            lines = [self._line(rows.line_num, row) for row in rows if any(row.values())]
        except csv.Error as error:
            raise Refused(f"line {rows.reader.line_num}: {error}") from error
        if len(lines) > self.most:
            raise Refused(f"more than {self.most} lines; send several files")
        return columns, lines

    def _check(self, columns: Collection[str]) -> None:
        if unknown := [name for name in columns if name not in self.columns]:
            raise Refused(f"unknown column {unknown[0][:40]!r}; there are: {', '.join(self.columns)}")
        if len(set(columns)) < len(columns):
            raise Refused("a column is there twice")
        if not set(self.needed) <= set(columns):
            raise Refused(f"the first line must name the columns, at least {' and '.join(self.needed)}")

    def _line(self, number: int, row: Mapping[str | None, str | None]) -> Line[Row]:
        """What a line says; its cells may be too many, or missing."""
        try:
            if None in row or None in row.values():
                raise Refused("has not as many cells as the first line")
            return Line(number, self.parse({str(name): _plain(str(name), str(cell)) for name, cell in row.items()}))
        except Refused as refusal:
            return Line(number, None, str(refusal))


def _plain(column: str, cell: str) -> str:
    """Without the spaces around it. Raises Refused: no database and no page takes a NUL or its like."""
    if found := _CONTROL.search(cell):
        raise Refused(f"{column}: has a control character (code {ord(found[0])})")
    return cell.strip()


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("the file is neither UTF-8 nor GB 18030")
