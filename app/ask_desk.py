"""Requests of the API processes, taken from Redis to the engine's own answers (api.answers), which do nothing twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from api.answers import Answers, EngineBusy, IdReused, NoAnswer
from api.remote_answers import LAST_S, written
from core.errors import PeerFault
from store.asks import Ask, AskStreams

log = logging.getLogger(__name__)

AGAIN_S = 0.1
STARTED_ANEW = "the engine was started anew while it was asked; look at the floor before you ask again"


class AskDesk:
    """`broken`: why Redis cannot be read at the moment, or ""."""

    def __init__(self, streams: AskStreams, answers: Answers, boot_s: Callable[[], float]) -> None:
        self._streams, self._answers, self._boot_s = streams, answers, boot_s
        self._began_boot_s = boot_s()
        self.broken = ""

    async def run(self) -> None:
        """For ever; cancel to end it."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                for ask in await self._next():
                    tasks.create_task(self._serve(ask), name="ask")

    async def _next(self) -> list[Ask]:
        try:
            asks = await self._streams.asked()
        except PeerFault as error:
            if not self.broken:
                log.error("API processes cannot reach the engine: %s; calls go on", error)
            self.broken = str(error)
            await asyncio.sleep(AGAIN_S)
            return []
        self.broken = ""
        return asks

    async def _serve(self, ask: Ask) -> None:
        """One that asked before this life of ours may have been served in the last: only the journal knows."""
        left_s = ask.until_boot_s - self._boot_s()
        if left_s <= 0:
            return  # whoever asked was told that no answer came
        try:
            if ask.asked_boot_s < self._began_boot_s:
                raise NoAnswer(STARTED_ANEW)
            reply = written(ask.token, await self._answers.ask(ask.requested, left_s + LAST_S))
        except (IdReused, EngineBusy, NoAnswer) as refusal:
            reply = written(ask.token, refusal)
        try:
            await self._streams.reply(ask.desk, reply)
        except PeerFault as error:
            log.warning("an answer cannot be sent: %s; whoever waits for it asks again", error)
