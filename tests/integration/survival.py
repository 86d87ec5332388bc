"""What the survival tests share: a house of four people, short prompts, callers in line, and killed processes."""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import signal
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from app.pbx_files import pbx_layout
from core.errors import PbxUnavailable
from core.house import House
from cti.carrier.caller import CallerCall
from cti.carrier.phone import Phone
from cti.carrier.timeline import boot_s
from cti.pbx.process import PbxProcess
from ivr.sound import write_wav
from tests.integration.audio import dominant_hz, silences
from tests.integration.audited import agree, audited, channels
from tests.integration.centre import PATIENCE_S, Centre, centre
from tests.integration.short_flows import SHORT

QUEUES = ("presales", "complaints")
SEATS = ("seat-01", "seat-02", "seat-03", "seat-04")
ONE_RING = {"on_s": 1.0, "off_s": 4.0, "rings": 1}
"""Dial rings 5 s longer, for the case that the engine dies; the callers here are those for whom it did."""
PROMPT_SAMPLES = 4000
"""Half a second: these tests are about what comes after the greeting."""
JOURNAL_LINES = 200
BACK_S = 40.0
"""Patience for an engine to be back; a crowded machine needs most of it to import the program."""


def house_of_four() -> House:
    """Four seats and agents, two queues without wrap-up; 95003 leads straight to people, 95009 before all others."""
    skills = dict.fromkeys(QUEUES, 5)
    straight = {"flow": "complaints", "queue": "complaints"}
    return House.model_validate(
        {
            "name": "survival",
            "flows": SHORT,
            "cadence": ONE_RING,
            "trunks": [
                {"id": "a", "name": "A", "host": "127.0.0.2", "port": 0, "lines": 90},
                {"id": "b", "name": "B", "host": "127.0.0.3", "port": 0, "lines": 90},
            ],
            "hotlines": [
                {"id": "presales", "number": "95001", "name": {"en": "P"}, "flow": "presales", "queue": "presales"},
                {"id": "complaints", "number": "95003", "name": {"en": "C"}, **straight},
                {"id": "important", "number": "95009", "name": {"en": "V"}, **straight, "priority": 5},
            ],
            "skills": list(skills),
            "queues": [{"id": name, "name": {"en": name}, "skills": {name: 1}, "wrap_up_s": 0} for name in QUEUES]
            + [{"id": "after-sales", "name": {"en": "after-sales"}, "skills": {"presales": 1}, "wrap_up_s": 0}],
            "seats": [{"id": seat, "name": seat} for seat in SEATS],
            "agents": [
                {"id": agent_of(seat), "name": agent_of(seat), "skills": skills, "languages": ["zh-CN", "en"]}
                for seat in SEATS
            ],
        }
    )


def agent_of(seat: str) -> str:
    return seat.replace("seat", "agent")


@asynccontextmanager
async def survivors(**how: Any) -> AsyncIterator[Centre]:
    """A running house of four with short prompts, under the auditor. Nobody is signed in."""
    async with centre(house_of_four(), **how) as running:
        shorten_prompts(running.settings.home / "sounds")
        try:
            async with audited(running):
                yield running
        finally:
            print("\n".join(running.said))
            print("\n".join(journal(running.settings.home)))  # pytest shows it when a test failed


def journal(home: Path) -> list[str]:
    """The end of the spool, for the reader of a failure."""
    lines = [line for file in sorted((home / "data/spool").glob("*")) for line in file.read_bytes().splitlines()]
    return [line.decode(errors="replace") for line in lines[-JOURNAL_LINES:] if b"ConfigurationChanged" not in line]


def shorten_prompts(sounds: Path) -> None:
    """Replace each prompt by its beginning; the lent files themselves stay whole."""
    for file in sounds.glob("*/*.wav"):
        if file.parent.name != "music":
            with wave.open(str(file)) as whole:
                samples = array.array("h", whole.readframes(PROMPT_SAMPLES))
            write_wav(short := file.with_suffix(".short"), samples)
            short.replace(file)


# --- people ------------------------------------------------------------------------------------
async def seat_taken(house: Centre, seat: str, *, answers: bool = True) -> Phone:
    """The seat's phone is registered and its agent signed in."""
    phone = await house.carrier.phone(seat)
    if answers:
        await phone.will_answer(after_s=0.3)
    else:
        await phone.will_ignore()
    if not phone.registered:
        await phone.register()
    await house.until(f"seat/{seat}", lambda entry: bool(entry["reachable"]))
    if not (await house.get("/live"))["snapshot"][f"seat/{seat}"].get("agent"):
        answer = await house.api.post(f"/agents/{agent_of(seat)}/sign-in", json={"seat": seat})
        assert answer.status_code == 200, answer.text
        await _mirrored(house, seat, on_duty=True)
    return phone


async def sign_out(house: Centre, seat: str) -> None:
    answer = await house.api.post(f"/agents/{agent_of(seat)}/sign-out")
    assert answer.status_code in (200, 204, 409), answer.text  # 409: nobody was signed in
    await house.until(f"seat/{seat}", lambda entry: not entry.get("agent"))  # seat_taken looks there, and a tenth later
    await _mirrored(house, seat, on_duty=False)


async def _mirrored(house: Centre, seat: str, *, on_duty: bool) -> None:
    """The PBX's own queues know it too: an engine killed a moment after its answer takes the news along."""
    pbx = PbxProcess(pbx_layout(house.settings))

    async def known() -> bool:
        return (f"{seat} (" in await pbx.order("queue show")) is on_duty

    await until(known, f"the PBX's queues are not told that {seat} is {'on' if on_duty else 'off'} duty")


async def in_line(house: Centre, caller_number: str, hotline: str = "95003") -> CallerCall:
    """A caller who waits; returns when the floor shows it."""
    known = set(await calls_of(house))
    caller = await house.carrier.dial(hotline, caller_number)
    await caller.answered()
    await until(lambda: _waits(house, known), f"{caller_number} does not wait")
    return caller


async def _waits(house: Centre, known: set[str]) -> bool:
    return any(entry["state"] == "waiting" for key, entry in (await calls_of(house)).items() if key not in known)


async def calls_of(house: Centre) -> dict[str, dict[str, Any]]:
    """The live calls on the board."""
    board = (await house.get("/live"))["snapshot"]
    return {key: entry for key, entry in board.items() if key.startswith("call/")}


async def until(true: Callable[[], Awaitable[bool]], otherwise: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait for what another process shows; while its API is away the answer is no."""
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                with contextlib.suppress(httpx.HTTPError, LookupError, PbxUnavailable):
                    if await true():
                        return
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise AssertionError(otherwise) from error


async def floor_empty(house: Centre, timeout_s: float = PATIENCE_S) -> None:
    """No call lives, as the board tells it, and no channel of the PBX."""

    async def empty() -> bool:
        return not await calls_of(house) and not await channels(house)

    await until(empty, "calls stay on the board", timeout_s)


async def records(house: Centre) -> list[dict[str, Any]]:
    """Every call's record, once the last word of each has reached the database. Ask when no call lives."""
    rows: list[dict[str, Any]] = []

    async def final() -> bool:
        rows[:] = (await house.get("/calls?limit=100"))["calls"]
        return all(row["how"] for row in rows)

    await until(final, "calls stay without a last word in the database")
    return rows


async def health(house: Centre) -> dict[str, dict[str, Any]]:
    """What each part says; 503 is an answer too."""
    return dict((await house.api.get("/health")).json()["parts"])


# --- processes ---------------------------------------------------------------------------------
async def kill_engine(house: Centre) -> int:
    """kill -9; the pid it had."""
    pid = house.engine_pid()
    os.kill(pid, signal.SIGKILL)
    return pid


async def engine_back(house: Centre, dead: int, timeout_s: float = BACK_S) -> float:
    """Another engine runs, sees the PBX and serves the API: since when. Then it soon believes what the PBX says."""

    async def back() -> bool:
        if house.engine_pid() == dead:
            return False
        return bool((await health(house))["pbx"]["ok"])

    await until(back, "no engine came back", timeout_s)
    since_boot_s = boot_s()
    await agree(house)
    return since_boot_s


@asynccontextmanager
async def nobody_restarts(house: Centre) -> AsyncIterator[None]:
    """The supervisor sleeps while the block runs, so that what is killed stays dead."""
    os.kill(house.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(house.process.pid, signal.SIGCONT)


# --- ears --------------------------------------------------------------------------------------
async def hears(caller: CallerCall, hz: float) -> bool:
    """Does the caller hear this pitch now, as the file that is still being written tells?"""
    assert caller.plan.heard is not None
    return dominant_hz(caller.plan.heard, -0.6) == hz


def gaps(heard: Path, longer_than_s: float = 0.5) -> list[tuple[float, float]]:
    """Silences that a person would notice."""
    return silences(heard, at_least_s=longer_than_s)
