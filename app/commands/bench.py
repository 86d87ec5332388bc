"""`bench`: benchmarks print figures and assert nothing. The last line of `--json` is one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, cast

import typer

from app.commands.terminal import AsJson

app = typer.Typer(help="Measure this program on this machine.", no_args_is_help=True)


@app.command("dispatch")
def dispatch(as_json: AsJson = False) -> None:
    """Milliseconds from an agent's hang-up to the next INVITE at that phone, beside app_queue. Takes three minutes."""
    import asyncio

    from bench.dispatch import run

    _show(asyncio.run(run()), as_json)


@app.command("ivr")
def ivr(as_json: AsJson = False) -> None:
    """Milliseconds from a key press to the next prompt, with 90 callers in menus at once. Takes two minutes."""
    import asyncio

    from bench.ivr import run

    _show(asyncio.run(run()), as_json)


@app.command("screenpop")
def screenpop(as_json: AsJson = False) -> None:
    """Milliseconds from the ring at an agent's phone to the pop at the agent's desktop. Takes two minutes."""
    import asyncio

    from bench.screenpop import run

    _show(asyncio.run(run()), as_json)


@app.command("web")
def web(as_json: AsJson = False) -> None:
    """Processor time that the floor takes of a browser, 40 seats and 90 calls at ten updates a second; updates lost;
    how soon the desk can be used; and, loaded anew in a talk, how soon its agent hears the caller again."""
    import asyncio

    from bench.web import run

    _show(asyncio.run(run()), as_json)


@app.command("api")
def api(as_json: AsJson = False) -> None:
    """The floor asked for 50 times a second beside 90 calls, and the dispatch figure meanwhile. Takes five minutes."""
    import asyncio

    from bench.api import run

    _show(asyncio.run(run()), as_json)


@app.command("fanout")
def fanout(as_json: AsJson = False) -> None:
    """Milliseconds from a ring on the PBX to 60 screens, with a client that does not read. Takes three minutes."""
    import asyncio

    from bench.fanout import run

    _show(asyncio.run(run()), as_json)


@app.command("engine")
def engine(as_json: AsJson = False) -> None:
    """Decisions per second of the pure engine at 40, 1,000 and 10,000 seats, plain and with every rule; its memory."""
    from bench.everything import run

    _show(run(), as_json)


@app.command("finish")
def finish(as_json: AsJson = False) -> None:
    """How many times faster than real time a core finishes recordings, and the memory that an hour takes."""
    from bench.finish import run

    _show(run(), as_json)


@app.command("listen")
def listen(as_json: AsJson = False) -> None:
    """From a phone's first packet of a sound to its listener's frame, 20 listeners. Takes a minute and a half."""
    import asyncio

    from bench.listen import run

    _show(asyncio.run(run()), as_json)


@app.command("load")
def load(
    minutes: Annotated[float, typer.Option(min=0.2, max=60, help="Of full load; the rest comes on top.")] = 5,
    rates: Annotated[bool, typer.Option(help="Also raise the calls per second, beside app_queue. Ten minutes.")] = True,
    as_json: AsJson = False,
) -> None:
    """90 recorded calls at once through menus and queues: what is lost, how it rings, coverage, processor, disk; then
    calls per second raised until something fails."""
    import asyncio

    from bench import load, pace

    figures = asyncio.run(load.run(minutes))
    _show(figures | (asyncio.run(pace.run()) if rates else {}), as_json)


@app.command("theory")
def theory(as_json: AsJson = False) -> None:
    """The engine on virtual time against Kiefer-Wolfowitz (exact), Erlang C and Erlang A. Takes some minutes."""
    from bench.theory import run

    figures = run()
    if not as_json:
        for line in cast("list[dict[str, object]]", figures.pop("rows")):
            typer.echo("  ".join(f"{name}: {value}" for name, value in line.items()))
    _show(figures, as_json)


@app.command("beside")
def beside(as_json: AsJson = False) -> None:
    """A ring nobody answers, a head of line nobody may serve, a killed queue: ours beside app_queue. Three minutes."""
    import asyncio

    from bench.beside import run

    _show(asyncio.run(run()), as_json)


@app.command("handover")
def handover(as_json: AsJson = False) -> None:
    """Seconds until the next engine takes calls, when it is asked to take over and when one was killed. A minute."""
    import asyncio

    from bench.handover import run

    _show(asyncio.run(run()), as_json)


@app.command("stats")
def stats(
    calls: Annotated[int, typer.Option(min=1000, max=10_000_000, help="Calls of the year in the store.")] = 1_000_000,
    database: Annotated[
        str, typer.Option(help="URL of an empty database; none: SQLite and PostgreSQL of its own.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Seconds that reports of one month, and a start, take with a year of calls in the store, which is kept."""
    from bench.stats import run

    _show(run(calls, database), as_json)


@app.command("governor")
def governor(
    day: Annotated[
        Path | None, typer.Option(help="A CSV of arrivals by quarters of an hour, in place of the step.")
    ] = None,
    date: Annotated[str, typer.Option(help="The row of that file; none: the first.")] = "",
    as_json: AsJson = False,
) -> None:
    """The connection rate under a step of load, with the governor's ladder and without, on virtual time."""
    from bench.governor import run

    _show(run(day, date), as_json)


def _show(figures: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        typer.echo(f"{name}: {value}")
