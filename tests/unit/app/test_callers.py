"""Who calls is looked up beside the call: kept for a while, told when it fails, never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.callers import Before, Callers, Card
from core.customers import Customer, CustomerSource, customer_of
from core.errors import PeerFault
from store.records import CallRecord, CaseRow
from tests.unit.floor import ENTERED, journal

NUMBER = "+8613800001234"
WANG = Customer("王小明", (NUMBER,), vip=True)
BEFORE = CallRecord("c0", "main", "a", NUMBER, "zh-CN", "q", 1.0, 1.0, 2.0, 9.0, 1.0, 7.0, 1, "caller", "a1", "s1")
OPEN = CaseRow("26000001", "repair", "leaks", NUMBER, "c0", "new", "", "", False, 1.0, "a1", 9.0, 1.0, None)


class Source:
    """core.customers.CustomerSource that says what it is told to, once it may."""

    def __init__(self, name: str, says: Customer | None = None, fails: bool = False) -> None:
        self.name, self.says, self.fails = name, says, fails
        self.asked: list[str] = []
        self.found, self.may = asyncio.Event(), asyncio.Event()
        self.may.set()

    async def find(self, number: str) -> Customer | None:
        self.asked.append(number)
        says = self.says
        self.found.set()
        await self.may.wait()
        if self.fails:
            raise PeerFault("no answer")
        return says


class Desk:
    """A look-up over these sources, and what it showed and told."""

    def __init__(self, *sources: Source) -> None:
        self.cards: asyncio.Queue[tuple[str, Card]] = asyncio.Queue()
        self.told: list[str] = []
        self.now_s = 0.0
        self.away = False

        def given() -> Sequence[CustomerSource]:
            return sources

        def show(number: str, card: Card) -> None:
            self.cards.put_nowait((number, card))

        def tell(name: str, text: str) -> None:
            self.told.append(text)

        self.callers = Callers(
            given, Before(self._contacts, self._cases), show, tell, lambda: 300.0, lambda: self.now_s
        )

    async def _contacts(self, number: str, limit: int) -> list[CallRecord]:
        if self.away:
            raise PeerFault("the database is away")
        return [BEFORE]

    async def _cases(self, number: str, limit: int) -> list[CaseRow]:
        return [OPEN]

    async def card(self) -> dict[str, Any]:
        self.callers.take(journal((0, ENTERED)), None)  # type: ignore[arg-type]
        async with asyncio.timeout(20):
            number, card = await self.cards.get()
        assert number == NUMBER
        return card


@asynccontextmanager
async def looking(*sources: Source) -> AsyncIterator[Desk]:
    desk = Desk(*sources)
    running = asyncio.create_task(desk.callers.run())
    yield desk
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_first_source_that_knows_the_caller_is_shown_with_the_calls_before() -> None:
    own, crm, never = Source("built-in"), Source("crm", WANG), Source("other", Customer("x"))
    async with looking(own, crm, never) as desk:
        card = await desk.card()
    assert (card["status"], card["customer"]["name"], card["contacts"][0]["call"]) == ("found", "王小明", "c0")
    assert [case["case"] for case in card["cases"]] == ["26000001"]
    assert (own.asked, never.asked) == ([NUMBER], [])


async def test_an_answer_is_kept_for_a_while_and_asked_for_anew_when_the_table_changes() -> None:
    own = Source("built-in", WANG)
    async with looking(own) as desk:
        await desk.card()
        await desk.card()
        assert len(own.asked) == 1
        desk.callers.changed([NUMBER])
        await desk.cards.get()
        assert len(own.asked) == 2
        desk.callers.changed([f"+86{number}" for number in range(10_000)])
        assert desk.callers.failed == 0, "nobody of them is on a screen"
        desk.now_s = 301.0
        await desk.card()
        assert len(own.asked) == 3


async def test_what_was_read_before_a_change_is_neither_shown_nor_kept_after_it() -> None:
    own, crm = Source("built-in", WANG), Source("crm")
    async with looking(own, crm) as desk:
        own.may.clear()
        desk.callers.look_up(NUMBER)
        await own.found.wait()
        own.says = None  # the number is taken from 王小明 while his row is on its way
        desk.callers.changed([NUMBER])
        own.may.set()
        async with asyncio.timeout(20):
            assert [(await desk.cards.get())[1]["status"]] == ["unknown"]
        assert desk.cards.empty()
        assert (await desk.card())["status"] == "unknown"
        assert own.asked == [NUMBER] * 2, "and that is kept"


async def test_a_failure_is_shown_counted_and_told_once_a_minute_and_not_kept() -> None:
    crm = Source("crm", fails=True)
    async with looking(Source("built-in"), crm) as desk:
        first = await desk.card()
        await desk.card()
        assert (first["status"], first["failures"]) == ("failed", ["crm"])
        assert (desk.callers.failed, len(desk.told), NUMBER in desk.told[0]) == (2, 1, False)
        crm.fails, crm.says, desk.now_s = False, WANG, 61.0
        assert (await desk.card())["status"] == "found"


async def test_a_source_that_fails_does_not_keep_another_from_answering() -> None:
    async with looking(Source("crm", fails=True), Source("erp", WANG)) as desk:
        card = await desk.card()
    assert (card["status"], card["failures"]) == ("found", ["crm"])


async def test_a_database_that_is_away_leaves_the_customer() -> None:
    async with looking(Source("crm", WANG)) as desk:
        desk.away = True
        card = await desk.card()
    assert (card["status"], card["contacts"], card["failures"]) == ("found", [], ["earlier contacts"])


async def test_nobody_waits_for_a_slow_source() -> None:
    slow = Source("crm", WANG)
    slow.may.clear()
    async with looking(slow) as desk:
        for _ in range(1000):
            desk.callers.take(journal((0, ENTERED)), None)  # type: ignore[arg-type]
        assert desk.cards.empty()
        slow.may.set()
        assert (await desk.cards.get())[1]["status"] == "found"
        assert desk.callers.failed > 0, "beyond the bound"


def test_what_another_system_says_is_cut_to_our_bounds() -> None:
    answer = {
        "person": {"full": "王\n小明" + "x" * 100}, "tags": "a, b", "note": 5, "vip": "yes", "link": "javascript:x",
        "reference": None,
    }  # fmt: skip
    found = customer_of(answer, {"name": "person.full"}, "crm")
    assert found is not None
    assert (len(found.name), "\n" in found.name, found.tags, found.note) == (80, False, ("a", "b"), "5")
    assert (found.vip, found.link, found.reference, found.source) == (True, "", "", "crm")
    assert customer_of({"person": "x"}, {"name": "person.full"}, "crm") is None
    assert customer_of({}, {}, "crm") is None
