"""What can go wrong with Redis is one error, whatever the event loop calls it."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from store.errors import StoreUnavailable
from store.redis_client import executed


class Pipe:
    """Says its commands over a connection that is closed already."""

    async def execute(self) -> list[object]:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.transport.abort()
        server.close()
        await asyncio.sleep(0)
        writer.writelines([b"HELLO 3\r\n"])
        return []


def test_a_connection_that_was_closed_as_it_was_made_is_redis_being_away() -> None:
    with pytest.raises(StoreUnavailable, match="the handler is closed"):
        uvloop.run(executed(Pipe()))
