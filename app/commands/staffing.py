"""`staffing`: calls to come, agents needed, the roster against them, and the head-count it takes; docs/staffing.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import typer

from app.commands.stats import percent, seconds
from app.commands.terminal import AsJson, print_json, print_table, settings_of

Shown = Mapping[str, Any]
LONGEST_S = 300.0
RULES = {
    "": "", "floor": "the floor", "service_level": "service level", "connection_rate": "connection rate",
    "rings": "phones ring too long for the targets: what can be reached",
}  # fmt: skip
BOUNDS = {"hours": "hours a week", "rest_days": "days of rest", "rest": "rest between shifts"}


def staffing(
    context: typer.Context,
    since: Annotated[str, typer.Option("--from", help="First day, such as 2026-11-30; none: tomorrow.")] = "",
    days: Annotated[int, typer.Option(help="How many, 7 to 31.", min=7, max=31)] = 7,
    queue: Annotated[str, typer.Option(help="The calls of one queue alone; none: the whole house.")] = "",
    agents: Annotated[int | None, typer.Option(help="Head-count to judge; none: the house's own.", min=1)] = None,
    weeks: Annotated[int, typer.Option(help="Weeks of history.", min=2, max=110)] = 53,
    rehearse: Annotated[bool, typer.Option(help="Play it through on the real engine, too; takes a minute.")] = False,
    quarters: Annotated[bool, typer.Option(help="Show every quarter of an hour.")] = False,
    as_json: AsJson = False,
) -> None:
    """Calls to come, the agents they and the floor need, where the roster is short or idle, and how many it takes."""
    from app.instance import Instance

    asked = {"from": since, "days": days, "queue": queue, "agents": agents, "weeks": weeks, "rehearse": rehearse or ""}
    query = urlencode({name: value for name, value in asked.items() if value not in ("", None)})
    found = Instance(settings_of(context)).get(f"/staffing?{query}", timeout_s=LONGEST_S)
    if as_json:
        print_json(found)
        return
    zone = ZoneInfo(found["time_zone"])
    for line in (*_history(found), ""):
        typer.echo(line)
    print_table([_day(day) for day in found["by_day"]])
    if quarters:
        print_table([_quarter(one, zone) for one in found["quarters"]])
    for line in (*_coverage(found, zone), *_simulated(found), *_people(found)):
        typer.echo(line)


def _history(found: Shown) -> Iterator[str]:
    """What it stands on, and how good it is."""
    history, ways = found["history"], found["habits"]
    if not history["days"]:
        yield "There are no calls in the figures before these days: this is planned by the floor alone."
        return
    yield f"From {history['days']} days with {history['calls']:.0f} calls, {history['first']} to {history['last']}."
    missed = history["errors"]
    if missed["days"]:
        yield (
            f"The last {missed['days']} days, forecast from those before, were missed by {percent(missed['quarter'])} "
            f"of the calls by quarters and {percent(missed['day'])} by days; same as last week: "
            f"{percent(missed['naive_quarter'])} and {percent(missed['naive_day'])}; chance alone by quarters: "
            f"{percent(missed['chance_quarter'])}."
        )
        if missed["naive_day"] is not None and missed["naive_day"] < missed["day"]:
            yield "By days, the same day of last week was the better guess there: hold these days against it."
    if history["last_week"]:
        yield f"Of each day's calls, {percent(history['last_week'])} is the same day of last week: that missed less."
    patience = "nobody gives up" if ways["patience_s"] is None else f"callers give up after {ways['patience_s']:.0f} s"
    yield (
        f"An answered call takes an agent {ways['handling_s']:.0f} s, rings of "
        f"{ways['handling_s'] - ways['talk_s']:.0f} s included; {patience} (mean); "
        f"{percent(ways['three_ring_rate'])} of rings are picked up within three."
    )


def _day(day: Shown) -> dict[str, str]:
    cells = {"date": day["date"], "day": day["kind"], "calls": f"{day['calls']:.0f}"}
    cells["week before"] = "-" if day["week_before"] is None else f"{day['week_before']:.0f}"
    cells |= {"most needed": str(day["most_needed"])}
    for name in ("needed", "rostered", "short", "idle"):
        cells[f"{name} h"] = f"{day[f'{name}_agent_hours']:.1f}"
    predicted, simulated = day["predicted"] or {}, day["simulated"]
    cells["connected"] = percent(predicted.get("connection_rate"))
    cells["in time"] = percent(predicted.get("service_level"))
    return cells | ({"simulated": percent(simulated["connection_rate"])} if simulated else {})


def _quarter(one: Shown, zone: ZoneInfo) -> dict[str, str]:
    return {
        "from": _when(one["start_utc_s"], zone), "calls": f"{one['calls']:.1f}",
        "Erlang A": "-" if one["erlang_a"] is None else str(one["erlang_a"]), "Erlang C": str(one["erlang_c"]),
        "floor": str(one["floor"]), "on line": str(one["needed"]), "to roster": str(one["to_roster"]),
        "rostered": str(one["rostered"]), "because": RULES[one["rule"]], "connected": percent(one["connection_rate"]),
        "in time": percent(one["service_level"]),
    }  # fmt: skip


def _when(utc_s: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(utc_s, zone):%m-%d %H:%M}"


def _coverage(found: Shown, zone: ZoneInfo) -> Iterator[str]:
    """Where the roster is short, one line a stretch; idle hours in sum."""
    yield ""
    for stretch in found["short"]:
        start, end = _when(stretch["start_utc_s"], zone), _when(stretch["end_utc_s"], zone)
        yield (
            f"short  {start} to {end}: up to {stretch['agents']} agents, {stretch['agent_hours']:g} h; "
            f"{RULES[stretch['rule']]} asks for them"
        )
    idle_h = sum(stretch["agent_hours"] for stretch in found["idle"])
    short_h = sum(stretch["agent_hours"] for stretch in found["short"])
    yield f"The roster is short of {short_h:g} agent-hours and has {idle_h:g} more than are needed."


def _simulated(found: Shown) -> Iterator[str]:
    targets, predicted, played = found["targets"], found["predicted"], found["simulated"]
    if predicted:
        level_s = f"{targets['service_level_s']:g}"
        yield (
            f"With this roster, by theory: {percent(predicted['connection_rate'])} connected (target "
            f"{percent(targets['connection_rate'])}), {percent(predicted['service_level'])} within {level_s} s (target "
            f"{percent(targets['service_level'])})."
        )
    if played:
        yield (
            f"The real engine, {played['offered']} calls on virtual time: {percent(played['connection_rate'])} "
            f"connected, {percent(played['service_level'])} within {targets['service_level_s']:g} s, mean wait "
            f"{seconds(played['asa_s'])} s, {percent(played['three_ring_rate'])} picked up within three rings."
        )


def _people(found: Shown) -> Iterator[str]:
    """Whether the head-count holds it; if not, what would."""
    people = found["people"]
    if people is None:
        return
    yield ""
    agents, floor, takes = people["agents"], people["floor_alone"], people["takes"]
    yield (
        f"{agents} agents work {people['hours_per_week']:.0f} h a week on average. Floor and calls take "
        f"{takes['shifts_per_week']:.0f} shifts, {takes['hours_per_week']:.0f} h: {_number(takes)}. "
        f"The floor alone takes {floor['hours_per_week']:.0f} h: {_number(floor)}."
    )
    if people["unmanned_utc_s"]:
        yield "No shift of the house covers all hours in which agents are needed; see the quarters."
    asked = _hours(people["floor"], [hours["agents"] for hours in people["floor"]])
    if people["floor_held"]:
        yield f"{agents} agents can hold the floor ({asked}) all week" + _and_calls(people)
        return
    yield f"{agents} agents CANNOT hold the floor ({asked}) all week. What would: {_number(floor)} for the floor alone,"
    held = _hours(people["floor"], people["held_floor"])
    yield f"{_number(takes)} for floor and calls; or a floor of no more than {held}, which {agents} can hold."


def _and_calls(people: Shown) -> str:
    return ", and the calls with it." if people["enough"] else f", but not the calls: {_number(people['takes'])}."


def _number(count: Shown) -> str:
    if count["agents"] is None:
        return f"no number of agents is enough ({BOUNDS[count['bound']]})"
    return f"{count['agents']} agents (by {BOUNDS[count['bound']]})"


def _hours(floor: list[Shown], agents: list[int]) -> str:
    return (
        ", ".join(f"{n} at {hours['start']}-{hours['end']}" for hours, n in zip(floor, agents, strict=True)) or "none"
    )
