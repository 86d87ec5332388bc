"""Live listening without a phone: every voice of a call, by a ChanSpy() of its own, to whoever listens.

One voice is one spy leg: `Local/<leg>@spy`, whose other half brings it to our door (cti.audiosocket). ChanSpy with `o`
hears only what comes from that person's phone, as the recordings do (docs/design.md, Recording): so both sides stay
apart, and a transfer loses nobody. Which legs a call has now follows from the leg table alone, looked at after each
event.

A listener who does not take what comes loses the oldest of it; nothing waits for anybody.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import Misuse
from core.ids import CallId, ListeningId
from cti.ami import AmiClient
from cti.audiosocket import AudioSockets, Ear
from cti.calls import Legs
from cti.two_sides import Frame, TwoSides
from cti.wire import EAR_LINE

log = logging.getLogger(__name__)

QUEUED_FRAMES = 25
"""Half a second of sound that a listener may be behind."""
AGAIN_S, TRIES = 1.0, 5
"""A spy leg that does not come, or breaks off, is sent again: so many times for one voice."""


@dataclass(slots=True)
class _Spy:
    token: str
    tries: int = 1
    again: asyncio.TimerHandle | None = None


class Hearing:
    """What one listener hears of one call, until it is over."""

    def __init__(self, call: CallId) -> None:
        self.call = call
        self.sides = TwoSides()
        self.spies: dict[str, _Spy] = {}
        self.over = ""
        self._frames: deque[Frame] = deque(maxlen=QUEUED_FRAMES)
        self._news = asyncio.Event()

    def take(self, leg: str, samples: bytes) -> None:
        self._frames.extend(self.sides.hear(leg, samples))
        if self._frames:
            self._news.set()

    def end(self, why: str) -> None:
        self.over = self.over or why
        self._news.set()

    async def next(self) -> Frame | None:
        """The oldest frame that is kept; None when there will be no more (`over` says why)."""
        while not self._frames and not self.over:
            self._news.clear()
            await self._news.wait()
        return None if self.over else self._frames.popleft()


@dataclass(slots=True)
class Ears:
    """The listeners of one PBX. `client` is the AMI connection, if there is one."""

    node: str
    legs: Legs
    client: Callable[[], AmiClient | None]
    sockets: AudioSockets = field(default_factory=AudioSockets)
    _hearings: dict[ListeningId, Hearing] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def begin(self, listening: ListeningId, call: CallId, *, silenced: bool) -> None:
        """From now on this listener hears that call. `silenced`: as `silence`."""
        hearing = self._hearings[listening] = Hearing(call)
        hearing.sides.silenced = silenced
        self._send_spies(hearing)

    def hearing(self, listening: ListeningId) -> Hearing | None:
        """Of a listener who has begun and not ended."""
        return self._hearings.get(listening)

    def end(self, listening: ListeningId, why: str) -> None:
        if (hearing := self._hearings.pop(listening, None)) is not None:
            for leg in tuple(hearing.spies):
                self._withdraw(hearing, leg)
            hearing.end(why)

    def silence(self, call: CallId, *, on: bool) -> None:
        """Card data is not heard either."""
        for hearing in self._hearings.values():
            if hearing.call == call:
                hearing.sides.silenced = on

    def look(self) -> None:
        """Legs may have come or gone."""
        for hearing in self._hearings.values():
            self._send_spies(hearing)

    def stop(self) -> None:
        for listening in tuple(self._hearings):
            self.end(listening, "stopped")
        self.sockets.stop()

    def _send_spies(self, hearing: Hearing) -> None:
        """One to every voice that speaks, none to those that are gone."""
        voices = self.legs.voices(hearing.call)
        for name in [name for name in hearing.spies if name not in voices]:
            self._withdraw(hearing, name)
        for name in [name for name in voices if name not in hearing.spies]:
            hearing.sides.add(name, is_caller=voices[name].seat is None)
            hearing.spies[name] = _Spy("")
            self._send(hearing, name)

    def _withdraw(self, hearing: Hearing, leg: str) -> None:
        spy = hearing.spies.pop(leg)
        self.sockets.end(spy.token)
        if spy.again is not None:
            spy.again.cancel()
        hearing.sides.remove(leg)

    def _send(self, hearing: Hearing, leg: str) -> None:
        """A leg that is gone meanwhile gives no voice: ChanSpy() finds nothing, and its half never knocks."""
        spy, client = hearing.spies[leg], self.client()
        self.sockets.end(spy.token)
        again = functools.partial(self._again, hearing, leg)
        spy.token = self.sockets.expect(Ear(functools.partial(self._heard, hearing, leg), again))
        spy.again = asyncio.get_running_loop().call_later(AGAIN_S, again)
        if client is None:
            return
        try:
            client.tell(spy_leg(leg, spy.token, f"{self.node}-ear-{next(self._numbers)}.0"))
        except Misuse:
            log.exception("a leg whose name is none of ours cannot be heard")

    def _heard(self, hearing: Hearing, leg: str, samples: bytes) -> None:
        spy = hearing.spies[leg]
        if spy.again is not None:
            spy.again.cancel()
            spy.again = None
        hearing.take(leg, samples)

    def _again(self, hearing: Hearing, leg: str) -> None:
        """It did not come, or broke off."""
        spy = hearing.spies.get(leg)
        if spy is None or hearing.over:
            return
        if spy.again is not None:
            spy.again.cancel()
        spy.tries += 1
        if spy.tries <= TRIES:
            spy.again = asyncio.get_running_loop().call_later(AGAIN_S, self._send, hearing, leg)


def spy_leg(leg: str, token: str, name: str) -> dict[str, str]:
    """Hear this channel; its voice knocks with `token`. No more than this can be said (cti.wire)."""
    return {"Action": "Originate", "Channel": f"Local/{leg}@spy", **EAR_LINE, "Exten": token, "ChannelId": name}
