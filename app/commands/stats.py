"""`stats`: the stored figures of a span, by period; docs/figures.md defines them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import typer

from app.commands.terminal import AsJson, print_json, print_table, settings_of
from core.errors import Refused

if TYPE_CHECKING:
    from app.instance import Instance

Figures = Mapping[str, Any]
Line = Mapping[str, Any]


class Periods(Enum):
    QUARTER = "15min"
    HALF_HOUR = "30min"
    HOUR = "hour"
    BAND = "band"
    SHIFT = "shift"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


class Of(Enum):
    HOUSE = "house"
    HOTLINE = "hotline"
    QUEUE = "queue"
    AGENT = "agent"
    TEAM = "team"
    SHIFT = "shift"
    FLOW = "flow"
    NODE = "node"
    TRUNK = "trunk"


def stats(
    context: typer.Context,
    since: Annotated[str, typer.Option("--from", help="2026-11-20 or 2026-11-20T14:30, business time.")],
    until: Annotated[str, typer.Option("--to", help="As --from; a date is the end of that day. Else: as --from.")] = "",
    by: Annotated[Periods, typer.Option(help="Periods; band: the hours of the floor.")] = Periods.ALL,
    of: Annotated[Of | None, typer.Option(help="Each of a kind, where no one of them is named.")] = None,
    hotline: Annotated[str, typer.Option(help="One hotline; with --queue or --node: its calls there.")] = "",
    queue: Annotated[str, typer.Option(help="One queue.")] = "",
    agent: Annotated[str, typer.Option(help="One agent.")] = "",
    team: Annotated[str, typer.Option(help="The agents of one group.")] = "",
    shift: Annotated[str, typer.Option(help="The agents of one shift.")] = "",
    flow: Annotated[str, typer.Option(help="One flow; with --of node: its nodes.")] = "",
    node: Annotated[str, typer.Option(help="One menu node: flow/node.")] = "",
    trunk: Annotated[str, typer.Option(help="One trunk.")] = "",
    threshold_s: Annotated[float | None, typer.Option("--threshold", help="Seconds of the service level.")] = None,
    variants: Annotated[bool, typer.Option(help="All variants of the service level side by side.")] = False,
    compare: Annotated[bool, typer.Option(help="Totals beside those of the last period as long.")] = False,
    first_contact: Annotated[bool, typer.Option("--first-contact", help="With who called again.")] = False,
    file: Annotated[Path | None, typer.Option("--file", help="Write it here instead: name.xlsx or name.csv.")] = None,
    as_json: AsJson = False,
) -> None:
    """Figures of the house, or of hotlines, queues, agents, shifts, flows, their nodes, and trunks."""
    from app.instance import Instance

    names = {"hotline": hotline, "queue": queue, "agent": agent, "team": team, "shift": shift}
    names |= {"flow": flow, "node": node, "trunk": trunk}
    asked = {"from": since, "to": until or since, "by": by.value, "of": of.value if of else "", **names}
    if threshold_s is not None:
        asked["threshold_s"] = f"{threshold_s:g}"
    if compare:
        asked["compare"] = "true"
    if first_contact:
        asked["first_contact"] = "true"
    query, instance = {k: v for k, v in asked.items() if v}, Instance(settings_of(context))
    if file is not None:
        _write(instance, file, query)
        return
    report = instance.get(f"/stats?{urlencode(query)}")
    if as_json:
        print_json(report)
    else:
        _print(report, variants)


def _write(instance: Instance, file: Path, query: Mapping[str, str]) -> None:
    """Raises Refused."""
    shape = file.suffix.removeprefix(".").lower()
    if shape not in ("csv", "xlsx"):
        raise Refused(f"{file}: the name must end with .xlsx or .csv.")
    answer = instance.ask("GET", f"/stats/file?{urlencode({**query, 'format': shape, 'language': 'en'})}")
    try:
        file.write_bytes(answer.content)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}.") from error
    typer.echo(f"{file} is written.")


def _print(report: Mapping[str, Any], variants: bool) -> None:
    """Periods as rows; then all figures of the span, beside those of the last period, for each name."""
    zone = ZoneInfo(report["time_zone"])
    print_table([_row(report, line, zone, variants) for line in report["lines"]])
    last = {line["name"]: line for line in report["last"] or ()}
    names = dict.fromkeys([line["name"] for line in report["totals"]] + list(last))
    totals = {line["name"]: line for line in report["totals"]}
    for name in names:
        typer.echo(f"\n{report['of']} {name}".rstrip() + f", {_span(report, zone)}")
        print_table(_side_by_side(report["of"], totals.get(name), last.get(name), variants))
    if not report["lines"] and not names:
        typer.echo("nothing was counted in this span")
    for line in report["lines"] + report["totals"]:
        if line["figures"].get("conserved") is False:
            typer.echo(f"these figures do not add up: {line['name'] or 'house'}, {_when(line, zone)}", err=True)


def _span(report: Mapping[str, Any], zone: ZoneInfo) -> str:
    first, last = (datetime.fromtimestamp(report[key], zone) for key in ("from_utc_s", "to_utc_s"))
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"


def _when(line: Mapping[str, Any], zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(line['start_utc_s'], zone):%m-%d %H:%M}"


def _side_by_side(of: str, total: Line | None, last: Line | None, variants: bool) -> list[dict[str, str]]:
    now, before = ({} if line is None else _cells(of, line["figures"], variants) for line in (total, last))
    columns = {"span": now} | ({} if last is None else {"last period": before})
    return [
        {"figure": name} | {title: cells.get(name, "-") for title, cells in columns.items()} for name in now or before
    ]


def _row(report: Mapping[str, Any], line: Line, zone: ZoneInfo, variants: bool) -> dict[str, str]:
    """Few enough columns for a terminal; what is rare is told of the whole span."""
    names = {} if report["of"] == "house" else {report["of"]: line["name"] or "-"}
    cells = _cells(report["of"], line["figures"], variants)
    return {"from": _when(line, zone), **names, **{name: cell for name, cell in cells.items() if name not in _RARE}}


_RARE = {
    "callbacks",
    "messages",
    "flowed_out",
    "lost",
    "waiting",
    "blocked",
    "without short",
    "with callbacks",
    "surveys answered",
    "pending",
    "withheld",
    "by code",
}


def _cells(of: str, figures: Figures, variants: bool) -> dict[str, str]:
    tell = {"agent": _work, "team": _work, "shift": _work, "flow": _flow, "node": _node, "trunk": _trunk}.get(of)
    told = tell(figures) if tell else _calls(figures, variants)
    return dict([*told, *(_contacts(figures) if "first_contact" in figures else ())])


def _calls(figures: Figures, variants: bool) -> Iterator[tuple[str, str]]:
    names = ("offered", "answered", "abandoned", "callbacks", "messages", "flowed_out", "lost", "waiting", "blocked")
    for name in names:
        yield name, str(figures[name])
    yield "connected", percent(figures["connection_rate"])
    yield "without short", percent(figures["connection_rate_without_short"])
    yield "with callbacks", percent(figures["connection_rate_with_callbacks"])
    level = figures["service_level"]
    for name in level if variants else ("v3",):
        yield f"{name if variants else 'in'} {figures['service_level_s']:g} s", percent(level[name])
    yield "3 rings", percent(figures["three_ring_rate"])
    yield "ASA s", seconds(figures["asa_s"])
    yield "AHT s", seconds(figures["aht_s"])
    yield "longest s", seconds(figures["longest_wait_s"])
    yield "surveys answered", percent(figures["satisfaction"]["response_rate"])


def _work(figures: Figures) -> Iterator[tuple[str, str]]:
    for name in ("signed_in", "available", "talking", "holding", "wrap_up", "break"):
        yield f"{name} s", seconds(figures[f"{name}_s"])
    yield "adherence", percent(figures["adherence"])
    yield "late", str(figures["late"])
    yield "occupancy", percent(figures["occupancy"])
    yield "answered", str(figures["answered"])
    yield "missed", str(figures["three_rings"]["missed"])
    yield "3 rings", percent(figures["three_ring_rate"])
    yield "AHT s", seconds(figures["aht_s"])
    yield "transferred", str(figures["transferred"])
    yield "outbound", str(figures["outbound"])


def _contacts(figures: Figures) -> Iterator[tuple[str, str]]:
    yield "first contact", percent(figures["first_contact"])
    yield "came again", str(figures["contact_again"])
    for name in ("pending", "withheld"):
        yield name, str(figures[f"contact_{name}"])
    yield "by code", f"{percent(figures['code_solved'])} of {figures['coded']}"


def _flow(figures: Figures) -> Iterator[tuple[str, str]]:
    yield "calls", str(figures["calls"])
    yield "without agent", percent(figures["without_agent"])
    for name, rate in figures["rates"].items():
        yield name, f"{figures['reached'][name]} ({percent(rate)})"
    for name in ("wrong", "silent", "gave_up"):
        yield name, str(figures[name])
    yield "mean s", seconds(figures["mean_s"])


def _node(figures: Figures) -> Iterator[tuple[str, str]]:
    for name in ("visits", "callers", "wrong", "silent", "hung_up"):
        yield name, str(figures[name])
    yield "mean s", seconds(figures["mean_s"])
    for name in ("left", "to", "keys"):
        yield name, ", ".join(f"{key or 'end'} {count}" for key, count in figures[name].items())


def _trunk(figures: Figures) -> Iterator[tuple[str, str]]:
    for name in ("entered", "blocked", "outbound", "outbound_reached"):
        yield name, str(figures[name])
    yield "blocked rate", percent(figures["blocked_rate"])
    yield "line s", seconds(figures["line_s"])
    yield "down s", seconds(figures["down_s"])


def percent(rate: float | None) -> str:
    """One decimal, as people compare it with a target: 86.0 %."""
    return "-" if rate is None else f"{rate * 100:.1f} %"


def seconds(value: float | None) -> str:
    """One decimal."""
    return "-" if value is None else f"{value:.1f}"
