"""`up`: the PBX and the engine in the foreground."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Annotated

import typer

from app.commands.terminal import settings_of


def up(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Add a simulated carrier, callers and agents.")] = False,
    lan: Annotated[str, typer.Option(help="Serve the office network under this name or address, over HTTPS.")] = "",
) -> None:
    """Start the PBX and the engine; Ctrl-C stops them and nothing else."""
    from app.up import Wanted
    from app.up import up as run

    began = time.monotonic()

    def say(text: str) -> None:
        typer.echo(f"[{time.monotonic() - began:5.1f} s] {text}", err=True)

    if lan:
        context.obj = {**context.obj, "THIRDRING_LAN_NAME": lan}
    sys.exit(asyncio.run(run(settings_of(context), Wanted(demo), say)))
