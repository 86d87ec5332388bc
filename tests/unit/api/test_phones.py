"""The browser phone's password: for the agent who sits there."""

from __future__ import annotations

from api.rights import Role
from tests.unit.doors import Doors, client_of
from tests.unit.floor import AGENT, APPLIED, SEAT, board_after, signed_in


async def test_whoever_sits_there_is_given_one_and_nobody_else() -> None:
    doors = Doors()
    await doors.show(board_after((0, APPLIED), (1, signed_in())))
    answers = {}
    for name, role in ((AGENT, Role.AGENT), ("agent-02", Role.AGENT), ("lead", Role.LEADER)):
        await doors.add_person(name, role)
        async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(name)}") as client:
            answers[name] = await client.post(f"/agents/{AGENT}/phone")
    assert {name: answer.status_code for name, answer in answers.items()} == {AGENT: 201, "agent-02": 403, "lead": 403}
    given = answers[AGENT].json()
    assert (given["seat"], given["username"], given["socket"]) == (SEAT, f"{SEAT}-web", "ws://127.0.0.1:20004/ws")


async def test_who_is_not_signed_in_has_no_phone() -> None:
    async with client_of(Doors()) as client:
        assert (await client.post(f"/agents/{AGENT}/phone")).status_code == 409
