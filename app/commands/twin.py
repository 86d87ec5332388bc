"""`twin`: a past day as it would have been with other agents, skills or rules; docs/staffing.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from app.commands.stats import percent, seconds
from app.commands.terminal import AsJson, print_json, print_table, settings_of

Shown = Mapping[str, Any]
LONGEST_S = 330.0
SHOWN_CALLS = 20


def twin(
    context: typer.Context,
    day: Annotated[str, typer.Option(help="Such as 2026-11-20, in business time.")],
    seats: Annotated[
        list[str] | None, typer.Option(help="+1@10:00-12:00, -2, +1:after-sales@10:00-12:00; any number of them.")
    ] = None,
    house: Annotated[
        Path | None, typer.Option(help="Another house, as `house export` writes it: skills, queues, rules.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay a past day through the real engine, as it was and with something changed; both sets of figures."""
    from app.instance import Instance

    body = {"day": day, "seats": seats or [], "house": _document(house) if house else None}
    found = Instance(settings_of(context)).ask("POST", "/twin", body, timeout_s=LONGEST_S).json()
    if as_json:
        print_json(found)
        return
    for line in _said(found):
        typer.echo(line)
    print_table(list(_figures(found)))
    if found["calls"]:
        typer.echo("")
        print_table([_call(call, ZoneInfo(found["time_zone"])) for call in found["calls"][:SHOWN_CALLS]])
    if found["calls_changed"] > SHOWN_CALLS:
        typer.echo(f"and {found['calls_changed'] - SHOWN_CALLS} more; --json has the first 500")


def _document(file: Path) -> Any:
    """Raises Refused, ConfigurationWrong."""
    from core.errors import Refused
    from core.house_text import from_yaml

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{file} cannot be read: {error}") from error
    return from_yaml(text, str(file)).model_dump(mode="json")


def _said(found: Shown) -> Iterator[str]:
    if found["differences"]:
        yield (
            f"This program decides {found['differences']} outcomes of that day otherwise than the journal has them; "
            "the day was another version's."
        )
    else:
        yield f"{found['day']}: {found['inputs']} inputs, replayed to the journal's last outcome."
    if not found["changed"]:
        yield "Nothing is changed" + (", and the other day is the same." if found["same"] else "; it differs.")
    elif found["calls_changed"]:
        yield f"{found['calls_changed']} calls end otherwise; of {found['by_script']} the course is by script."
    else:
        yield "The change makes no difference to any call."


def _figures(found: Shown) -> Iterator[dict[str, str]]:
    """A column for each side; queues below the house."""
    for name, was in {"": found["was"]["house"], **found["was"]["queues"]}.items():
        other = found["other"]["queues"][name] if name else found["other"]["house"]
        for figure, cells in _cells(was).items():
            yield {"of": name or "house", "figure": figure, "was": cells, "other": _cells(other)[figure]}


def _cells(figures: Shown) -> dict[str, str]:
    counts = ("offered", "answered", "abandoned", "callbacks", "messages")
    return {name: str(figures[name]) for name in counts if name in counts[:3] or figures[name]} | {
        "connected": percent(figures["connection_rate"]),
        f"in {figures['service_level_s']:g} s": percent(figures["service_level"]),
        "3 rings": percent(figures["three_ring_rate"]),
        "ASA s": seconds(figures["asa_s"]),
        "longest s": seconds(figures["longest_wait_s"]),
    }


def _call(call: Shown, zone: ZoneInfo) -> dict[str, str]:
    asked = datetime.fromtimestamp(call["asked_utc_s"], zone)
    sides = {side: call[side] for side in ("was", "other")}
    return {"asked": f"{asked:%H:%M:%S}", "call": call["call"], "queue": call["queue"]} | {
        side: f"{end['how']} after {end['waited_s']:.0f} s" + (f" by {end['agent']}" if end["agent"] else "")
        for side, end in sides.items()
    }
