"""A report as a flat table, for spreadsheets and paper: a row for each line, a column for each figure. Pure.

Every figure that is one number gets a column, under its name in docs/figures.md or in Chinese; counts by key do not.
The service level is V3. Rates stay fractions of 1 and durations seconds: whoever shows them formats them by `Unit`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from core.house import Hotline, House, Queue
from core.parts import Language
from core.staff import Group, Shift
from monitor.panels import Entry
from monitor.reports import Ask, Line
from monitor.table_titles import OF, TITLES

Unit = Literal["count", "rate", "seconds"]
RATES = (
    "rate", "level", "occupancy", "utilisation", "adherence", "abandonment", "score", "without_agent", "without_short",
    "first_contact", "code_solved",
)  # fmt: skip
FIRST = ("offered", "answered", "abandoned", "connection_rate", "service_level", "three_ring_rate", "asa_s", "aht_s")
"""These stand first, where a report has them."""
NOT_SHOWN = ("conserved", "service_level_s")


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    title: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Row:
    """`kind`: line, total, or last (of the period before)."""

    kind: Literal["line", "total", "last"]
    period: str
    name: str
    cells: tuple[int | float | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    heads: tuple[str, str]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def table(
    ask: Ask, house: House, language: Language, lines: Sequence[Line], totals: Sequence[Line], last: Sequence[Line] = ()
) -> Table:
    """The whole report; names of people and queues as the house shows them."""
    zone, names = ZoneInfo(house.time_zone), _names(ask, house, language)
    columns = tuple(_columns([*lines, *totals, *last], language))
    parts: tuple[tuple[Literal["line", "total", "last"], Sequence[Line]], ...] = (
        ("line", lines), ("total", totals), ("last", last)
    )  # fmt: skip
    rows = tuple(
        Row(kind, _period(kind, line, ask, zone, language), names.get(line.name, line.name), _cells(line, columns))
        for kind, group in parts
        for line in group
    )
    heads = _title("period", language), _title("name", language)
    return Table(_headline(ask, house, names, language), heads, columns, rows)


def _headline(ask: Ask, house: House, names: Mapping[str, str], language: Language) -> str:
    """What it is of, its span, and by which clock."""
    zone = ZoneInfo(house.time_zone)
    first, end = (f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}" for at in (ask.since_utc_s, ask.until_utc_s))
    of = OF.get(ask.of, ask.of) if language == "zh-CN" else ask.of
    told = (house.name, of, names.get(ask.name, ask.name), f"{first} - {end}", house.time_zone)
    return " ".join(part for part in told if part)


def _names(ask: Ask, house: House, language: Language) -> dict[str, str]:
    """As the house shows them; where two have one name, as two of the agents may, with the id."""
    named: list[tuple[str, str]] = []
    match ask.of:
        case "agent":
            named = [(agent.id, agent.name) for agent in house.agents]
        case "trunk":
            named = [(trunk.id, trunk.name) for trunk in house.trunks]
        case "hotline":
            named = _shown(house.hotlines, language)
        case "queue":
            named = _shown(house.queues, language)
        case "shift":
            named = _shown(house.shifts, language)
        case "team":
            named = _shown(house.groups, language)
    often = Counter(name for _, name in named)
    return {id: name if often[name] == 1 else f"{name} ({id})" for id, name in named if name}


def _shown(parts: Iterable[Hotline | Queue | Shift | Group], language: Language) -> list[tuple[str, str]]:
    return [(part.id, part.name.get(language, part.id)) for part in parts]


def _columns(lines: Sequence[Line], language: Language) -> Iterator[Column]:
    known = dict.fromkeys(name for line in lines for name, value in _numbers(line.figures))
    for name in sorted(known, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST)):
        yield Column(name, _title(name, language), unit(name))


def _numbers(figures: Entry) -> Iterator[tuple[str, int | float | None]]:
    for name, value in figures.items():
        if name == "service_level" and isinstance(value, Mapping):
            yield name, value["v3"]
        elif name not in NOT_SHOWN and (value is None or isinstance(value, int | float)):
            yield name, value


def _cells(line: Line, columns: Sequence[Column]) -> tuple[int | float | None, ...]:
    found = dict(_numbers(line.figures))
    return tuple(found.get(column.name) for column in columns)


def unit(name: str) -> Unit:
    if name.endswith("_s"):
        return "seconds"
    return "rate" if any(part in name for part in RATES) else "count"


def _title(name: str, language: Language) -> str:
    return TITLES.get(name, name) if language == "zh-CN" else name


def _period(kind: str, line: Line, ask: Ask, zone: ZoneInfo, language: Language) -> str:
    if kind != "line":
        return _title(kind, language)
    start = datetime.fromtimestamp(line.start_utc_s, zone)
    if ask.by in ("day", "week", "month"):
        return f"{start:%Y-%m-%d}"
    twice = start.utcoffset() != start.replace(fold=not start.fold).utcoffset()
    return f"{start:%Y-%m-%d %H:%M}{' ' + start.isoformat()[-6:] if twice else ''}"
