"""The command line: `./thirdring <command>`. One file a group under app/commands; heavy imports wait inside them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from app.commands import (
    agents,
    alarms,
    api_docs,
    audit,
    backup,
    bans,
    bench,
    call,
    callbacks,
    cases,
    doctor,
    house,
    ivr,
    pbx,
    prompts,
    queues,
    rebuild,
    recordings,
    roster,
    seats,
    settings,
    soak,
    staffing,
    stats,
    status,
    stop,
    twin,
    up,
    users,
    why,
    work,
)  # fmt: skip
from core.errors import ThirdringError

app = typer.Typer(
    name="thirdring",
    help="A call-centre engine for Asterisk: every call is picked up by the third ring.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(house.app, name="house")
app.add_typer(ivr.app, name="ivr")
app.add_typer(prompts.app, name="prompts")
app.add_typer(settings.app, name="settings")
app.add_typer(seats.app, name="seat")
app.add_typer(agents.app, name="agent")
app.add_typer(roster.app, name="roster")
app.add_typer(callbacks.app, name="callback")
app.add_typer(cases.app, name="case")
app.add_typer(work.app, name="work")
app.add_typer(queues.app, name="queue")
app.add_typer(alarms.app, name="alarm")
app.add_typer(recordings.app, name="recordings")
app.add_typer(users.app, name="user")
app.add_typer(users.tokens, name="token")
app.add_typer(bans.app, name="bans")
app.add_typer(bench.app, name="bench")
app.command("up")(up.up)
app.command("stop")(stop.stop)
app.command("pbx")(pbx.pbx)
app.command("call")(call.call)
app.command("why")(why.why)
app.command("stats")(stats.stats)
app.command("staffing")(staffing.staffing)
app.command("twin")(twin.twin)
app.command("status")(status.status)
app.command("audit")(audit.audit)
app.command("doctor")(doctor.doctor)
app.command("soak")(soak.soak)
app.command("api-docs")(api_docs.api_docs)
app.command("rebuild")(rebuild.rebuild)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)


@app.callback()
def _choose_instance(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Directory of the instance (THIRDRING_HOME).")] = None,
    port_base: Annotated[int | None, typer.Option(help="First of its ports (THIRDRING_PORT_BASE).")] = None,
) -> None:
    chosen = {"THIRDRING_HOME": home, "THIRDRING_PORT_BASE": port_base}
    context.obj = {**os.environ, **{name: str(value) for name, value in chosen.items() if value is not None}}


@cache
def _commands() -> Callable[..., object]:
    """All of them, once a process: typer takes 0.1 s to build them."""
    return typer.main.get_command(app)


def main() -> None:
    """Run the command line; what cannot be done is said in a line or two and ends with 1.

    What it and its children write is closed to other users: calls, numbers and voices are in it.
    """
    os.umask(0o027)
    try:
        _commands()(prog_name="./thirdring")
    except ThirdringError as error:
        sys.exit(str(error))
    except OSError as error:  # a file that cannot be read or written: the place and the reason are all there is to know
        sys.exit(f"{error.filename}: {error.strerror}" if error.filename else str(error))


if __name__ == "__main__":
    main()
