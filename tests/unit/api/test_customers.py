"""The table of customers over REST, and its import from CSV."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

from api import customer_csv
from core.errors import Refused
from core.numbers import Plan
from tests.unit.doors import Doors, client_of

WANG = {"name": "王小明", "numbers": ["138 0013 8000", "+862087654321"], "tags": ["gold"], "vip": True}


async def test_a_customer_is_added_read_changed_and_forgotten() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        made = await client.post("/customers", json=WANG)
        assert made.status_code == 201, made.text
        customer = made.json()
        assert customer["numbers"] == ["+8613800138000", "+862087654321"]
        assert doors.looked_up == {"+8613800138000", "+862087654321"}
        path = f"/customers/{customer['id']}"
        assert (await client.get("/customers", params={"number": "13800138000"})).json()["customers"] == [customer]
        changed = {**WANG, "numbers": ["13900139000"]}
        assert (await client.put(path, json=changed)).status_code == 428
        answer = await client.put(path, json=changed, headers={"If-Match": made.headers["ETag"]})
        assert (answer.json()["numbers"], answer.headers["ETag"]) == (["+8613900139000"], '"2"')
        stale = await client.put(path, json=changed, headers={"If-Match": made.headers["ETag"]})
        assert stale.status_code == 412
        assert (await client.delete(path)).status_code == 204
        assert (await client.get(path)).status_code == 404
        assert (await client.delete(path)).status_code == 404


async def test_pages_go_on_where_the_last_one_ended() -> None:
    async with client_of(Doors()) as client:
        for number in range(3):
            await client.post("/customers", json={"name": f"n{number}", "numbers": [f"1380013800{number}"]})
        first = (await client.get("/customers", params={"limit": 2})).json()
        assert [row["name"] for row in first["customers"]] == ["n0", "n1"]
        second = (await client.get("/customers", params={"limit": 2, "after": first["next_after"]})).json()
        assert ([row["name"] for row in second["customers"]], second["next_after"]) == (["n2"], None)


async def test_pages_go_on_behind_any_name_that_a_customer_may_have() -> None:
    async with client_of(Doors()) as client:
        for number, name in enumerate(("a~b", "a~c-0123456789abcdef", "b")):
            made = await client.post("/customers", json={"name": name, "numbers": [f"1380013800{number}"]})
            assert made.status_code == 201
        seen, after = list[str](), ""
        while after is not None:
            answer = await client.get("/customers", params={"limit": 1} | ({"after": after} if after else {}))
            assert answer.status_code == 200, answer.text
            page = answer.json()
            seen += [row["name"] for row in page["customers"]]
            after = page["next_after"]
        assert seen == ["a~b", "a~c-0123456789abcdef", "b"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""}, {"name": "a\nb"}, {"numbers": []}, {"numbers": ["call me"]}, {"tags": ["x" * 41]},
        {"note": "x" * 2001}, {"link": "javascript:alert(1)"}, {"colour": "red"}, {"numbers": ["1"] * 21},
    ],
)  # fmt: skip
async def test_wrong_input_is_told_and_changes_nothing(change: dict[str, Any]) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        answer = await client.post("/customers", json=WANG | change)
    assert (answer.status_code, doors.customers.rows) == (422, {})
    assert answer.json()["detail"].startswith("body")


async def test_what_is_wrong_with_a_number_is_said_of_that_field() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        made = (await client.post("/customers", json=WANG)).json()
        taken = await client.post("/customers", json={"name": "王", "numbers": ["13800138000"]})
        other = (await client.post("/customers", json={"name": "李", "numbers": ["13900139000"]})).json()
        headers = {"If-Match": '"1"'}
        both = await client.put(
            f"/customers/{other['id']}", json={"name": "李", "numbers": ["13800138000"]}, headers=headers
        )
        wrong = await client.put(
            f"/customers/{made['id']}", json=WANG | {"numbers": ["13800138000", "x"]}, headers=headers
        )
    assert [answer.status_code for answer in (taken, both, wrong)] == [409, 409, 422]
    assert [answer.json()["errors"][0]["field"] for answer in (taken, both, wrong)] == ["body.numbers"] * 3
    assert wrong.json()["errors"][0]["problem"] == "the 2. is no telephone number"
    assert {row.version for row in doors.customers.rows.values()} == {1}


async def test_the_report_says_whom_a_line_changes() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        await client.post("/customers", json=WANG)
        report = await client.post(
            "/customers/import", content="numbers,name\n13800138000,王大明\n13900139000,李\n".encode()
        )
    assert [(line["outcome"], line["was"]) for line in report.json()["lines"]] == [("changed", "王小明"), ("added", "")]
    assert report.json()["lines"][0].keys() == {"line", "outcome", "name", "was", "problem"}


async def test_an_import_has_each_number_looked_up_anew_that_it_gives_or_takes() -> None:
    """One that was taken from a customer would lead to the old card for as long as a look-up is kept."""
    doors = Doors()
    async with client_of(doors) as client:
        await client.post("/customers", json=WANG)
        doors.looked_up.clear()
        text = "numbers,name\n13800138000,王小明\n"
        await client.post("/customers/import", content=text.encode(), params={"try_only": True})
        assert doors.looked_up == set()
        await client.post("/customers/import", content=text.encode())
    assert doors.looked_up == {"+8613800138000", "+862087654321"}


def test_a_customer_has_one_line_of_a_file() -> None:
    text = "numbers,name,reference\n13800138000,王,\n13900139000;+86 138 0013 8000,王,\n13700137000,李,c-1\n"
    text += "13600136000,李,c-1\n13500135000,赵,\n13400134000,钱,\n"
    _, lines = customer_csv.read(text.encode(), Plan())
    assert [(line.number, line.problem) for line in lines if line.row is None] == [
        (3, "numbers: one of them is on line 2, too"),
        (5, "reference: is on line 4, too"),
    ]
    assert [line.number for line in lines if line.row] == [2, 4, 6, 7]


async def test_the_report_names_each_line() -> None:
    doors = Doors()
    text = "Name,numbers,vip\n王,13800138000;13900139000,yes\n李,x,\n"
    text += ",13700137000,\n赵,13600136000,maybe\n钱,13500135000,no\n"
    async with client_of(doors) as client:
        tried = await client.post("/customers/import", content=text.encode("gb18030"), params={"try_only": True})
        assert (tried.json()["added"], doors.customers.rows) == (2, {})
        wrong = await client.post("/customers/import", content=text.encode())
        assert (wrong.status_code, doors.customers.rows) == (422, {})
        assert [each["field"] for each in wrong.json()["errors"]] == ["line 3", "line 4", "line 5"]
        report = (await client.post("/customers/import", content=text.encode(), params={"partial": True})).json()
    assert (report["added"], report["refused"]) == (2, 3)
    told = {line["line"]: (line["outcome"], line["problem"]) for line in report["lines"]}
    assert told == {
        2: ("added", ""),
        3: ("refused", "numbers: the 1. is no telephone number"),
        4: ("refused", "name: is empty"),
        5: ("refused", "vip: 'maybe' is neither yes nor no"),
        6: ("added", ""),
    }
    assert doors.looked_up == {"+8613800138000", "+8613900139000", "+8613500135000"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "first line"),
        (b"name\nx\n", "first line"),
        (b"name,numbers,colour\n", "unknown column 'colour'"),
        (b"name,numbers,name\n", "twice"),
        (b"\xff\xff\xff", "neither UTF-8"),
        (b'name,numbers\n"x,1\n', "line"),
    ],
)
def test_what_is_no_such_file_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        customer_csv.read(content, Plan())


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"name": "a\x00b"}, "name: has a control character (code 0)"),
        ({"note": "a\x1bb"}, "note: has a control character (code 27)"),
        ({"name": "two\nlines"}, "name: must be one line"),
        ({"tags": "a;b\u2028c"}, "tags: must be one line"),
        ({"reference": "a\tb"}, "reference: must be one line"),
        ({"link": "https://crm.test/a b"}, "link: must begin with https://"),
        ({"link": "javascript:alert(1)"}, "link: must begin with https://"),
        ({"name": "n" * 81}, "name: longer than 80"),
        ({"numbers": ";".join(["13800138000"] * 21)}, "numbers: more than 20"),
        ({"numbers": "=1+1"}, "numbers: the 1. is no telephone number"),
    ],
)
def test_a_cell_that_no_page_and_no_database_takes_is_refused_with_its_column(cells: dict[str, str], said: str) -> None:
    """As the same customer would be over REST."""
    row = {"name": "王", "numbers": "13800138000"} | cells
    text = StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    (line,) = customer_csv.read(text.getvalue().encode(), Plan())[1]
    assert line.row is None and line.problem.startswith(said)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gb2312", "utf-16", "utf-16-le", "utf-32", "latin-1"]
)
def test_a_file_in_another_encoding_is_read_right_or_refused(encoding: str) -> None:
    """Never as other names than were meant, where that can be told."""
    text = (
        "name,numbers,note\n王小明,13800138000,line one\n"
        if encoding != "latin-1"
        else "name,numbers\nJosé,13800138000\n"
    )
    try:
        _, (line,) = customer_csv.read(text.encode(encoding), Plan())
    except Refused:
        assert encoding not in ("utf-8", "utf-8-sig", "gb18030", "gb2312")
    else:
        assert encoding in ("utf-8", "utf-8-sig", "gb18030", "gb2312") and line.row is not None
        assert line.row.name == "王小明"


def test_a_giant_line_is_refused_with_its_number() -> None:
    with pytest.raises(Refused, match="line 2: field larger than"):
        customer_csv.read(b"name,numbers\n" + b"a" * 200_000 + b",13800138000\n", Plan())


def test_a_line_with_too_many_or_too_few_cells_is_told() -> None:
    _, lines = customer_csv.read(b"name,numbers\nA\nB,13800138000,x\n\n", Plan())
    assert [(line.number, "cells" in line.problem) for line in lines] == [(2, True), (3, True)]
