"""The loop between a flow and a caller's line. It owns the line until CallQueued is offered, then never touches it.

Before that offer everything that must survive this process is in the caller's channel and the
music is on: killed or cancelled at any point, the dialplan brings the caller round again, to the
menu or (stage `waiting`) to `resume`, and the place in the queue is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from core import variables
from core.errors import LineGone
from core.house import Hotline
from core.ids import QueueId
from core.inputs import CallArrived, CallQueued, Input, MenuKeyPressed, MessageLeft, SurveyAnswered
from core.ports import CallerLine
from core.variables import Waiting
from ivr import unfinished
from ivr.facts import NOTHING_KNOWN, Facts
from ivr.flow import SHORTEST_MESSAGE_S, begin, choice, step
from ivr.parts import Flow
from ivr.steps import (
    Action,
    Fetch,
    Fetched,
    HangUp,
    Happening,
    Key,
    Mark,
    Play,
    Played,
    PromiseCallback,
    Queue,
    Record,
    Recorded,
    Started,
    Told,
    WaitKey,
)
from ivr.visits import Visits

OFFER_AGAIN_S = 0.25
MUSIC_AFTER_S = 1.0
"""A look-up that takes longer than this is waited for with music."""

Fact = TypeVar("Fact", bound=Input)
Answer = tuple[str, Mapping[str, str]]
LookUps = Callable[[str, Mapping[str, str], tuple[str, ...]], Awaitable[Answer]]
"""Asks the look-up of this name with these values; its answer, and those of the wanted values that it gave.

It keeps its own time limit and raises nothing: no answer is ("", {}). Values may be secrets: they are never logged.
"""


async def no_look_ups(name: str, values: Mapping[str, str], wanted: tuple[str, ...]) -> Answer:
    """Nothing is connected."""
    return "", {}


def nothing_known(arrived: CallArrived) -> Facts:
    return NOTHING_KNOWN


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a call meets besides its flow.

    `offer` is the inbox's; `boot_s` reads CLOCK_BOOTTIME in seconds and `boot_id` says of which
    boot; prompts are at `<sounds>/<language>/<prompt>`, named to the PBX without an extension;
    `facts` is asked before each step and must not block; `promise` makes the fact of a callback. `queue` is where a
    caller waits whose line was handed to the flow.
    """

    offer: Callable[[Input], bool]
    boot_s: Callable[[], float]
    boot_id: str
    sounds: Path
    messages: Path = Path("messages")
    facts: Callable[[CallArrived], Facts] = nothing_known
    look_up: LookUps = no_look_ups
    promise: Callable[[CallArrived, PromiseCallback], Input] | None = None
    queue: QueueId | None = None


async def run(
    line: CallerLine, flow: Flow, hotline: Hotline, arrived: CallArrived, around: Surroundings
) -> CallQueued | None:
    """Take a new caller through `flow` and queue them. None: it ended without, by a hang-up on either side.

    Cancelling is safe at any point: the line stays usable, and nothing was offered.
    """
    conversation = _Conversation(line, flow, hotline, arrived, around)
    try:
        wish = await conversation.held()
        if wish is None:
            await line.hang_up()
            return None
        waiting = Waiting(wish.queue, around.boot_s(), wish.priority, wish.language)
        await _settle(line, waiting, around.boot_id)
    except LineGone:
        return None
    return await _offer(_queued(arrived, waiting, None, wish), around)


async def resume(line: CallerLine, waiting: Waiting, arrived: CallArrived, around: Surroundings) -> CallQueued | None:
    """Queue a caller whom the dialplan brings back with stage `waiting`, at the old place. Else as `run`."""
    since = waiting.since_boot_s
    if since is None:
        waiting = replace(waiting, since_boot_s=around.boot_s())
    try:
        await _settle(line, waiting, around.boot_id)
    except LineGone:
        return None
    return await _offer(_queued(arrived, waiting, since), around)


class _Conversation:
    """One caller in one flow, until it asks for an agent or ends; flows are bounded (see ivr.flow)."""

    def __init__(
        self, line: CallerLine, flow: Flow, hotline: Hotline, arrived: CallArrived, around: Surroundings
    ) -> None:
        self._line, self._arrived, self._around = line, arrived, around
        self._state = begin(flow, arrived.language, hotline.priority, hotline.queue)
        self._visits = Visits(arrived.call, hotline.id, self._state, around.boot_s())

    async def held(self) -> Queue | None:
        """What the caller wants; None: nothing more, this is the end. Raises LineGone."""
        try:
            wish = await self._converse()
        except LineGone:
            self._over("hung_up", None)
            raise
        self._over("ended", wish)
        return wish

    def _over(self, how: str, wish: Queue | None) -> None:
        self._around.offer(self._visits.over(how, self._around.boot_s(), self._state, wish))

    async def _converse(self) -> Queue | None:
        happening: Happening = Started()
        while True:
            self._state = replace(self._state, facts=self._around.facts(self._arrived))
            if (key := choice(self._state, happening)) is not None:
                self._around.offer(MenuKeyPressed(self._line.call, self._state.node, key))
            action = await self._step(happening)
            if isinstance(action, Queue):
                return action
            if isinstance(action, HangUp):
                return None
            happening = await self._carry_out(action)

    async def _step(self, happening: Happening) -> Action:
        before = self._state
        self._state, action = step(before, happening, before.facts)
        for left in self._visits.stepped(before, happening, self._state, action, self._around.boot_s()):
            self._around.offer(left)
        if self._state.language != before.language:
            await self._line.remember(variables.LANGUAGE, self._state.language)
        return action

    async def _carry_out(
        self, action: Play | WaitKey | Record | Fetch | PromiseCallback | Mark
    ) -> Played | Key | Recorded | Fetched | Told:
        match action:
            case Play(prompts, language, stop_on):
                files = [str(self._around.sounds / language / prompt) for prompt in prompts]
                return Played(await self._line.play(files, stop_on))
            case WaitKey(timeout_s):
                return Key(await self._line.wait_key(timeout_s))
            case Record():
                return Recorded(await self._recorded(action))
            case Fetch():
                return await self._fetched(action)
            case Mark(question, mark):
                self._around.offer(SurveyAnswered(self._arrived.call, question, mark))
            case PromiseCallback() if self._around.promise is not None:
                await _offer(self._around.promise(self._arrived, action), self._around)
        return Told()

    async def _recorded(self, action: Record) -> float:
        """A caller who hangs up has finished speaking: what was said is kept, also when we are not there to hear it.

        Named by the second in which it began: a caller may leave one here and another in a flow to come.
        """
        file = f"{self._arrived.call}-{int(self._around.boot_s())}"
        message = MessageLeft(
            self._arrived.call, self._arrived.hotline, self._arrived.caller, action.number, action.topic,
            action.language, f"{file}.wav", 0.0, self._around.queue,
        )  # fmt: skip
        unfinished.note(self._around.messages, message)
        lasted_s = await self._line.record(str(self._around.messages / file), action.longest_s)
        if lasted_s >= SHORTEST_MESSAGE_S:
            await _offer(replace(message, lasted_s=lasted_s), self._around)
        unfinished.forget(self._around.messages, message)
        return lasted_s

    async def _fetched(self, action: Fetch) -> Fetched:
        """A look-up that takes its time is waited for with music; a caller who is gone is not waited with."""
        asking = asyncio.ensure_future(self._around.look_up(action.look_up, action.values, action.wanted))
        try:
            done, _ = await asyncio.wait([asking], timeout=MUSIC_AFTER_S)
            if not done:
                await self._line.music(True)
                await asking
                await self._line.music(False)
            return Fetched(*asking.result())
        finally:
            asking.cancel()


async def _settle(line: CallerLine, waiting: Waiting, boot_id: str) -> None:
    """Make the wait outlive this process: first the variables, the stage last, then the music."""
    for name, value in variables.written(waiting, boot_id).items():
        await line.remember(name, value)
    await line.music(True)


async def _offer(fact: Fact, around: Surroundings) -> Fact:
    """A full inbox drops facts; this one must arrive, or the caller would wait, or have spoken, for nobody."""
    while not around.offer(fact):  # noqa: ASYNC110 - the inbox tells nobody when it has room again
        await asyncio.sleep(OFFER_AGAIN_S)
    return fact


def _queued(arrived: CallArrived, waiting: Waiting, since: float | None, wish: Queue | None = None) -> CallQueued:
    return CallQueued(
        arrived.call,
        arrived.node,
        arrived.hotline,
        arrived.trunk,
        arrived.caller,
        waiting.queue,
        waiting.language or arrived.language,
        waiting.priority,
        since,
        wish.case if wish else "",
        wish.outside if wish else "",
    )
