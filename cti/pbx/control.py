"""The supervisor's control socket: the few orders that the AMI user may not give.

A unix socket, 0600, in a directory of ours: whoever may open it is this instance's user. One JSON object
a line each way: {"order": "reload", "files": ["pjsip.conf"]} -> {"ok": true, …} or {"ok": false, "error": …}.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict
from pathlib import Path

from core.errors import PbxUnavailable
from cti.pbx.process import PbxProcess, PbxState

log = logging.getLogger(__name__)

_LONGEST_ORDER = 16 * 1024
_DEADLINE_S = 60.0


@contextlib.asynccontextmanager
async def control_server(process: PbxProcess, path: Path) -> AsyncIterator[None]:
    """Serve orders while the block runs."""
    server = await asyncio.start_unix_server(_Desk(process).serve, sock=_listening(path), limit=_LONGEST_ORDER)
    try:
        yield
    finally:
        server.close()
        _remove(path)


def _listening(path: Path) -> socket.socket:
    """Bound with its mode already right: nobody else can connect in between."""
    _remove(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


class PbxControl:
    """The client side, for the engine and the command line. Everything raises PbxUnavailable."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def reload(self, files: Iterable[str] | None = None) -> None:
        """Load changed files without dropping calls; None: all that can be."""
        await self._ask({"order": "reload", "files": None if files is None else sorted(files)})

    async def status(self) -> dict[str, object]:
        """The fields of PbxStatus."""
        return await self._ask({"order": "status"})

    async def has_ended(self) -> bool:
        """Whether the Asterisk that was there is gone, and with it its calls; one adopted while it runs is not."""
        status = await self.status()
        return status["pid"] is None or (status["state"] == PbxState.STARTING and not status["adopted"])

    async def restart(self) -> None:
        """Stop and start Asterisk; calls are cut."""
        await self._ask({"order": "restart"})

    async def _ask(self, order: dict[str, object]) -> dict[str, object]:
        try:
            async with asyncio.timeout(_DEADLINE_S):
                answer = await self._exchange(json.dumps(order))
        except (OSError, TimeoutError, ValueError) as error:
            raise PbxUnavailable(f"the PBX's supervisor does not answer at {self._path}: {error}") from error
        if not answer.pop("ok", False):
            raise PbxUnavailable(str(answer.get("error", "the supervisor refused")))
        return answer

    async def _exchange(self, line: str) -> dict[str, object]:
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            writer.write(line.encode() + b"\n")
            await writer.drain()
            answer = json.loads(await reader.readline())
        finally:
            writer.close()
        if not isinstance(answer, dict):
            raise ValueError("not an object")
        return answer


class _Desk:
    """Takes one order per line of one connection."""

    def __init__(self, process: PbxProcess) -> None:
        self._process = process

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError) as error:  # ValueError: a line over the limit
            log.warning("control connection dropped: %s", error)
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            order = json.loads(line)
            return {"ok": True, **await self._carry_out(order)}
        except (PbxUnavailable, ValueError, TypeError) as error:
            return {"ok": False, "error": str(error)}

    async def _carry_out(self, order: object) -> dict[str, object]:
        match order:
            case {"order": "reload", "files": files}:
                await self._process.reload(_file_names(files))
                return {}
            case {"order": "restart"}:
                await self._process.restart()
                return {}
            case {"order": "status"}:
                return asdict(self._process.status)
        raise ValueError("the orders are reload, restart and status")


def _file_names(value: object) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise ValueError("files: a list of names, or null")
