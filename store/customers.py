"""The built-in table of customers. A number is one customer's; a change says which version it was made from."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping, Select, delete, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.customers import Customer, Taken
from core.errors import MovedOn, Refused
from store.customer_files import Line, anothers, groups, planned
from store.models import customer_numbers, customers
from store.queries import PAGE_CAP
from store.session import read_rows
from store.writer import Writer

LINES_AT_ONCE = 50
"""So many lines of a file are one transaction, and stay under 50 ms."""


class Customers:
    """Reads through `engine` (store.session.reading_engine), writes through the one writer.

    Every method raises StoreUnavailable when the database is away.
    """

    name = "built-in"

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def find(self, number: str) -> Customer | None:
        """core.customers.CustomerSource."""
        query = select(customers).join(customer_numbers, customer_numbers.c.customer == customers.c.id)
        return await self._first(query.where(customer_numbers.c.number == number))

    async def one(self, id: str) -> Customer | None:
        return await self._first(select(customers).where(customers.c.id == id))

    async def search(self, text: str = "", *, after: tuple[str, str] | None = None, limit: int = 50) -> list[Customer]:
        """By name; those whose name, note or reference holds the text, or one of whose numbers ends with it.

        `after` is (`name`, `id`) of the last one seen.
        """
        key = (customers.c.name, customers.c.id)
        query = select(customers).order_by(*key).limit(min(limit, PAGE_CAP))
        if text:
            columns = customers.c
            numbers = select(customer_numbers.c.customer).where(
                customer_numbers.c.number.endswith(text, autoescape=True)
            )
            inside = [column.contains(text, autoescape=True) for column in (columns.name, columns.note)]
            query = query.where(or_(*inside, columns.reference == text, columns.id.in_(numbers)))
        if after is not None:
            query = query.where(tuple_(*key) > after)
        return await self._with_numbers(await read_rows(self._engine, query))

    async def add(self, customer: Customer, by: str, at_utc_s: float) -> Customer:
        """As stored. Raises Refused: a number is somebody else's."""
        return await self._writer.write(lambda connection: _add(connection, customer, by, at_utc_s))

    async def change(self, customer: Customer, by: str, at_utc_s: float) -> Customer:
        """As stored. Raises Refused: a number is another's; MovedOn: changed or forgotten meanwhile."""
        return await self._writer.write(lambda connection: _change(connection, customer, by, at_utc_s))

    async def remove(self, id: str) -> bool:
        """False: there is none."""

        async def work(connection: AsyncConnection) -> bool:
            await connection.execute(delete(customer_numbers).where(customer_numbers.c.customer == id))
            return (await connection.execute(delete(customers).where(customers.c.id == id))).rowcount > 0

        return await self._writer.write(work)

    async def take_in(
        self, rows: Sequence[Customer], columns: Collection[str], by: str, at_utc_s: float, *, keep: bool = True
    ) -> list[Taken]:
        """Add or change these columns of each, as store.customer_files has it; some lines a transaction, so that other
        writes do not wait long. `keep` False: only try.
        """
        there = await self._met(rows)
        lines, together = await asyncio.to_thread(_planned, rows, columns, there)
        todo: list[list[Line]] = []
        for group in together if keep else ():
            todo.append(group)
            if sum(map(len, todo)) >= LINES_AT_ONCE:
                await self._write_all(todo, by, at_utc_s)
                todo = []
        if todo:
            await self._write_all(todo, by, at_utc_s)
        return await asyncio.to_thread(lambda: [line.taken for line in lines])

    async def _met(self, rows: Sequence[Customer]) -> list[Customer]:
        """Everybody who has a reference or a number of these."""
        found: dict[str, Customer] = {}
        for start in range(0, len(rows), LINES_AT_ONCE):
            some = rows[start : start + LINES_AT_ONCE]
            numbers = [number for row in some for number in row.numbers]
            owners = select(customer_numbers.c.customer).where(customer_numbers.c.number.in_(numbers))
            references = customers.c.reference.in_([row.reference for row in some if row.reference])
            query = select(customers).where(or_(customers.c.id.in_(owners), references))
            found |= {each.id: each for each in await self._with_numbers(await read_rows(self._engine, query))}
        return list(found.values())

    async def _write_all(self, todo: Sequence[Sequence[Line]], by: str, at_utc_s: float) -> None:
        """What somebody else was faster with is refused."""

        async def work(connection: AsyncConnection) -> None:
            for group in todo:
                try:
                    async with connection.begin_nested():
                        await _write_group(connection, group, by, at_utc_s)
                except Refused as refusal:
                    for line in group:
                        line.problem = str(refusal)

        await self._writer.write(work)

    async def _first(self, query: Select[Any]) -> Customer | None:
        found = await self._with_numbers(await read_rows(self._engine, query.limit(1)))
        return found[0] if found else None

    async def _with_numbers(self, rows: Sequence[RowMapping]) -> list[Customer]:
        ids = [row["id"] for row in rows]
        query = select(customer_numbers).where(customer_numbers.c.customer.in_(ids)).order_by(customer_numbers.c.place)
        numbers: dict[str, list[str]] = {}
        for number in await read_rows(self._engine, query) if ids else ():
            numbers.setdefault(number["customer"], []).append(number["number"])
        return [_customer(row, numbers.get(row["id"], [])) for row in rows]


def _planned(
    rows: Sequence[Customer], columns: Collection[str], there: Sequence[Customer]
) -> tuple[list[Line], list[list[Line]]]:
    """Every line, and those that are to be written, as store.customer_files.groups has them."""
    lines = planned(rows, columns, there)
    return lines, groups(lines)


async def _add(connection: AsyncConnection, customer: Customer, by: str, at_utc_s: float) -> Customer:
    await _check_numbers(connection, customer)
    made = replace(customer, id=f"c-{secrets.token_hex(8)}", version=1)
    await connection.execute(insert(customers).values(_row(made, by, at_utc_s)))
    await _set_numbers(connection, made)
    return made


async def _change(connection: AsyncConnection, customer: Customer, by: str, at_utc_s: float) -> Customer:
    columns = customers.c
    found = (await connection.execute(select(columns.version).where(columns.id == customer.id))).scalar()
    if found is None:
        raise MovedOn("Somebody else has forgotten this customer meanwhile.")
    if found != customer.version:
        raise MovedOn("Somebody else has changed this customer meanwhile. Read it again and repeat your change.")
    await _check_numbers(connection, customer)
    made = replace(customer, version=customer.version + 1)
    await connection.execute(update(customers).where(columns.id == made.id).values(_row(made, by, at_utc_s)))
    await connection.execute(delete(customer_numbers).where(customer_numbers.c.customer == made.id))
    await _set_numbers(connection, made)
    return made


async def _write_group(connection: AsyncConnection, group: Sequence[Line], by: str, at_utc_s: float) -> None:
    """Numbers are given up before others take them. Raises Refused."""
    givers = [line.known.id for line in group if line.known is not None]
    if len(group) > 1:
        await connection.execute(delete(customer_numbers).where(customer_numbers.c.customer.in_(givers)))
    for line in group:
        await (_add if line.known is None else _change)(connection, line.made, by, at_utc_s)


async def _check_numbers(connection: AsyncConnection, customer: Customer) -> None:
    query = select(customer_numbers.c.number).where(
        customer_numbers.c.number.in_(customer.numbers), customer_numbers.c.customer != customer.id
    )
    if taken := (await connection.execute(query)).scalars().first():
        raise anothers(taken)


async def _set_numbers(connection: AsyncConnection, customer: Customer) -> None:
    rows = [
        {"number": number, "customer": customer.id, "place": place} for place, number in enumerate(customer.numbers)
    ]
    if rows:
        await connection.execute(insert(customer_numbers), rows)


def _row(customer: Customer, by: str, at_utc_s: float) -> dict[str, Any]:
    own = {name: getattr(customer, name) for name in ("id", "name", "note", "vip", "reference", "link", "version")}
    tags = json.dumps(customer.tags, ensure_ascii=False)
    return own | {"tags": tags, "changed_by": by, "changed_utc_s": at_utc_s}


def _customer(row: RowMapping, numbers: Sequence[str]) -> Customer:
    own = {name: row[name] for name in ("id", "name", "note", "vip", "reference", "link", "version")}
    return Customer(**own, numbers=tuple(numbers), tags=tuple(json.loads(row["tags"])))
