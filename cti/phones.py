"""Listeners' phones: whom each hears now, and in which way. ChanSpy() on the agent's channel hears both sides there.

Which channel that is follows from the leg table, looked at after each event: after a transfer the line is sent on to
the next agent's. Nothing here outlives the process; a line that nobody knows is hung up at the next resync.

What is asked for is an action that the executor sends, so that a refusal comes back to whoever asked. Nobody asks for
a line to follow the call: a refusal of that is logged, and the line is silent until the dialplan ends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core import variables
from core.commands import Beep, CallListener, TakeTalk, TurnListener
from core.errors import ActionFailed, Misuse, PbxUnavailable
from core.ids import CallId, own_offer
from core.states import ListenMode
from cti.ami import AmiClient
from cti.calls import Leg, Legs
from cti.moves import send, setvar
from cti.wire import BEEP_LINE, MONITOR, TAKEN

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Line:
    call: CallId
    mode: ListenMode
    hears: str


@dataclass(slots=True)
class ListenersPhones:
    """Of one PBX. `client` is the AMI connection, if there is one."""

    node: str
    legs: Legs
    client: Callable[[], AmiClient | None]
    _lines: dict[CallId, _Line] = field(default_factory=dict)
    _following: dict[CallId, asyncio.Task[None]] = field(default_factory=dict)

    def ring(self, order: CallListener, phone: str) -> dict[str, str]:
        """Ring it; answered, it hears the agent. Raises ActionFailed: nobody of ours is in that call any more."""
        agent = self.legs.agent_voice(order.call)
        if agent is None:
            raise ActionFailed("nobody speaks in this call now")
        self._lines[order.channel] = _Line(order.call, order.mode, agent)
        return {
            "Action": "Originate",
            "Channel": f"PJSIP/{phone}",
            "Context": CONTEXTS[order.mode],
            "Exten": agent,
            "Priority": "1",
            "Async": "true",
            "ChannelId": order.channel,
            "Timeout": str(round(order.ring_s * 1000)),
        }

    def turned(self, order: TurnListener) -> dict[str, str]:
        """What sends the line to be used in another way. Raises ActionFailed: it is gone."""
        line, leg = self._lines.get(order.channel), self.legs.live.get(order.channel)
        if line is None or leg is None:
            raise ActionFailed("the listener's phone is not on that line any more")
        return send(leg, CONTEXTS[order.mode], line.hears)

    def has_turned(self, order: TurnListener) -> None:
        """The PBX has done it: when another agent has the call, it goes on in this way."""
        if (line := self._lines.get(order.channel)) is not None:
            line.mode = order.mode

    def taken(self, order: TakeTalk) -> list[dict[str, str]]:
        """What makes the line ready to have the caller: recorded, and kept. Raises ActionFailed: somebody is gone."""
        leg, caller = self.legs.live.get(order.channel), self.legs.caller(order.call)
        if leg is None or caller is None or order.channel not in self._lines:
            raise ActionFailed("the caller or the listener has hung up")
        known = {
            f"__{variables.CALL}": order.call,
            f"__{variables.CALLER}": caller.channel,
            variables.OFFER: order.offer,
            variables.UNRECORDED: "" if order.record else order.offer,
        }
        return [*(setvar(leg.channel, name, value) for name, value in known.items()), send(leg, TAKEN, "s")]

    def give(self, order: TakeTalk) -> Leg:
        """It has been done: the line is a leg of the call. Raises ActionFailed: it has hung up meanwhile."""
        self.forget(order.channel)
        leg = self.legs.give(order.channel, order.call, order.offer)
        if leg is None:
            raise ActionFailed("the listener has hung up")
        return leg

    def take_back(self, order: TakeTalk) -> None:
        """The talk could not be parted: listen on."""
        if self.legs.give(order.channel, order.channel, own_offer(order.channel)) is not None:
            self._lines[order.channel] = _Line(order.call, order.mode, "")
            self.look()

    def beep(self, order: Beep) -> list[dict[str, str]]:
        """In the agent's ear alone; when nobody of ours speaks, in nobody's."""
        agent = self.legs.agent_voice(order.call)
        return [] if agent is None else [beep_leg(agent, f"{self.node}-ear-{order.id}")]

    def look(self) -> None:
        """An agent may have come in another's place."""
        for channel, line in tuple(self._lines.items()):
            leg, agent = self.legs.live.get(channel), self.legs.agent_voice(line.call)
            if leg is not None and leg.answered and agent is not None and agent != line.hears:
                line.hears = agent
                following = self._follow(send(leg, CONTEXTS[line.mode], agent))
                self._following[channel] = asyncio.create_task(following, name=f"follow-{channel}")

    async def _follow(self, action: Mapping[str, str]) -> None:
        if (client := self.client()) is None:
            return
        try:
            await client.action(action)
        except (ActionFailed, PbxUnavailable, Misuse) as error:
            log.error("a listener's line does not follow the call: %s", error)

    def forget(self, channel: str) -> None:
        self._lines.pop(CallId(channel), None)

    async def stop(self) -> None:
        for task in self._following.values():
            task.cancel()
        await asyncio.gather(*self._following.values(), return_exceptions=True)


def beep_leg(agent: str, name: str) -> dict[str, str]:
    """A Local channel: one half whispers to the agent what the other plays."""
    return {"Action": "Originate", "Channel": f"Local/{agent}@whisper", **BEEP_LINE, "ChannelId": name}


CONTEXTS: Mapping[ListenMode, str] = {mode: f"{MONITOR}{mode.value}" for mode in ListenMode}
"""Where a listener's line is in the dialplan, by the way of listening; the extension is the channel that it hears."""
