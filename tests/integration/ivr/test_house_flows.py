"""Flows of the running house on the real PBX: changed, refused, asking another system, flooded with keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
import pytest_asyncio

from cti.carrier.caller import CallerCall
from ivr.script import shipped_flows
from tests.integration.centre import Centre
from tests.integration.office import (
    ask,
    clear,
    dial,
    happened,
    loopback_is_public,
    off_the_floor,
    office,
    opened,
    shown,
    story_of,
)
from tests.integration.short_flows import SHORT
from tests.integration.survival import engine_back, kill_engine, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLOWS = {**SHORT, "after-sales": shipped_flows()["after-sales"]}
QUEUES = [queue.model_dump() | {"preferred_agent_s": 60.0} for queue in office(2).queues]
REPAIR = "32"
"""The keys that lead to the progress of a repair."""


class Workshop:
    """Another system that flows ask: answers 12345678, keeps 11111111 and 44444444 waiting, notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answered, self.closing = Event(), Event()

    def answer(self, question: dict[str, str]) -> bytes:
        self.asked.append(question)
        if question["case"] in ("11111111", "44444444"):
            self.closing.wait(30)
        self.answered.set()
        return json.dumps({"answer": "ready", "values": {"price": "120.50", "ready-on": "2026-12-01"}}).encode()


@contextmanager
def serving(workshop: Workshop) -> Iterator[int]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = workshop.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        workshop.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building(workshop: Workshop) -> AsyncIterator[Centre]:
    with serving(workshop) as port:
        look_ups = [{"id": "repair-progress", "url": f"http://127.0.0.1:{port}/case", "timeout_s": 3.0}]
        plan = office(2, flows=FLOWS, look_ups=look_ups, queues=QUEUES)
        async with opened(plan, around=loopback_is_public, is_audited=True) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


async def put(house: Centre, **flows: str) -> Any:
    """The answer to a new version of the house with these flows changed."""
    now = await house.api.get("/house")
    document = now.json()
    return await house.api.put(
        "/house", json=document | {"flows": document["flows"] | flows}, headers={"If-Match": now.headers["ETag"]}
    )


async def test_a_changed_flow_is_for_new_calls_and_a_wrong_one_changes_nothing(house: Centre) -> None:
    before = await dial(house)
    changed = SHORT["presales"].replace("{1: presales", "{1: complaints").replace(", 3: complaints", ", 3: presales")
    assert (await put(house, presales=changed)).status_code == 200
    after = await ask(house, "1")
    await before.press("1")
    assert (await shown(house, after, "waiting"))["queue"] == "complaints"
    assert (await shown(house, before, "waiting"))["queue"] == "presales"

    refused = await put(house, presales=changed.replace("{1: complaints", "{1: complaint"))
    assert refused.status_code == 422
    line = 1 + changed[: changed.index("{1: complaints")].count("\n")
    assert refused.json()["errors"][0]["problem"].startswith(
        f"presales.yaml:{line}: nodes.welcome.keys.1: no such node 'complaint'"
    )
    still = await ask(house, "1")
    assert (await shown(house, still, "waiting"))["queue"] == "complaints"


async def test_another_system_is_asked_and_its_answer_is_said(house: Centre, workshop: Workshop) -> None:
    caller = await dial(house, "95002")
    await caller.press("32123456781")
    async with asyncio.timeout(20):
        await asyncio.to_thread(workshop.answered.wait)
    await caller.press("3")  # during the answer, for the menu behind it: a person
    await shown(house, caller, "waiting")
    await caller.hang_up()
    ways = [visit["node_name"] for visit in happened(await story_of(house, caller), "MenuNodeVisited")]
    assert ways[-5:] == ["repairs/case", "repairs/progress", "repairs/ready", "repairs/more", "person"]
    assert workshop.asked[-1] == {"case": "12345678", "caller": caller.plan.caller.removeprefix("+86")}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_who_has_heard_the_progress_is_served_without_an_agent(house: Centre, language: str) -> None:
    caller = await dial(house, "95002")
    await caller.press(("9" if language == "en" else "") + REPAIR + "123456781")
    await caller.press("1")
    await caller.ended()
    story = await story_of(house, caller)
    visits = happened(story, "MenuNodeVisited")
    assert [visit["node_name"] for visit in visits][-3:] == ["repairs/ready", "repairs/more", "repairs/thanks"]
    assert visits[-1]["reached"] == "served" and happened(story, "CallOffered") == []
    today = date.today()
    span = f"from={today - timedelta(days=1)}&to={today + timedelta(days=1)}"
    figures = (await house.get(f"/stats?{span}&flow=after-sales"))["totals"][0]["figures"]
    assert figures["reached"]["served"] >= 1 and figures["calls"] == sum(figures["reached"].values())


INSIDE = {
    "main": "8", "using": "1", "solved": "118", "repairs/register": "31", "repairs/case": "321234",
    "repairs/progress": f"{REPAIR}444444441", "others": "4",
}  # fmt: skip
"""Keys after which a caller is in this node, of every kind that waits for something."""


async def test_a_caller_may_hang_up_inside_every_kind_of_node(house: Centre, workshop: Workshop) -> None:
    """Each is told where they were, and nothing of them is left in the house."""
    callers = {node: await dial(house, "95002") for node in INSIDE}
    await asyncio.gather(*(callers[node].press(keys) for node, keys in INSIDE.items() if keys))
    await until(lambda: is_asked(workshop, "44444444"), "the workshop is not asked")
    await asyncio.gather(*(caller.hang_up() for caller in callers.values()))
    left = {node: await left_in(house, caller) for node, caller in callers.items()}
    assert left == {node: node for node in INSIDE}
    await off_the_floor(house, "call/")


async def left_in(house: Centre, caller: CallerCall) -> str:
    """The node in which this caller hung up. It may be told after the call's end: a look-up is over when it answers."""
    async with asyncio.timeout(20):
        while True:
            visits = happened(await story_of(house, caller), "MenuNodeVisited")
            if visits[-1]["how"] == "hung_up":
                return str(visits[-1]["node_name"])
            await asyncio.sleep(0.1)


async def is_asked(workshop: Workshop, case: str) -> bool:
    return any(question["case"] == case for question in workshop.asked)


async def test_who_types_the_number_of_a_case_reaches_its_owner(house: Centre) -> None:
    """The other agent has been idle for longer, and is given who names no case."""
    for number in (1, 2):
        await house.sign_in(f"agent-0{number}", f"seat-0{number}")
    owned = await house.api.put("/cases/22222222", json={"agent": "agent-02"})
    assert owned.status_code == 200, owned.text
    caller = await dial(house, "95002")
    await caller.press(REPAIR + "222222221")
    await caller.press("3")
    assert (await caller.bridged()).details["seat"] == "seat-02"
    (reserved,) = happened(await hung_up(house, caller), "SeatReserved")
    assert reserved["trace"]["strategy"] == "case-owner"
    other = await dial(house, "95002")
    await other.press("0")
    assert (await other.bridged()).details["seat"] == "seat-01"


async def hung_up(house: Centre, caller: CallerCall) -> list[dict[str, Any]]:
    """Its story."""
    await caller.hang_up()
    return await story_of(house, caller)


async def test_an_engine_that_was_started_anew_knows_earlier_contacts(house: Centre) -> None:
    await house.sign_in("agent-01", "seat-01")
    number = "13900000001"
    first = await house.carrier.dial("95002", number)
    await first.answered()
    await first.press("0")
    await shown(house, first, "talking")
    await hung_up(house, first)
    before = await kill_engine(house)
    await engine_back(house, before)
    async with asyncio.timeout(60):
        while not await is_welcomed_back(house, number):
            pass


async def is_welcomed_back(house: Centre, number: str) -> bool:
    """Does the menu of this caller begin with the earlier matter? The store is read in the background."""
    before = await finished(house, number)
    caller = await house.carrier.dial("95002", number)
    await caller.answered()
    await caller.press("1")
    await caller.hang_up()
    while (after := await finished(house, number))[:1] == before[:1]:  # noqa: ASYNC110 - polled
        await asyncio.sleep(0.1)
    visits = happened(await house.get(f"/calls/{after[0]}"), "MenuNodeVisited")
    return "welcome-back" in [visit["node_name"] for visit in visits]


async def finished(house: Centre, number: str) -> list[str]:
    """Calls of this number that are over, the newest first."""
    rows = (await house.get("/calls"))["calls"]
    return [row["call"] for row in rows if row["caller"][-4:] == number[-4:] and row["how"]]


async def test_a_slow_system_is_given_up_and_the_caller_reaches_a_person(house: Centre) -> None:
    caller = await dial(house, "95002")
    await caller.press("32111111111")
    assert (await shown(house, caller, "waiting", timeout_s=15))["queue"] == "after-sales"
    await caller.hang_up()
    visits = happened(await story_of(house, caller), "MenuNodeVisited")
    [asking] = [visit for visit in visits if visit["node_name"] == "repairs/progress"]
    assert asking["to"] == "repairs/no-answer" and asking["lasted_s"] < 8


FLOODS = ("*#" * 20, "3" * 40, "ABCD" * 5 + "0", "32" + "1234*" * 8, "32ABCD12345678" + "9" * 12)


async def test_floods_of_keys_end_in_a_queue(house: Centre) -> None:
    callers = [await dial(house, "95002") for _ in FLOODS]
    await asyncio.gather(*(caller.press(keys) for caller, keys in zip(callers, FLOODS, strict=True)))
    for caller in callers:
        await shown(house, caller, "waiting", timeout_s=40)
