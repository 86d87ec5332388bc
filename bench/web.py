"""What the floor costs a browser: 40 seats and 90 calls, ten updates a second, the real pages in a real Chromium.

The board is the product's own fold of outcomes and the API serves it as always; the outcomes are made here, so that no
PBX takes processor time from the browser. Each update ends a talk, gives the next caller to that agent, and brings a
new one. Counted are the frames that reach the page, how often its feed had to begin anew, and the processor time of all
processes of the browser.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import uvicorn

from api.app import create_app
from api.coming_hours import ComingHours
from api.phone_windows import PhoneWindows
from api.ports import StaffingAsk
from api.rights import Role
from api.services import ApiOptions, Services
from api.throttle import Rate
from app.settings import read_settings
from app.web_build import ensure_pages
from bench import talk_again
from bench.first_load import LOADS, first_load, told
from bench.processes import cpu_s
from core.errors import PbxUnavailable
from core.events import (
    AgentChanged,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallOffered,
    Event,
    HouseApplied,
    Outcome,
    TalkEnded,
)
from core.house import Agent, Hotline, House, Queue, Seat, Trunk
from core.ids import AgentId, CallId, HotlineId, QueueId, SeatId, TrunkId
from core.inputs import AgentRequest
from core.states import AgentState, AgentStatus
from cti.pbx.packages import find_program, tool_environment
from monitor.publishing import Publisher
from monitor.wallboard import Wallboard
from store.memory import MemoryBoard
from store.people import User

SEATS, CALLS, EVERY_S = 40, 90, 0.1
WARM_UP_S, MEASURED_S = 5.0, 30.0
PERSON, SESSION, COMES = "bench", "a-session-of-the-bench", "a-session-of-the-next-agent"
QUEUES = tuple(QueueId(name) for name in ("presales", "after-sales", "complaints"))
HOTLINE, TRUNK = HotlineId("main"), TrunkId("trunk-a")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-proxy-server"]
COUNTED = """
window.counted = {diffs: 0, snapshots: 0};
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({data}) => {
      if (data.startsWith('{"diff"')) window.counted.diffs++;
      if (data.startsWith('{"snapshot"')) window.counted.snapshots++;
    });
  }
};
"""


async def run() -> dict[str, object]:
    """Raises PbxUnavailable: the page did not come up, or there is no Chromium."""
    await asyncio.to_thread(ensure_pages, read_settings().home, lambda text: print(text, file=sys.stderr))
    traffic = Traffic()
    async with _serving(traffic) as url, _floor_in_browser(url) as (page, process):
        await asyncio.sleep(WARM_UP_S)
        before, spent_s, began_s = await _counted(page), _cpu_of_all_s(process), time.monotonic()
        published = traffic.published
        await asyncio.sleep(MEASURED_S)
        took_s = time.monotonic() - began_s
        cores = (_cpu_of_all_s(process) - spent_s) / took_s
        published = traffic.published - published
        await asyncio.sleep(1.0)  # what is on its way
        after = await _counted(page)
        shown = await page.locator("[data-state=talking]").count()
    loaded = await first_loads()
    async with _browser(talk_again.FLAGS) as (browser, _):
        again = await talk_again.talk_again(browser)
    return {
        "seats": SEATS, "calls": CALLS, "updates_per_s": round(published / took_s, 1), "browser_cores": round(cores, 3),
        "updates_lost": max(0, published - (after["diffs"] - before["diffs"])),
        "feed_begun_anew": after["snapshots"] - 1, "seats_shown_talking": shown, **loaded, **again,
    }  # fmt: skip


async def first_loads() -> dict[str, object]:
    """The desk for somebody who comes to work while the floor is busy: at the door, and before a seat is taken."""
    traffic = Traffic(comers=1)
    async with _serving(traffic) as url, _browser() as (browser, _):
        door = [await first_load(browser, f"{url}/desk", "input[name=name]") for _ in range(LOADS)]
        session = {"name": "thirdring", "value": COMES, "url": url}
        desk = [await first_load(browser, f"{url}/desk", ".take-seat select", session) for _ in range(LOADS)]
    return told(door, desk)


async def _counted(page: Any) -> dict[str, int]:
    return dict(await page.evaluate("window.counted"))


# --- the floor -----------------------------------------------------------------------------------
class Traffic:
    """A floor that is always full, and its live board. `comers`: more agents, about to take the seats that are free."""

    def __init__(self, comers: int = 0) -> None:
        self._there = SEATS + comers
        self.house, self.board, self.published = _house(self._there), MemoryBoard(), 0
        self._wallboard = Wallboard(self.house)
        self._publisher = Publisher(self._wallboard, self.board, f"{time.time():.6f}")
        self._sequence = self._number = 0
        self._waiting: deque[tuple[CallId, QueueId]] = deque()
        self._talking: deque[tuple[int, CallId, QueueId]] = deque()
        self._fill()

    async def flow(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        due_s = clock()
        while True:
            self._step()
            await self._publisher.publish()
            self.published += 1
            due_s += EVERY_S
            await asyncio.sleep(max(0.0, due_s - clock()))

    def _tell(self, event: Event) -> None:
        self._sequence += 1
        self._wallboard.apply(Outcome(self._sequence, 0, time.monotonic(), time.time(), event))

    def _fill(self) -> None:
        agents = tuple((_agent(n), f"话务员{n:02}") for n in range(self._there))
        self._tell(HouseApplied(1, CALLS, QUEUES, tuple(_seat(n) for n in range(self._there)), agents))
        for n in range(SEATS):
            self._agent(n, AgentState.IDLE, AgentState.IDLE, AgentStatus.SIGNED_OUT)
        for _ in range(CALLS):
            self._arrive()
        for n in range(SEATS):
            self._answer(n)

    def _step(self) -> None:
        seat, call, queue = self._talking.popleft()
        self._tell(TalkEnded(call, queue, HOTLINE, _seat(seat), _agent(seat), 20.0, "caller"))
        self._tell(CallEnded(call, HOTLINE, "caller", 30.0))
        self._agent(seat, AgentState.TALKING, AgentState.IDLE)
        self._answer(seat)
        self._arrive()

    def _arrive(self) -> None:
        self._number += 1
        call, queue = CallId(f"bench-{self._number}"), QUEUES[self._number % len(QUEUES)]
        self._tell(CallEntered(call, HOTLINE, TRUNK, f"+86138{self._number:08}", "zh-CN"))
        self._tell(CallOffered(call, queue, HOTLINE, 0, "zh-CN", 0.0))
        self._waiting.append((call, queue))

    def _answer(self, seat: int) -> None:
        call, queue = self._waiting.popleft()
        self._agent(seat, AgentState.IDLE, AgentState.TALKING)
        self._tell(CallAnswered(call, queue, HOTLINE, _seat(seat), _agent(seat), 8.0, 1))
        self._talking.append((seat, call, queue))

    def _agent(self, n: int, was: AgentState, now: AgentState, status: AgentStatus = AgentStatus.READY) -> None:
        self._tell(AgentChanged(_agent(n), _seat(n), status, was, AgentStatus.READY, now, "", 1.0))


def _seat(n: int) -> SeatId:
    return SeatId(f"seat-{n + 1:02}")


def _agent(n: int) -> AgentId:
    return AgentId(f"agent-{n + 1:02}")


def _house(seats: int) -> House:
    return House(
        name="bench",
        trunks=(Trunk(id=TRUNK, name="A", host="127.0.0.2"),),
        hotlines=(Hotline(id=HOTLINE, number="95001", name={"en": "Main"}, flow="presales", queue=QUEUES[0]),),
        skills=("general",),
        queues=tuple(Queue(id=queue, name={"en": queue}, skills={"general": 1}) for queue in QUEUES),
        seats=tuple(Seat(id=_seat(n), name=f"工位{n + 1:02}") for n in range(seats)),
        agents=tuple(Agent(id=_agent(n), name=f"话务员{n + 1:02}") for n in range(seats)),
    )


# --- the API over it -----------------------------------------------------------------------------
class _Planner:
    """api.ports.Plans, as far as the floor's next hours ask."""

    async def staffing(self, asked: StaffingAsk) -> bytes:
        first = int(datetime.combine(asked.first, datetime.min.time(), UTC).timestamp())
        each = {"calls": 30.0, "floor": 8, "to_roster": 10, "rostered": 9, "rule": "service_level"}
        quarters = [{"start_utc_s": first + n * 900, **each} for n in range(-32, 96 * asked.days)]
        return json.dumps({"history": {"days": 364, "last": None}, "quarters": quarters}).encode()


class _OnePerson:
    """api.ports.People, and the house, as far as the floor asks: somebody whose session is known."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def session_user(self, token: str, now: datetime) -> User | None:
        known = {SESSION: User(PERSON, Role.SUPERVISOR, "", False), COMES: User(_agent(SEATS), Role.AGENT, "", False)}
        return known.get(token)

    async def current(self) -> tuple[int, House]:
        return 1, self._house


@asynccontextmanager
async def _serving(traffic: Traffic) -> AsyncIterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(create_app(_services(traffic, url)), log_level="warning")
        server = uvicorn.Server(config)
        tasks = [asyncio.create_task(server.serve([listening])), asyncio.create_task(traffic.flow())]
        try:
            yield url
        finally:
            server.should_exit = True
            tasks[1].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _services(traffic: Traffic, url: str) -> Services:
    one: Any = _OnePerson(traffic.house)
    planner: Any = _Planner()

    async def nobody_asks(request: AgentRequest) -> bool:
        return False

    given = {
        "board": traffic.board, "pops": MemoryBoard(), "people": one, "house": one,
        "coming": ComingHours(planner),
        "windows": PhoneWindows(nobody_asks), "options": ApiOptions(frozenset({url}), session_lasts=timedelta(hours=1)),
        "now": lambda: datetime.now(UTC), "rate": Rate(200.0, 1000),
    }  # fmt: skip
    return Services(**{field.name: cast(Any, None) for field in fields(Services)} | given)


# --- the browser ---------------------------------------------------------------------------------
@asynccontextmanager
async def _browser(flags: Sequence[str] = ()) -> AsyncIterator[tuple[Any, int]]:
    """And its process; `flags` beside those that all have."""
    from playwright.async_api import async_playwright

    with tempfile.TemporaryDirectory(prefix="bench-web-") as directory:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=_chromium(Path(directory)), args=[*FLAGS, *flags]
            )
            yield browser, _left_behind(directory)
            await browser.close()


@asynccontextmanager
async def _floor_in_browser(url: str) -> AsyncIterator[tuple[Any, int]]:
    """The page with the floor on it, and the browser's process."""
    async with _browser() as (browser, process):
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        await context.add_cookies([{"name": "thirdring", "value": SESSION, "url": url}])
        await context.add_init_script(COUNTED)
        page = await context.new_page()
        await page.goto(f"{url}/floor")
        await page.wait_for_selector("[data-state=talking]", timeout=60_000)
        yield page, process


def _chromium(directory: Path) -> Path:
    """A program that leaves its process id behind and becomes Chromium. Raises PbxUnavailable: there is none."""
    tools = read_settings().home / "tools"
    program = find_program("chromium", tools)
    if program is None:
        raise PbxUnavailable("chromium is missing; on Debian: apt-get install chromium")
    inner = tools / "usr/lib/chromium/chromium"
    found = inner if program.is_relative_to(tools) and inner.exists() else program
    words = " ".join(f"{name}={value!r}" for name, value in tool_environment(program, tools).items())
    file = directory / "chromium"
    file.write_text(
        f'#!/bin/sh\necho $$ > {directory}/pid\nHOME={directory}\nexport HOME\nexec env {words} {found} "$@"\n'
    )
    file.chmod(0o755)
    return file


def _left_behind(directory: str) -> int:
    return int(Path(directory, "pid").read_text())


def _cpu_of_all_s(process: int) -> float:
    """Of a process and all that came of it. One that has ended meanwhile counts no more."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parent = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1]
                parents.setdefault(int(parent), []).append(int(name))
            except OSError:
                continue
    found, total_s = [process], 0.0
    while found:
        each = found.pop()
        found += parents.get(each, [])
        try:
            total_s += cpu_s(each)
        except OSError:
            continue
    return total_s


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run())))
