"""`why`: the story of one call in plain words."""

from __future__ import annotations

from enum import Enum
from typing import Annotated
from urllib.parse import quote

import typer

from app.commands.terminal import AsJson, print_json, print_table, settings_of

LONGEST_S = 150.0
"""A replay may take its time (app.past)."""


class Words(Enum):
    CHINESE = "zh-CN"
    ENGLISH = "en"


def why(
    context: typer.Context,
    call: Annotated[str, typer.Argument(help="The call's id, as the floor and GET /calls show it.")],
    language: Annotated[Words, typer.Option(help="Language of the sentences.")] = Words.ENGLISH,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Each agent's reason at each offer, recomputed from the journal.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell what happened to a call and why, and for one that waits why each agent does not have it."""
    from app.instance import TIMEOUT_S, Instance

    asked = f"/calls/{quote(call, safe='')}/why?language={language.value}{'&everybody=true' if everybody else ''}"
    answer = Instance(settings_of(context)).get(asked, timeout_s=LONGEST_S if everybody else TIMEOUT_S)
    if as_json:
        print_json(answer)
        return
    print_table(answer["story"], nothing="nothing is known of this call")
    for reason in answer["waits_because"]:
        typer.echo(f"  {reason}")
    for offer in answer["offers"]:
        typer.echo(f"{offer['offer']} to {offer['agent']} at {offer['seat']}:")
        for reason in offer["reasons"]:
            typer.echo(f"  {reason}")
        if not offer["agrees"]:
            typer.echo("  (the journal, replayed by this version, makes another offer here)")
