"""Letters to business systems: written once with the records, delivered at least once, in order, also after an hour."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.outside import NotSent
from app.webhooks import Webhooks
from core.desk import Webhook
from core.events import CallEntered, CallNoted, CaseChanged, CaseOpened, Event
from core.ids import AgentId, CallId, HotlineId, TrunkId
from core.states import CaseKind, CaseState
from store.journal import Shipper
from store.outbox import DEAD, SENT, WAITING, Outbox
from store.projecting import rebuild
from tests.integration.store.database import NOW, Database, a_call, ship_all, spool_events

CRM = Webhook(id="crm", url="https://crm.test/", secret_file="crm.key")
CASES = Webhook(id="cases", url="https://cases.test/", secret_file="cases.key", kinds=("case",))


@dataclass
class Street:
    """Receivers, and a clock that only sleeping moves. Those in `down` take nothing, nobody what names `unread`."""

    now_s: float = NOW.wall.timestamp() + 100.0
    down: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tries: int = 0
    told: list[str] = field(default_factory=list)

    async def send(self, hook: Webhook, letter: str, body: str) -> None:
        self.tries += 1
        if hook.id in self.down or any(case in body for case in self.unread):
            raise NotSent(f"{hook.id}.test: ConnectError")
        self.got.append((hook.id, json.loads(body)))

    def tell(self, name: str, text: str) -> None:
        self.told.append(text)

    def of(self, hook: str, about: str = "") -> list[str]:
        """Types, in the order in which they came."""
        return [body["type"] for name, body in self.got if name == hook and about in ("", body["about"])]


def delivering(database: Database, street: Street, *hooks: Webhook) -> Webhooks:
    outbox = Outbox(database.engine, database.writer)
    return Webhooks(outbox, lambda: hooks, street.send, street.tell, lambda: street.now_s)


async def until_even(webhooks: Webhooks, street: Street, seconds: float) -> None:
    """Let so much time pass, or until nothing waits, looking whenever something may be tried."""
    end_s = street.now_s + seconds
    while street.now_s < end_s:
        await webhooks.deliver()
        nexts = [end_s]
        for hook in webhooks.hooks():
            if waiting := await webhooks.outbox.page(hook.id, WAITING):
                letter_s = min(letter.next_utc_s for letter in waiting)
                nexts.append(max(webhooks.receiver(hook.id).until_utc_s, letter_s))
        street.now_s = end_s if len(nexts) == 1 else max(street.now_s + 0.5, min(nexts))


async def ship(database: Database, directory: Path, batches: list[list[Event]], *hooks: Webhook) -> None:
    spool_events(directory, batches)
    await ship_all(Shipper(directory, database.writer, hooks=lambda: hooks))


def case(number: int) -> list[list[Event]]:
    name = f"2600000{number}"
    opened = CaseOpened(name, CaseKind.USE, "how", "", CallId(""), "a1", 60.0)
    return [[opened], [CaseChanged(name, CaseState.NEW, CaseState.CLOSED, "so", "a1")]]


async def test_each_receiver_is_told_what_it_wants_with_the_whole_record(database: Database, tmp_path: Path) -> None:
    street = Street()
    note = CallNoted(CallId("n-1.0"), AgentId("a1"), "asked", "invoice", ("urgent",))
    await ship(database, tmp_path, [a_call(0), [note], *case(1)], CRM, CASES)
    await delivering(database, street, CRM, CASES).deliver()
    for _ in range(3):
        await delivering(database, street, CRM, CASES).deliver()
    assert street.of("cases") == ["case.opened", "case.changed"]
    assert street.of("crm", "call/n-1.0") == ["call.entered", "call.ended", "note.saved", "wrap_up.saved"]
    ended = next(body for hook, body in street.got if body["type"] == "call.ended")
    assert (ended["data"]["record"]["caller"], ended["data"]["record"]["how"]) == ("+8613800000000", "menu")
    changed = next(body for hook, body in street.got if body["type"] == "case.changed")
    assert changed["data"]["record"]["state"] == "closed"


async def test_a_receiver_that_is_down_for_an_hour_loses_nothing(database: Database, tmp_path: Path) -> None:
    street = Street(down={"crm"})
    webhooks = delivering(database, street, CRM, CASES)
    await ship(database, tmp_path, [*(a_call(number) for number in range(20)), *case(1)], CRM, CASES)
    await until_even(webhooks, street, 3600.0)
    assert (street.of("crm"), street.of("cases")) == ([], ["case.opened", "case.changed"])
    assert street.tries < 150, "it is left alone for longer each time"
    street.down.clear()
    await until_even(webhooks, street, 3700.0)
    assert len(street.of("crm")) == 42
    for number in range(20):
        assert street.of("crm", f"call/n-1.{number}") == ["call.entered", "call.ended"]
    ids = [body["id"] for hook, body in street.got if hook == "crm"]
    assert len(set(ids)) == len(ids)
    assert (await webhooks.outbox.counts(), street.told) == ({}, [])


async def test_a_letter_that_is_never_taken_is_set_aside_told_and_can_be_sent_again(
    database: Database, tmp_path: Path
) -> None:
    hook = CASES.model_copy(update={"give_up_s": 600.0})
    street = Street(down={"cases"})
    webhooks = delivering(database, street, hook)
    await ship(database, tmp_path, case(1), hook)
    await until_even(webhooks, street, 4000.0)
    dead = await webhooks.outbox.page("cases", DEAD)
    assert [letter.type for letter in dead] == ["case.opened", "case.changed"]
    assert ("ConnectError" in dead[0].why, len(street.told)) == (True, 2)
    street.down.clear()
    assert await webhooks.outbox.again("cases", dead[0].letter, street.now_s)
    assert not await webhooks.outbox.again("cases", dead[0].letter, street.now_s)
    street.now_s += 61.0
    await webhooks.deliver()
    assert street.of("cases") == ["case.opened"]
    assert [letter.letter for letter in await webhooks.outbox.page("cases", SENT)] == [dead[0].letter]
    assert (await webhooks.outbox.page("cases", DEAD, after=dead[0].letter))[0] == dead[1]
    await webhooks.outbox.sweep(street.now_s + 1, street.now_s + 1)
    assert await webhooks.outbox.page("cases", DEAD) == await webhooks.outbox.page("cases", SENT) == []


async def test_a_clock_that_is_set_back_keeps_no_letter_waiting_for_its_pauses(
    database: Database, tmp_path: Path
) -> None:
    street = Street(down={"cases"})
    webhooks = delivering(database, street, CASES)
    await ship(database, tmp_path, case(1), CASES)
    await until_even(webhooks, street, 600.0)
    street.down.clear()
    street.now_s -= 30 * 86_400.0
    for _ in case(1):
        await webhooks.deliver()
    assert await webhooks.outbox.page("cases", WAITING) == []


async def test_a_letter_that_the_receiver_cannot_read_holds_up_its_own_story_alone(
    database: Database, tmp_path: Path
) -> None:
    street = Street(unread={"26000001"})
    webhooks = delivering(database, street, CASES)
    await ship(database, tmp_path, [each for number in range(1, 5) for each in case(number)], CASES)
    await until_even(webhooks, street, 120.0)
    assert {body["about"] for _, body in street.got} == {f"case/2600000{number}" for number in range(2, 5)}
    assert len(street.got) == 6
    assert [letter.tries > 2 for letter in await webhooks.outbox.page("cases", WAITING)] == [True, False]


async def test_a_rebuild_and_a_second_shipping_write_no_letter_again(database: Database, tmp_path: Path) -> None:
    await ship(database, tmp_path, case(1), CASES)
    before = await Outbox(database.engine, database.writer).page("cases", WAITING)
    await rebuild(database.url)
    await ship_all(Shipper(tmp_path, database.writer, hooks=lambda: (CASES,)))
    assert await Outbox(database.engine, database.writer).page("cases", WAITING) == before
    assert len(before) == 2


async def test_whoever_comes_later_is_told_of_what_comes_then(database: Database, tmp_path: Path) -> None:
    await ship(database, tmp_path, case(1))
    await ship(database, tmp_path, case(2), CASES)
    found = await Outbox(database.engine, database.writer).page("cases", WAITING)
    assert {letter.about for letter in found} == {"case/26000002"}
    disabled = CASES.model_copy(update={"enabled": False})
    await ship(database, tmp_path, case(3), disabled)
    assert await Outbox(database.engine, database.writer).page("cases", WAITING) == found


@pytest.mark.parametrize("text", ["王", "a\x00b", '"}'])
async def test_whatever_people_write_arrives_as_json(database: Database, tmp_path: Path, text: str) -> None:
    street = Street()
    entered = CallEntered(CallId("n-1.7"), HotlineId("h"), TrunkId("t"), text, "zh-CN")
    await ship(database, tmp_path, [[entered]], CRM)
    await delivering(database, street, CRM).deliver()
    assert street.got[0][1]["data"]["caller"] == text.replace("\x00", "�")
