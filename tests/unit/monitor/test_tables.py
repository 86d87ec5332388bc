"""A report as a flat table, as CSV and as a workbook: right columns, right units, and never a formula."""

from __future__ import annotations

import csv
import re
import zipfile
from dataclasses import replace
from datetime import time
from io import BytesIO, StringIO
from typing import Any

import pytest

from core.house import House
from core.rollup import Rollup
from core.staff import Group, Shift
from monitor.reports import Ask, Line, Subject, lines, totals
from monitor.sheets import as_csv, as_xlsx, escaped
from monitor.tables import Table, table, unit
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    ENDED,
    ENTERED,
    HOTLINE,
    NOON_UTC_S,
    OFFERED,
    RANG,
    SALES,
    TALKED,
    journal,
    small_house,
)

FIRST = int(NOON_UTC_S) // 900 * 900
ASK = Ask("queue", FIRST, FIRST + 3600, by="hour")
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1+1", "＝1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")']


def counted() -> Rollup:
    rollup = Rollup()
    calls = (0, ENTERED), (1, OFFERED), (2, RANG), (9, ANSWERED), (29, TALKED), (30, ENDED)
    for outcome in journal(*calls):
        rollup.apply(outcome)
    return rollup


def report(house: House | None = None) -> Table:
    known, ask = house or small_house(), ASK
    pairs = [(row, state) for row, state in counted().rows().items() if row.kind == "call"]
    return table(ask, known, "en", lines(pairs, ask, known), totals(pairs, ask, known))


def named(name: str) -> House:
    """The queue's name is what an attacker, or a careless person, made of it."""
    queues = [queue.model_copy(update={"name": {"en": name, "zh-CN": name}}) for queue in small_house().queues]
    return small_house().model_copy(update={"queues": tuple(queues)})


def sheet_of(body: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(body)) as book:
        return {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}


def test_each_line_is_a_row_and_each_number_a_column() -> None:
    found = report()
    assert [column.name for column in found.columns[:5]] == [
        "offered", "answered", "abandoned", "connection_rate", "service_level",
    ]  # fmt: skip
    assert [row.kind for row in found.rows] == ["line", "line", "total"]
    answered = [column.name for column in found.columns].index("answered")
    assert sum(row.cells[answered] or 0 for row in found.rows if row.kind == "line") == 1
    assert "conserved" not in {column.name for column in found.columns}
    assert found.rows[-1].period == "total" and found.rows[0].name == small_house().queues[0].name.get("en", SALES)


def test_chinese_titles_and_names() -> None:
    pairs = [(row, state) for row, state in counted().rows().items() if row.kind == "call"]
    found = table(ASK, small_house(), "zh-CN", (), totals(pairs, ASK, small_house()))
    assert found.heads == ("时间", "对象") and found.columns[3].title == "接通率" and found.rows[0].period == "合计"


@pytest.mark.parametrize(
    ("name", "is_a"),
    [("asa_s", "seconds"), ("connection_rate", "rate"), ("service_level", "rate"), ("answered", "count")],
)
def test_units(name: str, is_a: str) -> None:
    assert unit(name) == is_a


def test_csv_is_read_back_with_the_same_numbers() -> None:
    found = report()
    body = as_csv(found)
    assert body.startswith(b"\xef\xbb\xbf") and b"\r\n" in body
    rows = list(csv.DictReader(StringIO(body.decode("utf-8-sig"))))
    assert len(rows) == len(found.rows)
    assert rows[-1]["offered"] == "1" and float(rows[-1]["connection_rate"]) == 1.0 and rows[-1]["asa_s"] == "8.0"


@pytest.mark.parametrize("name", EVIL)
def test_no_name_becomes_a_formula(name: str) -> None:
    assert escaped(name) == "'" + name
    found = report(named(name[:80]))
    for row in csv.reader(StringIO(as_csv(found).decode("utf-8-sig"))):
        assert not row[1].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    parts = sheet_of(as_xlsx(found))
    assert "<f>" not in parts["xl/worksheets/sheet1.xml"] and "hyperlink" not in parts["xl/worksheets/sheet1.xml"]


def test_plain_texts_and_negative_numbers_stay_as_they_are() -> None:
    assert escaped("售后服务 = 1") == "售后服务 = 1" and escaped("") == ""


def test_a_workbook_has_the_numbers_and_a_chart_of_its_own() -> None:
    found = report()
    parts = sheet_of(as_xlsx(found))
    sheet, chart = parts["xl/worksheets/sheet1.xml"], parts["xl/charts/chart1.xml"]
    numbers = re.findall(r'<c r="[A-Z]+\d+" s="\d+"><v>([^<]+)</v>', sheet)
    assert "1" in numbers and "8" in numbers
    assert "c:barChart" in chart and "c:lineChart" in chart and "report!$C$2:$C$3" not in chart
    answered = [column.name for column in found.columns].index("answered") + 2
    assert f"report!${'ABCDEFGH'[answered]}$2:${'ABCDEFGH'[answered]}$3" in chart.replace("'", "")
    assert "autoFilter" in sheet and "pane" in sheet


def test_a_report_of_several_names_or_without_lines_has_no_chart() -> None:
    sums = replace(report(), rows=report().rows[-1:])
    assert not any("chart" in name for name in sheet_of(as_xlsx(sums)))
    several = Table("t", ("a", "b"), report().columns, tuple(_renamed(report())))
    assert not any("chart" in name for name in sheet_of(as_xlsx(several)))


def _renamed(found: Table) -> list[Any]:
    return [replace(row, name=f"queue {number}") for number, row in enumerate(found.rows)]


def test_an_empty_report_is_a_file_too() -> None:
    empty = table(ASK, small_house(), "en", (), ())
    assert as_csv(empty).decode("utf-8-sig") == "period,name\r\n"
    assert as_xlsx(empty)[:2] == b"PK"


@pytest.mark.parametrize("of", ["agent", "hotline", "queue", "shift", "team", "node"])
def test_a_line_bears_the_name_that_the_house_gives(of: Subject) -> None:
    shift = Shift(id="early", name={"en": "Early"}, start=time(8), end=time(20))
    house = small_house().model_copy(update={"shifts": (shift,), "groups": (Group(id="red", name={"en": "Red team"}),)})
    known = {"agent": AGENT, "hotline": HOTLINE, "queue": SALES, "shift": "early", "team": "red", "node": "root"}
    names = {"agent": "话务员01", "hotline": "Main", "queue": "Presales", "shift": "Early", "team": "Red team"}
    ask = replace(ASK, of=of, by="all")
    (row,) = table(ask, house, "en", [Line(known[of], FIRST, FIRST + 3600, {})], []).rows
    assert row.name == names.get(of, "root")
