"""Leaders and supervisors on real telephones: take a call over, move it, hurry it, close a queue while callers wait."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration import audio
from tests.integration.centre import BRIEF, PATIENCE_S, Centre
from tests.integration.office import (
    ask,
    both_trunks,
    happened,
    office,
    record_of,
    shared,
    shown,
    story_of,
    wait,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOSED_S = 10.0
CUSTOMER = "13700000061"
CLOSED_HZ, OPEN_AGAIN_HZ, GOODBYE_HZ, FAULT_HZ = 3300.0, 2300.0, 2600.0, 1900.0
TONES = {
    "closed-now": CLOSED_HZ, "open-again": OPEN_AGAIN_HZ, "queue-closed": GOODBYE_HZ, "fault-now": FAULT_HZ
}  # fmt: skip
FAULT = {"id": "fault", "name": {"en": "Technical fault"}, "flow": "closed-fault"}

building, house = shared(
    office(2, callbacks={"start": "00:00:00", "end": "23:59:59"}, closing_messages=[FAULT]),
    {**BRIEF, **{("zh-CN", prompt): tone for prompt, tone in TONES.items()}},
)


async def does(house: Centre, path: str, **body: Any) -> None:
    answer = await house.api.post(path, json=body)
    assert answer.status_code == 200, answer.text


async def test_a_talk_is_taken_over(house: Centre) -> None:
    first, second = [await house.carrier.phone(f"seat-0{n}") for n in (1, 2)]
    await first.will_answer(0.1)
    await second.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    call = (await shown(house, caller, "talking"))["id"]
    await house.sign_in("agent-02", "seat-02")
    await does(house, f"/calls/{call}/take-over", agent="agent-02")
    await first.ended()
    await house.until(f"call/{call}", lambda entry: (entry["state"], entry["seat"]) == ("talking", "seat-02"))
    await caller.hang_up()
    assert [given["how"] for given in happened(await story_of(house, caller), "CallTransferred")] == ["taken_over"]
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []


async def test_a_waiting_call_is_moved_and_another_hurried(house: Centre) -> None:
    early, late = await wait(house), await wait(house, "3")
    ids = [(await shown(house, caller, "waiting"))["id"] for caller in (early, late)]
    await does(house, f"/calls/{ids[0]}/move", queue="complaints")
    await house.until(f"call/{ids[0]}", lambda entry: entry["queue"] == "complaints")
    await does(house, f"/calls/{ids[1]}/priority", priority=5)
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    await late.bridged()
    assert not early.timeline.all("bridged")
    await early.hang_up()
    row = await record_of(house, early)
    assert (row["queue"], row["how"]) == ("complaints", "abandoned")


async def test_a_closed_queue_tells_who_waits_and_who_comes_and_lets_talks_go_on(house: Centre) -> None:
    """Who would be called back is called when the queue opens by itself; who asks for a person hears that there is
    none; who just listens hears when that will be."""
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    talking = await wait(house)
    await shown(house, talking, "talking")
    customer = await house.carrier.callee(CUSTOMER)
    await both_trunks(house)
    waiting = await wait(house, caller=CUSTOMER)
    await does(house, "/queues/presales/close", until=(datetime.now(UTC) + timedelta(seconds=CLOSED_S)).isoformat())
    await house.until("closed", lambda queues: "presales" in queues)
    listening, insisting = await ask(house), await ask(house)
    await shown(house, waiting, "leaving")
    await waiting.press("1")  # the closing is cut short, then the time
    await waiting.press("1")
    await waiting.press("1")
    await waiting.press("1")
    await shown(house, insisting, "leaving")
    await insisting.press("0")
    await insisting.ended()
    await waiting.ended()
    assert not talking.over
    await house.until("closed", lambda queues: "presales" not in queues, timeout_s=CLOSED_S + 20)
    await talking.hang_up()
    await customer.answered(20)
    await customer.hang_up()
    await listening.hang_up()
    assert audio.order_of(await listening.heard(), (CLOSED_HZ, OPEN_AGAIN_HZ))[-2:] == [CLOSED_HZ, OPEN_AGAIN_HZ]
    assert audio.order_of(await insisting.heard(), (CLOSED_HZ, GOODBYE_HZ))[-1] == GOODBYE_HZ
    async with asyncio.timeout(PATIENCE_S):
        while (await record_of(house, waiting))["how"] != "reached":  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.1)
    how = [(await record_of(house, caller))["how"] for caller in (listening, insisting)]
    assert how == ["closed", "closed"]
    again = await wait(house)
    await again.bridged(20)


async def test_a_queue_may_be_closed_towards_another(house: Centre) -> None:
    waiting = await wait(house)
    call = (await shown(house, waiting))["id"]
    await does(house, "/queues/presales/close", to="complaints")
    try:
        await house.until(f"call/{call}", lambda entry: entry["queue"] == "complaints")
    finally:
        await does(house, "/queues/presales/open")
    await waiting.hang_up()
    assert [moved["why"] for moved in happened(await story_of(house, waiting), "CallMoved")] == ["closed"]


async def test_the_chosen_closing_message_is_heard_before_the_usual_one(house: Centre) -> None:
    await does(house, "/queues/presales/close", message="fault")
    try:
        told = await ask(house)
        call = (await shown(house, told, "leaving"))["id"]
        async with asyncio.timeout(PATIENCE_S):
            while not any(node["node_name"].endswith("/closed") for node in await visited(house, call)):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    finally:
        await does(house, "/queues/presales/open")
    await told.hang_up()
    assert audio.order_of(await told.heard(), (FAULT_HZ, CLOSED_HZ)) == [FAULT_HZ, CLOSED_HZ]


async def visited(house: Centre, call: str) -> list[dict[str, Any]]:
    """The nodes of flows that this call has left so far."""
    return happened(await house.get(f"/calls/{call}"), "MenuNodeVisited")


async def test_what_makes_no_sense_is_refused(house: Centre) -> None:
    for path, body in (
        ("/queues/presales/close", {"to": "presales"}),
        ("/queues/presales/close", {"to": "nowhere"}),
        ("/queues/presales/close", {"message": "nothing"}),
        ("/queues/presales/close", {"message": "fault", "to": "complaints"}),
        ("/queues/presales/open", {}),
        ("/calls/a-1.1/move", {"queue": "complaints"}),
        ("/calls/a-1.1/priority", {"priority": 3}),
    ):
        assert (await house.api.post(path, json=body)).status_code == 409, path
    assert (await house.api.post("/calls/a-1.1/priority", json={"priority": 12})).status_code == 422
