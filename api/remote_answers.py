"""The engine's answers in a process of its own: asked and given over Redis (store.asks).

Redis may be flushed, stopped or away for a while: the same request goes out again and again until its answer is there,
and the engine does not carry an id out twice. Near the end of the time nobody takes it up any more, so that whoever is
told that no answer came need not fear that it is done later.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import cast

from api.answers import MOST_WAITING, Answer, EngineBusy, IdReused, NoAnswer
from core.errors import PeerFault, ThirdringError
from core.inputs import Requested
from store.asks import Ask, AskStreams, Reply
from store.codec import decode_event, event_codec
from store.errors import UnknownRecord

log = logging.getLogger(__name__)

REPEAT_S = 0.4
AGAIN_S = 0.1
LAST_S = 0.5
"""Before its time is up a request is not taken up any more: its answer must have time to come back."""

_REFUSALS = {kind.__name__: kind for kind in (EngineBusy, IdReused, NoAnswer)}


def written(token: str, said: Answer | ThirdringError) -> Reply:
    """An answer, or why there is none, for the process that asked."""
    if isinstance(said, ThirdringError):
        return Reply(token, type(said).__name__, str(said))
    tag, body = event_codec().encode(said)
    return Reply(token, tag, body.decode())


def _said(reply: Reply) -> Answer | ThirdringError:
    if refusal := _REFUSALS.get(reply.kind):
        return refusal(reply.body)
    try:
        return cast(Answer, decode_event(reply.kind, reply.body))
    except UnknownRecord as error:
        return NoAnswer(f"the engine's answer cannot be read: {error}")


class RemoteAnswers:
    """Twin of api.answers.Answers. `desk` is this process's name, new with each of its lives; `run` runs in a task."""

    def __init__(self, streams: AskStreams, desk: str, boot_s: Callable[[], float]) -> None:
        self._streams, self._desk, self._boot_s = streams, desk, boot_s
        self._open: dict[str, asyncio.Future[Answer]] = {}
        self._away = False

    async def ask(self, asked: Requested, timeout_s: float) -> Answer:
        """api.ports.Asks. Cancelling is safe: the same id asked again brings the same answer."""
        if len(self._open) >= MOST_WAITING:
            raise EngineBusy("too many requests are waiting; try again in a moment")
        now_s, token = self._boot_s(), uuid.uuid4().hex
        ask = Ask(token, self._desk, now_s, now_s + max(0.0, timeout_s - LAST_S), asked)
        answer = self._open[token] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._insist(ask, answer)
        except TimeoutError as error:
            raise NoAnswer("the engine has not answered yet; repeat with the same Idempotency-Key") from error
        finally:
            del self._open[token]

    async def run(self) -> None:
        """Hand out what comes back, for ever; cancel to end it."""
        while True:
            for reply in await self._replies():
                self._hand_out(reply)

    async def _replies(self) -> list[Reply]:
        try:
            replies = await self._streams.replies(self._desk)
        except PeerFault as error:
            if not self._away:
                log.error("the engine is out of reach: %s", error)
            self._away = True
            await asyncio.sleep(AGAIN_S)
            return []
        self._away = False
        return replies

    async def _insist(self, ask: Ask, answer: asyncio.Future[Answer]) -> Answer:
        while not answer.done():
            wait_s = REPEAT_S
            if self._boot_s() < ask.until_boot_s:
                try:
                    await self._streams.ask(ask)
                except PeerFault:
                    wait_s = AGAIN_S
            await asyncio.wait([answer], timeout=wait_s)
        return answer.result()

    def _hand_out(self, reply: Reply) -> None:
        """To whoever waits; a second answer to the same ask finds nobody."""
        answer = self._open.get(reply.token)
        if answer is None or answer.done():
            return
        said = _said(reply)
        if isinstance(said, ThirdringError):
            answer.set_exception(said)
        else:
            answer.set_result(said)
