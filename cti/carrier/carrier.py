"""The controller: dials callers, hands out phones, and tells each of them what its channels do.

Two AMI sessions, one for orders and one for events: Asterisk serves a session with one thread, and
PlayDTMF holds it for as long as the key is down, which would make every fact of that time late.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from cti.ami import AmiClient, Message
from cti.carrier.accounts import PhoneAccount
from cti.carrier.caller import CallerCall, CallPlan, Dtmf
from cti.carrier.phone import Phone
from cti.carrier.registrations import Registrations
from cti.carrier.timeline import PATIENCE_S

USER = "carrier"
CALLER_TONES_HZ = range(1400, 2200, 20)
PHONE_TONES_HZ = range(400, 1200, 20)
DISPLAY_DIGITS = 8
"""How many last digits must agree for two writings of a number (013…, +8613…) to be one caller."""


Registrar = Callable[[Sequence[PhoneAccount]], None]


class Carrier:
    """The connection to a running carrier. `heard` is where it records what everybody hears."""

    def __init__(self, orders: AmiClient, heard: Path, write: Registrar) -> None:
        self._orders = orders
        self._registrations = Registrations(orders, write)
        self._heard = heard
        self._events: AmiClient | None = None
        self._accounts: dict[str, PhoneAccount] = {}
        self._phones: dict[str, Phone] = {}
        self._calls: list[CallerCall] = []
        self._owners: dict[str, CallerCall | Phone] = {}
        self._count = itertools.count()
        self._prefix = uuid.uuid4().hex[:8]

    @classmethod
    async def attach(cls, ami_port: int, secret: str, heard: Path, write: Registrar) -> Carrier:
        """Connect to a running carrier; `write` renders its registrations.conf.

        Raises PbxUnavailable when there is none, ActionFailed on a wrong secret.
        """
        orders = await AmiClient.connect("127.0.0.1", ami_port, USER, secret, lambda message: None)
        carrier = cls(orders, heard, write)
        try:
            await orders.action({"Action": "Events", "EventMask": "off"})
            carrier._events = await AmiClient.connect("127.0.0.1", ami_port, USER, secret, carrier._take)
        except BaseException:
            carrier.detach()
            raise
        return carrier

    def detach(self) -> None:
        """Let go of the carrier; it and its calls go on."""
        for client in (self._orders, self._events):
            if client is not None:
                client.close("detached")

    def know(self, accounts: Sequence[PhoneAccount]) -> None:
        """The phones of these seats are configured in the carrier."""
        for account in accounts:
            self._accounts[account.seat] = account

    async def dial(
        self,
        hotline: str,
        caller: str = "13800138000",
        trunk: str = "a",
        *,
        dtmf: Dtmf = "rfc4733",
        give_up_s: float = 30.0,
    ) -> CallerCall:
        """Call this number over this trunk; returns once the INVITE is on its way.

        `caller` is the number shown; "" withholds it. Raises PbxUnavailable, or TimeoutError when the
        carrier makes no channel.
        """
        number = next(self._count)
        name = f"{self._prefix}-{number}"
        tone_hz = CALLER_TONES_HZ[number % len(CALLER_TONES_HZ)]
        plan = CallPlan(name, hotline, caller, trunk, dtmf, tone_hz, self._heard / f"{name}.wav")
        call = CallerCall(self._orders, plan)
        self._calls.append(call)
        self._owners[name] = call
        await self._orders.action(plan.originate(give_up_s))
        await call.timeline.first("dialled")
        return call

    async def phone(self, seat: str) -> Phone:
        """The phone on this seat; at first it is not registered and answers after half a second.

        Raises KeyError for a seat this carrier has no phone for.
        """
        known = seat in self._phones
        phone = self._phone(self._accounts[seat])
        if not known:
            await phone.will_answer()
        return phone

    async def hang_up_all(self, timeout_s: float = PATIENCE_S) -> None:
        """End every call this controller made, and every call at its phones."""
        calls = list(self._calls)
        await asyncio.gather(*(call.hang_up() for call in calls))
        await asyncio.gather(*(call.ended(timeout_s) for call in calls))
        await asyncio.gather(*(phone.hang_up() for phone in self._phones.values()))

    def _phone(self, account: PhoneAccount) -> Phone:
        if account.seat not in self._phones:
            tone_hz = PHONE_TONES_HZ[len(self._phones) % len(PHONE_TONES_HZ)]
            self._phones[account.seat] = Phone(
                self._orders, self._registrations, account, tone_hz, self._heard, self._answered
            )
        return self._phones[account.seat]

    # -- events --------------------------------------------------------------------------------
    def _take(self, message: Message) -> None:
        event = message.get("Event")
        if event == "Registry":
            self._registry(message)
            return
        if event == "Newchannel" and message.get("Context") == "phone":
            self._invited(message)
        name = str(message.get("PhoneChannel") or message.get("Uniqueid", ""))
        owner = self._owners.get(name)
        if owner is not None:
            owner.take(message)
            if event == "Hangup":
                self._forget(name)

    def _forget(self, name: str) -> None:
        owner = self._owners.pop(name)
        if isinstance(owner, CallerCall):
            self._calls.remove(owner)

    def _registry(self, message: Message) -> None:
        for account in self._accounts.values():
            if str(message.get("Username", "")).startswith(f"sip:{account.sip_name}@"):
                self._phone(account).take(message)

    def _invited(self, message: Message) -> None:
        """PJSIP/phone-<seat>-0000002a: a phone nobody told us about is another controller's."""
        seat = str(message["Channel"]).removeprefix("PJSIP/phone-").rpartition("-")[0]
        account = self._accounts.get(seat, PhoneAccount(seat, "", ""))
        self._owners[str(message["Uniqueid"])] = self._phone(account)

    def _answered(self, phone: Phone, display: str) -> None:
        """A phone picked up: the caller whose number it shows is bridged, the longest unbridged one of equals."""
        for call in self._calls:
            unbridged = call.timeline.all("answered") and not call.timeline.all("bridged")
            if unbridged and display and call.plan.caller[-DISPLAY_DIGITS:] == display[-DISPLAY_DIGITS:]:
                call.timeline.note("bridged", seat=phone.seat)
                return
