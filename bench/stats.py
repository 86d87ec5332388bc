"""How long reports of one month take, and a start, with a year of calls in the store: `./thirdring bench stats`.

Every report of the last month is asked for through the API's own code, by the periods and for the names for which the
API gives it; then searches for calls, and the calls behind a figure of each kind, down to one that has none and for
which the page looks at as many calls as it ever does. Beside each runs a loop that asks for a turn every few
milliseconds, as the engine's does in the same process: how late it was is how long a caller would have waited for the
engine. Then the product is started on that store, its engine is
killed, and it counts until the next one takes calls and has answered a report. What was filled stays under the home,
in `bench/`, for the next time.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from api.behind import Which, behind
from api.routes.stats import Gathered, gathered, read_pairs
from app import clock, collector, restore
from app.instance import Instance
from app.queue_log import QueueLogFile
from app.settings import read_settings
from bench import history
from bench.dispatch import house_at_work, until
from bench.handover import pid_in, takes_calls
from bench.history import QUEUES, UNTIL_UTC_S, ZONE
from bench.postgres import postgres
from core.errors import Refused
from core.inputs import Tick
from monitor import reports, sheets, tables
from monitor.reports import Ask, By, Subject
from store import snapshot
from store.behind import Behind
from store.call_search import CallSearch
from store.queries import Queries
from store.rollups import Rollups
from store.session import reading_engine, sqlite_url
from store.spool import Spool

MONTH = UNTIL_UTC_S - 31 * history.DAY_S, UNTIL_UTC_S
TIMES = 3
TURN_S = 0.002
LONG: tuple[By, ...] = ("all", "day")
PERIODS: dict[Subject, tuple[By, ...]] = {"shift": ("shift",), "agent": (*LONG, "shift"), "house": (*LONG, "15min")}
ONE: dict[Subject, str] = {"hotline": "main", "queue": QUEUES[0], "agent": "agent-01", "trunk": "a"}
"""Of one of them, a month by quarters of an hour; of all it is more lines than the API gives."""
SEARCHES = {
    "house_abandoned": CallSearch(outcome="abandoned"),
    "hotline_answered": CallSearch(hotline="main", outcome="answered", within_s=15),
    "queue_abandoned": CallSearch(queue=QUEUES[0], outcome="abandoned"),
    "queue_answered": CallSearch(queue=QUEUES[0], outcome="answered", within_s=15),
    "agent_talked": CallSearch(agent="agent-01", outcome="talked"),
    "agent_rings": CallSearch(agent="agent-01", outcome="answered"),
    "trunk": CallSearch(trunk="a"),
    "node": CallSearch(node="main/service"),
}
FIGURES: dict[str, tuple[Subject, str, str, Which]] = {
    "house_unconnected": ("house", "", "connection_rate", "missed"),
    "hotline_late": ("hotline", "main", "service_level", "missed"),
    "queue_abandoned": ("queue", QUEUES[0], "abandoned", "all"),
    "agent_talks": ("agent", "agent-01", "talks", "all"),
    "trunk_entered": ("trunk", "a", "entered", "all"),
    "node_visits": ("node", "main/service", "visits", "all"),
    "house_messages": ("house", "", "messages", "all"),
    "queue_messages": ("queue", QUEUES[0], "messages", "all"),
}
"""Of what, its name, the figure, and which of its calls. Nobody has left a message."""
PAGE = 50
VERSION = 2
"""Of what is filled: a change begins it anew."""


def run(count: int, url: str = "") -> dict[str, object]:
    """Figures of about `count` calls: on `url`, an empty database, or on SQLite and a PostgreSQL server of our own.

    Raises:
        ConfigurationWrong: there is no PostgreSQL here.
        PbxUnavailable: the product, or PostgreSQL, did not come up.
    """
    found: dict[str, dict[str, Any]] = {}
    if url:
        asyncio.run(history.fill(url, count))
        found["database"] = asyncio.run(_measured(url))
    else:
        settings = read_settings()
        place = settings.home / "bench" / f"stats-{VERSION}-{count}"
        servers: dict[str, Server] = {"sqlite": _sqlite, "postgresql": partial(postgres, tools=settings.home / "tools")}
        for name, server in servers.items():
            with _kept(place / name, count, server) as database:
                found[name] = asyncio.run(_measured(database))
    return {"calls": count, **found, **{name: max(each[name] for each in found.values()) for name in WORST}}


WORST = ("slowest_report_s", "slowest_list_s", "longest_loop_stop_ms", "live_start_s")
Server = Callable[[Path], AbstractContextManager[str]]


@contextmanager
def _sqlite(directory: Path) -> Iterator[str]:
    directory.mkdir(parents=True, exist_ok=True)
    yield sqlite_url(directory / "bench.sqlite3")


@contextmanager
def _kept(directory: Path, count: int, server: Server) -> Iterator[str]:
    """The database that lies there; it is filled first where it is not there whole."""
    if not (directory / "whole").exists():
        shutil.rmtree(directory, ignore_errors=True)
        with server(directory / "data") as url:
            asyncio.run(history.fill(url, count))
        (directory / "whole").touch()
    with server(directory / "data") as url:
        yield url


class Taken(NamedTuple):
    """Of one question: on the clock, and of this process's processor time, which a crowded machine adds nothing to.

    `stop_s` is the longest that the loop had no turn meanwhile.
    """

    seconds: float
    busy_s: float
    stop_s: float


async def _measured(url: str) -> dict[str, Any]:
    last = await history.as_filled(url)
    engine = reading_engine(url)
    collector.begin()  # as the engine's process does, so that a stop of the loop is not the collector's
    try:
        taken = await _reports(engine)
        lists = await _lists(engine)
    finally:
        await engine.dispose()
    slowest = max(taken, key=lambda name: taken[name])
    stopped = max(taken | lists, key=lambda name: (taken | lists)[name].stop_s)
    return {
        **{f"{name}_s": round(one.seconds, 3) for name, one in (taken | lists).items()},
        "slowest_report": slowest,
        "slowest_report_s": round(taken[slowest].seconds, 3),
        "slowest_report_processor_s": round(max(one.busy_s for one in taken.values()), 3),
        "slowest_list_s": round(max(lists.values()).seconds, 3),
        "longest_loop_stop": stopped,
        "longest_loop_stop_ms": round((taken | lists)[stopped].stop_s * 1000, 1),
        **await _live_start(url, last),
    }


# --- asking ------------------------------------------------------------------------------------
async def _reports(engine: AsyncEngine) -> dict[str, Taken]:
    """Each report of the last month, the best of three: a page is asked for more than once."""
    found, taken = Rollups(engine), dict[str, Taken]()
    asks = {f"{of}_by_{by}": Ask(of, *MONTH, by) for of in reports.SUBJECTS for by in PERIODS.get(of, LONG)}
    asks |= {f"one_{of}_by_15min": Ask(of, *MONTH, "15min", name) for of, name in ONE.items()}
    for name, ask in asks.items():
        taken[name] = await _best(lambda ask=ask: _report(found, ask))  # type: ignore[misc]
    taken["agents_by_day_as_workbook"] = await _best(lambda: _workbook(found, asks["agent_by_day"]))
    return taken


async def _report(found: Rollups, ask: Ask) -> Gathered:
    """As api.routes.stats does it, beside the period before."""
    return await gathered(found, UNTIL_UTC_S, ask, history.house(), compare=ask.by != "shift")


async def _workbook(found: Rollups, ask: Ask) -> None:
    report = await _report(found, ask)
    table = tables.table(ask, history.house(), "zh-CN", report.lines, report.totals, report.last or ())
    await asyncio.to_thread(sheets.as_xlsx, table)


async def _lists(engine: AsyncEngine) -> dict[str, Taken]:
    """Until the first page of a search in a month's calls, or of the calls behind a month's figure, is there."""
    since_utc_s, until_utc_s = MONTH
    queries, taken = Queries(engine), dict[str, Taken]()
    for name, search in SEARCHES.items():
        wanted = replace(search, since_utc_s=since_utc_s, until_utc_s=until_utc_s)
        taken[f"calls_of_{name}"] = await _best(lambda wanted=wanted: queries.calls(wanted=wanted))  # type: ignore[misc]
    for name, (of, named, figure, which) in FIGURES.items():
        ask = Ask(of, *MONTH, "all", named)
        page = partial(_figure_page, engine, ask, figure, which)
        taken[f"figure_calls_{name}"] = await _best(page)
    return taken


async def _figure_page(engine: AsyncEngine, ask: Ask, figure: str, which: Which) -> None:
    """As api.routes.figure_calls does it: the figure, and the first page of its calls."""
    await read_pairs(Rollups(engine), UNTIL_UTC_S, ask, history.house())
    await behind(Behind(engine), ask, history.house(), (), figure, which, None, PAGE)


async def _best(work: Callable[[], Awaitable[object]]) -> Taken:
    """The quickest, with the longest stop of all."""
    taken = []
    for _ in range(TIMES):
        async with _turns() as late_s:
            began_s, busy_s = time.perf_counter(), time.process_time()
            await work()
            seconds, busy_s = time.perf_counter() - began_s, time.process_time() - busy_s
        taken.append(Taken(seconds, busy_s, max(late_s, default=0.0)))
    return min(taken)._replace(stop_s=max(each.stop_s for each in taken))


@asynccontextmanager
async def _turns() -> AsyncIterator[list[float]]:
    """How late each turn of this loop came, in seconds, that was asked for every TURN_S meanwhile."""
    late_s = list[float]()

    async def ask() -> None:
        while True:
            asked_s = time.perf_counter()
            await asyncio.sleep(TURN_S)
            late_s.append(time.perf_counter() - asked_s - TURN_S)

    asking = asyncio.create_task(ask(), name="turns")
    try:
        yield late_s
        await asyncio.sleep(TURN_S)  # a turn that is due while the last step holds the loop counts, too
    finally:
        asking.cancel()


# --- starting ----------------------------------------------------------------------------------
async def _live_start(url: str, last: int) -> dict[str, float]:
    """Seconds from the engine's death until the next one takes calls and its API says so, and has answered a report."""
    prepared = partial(_as_if_it_had_run, last)
    async with house_at_work(history.house(), before=prepared, database_url=url) as settings:
        instance, file = Instance(settings), settings.home / "run/engine.pid"
        await until(lambda: takes_calls(instance) and _reports_are_there(instance))
        dead, began_s = pid_in(file), time.perf_counter()
        os.kill(dead, signal.SIGKILL)
        await until(lambda: pid_in(file) not in (dead, 0) and takes_calls(instance))
        started_s = time.perf_counter() - began_s
        await until(lambda: _reports_are_there(instance))
        return {"live_start_s": round(started_s, 1), "first_report_s": round(time.perf_counter() - began_s, 1)}


def _as_if_it_had_run(last: int, home: Path) -> None:
    """A snapshot, a journal and a queue_log that go on behind what the database has."""
    state = restore.fresh(history.house())
    snapshot.save(home / "data/snapshots", last, state.document(clock.boot()))
    spool = Spool(home / "data/spool", last_shipped=last)
    spool.append_input(spool.next_sequence, clock.now(), 1, Tick())
    spool.close()
    written = QueueLogFile(home / "log", lambda agent: ())
    written.open()
    written.append((), (last, 0))


def _reports_are_there(instance: Instance) -> bool:
    first, last = (datetime.fromtimestamp(moment, ZONE).date() for moment in (MONTH[0], MONTH[1] - 1))
    with suppress(Refused):
        return bool(instance.get(f"/stats?of=queue&by=day&from={first}&to={last}")["lines"])
    return False
