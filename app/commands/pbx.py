"""`pbx`: the PBX alone, in the foreground, for an engine on another machine."""

from __future__ import annotations

import asyncio

import typer

from app.commands.terminal import settings_of


def pbx(context: typer.Context) -> None:
    """Run the PBX of a remote engine on this machine; Ctrl-C stops it, and its calls."""
    from app.own_pbx import pbx_alone

    asyncio.run(pbx_alone(settings_of(context), lambda text: typer.echo(text, err=True)))
