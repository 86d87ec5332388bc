"""One caller: a call from the telephone network to a hotline."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cti.ami import AmiClient
from cti.carrier import line
from cti.carrier.keys import Keys
from cti.carrier.timeline import PATIENCE_S, Fact, Timeline
from cti.wire import Message

Dtmf = Literal["rfc4733", "inband"]
DIGIT_MS = 100
BETWEEN_DIGITS_S = 0.08
_UP = "6"


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What a caller does to reach us. `caller` is the number shown, "" is withheld; `tone_hz` the voice.

    What the caller hears goes to the file `heard`, or nowhere. `channel` is what the carrier dials, "" the hotline over
    the trunk.
    """

    name: str
    hotline: str
    caller: str
    trunk: str
    dtmf: Dtmf
    tone_hz: int
    heard: Path | None
    channel: str = ""

    def originate(self, ring_s: float) -> dict[str, str | list[str]]:
        """The AMI action that makes this call; it gives up after `ring_s` seconds unanswered."""
        variables = [f"HEARD={self.heard or ''}", f"TONE_HZ={self.tone_hz}"]
        if not self.caller:
            variables.append("CONNECTEDLINE(pres)=prohib")
        return {
            "Action": "Originate",
            "Channel": self.channel or f"PJSIP/{self.hotline}@trunk-{self.trunk}-{self.dtmf}",
            "ChannelId": self.name,
            "CallerID": self.caller,
            "Context": "talk",
            "Exten": "s",
            "Priority": "1",
            "Timeout": str(round(ring_s * 1000)),
            "Async": "true",
            "Variable": variables,
        }


class CallerCall:
    """A call being made. Facts: dialled, answered, bridged, pressed, ended (cause: Q.850)."""

    def __init__(self, ami: AmiClient, keys: Keys, plan: CallPlan) -> None:
        self._ami = ami
        self._keys = keys
        self.plan = plan
        self.timeline = Timeline(f"caller {plan.name}")
        self.channel = ""
        self._speaks = asyncio.Event()

    @property
    def tone_hz(self) -> int:
        """The pitch of this caller's voice."""
        return self.plan.tone_hz

    @property
    def over(self) -> bool:
        return bool(self.timeline.all("ended"))

    async def answered(self, timeout_s: float = PATIENCE_S) -> Fact:
        """The hotline has picked up (200 OK)."""
        return await self.timeline.first("answered", timeout_s)

    async def bridged(self, timeout_s: float = PATIENCE_S) -> Fact:
        """A phone has answered with this caller's number on its display; detail `seat`."""
        return await self.timeline.first("bridged", timeout_s)

    async def ended(self, timeout_s: float = PATIENCE_S) -> Fact:
        """The call is over; detail `cause` is the Q.850 number (16 normal, 34 congestion, 1 unknown number)."""
        return await self.timeline.first("ended", timeout_s)

    async def press(self, digits: str) -> None:
        """Press these keys, each DIGIT_MS long. Raises ActionFailed when the call is over.

        An answered caller's first key waits for the voice to begin (milliseconds): it would cover an in-band key.
        """
        async with asyncio.timeout(PATIENCE_S):
            await self._speaks.wait()
        for digit in digits:
            await self._press_one(digit)
        if self.plan.dtmf == "inband":
            await line.redirect(self._ami, self.channel, "talk", "speak")

    async def _press_one(self, digit: str) -> None:
        """It takes as long as the key is down; the pause after it is a person's."""
        await self._keys.press(self.channel, digit, DIGIT_MS)
        self.timeline.note("pressed", digit=digit)
        await asyncio.sleep(BETWEEN_DIGITS_S)

    async def hang_up(self) -> None:
        """Put the receiver down; before the answer this is a CANCEL."""
        if self.channel:
            await line.hang_up(self._ami, self.channel)

    async def heard(self, timeout_s: float = PATIENCE_S) -> Path:
        """A WAV file of what this caller heard from the answer on; waits for the end of the call.

        Raises LookupError when the call was dialled without recording.
        """
        if self.plan.heard is None:
            raise LookupError(f"caller {self.plan.name} does not record")
        await self.ended(timeout_s)
        return await line.closed_wav(self.plan.heard)

    def take(self, message: Message) -> None:
        """An AMI event of this call's channel."""
        match message.get("Event"):
            case "Newchannel":
                self.channel = str(message["Channel"])
                self.timeline.note("dialled", hotline=self.plan.hotline, trunk=self.plan.trunk)
            case "Newstate" if message.get("ChannelState") == _UP:
                self.timeline.note("answered")
            case "UserEvent":
                self._speaks.set()
            case "Hangup" if not self.over:
                self._speaks.set()
                self.timeline.note("ended", cause=str(message["Cause"]))
