"""`call`: one simulated call through the carrier, to see the whole way work."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from app.commands.terminal import AsJson, print_json, settings_of


def call(
    context: typer.Context,
    hotline: Annotated[str, typer.Option(help="The number to dial.")],
    press: Annotated[str, typer.Option(help="Keys to press, one after another.")] = "",
    talk: Annotated[float, typer.Option(help="Seconds to talk before hanging up.", min=0)] = 20.0,
    caller: Annotated[str, typer.Option(help="The number shown; empty withholds it.")] = "13800138000",
    trunk: Annotated[str, typer.Option(help="Over which of the simulated carrier's trunks: a or b.")] = "a",
    wait: Annotated[float, typer.Option(help="Seconds to wait for an agent.", min=1)] = 120.0,
    as_json: AsJson = False,
) -> None:
    """Place one simulated call and print its timeline. Ends with 1 if no agent answered."""
    from app.simulated_call import CallOrder, simulated_call
    from cti.credentials import load_credentials

    settings = settings_of(context)
    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    order = CallOrder(hotline, press, talk, caller, trunk, patience_s=wait)
    report = asyncio.run(simulated_call(settings, credentials, order, lambda line: typer.echo(line, err=as_json)))
    if as_json:
        print_json(report.document())
    elif report.heard:
        typer.echo(f"what the caller heard: {report.heard}")
    raise typer.Exit(0 if report.reached_an_agent else 1)
