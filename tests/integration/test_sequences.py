"""Every voice is recorded after a transfer, whether the next phone's RTP sequence numbers rise or fall (asterisk#507).

A recording taken from the caller's channel alone lacks the second agent when (first number of the new phone - last of
the old one) mod 65536 > 32768. Ours takes each voice from its own channel.
"""

from __future__ import annotations

import asyncio

import pytest

from bench.steered_phone import steered_phone, tone
from cti.credentials import load_credentials
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import idle, office, record_of, shared, shown, wait
from tests.integration.talks import does, speak, voices

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST_HZ, SECOND_HZ = 600, 1500
RISING, FALLING, ROUND = (1000, 20000), (20000, 1000), (65500, 300)
"""Where the first agent's and the second agent's numbers begin; ROUND: the second's begin behind the first's wrap."""

building, house = shared(office(2))


async def sits(house: Centre, number: int) -> None:
    """The seat's phone is there, and its agent signs in."""
    await house.until(f"seat/seat-{number:02}", lambda entry: bool(entry["reachable"]))
    answer = await house.api.post(f"/agents/agent-{number:02}/sign-in", json={"seat": f"seat-{number:02}"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("how", ["blind", "consulted"])
@pytest.mark.parametrize("numbers", [RISING, FALLING, ROUND], ids=["rising", "falling", "round"])
async def test_the_second_agents_voice_is_there(house: Centre, numbers: tuple[int, int], how: str) -> None:
    credentials = load_credentials(house.settings.home / "secrets/seats.key")
    seats = [seat.id for seat in house.house.seats]
    accounts = [(credentials.sip_name(seat), credentials.secret(seat), house.settings.ports.sip) for seat in seats]
    async with (
        steered_phone(*accounts[0], tone(FIRST_HZ), first_sequence=numbers[0]) as first,
        steered_phone(*accounts[1], tone(SECOND_HZ), first_sequence=numbers[1]) as second,
    ):
        await sits(house, 1)
        caller = await wait(house)
        await shown(house, caller, "talking")
        await sits(house, 2)
        await speak()
        if how == "consulted":
            await does(house, "agent-01", "consult", agent="agent-02")
            await house.until("seat/seat-02", lambda entry: entry["state"] == "consulting")
            await does(house, "agent-01", "complete")
        else:
            await does(house, "agent-01", "transfer", agent="agent-02")
        async with asyncio.timeout(20):
            await first.ended.wait()
        await house.until("seat/seat-02", lambda entry: entry["state"] == "talking")
        await speak()
        await caller.hang_up()
        async with asyncio.timeout(20):
            await second.ended.wait()
    recorded = await voices(house, (await record_of(house, caller))["call"])
    assert set(recorded) == {"caller", f"{FIRST_HZ} Hz", f"{SECOND_HZ} Hz"}
    assert audio.read(recorded[f"{SECOND_HZ} Hz"]).lasts_s > 1.0
    assert audio.silences(recorded[f"{SECOND_HZ} Hz"], at_least_s=0.3) == [], "from its first word to its last"
    assert audio.dominant_hz(recorded["caller"], -1.2, -0.4) == caller.tone_hz
    await idle(house)
