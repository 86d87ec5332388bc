"""`case`: who owns an open case, and its end."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from app.commands.terminal import AsJson, print_json, settings_of
from app.instance import Instance

DAY_S = 86_400.0
Case = Annotated[str, typer.Argument(help="The case's number, as callers and the business system name it.")]
app = typer.Typer(help="Open cases: their callers are given the owner first.", no_args_is_help=True)


@app.command()
def own(
    context: typer.Context,
    case: Case,
    agent: Annotated[str, typer.Argument(help="Who owns it, such as agent-01.")],
    caller: Annotated[str, typer.Option(help="The number its caller calls from.")] = "",
    days: Annotated[float, typer.Option(help="How long it is owned at most.", min=0.01, max=366)] = 7.0,
    as_json: AsJson = False,
) -> None:
    """Say who owns an open case."""
    body = {"agent": agent, "caller": caller, "lasts_s": days * DAY_S}
    answer = Instance(settings_of(context)).ask("PUT", f"/cases/{quote(case, safe='')}", body).json()
    print_json(answer) if as_json else typer.echo(f"{case}: owned by {agent}.")


@app.command()
def close(context: typer.Context, case: Case, as_json: AsJson = False) -> None:
    """Close a case."""
    answer = Instance(settings_of(context)).ask("DELETE", f"/cases/{quote(case, safe='')}").json()
    print_json(answer) if as_json else typer.echo(f"{case}: closed.")
