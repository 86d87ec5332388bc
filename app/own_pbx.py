"""The PBX of this machine: rendered, started, supervised; under `up`, or alone for an engine elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.alone import alone
from app.current_house import last_known_house
from app.pbx_files import pbx_layout, write_pbx_files
from app.settings import Settings
from app.signals import stop_signal
from app.sounds import make_all_sounds
from core.errors import PbxUnavailable, Refused
from core.house import House
from cti.credentials import Credentials, load_credentials
from cti.pbx.control import control_server
from cti.pbx.logs import keep_logs_small
from cti.pbx.process import PbxProcess

Say = Callable[[str], None]


@asynccontextmanager
async def own_pbx(settings: Settings, house: House, credentials: Credentials, say: Say) -> AsyncIterator[PbxProcess]:
    """Started, and taking its supervisor's orders, while the block runs. The caller supervises it."""
    layout = pbx_layout(settings)
    write_pbx_files(settings, house, credentials)
    process = PbxProcess(layout)
    say("the PBX")
    await process.start()
    try:
        async with control_server(process, layout.control_socket):
            yield process
    finally:
        await asyncio.shield(process.stop())


async def pbx_alone(settings: Settings, say: Say) -> None:
    """Until Ctrl-C or SIGTERM, on the machine that `pbx_host` names.

    Raises:
        Refused: the settings do not speak of a remote PBX, or another `pbx` runs in this home.
        ConfigurationWrong: a setting or the house is wrong, or there is no Asterisk.
        PbxUnavailable: Asterisk does not start, or died too often.
    """
    if settings.pbx_mode != "remote":
        raise Refused("./thirdring pbx is for an engine on another machine: set pbx_mode: remote. Else: ./thirdring up")
    with alone(settings.home / "run/pbx.pid"):
        stopped = stop_signal()  # from now on: one that comes while Asterisk starts must not leave it behind
        house = last_known_house(settings)
        await asyncio.to_thread(make_all_sounds, settings, house.prompts)
        credentials = load_credentials(settings.home / "secrets/seats.key")
        async with own_pbx(settings, house, credentials, say) as process:
            say(f"ready: SIP at {settings.pbx_host}:{settings.ports.sip}, AMI at port {settings.pbx_ami_port}")
            await _until_stopped(process, stopped)


async def _until_stopped(process: PbxProcess, stopped: asyncio.Future[None]) -> None:
    running = asyncio.create_task(process.run_forever(), name="pbx")
    logs = asyncio.create_task(keep_logs_small(process), name="pbx-logs")
    try:
        await asyncio.wait([running, stopped], return_when=asyncio.FIRST_COMPLETED)
        if running.done() and (error := running.exception()):
            raise PbxUnavailable(str(error)) from error
    finally:
        for task in (running, logs):
            task.cancel()
        await asyncio.gather(running, logs, return_exceptions=True)
