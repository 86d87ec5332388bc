"""`recordings`: find them, see how much of a day is covered, fetch one, hold or erase it, prove that all are there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from app.commands.terminal import AsJson, print_json, settings_of, show_rows, show_values
from app.instance import Instance
from core.errors import Refused

app = typer.Typer(help="Recordings: search, coverage, export, legal hold, proof.", no_args_is_help=True)

_COLUMNS = ("opened_utc_s", "state", "cause", "queue", "agent", "caller", "lasted_s", "missing_s", "recording")
Recording = Annotated[str, typer.Argument(help="The recording's id, 26 letters and digits.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the audit.")]


@app.command("list")
def list_(
    context: typer.Context,
    agent: Annotated[str, typer.Option(help="Only this agent's.")] = "",
    queue: Annotated[str, typer.Option(help="Only this queue's.")] = "",
    caller: Annotated[str, typer.Option(help="The caller's number, or its last digits.")] = "",
    call: Annotated[str, typer.Option(help="Only this call's.")] = "",
    state: Annotated[str, typer.Option(help="Such as finished, lost, growing.")] = "",
    tag: Annotated[str, typer.Option(help="Only those with this tag.")] = "",
    text: Annotated[str, typer.Option(help="Stands in one of its notes.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: AsJson = False,
) -> None:
    """The newest recordings, those that are lost or still under way included."""
    wanted = {"agent": agent, "queue": queue, "caller": caller, "call": call, "state": state, "limit": limit}
    wanted |= {"tag": tag, "text": text}
    query = urlencode({name: value for name, value in wanted.items() if value})
    rows = Instance(settings_of(context)).get(f"/recordings?{query}")["recordings"]
    shown = rows if as_json else [{name: row[name] for name in _COLUMNS} for row in rows]
    show_rows(shown, as_json, nothing="no recordings")


@app.command()
def coverage(
    context: typer.Context,
    day: Annotated[str, typer.Option(help="YYYY-MM-DD in business time; none: today.")] = "",
    as_json: AsJson = False,
) -> None:
    """How much of a day's talk due for recording is in the archive."""
    query = f"?{urlencode({'day': day})}" if day else ""
    show_values(Instance(settings_of(context)).get(f"/recordings/coverage{query}"), as_json)


@app.command()
def show(context: typer.Context, recording: Recording, as_json: AsJson = False) -> None:
    """Everything known about one."""
    show_values(Instance(settings_of(context)).get(f"/recordings/{_name(recording)}"), as_json)


@app.command()
def export(
    context: typer.Context,
    recording: Recording,
    file: Annotated[Path, typer.Argument(help="Where to; its suffix says how: .mp3, .flac or .wav.")],
) -> None:
    """Write one to a file; the audit notes it."""
    kind = file.suffix.removeprefix(".")
    if kind not in ("mp3", "flac", "wav"):
        raise Refused(f"{file}: give a name that ends in .mp3, .flac or .wav.")
    answer = Instance(settings_of(context)).ask("GET", f"/recordings/{_name(recording)}/audio?kind={kind}")
    file.write_bytes(answer.content)
    typer.echo(f"{file}: {len(answer.content)} bytes.")


@app.command()
def hold(context: typer.Context, recording: Recording, why: Why, as_json: AsJson = False) -> None:
    """A legal hold: neither retention nor anybody erases it."""
    _done(Instance(settings_of(context)).post(f"/recordings/{_name(recording)}/hold", {"why": why}), "held", as_json)


@app.command()
def release(context: typer.Context, recording: Recording, as_json: AsJson = False) -> None:
    """End the legal hold."""
    answer = Instance(settings_of(context)).ask("DELETE", f"/recordings/{_name(recording)}/hold").json()
    _done(answer, "released", as_json)


@app.command()
def erase(context: typer.Context, recording: Recording, why: Why, as_json: AsJson = False) -> None:
    """Erase one for good; a tombstone stays."""
    answer = Instance(settings_of(context)).ask("DELETE", f"/recordings/{_name(recording)}", {"why": why}).json()
    _done(answer, "erased", as_json)


@app.command()
def audit(
    context: typer.Context,
    recording: Annotated[str, typer.Argument(help="Only of this recording.")] = "",
    as_json: AsJson = False,
) -> None:
    """Who played, exported, held or erased what, when and from where: the last 200, newest first."""
    query = urlencode({"limit": 200} | ({"recording": recording} if recording else {}))
    rows = Instance(settings_of(context)).get(f"/recordings/audit?{query}")["rows"]
    show_rows(rows, as_json, nothing="nobody did anything with recordings yet")


@app.command()
def verify(context: typer.Context, as_json: AsJson = False) -> None:
    """Read every archived file and hold it against manifests and ledger; ends with 1 when anything is wrong.

    Needs no running instance, only its home.
    """
    import asyncio

    from app.proof import proof

    verdict, told = asyncio.run(proof(settings_of(context)))
    if as_json:
        print_json({"recordings": verdict.recordings, "lines": verdict.lines, "faults": verdict.faults, "told": told})
    else:
        for line in (*told, *verdict.faults):
            typer.echo(line)
        typer.echo(
            f"{verdict.recordings} recordings, {verdict.lines} lines of manifests, {len(verdict.faults)} faults."
        )
    if verdict.faults:
        raise typer.Exit(1)


def _name(recording: str) -> str:
    if not recording.isalnum():
        raise Refused(f"{recording!r} is no recording's id. ./thirdring recordings list shows them.")
    return recording


def _done(answer: dict[str, Any], what: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{answer['recording']}: {what}.")
