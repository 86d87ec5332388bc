"""What asks for the floor in `bench api` counts every request, and from the moment it was due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

from bench.asker import Asker, asked

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{..}"


@asynccontextmanager
async def server(*answers: bytes, after_s: float = 0.0) -> AsyncIterator[str]:
    """Gives these answers in turn, then the last one again; "" closes the connection. Its URL."""
    left, serving = list(answers), list[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(cast("asyncio.Task[None]", asyncio.current_task()))
        with suppress(asyncio.IncompleteReadError):  # the asker has gone
            while True:
                asked_for = await reader.readuntil(b"\r\n\r\n")
                assert asked_for.startswith(b"GET /api/v1/live HTTP/1.1\r\n")
                await asyncio.sleep(after_s)
                answer = left.pop(0) if len(left) > 1 else left[0]
                if not answer:
                    break
                writer.write(answer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        await asyncio.gather(*serving)


async def test_a_slow_answer_counts_from_the_moment_its_request_was_due() -> None:
    async with server(FINE, after_s=0.05) as url:
        asker = Asker(url, "token")
        await asker.ask(time.monotonic() - 1.0)
        await asker.ask(time.monotonic())
        asker.close()
    late, on_time = asker.tally.ms
    assert late > 1_050
    assert 50 <= on_time < late
    assert (asker.tally.bytes, asker.tally.not_answered) == (4, 0)


async def test_what_is_no_answer_is_counted_as_none() -> None:
    async with server(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", b"", FINE) as url:
        asker = Asker(url, "token")
        for _ in range(3):
            await asker.ask(time.monotonic())
        asker.close()
    assert (asker.tally.not_answered, len(asker.tally.ms)) == (2, 1)


async def test_requests_go_out_on_their_clock_however_slow_the_answers_are() -> None:
    async with server(FINE, after_s=0.3) as url:
        asker, over = Asker(url, "token"), asyncio.Event()
        asking = asyncio.create_task(asked(asker, 100.0, over))
        while len(asker.tally.ms) < 3:  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.01)
        over.set()
        await asking
        asker.close()
    assert len(asker.tally.ms) > 10  # one after the other they would have been three
