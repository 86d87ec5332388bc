"""The composition root: one engine process, put together here and nowhere else.

What a caller needs comes first: the journal, the engine, AGI and AMI are up before the database, the
live board and the page are even imported (app.back_office).
"""

from __future__ import annotations

import asyncio
import faulthandler
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import uvloop

from app import clock, collector, pbx_watch, restore
from app.alarm_watch import Gauges, gauges
from app.alarm_watch import watch as watch_alarms
from app.alone import successor
from app.call_facts import Contacts
from app.current_house import last_known_house
from app.damage_watch import watch_damage
from app.disk_watch import watch
from app.flows import flows_at_start
from app.logs import start_logging
from app.mending import Mending
from app.menus import Beside, Menus
from app.notify import Notifier, sender
from app.open_files import make_room
from app.pbx_files import ami_password
from app.pump import Pump
from app.recordings_key import REMEDY
from app.settings import Settings, read_settings
from app.signals import stop_signal
from app.snapshots import Snapshots, restored
from app.studio import Studio
from app.voices import voice_logger, watch_room
from app.watchdog import DRAINED, HEIR, UP, beat
from core.commands import RunFlow
from core.events import HouseDrained, Outcome
from core.house import House
from core.ids import NodeId, SeatId
from core.inputs import ConfigurationChanged, HouseOpened, PbxLost
from core.instants import Instant
from core.ports import LiveBoard
from cti.agi import AgiLine
from cti.books import Books, PbxBooks, RemoteBooks
from cti.credentials import Credentials, load_credentials
from cti.lines import Arrival, Voice
from cti.node import Address, PbxNode
from cti.pbx.control import PbxControl
from ivr.runner import Surroundings
from ivr.unfinished import Unfinished
from ivr.waiting import words
from monitor.live import LiveFeed
from monitor.pop_feed import PopFeed
from recording.logger import VoiceLogger
from store.memory import MemoryBoard
from store.spool import Spool

log = logging.getLogger(__name__)

RESYNC_EVERY_S = 30.0
BACK_OFFICE_AGAIN_S = 5.0


@dataclass(slots=True)
class Floor:
    """The part of the process that calls depend on."""

    settings: Settings
    credentials: Credentials
    spool: Spool
    state: restore.State
    pump: Pump
    node: PbxNode
    menus: Menus
    feed: LiveFeed
    board: LiveBoard
    mending: Mending
    unfinished: Unfinished
    voices: VoiceLogger
    notifier: Notifier
    studio: Studio
    pops: LiveBoard
    pop_feed: PopFeed
    gauges: Gauges = field(default_factory=dict)

    def apply(self, version: int, house: House) -> None:
        """A checked version of the house takes effect: for new calls, for the PBX's names, for the engine.

        Raises ConfigurationWrong: it names a flow that there is not; nothing was changed.
        """
        self.menus = self.menus.of(house)
        self.node.configure(house)
        self.state.house, self.state.version = house, version
        self.feed.furnish(house)
        self.pump.handle(ConfigurationChanged(version, house))  # a full inbox must not keep it out

    @property
    def snapshots(self) -> Path:
        return self.settings.home / "data" / "snapshots"

    def settle(self) -> int:
        """Bring the wallboard as far as the engine; the last input's number."""
        self.feed.settle()
        return self.pump.sequence


def build(settings: Settings) -> Floor:
    """Journal, state, pump and PBX connection, nothing of it running yet.

    Raises:
        ConfigurationWrong: the shipped house or a flow of it is wrong, and there is no journal to go by.
        OSError: the data directory cannot be written.
    """
    data = settings.home / "data"
    spool = Spool(settings.spool)
    state = restored(data / "snapshots", spool, partial(last_known_house, settings))
    pump = Pump(state.engine, spool, clock.now, sequence=spool.next_sequence - 1)
    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    sounds, messages = settings.home / "sounds", settings.home / "messages"
    around = Surroundings(pump.offer, clock.boot_s, clock.boot_id(), sounds, messages)
    studio = Studio(settings.home, lambda: state.house)
    contacts = Contacts()
    people, may_promise = state.wallboard.agents, state.engine.can_promise
    beside = Beside(settings.home / "secrets", settings.own_networks, contacts, people, may_promise)
    flows, wrong_flows = flows_at_start(state.house)
    menus = Menus.opened(state.house, flows, NodeId(settings.node), around, beside)

    async def menu(line: AgiLine, arrived: Arrival) -> bool:
        return await floor.menus.take(line, arrived)

    async def flow(line: AgiLine, order: RunFlow) -> bool:
        return await floor.menus.hand(line, order)

    async def booth(line: AgiLine) -> None:
        await studio.at_the_phone(line, messages)

    def sip_names(seat: SeatId) -> tuple[str, ...]:
        return credentials.sip_name(seat), credentials.web_name(seat)

    node = PbxNode(
        NodeId(settings.node),
        _address(settings, credentials),
        pump,
        Voice(menu, flow, words, booth),
        sip_names,
        boot_s=clock.boot_s,
        boot_id=around.boot_id,
        sounds=around.sounds,
        books=_books(settings, state),
        calls_live_s=settings.pbx_calls_live_s,
    )
    board = _board(settings, "thirdring")
    epoch = f"{clock.now().wall.timestamp():.6f}"
    feed = LiveFeed(state.wallboard, board, epoch, clock.now)
    pops = _board(settings, "thirdring-pops")
    pop_feed = PopFeed(state.pops, pops, epoch)
    pump.connect(node.executor)
    mending = Mending(settings.home / "recordings")
    pump.subscribe(pop_feed.take)
    pump.subscribe(feed.take)
    pump.subscribe(mending.take)
    pump.subscribe(contacts.take)
    notifier = Notifier(lambda: state.house, sender(settings), lambda: clock.now().wall.timestamp(), feed.alarm)
    pump.subscribe(notifier.take)
    voices = voice_logger(settings, pump, feed.alarm, partial(_holds_all, spool), state.engine.under_way())
    if settings.watch_recordings and not voices.idle:
        pump.subscribe(voices.take)
    if voices.idle:
        log.error("nothing is archived: %s", voices.idle)
        feed.alarm("recordings_key", f"Calls are recorded and nothing is archived: {voices.idle}; {REMEDY}.")
    if wrong_flows:
        log.error("flows of the house are wrong, their hotlines lead straight to people:\n%s", "\n".join(wrong_flows))
        feed.alarm("flows", f"Callers are led straight to people: {wrong_flows[0]}")
    floor = Floor(
        settings,
        credentials,
        spool,
        state,
        pump,
        node,
        menus,
        feed,
        board,
        mending,
        Unfinished(messages, pump.offer),
        voices,
        notifier,
        studio,
        pops,
        pop_feed,
    )
    floor.gauges |= gauges(floor)
    return floor


def _holds_all(spool: Spool) -> bool:
    """Nothing waits for its disk, and nothing was lost while it refused."""
    return not spool.broken and not spool.lost_lines


def _board(settings: Settings, name: str) -> LiveBoard:
    """In this process, or in Redis when one is configured."""
    if not settings.redis_url:
        return MemoryBoard()
    from store.live import RedisBoard

    return RedisBoard(settings.redis_url, prefix=name)


def _books(settings: Settings, state: restore.State) -> Books:
    """The call records of a PBX on this machine, or what one on another machine keeps of them."""
    place = state.engine.books_place(NodeId(settings.node))
    if settings.pbx_mode == "remote":
        return RemoteBooks(place)
    return PbxBooks(settings.home / "pbx/log/cdr-csv/Master.csv", place)


def _address(settings: Settings, credentials: Credentials) -> Address:
    """The embedded PBX on loopback, or the remote one of the settings."""
    remote = settings.pbx_mode == "remote"
    return Address(
        ami_host=settings.pbx_host if remote else "127.0.0.1",
        ami_port=settings.pbx_ami_port if remote else settings.ports.ami,
        ami_user=settings.pbx_ami_user if remote else "thirdring",
        ami_secret=ami_password(settings.pbx_ami_secret_file) if remote else credentials.ami_secret,
        agi_host=settings.agi_bind if remote else "127.0.0.1",
        agi_port=settings.ports.agi,
        agi_path=credentials.agi_path,
        ear_port=settings.ports.ear,
    )


async def serve(settings: Settings) -> int:
    """One engine process, until SIGTERM, SIGINT or the end of a drain; calls go on in the PBX. The exit code.

    One that a killed `up` left behind in this home is ended first.
    """
    asked_boot_s = clock.boot_s()
    with successor(settings.home / "run/engine.pid"):
        log.debug("the engine's place was free after %.2f s", clock.boot_s() - asked_boot_s)
        return await _serve(settings)


class _Ending:
    """What ends the process: a signal, or the engine's word that nothing is left. `code` is its exit status."""

    def __init__(self) -> None:
        self.asked, self.code = stop_signal(), 0

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """core.ports.Subscriber."""
        if any(isinstance(outcome.event, HouseDrained) for outcome in outcomes) and not self.asked.done():
            self.code = DRAINED
            self.asked.set_result(None)


async def _serve(settings: Settings) -> int:
    floor = build(settings)
    floor.node.configure(floor.state.house)
    await floor.node.listen()
    if rebooted := floor.state.reboot(clock.boot()):
        floor.state.wallboard.move_clock(rebooted.by_s)
        floor.pump.handle(rebooted)
    # nothing is decided on what was true before we ended
    floor.pump.handle(PbxLost(NodeId(settings.node), settings.pbx_calls_live_s))
    floor.pump.handle(ConfigurationChanged(floor.state.version, floor.state.house))
    ending, stopped_boot_s = _Ending(), 0.0
    floor.pump.subscribe(ending.take)
    if up := os.environ.get(UP):
        floor.pump.handle(HouseOpened(up))
    snapshots = Snapshots(floor.snapshots, floor.state, floor.spool, floor.settle)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(beat(int(os.environ.get("THIRDRING_BEAT_FD", "-1"))), name="beat"),
                tasks.create_task(floor.pump.run(), name="pump"),
                tasks.create_task(floor.node.run(), name="pbx"),
                tasks.create_task(floor.feed.run(), name="live-feed"),
                tasks.create_task(floor.pop_feed.run(), name="pop-feed"),
                tasks.create_task(_resync_often(floor), name="reconciler"),
                tasks.create_task(floor.mending.run(), name="mending"),
                tasks.create_task(floor.unfinished.run(), name="unfinished-messages"),
                tasks.create_task(_watch_recordings(floor), name="voice-logger"),
                tasks.create_task(snapshots.run(), name="snapshots"),
                tasks.create_task(watch(lambda: floor.spool.broken, floor.feed.alarm), name="disk-watch"),
                tasks.create_task(watch_damage(settings.spool, floor.feed.alarm), name="damage-watch"),
                tasks.create_task(watch_alarms(floor), name="alarm-watch"),
                tasks.create_task(floor.notifier.run(), name="notifier"),
                tasks.create_task(_back_office(floor), name="back-office"),
                tasks.create_task(_watch_pbx(floor), name="pbx-watch"),
            ]
            await ending.asked
            stopped_boot_s = clock.boot_s()
            for task in running:
                task.cancel()
    finally:
        await snapshots.save()
        floor.spool.close()
        if ending.asked.done():
            log.info("the engine has ended %.2f s after it was asked to", clock.boot_s() - stopped_boot_s)
    return ending.code


async def _back_office(floor: Floor) -> None:
    """Imported only now, in a thread: the callers are served already, and the loop goes on beating.

    Whatever breaks it (settings of a database, a certificate), calls go on, and it is tried again.
    """
    while True:
        try:
            module = await asyncio.to_thread(importlib.import_module, "app.back_office")
            office = await asyncio.to_thread(module.BackOffice, floor)
            await office.run()
        except Exception:
            collector.begin()  # however far they came
            log.exception("database, API and page have stopped; calls go on")
            floor.feed.alarm("back_office", "Database, API and page have stopped and are started again; calls go on.")
        await asyncio.sleep(BACK_OFFICE_AGAIN_S)


async def _watch_pbx(floor: Floor) -> None:
    """Close the calls of a PBX that has ended, also when it does not come back."""
    settings = floor.settings
    if settings.pbx_mode != "remote":
        gone = PbxLost(NodeId(settings.node), 0.0)
        control = PbxControl(settings.home / "pbx/run/control")
        await pbx_watch.watch(control, lambda: floor.node.link.client is not None, lambda: floor.pump.handle(gone))


async def _watch_recordings(floor: Floor) -> None:
    """Unless they lie on another machine."""
    settings = floor.settings
    if settings.watch_recordings:
        async with asyncio.TaskGroup() as tasks:
            if not floor.voices.idle:
                tasks.create_task(_log_voices(floor), name="voices")
            tasks.create_task(watch_room(settings, lambda: floor.state.house, floor.feed.alarm), name="room-watch")


async def _log_voices(floor: Floor) -> None:
    """Whatever breaks it, calls go on and are recorded by the dialplan; it finds them again."""
    while True:
        try:
            await floor.voices.run()
        except Exception:
            log.exception("the voice logger has stopped; calls go on")
            floor.feed.alarm("recording", "The voice logger has stopped and is started again; calls go on.")
        await asyncio.sleep(BACK_OFFICE_AGAIN_S)


async def _resync_often(floor: Floor) -> None:
    """Repairs what lost or reordered events left wrong (docs/reliability.md, fault 5)."""
    while True:
        await asyncio.sleep(RESYNC_EVERY_S)
        await floor.node.resync()


def main() -> None:
    """`python -m app.main`, started by the watchdog. An heir is whole before it ends its forerunner."""
    faulthandler.enable()
    collector.wait_for_start()
    make_room()
    settings = read_settings()
    start_logging(settings)
    if HEIR in os.environ:
        importlib.import_module("app.back_office")
    sys.exit(uvloop.run(serve(settings)))


if __name__ == "__main__":
    main()
