"""`up`: the PBX and the engine in the foreground."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import Annotated

import typer

from app.commands.terminal import settings_of

log = logging.getLogger(__name__)


def up(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Add a simulated carrier, callers and agents.")] = False,
    lan: Annotated[str, typer.Option(help="Serve the office network under this name or address, over HTTPS.")] = "",
    api_workers: Annotated[
        int | None, typer.Option(help="So many processes serve browsers beside the engine's (THIRDRING_API_WORKERS).")
    ] = None,
) -> None:
    """Start the PBX and the engine; Ctrl-C stops them and nothing else."""
    from app.logs import start_logging
    from app.up import up as run

    began = time.monotonic()

    def say(text: str) -> None:
        if settings.log_format == "json":
            log.info(text)
        else:
            typer.echo(f"[{time.monotonic() - began:5.1f} s] {text}", err=True)

    if lan:
        context.obj = {**context.obj, "THIRDRING_LAN_NAME": lan}
    if api_workers is not None:
        context.obj = {**context.obj, "THIRDRING_API_WORKERS": str(api_workers)}
    settings = settings_of(context)
    if settings.log_format == "json":
        start_logging(settings)
    sys.exit(asyncio.run(run(settings, say, with_demo=demo)))
