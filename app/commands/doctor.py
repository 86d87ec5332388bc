"""`doctor`: how this instance and its machine stand, and what to do."""

from __future__ import annotations

import typer

from app.commands.terminal import AsJson, print_json, settings_of

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Check everything and name the remedy. Ends with 1 if anything fails."""
    from app.doctor import Level, examine
    from app.instance import as_running

    worst = False
    rows: list[dict[str, str]] = []
    for name, finding in examine(as_running(settings_of(context))):
        worst = worst or finding.level is Level.FAIL
        rows.append({"check": name, "level": finding.level.value, "text": finding.text, "remedy": finding.remedy})
        if not as_json:
            _print(rows[-1])
    if as_json:
        print_json(rows)
    raise typer.Exit(1 if worst else 0)


def _print(row: dict[str, str]) -> None:
    level = typer.style(f"{row['level']:4}", fg=_COLOURS[row["level"]])
    typer.echo(f"{level} {row['check']:11} {row['text']}")
    if row["remedy"]:
        typer.echo(f"{'':16} -> {row['remedy']}")
