"""One Asterisk as a supervised process.

It runs in a session of its own, so that neither Ctrl-C nor the death of its supervisor cuts a talk: a
supervisor that comes back adopts it by its pid file. A crash restarts it, later each time; more than
`Budget.restarts` within `Budget.window_s` stops for good, because then a person must look.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.errors import PbxUnavailable
from cti.pbx.layout import PbxLayout
from cti.pbx.processes import Adopted, Running, Started

log = logging.getLogger(__name__)

BOOT_DEADLINE_S = 30.0
STOP_DEADLINE_S = 10.0
ORDER_DEADLINE_S = 15.0
_SOCKET_POLL_S = 0.02
_DONE, _BUSY, _RELOAD_AGAIN_S = "reloaded successfully", "already in progress", 0.1
_ABSENT = "No such module"
"""Not loaded, as several are not in the simulated carrier: it reads its file when it is."""

# Which module reads a changed file anew, in this order. Every other file takes effect at the next start only.
RELOADS = {
    "pjsip.conf": "res_pjsip.so",
    "acl.conf": "acl",
    "extensions.conf": "pbx_config.so",
    "queues.conf": "app_queue.so",
    "musiconhold.conf": "res_musiconhold.so",
    "manager.conf": "manager",
    "indications.conf": "indications",
    "cdr.conf": "cdr",
    "logger.conf": "logger",
    "rtp.conf": "res_rtp_asterisk.so",
    "http.conf": "http",
}


class PbxState(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"  # for the next attempt after a crash
    GIVEN_UP = "given_up"  # the restart budget is spent


@dataclass(frozen=True, slots=True)
class Budget:
    """How often Asterisk may die. The wait before the n-th restart in the window is 2^(n-1) times `first_wait_s`."""

    restarts: int = 5
    window_s: float = 120.0
    first_wait_s: float = 0.25
    longest_wait_s: float = 10.0

    def wait_s(self, deaths: int) -> float | None:
        """Seconds before the next start after `deaths` in the window, or None: no more."""
        if deaths > self.restarts:
            return None
        return float(min(self.first_wait_s * 2 ** (deaths - 1), self.longest_wait_s))


@dataclass(frozen=True, slots=True)
class PbxStatus:
    """For doctor and the control socket. `restarts` counts since the supervisor began."""

    state: PbxState
    pid: int | None
    restarts: int
    adopted: bool
    needs_restart: tuple[str, ...]


@dataclass
class PbxProcess:
    """Starts, watches, reloads and stops one Asterisk. Every CLI order to it goes through here.

    `on_change` is told of each new state; it must not block or raise.
    """

    layout: PbxLayout
    budget: Budget = field(default_factory=Budget)
    on_change: Callable[[PbxState], None] = lambda state: None
    _state: PbxState = PbxState.STOPPED
    _running: Running | None = None
    _restarts: int = 0
    _stopping: bool = False
    _restart_asked: bool = False
    _needs_restart: set[str] = field(default_factory=set)
    _orders: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def status(self) -> PbxStatus:
        running = self._running
        return PbxStatus(
            self._state,
            running.pid if running else None,
            self._restarts,
            isinstance(running, Adopted),
            tuple(sorted(self._needs_restart)),
        )

    async def start(self) -> None:
        """Adopt the instance that still runs, or start one; returns when calls can be taken.

        Cancelling stops what was started. Raises: PbxUnavailable, with the end of Asterisk's own log.
        """
        self._stopping = False
        self._change(PbxState.STARTING)
        self._running = Adopted.find(self.layout) or await Started.spawn(self.layout)
        try:
            await self._booted(self._running)
        except BaseException:
            await asyncio.shield(self._end(self._running))
            self._running = None
            self._change(PbxState.STOPPED)
            raise
        self._needs_restart.clear()
        if isinstance(self._running, Adopted):
            await self.reload()  # the files may have changed since it read them
        self._change(PbxState.RUNNING)

    async def run_forever(self) -> None:
        """Keep it running until `stop`, which makes this return. Starts it if nobody has.

        Raises: PbxUnavailable when the first start fails or the restart budget is spent.
        """
        if self._running is None:
            await self.start()
        deaths: deque[float] = deque()
        while self._running is not None:
            await self._running.wait()
            if self._stopping:
                return
            self._running = None
            if self._restart_asked:
                self._restart_asked = False
                await self.start()
                continue
            deaths.append(time.monotonic())
            await self._start_again(deaths)

    async def stop(self) -> None:
        """End it, calls included, and wait for it: SIGTERM, then SIGKILL after 10 s. Safe to call twice."""
        self._stopping = True
        if self._running is not None:
            await asyncio.shield(self._end(self._running))
            self._running = None
        self._change(PbxState.STOPPED)

    async def restart(self) -> None:
        """Let it die on purpose; `run_forever` starts it anew. Calls are cut. (`core restart` fails under a loader.)"""
        if self._running is None:
            raise PbxUnavailable("the PBX is not running")
        self._restart_asked = True
        await self._end(self._running)

    async def reload(self, files: Iterable[str] | None = None) -> None:
        """Make a running Asterisk read changed files, without dropping calls; None means all it can reload.

        Files it reads only at start are remembered in `status.needs_restart`. Raises: PbxUnavailable.
        """
        wanted = set(RELOADS if files is None else files)
        self._needs_restart |= wanted - set(RELOADS)
        async with self._orders:
            for name in (name for name in RELOADS if name in wanted):
                await self._reload(RELOADS[name])

    async def _reload(self, module: str) -> None:
        """Asterisk says in words alone whether it did; one at a time, and somebody at its console may have begun one
        (main/loader.c, ast_module_reload)."""
        until_s, said = time.monotonic() + ORDER_DEADLINE_S, _BUSY
        while _BUSY in said and time.monotonic() < until_s:
            said = await self.order(f"module reload {module}")
            await asyncio.sleep(_RELOAD_AGAIN_S if _BUSY in said else 0)
        if _DONE not in said and _ABSENT not in said:
            raise PbxUnavailable(f"the PBX did not reload {module}: {said}")

    async def order(self, command: str) -> str:
        """One CLI command, its answer. For this process's own use, tests and doctor. Raises: PbxUnavailable."""
        client = await asyncio.create_subprocess_exec(
            *self.layout.command("-rx", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(client.communicate(), ORDER_DEADLINE_S)
        except TimeoutError as error:
            raise PbxUnavailable(f"the PBX did not answer {command!r} within {ORDER_DEADLINE_S:g} s") from error
        finally:
            if client.returncode is None:
                client.kill()
        text = said.decode(errors="replace").strip()
        if client.returncode:
            raise PbxUnavailable(f"the PBX refused {command!r}: {text}")
        return text

    async def _start_again(self, deaths: deque[float]) -> None:
        while deaths and deaths[0] < deaths[-1] - self.budget.window_s:
            deaths.popleft()
        wait_s = self.budget.wait_s(len(deaths))
        if wait_s is None:
            self._change(PbxState.GIVEN_UP)
            count = f"{len(deaths)} times within {self.budget.window_s:g} s"
            raise PbxUnavailable(f"Asterisk died {count}; it is not started again. {self._tail()}")
        self._change(PbxState.WAITING)
        log.warning("Asterisk died; starting it again in %.2f s", wait_s)
        await asyncio.sleep(wait_s)
        if self._stopping:
            return
        self._restarts += 1
        try:
            await self.start()
        except PbxUnavailable as error:
            log.error("Asterisk did not come up: %s", error)
            deaths.append(time.monotonic())
            await self._start_again(deaths)

    async def _booted(self, running: Running) -> None:
        """Wait for the control socket, then for Asterisk's own word; its death ends the wait."""
        death = asyncio.ensure_future(running.wait())
        boot = asyncio.ensure_future(self._fully_booted())
        try:
            await asyncio.wait({death, boot}, timeout=BOOT_DEADLINE_S, return_when=asyncio.FIRST_COMPLETED)
            if not boot.done():
                said = "ended while starting" if death.done() else f"was not ready within {BOOT_DEADLINE_S:g} s"
                raise PbxUnavailable(f"Asterisk {said}. {self._tail()}")
            boot.result()
        finally:
            for task in (death, boot):
                task.cancel()
            await asyncio.gather(death, boot, return_exceptions=True)

    async def _fully_booted(self) -> None:
        while True:
            if self.layout.asterisk_socket.exists():
                with contextlib.suppress(PbxUnavailable):
                    if "fully booted" in await self.order("core waitfullybooted"):
                        return
            await asyncio.sleep(_SOCKET_POLL_S)

    async def _end(self, running: Running) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(running.wait(), STOP_DEADLINE_S)
                return

    def _change(self, state: PbxState) -> None:
        if state is not self._state:
            self._state = state
            self.on_change(state)

    def _tail(self) -> str:
        lines = [line for file in (self.layout.messages, console_log(self.layout)) for line in _last_lines(file)]
        return "Its last words:\n" + "\n".join(lines)


def console_log(layout: PbxLayout) -> Path:
    """What Asterisk says before its own logger runs."""
    return layout.log / "console.log"


def _last_lines(file: Path, count: int = 8) -> list[str]:
    if not file.exists():
        return []
    return file.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
