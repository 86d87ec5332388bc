"""What the commands share: which instance is meant, and one way to print rows, for people or for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.settings import Settings

_MOMENT = "_utc_s"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def settings_of(context: typer.Context) -> Settings:
    """The settings of the instance that the options and the environment name. Raises ConfigurationWrong."""
    from app.settings import read_settings

    return read_settings(context.obj)


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def show_rows(rows: Sequence[Mapping[str, Any]], as_json: bool, *, nothing: str) -> None:
    """JSON for programs; for people a table with a column for each key of the first row, or `nothing`."""
    if as_json:
        print_json(rows)
    else:
        print_table(rows, nothing)


def show_values(values: Mapping[str, Any], as_json: bool) -> None:
    """JSON for programs; for people one line a key."""
    if as_json:
        print_json(values)
    else:
        shown = {key: _moment(value) if key.endswith(_MOMENT) else value for key, value in values.items()}
        print_table([{"key": key.removesuffix(_MOMENT), "value": value} for key, value in shown.items()])


def print_table(rows: Sequence[Mapping[str, Any]], nothing: str = "") -> None:
    """A table with a column for each key of the first row, or `nothing`."""
    from rich.console import Console
    from rich.table import Table

    if not rows:
        typer.echo(nothing)
        return
    table = Table(box=None, pad_edge=False)
    for key in rows[0]:
        table.add_column(key.removesuffix(_MOMENT).replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_moment(row[key]) if key.endswith(_MOMENT) else _cell(row.get(key)) for key in rows[0]))
    Console(markup=False, emoji=False).print(table)


def _moment(utc_s: float) -> str:
    """Local time of this machine, as the person at it reads clocks; only the day, if it is of another year."""
    moment = datetime.fromtimestamp(utc_s).astimezone()
    return moment.strftime("%m-%d %H:%M:%S" if moment.year == datetime.now().year else "%Y-%m-%d")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
