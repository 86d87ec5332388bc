"""Customers as a CSV file (api.csv_lines). Pure.

Columns: numbers (several with ; between), name, tags (likewise), note, vip (yes or no), reference, link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from api.csv_lines import Form, Line
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
LONGEST_TAGS = MOST_TAGS * (LONGEST_TAG + 1)
_LINK = re.compile(r"https?://\S+")
_YES_NO = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False, "是": True, "否": False}


def read(content: bytes, plan: Plan) -> tuple[tuple[str, ...], list[Line[Customer]]]:
    """The columns that there are, and every line behind the first. Raises Refused: it is no such file."""
    columns, lines = Form(COLUMNS, ("name", "numbers"), partial(_customer, plan=plan), MOST_LINES).read(content)
    return columns, list(_once(lines))


def _once(lines: Iterable[Line[Customer]]) -> Iterator[Line[Customer]]:
    """A customer has one line: what a second one says would undo the first."""
    numbers: dict[str, int] = {}
    references: dict[str, int] = {}
    for line in lines:
        try:
            if line.row is not None:
                _note(line.row, line.number, numbers, references)
            yield line
        except Refused as refusal:
            yield Line(line.number, None, str(refusal))


def _note(customer: Customer, line: int, numbers: dict[str, int], references: dict[str, int]) -> None:
    """Raises Refused: an earlier line is of the same customer."""
    if customer.reference in references:
        raise Refused(f"reference: is on line {references[customer.reference]}, too")
    if found := [numbers[number] for number in customer.numbers if number in numbers]:
        raise Refused(f"numbers: one of them is on line {found[0]}, too")
    numbers |= dict.fromkeys(customer.numbers, line)
    references |= {customer.reference: line} if customer.reference else {}


def _customer(cells: Mapping[str, str], plan: Plan) -> Customer:
    vip = cells.get("vip", "") or "no"
    if vip.lower() not in _YES_NO:
        raise Refused(f"vip: {vip[:20]!r} is neither yes nor no")
    link = _bounded("link", cells, LONGEST_LINK)
    if link and not _LINK.fullmatch(link):
        raise Refused("link: must begin with https:// and have no spaces")
    name = _one_line("name", cells, LONGEST_NAME)
    if not name:
        raise Refused("name: is empty")
    try:
        numbers = numbers_of(_several(cells.get("numbers", "")), plan)
    except Refused as refusal:
        raise Refused(f"numbers: {refusal}") from refusal
    return Customer(
        name,
        numbers,
        tuple(tags_of(_several(_one_line("tags", cells, LONGEST_TAGS)))),
        _bounded("note", cells, LONGEST_NOTE),
        _YES_NO[vip.lower()],
        _one_line("reference", cells, LONGEST_NAME),
        link,
    )


def _several(cell: str) -> list[str]:
    return [part.strip() for part in cell.replace("；", ";").split(";") if part.strip()]


def _bounded(column: str, cells: Mapping[str, str], longest: int) -> str:
    text = cells.get(column, "")
    if len(text) > longest:
        raise Refused(f"{column}: longer than {longest} characters")
    return text


def _one_line(column: str, cells: Mapping[str, str], longest: int) -> str:
    text = _bounded(column, cells, longest)
    if "\t" in text or len(text.splitlines()) > 1:
        raise Refused(f"{column}: must be one line without tabs")
    return text


def numbers_of(written: list[str], plan: Plan) -> tuple[str, ...]:
    """In the one form that numbers have inside. Raises Refused."""
    if not written:
        raise Refused("there is none")
    if len(written) > MOST_NUMBERS:
        raise Refused(f"more than {MOST_NUMBERS} numbers")
    found = [normalised(number, plan) for number in written]
    if "" in found:
        raise Refused(f"the {found.index('') + 1}. is no telephone number")
    return tuple(dict.fromkeys(found))


def tags_of(tags: list[str]) -> list[str]:
    """Raises Refused: too many, or too long."""
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        raise Refused(f"tags: at most {MOST_TAGS} of at most {LONGEST_TAG} characters")
    return list(dict.fromkeys(tags))
