"""The built-in table of customers. A number is one customer's; a change says which version it was made from."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, delete, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.customers import Customer, Taken
from core.errors import MovedOn, Refused
from store.models import customer_numbers, customers
from store.queries import PAGE_CAP
from store.session import read_rows
from store.writer import Writer


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
        """Add or change these columns of each, in one transaction.

        Whoever has the same reference is the one that changes, or else whoever has one of the numbers, where not both
        have references: the same row twice is never two customers. `keep` False: only try.
        """

        async def work(connection: AsyncConnection) -> list[Taken]:
            async with connection.begin_nested() as attempt:
                told = [await _take_in(connection, row, columns, by, at_utc_s) for row in rows]
                if not keep:
                    await attempt.rollback()
            return told

        return await self._writer.write(work)

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


async def _take_in(
    connection: AsyncConnection, customer: Customer, columns: Collection[str], by: str, at_utc_s: float
) -> Taken:
    known = await _known(connection, customer)
    try:
        if known is None:
            await _add(connection, customer, by, at_utc_s)
            return Taken("added", numbers=customer.numbers)
        changed = replace(known, **{name: getattr(customer, name) for name in columns})
        if not customer.reference:  # an empty cell does not part a customer from the business system
            changed = replace(changed, reference=known.reference)
        if changed == known:
            return Taken("unchanged")
        await _change(connection, changed, by, at_utc_s)
        return Taken("changed", was=known.name, numbers=tuple(dict.fromkeys((*known.numbers, *changed.numbers))))
    except Refused as refusal:
        return Taken("refused", problem=str(refusal))


async def _known(connection: AsyncConnection, customer: Customer) -> Customer | None:
    """Whom this one is, by reference, else by number; another reference is another customer."""
    owners = select(customer_numbers.c.customer).where(customer_numbers.c.number.in_(customer.numbers))
    ways: list[ColumnElement[bool]] = [customers.c.id.in_(owners)]
    if customer.reference:
        ways = [customers.c.reference == customer.reference, ways[0] & (customers.c.reference == "")]
    for way in ways:
        row = (await connection.execute(select(customers).where(way).limit(1))).mappings().first()
        if row is not None:
            return await _whole(connection, row)
    return None


async def _whole(connection: AsyncConnection, row: RowMapping) -> Customer:
    query = select(customer_numbers.c.number).where(customer_numbers.c.customer == row["id"])
    return _customer(row, (await connection.execute(query.order_by(customer_numbers.c.place))).scalars().all())


async def _check_numbers(connection: AsyncConnection, customer: Customer) -> None:
    query = select(customer_numbers.c.number).where(
        customer_numbers.c.number.in_(customer.numbers), customer_numbers.c.customer != customer.id
    )
    if taken := (await connection.execute(query)).scalars().first():
        raise Refused(f"The number that ends with {taken[-4:]} is another customer's.")


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
