"""Screen pops on a real Asterisk: a window learns of the call before the phone rings, and may be waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from cti.carrier.timeline import boot_s
from tests.integration.centre import PATIENCE_S, Centre
from tests.integration.office import ask, office, shared
from tests.integration.sip_phone import register_over

pytestmark = pytest.mark.asyncio(loop_scope="module")
building, house = shared(office(2, desk={"ring_after_pop": True, "pop_within_s": 2.0}))


class Window:
    """A window of an agent's browser: the pops it was sent, each with the moment it came."""

    def __init__(self, client: ClientConnection) -> None:
        self._client = client
        self.came: list[tuple[float, dict[str, Any] | None]] = []

    async def until(self, wanted: Callable[[dict[str, Any] | None], bool]) -> tuple[float, dict[str, Any]]:
        """The first pop from now on that is as wanted."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = json.loads(await self._client.recv())
                if "pop" in frame:
                    self.came.append((boot_s(), frame["pop"]))
                    if wanted(frame["pop"]):
                        return boot_s(), frame["pop"] or {}


@asynccontextmanager
async def window(house: Centre, agent: str) -> AsyncIterator[Window]:
    wish = {"name": f"window-{agent}", "user": agent, "rights": ["see_floor", "see_numbers", "serve"]}
    token = (await house.api.post("/tokens", json=wish)).json()["token"]
    try:
        headers = {"Authorization": f"Bearer {token}"}
        async with connect(
            f"ws://127.0.0.1:{house.settings.ports.api}/api/v1/live", additional_headers=headers
        ) as client:
            await client.send('{"subscribe": ["pops"]}')
            yield Window(client)
    finally:
        await house.api.delete(f"/tokens/window-{agent}")


async def shows(house: Centre, agent: str, pop: str, desktop: str) -> int:
    answer = await house.api.put(f"/agents/{agent}/pop", json={"pop": pop, "desktop": desktop})
    return answer.status_code


async def test_the_phone_rings_when_a_window_shows_the_call_and_the_talk_is_there_after_a_reload(house: Centre) -> None:
    await house.api.post("/users", json={"name": "agent-01", "role": "agent"})
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(after_s=0.5, talk_s=60.0)
    await house.sign_in("agent-01", "seat-01")
    async with window(house, "agent-01") as first:
        await first.until(lambda pop: pop is None)
        customer = {"name": "王小明", "numbers": ["13912345678"], "tags": ["gold"]}
        assert (await house.api.post("/customers", json=customer)).status_code == 201
        caller = await house.carrier.dial("95001", "13912345678")
        await caller.answered()
        await caller.press("1")
        _, pop = await first.until(lambda pop: pop is not None and pop["about"] is not None)
        assert (pop["state"], pop["queue"], pop["hotline"]) == ("offered", "presales", "presales")
        assert (pop["caller"], pop["about"]["customer"]["name"]) == ("+8613912345678", "王小明")
        assert not phone.timeline.all("ringing")
        assert await shows(house, "agent-01", pop["id"], "w1") == 200
        assert await shows(house, "agent-01", pop["id"], "w2") == 409
        assert (await caller.bridged()).details["seat"] == "seat-01"
    async with window(house, "agent-01") as again:
        _, there = await again.until(lambda pop: pop is not None and pop["state"] == "talking")
        assert (there["id"], there["desktop"]) == (pop["id"], "w1")
        note = {"text": "asked for an invoice", "tags": ["urgent"]}
        written = await house.api.put(f"/agents/agent-01/calls/{pop['call']}/note", json=note)
        assert written.status_code == 200, written.text
        _, there = await again.until(lambda pop: pop is not None and pop["note"] is not None)
        assert there["note"] == {**note, "code": ""}
        case = {"kind": "use", "text": "how", "caller": "13912345678", "call": pop["call"], "owner": "agent-01"}
        number = (await house.api.post("/cases", json=case)).json()["result"]
        assert (await house.api.post("/agents/agent-01/hang-up")).status_code == 200
        await caller.ended()
        await again.until(lambda pop: pop is None)
    assert (await in_the_database(house, f"/cases/{number}"))["owner"] == "agent-01"
    assert (await in_the_database(house, f"/calls/{pop['call']}/notes"))[0]["text"] == note["text"]


async def in_the_database(house: Centre, path: str) -> Any:
    """The resource, as soon as the journal has brought it there."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await house.api.get(path)).is_success or not found.json():  # noqa: ASYNC110 - as it comes
            await asyncio.sleep(0.1)
    return found.json()


async def test_an_agent_whose_window_says_nothing_loses_the_call_to_the_next(house: Centre) -> None:
    await house.api.post("/users", json={"name": "agent-02", "role": "agent"})
    phone = await house.carrier.phone("seat-02")
    await phone.will_answer(after_s=0.2, talk_s=1.0)
    await house.sign_in("agent-01", "seat-01")
    await house.sign_in("agent-02", "seat-02")
    async with window(house, "agent-02") as second:
        caller = await ask(house, "1")
        _, pop = await second.until(lambda pop: pop is not None)
        assert await shows(house, "agent-02", pop["id"], "w1") == 200
        assert (await caller.bridged()).details["seat"] == "seat-02"
        await caller.ended()


async def test_a_browser_phones_password_ends_with_the_next_and_with_the_sign_out(house: Centre) -> None:
    await house.api.post("/agents/agent-01/sign-in", json={"seat": "seat-01"})
    first = (await house.api.post("/agents/agent-01/phone")).json()
    assert await registers(house, first) == 200
    second = (await house.api.post("/agents/agent-01/phone")).json()
    assert (await registers(house, first), await registers(house, second)) == (401, 200)
    await house.api.post("/agents/agent-01/sign-out")
    async with asyncio.timeout(PATIENCE_S):
        while await registers(house, second) != 401:  # noqa: ASYNC110 - the PBX is told after the sign-out
            await asyncio.sleep(0.2)


async def registers(house: Centre, phone: dict[str, str]) -> int:
    return await register_over(phone["socket"], house.settings.ports.sip, phone["username"], phone["password"])
