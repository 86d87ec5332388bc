"""uvicorn as this product runs it: small messages in, no headers that talk, and slow clients cut off."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

FLUSH_S = 1.0
MESSAGE_LIMIT_BYTES = 4096


class CuttingWebSocket(WebSocketsSansIOProtocol):
    """uvicorn closes a connection when its last bytes are read; a client that never reads would keep it for ever."""

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self.loop.call_later(FLUSH_S, self._cut)

    def _cut(self) -> None:
        """With a reset, or the kernel would go on knocking at a closed window for minutes."""
        if self.transport.get_write_buffer_size() > 0:
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()


class _Server(uvicorn.Server):
    """Signals belong to the composition root, which stops more than this server."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def server_of(
    app: FastAPI, host: str, port: int, certificate: Path | None = None, key: Path | None = None
) -> uvicorn.Server:
    """A server that is not started yet: `await server.serve()` runs it until `server.should_exit` is set."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ws=CuttingWebSocket,
        ws_max_size=MESSAGE_LIMIT_BYTES,
        ws_per_message_deflate=False,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=3,
    )
    return _Server(config)
