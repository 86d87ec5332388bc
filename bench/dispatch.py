"""From "an agent becomes free" to the INVITE at that agent's phone: ours beside app_queue.

One Asterisk, one run, the same SIPp phone and the same SIPp callers, who always wait in numbers. The
phone hangs up and is at once free (no wrap-up); its own log stamps the BYE it sends and the INVITE it
reads next, so the clock is one process's. First our engine's hotline, then one whose dialplan is
app_queue with retry=1, the least it allows.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import socket
import sys
import tempfile
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

from app.borrowed import borrow
from app.instance import Instance
from app.pbx_files import pbx_layout
from app.settings import Settings, read_settings
from app.sounds import make_all_sounds
from bench.processes import ended
from bench.sipp import Sipp, hand_overs_ms, read_log
from core.errors import ConfigurationWrong, PbxUnavailable
from core.house import House
from core.house_text import to_yaml
from core.ids import SeatId
from cti.credentials import load_credentials
from cti.pbx.control import PbxControl
from cti.pbx.packages import find_program, tool_environment
from ivr.prompts import load_prompts

HAND_OVERS, APP_QUEUE_HAND_OVERS = 300, 60
WARM_UP = 5
TALK_MS = 150
WAITING = 30
READY_S = 120.0
OURS, NATIVE = "95001", "95009"
QUEUE, AGENT, SEAT = "complaints", "agent-1", SeatId("seat-1")
PHONE_PORT, CALLER_PORT = 9, 10
"""Offsets from the port base; the carrier, whose ports lie below, does not run here."""
PHONE_MEDIA, CALLER_MEDIA = 1000, 1100

NATIVE_DIALPLAN = """
[trunk-a]
exten => {number},1,Answer()
 same => n,Queue(bench-native)
 same => n,Hangup()
"""
NATIVE_QUEUE = """
[bench-native]
strategy = rrmemory
timeout = 15
retry = 1
wrapuptime = 0
autofill = yes
ringinuse = no
"""


def house() -> House:
    """One agent, one queue, no wrap-up; the hotline leads straight to people."""
    return House.model_validate(
        {
            "name": "bench",
            "trunks": [{"id": "a", "name": "A", "host": "127.0.0.2", "port": 0}],
            "hotlines": [{"id": QUEUE, "number": OURS, "name": {"en": "B"}, "flow": "complaints", "queue": QUEUE}],
            "skills": ["all"],
            "queues": [
                {"id": name, "name": {"en": name}, "skills": {"all": 1}, "wrap_up_s": 0}
                for name in (QUEUE, "presales", "after-sales")
            ],
            "seats": [{"id": SEAT}],
            "agents": [{"id": AGENT, "name": "坐席01", "skills": {"all": 5}, "languages": ["zh-CN", "en"]}],
        }
    )


async def run() -> dict[str, object]:
    """Both measurements.

    Raises:
        PbxUnavailable: the product did not come up, or calls did not flow.
        SippFailed: the phone could not register.
    """
    async with house_at_work(house()) as settings:
        return await _measured(settings)


@asynccontextmanager
async def house_at_work(
    plan: House, *, before: Callable[[Path], None] = lambda home: None, **chosen: Any
) -> AsyncIterator[Settings]:
    """This house in a home of its own, its prompts short, other settings as chosen; gone afterwards.

    `before` prepares the home for the start.

    Raises PbxUnavailable."""
    home = Path(tempfile.mkdtemp(prefix="thirdring-bench-"))
    try:
        settings = Settings(home=home, port_base=free_base(), **chosen)
        (home / "house.yaml").write_text(to_yaml(plan), encoding="utf-8")
        borrow(home, read_settings().home)
        shorten_prompts(home / "sounds")
        before(home)
        async with running(settings):
            yield settings
    finally:
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def phone_at_work(settings: Settings, talk_ms: int) -> AsyncIterator[tuple[Sipp, Instance]]:
    """The one agent, signed in at a SIPp phone that answers each call and hangs up after `talk_ms`."""
    sipp, instance = sipp_of(settings), Instance(settings)
    credentials, port = load_credentials(settings.home / "secrets" / "seats.key"), settings.port_base + PHONE_PORT
    await sipp.register(credentials.sip_name(SEAT), credentials.secret(SEAT), port)
    phone = await sipp.phone(port, talk_ms, settings.port_base + PHONE_MEDIA)
    try:
        await until(lambda: bool(entry_of(instance, f"seat/{SEAT}").get("reachable")))
        await asyncio.to_thread(instance.post, f"/agents/{AGENT}/sign-in", {"seat": SEAT})
        yield sipp, instance
    finally:
        await ended(phone)


async def _measured(settings: Settings) -> dict[str, object]:
    sipp = sipp_of(settings)
    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    phone_port = settings.port_base + PHONE_PORT
    await sipp.register(credentials.sip_name(SEAT), credentials.secret(SEAT), phone_port)
    await _add_native(settings, credentials.sip_name(SEAT))
    phone = await sipp.phone(phone_port, TALK_MS, settings.port_base + PHONE_MEDIA)
    try:
        instance = Instance(settings)
        await until(lambda: bool(entry_of(instance, f"seat/{SEAT}").get("reachable")))
        await asyncio.to_thread(instance.post, f"/agents/{AGENT}/sign-in", {"seat": SEAT})
        ours = await _hand_overs(sipp, settings, OURS, HAND_OVERS)
        await until(lambda: entry_of(instance, f"agent/{AGENT}").get("state") == "idle")
        await asyncio.to_thread(instance.post, f"/agents/{AGENT}/sign-out", {})
        native = await _hand_overs(sipp, settings, NATIVE, APP_QUEUE_HAND_OVERS)
    finally:
        await ended(phone)
    return {
        "ours_ms": {"p50": percentile(ours, 50), "p99": percentile(ours, 99), "count": len(ours)},
        "app_queue_ms": {"p50": percentile(native, 50), "count": len(native)},
        "ratio_p50": round(median(native) / median(ours), 1),
    }


async def _hand_overs(sipp: Sipp, settings: Settings, hotline: str, count: int) -> list[float]:
    """Let callers queue up at this hotline until so many hand-overs were logged; the milliseconds of each."""
    log = sipp.directory / "phone.log"
    before = len(read_log(log)) if log.exists() else 0
    wanted = WARM_UP + count
    callers = await sipp.callers(
        hotline, wanted + WAITING, WAITING, settings.port_base + CALLER_PORT, settings.port_base + CALLER_MEDIA
    )
    try:
        async with asyncio.timeout(60 + 3 * wanted):
            while len(found := hand_overs_ms(read_log(log)[before:]) if log.exists() else []) < wanted:
                if callers.returncode is not None:
                    raise PbxUnavailable(f"the callers ended early: SIPp said {callers.returncode}")
                await asyncio.sleep(0.5)
    finally:
        await ended(callers)
    return found[WARM_UP:wanted]


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """The product as its users start it, in a process of its own."""
    environment = {
        **os.environ,
        "THIRDRING_HOME": str(settings.home),
        "THIRDRING_PORT_BASE": str(settings.port_base),
        "THIRDRING_DATABASE_URL": settings.database_url,
        "THIRDRING_REDIS_URL": settings.redis_url,
        "THIRDRING_API_WORKERS": str(settings.api_workers),
        "THIRDRING_LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "app.cli", "up", env=environment, stderr=None)
    try:
        await until((settings.home / "secrets" / "cli.token").exists)
        await until(Instance(settings).is_running)
        yield
    finally:
        await ended(process)


def shorten_prompts(sounds: Path) -> None:
    """Callers are to wait for the agent, not for an announcement: own recordings win over synthetic ones."""
    for utterance in load_prompts():
        own = sounds / utterance.language / "own" / f"{utterance.name}.wav"
        own.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(own), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\x00\x08\x00\xf8" * 400)


def lend_prompts(home: Path) -> None:
    """Callers are to hear what they hear in any house: made once, in the home that lends."""
    lender = read_settings()
    make_all_sounds(lender)
    shutil.copytree(lender.home / "sounds", home / "sounds", dirs_exist_ok=True)


async def _add_native(settings: Settings, phone: str) -> None:
    """The hotline of app_queue, beside ours in the same Asterisk."""
    layout = pbx_layout(settings)
    append(layout.etc / "extensions.conf", NATIVE_DIALPLAN.format(number=NATIVE))
    append(layout.etc / "queues.conf", NATIVE_QUEUE + member(phone))
    await PbxControl(layout.control_socket).reload(["extensions.conf", "queues.conf"])


def member(phone: str) -> str:
    """A line of app_queue's queue; `phone` is a SIP name."""
    return f"member => PJSIP/{phone}\n"


def append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text)


def sipp_of(settings: Settings) -> Sipp:
    tools = read_settings().home / "tools"
    program = find_program("sipp", tools)
    if program is None:
        raise ConfigurationWrong(["SIPp is missing; ./thirdring bench fetches it, or: apt-get install sip-tester"])
    environment = {**os.environ, **tool_environment(program, tools)}
    return Sipp(str(program), environment, settings.home, f"127.0.0.1:{settings.ports.sip}")


def entry_of(instance: Instance, key: str) -> dict[str, object]:
    """One entry of the live board; empty when it is not there."""
    found: dict[str, object] = instance.get("/live")["snapshot"].get(key, {})
    return found


async def until(ready: Callable[[], bool], *, every_s: float = 0.2) -> None:
    """Ask again until it is so. Raises PbxUnavailable after READY_S."""
    try:
        async with asyncio.timeout(READY_S):
            while not await asyncio.to_thread(ready):  # noqa: ASYNC110 - another process
                await asyncio.sleep(every_s)
    except TimeoutError as error:
        raise PbxUnavailable(f"the product was not ready within {READY_S:.0f} s") from error


def free_base() -> int:
    """Ports nobody listens on."""
    for base in range(50_000, 62_000, 2_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", base)) != 0:
                return base
    raise PbxUnavailable("no free block of ports between 50000 and 62000")


def percentile(values: list[float], percent: int) -> float:
    """Percentile by nearest rank, to two digits."""
    ordered = sorted(values)
    return round(ordered[math.ceil(percent / 100 * len(ordered)) - 1], 2)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run())))
