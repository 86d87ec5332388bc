"""`queue`: what leaders do with waiting callers and whole queues, live."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer

from app.commands.terminal import AsJson, print_json, settings_of
from app.instance import Instance
from core.errors import Refused

app = typer.Typer(help="Queues: close, open; move a call, change its priority.", no_args_is_help=True)
QueueName = Annotated[str, typer.Argument(help="The queue's id, such as presales.")]
CallName = Annotated[str, typer.Argument(help="The call's id, as `status --json` shows it.")]


@app.command()
def close(
    context: typer.Context,
    queue: QueueName,
    to: Annotated[str | None, typer.Option(help="Where its calls go instead; without it, they are told.")] = None,
    until: Annotated[str, typer.Option(help="When it opens by itself: 14:00, or 2026-11-27T09:00.")] = "",
    message: Annotated[str, typer.Option(help="What they are told: one of the house's closing_messages.")] = "",
    as_json: AsJson = False,
) -> None:
    """Close a queue at once: for those who wait and those who come. One that is closed has its message switched."""
    body: dict[str, object] = {"message": message, **({"to": to} if to else {})}
    if until:
        body["until"] = _moment(context, until).isoformat()
    _post(context, f"/queues/{quote(queue, safe='')}/close", body, f"{queue} is closed.", as_json)


@app.command("open")
def open_(context: typer.Context, queue: QueueName, as_json: AsJson = False) -> None:
    """Open a queue that was closed."""
    _post(context, f"/queues/{quote(queue, safe='')}/open", {}, f"{queue} is open.", as_json)


@app.command()
def move(context: typer.Context, call: CallName, queue: QueueName, as_json: AsJson = False) -> None:
    """Let a call wait in another queue; one in a talk is fetched out of it."""
    _post(context, f"/calls/{quote(call, safe='')}/move", {"queue": queue}, f"{call} waits in {queue}.", as_json)


@app.command()
def priority(
    context: typer.Context,
    call: CallName,
    value: Annotated[int, typer.Argument(help="0 to 9; higher is served first.")],
    as_json: AsJson = False,
) -> None:
    """Give a waiting call another priority."""
    _post(
        context, f"/calls/{quote(call, safe='')}/priority", {"priority": value}, f"{call}: priority {value}.", as_json
    )


@app.command("take-over")
def take_over(
    context: typer.Context,
    call: CallName,
    agent: Annotated[str, typer.Argument(help="Who takes it, such as leader-01; signed in and free.")],
    as_json: AsJson = False,
) -> None:
    """Ring this agent for a call that waits or is in a talk."""
    _post(context, f"/calls/{quote(call, safe='')}/take-over", {"agent": agent}, f"{agent} is rung.", as_json)


def _moment(context: typer.Context, text: str) -> datetime:
    from app.current_house import last_known_house

    zone = ZoneInfo(last_known_house(settings_of(context)).time_zone)
    return moment_of(text, datetime.now(zone))


def moment_of(text: str, now: datetime) -> datetime:
    """A moment in business time; a time of day alone is the next one. Raises Refused."""
    try:
        if "T" in text or "-" in text:
            given = datetime.fromisoformat(text)
            return given if given.tzinfo else given.replace(tzinfo=now.tzinfo)
        at = datetime.combine(now.date(), time.fromisoformat(text), now.tzinfo)
    except ValueError:
        raise Refused(f"{text!r} is no moment. Write a time of day such as 14:00, or 2026-11-27T09:00.") from None
    return at if at > now else at + timedelta(days=1)


def _post(context: typer.Context, path: str, body: dict[str, object], said: str, as_json: bool) -> None:
    answer = Instance(settings_of(context)).post(path, body)
    if as_json:
        print_json(answer)
    else:
        typer.echo(said)
