"""Asking from another process, over streams that lose, repeat and refuse: done once, or a clear word in time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from api.answers import EngineBusy, IdReused, NoAnswer
from api.remote_answers import RemoteAnswers
from app.ask_desk import AskDesk
from core.errors import PeerFault
from core.events import RequestGranted, RequestRefused
from core.ids import AgentId, RequestId
from core.inputs import BecomeReady, HangUp, Requested
from store.asks import Ask, Reply
from tests.unit.doors import Doors


def requested(id: str = "a:1") -> Requested:
    return Requested(RequestId(id), "a", BecomeReady(AgentId("agent-01")))


@dataclass
class Streams:
    """store.asks.AskStreams in memory. The first `lost` asks and `lost_replies` replies are; `away` refuses all."""

    asks: asyncio.Queue[Ask] = field(default_factory=asyncio.Queue)
    answers: asyncio.Queue[Reply] = field(default_factory=asyncio.Queue)
    lost: int = 0
    lost_replies: int = 0
    away: bool = False
    doubled: bool = False
    sent: int = 0

    async def ask(self, ask: Ask) -> None:
        if self.away:
            raise PeerFault("Redis does not answer")
        self.sent += 1
        if self.sent > self.lost:
            for _ in range(2 if self.doubled else 1):
                self.asks.put_nowait(ask)

    async def asked(self) -> list[Ask]:
        return [await self.asks.get()]

    async def reply(self, desk: str, reply: Reply) -> None:
        self.lost_replies -= 1
        if self.lost_replies < 0:
            self.answers.put_nowait(reply)

    async def replies(self, desk: str) -> list[Reply]:
        return [await self.answers.get()]


class Both:
    """The API process's end and the engine's, over these streams; `doors.offered` is what the engine was given."""

    def __init__(self, streams: Streams) -> None:
        self.streams, self.doors = streams, Doors()
        self.boot_s = asyncio.get_running_loop().time
        self.desk = AskDesk(streams, self.doors.answers, self.boot_s)  # type: ignore[arg-type]
        self.remote = RemoteAnswers(streams, "desk", self.boot_s)  # type: ignore[arg-type]

    async def __aenter__(self) -> Both:
        self.running = [asyncio.create_task(part.run()) for part in (self.desk, self.remote)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


async def test_an_answer_comes_back() -> None:
    async with Both(Streams()) as both:
        both.doors.result = "made"
        assert await both.remote.ask(requested(), 20) == RequestGranted(RequestId("a:1"), "made")
        both.doors.refusal = "no"
        assert await both.remote.ask(requested("a:2"), 20) == RequestRefused(RequestId("a:2"), "no")


@pytest.mark.parametrize("trouble", [{"lost": 1}, {"lost_replies": 1}, {"doubled": True}])
async def test_what_is_lost_or_doubled_on_the_way_is_done_once(trouble: dict[str, int]) -> None:
    async with Both(Streams(**trouble)) as both:  # type: ignore[arg-type]
        assert isinstance(await both.remote.ask(requested(), 20), RequestGranted)
        assert both.doors.offered == [requested()]


async def test_the_same_id_again_brings_the_first_answer_and_another_request_under_it_none() -> None:
    async with Both(Streams()) as both:
        await both.remote.ask(requested(), 20)
        both.doors.refusal = "not a second time"
        assert isinstance(await both.remote.ask(requested(), 20), RequestGranted)
        with pytest.raises(IdReused):
            await both.remote.ask(replace(requested(), request=HangUp(AgentId("agent-01"))), 20)
        assert both.doors.offered == [requested()]


async def test_a_full_inbox_is_told() -> None:
    async with Both(Streams()) as both:
        both.doors.full = True
        with pytest.raises(EngineBusy, match="inbox"):
            await both.remote.ask(requested(), 20)


async def test_while_redis_is_away_the_asker_is_told_in_time_and_nothing_is_done() -> None:
    async with Both(Streams(away=True)) as both:
        with pytest.raises(NoAnswer):
            await both.remote.ask(requested(), 0.7)
        assert both.doors.offered == []
        both.streams.away = False
        assert isinstance(await both.remote.ask(requested(), 20), RequestGranted)


async def test_what_comes_too_late_or_was_asked_of_the_engine_before_is_not_carried_out() -> None:
    async with Both(Streams()) as both:
        now_s = both.boot_s()
        await both.streams.ask(Ask("late", "desk", now_s, now_s, requested("a:late")))
        await both.streams.ask(Ask("old", "desk", now_s - 60, now_s + 60, requested("a:old")))
        both.remote._open["old"] = asyncio.get_running_loop().create_future()
        with pytest.raises(NoAnswer, match="started anew"):
            await both.remote._open["old"]
        await both.remote.ask(requested("a:new"), 20)
        assert both.doors.offered == [requested("a:new")]


async def test_a_silent_engine_is_no_answer() -> None:
    async with Both(Streams()) as both:
        both.doors.silent = True
        with pytest.raises(NoAnswer):
            await both.remote.ask(requested(), 0.7)
        assert both.remote._open == {}


async def test_an_answer_of_a_later_version_is_no_answer() -> None:
    async with Both(Streams()) as both:
        both.doors.silent = True
        asking = asyncio.create_task(both.remote.ask(requested(), 20))
        await asyncio.sleep(0)
        both.streams.answers.put_nowait(Reply(next(iter(both.remote._open)), "GrantedByHalf", "{}"))
        with pytest.raises(NoAnswer, match="cannot be read"):
            await asking
