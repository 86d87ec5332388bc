"""The engine's answers to requests, by request id.

A request goes through the inbox like every other fact; its answer comes back as an outcome. The same
id offered again is not sent twice: whoever repeats it gets the first answer, or waits for it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import Misuse, PeerFault
from core.events import Outcome, RequestGranted, RequestRefused
from core.ids import RequestId
from core.inputs import Request, Requested
from core.instants import Instant
from core.ports import Inbox

ANSWERS_KEPT = 10_000
MOST_WAITING = 1_000
KEY_OF_ANOTHER = "this Idempotency-Key was used for another request"

Answer = RequestGranted | RequestRefused


class IdReused(Misuse):
    """The same request id came with another request; nothing was done."""


class EngineBusy(PeerFault):
    """The inbox is full or too many requests wait; nothing was done."""


class NoAnswer(PeerFault):
    """The engine did not answer in time. The request may still be granted; asking again with its id tells."""


@dataclass(slots=True)
class Question:
    """A request and the future of its answer."""

    request: Request
    answer: asyncio.Future[Answer]


class Answers:
    """Give `take` to the pump as a subscriber; routes call `ask`. Lives in the engine's loop."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._questions: OrderedDict[RequestId, Question] = OrderedDict()
        self._waiting = 0

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """Hand answers to whoever waits. Answers to ids nobody asked here for are not ours."""
        for outcome in outcomes:
            if isinstance(outcome.event, RequestGranted | RequestRefused):
                question = self._questions.get(outcome.event.request)
                if question and not question.answer.done():
                    question.answer.set_result(outcome.event)

    async def ask(self, asked: Requested, timeout_s: float) -> Answer:
        """Offer a request and wait for its answer. Cancelling is safe: the answer is kept for a repetition.

        Raises:
            IdReused: the id belongs to another request.
            EngineBusy: nothing was offered.
            NoAnswer: it was offered, but nothing came back within `timeout_s`.
        """
        if self._waiting >= MOST_WAITING:
            raise EngineBusy("too many requests are waiting; try again in a moment")
        question = self._questions.get(asked.id) or self._offer(asked)
        if question.request != asked.request:
            raise IdReused(KEY_OF_ANOTHER)
        self._waiting += 1
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(question.answer)
        except TimeoutError as error:
            raise NoAnswer("the engine has not answered yet; repeat with the same Idempotency-Key") from error
        finally:
            self._waiting -= 1

    async def granted(self, by: str, request: Request, timeout_s: float) -> bool:
        """The same for a request of our own, on somebody's behalf; whatever stands in its way is a no."""
        try:
            answer = await self.ask(Requested(RequestId(f"{by}:{uuid.uuid4()}"), by, request), timeout_s)
        except (EngineBusy, NoAnswer):
            return False
        return isinstance(answer, RequestGranted)

    def _offer(self, asked: Requested) -> Question:
        if not self._inbox.offer(asked):
            raise EngineBusy("the engine's inbox is full; try again in a moment")
        question = Question(asked.request, asyncio.get_running_loop().create_future())
        self._questions[asked.id] = question
        if len(self._questions) > ANSWERS_KEPT:
            self._questions.popitem(last=False)
        return question
