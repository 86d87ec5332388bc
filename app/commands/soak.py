"""`soak`: a whole house of its own under load and random faults, and an auditor at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.terminal import AsJson, print_json

if TYPE_CHECKING:
    from bench.soak.run import Report

SHOWN = 20


def soak(
    context: typer.Context,
    minutes: Annotated[float, typer.Option(min=0.5, max=600, help="Of traffic and faults; some more to set up.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Of faults and callers: the same again. 0 draws one.")] = 0,
    seats: Annotated[int, typer.Option(min=2, max=40, help="Agents at work; callers come for 80 % of them.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Random faults at 80 % load on a house of its own; an auditor says what held. Ends with 1 if something did not."""
    import asyncio
    import random

    from bench.soak.run import Wanted, run

    seed = seed or random.SystemRandom().randrange(1, 1 << 31)
    typer.echo(f"seed {seed}", err=as_json)
    wanted = Wanted(minutes, seed, seats, int(context.obj.get("THIRDRING_PORT_BASE") or 0))
    try:
        report = asyncio.run(run(wanted, lambda line: typer.echo(line, err=as_json)))
    except asyncio.CancelledError:
        raise typer.Exit(143) from None  # by SIGTERM, and everything is cleaned up
    if as_json:
        print_json(report.document())
    else:
        _show(report)
    raise typer.Exit(0 if report.held else 1)


def _show(report: Report) -> None:
    counts = ", ".join(f"{count} {what}" for what, count in report.calls.items())
    typer.echo(f"{report.minutes:g} minutes, {report.seats} agents: {counts}; {len(report.faults)} faults")
    for law in report.laws:
        told = "held" if law.held else f"BROKEN {len(law.broken)} times"
        typer.echo(f"{law.name:4}  {told} ({law.checked} looked at): {law.says}. {law.remark}".rstrip())
        for line in law.broken[:SHOWN]:
            typer.echo(f"        {line}")
    if report.memory:
        first, last = report.memory[0], report.memory[-1]
        most = max(sample.resident_mb for sample in report.memory)
        typer.echo(f"engine: {first.resident_mb} MB at first, {last.resident_mb} MB at last, {most} MB at most")
    typer.echo(f"the machine's load average: {report.load_average}")
    if report.kept_in:
        typer.echo(f"what was seen: {report.kept_in}")
