"""A prompt recorded by telephone: a code chooses it, then keys hear, record, hear again and accept.

Whoever calls may be anybody who holds a phone of the house. So everything has an end: wrong codes, keys, silence,
seconds of a recording. What was recorded is judged like every recording (ivr.recordings); what is wrong is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import LineGone
from core.ports import CallerLine
from ivr.recordings import LONGEST_S, Fault

CODE_DIGITS = 6
MOST_CODES = 3
MOST_KEYS = 40
MOST_SILENCE = 3
WAIT_S = 5.0
DIGITS, END, CLEAR = "0123456789", "#", "*"

ASK_CODE, WRONG_CODE, CHOICES = "booth-code", "booth-wrong-code", "booth-choices"
SPEAK, TAKEN, FAILED, NOTHING = "booth-speak", "booth-taken", "booth-failed", "booth-nothing"
FAULTS: dict[Fault, str] = {
    "silent": "booth-silent", "short": "booth-silent", "quiet": "booth-quiet", "long": "booth-long",
    "pause": "booth-pause", "clipped": "booth-clipped",
}  # fmt: skip
PROMPTS = tuple(dict.fromkeys((ASK_CODE, WRONG_CODE, CHOICES, SPEAK, TAKEN, FAILED, NOTHING, *FAULTS.values())))
"""prompts.yaml must have them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The prompt that a code stands for."""

    code: str
    prompt: str
    language: str
    by: str


@dataclass(frozen=True, slots=True)
class Booth:
    """What a session meets: prompts below `sounds` in `language`; the PBX puts recordings below `aside`.

    `find` gives what a code stands for. `take` has callers hear a file; its answer is what is wrong with it, None that
    it could not be tried.
    """

    sounds: Path
    aside: Path
    language: str
    find: Callable[[str], Wanted | None]
    take: Callable[[Wanted, Path], Awaitable[Sequence[Fault] | None]]


async def record_prompt(line: CallerLine, booth: Booth) -> None:
    """One session, until the prompt is accepted, or its patience or the line is over. Cancelling is safe."""
    file = booth.aside / f"booth-{line.call}"
    try:
        if (wanted := await _chosen(line, booth)) is not None:
            await _Session(line, booth, wanted, file).run()
        await line.hang_up()
    except LineGone:
        return
    finally:
        await asyncio.to_thread(file.with_name(f"{file.name}.wav").unlink, missing_ok=True)


async def _chosen(line: CallerLine, booth: Booth) -> Wanted | None:
    for _ in range(MOST_CODES):
        code = await _code(line, booth)
        if wanted := booth.find(code):
            return wanted
        await _say(line, booth, WRONG_CODE)
    return None


async def _code(line: CallerLine, booth: Booth) -> str:
    """What is typed, at most CODE_DIGITS; # or silence end it, * begins anew."""
    key = await line.play([_file(booth, ASK_CODE)], DIGITS + CLEAR)
    typed = ""
    for _ in range(MOST_KEYS):
        key = key or await line.wait_key(WAIT_S)
        if key in (END, ""):
            break
        typed = "" if key == CLEAR else typed + key
        if len(typed) == CODE_DIGITS:
            break
        key = ""
    return typed


class _Session:
    """One prompt, once its code is known. `_lasts_s`: what was recorded last. `_ahead`: a key that cut sound short."""

    def __init__(self, line: CallerLine, booth: Booth, wanted: Wanted, file: Path) -> None:
        self._line, self._booth, self._wanted, self._file = line, booth, wanted, file
        self._lasts_s = 0.0
        self._ahead = ""
        self._taken = False

    async def run(self) -> None:
        silences = 0
        for _ in range(MOST_KEYS):
            key = self._ahead or await self._listen(_file(self._booth, CHOICES)) or await self._line.wait_key(WAIT_S)
            self._ahead = ""
            silences = 0 if key else silences + 1
            await self._do(key)
            if self._taken or silences == MOST_SILENCE:
                return

    async def _listen(self, file: str) -> str:
        return await self._line.play([file], DIGITS)

    async def _do(self, key: str) -> None:
        match key:
            case "1":
                self._ahead = await self._listen(str(self._booth.sounds / self._wanted.language / self._wanted.prompt))
            case "2":
                await _say(self._line, self._booth, SPEAK)
                self._lasts_s = await self._line.record(str(self._file), LONGEST_S)
            case "3" | "4" if not self._lasts_s:
                await _say(self._line, self._booth, NOTHING)
            case "3":
                self._ahead = await self._listen(str(self._file))
            case "4":
                await self._accept()

    async def _accept(self) -> None:
        await self._line.music(True)
        faults = await self._booth.take(self._wanted, self._file.with_name(f"{self._file.name}.wav"))
        await self._line.music(False)
        self._taken = faults is not None and not faults
        said = (FAILED,) if faults is None else tuple(FAULTS[fault] for fault in faults) or (TAKEN,)
        await _say(self._line, self._booth, *said)


async def _say(line: CallerLine, booth: Booth, *prompts: str) -> None:
    await line.play([_file(booth, prompt) for prompt in prompts], "")


def _file(booth: Booth, prompt: str) -> str:
    return str(booth.sounds / booth.language / prompt)
