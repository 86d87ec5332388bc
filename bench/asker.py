"""Asks for the live floor at a steady rate until its input is closed; a process of its own for bench.api.

It speaks HTTP by hand: what it costs must not be what is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

GIVEN_UP_S = 5.0
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Tally:
    """Milliseconds from the moment each request was due, and the size of the last answer."""

    ms: list[float] = field(default_factory=list)
    not_answered: int = 0
    bytes: int = 0


class Asker:
    """Connections are kept, and the last one used is the next: as many as are busy at once."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._request = (
            f"GET /api/v1/live HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode(
                "ascii"
            )
        )
        self._idle: list[Connection] = []
        self.tally = Tally()

    async def ask(self, due_s: float) -> None:
        """One request that was due then. One that fails costs its connection, and is counted."""
        try:
            async with asyncio.timeout(GIVEN_UP_S):
                self.tally.bytes = await self._over(
                    *(self._kept() or await asyncio.open_connection(self._host, self._port))
                )
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError):
            self.tally.not_answered += 1
        else:
            self.tally.ms.append((time.monotonic() - due_s) * 1000)

    def _kept(self) -> Connection | None:
        """One that the server has not closed meanwhile for want of requests."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def _over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        try:
            writer.write(self._request)
            size = await read_answer(reader)
        except BaseException:
            writer.close()
            raise
        self._idle.append((reader, writer))
        return size

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


async def read_answer(reader: asyncio.StreamReader) -> int:
    """The size of its body. Raises ValueError: it is not a 200 with a length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    lengths = [line.partition(":")[2] for line in head if line.startswith("content-length:")]
    if not head[0].startswith("http/1.1 200 ") or not lengths:
        raise ValueError(head[0])
    return len(await reader.readexactly(int(lengths[0])))


async def asked(asker: Asker, rate_per_s: float, over: asyncio.Event) -> None:
    """Until it is over, on a clock of its own; then what is under way is awaited."""
    began_s, number = time.monotonic(), 0
    async with asyncio.TaskGroup() as tasks:
        while not over.is_set():
            due_s = began_s + number / rate_per_s
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            tasks.create_task(asker.ask(due_s))
            number += 1


async def main(url: str, rate_per_s: str, file: str) -> None:
    token = (await asyncio.to_thread(sys.stdin.readline)).strip()
    over, asker = asyncio.Event(), Asker(url, token)
    began_s, before_s = time.monotonic(), time.process_time()
    asking = asyncio.create_task(asked(asker, float(rate_per_s), over))
    await asyncio.to_thread(sys.stdin.read)
    over.set()
    await asking
    asker.close()
    share = (time.process_time() - before_s) / (time.monotonic() - began_s)
    said = {"ms": asker.tally.ms, "not_answered": asker.tally.not_answered, "bytes": asker.tally.bytes}
    await asyncio.to_thread(Path(file).write_text, json.dumps({**said, "cpu_share_of_core": share}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
