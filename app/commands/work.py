"""`work`: what has to be done for callers, seen, claimed, handed over and done."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

import typer

from app.commands.terminal import AsJson, print_json, settings_of, show_rows
from app.instance import Instance
from core.states import WorkKind

app = typer.Typer(help="Work: messages, calls nobody answered, low marks, callbacks.", no_args_is_help=True)
ItemName = Annotated[str, typer.Argument(help="The item's id, such as w-4711.3.")]
Note = Annotated[str, typer.Option(help="What came of it, or why.")]
SHOWN = ("item", "kind", "queue", "number", "about", "busy", "overdue", "owner", "opened_utc_s", "due_utc_s")


@app.command("list")
def list_(
    context: typer.Context,
    closed: Annotated[bool, typer.Option("--closed", help="What is done, the last 200, newest first.")] = False,
    kind: Annotated[WorkKind | None, typer.Option(help="Only of this kind.")] = None,
    owner: Annotated[str, typer.Option(help="Only what this agent has.")] = "",
    as_json: AsJson = False,
) -> None:
    """List what is open: messages of busy hours first, then what is due soonest."""
    asked = {"state": "closed" if closed else "open", "owner": owner, "limit": "200"} | ({"kind": kind} if kind else {})
    instance, rows = Instance(settings_of(context)), []
    while True:
        page = instance.get(f"/work?{urlencode(asked, safe='~')}")
        rows += page["items"]
        if closed or page["next_after"] is None:
            break
        asked["after"] = page["next_after"]
    if not as_json:
        more = ("how", "closed_by", "note") if closed else ()
        rows = [{name: row[name] for name in (*SHOWN, *more)} for row in rows]
    show_rows(rows, as_json, nothing="nothing to do" if not closed else "nothing is done yet")


@app.command()
def show(context: typer.Context, item: ItemName, as_json: AsJson = False) -> None:
    """Show one item, the number whole."""
    row = Instance(settings_of(context)).get(f"/work/{quote(item, safe='')}")
    show_rows([{"key": key, "value": value} for key, value in row.items()] if not as_json else row, as_json, nothing="")


@app.command()
def claim(
    context: typer.Context, item: ItemName, agent: Annotated[str, typer.Argument(help="Who does it.")],
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Let an agent do it."""
    _ask(context, item, "claim", {"agent": agent}, f"{item}: {agent} has it.", as_json)


@app.command("hand-over")
def hand_over(
    context: typer.Context, item: ItemName, to: Annotated[str, typer.Argument(help="Who does it from now on.")],
    note: Note = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Give it to another agent."""
    _ask(context, item, "hand-over", {"to": to, "note": note}, f"{item}: {to} has it.", as_json)


@app.command()
def done(context: typer.Context, item: ItemName, note: Note = "", as_json: AsJson = False) -> None:
    """Say that it is done."""
    _ask(context, item, "done", {"note": note}, f"{item}: done.", as_json)


def _ask(context: typer.Context, item: str, what: str, body: dict[str, object], said: str, as_json: bool) -> None:
    answer = Instance(settings_of(context)).post(f"/work/{quote(item, safe='')}/{what}", body)
    if as_json:
        print_json(answer)
    else:
        typer.echo(said)
