"""A screen on the wall: nobody types a login there, and what it holds opens the wallboard and nothing else."""

from __future__ import annotations

import pytest

from api.rights import Role
from tests.unit.doors import ORIGIN, Doors, client_of

DISPLAY = "/sessions/display"


async def screens_token(doors: Doors, scope: str = "see_wall") -> str:
    await doors.add_person("screens", Role.INTEGRATION)
    return await doors.people.add_token(f"hall-{len(scope)}-north-wall", "screens", scope, doors.now(), DAY)


DAY = Doors().options.session_lasts


async def test_a_screens_token_opens_the_wallboard_and_nothing_else_until_it_is_revoked() -> None:
    doors = Doors()
    token = await screens_token(doors)
    async with client_of(doors, admin=False, Origin=ORIGIN) as screen:
        made = await screen.post(DISPLAY, json={"token": token})
        assert (made.status_code, made.json()["rights"]) == (201, ["see_wall"])
        assert "HttpOnly" in made.headers["set-cookie"] and "SameSite=strict" in made.headers["set-cookie"]
        assert (await screen.get("/sessions/current")).json()["rights"] == ["see_wall"]
        for path in ("/live", "/agents", "/calls", "/house", "/stats", "/users", "/recordings"):
            assert (await screen.get(path)).status_code == 403, path
        assert (await screen.post("/tokens", json={})).status_code == 403
        await doors.people.revoke_token("hall-8-north-wall")
        assert (await screen.get("/sessions/current")).status_code == 401


@pytest.mark.parametrize("scope", ["see_wall see_floor", "see_floor", "all", ""])
async def test_a_token_that_may_do_more_never_lies_in_a_browser(scope: str) -> None:
    doors = Doors()
    token = await screens_token(doors, scope)
    async with client_of(doors, admin=False, Origin=ORIGIN) as screen:
        assert (await screen.post(DISPLAY, json={"token": token})).status_code == 401
        screen.cookies.set(doors.options.display_cookie, token)
        assert (await screen.get("/sessions/current")).status_code == 401


async def test_other_pages_cannot_hang_up_a_screen_and_guesses_are_slowed() -> None:
    doors = Doors()
    token = await screens_token(doors)
    async with client_of(doors, admin=False, Origin="http://evil.test") as other:
        assert (await other.post(DISPLAY, json={"token": token})).status_code == 403
    async with client_of(doors, admin=False, Origin=ORIGIN) as screen:
        answers = [(await screen.post(DISPLAY, json={"token": "x" * 43})).status_code for _ in range(60)]
        assert answers[0] == 401 and answers[-1] == 429
