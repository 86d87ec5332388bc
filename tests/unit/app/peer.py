"""A scripted API: a real HTTP server that answers as a running instance would, and keeps what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(slots=True)
class Answer:
    """One prepared answer."""

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Peer:
    """`answers` by "METHOD /path"; `asked` holds (method and path, headers, body) in order."""

    home: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], object]] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        return {"THIRDRING_HOME": str(self.home)}


@contextlib.contextmanager
def running(home: Path) -> Iterator[Peer]:
    """An instance at `home` that listens on a port of its own and says so in run/api.url."""
    peer = Peer(home)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(peer))
    for name, text in (
        ("secrets/cli.token", "t0ken\n"),
        ("run/api.url", f"http://127.0.0.1:{server.server_port}\n"),
    ):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text, encoding="ascii")
        (home / name).chmod(0o600)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self._said(self.rfile.read(length)) if length else None
            request = f"{self.command} {self.path.removeprefix('/api/v1')}"
            peer.asked.append((request, {key.lower(): value for key, value in self.headers.items()}, body))
            self._send(peer.answers.get(request, Answer({"title": "Not Found"}, 404)))

        do_POST = do_PUT = do_DELETE = do_GET

        def _said(self, body: bytes) -> object:
            is_json = "json" in (self.headers.get("Content-Type") or "")
            return json.loads(body) if is_json else body.decode()

        def _send(self, answer: Answer) -> None:
            text = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Tests read `asked` instead."""

    return Handler
