"""FastAGI: the accept loop, one session per caller's line, and the commands we send on it.

Protocol: docs.asterisk.org, "Asterisk Gateway Interface"; replies are parsed by panoramisk's
`parse_agi_result`. Its server is not used: a client that connects and closes early freezes its whole
loop, silent clients are kept for ever, and HANGUP and 520 lines shift the answers.

FastAGI has no authentication. We listen on loopback or the PBX's address only, the path is random and
rendered into the dialplan, and the channel must be one that AMI has told us about.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from panoramisk.utils import parse_agi_result

from core.errors import LineGone, PbxUnavailable
from core.ids import CallId
from cti.keys import Keys
from cti.wire import agi_command

log = logging.getLogger(__name__)

HEADER_DEADLINE_S = 2.0
HEADER_BYTES = 16_384
SESSIONS = 400
UNPROVEN = 200
"""Connections that have not named our path yet. They have a cap of their own, so that nobody who merely
connects takes the place of a caller."""
MOST_SILENCE_S = 6
MESSAGE_KEYS = "0123456789*#"
EVERY_KEY = "0123456789*#ABCD"
_KEY = re.compile(r"[0-9A-D*#]")


@dataclass(frozen=True, slots=True)
class AgiReply:
    """`result` as Asterisk wrote it ("-1" for failure or hang-up, "0", an ASCII code); `data` from its parentheses.

    `end_samples`: where a file that was played or recorded ended, at 8,000 a second.
    """

    code: int
    result: str
    data: str
    end_samples: int = 0


class AgiSession:
    """One connection from AGI(): commands go one at a time, each waits for its answer.

    A reader task takes lines as they come, so that a hang-up is seen while nothing is asked.
    """

    def __init__(self, headers: Mapping[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.headers = headers
        self._reader = reader
        self._writer = writer
        self._one_at_a_time = asyncio.Lock()
        self._answer: asyncio.Future[AgiReply] | None = None
        self._late_answers = 0
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask(self, name: str, *arguments: str) -> AgiReply:
        """Send one command and wait for its answer, however long the application runs.

        Cancelling leaves the session usable: the answer that comes late is thrown away.

        Raises:
            LineGone: the caller hung up, or the PBX ended the session.
            Unencodable: an argument cannot be sent; nothing was.
        """
        line = agi_command(name, *arguments)
        async with self._one_at_a_time:
            if self.gone.done():
                raise LineGone(self.gone.result())
            self._answer = asyncio.get_running_loop().create_future()
            self._writer.write(line)
            try:
                return await self._answer
            except asyncio.CancelledError:
                self._late_answers += 1
                raise
            finally:
                self._answer = None

    async def read(self) -> None:
        """Take lines until the PBX closes; its owner runs this beside the session's own work."""
        reason = "closed by the PBX"
        try:
            while line := await self._reader.readline():
                await self._take(line.decode("utf-8", "replace").rstrip("\r\n"))
        except (OSError, ValueError) as error:  # ValueError: a line beyond the reader's limit
            reason = str(error)
        finally:
            self._end(reason)

    def close(self) -> None:
        """Give the line back to the dialplan."""
        self._writer.close()
        self._end("let go")

    async def _take(self, line: str) -> None:
        if line == "HANGUP" or not line:
            return  # the caller's hang-up is taken from AMI
        if line.startswith("520-"):
            line = await self._usage_end()
        parsed = parse_agi_result(line)
        if parsed.get("status_code") != 100:
            self._give(_reply(line, parsed))

    async def _usage_end(self) -> str:
        """`520-Invalid command syntax…` goes on over several lines until `520 End of proper usage.`"""
        while more := await self._reader.readline():
            text = more.decode("utf-8", "replace").strip()
            if text.startswith("520 "):
                return text
        return "520 End of proper usage."

    def _give(self, reply: AgiReply) -> None:
        if self._late_answers:
            self._late_answers -= 1
        elif self._answer is not None and not self._answer.done():
            self._answer.set_result(reply)

    def _end(self, reason: str) -> None:
        if not self.gone.done():
            self.gone.set_result(reason)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LineGone(reason))


def _reply(line: str, parsed: Mapping[str, object]) -> AgiReply:
    """panoramisk turns `200 result=-1` into an error without its parts; the number is all we need of it."""
    ended = re.search(r" endpos=([0-9]+)", line)
    samples = int(ended.group(1)) if ended else 0
    result = parsed.get("result")
    if isinstance(result, tuple) and not parsed.get("error"):
        return AgiReply(200, result[0], result[1], samples)
    found = re.search(r"result=(\S*)", line)
    return AgiReply(int(line[:3]) if line[:3].isdigit() else 0, found.group(1) if found else "-1", "", samples)


class AgiLine:
    """core.ports.CallerLine on a session: what the menu may do with a caller's line.

    `keys` are those that AMI tells of; without them a key that ends between two commands is lost.
    """

    def __init__(self, session: AgiSession, call: CallId, keys: Keys | None = None) -> None:
        self._session = session
        self._call = call
        self._keys = keys

    @property
    def call(self) -> CallId:
        return self._call

    async def play(self, files: Sequence[str], stop_on: str) -> str:
        for file in files:
            if key := self._waiting(stop_on):
                return key
            if key := await self._played(file, stop_on):
                return await self._taken(key, stop_on)
        return self._waiting(stop_on)

    async def _played(self, file: str, stop_on: str) -> str:
        return _key(await played(self._session, file, stop_on))

    async def wait_key(self, timeout_s: float) -> str:
        if key := self._waiting(EVERY_KEY):
            return key
        key = _key(await self._ask("WAIT FOR DIGIT", str(int(timeout_s * 1000))))
        return await self._taken(key, EVERY_KEY) if key else self._waiting(EVERY_KEY)

    async def record(self, file: str, longest_s: float) -> float:
        """MOST_SILENCE_S of silence, any key, or the hang-up end it; after a hang-up the answer is still told."""
        limits = (MESSAGE_KEYS, str(int(longest_s * 1000)), "BEEP", f"s={MOST_SILENCE_S}")
        reply = await self._session.ask("RECORD FILE", file, "wav", *limits)
        if reply.code != 200:
            raise LineGone(f"RECORD FILE answered {reply.code}")
        if key := _key(reply):
            await self._taken(key, MESSAGE_KEYS)  # it has ended the message and answers nothing else
        return reply.end_samples / 8000

    async def remember(self, name: str, value: str) -> None:
        await self._ask("SET VARIABLE", name, value)

    async def music(self, on: bool) -> None:
        await self._ask("SET MUSIC", "ON" if on else "OFF")

    async def hang_up(self) -> None:
        await self._ask("HANGUP")

    def _waiting(self, wanted: str) -> str:
        return self._keys.next(wanted) if self._keys and wanted else ""

    async def _taken(self, key: str, wanted: str) -> str:
        return await self._keys.after(key, wanted) if self._keys else key

    async def _ask(self, name: str, *arguments: str) -> AgiReply:
        return _proven(name, await self._session.ask(name, *arguments))


async def played(session: AgiSession, file: str, stop_on: str) -> AgiReply:
    """The answer when it is over. A file that is not there is answered as a hang-up is, and is none: it is logged.

    Raises LineGone.
    """
    reply = await session.ask("STREAM FILE", file, stop_on)
    if reply.code != 200 or reply.result != "-1":
        return _proven("STREAM FILE", reply)
    _proven("CHANNEL STATUS", await session.ask("CHANNEL STATUS"))
    log.error("%s cannot be played", file)
    return AgiReply(200, "0", "")


def _proven(command: str, reply: AgiReply) -> AgiReply:
    """A wrong answer (510, 511 dead channel, 520) means that the line can no longer be played to. Raises LineGone."""
    if reply.code != 200 or reply.result == "-1":
        raise LineGone(f"{command} answered {reply.code} {reply.result}")
    return reply


def _key(reply: AgiReply) -> str:
    """A key comes as its ASCII code; 0 is none."""
    key = chr(int(reply.result)) if reply.result.isdigit() and reply.result != "0" else ""
    return key if _KEY.fullmatch(key) else ""


Serve = Callable[[AgiSession], Awaitable[None]]


class AgiServer:
    """Accepts sessions on `path`, with deadlines and caps; each runs `serve` and ends when it returns."""

    def __init__(self, path: str, serve: Serve, *, header_deadline_s: float = HEADER_DEADLINE_S) -> None:
        self._path = path
        self._serve = serve
        self._header_deadline_s = header_deadline_s
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._unproven: dict[asyncio.Task[None], None] = {}
        self.refused = 0

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=HEADER_BYTES, backlog=256)

    async def stop(self) -> None:
        """Close the door and every session; the dialplan takes the callers over."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("agi-session")
        self._admit(task)
        try:
            await self._converse(task, reader, writer)
        except (LineGone, PbxUnavailable):
            pass
        except asyncio.CancelledError:
            pass  # by stop() or _admit(); asyncio.start_server logs a cancelled callback as an error
        except Exception:
            log.exception("an AGI session failed; the dialplan has the call")
        finally:
            self._connections.discard(task)
            self._unproven.pop(task, None)
            writer.close()

    def _admit(self, task: asyncio.Task[None]) -> None:
        """One connection more; beyond the cap the oldest silent one goes: our dialplan speaks at once."""
        if len(self._unproven) >= UNPROVEN:
            oldest = next(iter(self._unproven))
            del self._unproven[oldest]
            oldest.cancel()
            self.refused += 1
        self._unproven[task] = None
        self._connections.add(task)

    def _is_full(self) -> bool:
        return len(self._connections) - len(self._unproven) >= SESSIONS

    async def _converse(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        headers = await self._headers(reader)
        if headers is None or headers.get("agi_network_script") != self._path or self._is_full():
            self.refused += 1
            return
        self._unproven.pop(task, None)
        session = AgiSession(headers, reader, writer)
        listening = asyncio.create_task(session.read(), name="agi-read")
        try:
            await self._serve(session)
        finally:
            session.close()
            listening.cancel()

    async def _headers(self, reader: asyncio.StreamReader) -> dict[str, str] | None:
        """The environment block; None when it is late, too long, or cut."""
        try:
            async with asyncio.timeout(self._header_deadline_s):
                block = await reader.readuntil(b"\n\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return None
        pairs = (line.partition(": ") for line in block.decode("utf-8", "replace").splitlines())
        return {key: value for key, _, value in pairs if key}
