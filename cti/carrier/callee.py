"""Somebody in the telephone network whom the centre calls, over whichever trunk."""

from __future__ import annotations

from pathlib import Path

from cti.ami import AmiClient
from cti.carrier.caller import DIGIT_MS
from cti.carrier.receiver import Receiver
from cti.wire import Message

OWN_DIGITS = 8
"""How many last digits tell callees apart, however a carrier writes their numbers."""


def own_digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))[-OWN_DIGITS:]


class Callee(Receiver):
    """Detail of `invited`: `number` as the centre dialled it, `trunk` over which."""

    def __init__(self, ami: AmiClient, number: str, tone_hz: int, heard: Path) -> None:
        super().__init__(ami, f"callee-{own_digits(number)}", f"callee {number}", tone_hz, heard)

    async def will_fail(self) -> None:
        """The carrier says 503 Service Unavailable to the next call alone."""
        await self._once("unavailable")

    async def will_sound(self) -> None:
        """Sound before the answer (183), for ever, and no ringing: the next call alone."""
        await self._once("early")

    async def will_try(self) -> None:
        """100 Trying, and nothing more for ever: the next call alone."""
        await self._once("ignore")

    async def _once(self, how: str) -> None:
        name, self._name = self._name, f"{self._name}-once"
        try:
            await self._behave(how, "")
        finally:
            self._name = name

    async def press(self, digit: str) -> None:
        """One key, in the talk that is on."""
        for leg in self._legs.values():
            if leg.up:
                press = {"Action": "PlayDTMF", "Channel": leg.channel, "Digit": digit, "Duration": str(DIGIT_MS)}
                await self._ami.action(press)

    def _how_reached(self, message: Message) -> dict[str, str]:
        endpoint = str(message["Channel"]).removeprefix("PJSIP/trunk-")
        return {"number": str(message.get("Exten", "")), "trunk": endpoint.partition("-")[0]}
