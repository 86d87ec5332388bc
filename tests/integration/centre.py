"""The whole product as its users run it: `./thirdring up` in a process of its own, and the carrier beside it.

Tests act at the telephones (callers, phones), at the API, and by killing processes; what they check is
what telephones, recordings and the API show.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import httpx

from app.borrowed import borrow
from app.carrier_plan import carrier_plan
from app.current_house import last_known_house
from app.settings import Settings, read_settings
from app.sounds import make_all_sounds
from core.house import House
from core.house_text import to_yaml
from cti.carrier.carrier import Carrier
from cti.credentials import load_credentials
from cti.pbx.installation import find_installation
from tests.integration import audio
from tests.integration.live_follower import Follower
from tests.integration.ports import own_ports
from tests.integration.tables import lend_tables

CHECKOUT = Path(__file__).resolve().parents[2]
READY_S = 100.0
PATIENCE_S = 30.0
"""For what has no promised bound: only a crowded machine needs it, and a failure takes that long."""
TOKEN_TRIES, TOKEN_TRY_EVERY_S = 50, 0.1
TONE_S = 0.3

Found = TypeVar("Found")

Tones = Mapping[tuple[str, str], float]
"""Pitches in Hz by (language, prompt): own recordings that tests can hear apart, and that do not last."""

BRIEF: Tones = {("zh-CN", "recording-notice"): 900.0, ("zh-CN", "please-hold"): 1000.0, ("zh-CN", "goodbye"): 2900.0}
"""The prompts nobody can cut short, cut short: a caller waits 1.5 s after the key, not 8."""


Around = Callable[[Settings], AbstractAsyncContextManager[Mapping[str, str]]]


@dataclass(slots=True)
class Centre:
    """A running house. `said` is what `up` printed so far, `floor` the live board once somebody has waited for it."""

    settings: Settings
    house: House
    process: asyncio.subprocess.Process
    carrier: Carrier
    api: httpx.AsyncClient
    floor: Follower
    said: list[str] = field(default_factory=list)
    database_url: str = ""
    """"" is SQLite in its home."""
    _reading: list[asyncio.Task[None]] = field(default_factory=list)
    _following: asyncio.Task[None] | None = None

    @property
    def recordings(self) -> Path:
        return self.settings.home / "recordings"

    async def get(self, path: str) -> Any:
        """A resource of the API as JSON."""
        answer = await self.api.get(path)
        answer.raise_for_status()
        return answer.json()

    async def sign_in(self, agent: str, seat: str) -> None:
        """The phone registers, the agent signs in, and the floor shows the seat as reachable."""
        phone = await self.carrier.phone(seat)
        if not phone.registered:
            await phone.register()
        await self.until(f"seat/{seat}", lambda entry: bool(entry["reachable"]))
        answer = await self.api.post(f"/agents/{agent}/sign-in", json={"seat": seat})
        assert answer.status_code == 200, answer.text

    async def until(self, key: str, wanted: Any, timeout_s: float = PATIENCE_S) -> Any:
        """Wait until an entry of the live board is as wanted. Raises AssertionError that tells what it was last."""
        entry: Any = None

        def is_as_wanted(board: Mapping[str, Any]) -> bool:
            nonlocal entry
            entry = board.get(key)
            return entry is not None and bool(wanted(entry))

        try:
            async with asyncio.timeout(timeout_s):
                await self.seen(is_as_wanted)
        except TimeoutError as error:
            raise AssertionError(f"after {timeout_s:g} s {key} is {entry}") from error
        return entry

    async def seen(self, look: Callable[[Mapping[str, Any]], Found | None]) -> Found:
        """What `look` finds on the live board, as soon as that is anything: now, or after a change of the board."""
        now = await self.get("/live")
        board, place = now["snapshot"], (now["epoch"], now["sequence"])
        while not (found := look(board)):
            if self._following is None:
                self._following = asyncio.create_task(self.floor.run(), name="floor")
            await self.floor.beyond(*place)
            board, place = self.floor.board, (self.floor.epoch, self.floor.sequence)
        return found

    async def up_again(self) -> list[str]:
        """Another `up` in the same home, for one that is dead; returns when it says ready: all that it says."""
        said: list[str] = []
        self.process = await _up(self.settings)
        self._reading.append(asyncio.create_task(_read(self.process, said), name="up-output"))
        await _until_said(said, r"ready: a call can be answered", self.process)
        return said

    async def look_away(self) -> None:
        """Nothing is read any more."""
        tasks = [*self._reading, *([self._following] if self._following else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def engine_pid(self) -> int:
        """The engine's process, from its parent's children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(OSError):  # it ended just now
                if b"app.main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        raise LookupError("no engine runs")

    def pbx_pid(self) -> int:
        return int((self.settings.home / "pbx/run/asterisk.pid").read_text())


class _Token(httpx.Auth):
    """The command line's token; each engine process makes a new one."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """One that was replaced just now is read again."""
        for _ in range(TOKEN_TRIES):
            request.headers["Authorization"] = f"Bearer {self._file.read_text()}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
            await asyncio.sleep(TOKEN_TRY_EVERY_S)


@asynccontextmanager
async def centre(
    house: House | None = None,
    tones: Tones | None = None,
    around: Around | None = None,
    lay_out: Callable[[Path], None] | None = None,
) -> AsyncIterator[Centre]:
    """Start everything in a home of its own, stop it afterwards. No phone is registered yet.

    `lay_out` fills the home with an instance that has worked before.

    Prompts of `tones` are replaced by their pitch; the others are spoken. `around` runs beside it all and
    gives what `up` finds in its environment.
    """
    home = Path(tempfile.mkdtemp(prefix="thirdring-"))
    try:
        with own_ports() as port_base:
            settings = Settings(home=home, port_base=port_base)
            if house is not None:
                (home / "house.yaml").write_text(to_yaml(house), encoding="utf-8")
            borrow(home, read_settings().home)
            lend_sounds(home)
            _record_tones(home / "sounds", tones or {})
            if lay_out is not None:
                await asyncio.to_thread(lay_out, home)
            elif house is not None:
                await asyncio.to_thread(lend_tables, home / "data/thirdring.sqlite3")
            async with (
                AsyncExitStack() as starting,
                _carrier(settings) as carrier,
                (around or _nothing_around)(settings) as environment,
            ):
                await starting.enter_async_context(_turn())
                process = await _up(settings, environment)
                try:
                    async with _joined(settings, process, carrier, is_new=lay_out is None) as running:
                        await starting.aclose()
                        running.database_url = environment.get("THIRDRING_DATABASE_URL", "")
                        yield running
                finally:
                    await _stop(process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """Of all houses of a test run two at most start at once: each takes a processor for seconds, which voices of
    another one's callers would miss."""
    files = [Path(tempfile.gettempdir()) / f"thirdring-starting-{os.getuid()}-{place}" for place in range(2)]
    while not (turn := next(filter(None, map(_taken, files)), None)):  # noqa: ASYNC110 - other processes
        await asyncio.sleep(0.1)
    with turn:
        yield


def _taken(file: Path) -> IO[bytes] | None:
    """Locked as long as it is open."""
    opened = file.open("wb")
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        opened.close()
        return None
    return opened


@asynccontextmanager
async def _carrier(settings: Settings) -> AsyncIterator[Carrier]:
    """It is there before the PBX, which asks its trunks when it starts; asked in vain, it asks again 20 s later."""
    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    installation = find_installation(read_settings().home, settings.pbx_mode, os.environ)
    carrier = await Carrier.start(carrier_plan(settings, last_known_house(settings), credentials, installation))
    try:
        yield carrier
    finally:
        await carrier.stop()


@asynccontextmanager
async def _joined(
    settings: Settings, process: asyncio.subprocess.Process, carrier: Carrier, *, is_new: bool
) -> AsyncIterator[Centre]:
    said: list[str] = []
    reading = asyncio.create_task(_read(process, said), name="up-output")
    try:
        await _until_said(said, r"ready: a call can be answered", process)
        token_file = settings.home / "secrets" / "cli.token"
        if is_new:
            await _until_said(said, r"first administrator", process)
        await _until_exists(token_file)
        url = f"http://127.0.0.1:{settings.ports.api}/api/v1"
        briefly = httpx.Limits(keepalive_expiry=2.0)  # the server ends a connection that has rested for five seconds
        async with httpx.AsyncClient(base_url=url, auth=_Token(token_file), timeout=10, limits=briefly) as api:
            await _until_answered(api)
            floor = Follower(url.replace("http", "ws", 1) + "/live", token_file.read_text)
            running = Centre(settings, last_known_house(settings), process, carrier, api, floor, said)
            try:
                yield running
            finally:
                await _stop(running.process)
                await running.look_away()
    finally:
        reading.cancel()


@asynccontextmanager
async def _nothing_around(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    yield {}


async def _up(settings: Settings, more: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "THIRDRING_HOME": str(settings.home),
        "THIRDRING_PORT_BASE": str(settings.port_base),
        "THIRDRING_KEEP_ORIGINALS_H": "1",
        "PYTHONPATH": str(CHECKOUT),
        **(more or {}),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "up", env=environment, stderr=asyncio.subprocess.PIPE, cwd=CHECKOUT
    )


async def _read(process: asyncio.subprocess.Process, said: list[str]) -> None:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        said.append(line.decode(errors="replace").rstrip())


async def _until_said(said: Sequence[str], pattern: str, process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(READY_S):
            while not _was_said(said, pattern) and process.returncode is None:  # noqa: ASYNC110 - polled, as above
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    if not _was_said(said, pattern):
        raise AssertionError(f"up (exit status {process.returncode}) never said {pattern!r}:\n" + "\n".join(said))


def _was_said(said: Iterable[str], pattern: str) -> bool:
    return any(re.search(pattern, line) for line in said)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        async with asyncio.timeout(20):
            await process.wait()


async def _until_answered(api: httpx.AsyncClient) -> None:
    """Calls are taken before the API listens."""
    async with asyncio.timeout(READY_S):
        while True:
            with contextlib.suppress(httpx.ConnectError):
                if (await api.get("/health/live")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.05)


async def _until_exists(file: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(file.exists):  # noqa: ASYNC110 - another process makes it; no event tells
            await asyncio.sleep(0.05)


def lend_sounds(home: Path) -> None:
    """Sounds that are made once for all tests: synthesising takes seconds, and is tested elsewhere."""
    lender = read_settings()
    with (lender.home / "run/sounds.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_all_sounds(lender)
        shutil.copytree(lender.home / "sounds", home / "sounds", symlinks=True, copy_function=_link_or_copy)


def _link_or_copy(sound: str, place: str) -> None:
    """A hard link is the quickest, and there is none from one file system to another: /tmp may be in memory."""
    try:
        os.link(sound, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(sound, place)


def _record_tones(sounds: Path, tones: Tones) -> None:
    """A person's own recordings take the place of the synthetic voice; these are pitches."""
    for (language, prompt), hz in tones.items():
        own = sounds / language / "own"
        own.mkdir(parents=True, exist_ok=True)
        audio.write_tone(own / f"{prompt}.wav", hz, TONE_S)
