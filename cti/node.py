"""One Asterisk and all our connections to it: AMI link, leg table, callers' lines, executor."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import variables
from core.errors import ActionFailed, PbxUnavailable
from core.house import House
from core.ids import CallId, NodeId, SeatId
from core.inputs import CallsBlocked, PbxLost
from core.numbers import normalised
from core.ports import Inbox
from cti.agi import AgiServer
from cti.ami import AmiClient, AmiLink
from cti.books import Books
from cti.calls import TRUNK, Legs
from cti.ears import Ears
from cti.execute import PbxExecutor, hangup
from cti.lines import Lines, Voice
from cti.phones import ListenersPhones
from cti.translate import Translator, text
from cti.wire import Message

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 1.5
"""From an event that shows that others were lost until the PBX is asked; what is younger than a second is not corrected
(queueing.reconcile)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the PBX is, and where it finds us."""

    ami_host: str
    ami_port: int
    ami_user: str
    ami_secret: str
    agi_host: str
    agi_port: int
    agi_path: str
    ear_port: int
    """Our AudioSocket door, on `agi_host`; the PBX comes to it from `ami_host`."""


class PbxNode:
    """Serves one PBX. `sip_names` gives the SIP names of a seat's phones; `sounds` is where the PBX finds
    prompts; its `books` say what has ended.

    `calls_live_s` is how long its calls may go on unseen; None: for ever.
    """

    def __init__(
        self,
        node: NodeId,
        address: Address,
        inbox: Inbox,
        voice: Voice,
        sip_names: Callable[[SeatId], tuple[str, ...]],
        *,
        boot_s: Callable[[], float],
        boot_id: str,
        sounds: Path,
        books: Books | None = None,
        calls_live_s: float | None = None,
    ) -> None:
        self._node = node
        self._address = address
        self._inbox = inbox
        self._sip_names = sip_names
        self._boot_id = boot_id
        self._books = books
        self._calls_live_s = calls_live_s
        self._house: House | None = None
        self._unread: list[Message] | None = None
        self._asking = asyncio.Lock()
        self._looking_again: asyncio.Task[None] | None = None
        self.legs = Legs()
        self._translator = Translator(node, self.legs)
        self.link = AmiLink(self._connect, on_event=self._event, on_up=self._up, on_down=self._down)
        self.lines = Lines(node, inbox, self.legs, voice, boot_s, sounds)
        self.ears = Ears(node, self.legs, lambda: self.link.client)
        self.listeners = ListenersPhones(node, self.legs, lambda: self.link.client)
        self.executor = PbxExecutor(
            inbox, self.lines, self.legs, lambda: self.link.client, boot_s, boot_id, self.ears, self.listeners
        )
        self._agi = AgiServer(address.agi_path, self.lines.serve)

    def configure(self, house: House) -> None:
        """The house changed: which SIP name is which seat, and which endpoints are trunks."""
        self._house = house
        names = {name: seat.id for seat in house.seats for name in self._sip_names(seat.id)}
        self.legs.configure(names, frozenset(f"{TRUNK}{trunk.id}" for trunk in house.trunks))
        self._translator.plan = house.number_plan
        self.lines.configure(house)
        self.executor.queues = tuple(queue.id for queue in house.queues)

    async def listen(self) -> None:
        """Open the doors for callers' lines and for voices. Raises OSError when a port is taken."""
        where = self._address
        await self._agi.start(where.agi_host, where.agi_port)
        await self.ears.sockets.start(where.agi_host, where.ear_port, where.ami_host)

    async def run(self) -> None:
        """Keep AMI alive for ever; cancel to end it. Callers' lines go back to the dialplan then."""
        try:
            await self.link.run()
        finally:
            await asyncio.shield(self._stop())

    async def _stop(self) -> None:
        if self._looking_again is not None:
            self._looking_again.cancel()
        await self._agi.stop()
        self.ears.stop()
        await self.listeners.stop()
        await self.executor.stop()

    async def resync(self) -> None:
        """Ask the PBX for all it knows, as after a reconnect; one follows if AMI is lost meanwhile."""
        if (client := self.link.client) is None:
            return
        try:
            await self._up(client)
        except (PbxUnavailable, ActionFailed) as error:
            log.warning("node %s was not asked to the end: %s", self._node, error)

    async def _connect(self, on_event: Callable[[Message], None]) -> AmiClient:
        where = self._address
        return await AmiClient.connect(where.ami_host, where.ami_port, where.ami_user, where.ami_secret, on_event)

    def _event(self, message: Message) -> None:
        """A live event; one that comes during a resync is read after it."""
        if self._unread is not None:
            self._unread.append(message)
            return
        if self._translator.shows_a_gap(message):
            self._look_again(text(message, "Channel"))
        for fact in self._translator.translate(message):
            self._inbox.offer(fact)
        if message.get("Event") in ("Newchannel", "Newstate", "BridgeEnter", "Hangup"):
            self._look()
        if message.get("Event") == "DTMFEnd" and message.get("Direction") == "Received":
            self.lines.key_pressed(CallId(text(message, "Uniqueid")), text(message, "Digit"))
        if message.get("Event") == "Hangup":
            self.listeners.forget(text(message, "Uniqueid"))
            self.lines.forget_keys(CallId(text(message, "Uniqueid")))
        if message.get("Event") == "Newchannel":
            self._hang_up_if_withdrawn(text(message, "Uniqueid"))

    def _look_again(self, channel: str) -> None:
        """Ask the PBX for everything soon, not only at the next turn: until then a seat may be given twice."""
        if self._looking_again is None or self._looking_again.done():
            log.warning("AMI never told of %s: everything is asked for anew", channel)
            self._looking_again = asyncio.create_task(self._resync_later(), name=f"look-again-{self._node}")

    async def _resync_later(self) -> None:
        await asyncio.sleep(LOOK_AGAIN_S)
        await self.resync()

    def _look(self) -> None:
        """Whoever listens hears those who speak now."""
        self.ears.look()
        self.listeners.look()

    def _hang_up_if_withdrawn(self, uniqueid: str) -> None:
        """An offer withdrawn between EXEC Dial and the channel's birth."""
        leg = self.legs.live.get(uniqueid)
        if leg is not None and leg.offer and self.lines.is_withdrawn(leg.offer) and self.link.client is not None:
            self.link.client.tell(hangup(leg.channel))

    async def _up(self, client: AmiClient) -> None:
        """One asks at a time: the events that wait are kept once."""
        async with self._asking:
            await self._ask_all(client)

    async def _ask_all(self, client: AmiClient) -> None:
        """Everything the PBX knows, as one input; then what happened while we asked."""
        self._unread = []
        try:
            status = await client.action({"Action": "CoreStatus"})
            wanted = ",".join(variables.ALL)
            channels = await client.listing({"Action": "Status", "Variables": wanted}, "StatusComplete")
            devices = await client.listing({"Action": "DeviceStateList"}, "DeviceStateListComplete")
            await self._read_books(client)
            started = f"{text(status, 'CoreStartupDate')} {text(status, 'CoreStartupTime')}"
            dialling = self.lines.dialling()
            self._inbox.offer(self._translator.resynced(started, channels, devices, self._boot_id, dialling))
            for fact in self._translator.voices(channels):
                self._inbox.offer(fact)
            self._look()
            await self._read_blocked(client)
        finally:
            unread, self._unread = self._unread or [], None
            for message in unread:
                client.pass_on(message)

    async def _read_books(self, client: AmiClient) -> None:
        """After the list of channels and before its facts: what has ended is not in sight any more."""
        if self._books is None:
            return
        global_of, plan = functools.partial(_global, client), self._translator.plan
        try:
            self._inbox.offer(
                await self._books.read(global_of, self._node, self.legs.names, lambda text: normalised(text, plan))
            )
        except OSError as error:
            log.error("the PBX's call records cannot be read: %s", error)

    async def _read_blocked(self, client: AmiClient) -> None:
        """The dialplan counts refused calls in a global of each trunk, also while we are away."""
        for trunk in self._house.trunks if self._house else ():
            total = await _global(client, f"THIRDRING_BLOCKED_{trunk.id}")
            self._inbox.offer(CallsBlocked(self._node, trunk.id, int(total) if total.isdecimal() else 0))

    def _down(self, reason: str) -> None:
        log.warning("AMI of node %s is lost: %s", self._node, reason)
        self._unread = None
        self._inbox.offer(PbxLost(self._node, self._calls_live_s))


async def _global(client: AmiClient, name: str) -> str:
    return text(await client.action({"Action": "Getvar", "Variable": name}), "Value")
