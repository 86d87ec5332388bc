"""`rebuild`: the records of calls, segments and sessions anew from the journal in the database."""

from __future__ import annotations

import asyncio

import typer

from app.commands.terminal import settings_of


def rebuild(context: typer.Context) -> None:
    """Recompute the records from the stored outcomes; a running engine may go on meanwhile."""
    from store.migrations import migrate
    from store.projecting import rebuild as run

    settings = settings_of(context)
    url = settings.store_url

    async def work() -> int:
        await migrate(url)
        return await run(url)

    count = asyncio.run(work())
    typer.echo(f"{count} outcomes were folded into the records anew")
