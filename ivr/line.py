"""A caller out of a script: the twin of the PBX's caller line, for tests and for trying a flow without a telephone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

from core.errors import LineGone
from core.ids import CallId

HANG_UP = "hang up"
MOST_TYPED_AHEAD = 40


class ScriptedLine:
    """Answers each prompt and each wait with the next item of `script`.

    An item is "" (listens, says nothing), one or more keys, or HANG_UP. Of several keys the rest
    is typed ahead: it answers what comes next. Keys a prompt does not stop on are lost, as on the
    PBX. After the script the caller is silent for ever. Each method suspends once, so that a
    test can cancel there.
    """

    def __init__(self, call: CallId, script: Iterable[str]) -> None:
        self.call = call
        self.heard: list[str] = []
        self.recorded: list[str] = []
        self.variables: dict[str, str] = {}
        self.music_on = False
        self.gone = False
        self._script = iter(script)
        self._typed: deque[str] = deque(maxlen=MOST_TYPED_AHEAD)

    async def play(self, files: Sequence[str], stop_on: str) -> str:
        await self._present()
        self.heard += files
        self._read_script()
        while self._typed and not self.gone:
            key = self._typed.popleft()
            if key in stop_on:
                return key
        await self._present()
        return ""

    async def wait_key(self, timeout_s: float) -> str:
        await self._present()
        self._read_script()
        await self._present()
        return self._typed.popleft() if self._typed else ""

    async def record(self, file: str, longest_s: float) -> float:
        """An item `"<seconds>s"` is what the caller says; HANG_UP comes after 3 s of it; anything else is silence."""
        await self._present()
        item = next(self._script, "")
        self.recorded.append(file)
        if item == HANG_UP:
            self.gone = True
            return 3.0
        return min(float(item[:-1]), longest_s) if item.endswith("s") else 0.0

    async def remember(self, name: str, value: str) -> None:
        await self._present()
        self.variables[name] = value

    async def music(self, on: bool) -> None:
        await self._present()
        self.music_on = on

    async def hang_up(self) -> None:
        await self._present()
        self.gone = True

    async def _present(self) -> None:
        await asyncio.sleep(0)
        if self.gone:
            raise LineGone(self.call)

    def _read_script(self) -> None:
        if self._typed:
            return
        item = next(self._script, "")
        if item == HANG_UP:
            self.gone = True
        else:
            self._typed.extend(item)
