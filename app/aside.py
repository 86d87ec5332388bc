"""Long computing in a process of its own, one at a time and at the lowest priority, so that calls never wait for it.

Such a module takes its question from the command line or its input, prints its answer, and ends with REFUSED and a
sentence for the person who asked where it cannot be answered.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine

from core.errors import PeerFault, Refused

REFUSED = 3
"""Exit code: the text on stderr is for the person who asked."""


class Aside:
    """One module's questions, one after the other. `what` says in a failure what failed: replaying the journal."""

    def __init__(self, module: str, what: str, longest_s: float) -> None:
        self._module, self._what, self._longest_s = module, what, longest_s
        self._turn = asyncio.Lock()

    async def ask(self, *arguments: str, said: bytes = b"") -> bytes:
        """What the module printed; `said` is what it reads. Cancelling ends the process.

        Raises:
            Refused: it cannot be answered, and why.
            PeerFault: the process failed, or took too long.
        """
        async with self._turn:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self._module, *arguments,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                async with asyncio.timeout(self._longest_s):
                    out, said = await process.communicate(said)
            except TimeoutError as error:
                raise PeerFault(f"{self._what} took longer than {self._longest_s:g} s") from error
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode == REFUSED:
            raise Refused(said.decode().strip())
        if process.returncode:
            raise PeerFault(f"{self._what} failed; try again, or look at the log")
        return out


def answer(work: Coroutine[object, object, str]) -> int:
    """In the process of its own: print the answer; the exit code."""
    os.nice(10)
    try:
        print(asyncio.run(work))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    return 0
