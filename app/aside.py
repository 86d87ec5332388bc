"""Long computing in a process of its own, one at a time and at the lowest priority, so that calls never wait for it.

Such a module takes its question from the command line or its input, prints its answer, and ends with REFUSED and a
sentence for the person who asked where it cannot be answered. Meanwhile it may say how far it is (`far`).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from core.errors import PeerFault, Refused
from recording.background import step_back

if TYPE_CHECKING:
    from api.ports import Progress

REFUSED = 3
"""Exit code: the text on stderr is for the person who asked."""
FAR = "\x1e"
"""ASCII's record separator begins a line on stderr that says how far it is; no sentence for people has one."""
STEPS = 100

T = TypeVar("T")
Tell = Callable[[float], None]
"""Told the share that is done, 0 to 1."""


class Aside:
    """One module's questions, one after the other. `what` says in a failure what failed: replaying the journal."""

    def __init__(self, module: str, what: str, longest_s: float) -> None:
        self._module, self._what, self._longest_s = module, what, longest_s
        self._turn = asyncio.Lock()
        self._asked = 0
        self._share: float | None = None

    @property
    def progress(self) -> Progress:
        from api.ports import Progress  # it is there where this is asked; the module's own process needs no API

        return Progress(self._asked, self._share)

    async def ask(self, *arguments: str, said: bytes = b"") -> bytes:
        """What the module printed; `said` is what it reads. Cancelling ends the process.

        Raises:
            Refused: it cannot be answered, and why.
            PeerFault: the process failed, or took too long.
        """
        self._asked += 1
        try:
            async with self._turn:
                code, out, told = await self._answered(arguments, said)
        finally:
            self._asked, self._share = self._asked - 1, None
        if code == REFUSED:
            raise Refused(told.decode().strip())
        if code:
            raise PeerFault(f"{self._what} failed; try again, or look at the log")
        return out

    async def _answered(self, arguments: tuple[str, ...], said: bytes) -> tuple[int, bytes, bytes]:
        """Its exit code, what it printed, and what it said to the person who asked."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, *arguments, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        assert process.stdin and process.stdout and process.stderr
        try:
            async with asyncio.timeout(self._longest_s):
                _, out, told = await asyncio.gather(
                    _give(process.stdin, said), process.stdout.read(), self._hear(process.stderr)
                )
                return await process.wait(), out, told
        except TimeoutError as error:
            raise PeerFault(f"{self._what} took longer than {self._longest_s:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _hear(self, stderr: asyncio.StreamReader) -> bytes:
        told = b""
        while line := await stderr.readline():
            if line.startswith(FAR.encode()):
                self._share = float(line[1:])
            else:
                told += line
        return told


async def _give(stdin: asyncio.StreamWriter, said: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended before it had read everything
        stdin.write(said)
        await stdin.drain()
    stdin.close()


# --- in the process of its own -----------------------------------------------------------------------
def far(share: float) -> None:
    """How much is done, 0 to 1."""
    print(f"{FAR}{share:.3f}", file=sys.stderr, flush=True)


def unheard(share: float) -> None:
    """A Tell for work that nobody watches."""


def paced(items: Collection[T], tell: Tell, since: float = 0.0, until: float = 1.0) -> Iterator[T]:
    """These, and how far it is with each hundredth of them: from `since`, and `until` after the last."""
    step = max(1, len(items) // STEPS)
    for number, item in enumerate(items):
        if number % step == 0:
            tell(since + (until - since) * number / len(items))
        yield item


def answer(work: Coroutine[object, object, str]) -> int:
    """Print the answer; the exit code."""
    step_back()
    try:
        print(asyncio.run(work))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    return 0
