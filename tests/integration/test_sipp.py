"""The benchmark's callers and phones against a PBX with one queue of Asterisk's own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.settings import read_settings
from bench.sipp import Logged, Sipp, hand_overs_ms, read_log
from cti.pbx.packages import find_program, tool_environment
from cti.pbx.values import PBX_TEMPLATES
from tests.integration.centre import PATIENCE_S
from tests.integration.telephony import SWITCHBOARD, Telephony, telephony

CALLS = 4
QUEUE = "95004"


@pytest.fixture
async def centre() -> AsyncIterator[Telephony]:
    async with telephony(seats=1, templates=(SWITCHBOARD, *PBX_TEMPLATES)) as running:
        yield running


async def reachable(centre: Telephony, sip_name: str) -> None:
    """The phone has answered the PBX's qualify, and its device counts as free; a queue takes nobody in before."""
    async with asyncio.timeout(PATIENCE_S):
        while "Not in use" not in await endpoint(centre, sip_name):  # noqa: ASYNC110 - the CLI has no events
            await asyncio.sleep(0.1)


async def endpoint(centre: Telephony, sip_name: str) -> str:
    """Its line of the CLI's list, with the state of the device."""
    lines = (await centre.pbx.order("pjsip show endpoints")).splitlines()
    return next((line for line in lines if line.split()[:2] == ["Endpoint:", sip_name]), "")


async def test_waiting_callers_are_handed_to_the_phone_one_after_another(centre: Telephony, tmp_path: Path) -> None:
    tools = read_settings().home / "tools"
    program = find_program("sipp", tools)
    assert program, "sipp is missing; ./thirdring test brings it"
    first = centre.settings.port_base + 20
    sipp = Sipp(
        str(program),
        {**os.environ, **tool_environment(program, tools)},
        tmp_path,
        f"127.0.0.1:{centre.settings.ports.sip}",
    )
    phones = centre.credentials.phones(centre.house.seats[0].id)
    await sipp.register(phones.sip_name, phones.secret, first)
    phone = await sipp.phone(first, talk_ms=200, media_port=first + 2)
    try:
        await reachable(centre, phones.sip_name)
        callers = await sipp.callers(QUEUE, CALLS, CALLS, first + 1, media_port=first + 10)
        assert await asyncio.wait_for(callers.wait(), 60) == 0
    finally:
        phone.terminate()
        await phone.wait()
    log = read_log(tmp_path / "phone.log")
    assert [line.what for line in log] == ["invite", "free"] * CALLS
    assert len(hand_overs_ms(log)) == CALLS - 1
    assert len(read_log(tmp_path / "caller.log")) == 2 * CALLS


def test_a_hand_over_counts_from_free_to_the_next_invite() -> None:
    log = [Logged("invite", 1.0, "a"), Logged("free", 2.0, "a"), Logged("invite", 2.25, "b"), Logged("free", 3.0, "b")]
    assert hand_overs_ms(log) == [250.0]
