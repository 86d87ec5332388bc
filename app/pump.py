"""The heart: one bounded inbox, one consumer, one reader of the clock.

For each input: journal it, decide, journal the outcomes, start the commands, tell the subscribers.
Then sleep until the next input or the engine's next deadline.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from core.decisions import Decision, stamped
from core.inputs import ClockStepped, ConfigurationChanged, Input, Tick
from core.instants import Instant
from core.ports import Executor, Spool, Subscriber

log = logging.getLogger(__name__)

INBOX_INPUTS = 50_000
UNDIGESTED_REST_S = 1.0
"""A deadline that cannot be dealt with stays due; the journal must not fill with its ticks."""
OVERSLEPT_S, CATCH_UP_S = 1.0, 0.1
"""A deadline met so late means that we stood still, a stopped process or a machine put to sleep; and how long we then
listen before anything falls due: a phone that was answered meanwhile must not be pulled back from its talk."""
CLOCK_STEP_S = 2.0
"""The wall clock moved this much against the boot-time clock: somebody set it."""


class Decider(Protocol):
    """The pure engine, as the pump sees it."""

    def handle(self, fact: Input, now: Instant, sequence: int) -> Decision: ...
    def next_deadline(self) -> float | None: ...


class Pump:
    """core.ports.Inbox, and the loop behind it. `sequence` is the last input's, carried on from the journal."""

    def __init__(self, engine: Decider, spool: Spool, now: Callable[[], Instant], *, sequence: int) -> None:
        self._engine = engine
        self._spool = spool
        self._now = now
        self._inbox: deque[Input] = deque()
        self._arrived = asyncio.Event()
        self._subscribers: list[Subscriber] = []
        self._executor: Executor | None = None
        self._configuration = 0
        self._offset_s: float | None = None
        self.sequence = sequence
        self.dropped = 0
        self.undigested = 0
        self._rest_s = 0.0

    def connect(self, executor: Executor) -> None:
        """Where commands go; called once, before `run`."""
        self._executor = executor

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell this one of the outcomes of every later input."""
        self._subscribers.append(subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Tell this one nothing more."""
        self._subscribers.remove(subscriber)

    def offer(self, fact: Input) -> bool:
        if len(self._inbox) >= INBOX_INPUTS:
            self.dropped += 1
            return False
        self._inbox.append(fact)
        self._arrived.set()
        return True

    async def run(self) -> None:
        """For ever; cancel to end it, between two inputs."""
        while True:
            await self._sleep()
            self._drain()

    async def _sleep(self) -> None:
        """Until an input or a deadline; a full inbox still lets the loop breathe."""
        if self._inbox:
            await asyncio.sleep(0)
            return
        self._arrived.clear()
        deadline = self._engine.next_deadline()
        if deadline is None:
            await self._arrived.wait()
            return
        try:
            async with asyncio.timeout(max(self._rest_s, deadline - self._now().boot_s)):
                await self._arrived.wait()
        except TimeoutError:
            if self._now().boot_s - deadline > OVERSLEPT_S:
                await asyncio.sleep(CATCH_UP_S)
            self.offer(Tick())

    def _drain(self, most: int = 200) -> None:
        """Work off the inbox, at most so many inputs at a stretch."""
        for _ in range(min(len(self._inbox), most)):
            self.handle(self._inbox.popleft())

    def handle(self, fact: Input) -> None:
        """One input, whole: journal, decision, outcomes, commands, subscribers. `offer` is for everybody else's."""
        self._arrived.set()  # whoever called it: the loop may be asleep until a deadline that is not the next any more
        now = self._now()
        if (step_s := self._clock_step(now)) and not isinstance(fact, ClockStepped):
            self.handle(ClockStepped(step_s))
        if isinstance(fact, ConfigurationChanged):
            self._configuration = fact.version
        self.sequence += 1
        self._spool.append_input(self.sequence, now, self._configuration, fact)
        decision = decided(self._engine, fact, now, self.sequence)
        if decision is None:
            self.undigested += 1
            self._rest_s = UNDIGESTED_REST_S
            return
        self._rest_s = 0.0
        outcomes = stamped(decision, self.sequence, now)
        self._spool.append_outcomes(outcomes)
        if decision.commands and self._executor is not None:
            self._executor.execute(decision.commands)
        for subscriber in self._subscribers:
            subscriber(outcomes, now)

    def _clock_step(self, now: Instant) -> float:
        """Seconds the wall clock jumped since the last input, 0 for its usual drift."""
        offset_s = now.wall.timestamp() - now.boot_s
        before, self._offset_s = self._offset_s, offset_s
        step_s = 0.0 if before is None else offset_s - before
        return step_s if abs(step_s) >= CLOCK_STEP_S else 0.0


def decided(engine: Decider, fact: Input, now: Instant, sequence: int) -> Decision | None:
    """The decision on one input; None, and logged, when the engine cannot digest it.

    One such fact must take neither the others nor, in the replay, the next start with it.
    """
    try:
        return engine.handle(fact, now, sequence)
    except Exception:
        log.exception("input %d, a %s, was not digested", sequence, type(fact).__name__)
        return None
