"""Callers at so much of what the agents can do: Poisson arrivals, some of whom lose their patience.

Everything a caller does comes from the seed and the caller's number; what becomes of it does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from random import Random

from bench.soak.ground import HOTLINES, Ground
from core.errors import ActionFailed, PbxUnavailable
from cti.carrier.caller import CallerCall
from cti.carrier.timeline import Fact

TALKS_S, RINGS_S = (8.0, 20.0), (0.5, 3.0)
AROUND_S = 3.0
"""Wrap-up, the ring's way and the prompts: what an agent spends on a call beside ring and talk."""
PATIENCE_MEAN_S = 90.0
IMPATIENT, HANGS_UP_FIRST = 0.2, 0.4
"""Shares of callers: with a patience that ends, and who end the talk themselves."""
KEY_AFTER_S = (0.5, 2.0)
LONGEST_S = 300.0


@dataclass(slots=True)
class Traffic:
    """Calls until it is told to stop."""

    ground: Ground
    seed: int
    load: float
    dialled: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def phones(self) -> tuple[dict[str, float], dict[str, float]]:
        """How long each seat's agent talks, and how long its phone rings; seconds."""
        dice = Random(f"{self.seed}/phones")
        seats = [seat.id for seat in self.ground.house.seats]
        return {seat: dice.uniform(*TALKS_S) for seat in seats}, {seat: dice.uniform(*RINGS_S) for seat in seats}

    async def watch_phones(self) -> None:
        """A phone belongs to one carrier, its caller perhaps to the other, which is not told of the answer."""
        for seat in self.ground.house.seats:
            phone = await self.ground.phone(seat.id)
            phone.timeline.listeners.append(lambda fact, seat=seat.id: self._bridged(fact, seat))  # type: ignore[misc]

    def _bridged(self, fact: Fact, seat: str) -> None:
        call = self.ground.live.get(fact.details.get("caller", "")) if fact.name == "answered" else None
        if call is not None and not call.timeline.all("bridged"):
            call.timeline.note("bridged", seat=seat)

    async def run(self, for_s: float) -> None:
        """Dial for so long, then let everybody finish."""
        dice, until_s = Random(f"{self.seed}/arrivals"), time.monotonic() + for_s
        handling_s = sum(TALKS_S) / 2 + sum(RINGS_S) / 2 + AROUND_S
        rate = self.load * len(self.ground.house.seats) / handling_s
        while (gap_s := dice.expovariate(rate)) + time.monotonic() < until_s:
            await asyncio.sleep(gap_s)
            self.dialled += 1
            self._begin(f"138{self.dialled:08}")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LONGEST_S)
        for task in self._tasks:
            task.cancel()

    def _begin(self, number: str) -> None:
        task = asyncio.create_task(self._caller(number), name=f"caller {number}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _caller(self, number: str) -> None:
        dice = Random(f"{self.seed}/{number}")
        trunk = dice.choice([name for name in ("a", "b") if name in self.ground.carriers])
        with contextlib.suppress(PbxUnavailable, ActionFailed, TimeoutError):  # the trunk is gone: the log tells
            call = await self.ground.carriers[trunk].dial(dice.choice(list(HOTLINES)), number, trunk, record=False)
            self.ground.live[number] = call
            self.ground.log.follow("caller", number, call.timeline)
            try:
                await self._calls(number, call, dice)
            finally:
                self.ground.live.pop(number, None)

    async def _calls(self, number: str, call: CallerCall, dice: Random) -> None:
        """Press a key for a person, wait for one, talk."""
        patience_s = dice.expovariate(1 / PATIENCE_MEAN_S) if dice.random() < IMPATIENT else LONGEST_S
        key_s, talk_s = dice.uniform(*KEY_AFTER_S), dice.uniform(*TALKS_S) / 2
        hangs_up_first = dice.random() < HANGS_UP_FIRST
        if not await _seen(call, "answered", LONGEST_S):
            return
        await asyncio.sleep(key_s)
        if not _over(call):
            await call.press("0")
        if not await _seen(call, "bridged", patience_s) and not _over(call):
            await self._hang_up(number, call)
        elif hangs_up_first and not await _seen(call, "ended", talk_s):
            await self._hang_up(number, call)
        await _seen(call, "ended", LONGEST_S)

    async def _hang_up(self, number: str, call: CallerCall) -> None:
        self.ground.log.note("caller", number, "hangs_up")
        await call.hang_up()


async def _seen(call: CallerCall, what: str, within_s: float) -> bool:
    """Wait for this fact, or the end of the call. Was it seen?"""
    waiting = [asyncio.ensure_future(call.timeline.first(each, within_s)) for each in (what, "ended", "cut")]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return bool(call.timeline.all(what))


def _over(call: CallerCall) -> bool:
    """Ended, or cut off with its trunk: then nobody will say any more of it."""
    return call.over or bool(call.timeline.all("cut"))
