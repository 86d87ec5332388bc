"""Calls that we make: an agent's own phone first, then the far end over a trunk, on real telephones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from cti.carrier.callee import Callee
from cti.carrier.timeline import boot_s
from tests.integration import audio
from tests.integration.centre import PATIENCE_S, Centre
from tests.integration.mute_carrier import mute_carrier
from tests.integration.office import both_trunks, changed, clear, idle, off_the_floor, office, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBER = "13700000001"
WRITTEN = {"a": f"0{NUMBER}", "b": f"+86{NUMBER}"}
"""The number as each of the two carriers wants it."""
TRUNKS = ({"number_format": "national", "caller_number": "01084000000"}, {"number_format": "e164"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    house = office(2, wrap_up_s=0)
    trunks = [trunk.model_dump() | more for trunk, more in zip(house.trunks, TRUNKS, strict=True)]
    plan = office(2, wrap_up_s=0, trunks=trunks, area_code="10", outbound={"ring_s": 8})
    async with opened(plan, is_audited=True) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    await both_trunks(building)
    yield building
    await clear(building)


async def call(running: Centre, number: str = NUMBER, agent: str = "agent-01", **more: str) -> str:
    """The call's id."""
    answer = await running.api.post(f"/agents/{agent}/call", json={"number": number} | more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["result"])


async def ready(running: Centre, number: str = NUMBER) -> Callee:
    """agent-01 is signed in and picks up at once; whoever has this number does not know yet what to do."""
    await running.sign_in("agent-01", "seat-01")
    phone = await running.carrier.phone("seat-01")
    await phone.will_answer(after_s=0.1)
    callee = await running.carrier.callee(number)
    await callee.will_answer(after_s=0.3)
    callee.timeline.forget()
    return callee


async def record(running: Centre, call_id: str, timeout_s: float = 40.0) -> list[dict[str, Any]]:
    """The whole story of a call that has ended."""
    async with asyncio.timeout(timeout_s):
        while True:
            with contextlib.suppress(httpx.TransportError):  # an engine that was killed has no API
                answer = await running.api.get(f"/calls/{call_id}")
                if answer.status_code == 200 and any(each["event"] == "OutboundEnded" for each in answer.json()):
                    return list(answer.json())
            await asyncio.sleep(0.1)


async def test_the_agents_phone_rings_first_then_the_customers(house: Centre) -> None:
    customer = await ready(house)
    phone = await house.carrier.phone("seat-01")
    call_id = await call(house)
    rang = await phone.ringing()
    assert rang.details["caller"].endswith(NUMBER[-4:])
    invited = await customer.timeline.next("invited")
    assert invited.boot_s > rang.boot_s
    assert invited.details == {"caller": "01084000000", "number": WRITTEN["a"], "trunk": "a"}
    await customer.answered()
    shown = await house.until(f"outbound/{call_id}", lambda entry: entry["state"] == "talking")
    assert (shown["agent"], shown["seat"], shown["trunk"]) == ("agent-01", "seat-01", "a")
    await customer.hang_up()
    await phone.ended()
    ended = [each["fields"] for each in await record(house, call_id) if each["event"] == "OutboundEnded"]
    assert [(each["outcome"], each["trunk"], each["by"]) for each in ended] == [("reached", "a", "caller")]
    await idle(house)
    await off_the_floor(house, "outbound/")


async def outcome(running: Centre, call_id: str) -> tuple[str, list[str]]:
    """How it ended, and the trunks that failed on the way."""
    story = await record(running, call_id)
    ended = [each["fields"] for each in story if each["event"] == "OutboundEnded"]
    assert len(ended) == 1, ended
    return ended[0]["outcome"], [each["fields"]["trunk"] for each in story if each["event"] == "TrunkFailed"]


async def test_both_voices_are_recorded_from_their_own_channels(house: Centre) -> None:
    customer = await ready(house)
    phone = await house.carrier.phone("seat-01")
    call_id = await call(house)
    await customer.answered()
    await asyncio.sleep(2.0)  # the talk
    await phone.hang_up()
    await customer.ended()
    assert await outcome(house, call_id) == ("reached", [])
    found = sorted((house.settings.home / "recordings").rglob(f"{call_id}-*.wav"))
    voices = [file for file in found if not file.stem.endswith("-pad")]
    assert [file.name.removeprefix(call_id).partition("-")[2].partition("-")[0] for file in voices] == [
        "agent",
        "caller.wav",
    ]
    pitches = [audio.dominant_hz(file) for file in voices]
    assert pitches == pytest.approx([phone.tone_hz, customer.tone_hz], abs=10)


@pytest.mark.parametrize("how", ["busy", "declined", "no_answer"])
async def test_the_called_ones_own_no_tries_no_other_trunk(house: Centre, how: str) -> None:
    customer = await ready(house)
    before = len(customer.timeline.facts)
    if how == "no_answer":
        await customer.will_ignore()
    else:
        await customer.will_reject(decline=how == "declined")
    call_id = await call(house)
    assert await outcome(house, call_id) == (how, [])
    invited = [fact.name for fact in customer.timeline.facts[before:] if fact.name == "invited"]
    assert invited == ["invited"]


async def test_a_trunk_that_says_503_is_followed_by_the_other_at_once(house: Centre) -> None:
    customer = await ready(house)
    await customer.will_fail()
    call_id = await call(house)
    first = await customer.timeline.next("invited")
    second = await customer.timeline.next("invited")
    assert {fact.details["trunk"]: fact.details["number"] for fact in (first, second)} == WRITTEN
    assert second.boot_s - first.boot_s < 1.0
    await customer.answered()
    await customer.hang_up()
    assert await outcome(house, call_id) == ("reached", [first.details["trunk"]])
    async with asyncio.timeout(PATIENCE_S):
        while not (told := await told_of(house, first.details["trunk"]))["failures"]:  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.1)
    failed = told["failures"][0]
    assert (failed["call"], failed["why"], failed["cause"], failed["sip_status"]) == (call_id, "CONGESTION", 34, 503)
    assert told["reachable"] and 0 < told["round_trip_ms"] < 3000


async def told_of(running: Centre, trunk: str) -> dict[str, Any]:
    """What GET /trunks says of it."""
    return dict(next(each for each in await running.get("/trunks") if each["id"] == trunk))


async def test_early_media_for_ever_is_followed_by_the_other_trunk_within_four_seconds(house: Centre) -> None:
    customer = await ready(house)
    await customer.will_sound()
    call_id = await call(house)
    first = await customer.timeline.next("invited")
    crossing = [await customer.timeline.next("cancelled", "invited") for _ in range(2)]  # on their way at once
    gone, second = sorted(crossing, key=lambda fact: fact.name)
    assert (gone.name, gone.details.get("caller")) == ("cancelled", first.details["caller"])
    assert {fact.details["trunk"]: fact.details["number"] for fact in (first, second)} == WRITTEN
    assert max(gone.boot_s, second.boot_s) < first.boot_s + 4.0
    await customer.answered()
    await customer.hang_up()
    assert await outcome(house, call_id) == ("reached", [first.details["trunk"]])


async def test_a_trunk_that_is_slow_to_ring_is_waited_for(house: Centre) -> None:
    """100 Trying, and the ringing only after four seconds: that is a telephone network, not a fault."""
    customer = await ready(house)
    await customer.will_try()
    call_id = await call(house)
    await customer.timeline.next("invited")
    with pytest.raises(TimeoutError):
        await customer.timeline.next("cancelled", timeout_s=4.5)
    await customer.answer()
    await customer.answered()
    await customer.hang_up()
    assert await outcome(house, call_id) == ("reached", [])


async def test_a_mute_trunk_is_followed_by_the_other_within_four_seconds(house: Centre) -> None:
    mute = {"id": "mute", "name": "M", "host": "127.0.0.4", "port": 0}
    trunks = [mute, *(trunk.model_dump(mode="json") for trunk in house.house.trunks)]
    async with mute_carrier("127.0.0.4", house.settings.ports.carrier_sip) as silent, changed(house, trunks=trunks):
        await house.until("lines", lambda lines: "mute" in lines["by_trunk"])
        await both_trunks(house)
        customer = await ready(house)
        call_id = await call(house)
        async with asyncio.timeout(5):
            while not silent.calls:  # noqa: ASYNC110 - a datagram tells nobody
                await asyncio.sleep(0.01)
        began_s = boot_s()
        invited = await customer.timeline.next("invited")
        assert invited.boot_s - began_s < 4.0
        await customer.answered()
        assert len(silent.calls) == 1
        await customer.hang_up()
        assert await outcome(house, call_id) == ("reached", ["mute"])
