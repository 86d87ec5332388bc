"""Strangers who try names and passwords at the PBX's SIP port are refused there for a while, without root.

The PBX's own security log is read once a second; whoever was refused too often goes into a list that is rendered into
the PBX's access list (pjsip.conf, type=acl) and loaded without touching calls. Carriers, and `never_banned`, never are.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence

from app.ban_list import NAME, read_bans, write_bans
from app.log_tail import LogTail
from app.pbx_files import pbx_layout
from app.settings import Settings
from core.bans import Ban
from core.errors import PeerFault, Refused
from core.house import House
from cti.pbx.strangers import Attempts, stranger

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
MOST_BANS = 500
"""The PBX looks through all of them for each request that comes in."""
OURSELVES = "thirdring"


class Bans:
    """api.ports.Bans. Run `run` under an owner; `told` hears of each that we ban ourselves.

    `lines` gives what is new in the security log, and blocks; it is asked within a turn, so that nothing of before an
    address was let in again is counted after it.
    """

    def __init__(
        self,
        settings: Settings,
        house: Callable[[], House],
        load: Callable[[], Awaitable[str]],
        told: Callable[[Ban], Awaitable[None]],
        now_utc_s: Callable[[], float],
    ) -> None:
        self._settings, self._house, self._load = settings, house, load
        self._told, self._now_utc_s = told, now_utc_s
        self._attempts = Attempts(settings.ban_after)
        self._never = [ipaddress.ip_network(text) for text in settings.never_banned.split()]
        self._turn = asyncio.Lock()
        self._bans = {ban.address: ban for ban in read_bans(settings.home)}
        self.lines: Callable[[], Sequence[str]] = list
        self._found: dict[str, None] = {}
        self._untold: list[Ban] = []
        self._unwritten = ""
        """Why the file has not what is kept here, or ""."""

    def current(self) -> Sequence[Ban]:
        """Oldest first."""
        return tuple(self._bans.values())

    async def ban(self, address: str, for_s: float, by: str, why: str) -> Ban:
        """From now on the PBX refuses it.

        Raises Refused: it is no address, or one of ours; PeerFault: it is banned, but the PBX does not know yet.
        """
        where = self._checked(address)
        if why_not := await asyncio.to_thread(self._is_ours, where):
            raise Refused(why_not)
        async with self._turn:
            ban = self._keep(str(where), for_s, by, why)
            _say_if_late(await self._apply())
        return ban

    async def lift(self, address: str) -> bool:
        """From now on the PBX answers it, and its attempts are counted anew. False: it is not banned.

        Raises as `ban`.
        """
        where = str(self._checked(address))
        async with self._turn:
            if where not in self._bans:
                return False
            await self._read()
            del self._bans[where]
            self._attempts.forget(where)
            self._found.pop(where, None)
            _say_if_late(await self._apply())
        return True

    async def run(self) -> None:
        """For ever; cancel to end it."""
        tail = await asyncio.to_thread(LogTail, pbx_layout(self._settings).log / "security.log")
        self.lines = tail.lines
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Deal with what the log says now, with whose time is over, and with what the disk would not take before."""
        async with self._turn:
            await self._read()
            now_s, found, self._found = self._now_utc_s(), self._found, {}
            over = [address for address, ban in self._bans.items() if ban.until_utc_s <= now_s]
            for address in over:
                del self._bans[address]
            fresh = [await self._ban_stranger(address) for address in found if address not in self._bans]
            self._untold += filter(None, fresh)
            if over or any(fresh) or self._unwritten:
                await self._apply()
            told, self._untold = ([], self._untold) if self._unwritten else (self._untold, [])
        for ban in told:
            await self._told(ban)

    async def _read(self) -> None:
        """Who has tried too often by now; they are banned with the next look."""
        try:
            lines = await asyncio.to_thread(self.lines)
        except OSError as error:
            log.error("strangers at the PBX cannot be banned: %s", error)
            return
        now_s = self._now_utc_s()
        addresses = filter(None, map(stranger, lines))
        self._found |= dict.fromkeys(address for address in addresses if self._attempts.note(address, now_s))

    async def _ban_stranger(self, address: str) -> Ban | None:
        if await asyncio.to_thread(self._is_ours, ipaddress.ip_address(address)):
            return None
        why = f"refused {self._settings.ban_after} times within a minute"
        return self._keep(address, self._settings.ban_s, OURSELVES, why)

    def _keep(self, address: str, for_s: float, by: str, why: str) -> Ban:
        now_s = self._now_utc_s()
        ban = self._bans[address] = Ban(address, now_s, now_s + for_s, by, why)
        while len(self._bans) > MOST_BANS:
            del self._bans[next(iter(self._bans))]
        return ban

    async def _apply(self) -> str:
        """Why the PBX does not know yet, or ""."""
        try:
            await asyncio.to_thread(write_bans, self._settings.home, self.current())
        except OSError as error:
            if not self._unwritten:
                log.error("bans cannot be written: %s; it is tried again", error)
            self._unwritten = f"{NAME} cannot be written: {error.strerror}"
            return self._unwritten
        self._unwritten = ""
        return await self._load()

    def _checked(self, address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        try:
            return ipaddress.ip_address(address)
        except ValueError as error:
            raise Refused(f"{address[:45]} is no address.") from error

    def _is_ours(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
        """Why it is not to be banned, or "". Blocks while carriers' names are looked up."""
        if any(address in network for network in self._never):
            return f"{address} is in never_banned."
        for trunk in self._house().trunks:
            if str(address) in _addresses_of(trunk.host):
                return f"{address} is the carrier of trunk {trunk.id}."
        return ""


def _say_if_late(why: str) -> None:
    """What is kept reaches the PBX with the next load, whoever asks for it."""
    if why:
        raise PeerFault(f"This is kept, but the PBX does not know of it yet: {why}")


def _addresses_of(host: str) -> set[str]:
    try:
        return {str(ipaddress.ip_address(host))}
    except ValueError:
        pass
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except OSError:
        return set()
