"""The loop between a flow and a caller's line. It owns the line until CallQueued is offered, then never touches it.

Before that offer everything that must survive this process is in the caller's channel and the
music is on: killed or cancelled at any point, the dialplan brings the caller round again, to the
menu or (stage `waiting`) to `resume`, and the place in the queue is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from core import variables
from core.errors import LineGone
from core.house import Hotline
from core.inputs import CallArrived, CallQueued, Input, MenuKeyPressed
from core.ports import CallerLine
from core.variables import Waiting
from ivr.flow import Flow, Happening, Key, Play, Played, Queue, Started, State, WaitKey, begin, choice, step

OFFER_AGAIN_S = 0.25


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for every call of one engine process.

    `offer` is the inbox's; `boot_s` reads CLOCK_BOOTTIME in seconds and `boot_id` says of which
    boot; prompts are at `<sounds>/<language>/<prompt>`, named to the PBX without an extension.
    """

    offer: Callable[[Input], bool]
    boot_s: Callable[[], float]
    boot_id: str
    sounds: Path


async def run(
    line: CallerLine, flow: Flow, hotline: Hotline, arrived: CallArrived, around: Surroundings
) -> CallQueued | None:
    """Take a new caller through `flow` and queue them. None: the caller hung up on the way.

    Cancelling is safe at any point: the line stays usable, and nothing was offered.
    """
    try:
        wish = await _converse(line, begin(flow, arrived.language, hotline.priority, hotline.queue), around)
        waiting = Waiting(wish.queue, around.boot_s(), wish.priority, wish.language)
        await _settle(line, waiting, around.boot_id)
    except LineGone:
        return None
    return await _offer(_queued(arrived, waiting, None), around)


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


async def _converse(line: CallerLine, state: State, around: Surroundings) -> Queue:
    """Step the flow until it asks for an agent; flows are bounded (see ivr.flow)."""
    happening: Happening = Started()
    while True:
        if (key := choice(state, happening)) is not None:
            around.offer(MenuKeyPressed(line.call, state.node, key))
        before, (state, action) = state, step(state, happening)
        if state.language != before.language:
            await line.remember(variables.LANGUAGE, state.language)
        if isinstance(action, Queue):
            return action
        happening = await _carry_out(line, action, around.sounds)


async def _carry_out(line: CallerLine, action: Play | WaitKey, sounds: Path) -> Happening:
    if isinstance(action, WaitKey):
        return Key(await line.wait_key(action.timeout_s))
    files = [str(sounds / action.language / prompt) for prompt in action.prompts]
    return Played(await line.play(files, action.stop_on))


async def _settle(line: CallerLine, waiting: Waiting, boot_id: str) -> None:
    """Make the wait outlive this process: first the variables, the stage last, then the music."""
    for name, value in variables.written(waiting, boot_id).items():
        await line.remember(name, value)
    await line.music(True)


async def _offer(queued: CallQueued, around: Surroundings) -> CallQueued:
    """A full inbox drops facts; this one must arrive, or the caller would wait for nobody."""
    while not around.offer(queued):  # noqa: ASYNC110 - the inbox tells nobody when it has room again
        await asyncio.sleep(OFFER_AGAIN_S)
    return queued


def _queued(arrived: CallArrived, waiting: Waiting, since: float | None) -> CallQueued:
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
    )
