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
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import PeerFault, Refused
from core.house import House
from ivr.prompts import Utterance, prompts_of
from ivr.recordings import Judgement, Listed, kept
from ivr.shelf import FORMATS
from ivr.sounds import measured_speech

log = logging.getLogger(__name__)

CHECKOUT = Path(__file__).resolve().parents[1]
TAKE_WITHIN_S = 60.0
SPEAK_WITHIN_S = 300.0
"""A house may bring hundreds of texts, and the machine may be busy with calls."""


class Studio:
    """api.ports.Prompts."""

    def __init__(self, home: Path, house: Callable[[], House]) -> None:
        self._home, self._house = home, house
        self._sounds = home / "sounds"
        self._one_at_a_time = asyncio.Lock()

    async def listed(self) -> Sequence[Listed]:
        return await asyncio.to_thread(listed, self._house(), self._sounds)

    def file(self, name: str, language: str) -> Path | None:
        """What callers hear, as WAV; None if there is nothing."""
        utterance = known(self._house(), name, language)
        file = self._sounds / utterance.language / f"{utterance.name}.{FORMATS[0]}"
        return file if file.is_file() else None

    async def take(self, name: str, language: str, sound: bytes, by: str) -> Judgement:
        """Callers hear this recording from their next prompt on.

        Raises:
            Refused: there is no such prompt, or the recording cannot be used; the text says why.
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
        within_s: float = TAKE_WITHIN_S,
        **more: object,
    ) -> dict[str, Any]:
        texts = [asdict(each) for each in utterances]
        task = {"what": what, "home": str(self._home), "utterances": texts, **more}
        async with self._one_at_a_time:
            answer = await _asked(json.dumps(task).encode() + b"\n" + sound, within_s)
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
        sys.executable, "-m", "app.studio_worker", stdin=pipe, stdout=pipe, cwd=CHECKOUT, start_new_session=True
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
