"""Letters to several receivers: none of them waits for another, and none is sent what is on its way already."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.webhooks import AT_ONCE, Webhooks
from core.desk import Webhook
from store.errors import StoreUnavailable
from store.outbox import Queued

SLOW, QUICK = (Webhook(id=name, url=f"https://{name}.test/", secret_file="k") for name in ("slow", "quick"))


class Street:
    """An outbox of endless letters, and receivers; what the slow one is sent stays on its way until `slow_answers`."""

    def __init__(self) -> None:
        self.slow_answers, self.quick_has_many = asyncio.Event(), asyncio.Event()
        self.began, self.kept = Counter[str](), set[str]()
        self.is_away = False

    async def heads(self, hook: str, now_utc_s: float, limit: int, longest_wait_s: float) -> Sequence[Queued]:
        first = len([letter for letter in self.kept if letter.startswith(hook)])
        return [
            Queued(f"{hook}.{n}", hook, "t", f"c{n}", "{}", 0.0, "waiting", 0, 0.0, "", None)
            for n in range(first, first + limit)
        ]

    async def send(self, hook: Webhook, letter: str, body: str) -> None:
        self.began[letter] += 1
        if hook is SLOW and letter != "slow.0":
            await self.slow_answers.wait()
        await asyncio.sleep(0)

    async def sent(self, letter: str, at_utc_s: float) -> None:
        if self.is_away and letter.startswith("slow"):
            raise StoreUnavailable("locked")
        self.kept.add(letter)
        if len(self.kept) > 5 * AT_ONCE:
            self.quick_has_many.set()

    async def sweep(self, sent_before_utc_s: float, dead_before_utc_s: float) -> None: ...


@asynccontextmanager
async def running(street: Any) -> AsyncIterator[None]:
    webhooks = Webhooks(street, lambda: (SLOW, QUICK), street.send, lambda *_: None, lambda: 0.0, _at_once)
    task = asyncio.create_task(webhooks.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _at_once(seconds: float) -> None:
    await asyncio.sleep(0)


async def test_a_receiver_that_takes_its_time_holds_up_no_other() -> None:
    street = Street()
    async with asyncio.timeout(10), running(street):
        await street.quick_has_many.wait()
    assert sum(street.began[f"slow.{n}"] for n in range(1, 100)) == AT_ONCE - 1


async def test_nothing_is_sent_again_while_it_is_on_its_way() -> None:
    """The first is taken, and the database refuses to note it."""
    street = Street()
    street.is_away = True
    async with asyncio.timeout(10), running(street):
        await street.quick_has_many.wait()
        assert {count for letter, count in street.began.items() if letter.startswith("slow")} == {1}
