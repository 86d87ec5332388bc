"""`roster`: who works when and who is here; swaps, leave, public holidays; what the next shift must know."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from app.commands.terminal import AsJson, print_json, print_table, settings_of
from app.instance import Instance

if TYPE_CHECKING:
    from core.house import House

app = typer.Typer(help="Who works when and who is here; swaps, leave, holidays.", invoke_without_command=True)
Day = Annotated[str, typer.Argument(help="The day on which the shift begins, such as 2026-12-01.")]
AgentName = Annotated[str, typer.Argument(help="The agent's id, such as agent-01.")]
Item = Annotated[str, typer.Argument(help="A short name for it, such as printer.")]


@app.callback()
def roster(
    context: typer.Context,
    day: Annotated[str, typer.Option("--date", help="The first day; none: today.")] = "",
    days: Annotated[int, typer.Option(help="How many.", min=1, max=31)] = 1,
    as_json: AsJson = False,
) -> None:
    """Show who works when, and of today who is here, late or missing."""
    if context.invoked_subcommand is not None:
        return
    instance = Instance(settings_of(context))
    rows = instance.get(f"/roster?days={days}" + (f"&date={quote(day)}" if day else ""))
    if as_json:
        print_json(rows)
        return
    counted = instance.get("/staff")
    if counted["needed"] is not None:
        typer.echo("{present} on the line, {needed} needed, {rostered} rostered".format(**counted))
    print_table([row for row in rows if row["shift"] or row["duty"]], nothing="nobody works; the house has no shifts")


@app.command()
def swap(context: typer.Context, day: Day, agent: AgentName, other: AgentName) -> None:
    """Let two agents work each other's shift on one day."""
    _enter(context, {"date": day, "agents": [agent, other]})


@app.command()
def change(
    context: typer.Context,
    day: Day,
    agent: AgentName,
    shift: Annotated[str, typer.Argument(help="A shift's id, or off.")],
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Give an agent another shift on one day, or a day off."""
    _enter(context, {"date": day, "agent": agent, "shift": shift, "note": note})


@app.command()
def holidays(context: typer.Context, year: Annotated[int, typer.Argument(help="Such as 2026.")]) -> None:
    """Load a year's public holidays of China and their make-up working days into the house."""
    from app.holidays import calendar_of, with_calendar

    calendar = calendar_of(year)
    version = _put(context, lambda house: with_calendar(house, calendar))
    typer.echo(
        f"{year}: {len(calendar.holidays)} days off, {len(calendar.working_days)} weekend days worked; "
        f"the house is now version {version}."
    )


@app.command()
def note(context: typer.Context, item: Item, text: Annotated[str, typer.Argument(help="One line.")]) -> None:
    """Note something that the next shift must know or do."""
    instance = Instance(settings_of(context))
    noted = {each["item"]: each["version"] for each in instance.get("/staff")["items"]}
    seen = {"If-Match": f'"{noted[item]}"'} if item in noted else {}
    instance.ask("PUT", f"/items/{quote(item, safe='')}", {"text": text}, seen)
    typer.echo(f"{item} is noted.")


@app.command()
def done(context: typer.Context, item: Item) -> None:
    """Take a noted item off the list."""
    Instance(settings_of(context)).ask("DELETE", f"/items/{quote(item, safe='')}")
    typer.echo(f"{item} is done.")


@app.command()
def handovers(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the open items and what the last shifts handed over."""
    found = Instance(settings_of(context)).get("/staff")
    if as_json:
        print_json({key: found[key] for key in ("items", "handovers")})
        return
    print_table(found["items"], nothing="no open items")
    print_table(found["handovers"], nothing="no shift has ended yet")


def _enter(context: typer.Context, entry: dict[str, Any]) -> None:
    """Add one entry to the roster; whatever was said of the same agents on that day gives way."""
    from core.documents import Document, validate
    from core.house import House

    def added(house: House) -> House:
        named = set(entry.get("agents", [entry.get("agent")]))
        document = house.model_dump(mode="json")
        kept = [one for one in document["roster"] if not _same(one, entry["date"], named)]
        return validate(Document("the roster", {**document, "roster": [*kept, entry]}), House)

    typer.echo(f"The house is now version {_put(context, added)}.")


def _same(entry: dict[str, Any], day: str, named: set[Any]) -> bool:
    return bool(entry["date"] == day and named & set(entry.get("agents", [entry.get("agent")])))


def _put(context: typer.Context, changed: Callable[[House], House]) -> int:
    from app.house_versions import versions_of

    versions = versions_of(settings_of(context))
    version, house = asyncio.run(versions.current())
    return asyncio.run(versions.put(changed(house), getpass.getuser(), version))
