"""Keeps the engine's process alive from outside.

A hung engine closes no socket, so the dialplan would wait for it for ever. The engine's loop beats into
a pipe; no beat for `beat_deadline_s` and its process is killed, its sockets close, and the dialplan
takes the callers over until the next one, started at once, has taken them back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.clock import boot_s

log = logging.getLogger(__name__)

BEAT_EVERY_S = 0.5
FIRST_BEAT_DEADLINE_S = 30.0
STOP_DEADLINE_S = 5.0
LAST_WORDS_S = 0.2
HEIR = "THIRDRING_HEIR"
"""In the environment of a process that is to take another one's place: it prepares itself before it ends that one."""
UP = "THIRDRING_UP"
"""In the environment of all processes of one `up`: which one it is (core.inputs.HouseOpened)."""
DRAINED = 40
"""Exit status of an engine whose house is to stop, and has nothing left to serve."""
RESTARTS, RESTART_SPAN_S = 10, 60.0
"""So many deaths in such a span, and restarting is no help any more."""


class GivenUp(Exception):
    """A process dies again and again; its own log says why."""


class Drained(Exception):
    """The engine has ended for good: somebody has asked the house to stop."""


async def beat(fd: int) -> None:
    """Runs inside the engine: one byte into the watchdog's pipe every half second, as long as the loop turns."""
    with contextlib.suppress(OSError):
        os.set_blocking(
            fd, False
        )  # a watchdog that is stopped reads nothing; its pipe must not stop us when it is full
    while True:
        with contextlib.suppress(OSError):  # the watchdog is gone; calls go on without it
            os.write(fd, b".")
        await asyncio.sleep(BEAT_EVERY_S)


@dataclass(slots=True)
class _Life:
    """A process, and the end of the pipe into which it beats."""

    process: asyncio.subprocess.Process
    beats: int


class Watchdog:
    """Runs `command`, which finds the beat pipe in THIRDRING_BEAT_FD, and restarts it when it dies or hangs."""

    def __init__(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        *,
        beat_deadline_s: float,
        on_first_beat: Callable[[], None] = lambda: None,
        name: str = "the engine",
        first_beat_s: float = FIRST_BEAT_DEADLINE_S,
    ) -> None:
        self._name, self._first_beat_s = name, first_beat_s
        self._command = command
        self._environment = environment
        self._beat_deadline_s = beat_deadline_s
        self._on_first_beat = on_first_beat
        self._deaths_boot_s: list[float] = []
        self._begun = asyncio.Event()
        self._heir: _Life | None = None
        self._is_renewed = False
        self.pid: int | None = None
        self.kills = 0

    async def run(self) -> None:
        """For ever; cancelling stops the process gracefully.

        Raises:
            GivenUp: the restart budget is used up.
            Drained: it is not to be started again.
        """
        try:
            await self._live()
        finally:
            if self._heir is not None:
                await asyncio.shield(_stop(self._heir.process))

    async def _live(self) -> None:
        while True:
            why = await self._live_once()
            if self._is_renewed:
                self._is_renewed = False
                continue
            log.error("%s ended: %s; starting it again", self._name, why)
            self._deaths_boot_s = [at for at in self._deaths_boot_s if at > boot_s() - RESTART_SPAN_S] + [boot_s()]
            if len(self._deaths_boot_s) > RESTARTS:
                raise GivenUp(f"{self._name} died {RESTARTS} times within {RESTART_SPAN_S:.0f} s, last: {why}")
            await asyncio.sleep(0 if len(self._deaths_boot_s) == 1 else min(0.1 * 2 ** len(self._deaths_boot_s), 3.0))

    async def renew(self) -> bool:
        """Let a process of the program as it is now take the place, and return when it beats.

        It is started beside the running one, and ends that one itself when it is ready (app.alone). False: it came
        to nothing, and the running one goes on.
        """
        if self.pid is None:
            await self._begun.wait()  # a new one is being started anyway
            return True
        self._begun.clear()
        self._heir = heir = await self._born({**self._environment, HEIR: "1"})
        self._is_renewed = True
        waits = [asyncio.ensure_future(self._begun.wait()), asyncio.ensure_future(heir.process.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self._heir is heir:
            self._heir, self._is_renewed = None, False
            os.close(heir.beats)
            log.error("%s was not renewed: exit status %s", self._name, heir.process.returncode)
            return False
        await self._begun.wait()
        return True

    async def _born(self, environment: dict[str, str]) -> _Life:
        beats, beat_fd = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, env={**environment, "THIRDRING_BEAT_FD": str(beat_fd)}, pass_fds=(beat_fd,)
            )
        finally:
            os.close(beat_fd)
        return _Life(process, beats)

    async def _live_once(self) -> str:
        """One life of the process; why it ended."""
        life, self._heir = self._heir or await self._born(self._environment), None
        self.pid = life.process.pid
        watching = asyncio.create_task(self._watch(life.beats, life.process.pid), name="engine-beats")
        try:
            if (status := await life.process.wait()) == DRAINED:
                raise Drained
            return f"exit status {status}"
        finally:
            watching.cancel()
            os.close(life.beats)
            self.pid = None
            await asyncio.shield(_stop(life.process))

    async def _watch(self, beats: int, pid: int) -> None:
        """Kill the process when its beats stop."""
        heard = asyncio.Event()
        loop = asyncio.get_running_loop()
        os.set_blocking(beats, False)

        def listen() -> None:
            with contextlib.suppress(BlockingIOError):
                if not os.read(beats, 4096):
                    loop.remove_reader(beats)
            heard.set()

        loop.add_reader(beats, listen)
        deadline_s, has_beaten = self._first_beat_s, False
        try:
            while await _within(heard, deadline_s):
                heard.clear()
                if not has_beaten:
                    self._begun.set()
                    self._on_first_beat()
                deadline_s, has_beaten = self._beat_deadline_s, True
            log.error("the loop of %s has not beaten for %s s: killing it", self._name, deadline_s)
            self.kills += 1
            await _kill(pid)
        finally:
            loop.remove_reader(beats)


async def _within(heard: asyncio.Event, deadline_s: float) -> bool:
    """Whether a beat came in time. One that waits in the pipe counts: then it was we who slept."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(deadline_s):
            await heard.wait()
    return heard.is_set()


async def _kill(pid: int) -> None:
    """SIGABRT first: the engine's faulthandler says where each thread hangs. A stopped process cannot say it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGABRT)
        await asyncio.sleep(LAST_WORDS_S)
        os.kill(pid, signal.SIGKILL)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, then SIGKILL after a while; nothing if it is dead."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_DEADLINE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
