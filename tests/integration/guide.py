"""A guide's lines, done as they stand: commands of ours and of Python, requests, and a WebSocket.

A request is a line of method, path and body; `WS` stands for a WebSocket and its first message. <call>, <callback> and
<day> are put in from what was answered before.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect

from tests.integration.centre import CHECKOUT, PATIENCE_S, Centre
from tests.integration.office import thirdring

GUIDES = CHECKOUT / "docs/guides"
FILES = ("openapi.json", "house.yaml")
"""What commands of the guide write and read."""


def lines_of(guide: str) -> list[str]:
    """The indented lines, in their order; not those of blocks of YAML."""
    text = re.sub(r"```yaml\n.*?```", "", (GUIDES / guide).read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"^    (\S.*)$", text, re.MULTILINE)


def yaml_of(guide: str) -> str:
    """Its one block of YAML."""
    (found,) = re.findall(r"```yaml\n(.*?)```", (GUIDES / guide).read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


class Reader:
    """Somebody who does what the guide says, in a directory of their own; `then` is called after a line that needs it.

    Use it as a context manager: what the guide starts ends with it.
    """

    def __init__(self, house: Centre, directory: Path, then: Callable[[str], Awaitable[None]]) -> None:
        self._house, self._directory, self._then = house, directory, then
        self._known = {"<day>": f"{datetime.now(UTC):%Y-%m-%d}"}
        self._stack = AsyncExitStack()
        self._url = f"http://127.0.0.1:{house.settings.ports.api}"
        self.api = httpx.AsyncClient(base_url=self._url, timeout=PATIENCE_S, trust_env=False)
        self.receiver: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Reader:
        await self._stack.enter_async_context(self.api)
        return self

    async def __aexit__(self, *error: object) -> None:
        if self.receiver is not None:
            self.receiver.terminate()
            await self.receiver.wait()
        await self._stack.aclose()

    async def follow(self, guide: str) -> None:
        """All of it. Raises AssertionError that names the line."""
        for line in lines_of(guide):
            for name, word in self._known.items():
                line = line.replace(name, word)
            assert "<" not in line, f"{line}: nothing before it has told this"
            await self._do(line)
            await self._then(line)

    async def _do(self, line: str) -> None:
        kind = line.split()[0]
        if kind == "./thirdring":
            await self._command(line)
        elif kind == "python3":
            await self._python(line)
        elif kind == "WS":
            await self._websocket(line)
        else:
            await self._request(line)

    async def _command(self, line: str) -> None:
        words = [str(self._directory / word) if word in FILES else word for word in shlex.split(line)[1:]]
        status, output, complaints = await thirdring(self._house, *words)
        assert status == 0, (line, output, complaints)
        if words[:2] == ["token", "add"]:
            found = re.search(r"\btoken +(\S{20,})", output)
            assert found, output
            self.api.headers["Authorization"] = f"Bearer {found.group(1)}"

    async def _python(self, line: str) -> None:
        """A command for the shell at home, or the receiver, on a port that is free."""
        home = self._house.settings.home
        if " > " in line:
            told = line.replace("python3", sys.executable, 1)
            done = await asyncio.create_subprocess_shell(told, cwd=home)
            assert await done.wait() == 0, line
            return
        program, _, key = line.split()[1:]
        self.receiver = await asyncio.create_subprocess_exec(
            sys.executable, str(CHECKOUT / program), "0", str(home / key), stdout=asyncio.subprocess.PIPE
        )

    async def received(self) -> str:
        """The next line that the receiver says."""
        assert self.receiver is not None and self.receiver.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            return (await self.receiver.stdout.readline()).decode().strip()

    async def _websocket(self, line: str) -> None:
        _, path, message = line.split(maxsplit=2)
        url, allowed = self._url.replace("http", "ws", 1) + path, {"Authorization": self.api.headers["Authorization"]}
        async with asyncio.timeout(PATIENCE_S), connect(url, additional_headers=allowed, proxy=None) as client:
            await client.send(message)
            assert "snapshot" in json.loads(await client.recv()), line

    async def _request(self, line: str) -> None:
        method, path, *rest = line.split(maxsplit=2)
        body: dict[str, Any] = {}
        if rest:
            csv = not rest[0].startswith("{")
            body = {"content": rest[0].replace("\\n", "\n").encode()} if csv else {"json": json.loads(rest[0])}
            body |= {"headers": {"Content-Type": "text/csv"}} if csv else {}
        answer = await self.api.request(method, path, **body)
        assert answer.is_success, (line, answer.text)
        self._learn(method, path, answer)

    def _learn(self, method: str, path: str, answer: httpx.Response) -> None:
        if path.startswith("/api/v1/calls?"):
            self._known["<call>"] = answer.json()["calls"][0]["call"]
        if (method, path) == ("POST", "/api/v1/callbacks"):
            self._known["<callback>"] = answer.json()["result"]
