"""`seat`: add, remove and list seats of a running instance; lines and calls are not touched."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from app.commands import imports
from app.commands.terminal import AsJson, print_json, settings_of, show_rows, show_values
from app.instance import Instance

app = typer.Typer(help="Seats: places with a phone.", no_args_is_help=True)
SHOWN_ONCE = "Set these in the phone now: the password is not shown again."
SeatName = Annotated[str, typer.Argument(help="The seat's id, such as seat-16.")]


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the seats and what their phones can do."""
    rows = Instance(settings_of(context)).get("/seats")
    show_rows(rows, as_json, nothing="no seats; add one with: ./thirdring seat add seat-01")


@app.command()
def add(
    context: typer.Context,
    seat: SeatName,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add a seat. Its phone's user name and password are shown this once."""
    made = Instance(settings_of(context)).post("/seats", {"id": seat, "name": name})
    show_values(made, as_json)
    typer.echo(SHOWN_ONCE, err=True)


@app.command()
def login(context: typer.Context, seat: SeatName, as_json: AsJson = False) -> None:
    """Give a seat's desk phone another password, shown this once; the old one ends."""
    show_values(Instance(settings_of(context)).post(f"/seats/{quote(seat, safe='')}/login", {}), as_json)
    typer.echo(SHOWN_ONCE, err=True)


@app.command("import")
def import_(
    context: typer.Context,
    file: imports.File,
    try_only: imports.TryOnly = False,
    partial: imports.Partial = False,
    as_json: AsJson = False,
) -> None:
    """Add many seats: a CSV file with the columns id and name. All of it or nothing; phones' logins are shown once."""
    imports.take_in(context, "seats", file, try_only, partial, as_json)


@app.command()
def remove(context: typer.Context, seat: SeatName, as_json: AsJson = False) -> None:
    """Remove a seat; a talk there goes on to its end."""
    Instance(settings_of(context)).ask("DELETE", f"/seats/{quote(seat, safe='')}")
    if as_json:
        print_json({"removed": seat})
    else:
        typer.echo(f"{seat} is removed.")
