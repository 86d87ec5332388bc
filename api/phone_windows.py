"""Windows that are their agents' telephones, and what becomes of a talk whose window is gone.

This is fault 14 of docs/reliability.md. A window says with each sign of life whether it is a phone, and whether it
talks. When the connection of one that talks ends and none takes its place within GRACE_S, its sound has ended too: the
caller is put on hold, told that the line was interrupted, and hears music; with three in the talk, or when the lost one
is who was consulted, the others go on. A window that comes back has itself rung for the call; one that was only out of
sight goes on with the talk. If none comes within GONE_S, the agent's part of the call is ended, which leaves the caller
in front of the queue, or to whoever else is there. Before that the hold is asked for once more: the agent may have been
left alone with the caller meanwhile. While another request about the call is being carried out, or the PBX is out of
sight, the engine refuses that: it is asked again, TRIES times in all. Nothing is asked of an agent who is in another
call by then, at a desk phone.

A window whose session has ended is there all the same, and so is its talk: for it `none` is said before it is gone
(api/clients.py), and its person signs in again. If it dies before that, the PBX hears no more of it and ends the talk.

Which windows talk outlives this process (`keep`). Our successor expects them: one that has not come back to it within
RETURN_S is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Literal, NamedTuple

from core.ids import AgentId, CallId
from core.inputs import AgentRequest, HangUp, Hold, Resume

log = logging.getLogger(__name__)

GRACE_S = 3.0
GONE_S = 10.0
RETURN_S = 12.0
"""A page tries to connect again every ten seconds at least (web/src/live/feed.ts)."""
TRIES, AGAIN_S = 5, 1.0
Phone = Literal["none", "ready", "talking"]


class WindowTalk(NamedTuple):
    """The talk of an agent's window; `is_held`: because the window is gone."""

    call: CallId
    is_held: bool = False


def _no_call(agent: AgentId) -> CallId | None:
    return None


def _not_kept(talks: Mapping[AgentId, WindowTalk]) -> None:
    pass


class PhoneWindows:
    """`ask` gives a request to the engine and says whether it was granted. Lives in one event loop.

    `call_of` is the call in which an agent is now; `keep` is given all talks whenever they change.
    """

    def __init__(
        self,
        ask: Callable[[AgentRequest], Awaitable[bool]],
        call_of: Callable[[AgentId], CallId | None] = _no_call,
        keep: Callable[[Mapping[AgentId, WindowTalk]], None] = _not_kept,
        *,
        grace_s: float = GRACE_S,
        gone_s: float = GONE_S,
        again_s: float = AGAIN_S,
        return_s: float = RETURN_S,
    ) -> None:
        self._ask, self._call_of, self._keep = ask, call_of, keep
        self._grace_s, self._gone_s, self._again_s, self._return_s = grace_s, gone_s, again_s, return_s
        self._phones: dict[AgentId, dict[object, Phone]] = {}
        self._adrift: dict[AgentId, asyncio.Task[None]] = {}
        self._held: set[AgentId] = set()
        self._talks: dict[AgentId, WindowTalk] = {}

    def expect(self, talks: Mapping[AgentId, WindowTalk]) -> None:
        """What the process before this one kept. Call when windows can come."""
        for agent, talk in talks.items():
            if self._call_of(agent) == talk.call and agent not in self._adrift:
                self._talks[agent] = talk
                if talk.is_held:
                    self._held.add(agent)
                self._begin(agent, partial(self._drift, agent, self._return_s), "talk expected")

    def says(self, agent: AgentId, window: object, phone: Phone) -> None:
        """A sign of life of one window of this agent."""
        windows = self._phones.setdefault(agent, {})
        windows[window] = phone
        if phone != "none":
            if task := self._adrift.pop(agent, None):
                task.cancel()
            if agent in self._held:
                self._held.discard(agent)
                if phone == "talking":
                    self._begin(agent, partial(self._on_again, agent), "talk on again")
        self._note(agent)

    def gone(self, agent: AgentId, window: object) -> None:
        """Its connection has ended."""
        windows = self._phones.get(agent, {})
        phone = windows.pop(window, "none")
        if not windows:
            self._phones.pop(agent, None)
        if phone == "talking" and all(each == "none" for each in windows.values()) and agent not in self._adrift:
            self._begin(agent, partial(self._drift, agent, self._grace_s), "talk adrift")
        self._note(agent)

    def close(self) -> None:
        """What we look after is left to whoever is told of the windows from now on."""
        for task in self._adrift.values():
            task.cancel()

    def _begin(self, agent: AgentId, doing: Callable[[], Awaitable[None]], name: str) -> None:
        self._adrift[agent] = asyncio.create_task(self._done(agent, doing), name=name)

    async def _done(self, agent: AgentId, doing: Callable[[], Awaitable[None]]) -> None:
        try:
            await doing()
        finally:
            if self._adrift.get(agent) is asyncio.current_task():
                del self._adrift[agent]
        self._note(agent)  # not when cancelled: at our end the talk is our successor's to look after

    def _note(self, agent: AgentId) -> None:
        """Keep what changed: a talk lasts while a window says so, or while we look after it."""
        before = self._talks.get(agent)
        call = before.call if before else None
        if "talking" in self._phones.get(agent, {}).values():
            call = self._call_of(agent)
        elif agent not in self._adrift:
            call = None
        now = WindowTalk(call, agent in self._held) if call else None
        if now == before:
            return
        if now is None:
            del self._talks[agent]
        else:
            self._talks[agent] = now
        self._keep(self._talks)

    async def _drift(self, agent: AgentId, grace_s: float) -> None:
        await asyncio.sleep(grace_s)
        if self._goes_on(agent):
            self._held.add(agent)  # before it is asked: a window may come meanwhile
            if not await self._ask(Hold(agent, is_lost=True)):
                self._held.discard(agent)
            if agent in self._held or agent in self._talks:  # refused for a moment, or because the talk is over
                self._note(agent)
                await asyncio.sleep(self._gone_s - self._grace_s)
                if self._goes_on(agent):
                    await self._end(agent)
        self._held.discard(agent)

    def _goes_on(self, agent: AgentId) -> bool:
        """Is the agent still in the call of which the window spoke last?"""
        talk = self._talks.get(agent)
        return self._call_of(agent) == (talk.call if talk else None)

    async def _end(self, agent: AgentId) -> None:
        for _ in range(TRIES):
            if await self._ask(Hold(agent, is_lost=True)) and await self._ask(HangUp(agent)):
                return
            await asyncio.sleep(self._again_s)

    async def _on_again(self, agent: AgentId) -> None:
        await self._ask(Resume(agent))
