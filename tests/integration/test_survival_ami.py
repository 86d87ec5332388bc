"""AMI is cut, mute, dribbles, or tells all twice: it is noticed, calls under way go on, nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from app.current_house import last_known_house
from app.pbx_files import pbx_layout, write_pbx_files
from app.settings import Settings, variable
from bench.bad_network import BadNetwork, Mood
from cti.ami import PING_DEADLINE_S, PING_EVERY_S
from cti.carrier.phone import Phone
from cti.credentials import load_credentials
from cti.pbx.process import PbxProcess
from tests.integration.audited import agree
from tests.integration.centre import Centre
from tests.integration.office import record_of
from tests.integration.survival import floor_empty, in_line, records, seat_taken, survivors
from tests.integration.test_voice_logger import settled

NOTICED_S = 3 * PING_EVERY_S + PING_DEADLINE_S
BACK_S = 10.0
SPEAKS_S = 2.0
PROXY_PORT = 50
"""Offset of a port of our block that no part of the product uses."""


@pytest.mark.timeout(200)
async def test_a_bad_network_to_ami_costs_no_call() -> None:
    networks: list[BadNetwork] = []

    @asynccontextmanager
    async def remote_pbx(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
        """The PBX runs by itself; the engine reaches it as a remote one, over our network."""
        network = BadNetwork(settings.port_base + PROXY_PORT, settings.ports.ami)
        networks.append(network)
        credentials = load_credentials(settings.home / "secrets/seats.key")
        secret = settings.home / "secrets/ami"
        secret.write_text(credentials.ami_secret)
        secret.chmod(0o600)
        there = {"pbx_host": "127.0.0.1", "pbx_ami_user": "thirdring", "pbx_ami_secret_file": secret}
        remote = settings.model_copy(update=there | {"pbx_mode": "remote", "pbx_ami_port": settings.ports.ami})
        write_pbx_files(remote, last_known_house(settings), credentials)
        process = PbxProcess(pbx_layout(remote))
        await process.start()
        try:
            async with network.listening():
                over = there | {"pbx_mode": "remote", "pbx_ami_port": settings.port_base + PROXY_PORT}
                yield {variable(key): str(value) for key, value in over.items()}
        finally:
            await process.stop()

    async with survivors(around=remote_pbx) as house:
        (network,) = networks
        phone = await seat_taken(house, "seat-01")
        talking = await house.carrier.dial("95003", "13800000001")
        await talking.bridged(20)
        callers = [await in_line(house, f"1380000001{number}") for number in range(3)]

        connections = network.accepted
        network.reset()
        await _sees_the_pbx(house)
        assert network.accepted > connections
        await phone.hang_up()
        await callers[0].bridged(15)

        for mood, caller in ((Mood.MUTE, callers[1]), (Mood.DRIBBLING, callers[2])):
            network.mood = mood
            await house.until("pbx/a", lambda entry: entry["up"] is False, NOTICED_S)
            await phone.hang_up()  # nobody can see it
            network.mood = Mood.FAIR
            await _sees_the_pbx(house)
            await caller.bridged(15)
        await phone.hang_up()
        await floor_empty(house)
        await _a_whole_talk_unseen(house, network, phone)
        network.mood = Mood.DOUBLING
        first = await house.carrier.dial("95003", "13800000021")
        await first.bridged(20)
        second = await in_line(house, "13800000022")
        await phone.hang_up()
        await second.bridged(15)
        await phone.hang_up()
        await floor_empty(house)
        assert len(phone.timeline.all("invited")) == 7
        assert len(phone.timeline.all("answered")) == 7
        told = [row["how"] for row in await records(house)]
        assert len(told) == 7 and sorted(set(told)) in (["agent", "fallback"], ["agent", "caller", "fallback"])
        assert told.count("fallback") == 1


async def _a_whole_talk_unseen(house: Centre, network: BadNetwork, phone: Phone) -> None:
    """It begins and ends while AMI is mute: the caller was answered, and both voices are kept."""
    await phone.will_ignore()
    rung = len(phone.timeline.all("ringing"))
    caller = await house.carrier.dial("95003", "13800000031")
    await phone.timeline.nth("ringing", rung, 15)
    network.mood = Mood.MUTE
    await house.until("pbx/a", lambda entry: entry["up"] is False, NOTICED_S)
    await phone.answer()
    await caller.bridged(15)
    await asyncio.sleep(SPEAKS_S)
    await caller.hang_up()
    network.mood = Mood.FAIR
    await _sees_the_pbx(house)
    await floor_empty(house)
    record = await record_of(house, caller)
    assert (record["how"], record["agent"]) == ("fallback", "agent-01")
    (voice,) = await settled(house, record["call"])
    assert voice["state"] == "finished" and voice["lasted_s"] == pytest.approx(SPEAKS_S, abs=1.0)
    await phone.will_answer(after_s=0.3)


async def _sees_the_pbx(house: Centre) -> None:
    await house.until("pbx/a", lambda entry: entry["up"] is True, BACK_S)
    await agree(house)
