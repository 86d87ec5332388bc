"""uvicorn as this product runs it: small messages in, no headers that talk, and slow or endless clients cut off.

The page shares its process with callers' lines, and so its file descriptors: connections are capped, and those
that ask nothing are closed, or whoever opens enough of them would leave none for the PBX's.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

FLUSH_S = 1.0
MESSAGE_LIMIT_BYTES = 4096
SAID_BYTES, SAID_WITHIN_S = 16_384, 10.0
"""Over a WebSocket, of whatever kind: 2,700 empty frames, which take a tenth of a second to read."""
REQUEST_WITHIN_S = 10.0
HEAD_LIMIT_BYTES = 65_536
"""Of what a request has beside its body: its first line, its headers, and what stands around a body's parts."""
CONNECTIONS, FROM_ONE_ADDRESS = 1000, 300
"""At once. A whole shift's browsers may share one address; each holds up to seven connections."""


class CuttingHttp(HttpToolsProtocol):
    """uvicorn waits for ever for a request's first line and headers, and httptools keeps whatever comes; this closes
    what says nothing whole in time, and what says too much."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._is_one_too_many():
            transport.abort()
        else:
            self._wait_for_request()

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._head_bytes -= len(body)
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_LIMIT_BYTES:
            self._refuse_the_rest()
        if self.cycle is not before or self.transport.get_protocol() is not self:
            self._stop_waiting()
        elif before is None or before.response_complete:
            self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _refuse_the_rest(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.send_400_response(f"A request's headers may have {HEAD_LIMIT_BYTES} bytes.")
        else:
            self.transport.abort()

    def _is_one_too_many(self) -> bool:
        """Connections that became WebSockets count, too."""
        if len(self.connections) > CONNECTIONS:
            return True
        addresses = [_address(getattr(other, "client", None)) for other in self.connections]
        return addresses.count(_address(self.client)) > FROM_ONE_ADDRESS

    def _wait_for_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_WITHIN_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _address(client: tuple[str, int] | None) -> str:
    return client[0] if client else ""


class CuttingWebSocket(WebSocketsSansIOProtocol):
    """uvicorn closes a connection when its last bytes are read, and answers each ping; a client that never reads would
    keep it for ever, and one that sends nothing but pings the loop."""

    _said_bytes = 0
    _since_s = 0.0

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated and self._says_too_much(len(data)):
            self.transport.abort()
        else:
            super().data_received(data)

    def _says_too_much(self, size: int) -> bool:
        now_s = self.loop.time()
        if now_s > self._since_s + SAID_WITHIN_S:
            self._since_s, self._said_bytes = now_s, 0
        self._said_bytes += size
        return self._said_bytes > SAID_BYTES

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

    def __init__(self, config: uvicorn.Config, listen: Callable[[], socket.socket] | None) -> None:
        super().__init__(config)
        self._listen = listen

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Raises OSError: its own socket cannot be opened."""
        await super().serve([self._listen()] if self._listen else sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def tls_context(chain: Path, key: Path) -> ssl.SSLContext:
    """For `server_of`; another `load_cert_chain` on it renews the certificate for connections that begin later."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context


def shared_socket(host: str, port: int) -> socket.socket:
    """One of several processes' at the same port; the kernel gives each connection to one of them (SO_REUSEPORT)."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    ours = socket.socket(family, kind, protocol)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        ours.bind(address)
    except OSError:
        ours.close()
        raise
    return ours


def private_socket(file: Path) -> socket.socket:
    """A Unix socket that this user's processes alone can reach. Raises OSError, also for a path of over 107 bytes."""
    file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.bind(str(file))
    file.chmod(0o600)
    return ours


def server_of(
    app: ASGIApp,
    host: str,
    port: int,
    context: ssl.SSLContext | None = None,
    *,
    listen: Callable[[], socket.socket] | None = None,
    behind_front: bool = False,
) -> uvicorn.Server:
    """A server that is not started yet: `await server.serve()` runs it until `server.should_exit` is set.

    `listen` opens its socket, in place of host and port. `behind_front`: who asks is what api.front says.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=CuttingHttp,
        ssl_context_factory=None if context is None else lambda config, default: context,
        ws=CuttingWebSocket,
        ws_max_size=MESSAGE_LIMIT_BYTES,
        ws_per_message_deflate=False,
        access_log=False,
        server_header=False,
        proxy_headers=behind_front,
        forwarded_allow_ips="*",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=3,
    )
    return _Server(config, listen)
