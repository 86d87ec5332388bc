"""`stop`: the house ends, at once or when the calls it has are over."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from app.alone import holder
from app.commands.terminal import settings_of
from app.instance import Instance
from core.errors import Refused

LOOK_EVERY_S = 0.5
STOP_DEADLINE_S = 60.0
USUAL_S = 1800


def stop(
    context: typer.Context,
    drain: Annotated[
        bool, typer.Option("--drain", help="Take no more calls, and stop when those it has are over.")
    ] = False,
    within: Annotated[int, typer.Option(min=0, help="With --drain: stop after so many seconds in any case.")] = USUAL_S,
    wait: Annotated[bool, typer.Option(help="With --drain: say what is left until it has stopped.")] = True,
    cancel: Annotated[bool, typer.Option("--cancel", help="End a drain: calls are taken again.")] = False,
) -> None:
    """Stop the house as Ctrl-C does, which cuts its calls; with --drain when they are over."""
    settings = settings_of(context)
    instance, place = Instance(settings), settings.home / "run/up.pid"
    if cancel:
        instance.post("/drain/cancel", {})
        typer.echo("Calls are taken again.")
    elif not drain:
        _end(place)
        typer.echo("Stopped.")
    else:
        instance.post("/drain", {"within_s": within})
        typer.echo(f"No more calls are taken. It stops when those it has are over, in {within} s at the latest.")
        if wait:
            _follow(instance, place)


def _end(place: Path) -> None:
    """Raises Refused."""
    if not (pid := holder(place)):
        raise Refused("Thirdring is not running here.")
    os.kill(pid, signal.SIGTERM)
    until_s = time.monotonic() + STOP_DEADLINE_S
    while holder(place) == pid:
        if time.monotonic() > until_s:
            raise Refused(f"Process {pid} does not end within {STOP_DEADLINE_S:g} s.")
        time.sleep(LOOK_EVERY_S)


def _follow(instance: Instance, place: Path) -> None:
    """Until the house has stopped; Ctrl-C ends the looking, not the drain. Raises Refused: it was cancelled."""
    told = ""
    while holder(place):
        if (news := _left(instance)) not in ("", told):
            typer.echo(told := news)
        time.sleep(LOOK_EVERY_S)
    typer.echo("Stopped.")


def _left(instance: Instance) -> str:
    """ "" while nothing answers. Raises Refused."""
    try:
        found = instance.get("/health/ready", even=503)
    except Refused:
        return ""
    if found.get("state") != "draining":
        raise Refused("The drain was cancelled: calls are taken again.")
    return f"{found['calls_left']} calls and {found['wrap_ups_left']} wrap-ups are left."
