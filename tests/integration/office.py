"""A small call centre to test in: its house, and how tests begin, look at and end calls there."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from app.settings import Settings
from core.house import House
from cti.carrier.caller import CallerCall
from tests.integration.audited import CROWDED, audited
from tests.integration.centre import BRIEF, CHECKOUT, PATIENCE_S, Around, Centre, Tones, centre
from tests.integration.short_flows import SHORT

RINGS = {"on_s": 0.3, "off_s": 0.7, "rings": 3}
"""A cadence that tests have the patience for: 3 s of ringing."""
BUDGET_S = 3.0

SKILLS = ("presales", "after-sales", "complaints")
_numbers = itertools.count(1001)
"""Records show the last four digits; people with a number of their own have smaller ones, or much larger ones."""


def office(people: int = 2, *, wrap_up_s: float = 0.5, **changes: Any) -> House:
    """Seats and agents 01 to `people`, all able to do everything; a queue each for the three services."""
    house = {
        "name": "office",
        "flows": SHORT,
        "cadence": RINGS,
        "trunks": [
            {"id": name, "name": name.upper(), "host": host, "port": 0, "lines": 90}
            for name, host in (("a", "127.0.0.2"), ("b", "127.0.0.3"))
        ],
        "hotlines": [
            {"id": name, "number": f"9500{n}", "name": {"en": name}, "flow": name, "queue": name}
            for n, name in enumerate(SKILLS, start=1)
        ],
        "skills": SKILLS,
        "queues": [{"id": name, "name": {"en": name}, "skills": {name: 1}, "wrap_up_s": wrap_up_s} for name in SKILLS],
        "seats": [{"id": f"seat-{n:02}", "name": f"工位{n:02}"} for n in range(1, people + 1)],
        "agents": [
            {
                "id": f"agent-{n:02}",
                "name": f"坐席{n:02}",
                "skills": dict.fromkeys(SKILLS, 5),
                "languages": ["zh-CN", "en"],
            }
            for n in range(1, people + 1)
        ],
    }
    return House.model_validate(house | changes)


def shared(
    plan: House, tones: Tones = BRIEF, around: Around | None = None, *, is_audited: bool = False
) -> tuple[Any, Any]:
    """Two fixtures, `building, house = shared(office(2))`: one running house for a module of tests, cleared after each.
    The module says `pytestmark = pytest.mark.asyncio(loop_scope="module")`."""

    @pytest_asyncio.fixture(scope="module", loop_scope="module")
    async def building() -> AsyncIterator[Centre]:
        async with opened(plan, tones, around, is_audited=is_audited) as running:
            yield running

    @pytest_asyncio.fixture(loop_scope="module")
    async def house(building: Centre) -> AsyncIterator[Centre]:
        yield building
        await clear(building)

    return building, house


@asynccontextmanager
async def loopback_is_public(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    """`around` of a house that may ask and tell other systems on this machine."""
    yield {"THIRDRING_WEBHOOK_NETWORKS": "127.0.0.0/8 ::1/128"}


@asynccontextmanager
async def opened(
    house: House, tones: Tones = BRIEF, around: Around | None = None, *, is_audited: bool = False
) -> AsyncIterator[Centre]:
    """This house, running; no phone is registered and nobody signed in. With `is_audited` it ends under the auditor."""
    async with centre(house, tones, around) as running:
        try:
            async with audited(running) if is_audited else contextlib.nullcontext():
                yield running
        finally:
            # pytest shows it when a test failed
            print("\n".join([*running.said, *_complaints(running.settings.home)]))


def _complaints(home: Path) -> list[str]:
    """What the PBX and the carrier's Asterisk warned of."""
    logs = (home / part / "log/messages.log" for part in ("pbx", "carrier"))
    lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
    return [line for line in lines if "WARNING" in line or "ERROR" in line]


@asynccontextmanager
async def changed(running: Centre, **parts: Any) -> AsyncIterator[None]:
    """The running house with these parts of its document changed, while the block runs."""
    before = (await running.api.get("/house")).json()
    await _put(running, before | parts)
    try:
        yield
    finally:
        await _put(running, before)


async def _put(running: Centre, document: dict[str, Any]) -> None:
    tag = (await running.api.get("/house")).headers["ETag"]
    answer = await running.api.put("/house", json=document, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text


async def both_trunks(running: Centre) -> None:
    """The PBX has seen its carriers. A busy machine may be late for its first question, and the next is 20 s away."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                await running.seen(_reach_everybody)
                return
            await asyncio.sleep(0.2)


def _reach_everybody(board: Mapping[str, Any]) -> bool:
    trunks = board.get("lines", {}).get("by_trunk", {})
    return bool(trunks) and all(trunk["reachable"] for trunk in trunks.values())


async def dial(running: Centre, hotline: str = "95001", **how: Any) -> CallerCall:
    """A caller nobody has seen before, connected to the menu."""
    call = await running.carrier.dial(hotline, **{"caller": f"138{next(_numbers):08}"} | how)
    await call.answered()
    return call


async def ask(running: Centre, key: str = "1", **how: Any) -> CallerCall:
    """A caller who has chosen a service as soon as the call was answered; the prompts before the queue may play."""
    call = await dial(running, **how)
    await call.press(key)
    return call


async def wait(running: Centre, key: str = "1", **how: Any) -> CallerCall:
    """A caller who waits in the queue."""
    call = await ask(running, key, **how)
    await shown(running, call, "waiting", "reserved", "ringing", "talking")
    return call


async def shown(running: Centre, call: CallerCall, *states: str, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
    """The call's entry on the floor, as soon as it is in one of these states (any when none is named).

    Raises AssertionError that tells what it was last, and what the caller noticed.
    """
    entry: dict[str, Any] | None = None

    def found(board: Mapping[str, Any]) -> dict[str, Any] | None:
        nonlocal entry
        entry = next((dict(board[key]) for key in board if _is_of(key, board[key], call)), None)
        return entry if entry is not None and (not states or entry["state"] in states) else None

    try:
        async with asyncio.timeout(timeout_s):
            return await running.seen(found)
    except TimeoutError as error:
        raise AssertionError(f"after {timeout_s:g} s {call.timeline.owner} ({call.timeline}) is {entry}") from error


def _is_of(key: str, entry: dict[str, Any], call: CallerCall) -> bool:
    return key.startswith("call/") and entry["caller"][-4:] == call.plan.caller[-4:]


async def record_of(running: Centre, call: CallerCall, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
    """What GET /calls says of this call once it has ended and was stored."""
    async with asyncio.timeout(timeout_s):
        while True:
            for row in (await running.get("/calls"))["calls"]:
                if row["caller"][-4:] == call.plan.caller[-4:] and row["how"]:
                    return dict(row)
            await asyncio.sleep(0.1)


async def story_of(running: Centre, call: CallerCall) -> list[dict[str, Any]]:
    """Everything that happened to this call, which has ended."""
    row = await record_of(running, call)
    return list(await running.get(f"/calls/{row['call']}"))


def happened(story: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """The fields of each such event of a story, in order."""
    return [moment["fields"] for moment in story if moment["event"] == event]


async def idle(running: Centre, seat: str = "seat-01", timeout_s: float = PATIENCE_S) -> Any:
    """Wait until nobody calls this seat and its agent has nothing to do."""
    return await running.until(
        f"seat/{seat}", lambda entry: entry.get("state") == "idle" and not entry.get("call"), timeout_s
    )


async def off_the_floor(running: Centre, key: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait until the board has no entry whose key begins like this."""
    async with asyncio.timeout(timeout_s):
        await running.seen(lambda board: not any(each.startswith(key) for each in board))


def crowded() -> bool:
    return os.getloadavg()[0] > CROWDED * (os.cpu_count() or 1)


async def clear(running: Centre) -> None:
    """After a test: all calls end, everybody signs out; phones stay registered and answer again."""
    await running.carrier.hang_up_all()
    for kind in ("call/", "outbound/"):
        await off_the_floor(running, kind)
    for agent in await running.get("/agents"):
        if agent["status"] != "signed_out":
            await _sign_out(running, agent["id"])
            await running.until(f"agent/{agent['id']}", lambda entry: entry["status"] == "signed_out")
    for seat in running.house.seats:
        phone = await running.carrier.phone(seat.id)
        await phone.will_answer()
        phone.timeline.forget()


async def _sign_out(running: Centre, agent: str) -> None:
    """As soon as the last call is over; the board may be a moment behind."""
    async with asyncio.timeout(PATIENCE_S):
        while (answer := await running.api.post(f"/agents/{agent}/sign-out?override=true")).status_code == 409:  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.1)
    assert answer.status_code == 200, answer.text


async def thirdring(running: Centre, *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and complaints of one command against this instance, which its home alone leads to."""
    environment = {**os.environ, "THIRDRING_HOME": str(running.settings.home)}
    environment.pop("THIRDRING_PORT_BASE", None)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", *arguments, env=environment, stdout=pipe, stderr=pipe, cwd=CHECKOUT
    )
    async with asyncio.timeout(PATIENCE_S):
        output, complaints = await process.communicate()
    return process.returncode or 0, output.decode(), complaints.decode()
