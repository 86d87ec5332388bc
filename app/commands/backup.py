"""`backup` and `restore`: one instance as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.terminal import settings_of

File = Annotated[Path, typer.Argument(help="The backup, such as thirdring-2026-11-26.tar.")]


def backup(
    context: typer.Context,
    file: File,
    recordings: Annotated[bool, typer.Option(help="Take recordings and messages too.")] = True,
) -> None:
    """Write everything that cannot be fetched or made again into one file; the instance may go on meanwhile."""
    from app import backup as work
    from core.errors import Refused

    settings = settings_of(context)
    try:
        count = work.backup(settings.home, file.absolute(), recordings=recordings, say=_say)
    except OSError as error:
        raise Refused(f"no backup was made: {error}") from error
    typer.echo(
        f"{file}: {count} files, {file.stat().st_size / 1e6:.1f} MB. Passwords and voices are in it: lock it away."
    )
    if settings.database_url:
        typer.echo("The database of database_url is not in it: dump it now, by its own means.", err=True)


def restore(context: typer.Context, file: File) -> None:
    """Lay a backup out in an empty home (THIRDRING_HOME, --home); then start it with: ./thirdring up"""
    from app import backup as work
    from core.errors import Refused

    home = settings_of(context).home
    try:
        count = work.restore(file.absolute(), home, _say)
    except OSError as error:
        raise Refused(f"nothing was restored: {error}") from error
    typer.echo(f"{count} files are in {home}. Start it with: ./thirdring up")


def _say(text: str) -> None:
    typer.echo(text, err=True)
