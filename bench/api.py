"""The whole floor asked for 50 times a second beside 90 real calls, and what that does to the dispatch figure.

One run, one PBX: SIPp keeps 90 callers on the line, of whom one talks and all others wait for the one agent, whose
phone hangs up after 150 ms (bench.dispatch). Turns of hand-overs with and without requests follow one another, so
that what else the machine does meets both. Requests go out on a clock of their own, however slow the answers are, and
a request's time counts from the moment it was due. Whoever asks is a process of its own; its share of a core is told.

Then all of it again with API processes beside the engine, over a Redis of this benchmark's own.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.instance import Instance
from app.settings import Settings, read_settings
from bench import dispatch
from bench.dispatch import percentile, until
from bench.processes import cpu_s, ended
from bench.sipp import Sipp, hand_overs_ms, read_log
from core.errors import ConfigurationWrong, PbxUnavailable
from cti.pbx.packages import find_program, tool_environment

CALLS = 90
RATE_PER_S = 50
TURNS, HAND_OVERS_A_TURN = 3, 100
WORKERS = 2
MOST_CALLERS = 100_000
"""SIPp is ended long before."""


async def run() -> dict[str, object]:
    """Milliseconds, with one process and with API processes.

    Raises:
        PbxUnavailable: the product did not come up, or calls did not flow.
        SippFailed: the phone could not register.
        ConfigurationWrong: a program is missing.
    """
    found: dict[str, object] = {"calls": CALLS, "requests_per_s": RATE_PER_S}
    async with dispatch.house_at_work(dispatch.house()) as settings:
        found["one_process"] = await _measured(settings)
    async with (
        _redis() as url,
        dispatch.house_at_work(dispatch.house(), redis_url=url, api_workers=WORKERS) as settings,
    ):
        found[f"{WORKERS}_api_processes"] = await _measured(settings)
    return {**found, "load_average": round(os.getloadavg()[0], 1)}


@dataclass(slots=True)
class _Found:
    """Milliseconds of hand-overs without and with requests, and of the requests."""

    quiet: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    wrong: int = 0
    bytes: int = 0
    asker_cpu: list[float] = field(default_factory=list)
    engine_cpu: list[float] = field(default_factory=list)


async def _measured(settings: Settings) -> dict[str, object]:
    found = _Found()
    async with dispatch.phone_at_work(settings, dispatch.TALK_MS) as (sipp, instance):
        ports = settings.port_base + dispatch.CALLER_PORT, settings.port_base + dispatch.CALLER_MEDIA
        callers = await sipp.callers(dispatch.OURS, MOST_CALLERS, CALLS, *ports)
        try:
            await until(lambda: _calls(instance) >= CALLS - 2)
            for _ in range(TURNS):
                found.quiet += await _hand_overs(sipp, callers)
                async with _asked_for(settings, instance, found):
                    found.asked += await _hand_overs(sipp, callers)
        finally:
            await ended(callers)
    return _figures(found)


def _figures(found: _Found) -> dict[str, object]:
    return {
        "live_ms": {
            "p50": percentile(found.answers, 50),
            "p99": percentile(found.answers, 99),
            "most": round(max(found.answers), 2),
            "count": len(found.answers),
            "not_answered": found.wrong,
            "bytes": found.bytes,
        },
        "dispatch_ms": {
            "p50": percentile(found.quiet, 50),
            "p99": percentile(found.quiet, 99),
            "count": len(found.quiet),
        },
        "dispatch_while_asked_ms": {
            "p50": percentile(found.asked, 50),
            "p99": percentile(found.asked, 99),
            "count": len(found.asked),
        },
        "asker_cpu_share_of_core": round(sum(found.asker_cpu) / len(found.asker_cpu), 3),
        "engine_cpu_share_of_core": round(sum(found.engine_cpu) / len(found.engine_cpu), 3),
    }


def _calls(instance: Instance) -> int:
    return sum(key.startswith("call/") for key in instance.get("/live")["snapshot"])


async def _hand_overs(sipp: Sipp, callers: asyncio.subprocess.Process) -> list[float]:
    """So many of them from now on. Raises PbxUnavailable."""
    log = sipp.directory / "phone.log"
    before = len(read_log(log))
    try:
        async with asyncio.timeout(60 + HAND_OVERS_A_TURN):
            while len(found := hand_overs_ms(read_log(log)[before:])) < HAND_OVERS_A_TURN:
                if callers.returncode is not None:
                    raise PbxUnavailable(f"the callers ended early: SIPp said {callers.returncode}")
                await asyncio.sleep(0.5)
    except TimeoutError as error:
        raise PbxUnavailable(f"no {HAND_OVERS_A_TURN} hand-overs came") from error
    return found[:HAND_OVERS_A_TURN]


@asynccontextmanager
async def _asked_for(settings: Settings, instance: Instance, found: _Found) -> AsyncIterator[None]:
    """The floor is asked for while the block runs."""
    file, engine = settings.home / "asked.json", int((settings.home / "run/engine.pid").read_text())
    loop = asyncio.get_running_loop()
    asker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.asker", instance.url, str(RATE_PER_S), str(file), stdin=asyncio.subprocess.PIPE
    )
    try:
        assert asker.stdin is not None
        asker.stdin.write((settings.home / "secrets/cli.token").read_bytes().strip() + b"\n")
        await asker.stdin.drain()
        cpu_before_s, began_s = cpu_s(engine), loop.time()
        yield
        try:
            found.engine_cpu.append((cpu_s(engine) - cpu_before_s) / (loop.time() - began_s))
        except FileNotFoundError as error:
            raise PbxUnavailable("the engine was started anew meanwhile: this machine has too much to do") from error
        asker.stdin.close()
        await asker.wait()
    finally:
        await ended(asker)
    said: dict[str, Any] = json.loads(await asyncio.to_thread(file.read_text))
    found.answers += said["ms"]
    found.wrong += said["not_answered"]
    found.bytes = said["bytes"]
    found.asker_cpu.append(said["cpu_share_of_core"])


@asynccontextmanager
async def _redis() -> AsyncIterator[str]:
    """A Redis of our own that writes nothing to disk; its URL. Raises ConfigurationWrong: there is none."""
    tools = read_settings().home / "tools"
    program = find_program("redis-server", tools)
    if program is None:
        raise ConfigurationWrong(["Redis is missing; ./thirdring test fetches it, or: apt-get install redis-server"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        program, "--port", str(port), "--bind", "127.0.0.1", "--dir", "/", "--save", "", "--appendonly", "no",
        env={**os.environ, **tool_environment(Path(program), tools)}, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await until(lambda: _listens(port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        await ended(process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
