"""What was seen when: facts stamped on the boot-time clock, and waiting for the next of a kind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PATIENCE_S = 30.0
"""How long a wait lasts by default: what is later than this on a loopback, however busy the machine, is a fault."""


def boot_s() -> float:
    """Seconds on CLOCK_BOOTTIME: comparable between all processes of one machine."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was seen, and when. `details` are words of the PBX (cause, seat, digit)."""

    name: str
    boot_s: float
    details: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{key}={value}" for key, value in self.details.items())])


class Timeline:
    """The facts of one call or phone, in the order in which they were seen. Each listener is told of every fact."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.facts: list[Fact] = []
        self.listeners: list[Callable[[Fact], None]] = []
        self._place = 0
        self._waiting: list[asyncio.Future[None]] = []

    def note(self, name: str, **details: str) -> Fact:
        """Add a fact, stamped now, and wake those who wait."""
        fact = Fact(name, boot_s(), details)
        self.facts.append(fact)
        for listener in self.listeners:
            listener(fact)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        return fact

    def all(self, name: str) -> list[Fact]:
        """Every fact of this name so far."""
        return [fact for fact in self.facts if fact.name == name]

    async def nth(self, name: str, position: int, timeout_s: float = PATIENCE_S) -> Fact:
        """The fact of this name at `position` (0 is the first), past or to come.

        Raises TimeoutError, telling what was seen instead.
        """
        return await self._until(name, lambda: self._nth(name, position), timeout_s)

    async def first(self, name: str, timeout_s: float = PATIENCE_S) -> Fact:
        """The first fact of this name, past or to come. Raises TimeoutError as `nth`."""
        return await self.nth(name, 0, timeout_s)

    async def next(self, *names: str, timeout_s: float | None = PATIENCE_S) -> Fact:
        """The first fact of one of these names after the one that `next` returned last, whatever its name was.

        So facts nobody waited for are passed over. Raises TimeoutError as `nth`. Cancelling is safe: only a
        fact that is returned moves the place.
        """
        fact = await self._until("/".join(names), lambda: self._after_place(names), timeout_s)
        self._place = next(at for at, seen in enumerate(self.facts) if seen is fact) + 1
        return fact

    def forget(self) -> None:
        """Let `next` start with what comes from now on."""
        self._place = len(self.facts)

    def _after_place(self, names: Sequence[str]) -> Fact | None:
        return next((fact for fact in self.facts[self._place :] if fact.name in names), None)

    def _nth(self, name: str, position: int) -> Fact | None:
        facts = self.all(name)
        return facts[position] if position < len(facts) else None

    async def _until(self, name: str, find: Callable[[], Fact | None], timeout_s: float | None) -> Fact:
        try:
            async with asyncio.timeout(timeout_s):
                while (fact := find()) is None:
                    future = asyncio.get_running_loop().create_future()
                    self._waiting.append(future)
                    await future
                return fact
        except TimeoutError as error:
            raise TimeoutError(f"{self.owner}: no {name!r} in {timeout_s} s; seen: {self}") from error

    def __str__(self) -> str:
        return "; ".join(map(str, self.facts)) or "nothing"
