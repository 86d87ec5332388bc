"""Listeners' phones: whom each hears now, and in which way. ChanSpy() on the agent's channel hears both sides there.

Which channel that is follows from the leg table, looked at after each event: after a transfer the line is sent on to
the next agent's. Nothing here outlives the process; a line that nobody knows is hung up at the next resync.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.commands import CallListener
from core.errors import ActionFailed, Misuse
from core.ids import CallId
from core.states import ListenMode
from cti.ami import AmiClient
from cti.calls import Legs
from cti.wire import BEEP_LINE, MONITOR

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

    def turn(self, channel: CallId, mode: ListenMode) -> None:
        """The same line, another way."""
        if (line := self._lines.get(channel)) is not None:
            line.mode = mode
            self._send(channel, line)

    def beep(self, call: CallId, name: str) -> None:
        """In the agent's ear alone."""
        agent, client = self.legs.agent_voice(call), self.client()
        if agent is not None and client is not None:
            client.tell(beep_leg(agent, f"{self.node}-ear-{name}"))

    def look(self) -> None:
        """Lines that are gone are forgotten; an agent may have come in another's place."""
        for channel, line in tuple(self._lines.items()):
            leg, agent = self.legs.live.get(channel), self.legs.agent_voice(line.call)
            if leg is not None and leg.answered and agent is not None and agent != line.hears:
                line.hears = agent
                self._send(channel, line)

    def forget(self, channel: str) -> None:
        self._lines.pop(CallId(channel), None)

    def _send(self, channel: CallId, line: _Line) -> None:
        leg, client = self.legs.live.get(channel), self.client()
        if leg is None or client is None:
            return
        action = {"Channel": leg.channel, "Context": CONTEXTS[line.mode], "Exten": line.hears, "Priority": "1"}
        try:
            client.tell({"Action": "Redirect", **action})
        except Misuse:
            log.exception("a channel whose name is none of ours cannot be heard")


def beep_leg(agent: str, name: str) -> dict[str, str]:
    """A Local channel: one half whispers to the agent what the other plays."""
    return {"Action": "Originate", "Channel": f"Local/{agent}@whisper", **BEEP_LINE, "ChannelId": name}


CONTEXTS: Mapping[ListenMode, str] = {mode: f"{MONITOR}{mode.value}" for mode in ListenMode}
"""Where a listener's line is in the dialplan, by the way of listening; the extension is the channel that it hears."""
