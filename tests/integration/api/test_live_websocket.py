"""The live WebSocket on a real server: snapshot, diffs, resuming, and clients that do not behave."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import select
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api import clients, live_client
from api.phone_windows import PhoneWindows
from api.rights import Role
from api.server import SAID_BYTES, server_of
from core.events import CallTransferred
from core.ids import AgentId
from core.inputs import AgentRequest, Hold
from monitor.pops import Pops
from monitor.wallboard import Wallboard
from tests.unit.doors import ORIGIN, Doors, application
from tests.unit.floor import (
    AGENT,
    APPLIED,
    CALL,
    ENTERED,
    HOTLINE,
    MISSED,
    OFFERED,
    OTHER_AGENT,
    RANG,
    RESERVED,
    SALES,
    SEAT,
    journal,
    small_house,
)


@asynccontextmanager
async def serving(doors: Doors, **parts: Any) -> AsyncIterator[int]:
    """A server on a free loopback port; its number."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = server_of(application(dataclasses.replace(doors.services(), **parts)), "127.0.0.1", 0)
    task = asyncio.create_task(server.serve([listener]), name="server")
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        listener.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most clients here say nothing at first."""
    monkeypatch.setattr(live_client, "GRACE_S", 0.3)


@asynccontextmanager
async def floor() -> AsyncIterator[tuple[Doors, Wallboard, str]]:
    """A floor with one call in the menu, and a leader's session."""
    doors, wallboard = Doors(), Wallboard(small_house())
    await doors.add_person("lead", Role.LEADER)
    for outcome in journal((0, APPLIED), (1, ENTERED)):
        wallboard.apply(outcome)
    await doors.show(wallboard)
    yield doors, wallboard, await doors.session_of("lead")


def dial(port: int, session: str, origin: str | None = ORIGIN, **more: Any) -> connect:
    headers = {"Cookie": f"thirdring={session}"}
    address = f"ws://127.0.0.1:{port}/api/v1/live"
    return connect(address, additional_headers=headers, origin=origin, compression=None, **more)  # type: ignore[arg-type]


async def received(client: ClientConnection) -> dict[str, Any]:
    document = json.loads(await asyncio.wait_for(client.recv(), 5))
    assert isinstance(document, dict)
    return document


async def close_code(client: ClientConnection) -> int | None:
    """Read until the server closes."""
    try:
        async with asyncio.timeout(5):
            while True:
                await client.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


async def test_a_snapshot_and_then_what_changes() -> None:
    async with floor() as (doors, wallboard, session), serving(doors) as port, dial(port, session) as client:
        await client.send("{}")
        first = await received(client)
        assert (first["epoch"], first["sequence"]) == ("epoch-1", 1)
        assert first["snapshot"]["call/node-1.1"]["state"] == "menu"
        wallboard.apply(journal((2, OFFERED))[0])
        await doors.board.publish("epoch-1", 2, wallboard.diff())
        second = await received(client)
        assert (second["sequence"], second["diff"]["call/node-1.1"]["state"]) == (2, "waiting")


@pytest.mark.parametrize(("role", "reads"), [(Role.LEADER, True), (Role.AGENT, False)])
async def test_what_was_written_about_a_call_comes_to_those_who_lead(role: Role, reads: bool) -> None:
    async with floor() as (doors, wallboard, _), serving(doors) as port:
        await doors.add_person("somebody", role)
        given = (CALL, SALES, HOTLINE, SEAT, AGENT, "blind", OTHER_AGENT)
        wallboard.apply(journal((2, CallTransferred(*given, "is angry 4711")))[0])
        await doors.show(wallboard)
        async with dial(port, await doors.session_of("somebody")) as client:
            await client.send("{}")
            first = await received(client)
            wallboard.apply(journal((3, CallTransferred(*given, "has called 4711 times")))[0])
            await doors.board.publish("epoch-1", 2, wallboard.diff())
            second = await received(client)
    assert first["snapshot"]["call/node-1.1"]["state"] == "menu" and "call/node-1.1" in second["diff"]
    assert [("4711" in json.dumps(frame)) for frame in (first, second)] == [reads, reads]


async def test_a_client_that_says_nothing_gets_the_snapshot() -> None:
    async with floor() as (doors, _, session), serving(doors) as port, dial(port, session) as client:
        assert "snapshot" in await received(client)


async def test_resuming_gives_what_was_missed_and_after_a_gap_the_snapshot() -> None:
    async with floor() as (doors, wallboard, session), serving(doors) as port:
        for number in (2, 3):
            wallboard.pulse(200.0 + number, 0.0)
            await doors.board.publish("epoch-1", number, wallboard.diff())
        for place, expected in (
            ({"epoch": "epoch-1", "sequence": 2}, ("diff", 3)),
            ({"epoch": "epoch-0", "sequence": 2}, ("snapshot", 3)),
            ({"epoch": "epoch-1", "sequence": 99}, ("snapshot", 3)),
        ):
            async with dial(port, session) as client:
                await client.send(json.dumps({"resume": place}))
                document = await received(client)
                assert (expected[0] in document, document["sequence"]) == (True, expected[1])


@pytest.mark.parametrize("origin", ["http://evil.test", "null", None])
async def test_another_origin_is_refused_at_the_handshake(origin: str | None) -> None:
    async with floor() as (doors, _, session), serving(doors) as port:
        with pytest.raises(InvalidStatus) as refused:
            await dial(port, session, origin)
        assert refused.value.response.status_code == 403


async def test_without_a_session_there_is_no_handshake_and_a_token_needs_no_origin() -> None:
    async with floor() as (doors, _, _session), serving(doors) as port:
        with pytest.raises(InvalidStatus):
            await dial(port, "nonsense")
        headers = {"Authorization": f"Bearer {await doors.token_of('lead')}"}
        async with connect(f"ws://127.0.0.1:{port}/api/v1/live", additional_headers=headers) as client:
            assert "snapshot" in await received(client)


async def test_an_ended_session_ends_the_connection() -> None:
    async with floor() as (doors, _, session):
        doors.options = dataclasses.replace(doors.options, heartbeat_s=0.05)
        async with serving(doors) as port, dial(port, session) as client:
            while "heartbeat" not in await received(client):
                pass
            await doors.people.close_session(session)
            assert await close_code(client) == clients.SIGN_IN_AGAIN


@pytest.mark.parametrize(("heartbeat_s", "is_over"), [(0.05, True), (60.0, True), (60.0, False)])
async def test_a_talk_goes_on_when_the_session_ends_and_not_when_the_window_dies(
    heartbeat_s: float, is_over: bool
) -> None:
    """We find out, or the page does and closes the connection itself; each shift ends so."""
    asked: list[AgentRequest] = []

    async def refuse(request: AgentRequest) -> bool:
        asked.append(request)
        return False

    async with floor() as (doors, _, session):
        doors.options = dataclasses.replace(doors.options, heartbeat_s=heartbeat_s)
        windows = PhoneWindows(refuse, grace_s=0.05, gone_s=0.1)
        async with serving(doors, windows=windows) as port:
            async with dial(port, session) as client:
                await client.send('{"subscribe": ["floor"]}')
                await received(client)
                await client.send('{"phone": "talking"}')
                await asyncio.sleep(0.1)
                if is_over:
                    await doors.people.close_session(session)
                if heartbeat_s < 1:
                    assert await close_code(client) == clients.SIGN_IN_AGAIN
            await asyncio.sleep(0.3)
    assert asked == ([] if is_over else [Hold(AgentId("lead"), is_lost=True)])


async def test_a_database_that_is_away_does_not_take_the_floor_out_of_sight() -> None:
    async with floor() as (doors, _, session):
        doors.options = dataclasses.replace(doors.options, heartbeat_s=0.05)
        async with serving(doors) as port, dial(port, session) as client:
            assert "snapshot" in await received(client)
            doors.people.away = True
            for _beat in range(3):
                assert "heartbeat" in await received(client)
            doors.people.away = False
            await doors.people.close_session(session)
            assert await close_code(client) == clients.SIGN_IN_AGAIN


@pytest.mark.parametrize(
    "message",
    [
        '{"subscribe": []}',
        '{"subscribe": ["all"]}',
        "{",
        "[]",
        "null",
        '{"x": 1}',
        '{"resume": 1}',
        '{"resume": {"epoch": "e", "sequence": -1}}',
        b"\x00\xff",
    ],
)
@pytest.mark.parametrize("first", ["", "{}"], ids=["at once", "later"])
async def test_wrong_messages_end_the_connection(message: str | bytes, first: str) -> None:
    async with floor() as (doors, _, session), serving(doors) as port, dial(port, session) as client:
        if first:
            await client.send(first)
        await client.send(message)
        assert await close_code(client) == clients.WRONG_MESSAGE


async def test_a_large_message_ends_the_connection() -> None:
    async with floor() as (doors, _, session), serving(doors) as port, dial(port, session) as client:
        await client.send("x" * 5000)
        assert await close_code(client) == 1009


async def test_a_client_that_stops_reading_is_cut_off_and_others_are_not() -> None:
    async with floor() as (doors, wallboard, session):
        doors.options = dataclasses.replace(doors.options, send_timeout_s=0.3)
        async with serving(doors) as port:
            deaf = await raw_client(port, session)
            async with dial(port, session) as client:
                await client.send("{}")
                assert "snapshot" in await received(client)
                busy = [asyncio.create_task(part) for part in (fill(doors, wallboard), read_all(client))]
                assert await asyncio.to_thread(was_cut, deaf)
                assert not any(task.done() for task in busy)
                for task in busy:
                    task.cancel()
                await asyncio.gather(*busy, return_exceptions=True)


async def test_clients_that_stop_reading_cost_no_more_memory_however_much_happens() -> None:
    """Ten of them, not cut off yet, while so much happens that keeping it for each would take 60 MB."""
    async with floor() as (doors, wallboard, session):
        doors.options = dataclasses.replace(doors.options, send_timeout_s=60.0)
        async with serving(doors) as port:
            deaf = [await raw_client(port, session) for _ in range(10)]
            try:
                await asyncio.gather(*map(stopped_reading, deaf))
                tracemalloc.start()
                await happen(doors, wallboard, range(2, 1202))  # the board's own log is full from here on
                before, _ = tracemalloc.get_traced_memory()
                await happen(doors, wallboard, range(1202, 3202))
                after, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
                for client in deaf:
                    client.close()
    assert after - before < 2e6


async def stopped_reading(deaf: socket.socket) -> None:
    """Its first message has come; nobody takes it."""
    async with asyncio.timeout(20):
        while b"snapshot" not in await asyncio.to_thread(deaf.recv, 4096, socket.MSG_PEEK):  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.05)


async def happen(doors: Doors, wallboard: Wallboard, numbers: range) -> None:
    """3 KB each and more, for every client."""
    for number in numbers:
        wallboard.alarm("disk", f"{number:06}" * 500)
        await doors.board.publish("epoch-1", number, wallboard.diff())
        await asyncio.sleep(0)


async def read_all(client: ClientConnection) -> None:
    while True:
        await client.recv()


async def raw_client(port: int, session: str) -> socket.socket:
    """A handshake by hand on a socket with small buffers, which then never reads again."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.to_thread(deaf.connect, ("127.0.0.1", port))
    request = (
        f"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\nOrigin: {ORIGIN}\r\n"
        f"Cookie: thirdring={session}\r\n\r\n"
    )
    deaf.sendall(request.encode())
    return deaf


async def fill(doors: Doors, wallboard: Wallboard) -> None:
    """More than any socket buffer holds, at the pace of the one who reads."""
    for number in range(2, 100_000):
        wallboard.alarm("disk", f"{number}" * 300)
        await doors.board.publish("epoch-1", number, wallboard.diff())
        await asyncio.sleep(0.002)


def was_cut(deaf: socket.socket) -> bool:
    """Wait, without reading, until the kernel says that the connection was reset."""
    poller = select.poll()
    poller.register(deaf, 0)  # POLLERR and POLLHUP are always reported
    events = poller.poll(10_000)
    deaf.close()
    return bool(events)


async def test_a_window_is_sent_its_agents_pop_at_once_and_whenever_it_changes() -> None:
    async with floor() as (doors, _, _session), serving(doors) as port:
        await doors.add_person("agent-01", Role.AGENT)
        pops = Pops()
        for outcome in journal((1, ENTERED), (2, OFFERED), (3, RESERVED)):
            pops.apply(outcome)
        await doors.pops.replace("e", 1, pops.snapshot())
        session = await doors.session_of("agent-01")
        for _reload in range(2):
            async with dial(port, session) as client:
                await client.send('{"subscribe": ["pops"]}')
                pop = (await received(client))["pop"]
                assert (pop["id"], pop["state"], pop["caller"]) == ("node-1.1/1", "offered", "+8613800001234")
        async with dial(port, session) as client:
            await client.send('{"subscribe": ["pops"]}')
            await received(client)
            pops.apply(journal((4, RANG))[0])
            await doors.pops.publish("e", 2, pops.diff())
            assert (await received(client))["pop"]["state"] == "ringing"
            pops.apply(journal((9, MISSED))[0])
            await doors.pops.publish("e", 3, pops.diff())
            assert (await received(client))["pop"] is None


async def test_a_client_is_sent_what_it_subscribes_to() -> None:
    async with floor() as (doors, wallboard, session), serving(doors) as port, dial(port, session) as client:
        await client.send('{"subscribe": ["call/node-1.1"]}')
        assert set((await received(client))["snapshot"]) == {"clock", "call/node-1.1"}
        wallboard.apply(journal((2, OFFERED))[0])
        await doors.board.publish("epoch-1", 2, wallboard.diff())
        assert (await received(client))["diff"]["call/node-1.1"]["state"] == "waiting"


async def test_whoever_takes_no_calls_has_no_pops() -> None:
    async with floor() as (doors, _, _session), serving(doors) as port:
        await doors.add_person("figures", Role.OPERATIONS)
        async with dial(port, await doors.session_of("figures")) as client:
            await client.send('{"subscribe": ["pops"]}')
            assert await close_code(client) == clients.NOT_ALLOWED


async def test_a_subscriber_who_gives_no_sign_of_life_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_client, "QUIET_S", 0.2)
    async with floor() as (doors, _, session), serving(doors) as port, dial(port, session) as client:
        await client.send('{"subscribe": ["floor"]}')
        assert await close_code(client) == clients.TOO_QUIET


async def test_a_client_that_talks_without_end_is_cut_off() -> None:
    async with floor() as (doors, _, session), serving(doors) as port, dial(port, session) as client:
        for _ in range(clients.MESSAGES + 2):
            await client.send("{}")
        assert await close_code(client) == clients.TOO_MANY


@pytest.mark.parametrize("opcode", [0x89, 0x8A, 0x00], ids=["ping", "pong", "continuation"])
async def test_a_client_that_sends_empty_frames_without_end_is_cut_off(opcode: int) -> None:
    async with floor() as (doors, _, session), serving(doors) as port:
        loud = await raw_client(port, session)
        try:
            await stopped_reading(loud)
            frame = bytes([opcode, 0x80, 0, 0, 0, 0])
            begun = bytes([0x01, 0x80, 0, 0, 0, 0]) if opcode == 0x00 else b""
            with suppress(ConnectionError):  # cut off before it has said all
                await asyncio.to_thread(loud.sendall, begun + frame * (SAID_BYTES // len(frame) + 1))
            assert await asyncio.to_thread(has_ended, loud)
            async with dial(port, session) as client:
                await client.send("{}")
                assert "snapshot" in await received(client)
        finally:
            loud.close()


def has_ended(client: socket.socket) -> bool:
    """Within 10 s, whatever it was sent before; by itself it would end after twice 20 s without an answer to a ping."""
    client.settimeout(1)
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        try:
            if not client.recv(65_536):
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False
