"""`audit`: who did what, and who looked at personal data."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import typer

from app.commands.terminal import AsJson, settings_of, show_rows
from app.instance import Instance

COLUMNS = ("at_utc_s", "by", "what", "about", "status", "address")


def audit(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="Only of this login.")] = "",
    about: Annotated[str, typer.Option(help="Only about this user, customer, recording, …")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Who changed what and who looked at personal data, when and from where; newest first."""
    asked = {name: value for name, value in (("by", by), ("about", about), ("limit", limit)) if value}
    rows = Instance(settings_of(context)).get(f"/audit?{urlencode(asked)}")["rows"]
    shown = rows if as_json else [{name: row[name] for name in COLUMNS} for row in rows]
    show_rows(shown, as_json, nothing="nothing yet")
