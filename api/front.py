"""A process that answers browsers, and hands on to the engine's process what only that one can answer.

What is asked most (the live floor, screen pops, commands, calls, figures, the pages) is answered here. All other
routes are the engine's process's own, behind a Unix socket: among them those whose state lives in its memory, such as
the count of wrong passwords, the house that takes effect, prompts, and voices that somebody listens to.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from api.problems import MEDIA_TYPE, document_of

ANSWERED_HERE = re.compile(
    r"(?!/api/|/ca(/|$))"
    r"|/api/v1/(live|callbacks|cases|work|queues|alarms|stats|health/live"
    r"|agents(?!/[^/]+/phone$)|calls(?!/[^/]+/(why|listen)$))(/|$)"
)
"""Paths that need nothing of the engine's memory but what comes over Redis (tests/unit/api/test_front.py)."""

CONNECT_S = 2.0
AWAY = "the engine's process is being started; try again in a moment"
NOT_HANDED_ON = re.compile(
    rb"connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|forwarded|x-forwarded-.*|sec-websocket-.*"
)
NOT_HANDED_BACK = re.compile(rb"connection|keep-alive|transfer-encoding|date|server")
GOING_AWAY, REFUSED = 1001, 4401
Headers = list[tuple[bytes, bytes]]


class _Left(Exception):
    """Whoever asked has gone before the request was whole."""


class Front:
    """ASGI: `app` answers what belongs here, the server behind `door` all else. `close` when done."""

    def __init__(self, app: ASGIApp, door: Path) -> None:
        self._app, self._door = app, door
        # each request has a connection of its own: one kept open could be closed just as it is used again
        pool = httpx.AsyncHTTPTransport(uds=str(door), limits=httpx.Limits(max_keepalive_connections=0))
        self._client = httpx.AsyncClient(transport=pool, timeout=httpx.Timeout(None, connect=CONNECT_S))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if ANSWERED_HERE.match(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._hand_on(scope, receive, send)
        else:
            await _connect_through(self._door, scope, receive, send)

    async def close(self) -> None:
        await self._client.aclose()

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        url = httpx.URL("http://engine").copy_with(raw_path=_target(scope))
        headers = handed_on(scope)
        request = httpx.Request(
            scope["method"], url, headers=headers, content=_body(receive) if _has_body(scope) else None
        )
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.TransportError:
            await _refuse(send)
            return
        except _Left:
            return
        try:
            await _hand_back(answer, send)
        except httpx.TransportError:
            pass  # the engine's process ended in the middle; uvicorn cuts what was promised longer
        finally:
            await answer.aclose()


def handed_on(scope: Scope) -> Headers:
    """What was sent, but for what concerns one connection alone; and who sent it, which nobody else may say."""
    client = scope.get("client")
    address = [(b"x-forwarded-for", client[0].encode())] if client else []
    return [*_without(scope["headers"], NOT_HANDED_ON), *address]


def _without(headers: Iterable[tuple[bytes, bytes]], names: re.Pattern[bytes]) -> Headers:
    return [(name, value) for name, value in headers if not names.fullmatch(name.lower())]


def _target(scope: Scope) -> bytes:
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return path.partition(b"?")[0] + (b"?" + query if query else b"")


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Left
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _hand_back(answer: httpx.Response, send: Send) -> None:
    headers = _without(answer.headers.raw, NOT_HANDED_BACK)
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    async for piece in answer.aiter_raw():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(send: Send) -> None:
    body = json.dumps(document_of(503, AWAY)).encode()
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "retry-after": "1",
        "cache-control": "no-store",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 503, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _connect_through(door: Path, scope: Scope, receive: Receive, send: Send) -> None:
    """A WebSocket of the engine's process, through us. One that it refuses is refused before the handshake."""
    await receive()  # websocket.connect
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in handed_on(scope)]
    given = [(name, value) for name, value in headers if name != "host"]
    try:
        engine = await unix_connect(
            str(door),
            f"ws://engine{_target(scope).decode('ascii')}",
            additional_headers=given,
            user_agent_header=None,
            compression=None,
            ping_interval=None,
            open_timeout=CONNECT_S,
            max_size=None,
        )
    except (OSError, TimeoutError, InvalidHandshake):
        await send({"type": "websocket.close", "code": REFUSED})
        return
    async with engine:
        await send({"type": "websocket.accept"})
        both = [asyncio.create_task(_up(receive, engine)), asyncio.create_task(_down(engine, send))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)


async def _up(receive: Receive, engine: ClientConnection) -> None:
    while (message := await receive())["type"] != "websocket.disconnect":
        text: str | bytes | None = message.get("text")
        await engine.send(message["bytes"] if text is None else text)


async def _down(engine: ClientConnection, send: Send) -> None:
    try:
        async for data in engine:
            kind = "text" if isinstance(data, str) else "bytes"
            await send({"type": "websocket.send", kind: data})
    except ConnectionClosed:
        pass
    closing: Message = {"type": "websocket.close", "code": engine.close_code or GOING_AWAY}
    await send(closing)
