"""Prompts of a running instance: listed, recorded anew, spoken from a house's own texts.

What takes processor time runs in a process of its own (app.studio_worker), one at a time, with a deadline; the loop
only waits. A replaced prompt is a new file under the old name: the PBX opens it at the next play.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import PeerFault, Refused
from core.house import House
from core.ports import CallerLine
from ivr.booth import CODE_DIGITS, Booth, Wanted, record_prompt
from ivr.prompts import Utterance, prompts_of
from ivr.recordings import Fault, Judgement, Listed, PhoneCode, Unusable, kept
from ivr.shelf import FORMAT
from ivr.sounds import measured_speech

log = logging.getLogger(__name__)

CHECKOUT = Path(__file__).resolve().parents[1]
TAKE_WITHIN_S = 60.0
WORKER = (sys.executable, "-m", "app.studio_worker")
CODE_LASTS_S = 600.0
MOST_CODES = 50
MOST_WRONG = 20
SPEAK_WITHIN_S = 300.0
"""A house may bring hundreds of texts, and the machine may be busy with calls."""


class Codes:
    """Six digits that stand for a prompt at the telephone, for CODE_LASTS_S or until they have been used.

    Whoever types wrong ones guesses: after MOST_WRONG of them, all codes are void.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._open: dict[str, tuple[Wanted, float]] = {}
        self._wrong = 0

    def issue(self, prompt: str, language: str, by: str) -> str:
        """A new code; the oldest of more than MOST_CODES is void."""
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        self._open.pop(code, None)
        self._open[code] = Wanted(code, prompt, language, by), self._now_s() + CODE_LASTS_S
        self._wrong = 0
        if len(self._open) > MOST_CODES:
            del self._open[next(iter(self._open))]
        return code

    def find(self, code: str) -> Wanted | None:
        wanted, until_s = self._open.get(code, (None, 0.0))
        if wanted is not None and self._now_s() < until_s:
            return wanted
        self._wrong += 1
        if self._wrong >= MOST_WRONG and self._open:
            log.warning("%d wrong codes to record prompts were typed at seats' phones; all codes are void", self._wrong)
            self._open.clear()
        return None

    def used(self, code: str) -> None:
        self._open.pop(code, None)


class Studio:
    """api.ports.Prompts."""

    def __init__(self, home: Path, house: Callable[[], House]) -> None:
        self._home, self._house = home, house
        self._sounds = home / "sounds"
        self._codes = Codes(time.monotonic)
        self._one_at_a_time = asyncio.Lock()

    async def listed(self) -> Sequence[Listed]:
        return await asyncio.to_thread(listed, self._house(), self._sounds)

    def file(self, name: str, language: str) -> Path | None:
        """What callers hear, as WAV; None if there is nothing."""
        utterance = known(self._house(), name, language)
        file = self._sounds / utterance.language / f"{utterance.name}.{FORMAT}"
        return file if file.is_file() else None

    async def take(self, name: str, language: str, sound: bytes, by: str) -> Judgement:
        """Callers hear this recording from their next prompt on.

        Raises:
            Unusable: the recording cannot be used; the text says why.
            Refused: there is no such prompt.
            PeerFault: it could not be judged; nothing has changed.
        """
        utterance = known(self._house(), name, language)
        judgement = Judgement(**await self._run("take", [utterance], sound, by=by, at_utc_s=time.time()))
        log.info("prompt %s (%s) is a recording of %s now", name, language, by)
        return judgement

    async def give_back(self, name: str, language: str, by: str) -> None:
        """The synthetic voice again. Raises as take."""
        await self._run("give_back", [known(self._house(), name, language)])
        log.info("prompt %s (%s) is synthetic again, by %s", name, language, by)

    def issue(self, name: str, language: str, by: str) -> PhoneCode:
        """What to dial and to type at a seat's phone in order to record this prompt. Raises Refused."""
        utterance = known(self._house(), name, language)
        code = self._codes.issue(name, language, by)
        return PhoneCode(self._house().prompts_number, code, time.time() + CODE_LASTS_S, utterance.text)

    async def at_the_phone(self, line: CallerLine, aside: Path) -> None:
        """A session of somebody at a seat's phone; the PBX puts recordings below `aside`."""
        language = self._house().languages[0]
        await record_prompt(line, Booth(self._sounds, aside, language, self._codes.find, self._take_file))

    async def _take_file(self, wanted: Wanted, file: Path) -> Sequence[Fault] | None:
        try:
            sound = await asyncio.to_thread(file.read_bytes)
            await self.take(wanted.prompt, wanted.language, sound, wanted.by)
        except Unusable as unusable:
            return unusable.faults or ("silent",)
        except (Refused, PeerFault, OSError) as error:
            log.error("a recording made by telephone could not be taken: %s", error)
            return None
        self._codes.used(wanted.code)
        return ()

    async def prepare(self, house: House) -> None:
        """Have the voice say this house's texts, so that nothing can fail when it comes into force. Raises as take."""
        if house.prompts != self._house().prompts:
            await self._run("prepare", prompts_of(house.prompts), within_s=SPEAK_WITHIN_S)

    async def place(self, house: House) -> None:
        """Have callers hear this house's texts. Raises PeerFault."""
        if house.prompts != self._house().prompts:
            await self._run("place", prompts_of(house.prompts), within_s=SPEAK_WITHIN_S)

    async def _run(
        self,
        what: str,
        utterances: Iterable[Utterance],
        sound: bytes = b"",
        *,
        within_s: float | None = None,
        **more: object,
    ) -> dict[str, Any]:
        texts = [asdict(each) for each in utterances]
        task = {"what": what, "home": str(self._home), "utterances": texts, **more}
        async with self._one_at_a_time:
            answer = await _asked(json.dumps(task).encode() + b"\n" + sound, within_s or TAKE_WITHIN_S)
        if "faults" in answer:
            raise Unusable(answer["refused"], answer["faults"])
        if "refused" in answer:
            raise Refused(answer["refused"])
        if "failed" in answer:
            raise PeerFault(f"the prompt could not be made: {answer['failed']}")
        done: dict[str, Any] = answer["done"]
        return done


def listed(house: House, sounds: Path) -> list[Listed]:
    """Every prompt of this house as it is now. Raises OSError."""
    utterances = prompts_of(house.prompts)
    speech = measured_speech(utterances, sounds)
    return [
        Listed(
            each.name, each.language, each.text, each.language in house.prompts.get(each.name, {}),
            speech.get((each.language, each.name), 0.0), kept(each, sounds),
        )
        for each in utterances
    ]  # fmt: skip


def known(house: House, name: str, language: str) -> Utterance:
    """What is said under this name. Raises Refused: nothing."""
    for each in prompts_of(house.prompts):
        if (each.name, each.language) == (name, language):
            return each
    raise Refused(f"There is no prompt {name!r} in {language}. Look at: ./thirdring prompts list")


async def _asked(question: bytes, within_s: float) -> dict[str, Any]:
    """A worker's answer. Cancelling ends it. Raises PeerFault."""
    pipe = asyncio.subprocess.PIPE
    worker = await asyncio.create_subprocess_exec(
        *WORKER, stdin=pipe, stdout=pipe, cwd=CHECKOUT, start_new_session=True
    )
    try:
        async with asyncio.timeout(within_s):
            said, _ = await worker.communicate(question)
        answer: dict[str, Any] = json.loads(said)
        return answer
    except (TimeoutError, ValueError) as error:
        raise PeerFault("the process that makes prompts took too long, or died") from error
    finally:
        if worker.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)  # its ffmpeg, too
            await worker.wait()
