"""The part of the engine's process that calls do not depend on: database, page and API.

Each piece waits for what it needs and says so in the health route; none of them can stop a call.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from api.answers import Answers
from api.app import create_app
from api.auth import cli_token, first_administrator
from api.coming_hours import ComingHours
from api.erasing import Erasing
from api.links import Links
from api.passwords import Passwords
from api.phone_windows import PhoneWindows
from api.ports import Recordings as ApiRecordings
from api.routes import ca
from api.second_factor import SecondFactors
from api.server import private_socket, server_of, tls_context
from api.services import Services
from api.throttle import Rate, Throttle
from api.trail import Trail
from app import clock, collector
from app.ask_desk import AskDesk
from app.bans import Bans
from app.call_facts import CALLERS_KEPT, EARLIER_WITHIN_S, facts_at
from app.callers import Before, Callers
from app.coverage_watch import CoverageWatch
from app.customer_sources import other_sources
from app.flows import known_to
from app.house_desk import HouseDesk
from app.lan import Office
from app.mail import send_mail
from app.past import Past
from app.pbx_files import office_of
from app.pbx_loading import PbxLoading
from app.phone_logins import DerivedPhoneLogins
from app.planning import Plans
from app.probes import api_probes, probes
from app.queue_log import QueueLogFile, serves, write_queue_log
from app.renewal import Renewal
from app.report_mail import ReportMails
from app.retention_clock import RetentionClock, mark_file
from app.serving import REQUESTS_AT_ONCE, REQUESTS_PER_S, api_options, engine_door, phone_socket, window_door
from app.settings import Settings
from app.settings_shown import in_force
from app.twin import Twins
from app.voices import keep_going
from app.web_phones import WebPhones
from app.webhooks import Webhooks, http_sender
from app.window_door import WindowDoor
from app.window_talks import TalkFile
from core.bans import Ban
from core.customers import CustomerSource
from core.errors import ConfigurationWrong, PeerFault
from core.ids import AgentId, CallId, QueueId
from core.inputs import AgentRequest
from cti.credentials import load_credentials
from cti.qualify import Qualify
from store.asks import AskStreams
from store.audit import Audit, AuditRow
from store.behind import Behind
from store.case_queries import Cases
from store.customers import Customers
from store.errors import StoreUnavailable
from store.first_contact import FirstContacts
from store.house import HouseStore
from store.journal import Shipper
from store.migrations import migrate
from store.outbox import Outbox
from store.people import People
from store.quality import QualityMarks
from store.queries import Queries
from store.recording_notes import RecordingNotes
from store.recordings import Recordings
from store.repeats import Repeats
from store.rollups import Rollups
from store.second_factors import SecondFactors as KeptFactors
from store.session import reading_engine
from store.snapshot import oldest_sequence
from store.writer import Writer

if TYPE_CHECKING:
    from app.main import Floor

log = logging.getLogger(__name__)

RETRY_S = 2.0
TIDY_EVERY_S = 60.0
TABLES_WITHIN_S = 10.0
"""How long look-ups of callers wait for a new database's tables; for the steps of a large one they do not."""
EVEN_WITHIN_S = 5.0
"""The database has what was decided so long ago: it has no outage to catch up."""
FOR_AGENT_S = 3.0
"""How long the engine may take over what is asked on an agent's behalf."""


class BackOffice:
    """Everything is built here, and runs until `run` is cancelled."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._url = floor.settings.store_url
        self._spool = floor.settings.spool
        self._writer = Writer(self._url)
        self._unusable = ""
        self._tried = asyncio.Event()
        """The database has been opened, or would not be."""
        self._reader = reading_engine(self._url)
        self._people = People(self._reader, self._writer, alone=not floor.settings.api_workers)
        self._loading = PbxLoading(floor)
        self._houses = HouseStore(self._reader, self._writer)
        self._house = HouseDesk(floor, self._houses, self._loading, floor.studio)
        self._bans = Bans(floor.settings, lambda: floor.state.house, self._loading.load, self._banned, _now_utc_s)
        self._web_phones = _web_phones(floor, self._loading)
        self._customers = Customers(self._reader, self._writer)
        self._callers = _callers(floor, self._customers, self._reader)
        self._renewal: Renewal | None = None
        self._shipper = Shipper(self._spool, self._writer, hooks=lambda: floor.state.house.desk.webhooks)
        floor.gauges["journal_lag_s"] = lambda: self._shipper.lag_s
        self._recordings = Recordings(self._reader, self._writer)
        self._coverage = CoverageWatch(self._recordings, lambda: clock.now().wall.timestamp())
        floor.gauges["recording_coverage"] = lambda: self._coverage.rate
        self._audit = Audit(self._reader, self._writer)
        self._trail = Trail(self._audit)
        self._notes = RecordingNotes(self._reader, self._writer)
        self._marks = QualityMarks(self._reader, self._writer)
        self._erasing = Erasing(floor.voices.erase, self._recordings, self._notes, self._marks)
        self._retention = RetentionClock(
            mark_file(floor.settings.home), clock.now, clock.boot_id(), self._newest_recording, floor.feed.alarm
        )
        self._webhooks = _webhooks(floor, Outbox(self._reader, self._writer))
        self._answers = Answers(floor.pump)
        self._passwords = Passwords()
        self._talk_file = TalkFile(floor.settings.home / "run/talks.json")
        self._windows = PhoneWindows(self._for_agent, self._call_of, self._talk_file.keep)
        self._window_door = WindowDoor(self._windows, window_door(floor.settings))
        self._streams = AskStreams(floor.settings.redis_url) if floor.settings.api_workers else None
        self._ask_desk = AskDesk(self._streams, self._answers, clock.boot_s) if self._streams else None

    async def run(self) -> None:
        """Once."""
        self._floor.pump.subscribe(self._answers.take)
        self._floor.pump.subscribe(self._web_phones.take)
        self._floor.pump.subscribe(self._callers.take)
        try:
            async with asyncio.TaskGroup() as tasks:
                servers = await asyncio.to_thread(self._servers)
                self._windows.expect(self._talk_file.read())
                collector.begin()
                for number, server in enumerate(servers):
                    tasks.create_task(self._serve(server), name=f"api-{number}")
                tasks.create_task(self._serve_api_processes(), name="api-processes")
                tasks.create_task(self._loading.run(), name="pbx-loading")
                tasks.create_task(self._web_phones.run(), name="web-phones")
                tasks.create_task(self._bans.run(), name="bans")
                tasks.create_task(self._look_up_callers(), name="callers")
                if self._renewal is not None:
                    tasks.create_task(self._renewal.run(), name="renewal")
                if self._floor.settings.watch_recordings:
                    tasks.create_task(self._retention.run(), name="retention-clock")
                await self._open_database()
                tasks.create_task(self._shipper.run(), name="shipper")
                tasks.create_task(self._tidy_often(), name="spool-tidy")
                tasks.create_task(self._queue_log(), name="queue-log")
                tasks.create_task(self._learn_contacts(), name="contacts")
                tasks.create_task(self._webhooks.run(), name="webhooks")
                tasks.create_task(self._report_mails().run(), name="report-mails")
                tasks.create_task(self._keep_recordings(), name="recordings")
                tasks.create_task(self._coverage.run(), name="coverage")
        finally:
            self._floor.pump.unsubscribe(self._answers.take)
            self._floor.pump.unsubscribe(self._web_phones.take)
            self._floor.pump.unsubscribe(self._callers.take)
            await asyncio.shield(self._close())

    async def _serve(self, server: Callable[[], uvicorn.Server]) -> None:
        """The API and the page on one address. A port that is taken is said and tried again: calls need no page."""
        while True:
            try:
                await server().serve()
            except SystemExit:
                log.error("port %d is taken; the page is not served", self._floor.settings.ports.api)
            except OSError as error:
                log.error("the API processes' door cannot be opened: %s", error)
            await asyncio.sleep(RETRY_S)

    def _servers(self) -> list[Callable[[], uvicorn.Server]]:
        """Plain HTTP for this machine; HTTPS for the office network, when there is one.

        Run in a thread: the first route makes FastAPI import and build for a second or more, and the loop must beat.
        """
        settings = self._floor.settings
        office = office_of(settings)
        context = tls_context(office.certificate.chain, office.certificate.key) if office else None
        if office and context:
            look = partial(office_of, settings)
            self._renewal = Renewal(office, context, look, self._loading.load, self._floor.feed.alarm)
        app = create_app(self._services(office))
        if office is not None and office.ca:
            app.router.routes += ca.router(office.ca).routes
        if settings.api_workers:
            return [self._door_of(app)]
        servers = [partial(server_of, app, settings.bind, settings.ports.api)]
        if office is not None:
            servers.append(partial(server_of, app, str(office.address), settings.ports.api, context))
        return list(servers)

    def _door_of(self, app: FastAPI) -> Callable[[], uvicorn.Server]:
        """Only the API processes come here, with what they cannot answer."""
        listen = partial(private_socket, engine_door(self._floor.settings))
        return partial(server_of, app, "", 0, listen=listen, behind_front=True)

    async def _banned(self, ban: Ban) -> None:
        """We did it ourselves: told on the floor, and in the audit as if a person had."""
        self._floor.feed.alarm("address_banned", f"{ban.address} is refused by the PBX for a while: {ban.why}.")
        await self._trail.note(AuditRow(ban.since_utc_s, "POST /bans", ban.address, ban.by, ban.address, ban.why))

    async def _serve_api_processes(self) -> None:
        """What the API processes ask of us besides: requests over Redis, and the windows that are phones."""
        if self._ask_desk is not None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ask_desk.run(), name="asks")
                tasks.create_task(self._window_door.run(), name="windows")

    def _call_of(self, agent: AgentId) -> CallId | None:
        found = self._floor.state.engine.agent(agent)
        return found.call if found is not None else None

    async def _for_agent(self, request: AgentRequest) -> bool:
        """What an agent's window would ask if it were still there."""
        return await self._answers.granted(request.agent, request, FOR_AGENT_S)

    def _services(self, office: Office | None) -> Services:
        settings = self._floor.settings
        queries, cases = Queries(self._reader), Cases(self._reader)
        return Services(
            inbox=self._floor.pump,
            answers=self._answers,
            board=self._floor.board,
            pops=self._floor.pops,
            people=self._people,
            house=self._house,
            flows=partial(known_to, sounds=settings.home / "sounds"),
            facts=facts_at,
            calls=queries,
            figures=Rollups(self._reader),
            behind=Behind(self._reader),
            contacts=FirstContacts(self._reader),
            work=queries,
            cases=cases,
            webhooks=self._webhooks,
            customers=self._customers,
            customers_changed=self._callers.changed,
            messages=settings.home / "messages",
            prompts=self._floor.studio,
            recordings=ApiRecordings(self._recordings, self._floor.voices.archive, self._erasing, Links(), self._notes),
            ears=self._floor.node.ears,
            listenings=queries,
            engine=self._floor.state.engine,
            qualify=Qualify(lambda: self._floor.node.link.client),
            past=Past(),
            quality=self._marks,
            plans=Plans(),
            coming=ComingHours(Plans()),
            twins=Twins(),
            phones=DerivedPhoneLogins(
                settings.home / "secrets",
                self._floor.credentials,
                self._loading,
                f"{office.address if office else settings.bind}:{settings.ports.sip}",
            ),
            browser_phones=self._web_phones,
            windows=self._windows,
            passwords=self._passwords,
            factors=second_factors(settings, self._reader, self._writer),
            throttle=Throttle(),
            rate=Rate(REQUESTS_PER_S, REQUESTS_AT_ONCE),
            audit=self._audit,
            repeats=Repeats(self._writer),
            bans=self._bans,
            trail=self._trail,
            probes=(
                *probes(self._floor, self._shipper, self._reader, self._loading, self._renewal, lambda: self._unusable),
                *(api_probes(settings.api_workers, self._streams, self._window_door) if self._streams else ()),
            ),
            settings=in_force(settings),
            options=api_options(settings, office),
            now=lambda: clock.now().wall,
        )

    def _report_mails(self) -> ReportMails:
        floor = self._floor
        return ReportMails(
            lambda: floor.state.house, Rollups(self._reader),
            lambda mail: asyncio.to_thread(send_mail, floor.settings, mail), lambda: clock.now().wall.timestamp(),
            lambda text: floor.feed.alarm("report_not_mailed", text), floor.settings.home / "data/report-mails.json",
        )  # fmt: skip

    async def _open_database(self) -> None:
        """Migrate, seed and catch up; for as long as it takes."""
        while not await self._opened():  # noqa: ASYNC110 - nothing tells when it can be used
            await asyncio.sleep(RETRY_S)

    async def _opened(self) -> bool:
        try:
            await migrate(self._url)
            await self._house.catch_up()
            await self._let_people_in()
            self._unusable = ""
            return True
        except Exception as error:  # however it is broken: damaged, of a later version, of another house
            known = isinstance(error, PeerFault | OSError | ConfigurationWrong)
            self._unusable = f"it cannot be used: {error}"
            log.error("the database cannot be used: %s; calls go on", error, exc_info=not known)
            return False
        finally:
            self._tried.set()

    async def _look_up_callers(self) -> None:
        """Whoever calls before there are tables is looked up then. A database that is away is not waited for: other
        systems know callers, too."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._tried.wait(), TABLES_WITHIN_S)
        await self._callers.run()

    async def _let_people_in(self) -> None:
        """The first administrator, whose password is said to the terminal once and kept nowhere; the command line."""
        if first := await first_administrator(self._people, self._passwords, clock.now().wall):
            print(f"first administrator: {first[0]}, password {first[1]} (shown only now)", file=sys.stderr, flush=True)
        token = await cli_token(self._people, clock.now().wall)
        write_secret(self._floor.settings.home / "secrets" / "cli.token", token)

    async def _learn_contacts(self) -> None:
        """Who was answered where before this process began; once, when the journal's tail has been shipped."""
        while True:
            try:
                if self._shipper.was_even:
                    since_utc_s = clock.now().wall.timestamp() - EARLIER_WITHIN_S
                    self._floor.menus.beside.contacts.learn(await answered_since(Queries(self._reader), since_utc_s))
                    return
            except PeerFault as error:
                log.error("earlier contacts cannot be read: %s; callers hear the usual menu", error)
            await asyncio.sleep(RETRY_S)

    async def _queue_log(self) -> None:
        state = self._floor.state
        file = QueueLogFile(self._floor.settings.home / "log", lambda agent: serves(state.house, agent))
        await write_queue_log(file, Queries(self._reader))

    async def _keep_recordings(self) -> None:
        floor = self._floor
        if not floor.settings.watch_recordings or floor.voices.idle:
            return
        shipper = self._shipper

        def is_even() -> bool:
            return shipper.was_even and shipper.lag_s < EVEN_WITHIN_S

        last, aging = self._houses.last_keep_days, self._retention.aging
        await keep_going(floor.voices, self._recordings, self._erasing, lambda: floor.state.house, last, is_even, aging)

    async def _newest_recording(self) -> float | None:
        """Waits for the tables of a new database. Raises PeerFault."""
        await self._tried.wait()
        if self._unusable:
            raise StoreUnavailable(self._unusable)
        return await self._recordings.newest_utc_s()

    async def _tidy_often(self) -> None:
        """Delete journal files that are in the database and older than the kept snapshots."""
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            try:
                oldest = await asyncio.to_thread(oldest_sequence, self._floor.snapshots)
                await asyncio.to_thread(self._floor.spool.drop_before, self._shipper.shipped, oldest)
            except OSError as error:
                log.error("old journal files cannot be deleted: %s", error)

    async def _close(self) -> None:
        self._windows.close()
        if self._streams is not None:
            await self._streams.close()
        with suppress(PeerFault):
            await self._trail.flush()
        await self._writer.close()
        await self._reader.dispose()


async def answered_since(queries: Queries, since_utc_s: float) -> dict[str, tuple[QueueId, float]]:
    """The last answer of each caller, oldest first, page by page: the loop has calls to serve. Raises PeerFault."""
    found: dict[str, tuple[QueueId, float]] = {}
    rows, before = await queries.answered(since_utc_s)
    while rows:
        for caller, queue, at_utc_s in rows:
            found.setdefault(caller, (QueueId(queue), at_utc_s))
        if before is None or len(found) >= CALLERS_KEPT:
            break
        rows, before = await queries.answered(since_utc_s, before)
    return dict(reversed(found.items()))


def second_factors(settings: Settings, reader: AsyncEngine, writer: Writer) -> SecondFactors:
    """Their key is made at the first start. Without it no code is right any more: an administrator resets them."""
    key = load_credentials(settings.home / "secrets" / "second-factors.key").key
    return SecondFactors(KeptFactors(reader, writer), key)


def _webhooks(floor: Floor, outbox: Outbox) -> Webhooks:
    settings = floor.settings
    send = http_sender(settings.home / "secrets", settings.own_networks, _now_utc_s)
    return Webhooks(outbox, lambda: floor.state.house.desk.webhooks, send, floor.feed.alarm, _now_utc_s)


def _now_utc_s() -> float:
    return clock.now().wall.timestamp()


def _callers(floor: Floor, customers: Customers, reader: AsyncEngine) -> Callers:
    """The built-in table is asked first, then the others of this version of the house."""
    state = floor.state
    known: dict[int, tuple[CustomerSource, ...]] = {}

    def sources() -> tuple[CustomerSource, ...]:
        if state.version not in known:
            known.clear()
            known[state.version] = (customers, *other_sources(state.house, floor.settings))
        return known[state.version]

    def kept_s() -> float:
        return state.house.desk.customer_kept_s

    before = Before(Queries(reader).contacts, Cases(reader).of_caller)
    return Callers(sources, before, floor.pop_feed.show, floor.feed.alarm, kept_s)


def _web_phones(floor: Floor, loading: PbxLoading) -> WebPhones:
    settings = floor.settings
    name = settings.lan_name or "127.0.0.1"
    return WebPhones(settings.home / "secrets", floor.credentials, loading, phone_socket(settings), name)


def write_secret(file: Path, text: str) -> None:
    """Readable by this user alone from its first byte; replaced in one step."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    aside.replace(file)
