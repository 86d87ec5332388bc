"""Customers as a CSV file: its columns, and what is wrong with which line. Pure.

The first line names the columns, in any order: numbers (several with ; between), name, tags (likewise), note, vip (yes
or no), reference, link. A column that is not there changes nothing. UTF-8, or GB 18030 as Chinese
spreadsheets write it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from core.customers import (
    LONGEST_LINK,
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_NUMBERS,
    MOST_TAGS,
    Customer,
)
from core.errors import Refused
from core.numbers import Plan, normalised

COLUMNS = ("numbers", "name", "tags", "note", "vip", "reference", "link")
MOST_LINES = 20_000
_YES_NO = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False, "是": True, "否": False}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file; `problem` says what is wrong with it, else `customer` is what it says."""

    number: int
    customer: Customer | None
    problem: str = ""


def read(content: bytes, plan: Plan) -> tuple[tuple[str, ...], list[Line]]:
    """The columns that there are, and every line behind the first. Raises Refused: it is no such file."""
    rows = csv.DictReader(io.StringIO(_text(content)), strict=True)
    try:
        columns = tuple(name.strip().lower() for name in rows.fieldnames or ())
        _check(columns)
        rows.fieldnames = list(columns)
        return columns, [_line(rows.line_num, row, plan) for row in rows if any(row.values())][: MOST_LINES + 1]
    except csv.Error as error:
        raise Refused(f"line {rows.line_num}: {error}") from error


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("the file is neither UTF-8 nor GB 18030")


def _check(columns: tuple[str, ...]) -> None:
    if unknown := [name for name in columns if name not in COLUMNS]:
        raise Refused(f"unknown column {unknown[0][:40]!r}; there are: {', '.join(COLUMNS)}")
    if len(set(columns)) < len(columns):
        raise Refused("a column is there twice")
    if "name" not in columns or "numbers" not in columns:
        raise Refused("the first line must name the columns, at least name and numbers")


def _line(number: int, row: Mapping[str | None, str | None], plan: Plan) -> Line:
    """What a line says; its cells may be too many, or missing."""
    if None in row or None in row.values():
        return Line(number, None, "has not as many cells as the first line")
    cells = {str(name): str(cell).strip() for name, cell in row.items()}
    try:
        return Line(number, _customer(cells, plan))
    except Refused as refusal:
        return Line(number, None, str(refusal))


def _customer(cells: Mapping[str, str], plan: Plan) -> Customer:
    vip = cells.get("vip", "") or "no"
    if vip.lower() not in _YES_NO:
        raise Refused(f"vip: {vip[:20]!r} is neither yes nor no")
    link = _bounded("link", cells, LONGEST_LINK)
    if link and not link.startswith(("https://", "http://")):
        raise Refused("link: must begin with https://")
    name = _bounded("name", cells, LONGEST_NAME)
    if not name:
        raise Refused("name: is empty")
    return Customer(
        name,
        numbers_of(_several(cells.get("numbers", "")), plan),
        tuple(tags_of(_several(cells.get("tags", "")))),
        _bounded("note", cells, LONGEST_NOTE),
        _YES_NO[vip.lower()],
        _bounded("reference", cells, LONGEST_NAME),
        link,
    )


def _several(cell: str) -> list[str]:
    return [part.strip() for part in cell.replace("；", ";").split(";") if part.strip()]


def _bounded(column: str, cells: Mapping[str, str], longest: int) -> str:
    text = cells.get(column, "")
    if len(text) > longest:
        raise Refused(f"{column}: longer than {longest} characters")
    return text


def numbers_of(written: list[str], plan: Plan) -> tuple[str, ...]:
    """In the one form that numbers have inside. Raises Refused."""
    if not written:
        raise Refused("numbers: there is none")
    if len(written) > MOST_NUMBERS:
        raise Refused(f"numbers: more than {MOST_NUMBERS}")
    found = [normalised(number, plan) for number in written]
    if "" in found:
        raise Refused(f"numbers: the {found.index('') + 1}. is no telephone number")
    return tuple(dict.fromkeys(found))


def tags_of(tags: list[str]) -> list[str]:
    """Raises Refused: too many, or too long."""
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        raise Refused(f"tags: at most {MOST_TAGS} of at most {LONGEST_TAG} characters")
    return list(dict.fromkeys(tags))
