"""The controller: dials callers, hands out phones, and tells each of them what its channels do.

Two AMI sessions, one for orders and one for events: Asterisk serves a session with one thread, and an order would make
every fact of its time late. Keys have sessions of their own (cti.carrier.keys).
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from dataclasses import replace

from cti.ami import AmiClient
from cti.carrier.accounts import PhoneAccount
from cti.carrier.callee import Callee, own_digits
from cti.carrier.caller import CallerCall, CallPlan, Dtmf
from cti.carrier.keys import Keys
from cti.carrier.phone import Phone
from cti.carrier.plan import CarrierPlan
from cti.carrier.registrations import Registrations
from cti.carrier.timeline import PATIENCE_S
from cti.pbx.process import PbxProcess
from cti.wire import Message, unbound_action

USER = "carrier"
CALLER_TONES_HZ = range(1400, 2200, 20)
PHONE_TONES_HZ = range(400, 1200, 20)
CALLEE_TONES_HZ = range(2300, 2800, 20)
DISPLAY_DIGITS = 8
"""How many last digits must agree for two writings of a number (013…, +8613…) to be one caller."""


class Carrier:
    """The telephone network and the phones. Made with `start` (runs the Asterisk) or `attach` (one runs already)."""

    def __init__(self, plan: CarrierPlan, orders: AmiClient) -> None:
        self.plan = plan
        self._orders = orders
        self._events: AmiClient | None = None
        self._keys = Keys(lambda: _session(plan))
        self._process: PbxProcess | None = None
        self._registrations = Registrations(orders, lambda registered: self.plan.write(registered))
        self._phones: dict[str, Phone] = {}
        self._handed_out: set[str] = set()
        self._calls: list[CallerCall] = []
        self._callees: dict[str, Callee] = {}
        self._owners: dict[str, CallerCall | Phone | Callee] = {}
        self._count = itertools.count()
        self._prefix = uuid.uuid4().hex[:8]

    @classmethod
    async def start(cls, plan: CarrierPlan) -> Carrier:
        """Run an Asterisk to this plan, with no phone registered. Raises PbxUnavailable, UnfitValue.

        One that a dead predecessor left behind is stopped first. Cancelling stops what was started.
        """
        plan.prepare()
        process = PbxProcess(plan.layout)
        await process.start()
        try:
            if process.status.adopted:
                await process.stop()
                await process.start()
            carrier = await cls.attach(plan)
        except BaseException:
            await asyncio.shield(process.stop())
            raise
        carrier._process = process
        return carrier

    @classmethod
    async def attach(cls, plan: CarrierPlan) -> Carrier:
        """Connect to a running carrier. Raises PbxUnavailable when there is none, ActionFailed on a wrong secret."""
        port, secret = plan.layout.ports.ami, plan.ami_secret
        carrier = cls(plan, await _session(plan))
        try:
            await carrier._orders.action({"Action": "Events", "EventMask": "off"})
            carrier._events = await AmiClient.connect("127.0.0.1", port, USER, secret, carrier._take)
        except BaseException:
            carrier.detach()
            raise
        return carrier

    def detach(self) -> None:
        """Let go of the carrier; it and its calls go on."""
        for client in (self._orders, self._events):
            if client is not None:
                client.close("detached")
        self._keys.close()

    async def stop(self) -> None:
        """Let go, and end the Asterisk if `start` made it; its calls are cut."""
        self.detach()
        if self._process is not None:
            await self._process.stop()

    async def dial(
        self,
        hotline: str,
        caller: str = "13800138000",
        trunk: str = "a",
        *,
        dtmf: Dtmf = "rfc4733",
        record: bool = True,
        give_up_s: float = 30.0,
    ) -> CallerCall:
        """Call this number over this trunk; returns once the INVITE is on its way.

        `caller` is the number shown; "" withholds it. With `record`, `heard()` gives what the caller heard.

        Raises PbxUnavailable, or TimeoutError when the carrier makes no channel.
        """
        return await self._dial(hotline, caller, trunk, dtmf, give_up_s, record=record)

    async def dial_from(self, seat: str, number: str, *, give_up_s: float = 30.0) -> CallerCall:
        """Somebody at this seat's phone dials the centre. Raises as dial."""
        return await self._dial(number, seat, "", "rfc4733", give_up_s, channel=f"PJSIP/{number}@phone-{seat}")

    async def _dial(
        self,
        number: str,
        caller: str,
        trunk: str,
        dtmf: Dtmf,
        give_up_s: float,
        *,
        record: bool = True,
        channel: str = "",
    ) -> CallerCall:
        count = next(self._count)
        name = f"{self._prefix}-{count:06}"  # of one length: Asterisk takes no channel's id that begins another's
        tone_hz = CALLER_TONES_HZ[count % len(CALLER_TONES_HZ)]
        heard = self.plan.heard / f"{name}.wav" if record else None
        plan = CallPlan(name, number, caller, trunk, dtmf, tone_hz, heard, channel)
        call = CallerCall(self._orders, self._keys, plan)
        self._calls.append(call)
        self._owners[name] = call
        await self._orders.action(plan.originate(give_up_s))
        await call.timeline.first("dialled")
        return call

    async def phone(self, seat: str) -> Phone:
        """The phone on this seat; at first it is not registered and answers after half a second.

        Raises KeyError for a seat this carrier has no phone for.
        """
        phone = self._phone(self.plan.account(seat))
        if seat not in self._handed_out:
            self._handed_out.add(seat)
            await phone.will_answer()
        return phone

    async def callee(self, number: str) -> Callee:
        """Whoever has this number; at first they answer after half a second."""
        digits = own_digits(number)
        if digits not in self._callees:
            tone_hz = CALLEE_TONES_HZ[len(self._callees) % len(CALLEE_TONES_HZ)]
            self._callees[digits] = Callee(self._orders, number, tone_hz, self.plan.heard)
            await self._callees[digits].will_answer()
        return self._callees[digits]

    async def install(self, account: PhoneAccount) -> Phone:
        """A phone more, for a seat added at work; it is not registered. Raises PbxUnavailable."""
        self.plan = replace(self.plan, accounts=(*self.plan.accounts, account))
        await self._registrations.renew_endpoints()
        return await self.phone(account.seat)

    async def hang_up_all(self, timeout_s: float = PATIENCE_S) -> None:
        """End every call this controller made, and every call at its phones."""
        calls = list(self._calls)
        await asyncio.gather(*(call.hang_up() for call in calls))
        await asyncio.gather(*(call.ended(timeout_s) for call in calls))
        await asyncio.gather(*(each.hang_up() for each in (*self._phones.values(), *self._callees.values())))

    def _phone(self, account: PhoneAccount) -> Phone:
        if account.seat not in self._phones:
            tone_hz = PHONE_TONES_HZ[len(self._phones) % len(PHONE_TONES_HZ)]
            self._phones[account.seat] = Phone(
                self._orders, self._registrations, account, tone_hz, self.plan.heard, self._answered
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
        elif event == "Newchannel" and message.get("Context") == "called":
            self._called(message)
        name = str(message.get("OfChannel") or message.get("Uniqueid", ""))
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
        for account in self.plan.accounts:
            if str(message.get("Username", "")).startswith(f"sip:{account.sip_name}@"):
                self._phone(account).take(message)

    def _invited(self, message: Message) -> None:
        """PJSIP/phone-<seat>-0000002a. A seat that is not in our plan is in that of whoever started this carrier."""
        if str(message["Uniqueid"]) in self._owners:
            return  # it dials by itself
        seat = str(message["Channel"]).removeprefix("PJSIP/phone-").rpartition("-")[0]
        known = {account.seat: account for account in self.plan.accounts}
        self._owners[str(message["Uniqueid"])] = self._phone(known.get(seat, PhoneAccount(seat, "", "")))

    def _called(self, message: Message) -> None:
        """The centre calls a number; nobody is looking at most of them."""
        callee = self._callees.get(own_digits(str(message.get("Exten", ""))))
        if callee is not None:
            self._owners[str(message["Uniqueid"])] = callee

    def _answered(self, phone: Phone, display: str) -> None:
        """A phone picked up: the caller whose number it shows is bridged, the longest unbridged one of equals."""
        for call in self._calls:
            unbridged = call.timeline.all("answered") and not call.timeline.all("bridged")
            if unbridged and display and call.plan.caller[-DISPLAY_DIGITS:] == display[-DISPLAY_DIGITS:]:
                call.timeline.note("bridged", seat=phone.seat)
                return


async def _session(plan: CarrierPlan) -> AmiClient:
    """One for orders alone. Raises as attach."""
    port = plan.layout.ports.ami
    return await AmiClient.connect(
        "127.0.0.1", port, USER, plan.ami_secret, lambda message: None, encode=unbound_action
    )
