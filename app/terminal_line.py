"""A caller at a terminal: keys are typed, prompts are printed. For trying a flow without a telephone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from core.errors import LineGone
from core.ids import CallId

KEYS = "0123456789*#ABCD"
HANG_UP_KEYS = "q\x04"
Say = Callable[[str], None]


class TerminalLine:
    """core.ports.CallerLine on a terminal, or on whatever is piped in; the end of that hangs up.

    `texts`: (language, prompt) -> text. `pace` of 1 prints a prompt as long as it is spoken by `speech`, 0 at once.
    """

    def __init__(
        self,
        call: CallId,
        texts: Mapping[tuple[str, str], str],
        speech: Mapping[tuple[str, str], float],
        say: Say,
        pace: float = 1.0,
    ) -> None:
        self.call = call
        self._texts, self._speech, self._say, self._pace = texts, speech, say, pace
        self._typed: asyncio.Queue[str] = asyncio.Queue()
        self._spoken_s = 0.0
        self.gone = False

    def key(self, key: str) -> None:
        """Somebody has typed this; what is no telephone key is passed over, q hangs up."""
        if key in HANG_UP_KEYS or key in KEYS:
            self._typed.put_nowait(key)

    async def play(self, files: Sequence[str], stop_on: str) -> str:
        for file in files:
            name = (Path(file).parent.name, Path(file).name)
            lasts_s = self._speech.get(name, 1.0)
            self._spoken_s += lasts_s
            self._say(f"  {self._spoken_s:5.1f} s  {self._texts.get(name, name[1])}")
            if key := await self._next(lasts_s * self._pace, stop_on):
                return key
        return ""

    async def wait_key(self, timeout_s: float) -> str:
        self._say(f"           (a key within {timeout_s:.0f} s)")
        return await self._next(timeout_s * (self._pace or 1.0), KEYS)

    async def record(self, file: str, longest_s: float) -> float:
        self._say(f"           (beep; you speak, at most {longest_s:.0f} s; any key ends it)")
        began = asyncio.get_running_loop().time()
        await self._next(longest_s, KEYS)
        return asyncio.get_running_loop().time() - began

    async def remember(self, name: str, value: str) -> None:
        """Nothing here outlives us."""

    async def music(self, on: bool) -> None:
        self._say(f"           (music {'begins' if on else 'ends'})")

    async def hang_up(self) -> None:
        self._say("           (we hang up)")
        self.gone = True

    async def _next(self, timeout_s: float, wanted: str) -> str:
        """The next key of `wanted`; others are lost, as on the PBX."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    key = await self._typed.get()
                    if key in HANG_UP_KEYS:
                        self._say("           (you hang up)")
                        raise LineGone(self.call)
                    if key in wanted:
                        self._say(f"           [{key}]")
                        return key
        except TimeoutError:
            return ""


@contextlib.contextmanager
def keys_typed(line: TerminalLine) -> Iterator[None]:
    """Give the line every key as it is typed, without Enter where this is a terminal."""
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        typed = os.read(descriptor, 64).decode(errors="replace")
        for key in typed:
            line.key(key)
        if not typed:
            loop.remove_reader(descriptor)
            line.key(HANG_UP_KEYS[0])

    before = termios.tcgetattr(descriptor) if os.isatty(descriptor) else None
    if before is not None:
        tty.setcbreak(descriptor)
    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        if before is not None:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
