"""The main job: a caller dials a hotline and reaches an agent, on the whole running product."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from core.decisions import stamped
from core.events import CallAnswered, SeatReserved
from core.house import House
from core.ids import QueueId
from core.stats import Stats
from monitor.panels import rates
from queueing import trace
from queueing.engine import Engine
from store.lines import InputLine, OutcomeLine
from store.segments import read_from
from tests.integration.centre import Centre, centre
from tests.integration.short_flows import SHORT
from tests.queue_log_reader import Read, read

pytestmark = pytest.mark.asyncio(loop_scope="module")


def small_house() -> House:
    """Two seats, two agents, one queue with a short wrap-up; complaints goes straight to people."""
    skills = {"complaints": 5, "presales": 5, "after-sales": 5}
    return House.model_validate(
        {
            "name": "test",
            "flows": SHORT,
            "trunks": [
                {"id": "a", "name": "A", "host": "127.0.0.2", "port": 0, "lines": 90},
                {"id": "b", "name": "B", "host": "127.0.0.3", "port": 0, "lines": 90},
            ],
            "hotlines": [
                {"id": "presales", "number": "95001", "name": {"en": "P"}, "flow": "presales", "queue": "presales"},
                {
                    "id": "complaints",
                    "number": "95003",
                    "name": {"en": "C"},
                    "flow": "complaints",
                    "queue": "complaints",
                },
            ],
            "skills": list(skills),
            "queues": [{"id": name, "name": {"en": name}, "skills": {name: 1}, "wrap_up_s": 1} for name in skills],
            "seats": [{"id": f"seat-0{n}", "name": f"坐席0{n}"} for n in (1, 2)],
            "agents": [
                {"id": f"agent-0{n}", "name": f"坐席0{n}", "skills": skills, "languages": ["zh-CN", "en"]}
                for n in (1, 2)
            ],
        }
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Centre]:
    async with centre(small_house()) as running:
        yield running


async def test_a_caller_reaches_an_agent(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(after_s=1.0, talk_s=3.0)
    await house.sign_in("agent-01", "seat-01")
    caller = await house.carrier.dial("95001")
    await caller.answered()
    await caller.press("1")
    assert (await caller.bridged(40)).details["seat"] == "seat-01"
    await caller.ended(30)
    await house.until("seat/seat-01", lambda entry: entry["state"] == "idle")


async def test_a_phone_that_nobody_picks_up_is_pulled_back_15_s_after_its_first_180(house: Centre) -> None:
    """China's cadence, the default: three times 1 s of tone and 4 s of silence."""
    first, second = [await house.carrier.phone(f"seat-0{n}") for n in (1, 2)]
    await first.will_ignore()
    first.timeline.forget()
    await house.sign_in("agent-01", "seat-01")
    caller = await house.carrier.dial("95001", "13900139000")
    await caller.answered()
    await caller.press("1")
    rang = await first.ringing(30)
    await house.sign_in("agent-02", "seat-02")
    cancelled = await first.cancelled(20)
    assert cancelled.boot_s - rang.boot_s == pytest.approx(15.0, abs=0.3)
    assert (await second.ringing()).boot_s - cancelled.boot_s < 1.0
    assert (await caller.bridged()).details["seat"] == "seat-02"
    await house.until("seat/seat-02", lambda entry: entry["state"] == "talking")
    await caller.hang_up()
    await house.until("lines", lambda lines: lines["in_use"] == 0)


async def test_replaying_the_journal_gives_the_same_decisions_and_figures(house: Centre) -> None:
    """What lies in the spool after real calls: inputs folded anew must give the outcomes that were written."""
    lines = list(read_from(house.settings.home / "data" / "spool", 1))
    written = [(line.sequence, line.ordinal, line.event()) for line in lines if isinstance(line, OutcomeLine)]
    engine, stats = Engine(), Stats()
    replayed = []
    for line in lines:
        if isinstance(line, InputLine):
            decision = engine.handle(line.fact(), line.now, line.sequence)
            for outcome in stamped(decision, line.sequence, line.now):
                stats.apply(outcome)
                replayed.append((outcome.sequence, outcome.ordinal, outcome.event))
    assert replayed == written
    board = (await house.get("/live"))["snapshot"]
    for queue in house.house.queues:
        figures, shown = stats.of_queue(queue.id), board[f"queue/{queue.id}"]["today"]
        assert (figures.offered, figures.answered) == (shown["offered"], shown["answered"]), queue.id
    assert any(isinstance(event, CallAnswered) for _, _, event in written)
    offers = [event for _, _, event in written if isinstance(event, SeatReserved) and event.trace is not None]
    assert len(offers) >= 3
    assert all(event.trace and trace.choose(event.trace) == event.agent for event in offers), "the scorer, run again"
    await _stored_figures_equal(house, stats)
    await _queue_log_equals(house, stats)


async def _stored_figures_equal(house: Centre, stats: Stats) -> None:
    """The shipper's rows, once they are there: rollup = replay = live, to the unit."""
    today = datetime.now(ZoneInfo(house.house.time_zone)).date()
    yesterday = today - timedelta(days=1)  # midnight may have come meanwhile
    stored: dict[str, object] = {}
    wanted = {str(queue.id): rates(stats.of_queue(queue.id), 15.0, 15.0) for queue in house.house.queues}
    wanted = {name: figures for name, figures in wanted.items() if figures["offered"]}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            while stored != wanted:
                report = await house.get(f"/stats?of=queue&from={yesterday}&to={today}")
                stored = {
                    line["name"]: {name: line["figures"][name] for name in wanted.get(line["name"], ())}
                    for line in report["totals"]
                }
                await asyncio.sleep(0.1)
    assert stored == wanted


async def test_everybodys_reasons_at_past_offers_are_recomputed_from_the_journal(house: Centre) -> None:
    """The call of the second test: agent-01 let it ring, agent-02 came meanwhile and took it."""
    call = next(one["call"] for one in (await house.get("/calls"))["calls"] if one["tries"] == 2)
    offers = await everybody(house, call)
    assert [(offer["agent"], offer["agrees"]) for offer in offers] == [("agent-01", True), ("agent-02", True)]
    assert offers[0]["reasons"] == ["agent-01 was chosen", "agent-02 is not signed in"]
    assert offers[1]["reasons"] == ["agent-01 let this call ring before", "agent-02 was chosen"]


async def everybody(house: Centre, call: str) -> list[dict[str, Any]]:
    """As soon as the journal is in the database."""
    async with asyncio.timeout(20):
        while True:
            answer = await house.api.get(f"/calls/{call}/why", params={"everybody": "true"}, timeout=60)
            if answer.status_code == 200:
                return answer.json()["offers"]  # type: ignore[no-any-return]
            assert answer.status_code == 409, answer.text
            await asyncio.sleep(0.2)


async def _queue_log_equals(house: Centre, stats: Stats) -> None:
    """Asterisk's own format, read by a reader that knows nothing else."""
    file, wanted = house.settings.home / "log" / "queue_log", stats.of_queue(QueueId("presales"))
    found: dict[str, Read] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            while (
                found.get("presales", Read()).offered != wanted.offered or len(found["presales"].talks) != wanted.talks
            ):
                found = read(file) if file.exists() else {}
                await asyncio.sleep(0.1)
    queue = found["presales"]
    assert (queue.offered, len(queue.waits), len(queue.talks)) == (wanted.offered, wanted.answered, wanted.talks)
    assert queue.service_level(15) == wanted.service_levels(15)["v3"]
    assert queue.ring_no_answer == wanted.rings.get("missed", 0)
    assert queue.members == 2  # both agents are signed in
