"""`call`: one simulated call through the carrier, to see the whole way work."""

from __future__ import annotations

import asyncio
import os
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.terminal import AsJson, print_json, settings_of

if TYPE_CHECKING:
    from app.settings import Settings
    from cti.carrier.plan import CarrierPlan


class Trunk(Enum):
    A = "a"
    B = "b"


def call(
    context: typer.Context,
    hotline: Annotated[str, typer.Option(help="The number to dial.")],
    press: Annotated[str, typer.Option(help="Keys to press, one after another.")] = "",
    talk: Annotated[float, typer.Option(help="Seconds to talk before hanging up.", min=0)] = 20.0,
    caller: Annotated[str, typer.Option(help="The number shown; empty withholds it.")] = "13800138000",
    trunk: Annotated[Trunk, typer.Option(help="Over which of the simulated carrier's trunks.")] = Trunk.A,
    wait: Annotated[float, typer.Option(help="Seconds to wait for an agent.", min=1)] = 120.0,
    as_json: AsJson = False,
) -> None:
    """Place one simulated call and print its timeline. Ends with 1 if no agent answered."""
    from app.instance import Instance, as_running
    from app.simulated_call import CallOrder, simulated_call

    settings = as_running(settings_of(context))
    Instance(settings).get("/health")
    order = CallOrder(hotline, press, talk, caller, trunk.value, patience_s=wait)
    report = asyncio.run(simulated_call(_plan(settings), order, lambda line: typer.echo(line, err=as_json)))
    if as_json:
        print_json(report.document())
    elif report.heard:
        typer.echo(f"what the caller heard: {report.heard}")
    if not report.reached_an_agent:
        typer.echo(
            "no agent answered. Who is signed in: ./thirdring status. Simulated agents: ./thirdring up --demo", err=True
        )
    raise typer.Exit(0 if report.reached_an_agent else 1)


def _plan(settings: Settings) -> CarrierPlan:
    """The carrier of this instance, as `up --demo` would run it."""
    from app.carrier_plan import carrier_plan
    from app.current_house import last_known_house
    from cti.credentials import load_credentials
    from cti.pbx.installation import find_installation

    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    installation = find_installation(settings.home, settings.pbx_mode, os.environ)
    return carrier_plan(settings, last_known_house(settings), credentials, installation)
