"""The pop of an agent, over REST."""

from __future__ import annotations

import pytest

from api.rights import Role
from core.ids import OfferId
from core.inputs import Requested, ShowPop
from monitor.pops import Pops
from tests.unit.doors import Doors, client_of
from tests.unit.floor import AGENT, CALL, ENTERED, OFFER, OFFERED, RESERVED, SEAT, journal


async def ringing() -> Doors:
    doors, pops = Doors(), Pops()
    for outcome in journal((0, ENTERED), (1, OFFERED), (2, RESERVED)):
        pops.apply(outcome)
    await doors.pops.replace("e", 1, pops.snapshot())
    return doors


async def test_what_a_desktop_shows() -> None:
    async with client_of(await ringing()) as client:
        shown = (await client.get(f"/agents/{AGENT}/pop")).json()
        none = await client.get("/agents/agent-02/pop")
    assert (shown["id"], shown["call"], shown["seat"], shown["caller"]) == (OFFER, CALL, SEAT, "+8613800001234")
    assert none.status_code == 404


async def test_numbers_are_masked_for_a_token_that_may_not_see_them() -> None:
    doors = await ringing()
    await doors.add_person(AGENT, Role.AGENT)
    token = await doors.people.add_token("narrow", AGENT, "see_floor serve", doors.now(), doors.options.session_lasts)
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        assert (await client.get(f"/agents/{AGENT}/pop")).json()["caller"] == "**********1234"


async def test_a_window_says_that_it_shows_it() -> None:
    doors = await ringing()
    async with client_of(doors) as client:
        body = {"pop": OFFER, "desktop": "w1", "here_instead": True}
        answer = await client.put(f"/agents/{AGENT}/pop", json=body, headers={"Idempotency-Key": "k"})
        assert answer.json() == {"request": "admin:k", "result": ""}
        doors.refusal = "Another window of yours shows this call."
        assert (await client.put(f"/agents/{AGENT}/pop", json=body)).status_code == 409
    assert doors.offered[0] == Requested(answer.json()["request"], "admin", ShowPop(AGENT, OFFER, "w1", True))


@pytest.mark.parametrize(("pop", "desktop"), [("", "w1"), ("a b", "w1"), (OFFER, ""), (OFFER, "w" * 65), ("x/y", "w")])
async def test_wrong_input_is_told(pop: OfferId, desktop: str) -> None:
    async with client_of(Doors()) as client:
        answer = await client.put(f"/agents/{AGENT}/pop", json={"pop": pop, "desktop": desktop})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 1)
