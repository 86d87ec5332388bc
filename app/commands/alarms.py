"""`alarm`: what stands now, what was, and that somebody looks after it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from app.commands.terminal import AsJson, print_json, settings_of, show_rows
from app.instance import Instance

app = typer.Typer(help="Alarms of the house's rules: list, history, acknowledge.", no_args_is_help=True)
_SHOWN = ("rule", "subject", "severity", "raised_utc_s", "text", "acknowledged_by")


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """The alarms that stand now."""
    board = Instance(settings_of(context)).get("/live")["snapshot"]
    rows = [_now(entry) for key, entry in sorted(board.items()) if key.startswith("alarm/")]
    show_rows(rows, as_json, nothing="no alarm stands")


@app.command()
def history(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=200, help="The last so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Alarms of the past and present, the newest first."""
    rows = Instance(settings_of(context)).get(f"/alarms?limit={limit}")["alarms"]
    shown = [{name: row[name] for name in _SHOWN} | {"over": row["cleared_utc_s"] is not None} for row in rows]
    show_rows(rows if as_json else shown, as_json, nothing="there was no alarm")


@app.command()
def acknowledge(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="The rule's id, such as trunk-down.")],
    subject: Annotated[str, typer.Argument(help="What it is of, such as trunk-a; house for the whole.")],
    as_json: AsJson = False,
) -> None:
    """Say that you look after an alarm; it stands until its figure is back."""
    path = f"/alarms/{quote(rule, safe='')}/{quote(subject, safe='')}/acknowledge"
    answer = Instance(settings_of(context)).post(path, {})
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{rule} of {subject} is acknowledged.")


def _now(entry: dict[str, Any]) -> dict[str, Any]:
    row = entry | {"raised_utc_s": entry["since_utc_s"], "acknowledged_by": entry["by"]}
    return {name: row[name] for name in _SHOWN}
