"""`./thirdring up` in the foreground: the PBX, the watchdog over the engine, and on request the simulated carrier.

This process does no call handling. It starts the others, keeps them alive, and ends what it started.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.alone import alone
from app.api_workers import api_worker, end_superfluous, keep
from app.carrier_plan import refuse_remote
from app.current_house import last_known_house
from app.doctor.finding import Level
from app.doctor.ports import ports
from app.instance import LOOPBACK
from app.own_pbx import own_pbx
from app.pages import build_pages
from app.pbx_files import office_of
from app.recordings_key import REMEDY, derived_key, missing_key
from app.settings import Settings, variable
from app.signals import stop_signal
from app.sounds import make_all_sounds
from app.watchdog import UP, Drained, GivenUp, Watchdog
from core.errors import Refused, ThirdringError
from core.house import House
from cti.credentials import Credentials, load_credentials
from cti.pbx.logs import keep_logs_small
from cti.pbx.process import PbxProcess

if TYPE_CHECKING:
    from cti.carrier.carrier import Carrier

log = logging.getLogger(__name__)

Say = Callable[[str], None]


async def up(settings: Settings, say: Say, *, with_demo: bool = False) -> int:
    """Run everything, `with_demo` a simulated carrier too, until Ctrl-C, SIGTERM, or the end of a drain; the exit code.

    Raises:
        AlreadyRunning: another `up` runs in this home.
        ConfigurationWrong: a setting, the house or a flow is wrong; nothing was started.
    """
    with alone(settings.home / "run/up.pid"):
        return await _up(settings, say, with_demo=with_demo)


async def _up(settings: Settings, say: Say, *, with_demo: bool) -> int:
    held = ports(settings)
    if held.level is Level.FAIL:
        raise Refused(f"{held.text}\n{held.remedy}")
    if with_demo:
        refuse_remote(settings)
    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    if missing := missing_key(settings):
        say(f"{missing}: calls are recorded and nothing is archived; {REMEDY}")
    else:
        derived_key(settings, b"")  # the engine's process would say what is wrong, too, and die of it again and again
    house = last_known_house(settings)
    say("prompts and music")
    await asyncio.to_thread(make_all_sounds, settings, house.prompts)
    stopped = stop_signal()
    code = 0
    addresses = _leave_word(settings)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(
                _everything(settings, house, credentials, say, with_demo=with_demo), name="everything"
            )
            await asyncio.wait([running, stopped], return_when=asyncio.FIRST_COMPLETED)
            running.cancel()
    except* (GivenUp, ThirdringError) as group:
        for error in leaves(group):
            say(f"stopped: {error}")
        code = 1
    except* Drained:
        say("stopped: the house has been drained")
    finally:
        for used in (*addresses, settings.home / "secrets" / "cli.token"):
            used.unlink(missing_ok=True)
    return code


def _leave_word(settings: Settings) -> list[Path]:
    """Where we are, for this machine's other commands (app.instance); the files."""
    run = settings.home / "run"
    run.mkdir(mode=0o750, parents=True, exist_ok=True)
    words = {
        run / "api.url": f"http://{settings.bind}:{settings.ports.api}",
        run / "sip.host": _sip_host(settings),
    }
    for file, word in words.items():
        file.write_text(word, encoding="ascii")
    return list(words)


def _sip_host(settings: Settings) -> str:
    if settings.pbx_mode == "remote":
        return settings.pbx_host
    office = office_of(settings)
    return str(office.address) if office else LOOPBACK


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors themselves, out of the groups of nested TaskGroups."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


async def _everything(settings: Settings, house: House, credentials: Credentials, say: Say, *, with_demo: bool) -> None:
    async with (
        _carrier(settings, house, credentials, with_demo=with_demo) as carrier,
        _pbx(settings, house, credentials, say) as process,
        asyncio.TaskGroup() as tasks,
    ):
        if process is not None:
            tasks.create_task(process.run_forever(), name="pbx")
            tasks.create_task(keep_logs_small(process), name="pbx-logs")
        ready = asyncio.Event()
        await asyncio.to_thread(end_superfluous, settings)
        engine = _engine(settings, ready)
        workers = [api_worker(settings, number, _environment(settings)) for number in range(settings.api_workers)]
        tasks.create_task(engine.run(), name="watchdog")
        await ready.wait()
        for number, worker in enumerate(workers):
            tasks.create_task(keep(worker), name=f"api-{number}")
        tasks.create_task(_renew_when_asked([engine, *workers], say), name="renewal")
        _welcome(settings, house, say)
        tasks.create_task(build_pages(settings, say), name="pages")
        if carrier is not None:
            from app.demo import demo

            tasks.create_task(demo(carrier, settings, house, say), name="demo")


async def _renew_when_asked(running: Sequence[Watchdog], say: Say) -> None:
    """SIGUSR1: one process after the other is replaced by the program as it is now, with calls up."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, asked.set)
    while True:
        await asked.wait()
        asked.clear()
        if all([await each.renew() for each in running]):
            say("renewed: the engine and what serves browsers have been started anew; calls went on")
        else:
            say("not renewed: the new program does not start; its complaint is above, the old one goes on")


@asynccontextmanager
async def _carrier(
    settings: Settings, house: House, credentials: Credentials, *, with_demo: bool
) -> AsyncIterator[Carrier | None]:
    """The simulated one while the block runs, if it is wanted."""
    if not with_demo:
        yield None
        return
    from app.demo import demo_carrier

    async with demo_carrier(settings, house, credentials) as carrier:
        yield carrier


@asynccontextmanager
async def _pbx(
    settings: Settings, house: House, credentials: Credentials, say: Say
) -> AsyncIterator[PbxProcess | None]:
    """The embedded (or installed) PBX while the block runs; None for a remote one."""
    if settings.pbx_mode == "remote":
        yield None
        return
    async with own_pbx(settings, house, credentials, say) as process:
        yield process


def _engine(settings: Settings, ready: asyncio.Event) -> Watchdog:
    return Watchdog(
        [sys.executable, "-m", "app.main"],
        {**_environment(settings), UP: uuid.uuid4().hex},
        beat_deadline_s=settings.watchdog_s,
        on_first_beat=ready.set,
    )


def _environment(settings: Settings) -> dict[str, str]:
    """With what the command line may have set."""
    chosen = ("home", "port_base", "lan_name", "api_workers")
    return {**os.environ, **{variable(key): str(getattr(settings, key)) for key in chosen}}


def hotlines(house: House) -> list[str]:
    """Number and name of each; its id where it has no name."""
    return [f"{hotline.number} {next(iter(hotline.name.values()), hotline.id)}" for hotline in house.hotlines]


def _welcome(settings: Settings, house: House, say: Say) -> None:
    """What to dial and where the page is."""
    say(f"ready: a call can be answered. Hotlines: {', '.join(hotlines(house))}")
    office = office_of(settings)
    say(f"SIP phones register at {_sip_host(settings)}:{settings.ports.sip}")
    say(f"the page: {office.page(settings.ports.api) if office else f'http://{settings.bind}:{settings.ports.api}/'}")
    if office and office.ca:
        say(f"browsers must trust our CA first: {office.page(settings.ports.api)}ca, SHA-256 {office.ca_fingerprint}")
    if settings.pbx_mode != "remote":
        say("try it: ./thirdring call --hotline " + house.hotlines[0].number)
