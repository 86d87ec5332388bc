"""No engine returns: the dialplan serves alone, and what it did is known afterwards, once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.centre import Centre
from tests.integration.survival import (
    calls_of,
    engine_back,
    floor_empty,
    gaps,
    kill_engine,
    nobody_restarts,
    records,
    seat_taken,
    sign_out,
    survivors,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
SERVED_ALONE_S = 25.0

BOOKS_READ_S = 45.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Centre]:
    async with survivors() as running:
        yield running


async def test_the_pbx_serves_alone_and_its_calls_count_once(house: Centre) -> None:
    """Before, in the menu, and after the death: all reach the seats on duty; a whole call comes and goes unseen."""
    busy = await seat_taken(house, "seat-01", answers=False)
    waits = await house.carrier.dial("95003", "13800000001")
    await busy.ringing(15)
    in_menu = await house.carrier.dial("95001", "13800000002")
    await in_menu.answered()
    other = await seat_taken(house, "seat-02", answers=False)
    await busy.will_answer(after_s=0.3, talk_s=4.0)
    await other.will_answer(after_s=0.3, talk_s=4.0)
    async with nobody_restarts(house):
        dead = await kill_engine(house)
        unseen = await house.carrier.dial("95003", "13800000003")
        for caller in (waits, in_menu, unseen):
            await caller.bridged(SERVED_ALONE_S)
        await unseen.ended(SERVED_ALONE_S)
        lasting = await house.carrier.dial("95003", "13800000004")
        await busy.will_answer(after_s=0.3)
        await other.will_answer(after_s=0.3)
        await lasting.bridged(SERVED_ALONE_S)
    await engine_back(house, dead)
    live = await calls_of(house)
    assert [entry["state"] for entry in live.values()] == ["talking"]
    await lasting.hang_up()
    await floor_empty(house)
    for caller in (waits, in_menu, unseen, lasting):
        assert gaps(await caller.heard(), 1.0) == []

    kept = {row["caller"][-4:]: row for row in await records(house)}
    assert sorted(kept) == ["0001", "0002", "0003", "0004"]
    for number in ("0001", "0002", "0003"):
        assert kept[number]["seat"] in ("seat-01", "seat-02"), kept[number]
        assert kept[number]["answered_utc_s"] is not None
        assert 2.5 <= kept[number]["talk_s"] <= 5.5, kept[number]
    assert kept["0003"]["how"] == "fallback"


async def test_an_engine_whose_machine_does_not_even_refuse_is_not_waited_for_longer(house: Centre) -> None:
    """As one without power, or behind a broken network: each attempt to reach it takes two seconds."""
    phone = await seat_taken(house, "seat-01", answers=False)
    await sign_out(house, "seat-02")
    await phone.will_answer(after_s=0.3, talk_s=2.0)
    async with nobody_restarts(house):
        dead = await kill_engine(house)
        async with _deaf(house.settings.ports.agi):
            caller = await house.carrier.dial("95003", "13800000041")
            answered = await caller.answered()
            bridged = await caller.bridged(SERVED_ALONE_S)
            await caller.ended(SERVED_ALONE_S)
    await engine_back(house, dead)
    assert bridged.boot_s - answered.boot_s < 14.0, "with the notice, and a ring"
    await floor_empty(house)


@contextlib.asynccontextmanager
async def _deaf(port: int) -> AsyncIterator[None]:
    """Nobody is heard at this port: its queue of connections is full, and what comes is dropped without a word."""
    with contextlib.ExitStack() as open_sockets:
        door = open_sockets.enter_context(socket.socket())
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        await _bound(door, port)
        door.listen(0)
        for _ in range(3):
            one = open_sockets.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield


async def _bound(door: socket.socket, port: int) -> None:
    """As soon as the killed process is gone."""
    async with asyncio.timeout(5):
        while True:
            with contextlib.suppress(OSError):
                return door.bind(("127.0.0.1", port))
            await asyncio.sleep(0.01)


async def test_callers_of_the_fallback_are_taken_back_with_their_waiting_time(house: Centre) -> None:
    """Seats that ring for them are not rung twice, and the first in is the first served, by parts of a second, too."""
    phone = await seat_taken(house, "seat-01", answers=False)
    await sign_out(house, "seat-02")
    await phone.will_ignore()
    async with nobody_restarts(house):
        dead = await kill_engine(house)
        first = await house.carrier.dial("95003", "13800000011")
        await first.answered()
        second = await house.carrier.dial("95003", "13800000012")
        phone.timeline.forget()
        await phone.ringing(SERVED_ALONE_S)
        before = len(phone.timeline.all("invited"))
    await phone.will_answer(after_s=0.3, talk_s=1.0)
    await engine_back(house, dead)
    await first.bridged(20)
    await second.bridged(20)
    assert len(phone.timeline.all("invited")) == before + 2
    assert first.timeline.all("bridged")[0].boot_s < second.timeline.all("bridged")[0].boot_s
    await floor_empty(house)


async def test_a_closed_queue_says_so_without_an_engine(house: Centre) -> None:
    """Closed while the engine lived; its callers are not rung for, and count as sent away, not as having given up."""
    phone = await seat_taken(house, "seat-01", answers=False)
    closed = await house.api.post("/queues/complaints/close", json={})
    assert closed.is_success, closed.text
    async with nobody_restarts(house):
        dead = await kill_engine(house)
        before = len(phone.timeline.all("invited"))
        caller = await house.carrier.dial("95003", "13800000031")
        await caller.ended(SERVED_ALONE_S)
        assert len(phone.timeline.all("invited")) == before
    await engine_back(house, dead)
    assert await _how_it_ended(house, "0031") == ["closed"]
    opened = await house.api.post("/queues/complaints/open", json={})
    assert opened.is_success, opened.text
    await floor_empty(house)
    await phone.will_answer(after_s=0.3, talk_s=1.0)
    caller = await house.carrier.dial("95003", "13800000032")
    await caller.bridged(20)
    await floor_empty(house)


async def test_nobody_on_duty_leads_to_the_message_box(house: Centre) -> None:
    await sign_out(house, "seat-01")
    async with nobody_restarts(house):
        dead = await kill_engine(house)
        caller = await house.carrier.dial("95003", "13800000021")
        await caller.answered()
        message = await _message(house)
        await caller.hang_up()
        heard = await caller.heard()
    await engine_back(house, dead)
    await floor_empty(house)
    assert gaps(heard, 1.0)[1:] == [] and message.stat().st_size > 0
    assert await _how_it_ended(house, "0021") == ["message"]
    (item,) = [one for one in (await house.api.get("/work")).json()["items"] if one["kind"] == "message"]
    assert item["number"].endswith("0021") and item["lasted_s"] > 0
    spoken = await house.api.get(f"/work/{item['item']}/message")
    assert len(spoken.content) == message.stat().st_size


async def _how_it_ended(house: Centre, last_digits: str) -> list[str]:
    """How that caller's calls ended, once the PBX's books told: they are read at each resync, every half minute."""
    async with asyncio.timeout(BOOKS_READ_S):
        while not (found := [row for row in await records(house) if row["caller"].endswith(last_digits)]):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    return [row["how"] for row in found]


async def _message(house: Centre) -> Path:
    """The message being recorded, once its file has grown."""
    async with asyncio.timeout(SERVED_ALONE_S):
        while True:
            files = [file for file in (house.settings.home / "messages").glob("*.wav") if file.stat().st_size > 16_000]
            if files:
                return files[0]
            await asyncio.sleep(0.1)
