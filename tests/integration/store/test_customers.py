"""The table of customers on both databases, and another database that is asked who calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from app.customer_sources import SourceFailed, SqlSource
from core.customers import Customer, OtherSource, Taken
from core.errors import MovedOn, Refused
from store.customers import Customers
from tests.integration.store.database import Database

WANG = Customer("王小明", ("+8613800138000", "+862087654321"), ("gold", "vip"), "prefers the morning", True, "crm-1")
LI = Customer("李四", ("+8613900139000",))


@pytest.fixture
def table(database: Database) -> Customers:
    return Customers(database.engine, database.writer)


async def test_a_customer_is_found_by_each_number_and_comes_back_whole(table: Customers) -> None:
    made = await table.add(WANG, "me", 1.0)
    assert replace(made, id="", version=0) == WANG
    assert [await table.find(number) for number in (*WANG.numbers, "+861")] == [made, made, None]
    assert await table.one(made.id) == made


async def test_a_number_is_one_customers(table: Customers) -> None:
    made = await table.add(WANG, "me", 1.0)
    with pytest.raises(Refused, match="4321 is another"):
        await table.add(replace(LI, numbers=("+862087654321",)), "me", 1.0)
    other = await table.add(LI, "me", 1.0)
    with pytest.raises(Refused):
        await table.change(replace(other, numbers=WANG.numbers), "me", 2.0)
    assert await table.one(other.id) == other
    assert await table.find(WANG.numbers[0]) == made


async def test_a_change_names_the_version_it_was_made_from(table: Customers) -> None:
    made = await table.add(WANG, "me", 1.0)
    changed = await table.change(replace(made, numbers=("+8613700137000",), name="王"), "me", 2.0)
    assert (changed.version, await table.find(WANG.numbers[0])) == (2, None)
    with pytest.raises(MovedOn):
        await table.change(made, "you", 3.0)
    assert await table.one(made.id) == changed
    assert await table.remove(made.id)
    assert (await table.find("+8613700137000"), await table.remove(made.id)) == (None, False)


async def test_search_and_pages(table: Customers) -> None:
    for number in range(5):
        await table.add(
            Customer(f"n{number % 2}", (f"+861380013800{number}",), note="100%" if number else ""), "me", 1.0
        )
    seen: list[Customer] = []
    after = None
    while page := await table.search(after=after, limit=2):
        seen += page
        after = page[-1].name, page[-1].id
    assert [row.name for row in seen] == ["n0", "n0", "n0", "n1", "n1"]
    assert [row.numbers for row in await table.search("8003")] == [("+8613800138003",)]
    assert len(await table.search("100%")) == 4
    assert await table.search("1_0%") == []


async def test_an_import_adds_changes_and_refuses_line_by_line(table: Customers) -> None:
    made = await table.add(WANG, "me", 1.0)
    other = await table.add(LI, "me", 1.0)
    rows = [
        Customer("王大明", ("+8613800138000",)),
        Customer("李四", ("+8613900139000",)),
        Customer("赵", ("+8613600136000",)),
        Customer("x", ("+8613500135000", "+8613900139000", "+8613800138000")),
    ]
    columns = ("name", "numbers")
    expected = [
        Taken("changed", was="王小明", numbers=WANG.numbers),
        Taken("unchanged"),
        Taken("added", numbers=rows[2].numbers),
    ]
    tried = await table.take_in(rows, columns, "me", 2.0, keep=False)
    assert (tried[:3], tried[3].outcome) == (expected, "refused")
    assert await table.find("+8613600136000") is None
    assert (await table.take_in(rows, columns, "me", 2.0))[:3] == expected
    changed = await table.one(made.id)
    assert changed is not None and (changed.name, changed.note) == ("王大明", WANG.note), "a column that is not there"
    by_reference = await table.take_in([replace(WANG, name="王", numbers=("+861111111111",))], columns, "me", 3.0)
    assert by_reference == [Taken("changed", was="王大明", numbers=("+8613800138000", "+861111111111"))]
    assert await table.find("+861111111111") is not None
    assert await table.one(other.id) is not None


async def test_a_file_has_numbers_passed_on_whatever_the_order_of_its_lines(table: Customers) -> None:
    """More lines than are one transaction; the last give up what the first take, and two exchange theirs."""
    many = [Customer(f"n{each}", (f"+1{each:04}",), reference=f"r{each}") for each in range(120)]
    columns = ("name", "numbers", "reference")
    assert {taken.outcome for taken in await table.take_in(many, columns, "me", 1.0)} == {"added"}
    rows = [replace(row, numbers=many[(place + 1) % 119].numbers) for place, row in enumerate(many[:119])]
    rows[0], rows[1] = rows[1], rows[0]
    tried = await table.take_in(rows, columns, "me", 2.0, keep=False)
    assert {taken.outcome for taken in tried} == {"changed"}
    assert await table.take_in(rows, columns, "me", 2.0) == tried
    for row in rows:
        found = await table.find(row.numbers[0])
        assert found is not None and (found.name, found.numbers) == (row.name, row.numbers)
    assert (await table.find("+10119")) is not None


async def test_a_customer_whom_somebody_changes_during_an_import_is_refused_with_whom_it_exchanges_numbers(
    table: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang, li = await table.add(WANG, "me", 1.0), await table.add(LI, "me", 1.0)
    rows = [replace(WANG, numbers=LI.numbers), replace(LI, numbers=WANG.numbers), Customer("赵", ("+8613600136000",))]
    met = table._met

    async def meanwhile(asked: Sequence[Customer]) -> list[Customer]:
        found = await met(asked)
        await table.change(replace(wang, note="meanwhile"), "you", 1.5)
        return found

    monkeypatch.setattr(table, "_met", meanwhile)
    assert [each.outcome for each in await table.take_in(rows, ("name", "numbers"), "me", 2.0)] == [
        "refused", "refused", "added",
    ]  # fmt: skip
    assert [await table.find(number) for number in LI.numbers] == [li]
    found = await table.find(WANG.numbers[1])
    assert found is not None and found.note == "meanwhile"


async def test_the_same_row_twice_is_one_customer_whatever_it_says_of_a_reference(table: Customers) -> None:
    """By the reference, else by a number; a row without a reference parts nobody from theirs."""
    nameless = Customer("王小明", ("+8613800138000", "+862087654321"))

    async def taken(row: Customer) -> Taken:
        (told,) = await table.take_in([row], ("name", "numbers", "reference"), "me", 1.0)
        return told

    both = nameless.numbers
    assert await taken(nameless) == Taken("added", numbers=both)
    assert await taken(nameless) == Taken("unchanged")
    assert await taken(replace(nameless, name="王")) == Taken("changed", was="王小明", numbers=both)
    assert await taken(replace(nameless, numbers=both[1:])) == Taken("changed", was="王", numbers=both)
    assert await taken(replace(nameless, reference="crm-1")) == Taken(
        "changed", was="王小明", numbers=(*both[1:], both[0])
    )
    assert await taken(nameless) == Taken("unchanged")
    (only,) = await table.search()
    assert (only.reference, only.numbers) == ("crm-1", both)
    told = await taken(replace(nameless, reference="crm-2"))
    assert told == Taken("refused", problem="The number that ends with 8000 is another customer's.")
    assert await table.search() == [only]


async def test_another_database_is_asked(database: Database, tmp_path: Path) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE crm (phone TEXT, full_name TEXT, level TEXT)"))
        await connection.execute(text("INSERT INTO crm VALUES ('+8613800138000', '王小明', 'gold')"))
    (tmp_path / "crm.url").write_text(database.url + "\n")
    query = "SELECT full_name AS name, level AS tags FROM crm WHERE phone = :number"
    rules = OtherSource(id="crm", kind="sql", query=query, secret_file="crm.url", timeout_s=5)
    source = SqlSource(rules, tmp_path)
    found = await source.find("+8613800138000")
    assert found == Customer("王小明", tags=("gold",), source="crm")
    assert await source.find("'; DROP TABLE crm; --") is None
    broken = SqlSource(rules.model_copy(update={"query": "SELECT * FROM nothing WHERE x = :number"}), tmp_path)
    with pytest.raises(SourceFailed, match="crm"):
        await broken.find("+8613800138000")
    with pytest.raises(SourceFailed, match=r"crm\.url"):
        await SqlSource(rules, tmp_path / "elsewhere").find("1")
    nowhere = make_url(database.url).set(database="/nowhere/none").render_as_string(hide_password=False)
    (tmp_path / "nowhere.url").write_text(nowhere)
    away = SqlSource(rules.model_copy(update={"secret_file": "nowhere.url"}), tmp_path)
    with pytest.raises(SourceFailed, match="crm"):
        await away.find("+8613800138000")
    for each in (source, broken, away):
        assert each._engine is not None
        await each._engine.dispose()
