"""Two API processes beside the engine, and a real Redis between, which is flushed, stopped and killed under load."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.settings import Settings
from tests.integration.centre import PATIENCE_S, Centre
from tests.integration.live_follower import Follower, followers
from tests.integration.office import ask, idle, office, shared, shown, wait
from tests.integration.servers import RedisServer, redis_server
from tests.integration.web.browser import at_browser, opened_browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROCESSES = 2
FOLLOWERS = 16
"""The kernel spreads them over the processes; that one of two gets none happens once in 32,768 runs."""
ANSWERED_WITHIN_S = 3.0
STARTED_WITHIN_S = 90.0
"""Two processes at once, on a crowded machine."""
_servers: dict[int, RedisServer] = {}


@asynccontextmanager
async def beside_redis(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    with redis_server(settings.port_base + 13) as server:
        _servers[settings.port_base] = server
        yield {"THIRDRING_REDIS_URL": server.url, "THIRDRING_API_WORKERS": str(PROCESSES)}


building, house = shared(office(2), around=beside_redis, is_audited=True)


@pytest.fixture
def redis(house: Centre) -> RedisServer:
    return _servers[house.settings.port_base]


@pytest_asyncio.fixture(loop_scope="module")
async def floor(house: Centre) -> AsyncIterator[list[Follower]]:
    await well(house)
    url = f"ws://127.0.0.1:{house.settings.ports.api}/api/v1/live"
    async with followers(url, partial(token_of, house), FOLLOWERS) as found:
        yield found


def token_of(house: Centre) -> str:
    return (house.settings.home / "secrets/cli.token").read_text()


def process_of(house: Centre, number: int) -> int:
    return int((house.settings.home / f"run/api-{number}.pid").read_text() or 0)


async def asked(house: Centre, method: str, path: str, **how: Any) -> httpx.Response:
    """Over a connection of its own, so that either process may answer; asked again if its process is killed first."""
    url = f"http://127.0.0.1:{house.settings.ports.api}/api/v1{path}"
    headers = {"Authorization": f"Bearer {token_of(house)}"} | how.pop("headers", {})
    transport = httpx.AsyncHTTPTransport(local_address=how.pop("address", None))
    async with asyncio.timeout(STARTED_WITHIN_S), httpx.AsyncClient(timeout=10, transport=transport) as client:
        while True:
            try:
                return await client.request(method, url, headers=headers, **how)
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def well(house: Centre) -> None:
    """Redis is there, and both processes are connected with the engine."""
    health: Any = None
    try:
        async with asyncio.timeout(STARTED_WITHIN_S):
            while True:
                health = (await asked(house, "GET", "/health")).json().get("parts", {})
                if health and health["redis"]["ok"] and health["api"]["ok"]:
                    return
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise AssertionError(f"after {STARTED_WITHIN_S:g} s health is {health}") from error


async def case(house: Centre, key: str) -> httpx.Response:
    """Something that is seen twice if it is done twice."""
    body = of_case(key)
    began_s = asyncio.get_running_loop().time()
    answer = await asked(house, "POST", "/cases", json=body, headers={"Idempotency-Key": key})
    took_s = asyncio.get_running_loop().time() - began_s
    assert answer.status_code in (200, 503, 504), answer.text
    assert took_s < ANSWERED_WITHIN_S + 2.0, f"{answer.status_code} after {took_s:.1f} s"  # for a crowded machine
    return answer


def of_case(key: str) -> dict[str, str]:
    return {"kind": "use", "text": f"opened as {key}"}


async def opened_cases(house: Centre) -> list[str]:
    rows, after = list[str](), ""
    while True:
        page = (await asked(house, "GET", f"/cases?limit=200{after}")).json()
        rows += [row["text"] for row in page["cases"]]
        if page["next_after"] is None:
            return rows
        after = f"&after={page['next_after']}"


async def test_a_call_is_led_through_processes_that_the_engine_does_not_live_in(house: Centre) -> None:
    await well(house)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await caller.bridged(20)
    call = await shown(house, caller, "talking")
    assert (await asked(house, "GET", "/agents/agent-01/pop")).json()["call"] == call["id"]
    first, again = [
        await asked(house, "POST", "/agents/agent-01/hold", headers={"Idempotency-Key": "hold-1"}) for _ in range(2)
    ]
    assert (first.status_code, first.json()) == (200, again.json())
    other = await asked(house, "POST", "/agents/agent-01/resume", headers={"Idempotency-Key": "hold-1"})
    assert other.status_code == 422, other.text
    refused = await asked(house, "POST", "/agents/agent-02/hold")
    assert (refused.status_code, bool(refused.json()["detail"])) == (409, True)
    assert (await asked(house, "POST", "/agents/agent-01/resume")).status_code == 200
    assert (await asked(house, "GET", f"/calls/{call['id']}/why")).status_code == 200  # the engine's own process
    await caller.hang_up()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/customers/c-0000000000000000", None),  # the engine's process
        ("POST", "/cases/26999999/take", None),  # an API process
    ],
)
async def test_the_audit_has_the_browsers_own_address_whatever_it_says(
    house: Centre, method: str, path: str, body: Any
) -> None:
    await well(house)
    about = path.split("/")[2]
    lies = {"X-Forwarded-For": "198.51.100.7", "X-Real-IP": "198.51.100.7", "Forwarded": "for=198.51.100.7"}
    for address in ("127.0.0.5", "127.0.0.6"):
        answer = await asked(house, method, path, json=body, headers=lies, address=address)
        assert answer.status_code in (404, 409), answer.text
    rows = (await asked(house, "GET", f"/audit?about={about}")).json()["rows"]
    assert [row["address"] for row in rows] == ["127.0.0.6", "127.0.0.5"]


async def test_wrong_passwords_are_counted_once_for_all_processes(house: Centre) -> None:
    wrong = {"name": "agent-77", "password": "not the password"}
    codes = [(await asked(house, "POST", "/sessions", json=wrong)).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]


async def test_a_killed_process_disturbs_its_own_browsers_alone(house: Centre, floor: list[Follower]) -> None:
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await caller.bridged(20)
    before = process_of(house, 0)
    peers = peers_of(before)
    its_own = [each for each in floor if each.port in peers]
    os.kill(before, signal.SIGKILL)
    await caller.hang_up()
    for each in floor:
        await each.until("seat/seat-01", lambda entry: entry.get("state") == "idle" and not entry.get("call"))
    await well(house)
    assert process_of(house, 0) not in (0, before)
    moved = [each for each in floor if each.connections > 1]
    stayed = [each for each in floor if each.connections == 1]
    assert moved == its_own != []
    assert stayed
    assert [each.gap for each in floor if each.gap] == []
    assert all(each.snapshots == 1 for each in stayed)


def peers_of(pid: int) -> set[int]:
    """The ports at the other end of this process's connections over TCP (proc(5))."""
    links = [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()]
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[2].partition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in links}


async def test_what_was_asked_is_done_once_whatever_becomes_of_redis(
    house: Centre, floor: list[Follower], redis: RedisServer
) -> None:
    answers: dict[str, int] = {}
    stop = asyncio.Event()

    async def clerk(name: str) -> None:
        number = 0
        while not stop.is_set():
            key = f"{name}-{number}"
            answers[key] = (await case(house, key)).status_code
            number += 1

    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(clerk(f"clerk-{number}"), name=f"clerk-{number}")
        for trouble in (flushed, flushed, paused, restarted):
            await trouble(redis)
            await enough(answers, len(answers) + 20)
        stop.set()
    for key, status in answers.items():
        if status != httpx.codes.OK:
            assert (await case(house, key)).status_code == httpx.codes.OK
    texts = [text for text in await until_shipped(house, len(answers)) if "clerk" in text]
    assert sorted(texts) == sorted(f"opened as {key}" for key in answers)
    await well(house)
    marked = await asked(house, "GET", "/live")
    for each in floor:
        await each.until("clock", lambda entry: entry["utc_s"] > marked.json()["snapshot"]["clock"]["utc_s"])
        assert each.gap == ""


async def flushed(redis: RedisServer) -> None:
    async with Redis.from_url(redis.url) as admin:
        await admin.flushall()


async def paused(redis: RedisServer) -> None:
    redis.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(1.5)  # what is tested is that it lasts
    redis.process.send_signal(signal.SIGCONT)


async def restarted(redis: RedisServer) -> None:
    redis.kill()
    await asyncio.sleep(0.5)
    await asyncio.to_thread(redis.start)


async def enough(answers: Mapping[str, int], count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(answers) < count:  # noqa: ASYNC110 - counted, not signalled
            await asyncio.sleep(0.02)


async def until_shipped(house: Centre, count: int) -> list[str]:
    """The journal reaches the database a moment later."""
    texts: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(texts := await opened_cases(house)) < count:  # noqa: ASYNC110 - polled, as above
            await asyncio.sleep(0.1)
    return texts


async def test_what_was_asked_before_the_engine_was_killed_is_answered_again_and_done_once(house: Centre) -> None:
    await well(house)
    body, key = {"name": "王小明", "numbers": ["13800138000"]}, {"Idempotency-Key": "before-the-kill"}
    made = await asked(house, "POST", "/customers", json=body, headers=key)
    opened = await case(house, "before-the-kill")
    assert (made.status_code, opened.status_code) == (201, 200)
    before = house.engine_pid()
    os.kill(before, signal.SIGKILL)
    again = await until_answered(house, "POST", "/customers", json=body, headers=key)
    assert (again.status_code, again.json(), house.engine_pid() != before) == (201, made.json(), True)
    repeated = await until_answered(house, "POST", "/cases", json=of_case("before-the-kill"), headers=key)
    assert (repeated.status_code, repeated.json()) == (200, opened.json())
    other = await until_answered(house, "POST", "/cases", json=of_case("other"), headers=key)
    assert other.status_code == 422, other.text
    assert len((await asked(house, "GET", "/customers")).json()["customers"]) == 1
    await well(house)


async def until_answered(house: Centre, method: str, path: str, **how: Any) -> httpx.Response:
    """By an engine that is there again; each has a token of its own for this machine."""
    async with asyncio.timeout(STARTED_WITHIN_S):
        while True:
            answer = await asked(house, method, path, **how)
            if answer.status_code < 500 and answer.status_code != 401:
                return answer
            await asyncio.sleep(0.1)


async def test_calls_go_on_without_redis_and_the_floor_comes_back_by_itself(
    house: Centre, floor: list[Follower], redis: RedisServer
) -> None:
    await house.sign_in("agent-01", "seat-01")
    redis.kill()
    try:
        caller = await ask(house)
        await caller.bridged(20)
        refused = await case(house, "without-redis")
        assert refused.status_code in (503, 504)
        assert refused.json()["detail"]
        health = (await asked(house, "GET", "/health")).json()
        assert health["parts"]["redis"]["ok"] is False
        assert health["parts"]["engine"]["ok"] is True
    finally:
        await asyncio.to_thread(redis.start)
    for each in floor:
        await each.until("seat/seat-01", lambda entry: entry.get("state") == "talking")
        assert each.gap == ""
    await caller.hang_up()
    await idle(house)


async def test_a_page_goes_on_when_every_process_was_killed(
    house: Centre, tmp_path: Path, thirdring_home: Path
) -> None:
    await well(house)
    async with (
        opened_browser(tmp_path, thirdring_home / "tools") as browser,
        at_browser(browser, house, "super-1") as at,
    ):
        await at.sign_in("supervisor")
        live = at.page.locator(".freshness[data-state=live]")
        await live.wait_for()
        for number in range(PROCESSES):
            os.kill(process_of(house, number), signal.SIGKILL)
        caller = await ask(house)
        waiting = at.page.locator("[data-queue=presales] .waiting", has_text="1")
        await waiting.wait_for(timeout=STARTED_WITHIN_S * 1000)
        await live.wait_for()
        await caller.hang_up()
    await well(house)
