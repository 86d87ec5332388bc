"""The SIP phone of one seat: a registration at the centre, and what it does when it is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cti.ami import AmiClient
from cti.carrier.accounts import PhoneAccount
from cti.carrier.receiver import Receiver
from cti.carrier.registrations import Registrations
from cti.carrier.timeline import PATIENCE_S, Fact
from cti.wire import Message


class Phone(Receiver):
    """Facts: registered, unregistered, and those of a Receiver."""

    def __init__(
        self,
        ami: AmiClient,
        registrations: Registrations,
        account: PhoneAccount,
        tone_hz: int,
        heard: Path,
        on_answer: Callable[[Phone, str], None],
    ) -> None:
        name, owner = f"phone-{account.seat}", f"phone {account.seat}"
        super().__init__(ami, name, owner, tone_hz, heard, lambda caller: on_answer(self, caller))
        self._registrations = registrations
        self._account = account
        self.seat = account.seat

    async def register(self, timeout_s: float = PATIENCE_S) -> Fact:
        """Register at the centre; returns when the centre has accepted it. Only for a phone that is not registered."""
        before = len(self.timeline.all("registered"))
        await self._registrations.add(self._account)
        return await self.timeline.nth("registered", before, timeout_s)

    async def unregister(self, timeout_s: float = PATIENCE_S) -> Fact:
        """Take a registered phone off the network; returns when the centre knows."""
        before = len(self.timeline.all("unregistered"))
        await self._registrations.remove(self._account)
        return await self.timeline.nth("unregistered", before, timeout_s)

    @property
    def registered(self) -> bool:
        """What the centre said last."""
        states = [fact.name for fact in self.timeline.facts if fact.name in ("registered", "unregistered")]
        return states[-1:] == ["registered"]

    def take(self, message: Message) -> None:
        """An AMI event of this phone's registration or of one of its channels."""
        if message.get("Event") == "Registry":
            self.timeline.note(str(message["Status"]).lower())
        else:
            super().take(message)
