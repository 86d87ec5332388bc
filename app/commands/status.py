"""`status`: the floor as it is, live in the terminal or once for programs."""

from __future__ import annotations

import contextlib
import sys

import typer

from app.commands.terminal import AsJson, print_json, settings_of


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the floor live until Ctrl-C; once, when the output is no terminal."""
    from rich.console import Console

    from app.instance import Instance
    from app.status import picture, watch

    instance = Instance(settings_of(context))
    if as_json:
        print_json(instance.get("/live"))
    elif sys.stdout.isatty():
        with contextlib.suppress(KeyboardInterrupt):
            watch(instance, Console())
    else:
        Console(width=120).print(picture(instance.get("/live")["snapshot"], 0.0))
