"""One API process of several beside the engine (`up --api-workers`): it serves browsers and touches no call.

The live board and the screen pops reach it over Redis, and so do commands and their answers; the database is shared.
What only the engine's process can answer is handed on to that (api.front).
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast

import uvicorn
import uvloop

from api.app import create_app
from api.front import Front
from api.passwords import Passwords
from api.remote_answers import RemoteAnswers
from api.server import server_of, shared_socket, tls_context
from api.services import Services
from api.throttle import Rate, Throttle
from api.trail import Trail
from app import clock
from app.alone import successor
from app.house_reader import HouseReader
from app.lan import Office
from app.logs import start_logging
from app.open_files import make_room
from app.pbx_files import office_of
from app.renewal import Renewal
from app.serving import REQUESTS_AT_ONCE, REQUESTS_PER_S, api_options, engine_door, window_door
from app.settings import Settings, read_settings
from app.signals import stop_signal
from app.watchdog import beat
from app.window_door import WindowRelay
from core.errors import PeerFault
from store.asks import AskStreams
from store.audit import Audit
from store.behind import Behind
from store.case_queries import Cases
from store.first_contact import FirstContacts
from store.house import HouseStore
from store.live import RedisBoard
from store.mirror import Mirror
from store.people import People
from store.queries import Queries
from store.repeats import Repeats
from store.rollups import Rollups
from store.session import reading_engine
from store.writer import Writer

log = logging.getLogger(__name__)

RETRY_S = 0.5
STOP_S = 4.0


class Elsewhere:
    """A port of the engine's process. No route that is answered here needs it (api.front)."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name} is the engine's process's; its route must be handed on")


class ApiProcess:
    """Everything is built here, which takes a second or more, and runs until `run` is cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._writer, self._reader = Writer(settings.store_url), reading_engine(settings.store_url)
        self._audit = Audit(self._reader, self._writer)
        self._trail = Trail(self._audit)
        self._streams = AskStreams(settings.redis_url)
        self._answers = RemoteAnswers(self._streams, uuid.uuid4().hex, clock.boot_s)
        self._windows = WindowRelay(window_door(settings))
        self._boards = {name: RedisBoard(settings.redis_url, prefix=name) for name in ("thirdring", "thirdring-pops")}
        self._mirrors = {name: Mirror() for name in self._boards}
        self._office: Office | None = office_of(settings)
        self._renewal: Renewal | None = None
        self._servers: list[uvicorn.Server] = []
        self._serving: list[asyncio.Task[None]] = []
        self._front = Front(create_app(self._services()), engine_door(settings))
        self._listeners = self._made_listeners()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                for name, mirror in self._mirrors.items():
                    tasks.create_task(mirror.run(self._boards[name]), name=f"mirror of {name}")
                tasks.create_task(self._answers.run(), name="answers")
                tasks.create_task(self._windows.run(), name="windows")
                for make in self._listeners:
                    self._serving.append(tasks.create_task(self._serve(make), name="api"))
                if self._renewal is not None:
                    tasks.create_task(self._renewal.run(), name="renewal")
        finally:
            await asyncio.shield(self._close())

    async def leave(self) -> None:
        """Take no more requests, and tell the browsers to connect anew."""
        for server in self._servers:
            server.should_exit = True
        if self._serving:
            await asyncio.wait(self._serving, timeout=STOP_S)

    def _made_listeners(self) -> list[Callable[[], uvicorn.Server]]:
        settings, office, front, port = self._settings, self._office, self._front, self._settings.ports.api
        made = [partial(server_of, front, settings.bind, port, listen=partial(shared_socket, settings.bind, port))]
        if office is not None:
            context = tls_context(office.certificate.chain, office.certificate.key)
            self._renewal = Renewal(office, context, partial(office_of, settings), _nothing, _told)
            address = str(office.address)
            made.append(partial(server_of, front, address, port, context, listen=partial(shared_socket, address, port)))
        return list(made)

    async def _serve(self, make: Callable[[], uvicorn.Server]) -> None:
        while True:
            server = make()
            self._servers.append(server)
            try:
                await server.serve()
                return
            except OSError as error:
                log.error("port %d cannot be served: %s", self._settings.ports.api, error)
                self._servers.remove(server)
            await asyncio.sleep(RETRY_S)

    def _services(self) -> Services:
        elsewhere = cast(Any, Elsewhere())
        queries = Queries(self._reader)
        return Services(
            inbox=elsewhere,
            answers=self._answers,
            board=self._mirrors["thirdring"],
            pops=self._mirrors["thirdring-pops"],
            people=People(self._reader, self._writer),
            house=cast(Any, HouseReader(HouseStore(self._reader, self._writer))),
            flows=elsewhere,
            facts=elsewhere,
            calls=queries,
            figures=Rollups(self._reader),
            behind=Behind(self._reader),
            contacts=FirstContacts(self._reader),
            work=queries,
            cases=Cases(self._reader),
            webhooks=elsewhere,
            customers=elsewhere,
            customers_changed=elsewhere,
            messages=self._settings.home / "messages",
            prompts=elsewhere,
            recordings=elsewhere,
            ears=elsewhere,
            listenings=queries,
            engine=elsewhere,
            qualify=elsewhere,
            past=elsewhere,
            quality=elsewhere,
            plans=elsewhere,
            coming=elsewhere,
            twins=elsewhere,
            phones=elsewhere,
            browser_phones=elsewhere,
            windows=self._windows,
            passwords=Passwords(),
            factors=elsewhere,
            throttle=Throttle(),
            rate=Rate(REQUESTS_PER_S, REQUESTS_AT_ONCE),
            audit=self._audit,
            repeats=Repeats(self._writer),
            bans=elsewhere,
            trail=self._trail,
            probes=(),
            settings=elsewhere,
            options=api_options(self._settings, self._office),
            now=lambda: clock.now().wall,
        )

    async def _close(self) -> None:
        await self._front.close()
        await self._streams.close()
        for board in self._boards.values():
            await board.close()
        with suppress(PeerFault):
            await self._trail.flush()
        await self._writer.close()
        await self._reader.dispose()


async def _nothing() -> None:
    """The PBX is given its certificate by the engine's process."""


def _told(name: str, text: str) -> None:
    """The engine's process looks at the same certificate, and says so on the floor."""


async def serve(settings: Settings, number: int) -> None:
    """API process `number`, until SIGTERM or SIGINT. One that a killed `up` left behind is ended first."""
    with successor(settings.home / f"run/api-{number}.pid"):
        stopped = stop_signal()
        process = ApiProcess(settings)
        beating = asyncio.create_task(beat(int(os.environ.get("THIRDRING_BEAT_FD", "-1"))), name="beat")
        running = asyncio.create_task(process.run(), name="api process")
        await asyncio.wait([running, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await process.leave()
        running.cancel()
        beating.cancel()
        await asyncio.wait([running])
        if not running.cancelled():
            running.result()


def main() -> None:
    """`python -m app.api_process NUMBER`, started by app.api_workers."""
    make_room()
    settings = read_settings()
    start_logging(settings)
    uvloop.run(serve(settings, int(sys.argv[1])))


if __name__ == "__main__":
    main()
