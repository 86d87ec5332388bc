"""A report as a flat table, as CSV and as a workbook: right columns, right units, and never a formula."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, time
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.house import House
from core.rollup import Rollup
from core.staff import Group, Shift
from monitor.reports import Ask, Line, Subject, lines, totals
from monitor.sheets import as_csv, as_xlsx, escaped
from monitor.table_titles import OF, TITLES
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

ROOT = Path(__file__).resolve().parents[3]
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


def test_two_agents_of_one_name_are_told_apart() -> None:
    """Wang Fang is a name of some hundred thousand people, and a pivot table adds up what has one name."""
    one = small_house().agents[0]
    twins = [one.model_copy(update={"id": f"agent-{number}", "name": "王芳"}) for number in (1, 2)]
    house = small_house().model_copy(update={"agents": (*twins, one)})
    lines = [Line(each.id, FIRST, FIRST + 3600, {}) for each in house.agents]
    rows = table(replace(ASK, of="agent"), house, "zh-CN", lines, []).rows
    assert [row.name for row in rows] == ["王芳 (agent-1)", "王芳 (agent-2)", one.name]


def test_a_trunk_has_its_name() -> None:
    trunk = small_house().trunks[0]
    (row,) = table(replace(ASK, of="trunk"), small_house(), "en", [Line(trunk.id, FIRST, FIRST + 900, {})], []).rows
    assert row.name == trunk.name != trunk.id


def test_an_hour_that_comes_twice_is_two_rows_that_can_be_told_apart() -> None:
    """In Berlin on 25 October 2026 three o'clock is two o'clock again."""
    house = small_house().model_copy(update={"time_zone": "Europe/Berlin"})
    two = int(datetime(2026, 10, 25, 0, tzinfo=UTC).timestamp())
    lines = [Line(SALES, two + hour * 3600, two + (hour + 1) * 3600, {}) for hour in (-1, 0, 1, 2)]
    periods = [row.period for row in table(ASK, house, "en", lines, []).rows]
    assert periods == ["2026-10-25 01:00", "2026-10-25 02:00 +02:00", "2026-10-25 02:00 +01:00", "2026-10-25 03:00"]


def test_a_file_calls_each_figure_what_the_page_calls_it() -> None:
    """With the unit behind it, and "how long" spelled out; one word for two figures is worse than none."""
    page = json.loads((ROOT / "web/src/words/zh-CN.json").read_text(encoding="utf-8"))
    for name in page["name"].keys() & TITLES.keys() - {"left"}:  # of a node it is a count by key, and no column
        plain = TITLES[name].removesuffix("(秒)")
        assert page["name"][name] in (plain, plain.removesuffix("时长"), plain.removesuffix("时间")), name
    assert page["subject"] == OF
    assert len(set(TITLES.values())) == len(TITLES)


def test_a_title_says_what_it_is_of_and_by_which_clock() -> None:
    ask = replace(ASK, name=SALES, since_utc_s=FIRST, until_utc_s=FIRST + 3600)
    chinese, english = (table(ask, small_house(), language, [], []).title for language in ("zh-CN", "en"))
    assert "队列 售前" in chinese and "queue Presales" in english
    assert chinese.endswith(" Asia/Shanghai") and english.endswith(" Asia/Shanghai")


@pytest.mark.parametrize("name", ["=1+1", "&" * 80])
def test_no_name_of_a_house_is_a_formula_or_too_long_for_the_paper(name: str) -> None:
    parts = sheet_of(as_xlsx(report(small_house().model_copy(update={"name": name}))))
    title = parts["xl/charts/chart1.xml"].split("<c:plotArea>")[0]
    assert "<c:f>" not in title and "oddHeader" in parts["xl/worksheets/sheet1.xml"]


@settings(max_examples=50)
@given(st.lists(st.text(alphabet=st.sampled_from("王a,\"=\r\n;\t '+"), max_size=12), min_size=1, max_size=6))
def test_any_names_come_back_from_csv_as_as_many_rows(names: list[str]) -> None:
    """What is older than the house's present rules for names, too."""
    rows = [replace(report().rows[0], name=name) for name in names]
    back = list(csv.reader(StringIO(as_csv(replace(report(), rows=tuple(rows))).decode("utf-8-sig"), newline="")))
    assert [row[1] for row in back[1:]] == [escaped(name) for name in names]


def test_a_day_is_called_by_its_date() -> None:
    day = 86_400
    first = int(datetime(2026, 10, 25, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())
    of_days = [Line(SALES, first, first + day, {}), Line(SALES, first + day, first + 2 * day, {})]
    periods = [row.period for row in table(replace(ASK, by="day"), small_house(), "en", of_days, []).rows]
    assert periods == ["2026-10-25", "2026-10-26"]
