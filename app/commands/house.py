"""`house`: the whole configuration that is edited while it runs, out and in as YAML."""

from __future__ import annotations

import asyncio
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.terminal import AsJson, print_json, settings_of
from core.errors import Refused

if TYPE_CHECKING:
    from app.house_versions import HouseVersions
    from core.house import House
    from core.house_text import Change

app = typer.Typer(help="Hotlines, trunks, queues, seats, agents and shifts, as YAML.", no_args_is_help=True)
GivenFile = Annotated[Path, typer.Argument(help="A YAML file; - is the standard input.", allow_dash=True)]


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to write; none: the standard output.")] = None,
) -> None:
    """Write the house in force as YAML."""
    from core.house_text import to_yaml

    version, house = asyncio.run(_versions(context).current())
    text = f"# The house, version {version}\n{to_yaml(house)}"
    if file is None:
        typer.echo(text, nl=False)
    else:
        _write(file, text)
        typer.echo(f"version {version} is in {file}", err=True)


@app.command("diff")
def diff(context: typer.Context, file: GivenFile, as_json: AsJson = False) -> None:
    """Show what an import of FILE would change. Ends with 1 if anything would."""
    given = _read(file)
    _, running = asyncio.run(_versions(context).current())
    changes = _difference(running, given)
    if as_json:
        print_json([{"key": change.key, "before": change.before, "after": change.after} for change in changes])
    else:
        _print(changes)
    raise typer.Exit(1 if changes else 0)


@app.command("import")
def import_(
    context: typer.Context,
    file: GivenFile,
    yes: Annotated[bool, typer.Option("--yes", help="Apply without asking.")] = False,
) -> None:
    """Check FILE whole, show what changes, ask, and apply it as a new version. Calls go on."""
    given = _read(file)
    versions = _versions(context)
    version, running = asyncio.run(versions.current())
    changes = _difference(running, given)
    _print(changes)
    if not changes:
        return
    if not yes and not typer.confirm(f"Apply {len(changes)} change(s) to version {version}?", err=True):
        raise Refused("Nothing was changed.")
    new = asyncio.run(versions.put(given, getpass.getuser(), version))
    typer.echo(f"The house is now version {new}.")


def _versions(context: typer.Context) -> HouseVersions:
    from app.house_versions import versions_of

    return versions_of(settings_of(context))


def _read(file: Path) -> House:
    """Raises ConfigurationWrong with every problem, before anything is asked or applied."""
    from core.house_text import from_yaml

    name = "standard input" if str(file) == "-" else str(file)
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{name} cannot be read: {error}") from error
    return from_yaml(text, name)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}") from error


def _difference(running: House, given: House) -> list[Change]:
    from core.house_text import differences

    return differences(running, given)


def _print(changes: list[Change]) -> None:
    """One line a change; colours only on a terminal."""
    for change in changes:
        if change.before is None:
            typer.secho(f"+ {change.key}: {change.after}", fg="green")
        elif change.after is None:
            typer.secho(f"- {change.key}: {change.before}", fg="red")
        else:
            typer.secho(f"~ {change.key}: {change.before} -> {change.after}", fg="yellow")
    if not changes:
        typer.echo("no difference")
