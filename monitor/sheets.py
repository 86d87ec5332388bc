"""A table as a file: CSV for programs and spreadsheets, XLSX with a chart of its own (docs/decisions/0014).

Nothing in a cell is ever a formula. A workbook's texts are written as texts; CSV has no types, so a text that a
spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

from monitor.tables import Column, Row, Table

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMATS = {"count": "0", "rate": "0.0%", "seconds": "0.0"}
_DIGITS = {"count": 0, "rate": 6, "seconds": 3}
DRAWN = ("answered", "abandoned", "callbacks", "messages")
RATE = "connection_rate"
MOST_IN_HEADER = 240
"""Of 255 characters that a header takes, its codes among them."""


def escaped(text: str) -> str:
    """A text that no spreadsheet takes for a formula, whatever blanks are before it."""
    return f"'{text}" if text.lstrip(" ").startswith(BEGINS_FORMULA) else text


def as_csv(table: Table) -> bytes:
    """With a byte order mark, by which spreadsheets know UTF-8; numbers with a point; lines end in CRLF (RFC 4180)."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([escaped(title) for title in (*table.heads, *(column.title for column in table.columns))])
    for row in table.rows:
        cells = (_number(cell, column) for cell, column in zip(row.cells, table.columns, strict=True))
        writer.writerow([escaped(row.period), escaped(row.name), *cells])
    return text.getvalue().encode("utf-8-sig")


def _number(cell: int | float | None, column: Column) -> str:
    return "" if cell is None else str(round(cell, _DIGITS[column.unit]) if isinstance(cell, float) else cell)


def as_xlsx(table: Table) -> bytes:
    """One sheet with the table, frozen heads and a filter; where a report has lines, a chart of the first name's."""
    from xlsxwriter import Workbook

    file = BytesIO()
    texts_stay = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, {"in_memory": True, **texts_stay}) as book:
        sheet = book.add_worksheet("report")
        _write(book, sheet, table)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) + 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_header(f"&L{table.title.replace('&', '&&')[:MOST_IN_HEADER]}&R&P / &N")
        if chart := _chart(book, table):
            sheet.insert_chart(len(table.rows) + 2, 0, chart, {"x_scale": 2.0, "y_scale": 1.4})
    return file.getvalue()


def _write(book: Any, sheet: Any, table: Table) -> None:
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    plain = {unit: book.add_format({"num_format": shape}) for unit, shape in _FORMATS.items()}
    strong = {unit: book.add_format({"num_format": shape, "bold": True}) for unit, shape in _FORMATS.items()}
    bold = book.add_format({"bold": True})
    for place, title in enumerate((*table.heads, *(column.title for column in table.columns))):
        sheet.write_string(0, place, title, head)
    for number, row in enumerate(table.rows, start=1):
        formats, text = (plain, None) if row.kind == "line" else (strong, bold)
        sheet.write_string(number, 0, row.period, text)
        sheet.write_string(number, 1, row.name, text)
        for place, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True), start=2):
            if cell is not None:
                sheet.write_number(number, place, cell, formats[column.unit])
    sheet.set_column(0, 1, 18)


def _chart(book: Any, table: Table) -> Any:
    """What became of the calls, stacked, with the connection rate over it; None where there is nothing to draw."""
    rows = _drawn_rows(table)
    places = {column.name: place for place, column in enumerate(table.columns, start=2)}
    if not rows or "answered" not in places:
        return None
    first, last = rows[0], rows[-1]
    chart, line = book.add_chart({"type": "column", "subtype": "stacked"}), book.add_chart({"type": "line"})
    for name in (name for name in DRAWN if name in places):
        chart.add_series(_series(first, last, places[name]))
    if RATE in places:
        line.add_series(_series(first, last, places[RATE]) | {"y2_axis": True})
        line.set_y2_axis({"num_format": "0%", "min": 0, "max": 1})
        chart.combine(line)
    chart.set_title({"name": escaped(table.title), "name_font": {"size": 11}})  # one that begins with = is a formula
    chart.set_legend({"position": "bottom"})
    return chart


def _drawn_rows(table: Table) -> list[int]:
    """The rows of lines of the first name, if they are in a row: what a series can take."""
    lines: list[Row] = [row for row in table.rows if row.kind == "line"]
    if len({row.name for row in lines}) > 1:
        return []
    return list(range(1, len(lines) + 1))


def _series(first: int, last: int, place: int) -> dict[str, Any]:
    return {
        "name": ["report", 0, place],
        "categories": ["report", first, 0, last, 0],
        "values": ["report", first, place, last, place],
    }
