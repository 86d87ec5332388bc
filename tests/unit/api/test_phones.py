"""The browser phone's password: for the agent who sits there."""

from __future__ import annotations

from api.rights import Role
from tests.unit.doors import Doors, client_of
from tests.unit.floor import AGENT, APPLIED, SEAT, board_after, signed_in


async def test_whoever_sits_there_is_given_one_and_nobody_else() -> None:
    doors = Doors()
    await doors.show(board_after((0, APPLIED), (1, signed_in())))
    answers = {}
    others = ((name.value, name) for name in (Role.LEADER, Role.SUPERVISOR, Role.INTEGRATION))
    for name, role in ((AGENT, Role.AGENT), ("agent-02", Role.AGENT), *others):
        await doors.add_person(name, role)
        async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(name)}") as client:
            answers[name] = await client.post(f"/agents/{AGENT}/phone")
    assert {name for name, answer in answers.items() if answer.status_code == 201} == {AGENT}
    assert {answer.status_code for answer in answers.values()} == {201, 403}
    given = answers[AGENT].json()
    assert (given["seat"], given["username"], given["socket"]) == (SEAT, f"{SEAT}-web", "ws://127.0.0.1:20004/ws")


async def test_whoever_manages_people_can_have_it_and_the_audit_says_so() -> None:
    doors = Doors()
    await doors.show(board_after((0, APPLIED), (1, signed_in())))
    async with client_of(doors) as client:
        assert (await client.post(f"/agents/{AGENT}/phone")).status_code == 201
        row = (await client.get("/audit")).json()["rows"][0]
    assert (row["what"], row["about"], row["by"], row["status"]) == ("POST /agents/{agent}/phone", AGENT, "admin", 201)


async def test_who_is_not_signed_in_has_no_phone() -> None:
    async with client_of(Doors()) as client:
        assert (await client.post(f"/agents/{AGENT}/phone")).status_code == 409
