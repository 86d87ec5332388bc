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
) -> None:
    """Start the PBX and the engine; Ctrl-C stops them and nothing else."""
    from app.up import Wanted
    from app.up import up as run

    began = time.monotonic()

    def say(text: str) -> None:
        typer.echo(f"[{time.monotonic() - began:5.1f} s] {text}", err=True)

    sys.exit(asyncio.run(run(settings_of(context), Wanted(demo), say)))
