"""Lines we hold: each is one FastAGI session. A caller's has the menu as its first owner and the engine after it.

The menu owns the line until it offers CallQueued; from then on the session only carries out the
engine's orders, one after the other: an EXEC Dial that is running cannot be joined by another.
An AGI answer proves that we hold the line, and nothing else; rings, answers and hang-ups are AMI's.
An agent's own line, in a call that we make, has no menu: it is the engine's as soon as it comes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from core import variables
from core.commands import (
    Announce,
    CallLeader,
    ConsultFar,
    DialFar,
    Dismiss,
    EndBeside,
    JoinFar,
    JoinSeat,
    JoinThree,
    LetGo,
    RingBeside,
    RingSeat,
    RunFlow,
    TellWait,
)
from core.errors import LineGone
from core.house import House
from core.ids import CallId, CommandId, NodeId, OfferId
from core.inputs import (
    LINE_GONE,
    NOT_HELD,
    AgentLineHeld,
    BesideHeld,
    CallerBack,
    CallerHeld,
    CommandDone,
    CommandFailed,
    QueueKeyPressed,
)
from core.numbers import dialable, outbound
from core.ports import Inbox
from core.recorded import is_recorded, records_everything
from core.states import CallState
from cti.agi import AgiLine, AgiSession, played
from cti.calls import BOOTH_CONTEXT, Legs
from cti.keys import Keys
from cti.moves import dial_string

Order = RingSeat | LetGo | JoinSeat | JoinFar | JoinThree | Announce | TellWait | RunFlow | Dismiss | DialFar

BesideOrder = RingBeside | EndBeside
"""For the half of a ring that waits for a second phone (asterisk-conf/pbx/extensions.conf.j2, beside)."""

ARGUMENTS = (
    variables.HOTLINE, variables.TRUNK, variables.STAGE, variables.QUEUE, variables.SINCE,
    variables.BOOT, variables.PRIORITY, variables.LANGUAGE, variables.FALLBACK,
)  # fmt: skip
"""What the dialplan passes to AGI(), in order."""

AGENT_CONTEXT = "outbound"
"""Where in the dialplan an agent's own line is; it passes core.variables.FAR alone."""

BESIDE_CONTEXT = "beside"
"""Where a ring's waiting half is; it passes the call and the offer beside which it was begun."""

UNAVAILABLE = "CHANUNAVAIL"
WITHDRAWN_OFFERS = 1000
BRIDGE_AGAIN_S = 0.2
CHANNEL_KNOWN_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A session's first words: the call, the number that calls (as the carrier wrote it), our variables."""

    call: CallId
    caller: str
    remembered: Mapping[str, str]


def arrival(headers: Mapping[str, str]) -> Arrival:
    """Read the AGI environment."""
    return Arrival(
        call=CallId(headers.get("agi_uniqueid", "")),
        caller=headers.get("agi_callerid", ""),
        remembered={name: headers.get(f"agi_arg_{place}", "") for place, name in enumerate(ARGUMENTS, start=1)},
    )


AnyOrder = TypeVar("AnyOrder", Order, BesideOrder)

Menu = Callable[[AgiLine, Arrival], Awaitable[bool]]
"""Takes a caller through the menu until CallQueued is offered (True), or until the line is gone (False)."""

FlowOf = Callable[[AgiLine, RunFlow], Awaitable[bool]]
"""Likewise through the flow of an order. False: it is over, or the line is gone."""

Booth = Callable[[AgiLine], Awaitable[None]]
"""Has somebody at a seat's phone record a prompt."""

Words = Callable[[TellWait], Sequence[str]]
"""The prompts that say it."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What callers hear and answer, as far as lines need to know it."""

    menu: Menu
    flow: FlowOf
    words: Words
    booth: Booth


class Lines:
    """All lines held now, and the orders waiting for each."""

    def __init__(
        self, node: NodeId, inbox: Inbox, legs: Legs, voice: Voice, boot_s: Callable[[], float], sounds: Path
    ) -> None:
        self._node = node
        self._inbox = inbox
        self._legs = legs
        self._voice = voice
        self._boot_s = boot_s
        self._sounds = sounds
        self._announcing: set[CallId] = set()
        self._held: dict[CallId, asyncio.Queue[Order]] = {}
        self._beside: dict[CallId, asyncio.Queue[BesideOrder]] = {}
        self._keys: dict[CallId, Keys] = {}
        self._early: dict[CallId, Keys] = {}
        self._offered: dict[CallId, str] = {}
        self._withdrawn: deque[OfferId] = deque(maxlen=WITHDRAWN_OFFERS)
        self._dialling: dict[CommandId, OfferId] = {}
        self._house: House | None = None
        self._records_everything = True

    def configure(self, house: House) -> None:
        """The house changed: how its carriers want numbers written."""
        self._house = house
        self._records_everything = records_everything(house)

    def order(self, order: Order) -> None:
        """Put an order in line; it fails at once when nobody holds the line."""
        orders = self._held.get(order.call)
        if isinstance(order, RingSeat):
            self._dialling[order.id] = order.offer
        if orders is None:
            self._tell(CommandFailed(order.id, NOT_HELD))
        else:
            orders.put_nowait(order)

    def order_beside(self, order: BesideOrder) -> None:
        """The same for a ring's waiting half."""
        orders = self._beside.get(order.call)
        if isinstance(order, RingBeside):
            self._dialling[order.id] = order.offer
        if orders is None:
            self._tell(CommandFailed(order.id, NOT_HELD))
        else:
            orders.put_nowait(order)

    def dialling(self) -> frozenset[OfferId]:
        """Offers whose order we hold or carry out: their outcome is still to come."""
        return frozenset(self._dialling.values())

    def _tell(self, outcome: CommandDone | CommandFailed) -> None:
        """Each order ends here."""
        self._dialling.pop(outcome.id, None)
        self._inbox.offer(outcome)

    def key_pressed(self, call: CallId, key: str) -> None:
        """AMI tells of a key: a flow's, or one that an announcement offers, taken once. The # that cuts it is neither.

        One that comes before the line does is for its menu.
        """
        if keys := self._keys.get(call):
            keys.heard(key)
        elif key and key in self._offered.get(call, ""):
            del self._offered[call]
            self._inbox.offer(QueueKeyPressed(call, key))
        elif call not in self._held and self._legs.caller(call) is not None:
            self._early.setdefault(call, Keys()).heard(key)

    def forget_keys(self, call: CallId) -> None:
        """The call is gone."""
        self._early.pop(call, None)

    def withdraw(self, offer: OfferId) -> None:
        """This offer is not to be rung any more, should its turn still come."""
        self._withdrawn.append(offer)

    def is_announcing(self, call: CallId) -> bool:
        """Does a prompt play there that the next order shall cut short?"""
        return call in self._announcing

    def is_withdrawn(self, offer: OfferId) -> bool:
        return offer in self._withdrawn

    async def serve(self, session: AgiSession) -> None:
        """One session from its first word to its end. Ends without a word if AMI never told of the channel."""
        if session.headers.get("agi_context") == AGENT_CONTEXT:
            await self._serve_agent(session)
            return
        if session.headers.get("agi_context") == BESIDE_CONTEXT:
            await self._serve_beside(session)
            return
        if session.headers.get("agi_context") == BOOTH_CONTEXT:
            await self._serve_booth(session)
            return
        arrived = arrival(session.headers)
        if not await self._is_real(arrived.call):
            return
        with self._holding(self._held, arrived.call) as orders:
            if await self._begin(session, arrived):
                await self._obey(session, orders)

    async def _serve_agent(self, session: AgiSession) -> None:
        call = CallId(session.headers.get("agi_uniqueid", ""))
        if not await self._is_real(call):
            return
        with self._holding(self._held, call) as orders:
            self._inbox.offer(AgentLineHeld(call, self._node, self._boot_s(), session.headers.get("agi_arg_1", "")))
            await self._obey(session, orders)

    async def _serve_booth(self, session: AgiSession) -> None:
        """A phone of a seat that dials by itself: no caller, no agent's line, and nothing of it reaches the engine."""
        call = CallId(session.headers.get("agi_uniqueid", ""))
        if await self._known(lambda: call in self._legs.dialling):
            with self._heard(call) as keys:
                await self._voice.booth(AgiLine(session, call, keys))

    async def _serve_beside(self, session: AgiSession) -> None:
        """The half of a ring that waits: rings whom the engine names, one after the other, until it is let go."""
        call, offer = (session.headers.get(f"agi_arg_{place}", "") for place in (1, 2))
        if not await self._is_real(CallId(call)):
            return
        with self._holding(self._beside, CallId(call)) as orders:
            self._inbox.offer(BesideHeld(CallId(call), self._node, OfferId(offer)))
            while isinstance(order := await _next(session, orders), RingBeside):
                if order.not_after_boot_s < self._boot_s() or self.is_withdrawn(order.offer):
                    self._tell(CommandFailed(order.id, "too late"))
                else:
                    await self._report(order.id, self._ring_beside(session, order))
            self._tell(CommandDone(order.id))

    async def _ring_beside(self, session: AgiSession, order: RingBeside) -> str:
        """Answered, its leg is in the caller's bridge at once: the two halves optimise themselves away."""
        phones = dial_string(self._legs, order.seat)
        if not phones:
            return UNAVAILABLE
        self._legs.ordered(order.call, order.seat, order.offer)
        await session.ask("SET VARIABLE", f"__{variables.OFFER}", order.offer)
        if not order.record:
            await session.ask("SET VARIABLE", f"__{variables.UNRECORDED}", order.offer)
        dialled = await session.ask("EXEC", "Dial", f"{phones},{order.dial_s:.0f},U(answered)")
        if dialled.code != 200:
            raise LineGone(f"EXEC Dial answered {dialled.code}")
        return await _dial_result(session)

    @contextmanager
    def _holding(self, table: dict[CallId, asyncio.Queue[AnyOrder]], call: CallId) -> Iterator[asyncio.Queue[AnyOrder]]:
        """This call's line is ours; orders that are left when it goes have failed."""
        orders: asyncio.Queue[AnyOrder] = asyncio.Queue()
        table[call] = orders
        try:
            yield orders
        finally:
            if table.get(call) is orders:
                del table[call]
            if self._held.get(call) is orders:
                del self._held[call]
                self._offered.pop(call, None)
            while not orders.empty():
                self._tell(CommandFailed(orders.get_nowait().id, LINE_GONE))

    async def _begin(self, session: AgiSession, arrived: Arrival) -> bool:
        """Whatever comes before the engine's orders. A caller of a talk, on hold or over, needs no menu."""
        stage = arrived.remembered.get(variables.STAGE)
        if stage == CallState.HELD:
            await session.ask("SET MUSIC", "ON")
            self._inbox.offer(CallerHeld(arrived.call))
            return True
        if stage == CallState.LEAVING:
            self._inbox.offer(CallerBack(arrived.call, self._node))
            return True
        with self._heard(arrived.call) as keys:
            if not await self._voice.menu(AgiLine(session, arrived.call, keys), arrived):
                return False
        if await self._is_due(session, arrived.call):
            await session.ask("GOSUB", "record", "caller", "1")
        return True

    @contextmanager
    def _heard(self, call: CallId) -> Iterator[Keys]:
        """This call's keys are a flow's, those that came before the line included."""
        keys = self._keys[call] = self._early.pop(call, Keys())
        try:
            yield keys
        finally:
            if self._keys.get(call) is keys:
                del self._keys[call]

    async def _is_due(self, session: AgiSession, call: CallId) -> bool:
        """Is the caller recorded from now on? If not, the ring of an agent whose talks are due begins it."""
        if self._house is None or self._records_everything:
            return True
        name = (await session.ask("GET VARIABLE", variables.QUEUE)).data
        return is_recorded(call, next((queue for queue in self._house.queues if queue.id == name), None), None)

    async def _before_talk(self, session: AgiSession, order: RingSeat) -> None:
        """The dialplan records every talk, also without us; a house that leaves some out says so for each ring."""
        if not order.record:
            await session.ask("SET VARIABLE", f"__{variables.UNRECORDED}", order.offer)
        if (order.record or order.beside) and not self._records_everything:
            await session.ask("GOSUB", "record", "caller", "1")

    async def _is_real(self, call: CallId) -> bool:
        return await self._known(lambda: self._legs.caller(call) is not None)

    async def _known(self, there: Callable[[], bool]) -> bool:
        """AMI's Newchannel may come a moment after the session."""
        for _ in range(20):
            if there():
                return True
            await asyncio.sleep(CHANNEL_KNOWN_WITHIN_S / 20)
        return False

    async def _obey(self, session: AgiSession, orders: asyncio.Queue[Order]) -> None:
        """Carry out orders until we let go of the line or it is gone."""
        while order := await _next(session, orders):
            if order.not_after_boot_s < self._boot_s():
                self._tell(CommandFailed(order.id, "too late"))
            elif isinstance(order, LetGo | Dismiss):
                if isinstance(order, Dismiss):
                    await self._say(session, order.language, order.prompt, "")
                await session.ask("SET VARIABLE", variables.DONE, "1")
                self._tell(CommandDone(order.id))
                return
            elif isinstance(order, RunFlow):
                if not await self._flow(session, order):
                    return
            elif isinstance(order, Announce | TellWait):
                await self._report(order.id, self._announce(session, order, orders))
            elif isinstance(order, JoinSeat | JoinFar):
                await self._report(order.id, self._join(session, order))
            elif isinstance(order, JoinThree):
                await self._report(order.id, self._confer(session, order))
            elif self.is_withdrawn(order.attempt if isinstance(order, DialFar) else order.offer):
                self._tell(CommandFailed(order.id, "withdrawn"))
            elif isinstance(order, DialFar):
                await self._report(order.id, self._dial(session, order, orders))
            else:
                await self._report(order.id, self._ring(session, order, orders))

    async def _report(self, command: CommandId, work: Awaitable[str]) -> None:
        """Every order that was begun ends in one outcome, also when the line goes or we are stopped."""
        outcome: CommandDone | CommandFailed = CommandFailed(command, LINE_GONE)
        try:
            outcome = CommandDone(command, await work)
        finally:
            self._tell(outcome)

    async def _ring(self, session: AgiSession, order: RingSeat, orders: asyncio.Queue[Order]) -> str:
        """Ring a seat; returns what Dial says when the ring or the talk is over.

        `m`: the caller hears music, not silence. `g`: an agent's hang-up does not end the caller.
        `U(answered)`: stage and recording, even if we die now.
        """
        phones = dial_string(self._legs, order.seat)
        if not phones:
            return UNAVAILABLE
        self._legs.ordered(order.call, order.seat, order.offer)
        await session.ask("SET VARIABLE", f"__{variables.OFFER}", order.offer)
        half = f"&Local/s@{BESIDE_CONTEXT}" if order.beside else ""
        await self._before_talk(session, order)
        dialled = await session.ask("EXEC", "Dial", f"{phones}{half},{order.dial_s:.0f},gmU(answered)")
        if dialled.code != 200:  # 511: the channel is dead; DIALSTATUS would be the ring's before
            raise LineGone(f"EXEC Dial answered {dialled.code}")
        result = await _dial_result(session)
        await self._wait_on(session, order.offer, result, orders)
        return result

    async def _dial(self, session: AgiSession, order: DialFar, orders: asyncio.Queue[Order]) -> str:
        """Dial a far end; returns DIALSTATUS and cause, as the dialplan remembers them, when it or the talk is over.

        An agent hears the ringing of the carrier, a caller music.
        """
        own = self._legs.caller(order.call)
        of_caller = own is not None and own.seat is None
        number = self.as_the_carrier_wants_it(order)
        self._legs.dialled(order.call, order.attempt)
        await session.ask("SET VARIABLE", f"__{variables.OFFER}", order.attempt)
        await session.ask("SET VARIABLE", f"__{variables.LANGUAGE}", order.language)
        context = "outside" if of_caller else "dial"
        dialled = await session.ask("GOSUB", context, order.trunk, "1", f"{number},{order.ring_s:.0f}")
        if dialled.code != 200:
            raise LineGone(f"GOSUB answered {dialled.code}")
        result = (await session.ask("GET VARIABLE", variables.FAR)).data.partition("/")[2]
        if of_caller:
            await self._wait_on(session, order.attempt, result, orders)
        return result

    async def _wait_on(self, session: AgiSession, offer: OfferId, status: str, orders: asyncio.Queue[Order]) -> None:
        """After a dial: a caller who was not answered, or too late, hears music until the next order."""
        answered, withdrawn = status.startswith("ANSWER"), self.is_withdrawn(offer)
        if answered and withdrawn:
            await session.ask("SET VARIABLE", variables.STAGE, CallState.WAITING)  # answered too late: no talk was had
        if (not answered or withdrawn) and orders.empty():
            await session.ask("SET MUSIC", "ON")

    def as_the_carrier_wants_it(self, order: DialFar | ConsultFar | CallLeader) -> str:
        """Raises LineGone: a trunk that is gone from the house has no format; the engine tries the next one."""
        trunk = next((each for each in self._house.trunks if each.id == order.trunk), None) if self._house else None
        if trunk is None or self._house is None:
            raise LineGone(f"the house has no trunk {order.trunk}")
        return dialable(outbound(order.number, trunk.number_format, self._house.number_plan))

    async def _flow(self, session: AgiSession, order: RunFlow) -> bool:
        """Run it; True: the caller waits for an agent again, and the line stays ours.

        The stage says first that there is nothing to come back to: killed now, the dialplan says goodbye.
        """
        await session.ask("SET MUSIC", "OFF")
        await session.ask("GOSUB", "hotline", "talk-over", "1")
        self._early.pop(order.call, None)  # pressed before, in a talk that was begun before us: not for this flow
        with self._heard(order.call) as keys:
            waits = await self._voice.flow(AgiLine(session, order.call, keys), order)
        self._tell(CommandDone(order.id))
        if not waits:
            await session.ask("SET VARIABLE", variables.DONE, "1")
        return waits

    async def _announce(self, session: AgiSession, order: Announce | TellWait, orders: asyncio.Queue[Order]) -> str:
        """Nobody hears the key that cuts it (cti.moves.cut_prompt); an order that waits already is not kept waiting."""
        prompts = (order.prompt,) if isinstance(order, Announce) else self._voice.words(order)
        if isinstance(order, TellWait):
            self._offered[order.call] = order.keys
        self._announcing.add(order.call)
        try:
            for prompt in prompts:
                if orders.empty():
                    await self._say(session, order.language, prompt, "#")
        finally:
            self._announcing.discard(order.call)
        if orders.empty():
            await session.ask("SET MUSIC", "ON")
        return ""

    async def _say(self, session: AgiSession, language: str, prompt: str, stop_on: str) -> None:
        """A caller who hangs up meanwhile ends the session, not the order."""
        with suppress(LineGone):
            await played(session, str(self._sounds / language / prompt), stop_on)

    async def _join(self, session: AgiSession, order: JoinSeat | JoinFar) -> str:
        """Bridge a held caller with that seat's, or that far end's leg; returns BRIDGERESULT when their talk is over.

        `x`: that leg ends with the talk. The stage stays held: were we to die before Bridge() has begun, the
        caller must come round again; BRIDGERESULT tells the dialplan afterwards that a talk was had.
        """
        self._legs.joining[order.call] = [order.attempt if isinstance(order, JoinFar) else order.seat]
        await session.ask("SET MUSIC", "OFF")
        result = await self._bridge(session, order)
        while result != "SUCCESS" and self._boot_s() + BRIDGE_AGAIN_S < order.not_after_boot_s:
            await asyncio.sleep(BRIDGE_AGAIN_S)
            result = await self._bridge(session, order)
        self._legs.joining.pop(order.call, None)
        if result != "SUCCESS":
            await session.ask("SET MUSIC", "ON")
        return result

    async def _bridge(self, session: AgiSession, order: JoinSeat | JoinFar) -> str:
        """Asterisk refuses a leg that is just on its way out of another bridge."""
        if isinstance(order, JoinFar):
            leg = self._legs.answered_far(order.call, order.attempt)
        else:
            leg = self._legs.answered_leg(order.call, order.seat)
        if leg is None:
            return "NONEXISTENT"
        await session.ask("EXEC", "Bridge", f"{leg.channel},x")
        return (await session.ask("GET VARIABLE", "BRIDGERESULT")).data

    async def _confer(self, session: AgiSession, order: JoinThree) -> str:
        """The caller into the conference in which agent and colleague are; returns when nobody else is left in it.

        The stage stays held, as in _join; CONFBRIDGE_RESULT tells the dialplan afterwards that a talk was had.
        """
        third = order.colleague or order.attempt
        self._legs.joining[order.call] = [order.seat, third] if third else [order.seat]
        await session.ask("SET MUSIC", "OFF")
        await session.ask("EXEC", "ConfBridge", f"{order.call},house,caller")
        self._legs.joining.pop(order.call, None)
        return (await session.ask("GET VARIABLE", "CONFBRIDGE_RESULT")).data


async def _dial_result(session: AgiSession) -> str:
    """DIALSTATUS, and the cause where that does not tell a phone that declines from one that cannot be reached:
    "CHANUNAVAIL/21". AMI tells of the leg's end as well, but may come later."""
    status = (await session.ask("GET VARIABLE", "DIALSTATUS")).data
    if status != UNAVAILABLE:
        return status
    return f"{status}/{(await session.ask('GET VARIABLE', 'HANGUPCAUSE')).data}"


async def _next(session: AgiSession, orders: asyncio.Queue[AnyOrder]) -> AnyOrder:
    """The next order. Raises LineGone as soon as the session ends."""
    waiting = asyncio.ensure_future(orders.get())
    try:
        either: list[asyncio.Future[Any]] = [waiting, session.gone]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        raise LineGone(session.gone.result())
    finally:
        waiting.cancel()
