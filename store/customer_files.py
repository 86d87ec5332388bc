"""What a file of customers does to those that there are, whatever the order of its lines. Pure.

- Whom a line is about is settled by the table as it was before: by reference first, for all lines; then by number,
  where not both have references, a line with fewer numbers before one with more. A customer is one line's; the next
  that would have the same one is somebody new.
- A number may pass from one customer to another if a line of the file takes it from the first. Two may exchange theirs.
- Lines between which numbers pass are written together (`groups`), for one cannot stand without the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from core.customers import Customer, Taken
from core.errors import Refused


@dataclass(slots=True)
class Line:
    """`known` is the customer it is about, None: somebody new; `made` what they become."""

    known: Customer | None
    made: Customer
    problem: str = ""

    @property
    def writes(self) -> bool:
        return not self.problem and self.made != self.known

    @property
    def taken(self) -> Taken:
        """What becomes of it."""
        if self.problem:
            return Taken("refused", problem=self.problem)
        if self.known is None:
            return Taken("added", numbers=self.made.numbers)
        if self.made == self.known:
            return Taken("unchanged")
        numbers = tuple(dict.fromkeys((*self.known.numbers, *self.made.numbers)))
        return Taken("changed", was=self.known.name, numbers=numbers)


def planned(rows: Sequence[Customer], columns: Collection[str], there: Iterable[Customer]) -> list[Line]:
    """`there`: all who have a reference or a number that is in the file."""
    ordered = sorted(there, key=lambda customer: customer.id)
    owners = {number: customer for customer in ordered for number in customer.numbers}
    lines = [_line(row, known, columns) for row, known in zip(rows, _known(rows, ordered, owners), strict=True)]
    _refuse(lines, owners)
    return lines


def _known(
    rows: Sequence[Customer], there: Sequence[Customer], owners: Mapping[str, Customer]
) -> list[Customer | None]:
    references = {customer.reference: customer for customer in reversed(there) if customer.reference}
    taken: set[str] = set()

    def first(found: Iterable[Customer | None]) -> Customer | None:
        customer = next((each for each in found if each is not None and each.id not in taken), None)
        taken.update({customer.id} if customer else ())
        return customer

    known = [first([references.get(row.reference)]) for row in rows]
    for place in sorted(range(len(rows)), key=lambda place: (len(rows[place].numbers), rows[place].numbers)):
        row = rows[place]
        if known[place] is None:
            of_numbers = (owners.get(number) for number in row.numbers)
            known[place] = first(each for each in of_numbers if each and not (row.reference and each.reference))
    return known


def _line(row: Customer, known: Customer | None, columns: Collection[str]) -> Line:
    if known is None:
        return Line(None, row)
    made = replace(known, **{name: getattr(row, name) for name in columns})
    if not row.reference:  # an empty cell does not part a customer from the business system
        made = replace(made, reference=known.reference)
    return Line(known, made)


def _refuse(lines: Sequence[Line], owners: Mapping[str, Customer]) -> None:
    """Lines that want a number which somebody keeps; and then those that wanted one which these would have given up."""
    of = {line.known.id: line for line in lines if line.known is not None}
    wanted: dict[str, list[Line]] = {}
    for line in lines:
        for number in line.made.numbers:
            wanted.setdefault(number, []).append(line)
    left = list(lines)
    while left:
        line = left.pop()
        if line.problem:
            continue
        kept = (number for number in line.made.numbers if _is_kept(number, line, owners, of))
        twice = (number for number in line.made.numbers if wanted[number][0] is not line)
        if number := next(chain(kept, twice), ""):
            line.problem = str(anothers(number))
            left += [each for given in (line.known.numbers if line.known else ()) for each in wanted.get(given, ())]


def _is_kept(number: str, line: Line, owners: Mapping[str, Customer], of: Mapping[str, Line]) -> bool:
    """By somebody else than this line's customer."""
    owner = owners.get(number)
    if owner is None or (line.known is not None and owner.id == line.known.id):
        return False
    theirs = of.get(owner.id)
    return theirs is None or theirs.problem != "" or number in theirs.made.numbers


def anothers(number: str) -> Refused:
    return Refused(f"The number that ends with {number[-4:]} is another customer's.")


def groups(lines: Sequence[Line]) -> list[list[Line]]:
    """What is to be written; lines of one group all or none of them."""
    writing = [line for line in lines if line.writes]
    givers = {number: line for line in writing if line.known for number in line.known.numbers}
    beside: dict[int, list[Line]] = {}
    for line in writing:
        for giver in (givers.get(number) for number in line.made.numbers):
            if giver is not None and giver is not line:
                beside.setdefault(id(line), []).append(giver)
                beside.setdefault(id(giver), []).append(line)
    seen: set[int] = set()
    return [found for line in writing if (found := _reached(line, beside, seen))]


def _reached(line: Line, beside: Mapping[int, Sequence[Line]], seen: set[int]) -> list[Line]:
    found, left = [], [line]
    while left:
        each = left.pop()
        if id(each) not in seen:
            seen.add(id(each))
            found.append(each)
            left += beside.get(id(each), ())
    return found
