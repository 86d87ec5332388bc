"""A stranger who guesses is refused by a real Asterisk, without root, while talks go on and carriers stay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from app.settings import Settings
from core.ids import SeatId
from cti.carrier.timeline import boot_s
from cti.credentials import load_credentials
from tests.integration.centre import Centre
from tests.integration.office import both_trunks, dial, office, shared, thirdring, wait
from tests.integration.sip_attacker import sip_attacker
from tests.integration.survival import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHALLENGED, REFUSED = 401, 403
BANNED_WITHIN_S = 10.0
"""From the first wrong name to the first refusal (security, 7); most of it is the second at which the log is read."""
STRANGER, CARRIER, OTHER, EARLIER = "127.0.0.66", "127.0.0.2", "127.0.0.67", "127.0.0.68"


@asynccontextmanager
async def loopback_may_be_banned(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    yield {"THIRDRING_NEVER_BANNED": "127.0.0.1/32", "THIRDRING_BAN_AFTER": "5"}


building, house = shared(office(1), around=loopback_may_be_banned)


async def answer(port: int, address: str, user: str = "nobody") -> int:
    async with sip_attacker(port, user, "guess", address=address) as somebody:
        return await somebody.ask("REGISTER", "")


async def banned_after_s(port: int, address: str) -> float:
    began_boot_s = boot_s()

    async def refused() -> bool:
        return await answer(port, address) == REFUSED

    await until(refused, f"{address} is not banned")
    return boot_s() - began_boot_s


async def test_who_guesses_is_refused_by_the_pbx_and_nobody_else_is(house: Centre) -> None:
    port = house.settings.ports.sip
    name = load_credentials(house.settings.home / "secrets/seats.key").sip_name(SeatId("seat-01"))
    await both_trunks(house)
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.05)
    await house.sign_in("agent-01", "seat-01")
    talking = await wait(house)
    await talking.bridged()
    for _ in range(8):  # read before the stranger's, so what came of them is known when the stranger is banned
        assert await answer(port, CARRIER, name) == CHALLENGED

    for stranger in (
        EARLIER,
        STRANGER,
    ):  # the second comes when the log has just been read, so the wait is the whole one
        assert await banned_after_s(port, stranger) < BANNED_WITHIN_S
    assert (await house.api.delete(f"/bans/{EARLIER}")).status_code == 204
    (ban,) = await house.get("/bans")
    assert (ban["address"], ban["by"]) == (STRANGER, "thirdring")
    assert ban["until_utc_s"] > ban["since_utc_s"]
    rows = (await house.get(f"/audit?about={STRANGER}"))["rows"]
    assert [(row["what"], row["by"], row["address"]) for row in rows] == [("POST /bans", "thirdring", STRANGER)]

    async def told() -> bool:
        alarms = (await house.get("/live"))["snapshot"]["alarms"]["last"]
        return [alarm["name"] for alarm in alarms if STRANGER in alarm["text"]] == ["address_banned"]

    await until(told, "no alarm tells of the ban")
    sixth = await house.api.post("/bans", json={"address": "2001:db8::66"})  # one wrong line, and Asterisk refuses all
    assert sixth.status_code == 201, sixth.text
    assert await answer(port, OTHER) == CHALLENGED
    assert await answer(port, STRANGER) == REFUSED
    assert not talking.over
    another = await dial(house)  # over the carrier
    await another.answered()
    assert (await thirdring(house, "bans", "lift", STRANGER))[0] == 0
    assert await answer(port, STRANGER) == CHALLENGED
    assert [each["address"] for each in await house.get("/bans")] == ["2001:db8::66"]
    refusal = await house.api.post("/bans", json={"address": CARRIER})
    assert (refusal.status_code, "carrier" in refusal.json()["detail"]) == (409, True)
    for caller in (talking, another):
        await caller.hang_up()
