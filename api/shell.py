"""What holds for every answer: caps on the request's body, its size and its time, and security headers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import MEDIA_TYPE, document_of

BODY_WITHIN_S = 20.0

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{phone}; img-src 'self'; "
        "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}


class Shell:
    """ASGI middleware around the whole application. Pages may speak to this origin and to `phone_socket` alone."""

    def __init__(self, app: ASGIApp, limit_of: Callable[[Scope], int], https: bool, phone_socket: str) -> None:
        """`limit_of` gives the bytes that a request's body may have."""
        self._app = app
        self._limit_of = limit_of
        hsts = {"Strict-Transport-Security": "max-age=31536000"} if https else {}
        self._headers = _raw({**_security_headers(phone_socket), **hsts})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope)
        exchange = _Exchange(receive, send, limit, self._headers)
        if _declared_length(scope) > limit:
            await exchange.refuse()
            return
        await self._app(scope, exchange.receive, exchange.send)
        if exchange.too_large:
            await exchange.refuse()
        elif exchange.too_slow:
            await exchange.refuse(408, f"the body did not arrive within {BODY_WITHIN_S:.0f} s")


class _Exchange:
    """One request and its answer. A body without a length, or longer than it said, is counted as it comes."""

    def __init__(self, receive: Receive, send: Send, limit: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._receive, self._send = receive, send
        self._limit, self._headers = limit, headers
        self._read = 0
        self._started = False
        self._whole = False
        self._late = False
        self._began_s = asyncio.get_running_loop().time()

    @property
    def too_slow(self) -> bool:
        """The body was still coming when its time was up, before an answer began."""
        return self._late and not self._started

    @property
    def too_large(self) -> bool:
        """The body passed the cap before an answer began: the application's own answer is held back."""
        return self._read > self._limit and not self._started

    async def receive(self) -> Message:
        """The next piece of the body; after its end, whatever comes then (the client's leaving)."""
        message = await (self._receive() if self._whole else self._in_time())
        self._read += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return {"type": "http.disconnect"} if self.too_large else message

    async def _in_time(self) -> Message:
        try:
            async with asyncio.timeout_at(self._began_s + BODY_WITHIN_S):
                return await self._receive()
        except TimeoutError:
            self._late = True
            return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.too_large or self.too_slow:
            return
        if message["type"] == "http.response.start":
            self._started = True
            given = {name.lower() for name, _ in message["headers"]}
            ours = [*self._headers, (b"cache-control", b"no-store")]
            message["headers"] = [*message["headers"], *(each for each in ours if each[0] not in given)]
        await self._send(message)

    async def refuse(self, status: int = 413, why: str = "") -> None:
        """The problem, instead of the application's answer."""
        self._read, self._late = 0, False
        body = json.dumps(document_of(status, why or f"the body is larger than {self._limit} bytes")).encode()
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def content_security_policy(socket: str) -> str:
    """Of a page that may also speak to this WebSocket."""
    return _security_headers(socket)["Content-Security-Policy"]


def _security_headers(phone_socket: str) -> dict[str, str]:
    phone = f" {phone_socket}" if phone_socket else ""
    return {name: value.replace("{phone}", phone) for name, value in SECURITY_HEADERS.items()}


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
