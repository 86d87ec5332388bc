"""Listening over a WebSocket on a real server: who gets in, what comes, and what ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api import clients
from api.rights import Role
from core.ids import CallId
from core.inputs import Listen, Requested, StopListening
from cti.two_sides import Frame
from tests.integration.api.test_live_websocket import serving
from tests.unit.api.test_teams import house_of_teams
from tests.unit.doors import ORIGIN, Doors, Hearing

CALL, LISTENING = CallId("a-1795000000.17"), "li-7"
FRAME = Frame(0, -20.0, -30.0, 1, bytes(640))


@asynccontextmanager
async def desk(role: Role = Role.LEADER) -> AsyncIterator[tuple[Doors, str, Hearing]]:
    """An engine that grants everything, and somebody's session."""
    doors = Doors(result=LISTENING)
    hearing = doors.ears.hearings[LISTENING] = Hearing(CALL)
    await doors.add_person("somebody", role)
    yield doors, await doors.session_of("somebody"), hearing


def dial(port: int, session: str, origin: str | None = ORIGIN, call: str = CALL) -> connect:
    headers, url = {"Cookie": f"thirdring={session}"}, f"ws://127.0.0.1:{port}/api/v1/calls/{call}/listen"
    return connect(url, additional_headers=headers, origin=origin, compression=None)  # type: ignore[arg-type]


async def until_closed(client: ClientConnection) -> tuple[list[Any], int | None]:
    """Everything that comes, and the close code."""
    came: list[Any] = []
    try:
        async with asyncio.timeout(20):
            while True:
                message = await client.recv()
                came.append(message if isinstance(message, bytes) else json.loads(message))
    except ConnectionClosed as closed:
        return came, closed.rcvd.code if closed.rcvd else None


def asked(doors: Doors) -> list[Any]:
    return [fact.request for fact in doors.offered if isinstance(fact, Requested)]


async def stopped(doors: Doors) -> None:
    async with asyncio.timeout(20):
        while StopListening(LISTENING) not in asked(doors):  # type: ignore[arg-type]  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_frames_come_until_it_is_over() -> None:
    async with desk() as (doors, session, hearing), serving(doors) as port, dial(port, session) as client:
        for frame in (FRAME, FRAME, None):
            hearing.frames.put_nowait(frame)
        hearing.over = "talk_over"
        came, code = await until_closed(client)
        await stopped(doors)
    assert came[0]["listening"]["id"] == LISTENING and came[0]["listening"]["call"] == CALL
    assert came[1:] == [FRAME.encoded(), FRAME.encoded(), {"over": {"why": "talk_over"}}]
    assert (code, asked(doors)[0]) == (clients.OVER, Listen(CALL, "127.0.0.1"))


async def test_a_listener_who_goes_stops_it() -> None:
    async with desk() as (doors, session, _), serving(doors) as port:
        async with dial(port, session) as client:
            await client.recv()
        await stopped(doors)


async def test_a_refusal_is_said_in_words() -> None:
    async with desk() as (doors, session, _), serving(doors) as port:
        doors.refusal = "Nobody speaks in this call now."
        async with dial(port, session) as client:
            came, code = await until_closed(client)
    assert (came, code) == ([{"refused": {"why": "Nobody speaks in this call now."}}], clients.REFUSED)
    assert StopListening not in [type(request) for request in asked(doors)]


@pytest.mark.parametrize(("agent", "code"), [("agent-01", clients.OVER), ("agent-02", clients.REFUSED)])
async def test_of_another_teams_talk_a_leader_hears_nothing(agent: str, code: int) -> None:
    async with desk() as (doors, session, hearing), serving(doors) as port:
        doors.house.house = house_of_teams("somebody")
        await doors.board.replace("e", 1, {f"call/{CALL}": {"state": "talking", "agent": agent}})
        hearing.frames.put_nowait(None)
        async with dial(port, session) as client:
            came, closed = await until_closed(client)
    assert closed == code
    assert bool(doors.offered) == (code == clients.OVER)
    if code == clients.REFUSED:
        assert "agent-02 is not of the team" in came[0]["refused"]["why"]


@pytest.mark.parametrize("role", [Role.AGENT, Role.OPERATIONS])
async def test_without_the_right_there_is_no_handshake_and_nothing_is_asked(role: Role) -> None:
    async with desk(role) as (doors, session, _), serving(doors) as port:
        with pytest.raises(InvalidStatus) as refused:
            await dial(port, session)
        assert (refused.value.response.status_code, doors.offered) == (403, [])


@pytest.mark.parametrize("origin", ["http://evil.test", None])
async def test_a_session_listens_from_our_own_page_only(origin: str | None) -> None:
    async with desk() as (doors, session, _), serving(doors) as port:
        with pytest.raises(InvalidStatus):
            await dial(port, session, origin)


async def test_a_name_that_is_none_is_refused() -> None:
    async with desk() as (doors, session, _), serving(doors) as port:
        with pytest.raises(InvalidStatus):
            await dial(port, session, call="a%20b")
        assert doors.offered == []


async def test_a_lost_right_ends_it() -> None:
    async with desk() as (doors, session, _), serving(doors) as port:
        object.__setattr__(doors.options, "heartbeat_s", 0.05)
        async with dial(port, session) as client:
            await client.recv()
            await doors.people.change(doors.people.persons["somebody"], Role.AGENT, False)
            _, code = await until_closed(client)
        await stopped(doors)
    assert code == clients.SIGN_IN_AGAIN
