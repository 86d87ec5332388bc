"""Keys of the first moment, pressed before the engine can have the line: each is heard, and heard once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.centre import BRIEF, Centre
from tests.integration.office import clear, happened, office, opened
from tests.integration.raw_caller import raw_caller
from tests.integration.rtp_keys import rtp_keys

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRUNK = "127.0.0.2"
ANSWER_WAITS_S = 0.6
"""A little more than Asterisk waits for a first voice packet (main/channel.c)."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    async with opened(office(1), BRIEF) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


@pytest.mark.parametrize("speaks", [False, True], ids=["silent", "speaking"])
async def test_a_key_that_comes_before_the_engine_has_the_line_is_heard_once(house: Centre, speaks: bool) -> None:
    """The engine is busy for a moment, and finds the key and the line together.

    A caller without a voice keeps Answer() waiting for it, which reads the key and puts it back, to be read again.
    7 is no choice, so it is a failed try; heard twice, it would be two, and lead to presales. Lost, it would be none.
    """
    for number in range(3):
        caller = f"<sip:139000{speaks:d}000{number:02}@{TRUNK}>"
        async with rtp_keys(TRUNK) as keys, raw_caller(TRUNK, house.settings.ports.sip) as raw:
            with _busy(house.engine_pid()):
                assert await raw.invite("95001", caller, media_port=keys.port) == 200
                keys.to_port = raw.media_port
                if speaks:
                    await keys.speak(0.1)
                await keys.press("7")
                await asyncio.sleep(ANSWER_WAITS_S)
            entry = await _shown(house, f"00{number:02}", "menu")
            await keys.press("2")
            assert (await _shown(house, f"00{number:02}", "waiting"))["queue"] == "after-sales"
            raw.hang_up("95001", caller)
        assert await _chosen(house, entry["id"]) == ["7", "2"]


@contextmanager
def _busy(engine: int) -> Iterator[None]:
    """It does nothing; the watchdog bears that for three seconds."""
    os.kill(engine, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(engine, signal.SIGCONT)


async def _shown(running: Centre, last_digits: str, state: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            board = (await running.get("/live"))["snapshot"]
            for key, entry in board.items():
                if key.startswith("call/") and entry["caller"].endswith(last_digits) and entry["state"] == state:
                    return dict(entry)
            await asyncio.sleep(0.05)


async def _chosen(running: Centre, call: str) -> list[str]:
    """The keys of this call, once it has ended."""
    async with asyncio.timeout(30):
        while True:
            story = list(await running.get(f"/calls/{call}"))
            if happened(story, "CallEnded"):
                return [choice["key"] for choice in happened(story, "MenuChosen")]
            await asyncio.sleep(0.1)
