"""Clients that hold connections: they may be many and silent, and the page answers others all the same."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

import api.server
import api.shell
from tests.integration.api.test_live_websocket import serving
from tests.unit.doors import Doors

HEAD = b"GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n"


class Client:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def is_cut(self) -> bool:
        """Whether the server closes within 5 s, whatever it says before."""
        try:
            async with asyncio.timeout(5):
                await self.reader.read()
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True


async def connected(port: int, stack: AsyncExitStack) -> Client:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stack.callback(writer.close)
    return Client(reader, writer)


async def is_served(port: int) -> bool:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{port}/api/v1/health/live")).status_code == 200


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize("said", [b"", b"GET", HEAD], ids=["nothing", "word", "head"])
async def test_a_request_that_is_never_whole_is_cut_off(
    said: bytes, earlier: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the first one nor a later one of a connection; after one, silence is uvicorn's own to end."""
    monkeypatch.setattr(api.server, "REQUEST_WITHIN_S", 0.2)
    async with serving(Doors()) as port, AsyncExitStack() as stack:
        client = await connected(port, stack)
        for _ in range(earlier):
            client.writer.write(HEAD + b"\r\n")
            await asyncio.wait_for(client.reader.readuntil(b'{"ok":true}'), 5)
        client.writer.write(said or b"\r\n" * earlier)
        assert await client.is_cut()
        assert await is_served(port)


async def test_a_body_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.shell, "BODY_WITHIN_S", 0.2)
    async with serving(Doors()) as port, AsyncExitStack() as stack:
        client = await connected(port, stack)
        client.writer.write(POST + b'{"name":')
        assert (await asyncio.wait_for(client.reader.readline(), 5)).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nX: ",
        b"GET /",
        POST.replace(b"Content-Length: 40", b"Transfer-Encoding: chunked") + b"0\r\nX: ",
    ],
    ids=["header", "line", "trailer"],
)
async def test_what_never_ends_is_cut_off_long_before_it_fills_memory(said: bytes) -> None:
    async with serving(Doors()) as port, AsyncExitStack() as stack:
        client = await connected(port, stack)
        client.writer.write(said)
        for _ in range(api.server.HEAD_LIMIT_BYTES // 1024 + 1):
            client.writer.write(b"x" * 1024)
        assert await client.is_cut()
        assert await is_served(port)


async def test_headers_over_the_limit_are_told_so() -> None:
    async with serving(Doors()) as port, AsyncExitStack() as stack:
        client = await connected(port, stack)
        client.writer.write(HEAD + b"X: " + b"x" * api.server.HEAD_LIMIT_BYTES)
        answer = await asyncio.wait_for(client.reader.read(), 5)
    assert answer.startswith(b"HTTP/1.1 400") and b"65536 bytes" in answer


async def test_one_address_gets_only_so_many_and_gets_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.server, "FROM_ONE_ADDRESS", 5)
    async with serving(Doors()) as port:
        async with AsyncExitStack() as stack:
            kept = [await connected(port, stack) for _ in range(5)]
            assert await (await connected(port, stack)).is_cut()
            kept[0].writer.write(HEAD + b"\r\n")
            assert (await asyncio.wait_for(kept[0].reader.readline(), 5)).startswith(b"HTTP/1.1 200")
        assert await is_served(port)


@pytest.mark.parametrize(
    "path",
    ["/assets/../app.py", "/assets/..%2fapp.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd", "/assets/..%5capp.py"],
)
async def test_no_path_leads_out_of_the_pages(path: str) -> None:
    async with serving(Doors()) as port, AsyncExitStack() as stack:
        client = await connected(port, stack)
        client.writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(client.reader.read(), 5)
    assert answer.startswith(b"HTTP/1.1 404")
