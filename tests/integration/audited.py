"""A house under the auditor: at its end its calls end, engine and PBX must be empty, and all that is left is held
against the laws. A broken one fails the last test of the module."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.pbx_files import pbx_layout
from core.errors import PbxUnavailable
from cti.credentials import load_credentials
from cti.pbx.process import PbxProcess
from tests.integration.auditor import Auditor, Law
from tests.integration.centre import Centre
from tests.integration.evidence import gathered

SETTLES_S = 40.0
"""A resync repairs every half minute what was not told; the journal reaches the database in a moment."""
LOOK_AGAIN_S = 0.1
CROWDED = 3.0
"""Work for each processor from which on Asterisk itself is late with frames and drops some: the ledger tells so."""
MORE_DESCRIPTORS = 24
"""Browsers that have not closed their connections yet, and what an engine opens at its first call."""
WITH_A_CALLER = ("talking", "holding", "consulting")


@dataclass(frozen=True, slots=True)
class Channel:
    """One line of the PBX's own list (cli.c: name!context!…!state!…!uniqueid)."""

    name: str
    context: str
    is_up: bool
    unique: str


async def channels(house: Centre) -> list[Channel]:
    """Raises PbxUnavailable."""
    lines = (await PbxProcess(pbx_layout(house.settings)).order("core show channels concise")).splitlines()
    rows = [row for line in lines if len(row := line.split("!")) > 5]
    return [Channel(row[0], row[1], row[4] == "Up", row[-1]) for row in rows]


# --- I6 ------------------------------------------------------------------------------------------------
async def agree(house: Centre) -> None:
    """Engine and PBX have the same calls, and the same agents in them; calls may come and go meanwhile."""
    until_s, differs = time.monotonic() + SETTLES_S, "nobody was asked"
    while differs:
        assert time.monotonic() < until_s, f"I6: after {SETTLES_S:.0f} s engine and PBX differ: {differs}"
        try:
            before = await channels(house)
            board = (await house.get("/live"))["snapshot"]
            differs = _difference(house, before, board, await channels(house))
        except (httpx.HTTPError, PbxUnavailable) as error:
            differs = repr(error)
        if differs:
            await asyncio.sleep(LOOK_AGAIN_S)


def _difference(house: Centre, before: list[Channel], board: dict[str, Any], after: list[Channel]) -> str:
    """What they say differently, or ""."""
    calls = {key.partition("/")[2] for key in board if key.startswith(("call/", "outbound/"))}
    busy = {board[key]["id"]: board[key] for key in board if key.startswith("seat/") and board[key].get("call")}
    spoken_to = {seat for seat, entry in busy.items() if entry.get("state") in WITH_A_CALLER}
    there = [{channel.unique for channel in seen} for seen in (before, after)]
    callers = [{channel.unique for channel in seen if channel.context == "hotline"} for seen in (before, after)]
    legs = [_seats_up(house, seen) for seen in (before, after)]
    said = {
        "calls that the PBX has not": calls - there[0] - there[1],
        "calls unknown to the engine": (callers[0] & callers[1]) - calls,
        "agents in no call of the PBX": spoken_to - legs[0] - legs[1],
        "agents of whose call the engine does not know": (legs[0] & legs[1]) - set(busy),
    }
    return "; ".join(f"{what}: {', '.join(sorted(which))}" for what, which in said.items() if which)


def _seats_up(house: Centre, seen: list[Channel]) -> set[str]:
    logins = load_credentials(house.settings.home / "secrets/seats.key")
    names = {name(seat.id): seat.id for seat in house.house.seats for name in (logins.sip_name, logins.web_name)}
    ends = (channel.name.removeprefix("PJSIP/").rpartition("-")[0] for channel in seen if channel.is_up)
    return {names[end] for end in ends if end in names}


# --- I7, and then all of it ----------------------------------------------------------------------------
def descriptors(house: Centre) -> int:
    return len(os.listdir(f"/proc/{house.engine_pid()}/fd"))


@asynccontextmanager
async def audited(house: Centre) -> AsyncIterator[None]:
    """Raises AssertionError, which names every broken law; what is still on its way to the database is waited for."""
    descriptors_at_first = descriptors(house)
    yield
    await house.carrier.hang_up_all()
    until_s = time.monotonic() + SETTLES_S
    while broken := await _broken(house, descriptors_at_first):
        assert time.monotonic() < until_s, "\n".join(broken)
        await asyncio.sleep(LOOK_AGAIN_S)


async def _broken(house: Centre, descriptors_at_first: int) -> list[str]:
    try:
        left = await _left(house, descriptors_at_first)
        laws = await _laws(house)
    except (httpx.HTTPError, PbxUnavailable, LookupError, OSError, sqlite3.Error) as error:
        return [f"nothing can be audited: {error!r}"]
    return left + [f"{law.name}, {law.says}: {each}" for law in laws for each in law.broken]


async def _left(house: Centre, descriptors_at_first: int) -> list[str]:
    """What PBX and engine hold of calls that are over."""
    board = (await house.get("/live"))["snapshot"]
    found = [f"I7, a channel is left: {channel}" for channel in await channels(house)]
    found += [f"I6, the floor shows {key}" for key in board if key.startswith(("call/", "outbound/"))]
    found += [f"I6, {key} is {board[key]}" for key in board if key.startswith("seat/") and board[key].get("call")]
    if (held := descriptors(house)) > descriptors_at_first + MORE_DESCRIPTORS:
        found.append(f"I7, the engine had {descriptors_at_first} descriptors open and has {held}")
    return found + [f"I7, the PBX still writes {file}" for file in _written(house)]


def _written(house: Centre) -> list[str]:
    """Sound files that the PBX has open; each ended channel closes its own."""
    found = []
    for link in Path(f"/proc/{house.pbx_pid()}/fd").iterdir():
        try:
            target = os.readlink(link)
        except FileNotFoundError:
            continue
        if target.startswith(str(house.recordings)):
            found.append(target)
    return found


async def _laws(house: Centre) -> list[Law]:
    crowded = max(os.getloadavg()) > CROWDED * (os.cpu_count() or 1)  # at some time of the last quarter of an hour
    return Auditor(await gathered(house.settings.home, house.database_url), crowded).laws()
