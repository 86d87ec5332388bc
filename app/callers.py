"""Who calls, before a phone rings: looked up when the call comes in, kept for a while, shown with the pop.

Beside all that calls depend on: outcomes start a look-up, what comes of it is put on the pops, and one that fails or
takes long leaves the pop without it. Failures are counted, told on the floor at most each minute, and said in the pop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.customers import Customer, CustomerSource
from core.errors import PeerFault
from core.events import CallEntered, OutboundBegan, Outcome
from core.instants import Instant
from store.records import CallRecord, CaseRow

log = logging.getLogger(__name__)

AT_ONCE = 20
WAITING_MOST = 500
KEPT_MOST = 20_000
TOLD_EVERY_S = 60.0
LATELY = 200
"""So many callers may be on screens; an import of thousands is not to look them all up."""
CONTACTS = 5

Card = dict[str, Any]
"""`status` (found, unknown, failed), `customer`, `contacts`, `cases`, `failures`: the form of a pop's `about`."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was before with a number: the last calls, and the open cases. Both raise PeerFault."""

    contacts: Callable[[str, int], Awaitable[Sequence[CallRecord]]]
    cases: Callable[[str, int], Awaitable[Sequence[CaseRow]]]


class Callers:
    """Give `take` to the pump and run `run` in a task.

    `sources` gives those of the house in force, in the order in which they are asked.
    """

    def __init__(
        self,
        sources: Callable[[], Iterable[CustomerSource]],
        before: Before,
        show: Callable[[str, Card], None],
        tell: Callable[[str, str], None],
        kept_s: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sources, self._before, self._show, self._tell = sources, before, show, tell
        self._kept_s, self._clock = kept_s, clock
        self._wanted: asyncio.Queue[str] = asyncio.Queue(WAITING_MOST)
        self._kept: OrderedDict[str, tuple[float, Customer | None]] = OrderedDict()
        self._lately: deque[str] = deque(maxlen=LATELY)
        self._told_s = -TOLD_EVERY_S
        self._asking: dict[str, object] = {}
        """Numbers that are looked up now; one whose customer is changed meanwhile is taken out."""
        self.failed = 0

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """Look up each caller, and whomever we call; never blocks. Beyond the bound a pop goes without."""
        for outcome in outcomes:
            match outcome.event:
                case CallEntered(caller=number) | OutboundBegan(number=number) if number:
                    self._lately.append(number)
                    self.look_up(number)

    def look_up(self, number: str) -> None:
        """Show this number's card as soon as it is known."""
        try:
            self._wanted.put_nowait(number)
        except asyncio.QueueFull:
            self._failure("the look-up of callers", "too many at once")

    def changed(self, numbers: Iterable[str]) -> None:
        """The built-in table has something else of these; those on a screen lately are shown anew."""
        for number in numbers:
            self._kept.pop(number, None)
            self._asking.pop(number, None)
            if number in self._lately:
                self.look_up(number)

    async def run(self) -> None:
        """For ever; cancel to end it."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(AT_ONCE):
                tasks.create_task(self._work(), name=f"callers-{number}")

    async def _work(self) -> None:
        while True:
            number = await self._wanted.get()
            try:
                self._show(number, await self._newest_card(number))
            except Exception:  # a task's edge: whatever an adapter does, the next caller is looked up
                log.exception("a caller could not be looked up")
                self.failed += 1

    async def _newest_card(self, number: str) -> Card:
        """Looked up anew if it is changed meanwhile: what was read before is not to be shown, or kept, after it."""
        while True:
            asking = self._asking.setdefault(number, object())
            try:
                card = await self._card(number, asking)
                if self._asking.get(number) is asking:
                    return card
            finally:
                if self._asking.get(number) is asking:
                    del self._asking[number]

    async def _card(self, number: str, asking: object) -> Card:
        failures: list[str] = []
        customer = await self._customer(number, failures, asking)
        about: Card = {"contacts": [], "cases": []}
        try:
            about["contacts"] = [asdict(call) for call in await self._before.contacts(number, CONTACTS)]
            about["cases"] = [asdict(case) for case in await self._before.cases(number, CONTACTS)]
        except PeerFault:
            failures.append("earlier contacts")
        about |= {"status": "found" if customer else "failed" if failures else "unknown", "failures": failures}
        return about | ({"customer": asdict(customer)} if customer else {})

    async def _customer(self, number: str, failures: list[str], asking: object) -> Customer | None:
        """The first who is known; a source that fails is passed over."""
        at_s, known = self._kept.get(number, (None, None))
        if at_s is not None and self._clock() - at_s < self._kept_s():
            return known
        for source in self._sources():
            try:
                if known := await source.find(number):
                    return self._keep(number, known, asking)
            except PeerFault as error:
                failures.append(source.name)
                self._failure(source.name, str(error))
        return None if failures else self._keep(number, None, asking)

    def _keep(self, number: str, customer: Customer | None, asking: object) -> Customer | None:
        if self._asking.get(number) is not asking:
            return customer
        self._kept.pop(number, None)
        self._kept[number] = self._clock(), customer
        if len(self._kept) > KEPT_MOST:
            self._kept.popitem(last=False)
        return customer

    def _failure(self, source: str, why: str) -> None:
        self.failed += 1
        if self._clock() - self._told_s >= TOLD_EVERY_S:
            self._told_s = self._clock()
            log.warning("%s does not answer who calls: %s", source, why)
            self._tell("customer_look_up", f"{source} does not answer who calls: {why}. Pops come without it.")
