"""Whoever is called at the telephone network: what it does when it rings, and what happened at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import ActionFailed
from cti.ami import AmiClient
from cti.carrier import line
from cti.carrier.timeline import PATIENCE_S, Fact, Timeline
from cti.wire import Message

FOR_EVER_S = 86_400
_UP = "6"


@dataclass(slots=True)
class _Leg:
    """One call here; `caller` is the number on the display."""

    unique: str
    channel: str
    caller: str
    up: bool = False
    rejected: bool = False


class Receiver:
    """Facts: invited, ringing, answered, rejected, cancelled, ended (cause: Q.850).

    `ringing()`, `answered()`, `cancelled()`, `rejected()` and `ended()` go forward in time: each looks at what
    came after the fact that the last of them returned. An order (`will_…`) counts from the next call on. `name` is
    that of its behaviour in the carrier's dialplan.
    """

    def __init__(
        self,
        ami: AmiClient,
        name: str,
        owner: str,
        tone_hz: int,
        heard: Path,
        on_answer: Callable[[str], None] = lambda caller: None,
    ) -> None:
        self._ami = ami
        self._name = name
        self.tone_hz = tone_hz
        self._heard = heard
        self._on_answer = on_answer
        self._legs: dict[str, _Leg] = {}
        self._last_heard: Path | None = None
        self.timeline = Timeline(owner)

    # -- what it will do -----------------------------------------------------------------------
    async def will_answer(self, after_s: float = 0.5, talk_s: float = FOR_EVER_S) -> None:
        """Ring for `after_s` seconds, answer, and hang up `talk_s` seconds later."""
        await self._behave("answer", str(after_s), talk_s)

    async def will_ignore(self) -> None:
        """Ring until the centre gives up."""
        await self._behave("ignore", "0")

    async def will_reject(self, after_s: float | None = None, *, decline: bool = False) -> None:
        """Say 486 Busy Here (or 603 Decline), at once without any ringing, or after `after_s` seconds of it."""
        await self._behave("decline" if decline else "busy", "" if after_s is None else str(after_s))

    async def _behave(self, how: str, ring_s: str, talk_s: float = FOR_EVER_S) -> None:
        value = f"{how},{ring_s},{talk_s},{self.tone_hz}"
        await self._ami.action({"Action": "Setvar", "Variable": f"BEHAVES_{self._name}", "Value": value})

    async def answer(self) -> None:
        """Pick up now. Raises LookupError when nothing rings, or no longer."""
        ringing = [leg for leg in self._legs.values() if not leg.up]
        if not ringing:
            raise LookupError(f"{self.timeline.owner} does not ring; seen: {self.timeline}")
        for leg in ringing:
            try:
                await line.redirect(self._ami, leg.channel, "phone", "answer")
            except ActionFailed as error:
                raise LookupError(f"{self.timeline.owner} rings no more: {error}") from error

    async def hang_up(self) -> None:
        """End every call here."""
        for leg in list(self._legs.values()):
            await line.hang_up(self._ami, leg.channel)

    # -- what happened -------------------------------------------------------------------------
    async def ringing(self, timeout_s: float = PATIENCE_S) -> Fact:
        """The next 180 Ringing sent from here; detail `caller` is the number on the display."""
        return await self.timeline.next("ringing", timeout_s=timeout_s)

    async def answered(self, timeout_s: float = PATIENCE_S) -> Fact:
        return await self.timeline.next("answered", timeout_s=timeout_s)

    async def rejected(self, timeout_s: float = PATIENCE_S) -> Fact:
        return await self.timeline.next("rejected", timeout_s=timeout_s)

    async def cancelled(self, timeout_s: float = PATIENCE_S) -> Fact:
        """The centre gave up before this one answered."""
        return await self.timeline.next("cancelled", timeout_s=timeout_s)

    async def ended(self, timeout_s: float = PATIENCE_S) -> Fact:
        """A talk is over."""
        return await self.timeline.next("ended", timeout_s=timeout_s)

    @property
    def talking(self) -> bool:
        return any(leg.up for leg in self._legs.values())

    @property
    def hears(self) -> Path | None:
        """The file that `heard` gives, while it is still being written."""
        return self._last_heard

    async def heard(self) -> Path:
        """A WAV file of what was heard here in the last talk, from the answer on.

        Raises LookupError when there was none yet.
        """
        if self._last_heard is None:
            raise LookupError(f"{self.timeline.owner} has not talked yet")
        return await line.closed_wav(self._last_heard)

    # -- events --------------------------------------------------------------------------------
    def take(self, message: Message) -> None:
        """An AMI event of one of its channels."""
        match message.get("Event"):
            case "Newchannel":
                self._invited(message)
            case "UserEvent":
                self._said(str(message["UserEvent"]), self._legs[str(message["OfChannel"])])
            case "Newstate" if message.get("ChannelState") == _UP:
                self._up(self._legs[str(message["Uniqueid"])])
            case "DTMFEnd" if message.get("Direction") == "Received":
                self.timeline.note("key", digit=str(message["Digit"]))
            case "Hangup":
                self._gone(self._legs.pop(str(message["Uniqueid"])), str(message["Cause"]))

    def _invited(self, message: Message) -> None:
        leg = _Leg(str(message["Uniqueid"]), str(message["Channel"]), str(message.get("CallerIDNum", "")))
        self._legs[leg.unique] = leg
        self.timeline.note("invited", caller=leg.caller, **self._how_reached(message))

    def _how_reached(self, message: Message) -> dict[str, str]:
        """More about the call that begins."""
        return {}

    def _said(self, what: str, leg: _Leg) -> None:
        if what == "PhoneRang":
            self.timeline.note("ringing", caller=leg.caller)
        elif what == "PhoneRejected":
            leg.rejected = True
            self.timeline.note("rejected", caller=leg.caller)

    def _up(self, leg: _Leg) -> None:
        if leg.up:
            return
        leg.up = True
        self._last_heard = self._heard / f"{leg.unique}.wav"
        self.timeline.note("answered", caller=leg.caller)
        self._on_answer(leg.caller)

    def _gone(self, leg: _Leg, cause: str) -> None:
        if leg.up:
            self.timeline.note("ended", cause=cause, caller=leg.caller)
        elif not leg.rejected:
            self.timeline.note("cancelled", cause=cause, caller=leg.caller)
