"""Answers that are remembered until something is written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from store.errors import StoreUnavailable
from store.recent import KEPT_S, Recent


@dataclass
class _Desk:
    """Answers with its number of the question; `written` and `now_s` are set by hand."""

    written: int = 0
    now_s: float = 100.0
    asked: list[str] = field(default_factory=list)
    answers: bool = True

    def recent(self) -> Recent[int]:
        return Recent(lambda: self.written, lambda: self.now_s)

    async def answer(self) -> int | None:
        self.asked.append("")
        return len(self.asked) if self.answers else None


async def test_an_answer_holds_until_somebody_writes() -> None:
    desk = _Desk()
    recent = desk.recent()
    assert [await recent.get("a", desk.answer) for _ in range(3)] == [1, 1, 1]
    assert await recent.get("b", desk.answer) == 2
    desk.written += 1
    assert await recent.get("a", desk.answer) == 3


async def test_it_is_forgotten_after_a_while_all_the_same() -> None:
    desk = _Desk()
    recent = desk.recent()
    await recent.get("a", desk.answer)
    desk.now_s += KEPT_S + 0.1
    assert await recent.get("a", desk.answer) == 2


async def test_that_there_is_none_is_asked_each_time() -> None:
    desk = _Desk(answers=False)
    recent = desk.recent()
    assert [await recent.get("a", desk.answer) for _ in range(2)] == [None, None]
    assert len(desk.asked) == 2


async def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    desk = _Desk()
    recent = desk.recent()
    assert await asyncio.gather(*(recent.get("a", desk.answer) for _ in range(5))) == [1] * 5


async def test_a_failure_is_told_and_forgotten() -> None:
    desk = _Desk()
    recent = desk.recent()

    async def fails() -> int | None:
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        await recent.get("a", fails)
    assert await recent.get("a", desk.answer) == 1


async def test_an_answer_from_before_a_write_is_not_kept() -> None:
    desk = _Desk()
    recent, asked = desk.recent(), asyncio.Event()

    async def slow() -> int | None:
        await asked.wait()
        return 0

    reading = asyncio.create_task(recent.get("a", slow))
    await asyncio.sleep(0)
    desk.written += 1
    asked.set()
    assert await reading == 0
    assert await recent.get("a", desk.answer) == 1
