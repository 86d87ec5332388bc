"""Windows that are their agents' telephones, and what becomes of a talk whose window is gone.

This is fault 14 of docs/reliability.md. A window says with each sign of life whether it is a phone, and whether it
talks. When the connection of one that talks ends and none takes its place within GRACE_S, its sound has ended too: the
caller is put on hold, told that the line was interrupted, and hears music; with three in the talk, or when the lost one
is who was consulted, the others go on. A window that comes back has itself rung for the call; one that was only out of
sight goes on with the talk. If none comes within GONE_S, the agent's part of the call is ended, which leaves the caller
in front of the queue, or to whoever else is there. Before that the hold is asked for once more: the agent may have been
left alone with the caller meanwhile. While another request about the call is being carried out, or the PBX is out of
sight, the engine refuses that: it is asked again, TRIES times in all.

A window whose session has ended is there all the same, and so is its talk: for it `none` is said before it is gone
(api/clients.py), and its person signs in again. If it dies before that, the PBX hears no more of it and ends the talk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from core.ids import AgentId
from core.inputs import AgentRequest, HangUp, Hold, Resume

log = logging.getLogger(__name__)

GRACE_S = 3.0
GONE_S = 10.0
TRIES, AGAIN_S = 5, 1.0
Phone = Literal["none", "ready", "talking"]


class PhoneWindows:
    """`ask` gives a request to the engine and says whether it was granted. Lives in one event loop."""

    def __init__(
        self,
        ask: Callable[[AgentRequest], Awaitable[bool]],
        grace_s: float = GRACE_S,
        gone_s: float = GONE_S,
        again_s: float = AGAIN_S,
    ) -> None:
        self._ask, self._grace_s, self._gone_s, self._again_s = ask, grace_s, gone_s, again_s
        self._phones: dict[AgentId, dict[object, Phone]] = {}
        self._adrift: dict[AgentId, asyncio.Task[None]] = {}
        self._held: set[AgentId] = set()

    def says(self, agent: AgentId, window: object, phone: Phone) -> None:
        """A sign of life of one window of this agent."""
        windows = self._phones.setdefault(agent, {})
        windows[window] = phone
        if phone == "none":
            return
        if task := self._adrift.pop(agent, None):
            task.cancel()
        if agent in self._held:
            self._held.discard(agent)
            if phone == "talking":
                self._adrift[agent] = asyncio.create_task(self._on_again(agent), name="talk on again")

    def gone(self, agent: AgentId, window: object) -> None:
        """Its connection has ended."""
        windows = self._phones.get(agent, {})
        phone = windows.pop(window, "none")
        if not windows:
            self._phones.pop(agent, None)
        if phone == "talking" and all(each == "none" for each in windows.values()) and agent not in self._adrift:
            self._adrift[agent] = asyncio.create_task(self._drift(agent), name="talk adrift")

    async def _drift(self, agent: AgentId) -> None:
        try:
            await asyncio.sleep(self._grace_s)
            self._held.add(agent)  # before it is asked: a window may come meanwhile
            if not await self._ask(Hold(agent, is_lost=True)):
                self._held.discard(agent)
                return
            await asyncio.sleep(self._gone_s - self._grace_s)
            await self._end(agent)
            self._held.discard(agent)
        finally:
            if self._adrift.get(agent) is asyncio.current_task():
                del self._adrift[agent]

    async def _end(self, agent: AgentId) -> None:
        for _ in range(TRIES):
            if await self._ask(Hold(agent, is_lost=True)) and await self._ask(HangUp(agent)):
                return
            await asyncio.sleep(self._again_s)

    async def _on_again(self, agent: AgentId) -> None:
        try:
            await self._ask(Resume(agent))
        finally:
            if self._adrift.get(agent) is asyncio.current_task():
                del self._adrift[agent]
