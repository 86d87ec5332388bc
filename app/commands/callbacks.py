"""`callback`: promises to call somebody back, made, seen and taken back."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from app.commands.terminal import AsJson, print_json, settings_of, show_rows
from app.instance import Instance

app = typer.Typer(help="Callbacks: promises to call somebody back.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the open promises."""
    rows = Instance(settings_of(context)).get("/callbacks")
    show_rows(rows, as_json, nothing="no open callbacks")


@app.command()
def add(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Whom to call back.")],
    queue: Annotated[str, typer.Argument(help="Whose matter it is, such as presales.")],
    priority: Annotated[int, typer.Option(help="Higher is served first.", min=0, max=9)] = 0,
    as_json: AsJson = False,
) -> None:
    """Promise a call, at the place that a caller of now would have."""
    body = {"number": number, "queue": queue, "priority": priority}
    answer = Instance(settings_of(context)).post("/callbacks", body)
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{answer['result']}: promised.")


@app.command()
def cancel(
    context: typer.Context,
    callback: Annotated[str, typer.Argument(help="The promise's id, such as cb-4711.")],
    as_json: AsJson = False,
) -> None:
    """Take a promise back."""
    answer = Instance(settings_of(context)).ask("DELETE", f"/callbacks/{quote(callback, safe='')}").json()
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{callback}: cancelled.")
