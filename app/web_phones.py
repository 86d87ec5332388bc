"""Passwords of browser phones: a new one each time somebody asks for it, and another one after they have signed out.

So whoever has left a seat cannot take the calls of the next. A password is derived, and the PBX is told before it is
handed out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from api.ports import BrowserPhone
from app.pbx_loading import PbxLoading
from app.phone_generations import WEB, read_generations, renew
from core.errors import ConfigurationWrong, PeerFault
from core.events import AgentChanged, Outcome
from core.ids import SeatId
from core.instants import Instant
from core.states import AgentStatus
from cti.credentials import Credentials

log = logging.getLogger(__name__)

AGAIN_S = 5.0


class WebPhones:
    """api.ports.BrowserPhones. `socket` is the PBX's WebSocket, `domain` the host of the SIP addresses.

    Give `take` to the pump, and run `run` in a task.
    """

    def __init__(self, secrets: Path, credentials: Credentials, loading: PbxLoading, socket: str, domain: str) -> None:
        self._secrets, self._credentials, self._loading = secrets, credentials, loading
        self._socket, self._domain = socket, domain
        self._one_at_a_time = asyncio.Lock()
        self._given: dict[SeatId, None] | None = None
        """Seats for which somebody may know a password; None: not looked up yet."""
        self._left: dict[SeatId, None] = {}
        self._somebody_left = asyncio.Event()

    async def issue(self, seat: SeatId) -> BrowserPhone:
        """A new password, which the PBX knows. Raises PeerFault: it could not be told, or is told by hand only."""
        async with self._one_at_a_time:
            self._left.pop(seat, None)  # whoever left it has a dead password with this one
            (await self._known())[seat] = None
            generation = (await asyncio.to_thread(renew, self._secrets, WEB, [seat]))[seat]
        by_hand = await self._loading.load()
        if self._loading.broken:
            raise PeerFault("the PBX cannot be told the new password at this moment; try again")
        if by_hand:
            raise PeerFault("this PBX is reloaded by hand and never hears of a browser's password; set pbx_reload_user")
        name = self._credentials.web_name(seat)
        secret = self._credentials.web_secret(seat, generation)
        return BrowserPhone(name, secret, f"sip:{name}@{self._domain}", self._socket)

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """Note who leaves a seat."""
        for outcome in outcomes:
            match outcome.event:
                case AgentChanged(status=AgentStatus.SIGNED_OUT, was_status=was, seat=seat) if seat is not None:
                    if was is not AgentStatus.SIGNED_OUT:
                        self._left[seat] = None
                        self._somebody_left.set()

    async def run(self) -> None:
        """Renew the passwords of seats that were left, together. Cancelling is safe."""
        while True:
            await self._somebody_left.wait()
            self._somebody_left.clear()
            try:
                await self._end_left()
            except (OSError, ConfigurationWrong) as error:
                log.error("passwords of seats that were left cannot be renewed: %s", error)
                await asyncio.sleep(AGAIN_S)
                self._somebody_left.set()

    async def _end_left(self) -> None:
        """Only where a password was handed out: the PBX is not troubled for desk phones."""
        async with self._one_at_a_time:
            left, known = tuple(self._left), await self._known()
            seats = [seat for seat in left if seat in known]
            if seats:
                await asyncio.to_thread(renew, self._secrets, WEB, seats)
            for seat in left:
                known.pop(seat, None)
                self._left.pop(seat, None)
        if seats:
            await self._loading.load()

    async def _known(self) -> dict[SeatId, None]:
        """After a start those of any time before."""
        if self._given is None:
            self._given = dict.fromkeys(await asyncio.to_thread(read_generations, self._secrets, WEB))
        return self._given
