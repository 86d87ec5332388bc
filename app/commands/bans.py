"""`bans`: addresses that the PBX refuses."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from app.commands.terminal import AsJson, print_json, settings_of, show_rows
from app.instance import Instance

app = typer.Typer(help="Bans: addresses that the PBX refuses.", no_args_is_help=True)
Address = Annotated[str, typer.Argument(help="The address, such as 203.0.113.7.")]


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the addresses that the PBX refuses, why, and until when."""
    show_rows(Instance(settings_of(context)).get("/bans"), as_json, nothing="nobody is banned")


@app.command()
def add(
    context: typer.Context,
    address: Address,
    hours: Annotated[float, typer.Option(min=0.1, max=720, help="For how long.")] = 1.0,
    why: Annotated[str, typer.Option(help="For whoever looks at the list.")] = "",
    as_json: AsJson = False,
) -> None:
    """Refuse an address at the PBX's SIP port; calls that are up go on."""
    made = Instance(settings_of(context)).post("/bans", {"address": address, "for_s": hours * 3600, "why": why})
    print_json(made) if as_json else typer.echo(f"{made['address']} is refused.")


@app.command()
def lift(context: typer.Context, address: Address, as_json: AsJson = False) -> None:
    """Refuse an address no longer."""
    Instance(settings_of(context)).ask("DELETE", f"/bans/{quote(address, safe='')}")
    print_json({"lifted": address}) if as_json else typer.echo(f"{address} is not refused any more.")
