"""What an API process answers itself needs nothing of the engine's memory; all else is handed on as it came."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from starlette.responses import StreamingResponse
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake

from api.front import ANSWERED_HERE, Front
from api.server import private_socket, server_of
from app import api_process
from tests.unit.doors import Doors, application


def ports_elsewhere() -> set[str]:
    """The services that an API process has not got."""
    tree = ast.parse(inspect.getsource(api_process.ApiProcess._services).strip())
    return {
        keyword.arg or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Services"
        for keyword in node.keywords
        if isinstance(keyword.value, ast.Name) and keyword.value.id == "elsewhere"
    }


def ports_used(function: Any, module: ModuleType) -> set[str]:
    """Services that a route's function asks, with the functions of its module that it calls."""
    seen, found, line = set[str](), set[str](), [function]
    while line:
        tree = ast.parse(inspect.getsource(line.pop()).strip())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("services", "client.services"):
                found.add(node.attr)
            if isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                called = getattr(module, node.id, None)
                if inspect.isfunction(called) and called.__module__ == module.__name__:
                    line.append(called)
    return found


def routes() -> Iterator[tuple[str, Any]]:
    """Path and function of every route of every noun."""
    for route in application(Doors().services()).router.routes:
        endpoint = getattr(route, "endpoint", None)
        if endpoint and endpoint.__module__.startswith("api.routes."):
            yield route.path, endpoint  # type: ignore[attr-defined]


def test_no_route_that_is_answered_here_needs_the_engines_memory() -> None:
    elsewhere, here = ports_elsewhere(), 0
    assert {"engine", "ears", "prompts", "browser_phones", "inbox"} <= elsewhere
    for path, endpoint in routes():
        if ANSWERED_HERE.match(path.replace("{", "").replace("}", "")):
            here += 1
            assert ports_used(endpoint, sys.modules[endpoint.__module__]) & elsewhere == set(), path
    assert here > 40


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/", True),
        ("/assets/index.js", True),
        ("/metrics", True),
        ("/api/v1/live", True),
        ("/api/v1/agents/agent-01/hold", True),
        ("/api/v1/agents/agent-01/phone", False),
        ("/api/v1/calls/a-1.2", True),
        ("/api/v1/calls/a-1.2/why", False),
        ("/api/v1/calls/a-1.2/listen", False),
        ("/api/v1/livelier", False),
        ("/api/v1/sessions", False),
        ("/api/v1/health/live", True),
        ("/api/v1/health", False),
        ("/api/v1/not/there", False),
        ("/ca", False),
    ],
)
def test_who_answers_what(path: str, here: bool) -> None:
    assert bool(ANSWERED_HERE.match(path)) is here


def engine() -> FastAPI:
    """Tells what it was asked."""
    app = FastAPI()

    @app.api_route("/api/v1/echo/{rest:path}", methods=["GET", "POST"])
    async def echo(request: Request) -> dict[str, Any]:
        assert request.client is not None
        return {
            "url": request.scope["raw_path"].decode() + "?" + request.url.query,
            "client": request.client.host,
            "body": (await request.body()).decode(),
            "cookie": request.headers.get("cookie"),
            "forwarded": request.headers.get("x-forwarded-for"),
        }

    @app.get("/api/v1/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(3):
                yield f"{number}\n".encode()

        return StreamingResponse(pieces(), 206, {"content-range": "bytes 0-5/6"})

    @app.websocket("/api/v1/talk")
    async def talk(websocket: WebSocket) -> None:
        if websocket.headers.get("authorization") != "Bearer right":
            await websocket.close()
            return
        await websocket.accept()
        await websocket.send_text("said " + await websocket.receive_text())
        await websocket.send_bytes(await websocket.receive_bytes())
        await websocket.close(4409)

    return app


async def here(scope: Any, receive: Any, send: Any) -> None:
    """What the API process itself answers."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


@asynccontextmanager
async def served(server: Any) -> AsyncIterator[Any]:
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
        await asyncio.sleep(0.01)
    yield server
    server.should_exit = True
    await running


@asynccontextmanager
async def front_of(door: Path, *, with_engine: bool = True) -> AsyncIterator[str]:
    """Both servers, as in the product; the address of the one for browsers."""
    front = Front(here, door)
    async with served(server_of(front, "127.0.0.1", 0)) as ours:
        address = f"127.0.0.1:{ours.servers[0].sockets[0].getsockname()[1]}"
        if with_engine:
            listen = lambda: private_socket(door)  # noqa: E731
            async with served(server_of(engine(), "", 0, listen=listen, behind_front=True)):
                yield address
        else:
            yield address
    await front.close()


async def test_a_request_comes_to_the_engine_as_it_was_sent(tmp_path: Path) -> None:
    async with front_of(tmp_path / "door") as address, httpx.AsyncClient() as client:
        url = f"http://{address}/api/v1/echo/a%2Fb?x=%20&y=1"
        headers = {"cookie": "thirdring=1", "x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
        answer = await client.post(url, headers=headers, content=b"a body")
        assert (await client.get(f"http://{address}/here")).status_code == 299
    assert answer.json() == {
        "url": "/api/v1/echo/a%2Fb?x=%20&y=1",
        "client": "127.0.0.1",
        "body": "a body",
        "cookie": "thirdring=1",
        "forwarded": "127.0.0.1",
    }


async def test_a_stream_comes_back_in_pieces_with_its_status(tmp_path: Path) -> None:
    async with front_of(tmp_path / "door") as address, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{address}/api/v1/stream")
    assert (answer.status_code, answer.text, answer.headers["content-range"]) == (206, "0\n1\n2\n", "bytes 0-5/6")


async def test_without_an_engine_the_answer_says_so(tmp_path: Path) -> None:
    async with front_of(tmp_path / "door", with_engine=False) as address, httpx.AsyncClient() as client:
        answer = await client.post(f"http://{address}/api/v1/echo/x", content=b"a body")
        with pytest.raises(InvalidHandshake):
            await connect(f"ws://{address}/api/v1/talk")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "try again" in json.loads(answer.text)["detail"]


async def test_a_websocket_of_the_engine_is_led_through_with_its_close_code(tmp_path: Path) -> None:
    async with front_of(tmp_path / "door") as address:
        url = f"ws://{address}/api/v1/talk"
        async with connect(url, additional_headers={"Authorization": "Bearer right"}) as websocket:
            await websocket.send("hello")
            assert await websocket.recv() == "said hello"
            await websocket.send(b"\x01\x02")
            assert await websocket.recv() == b"\x01\x02"
            await websocket.wait_closed()
            assert websocket.close_code == 4409
        with pytest.raises(InvalidHandshake):
            await connect(url)


def test_the_door_is_for_this_user_alone(tmp_path: Path) -> None:
    for _ in range(2):  # one that a killed process left behind is replaced
        private_socket(tmp_path / "run/door").close()
    assert (tmp_path / "run/door").stat().st_mode & 0o777 == 0o600
