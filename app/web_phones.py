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
from app.web_generations import renew
from core.errors import PeerFault
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
        self._left: dict[SeatId, None] = {}
        self._somebody_left = asyncio.Event()

    async def issue(self, seat: SeatId) -> BrowserPhone:
        """A new password, which the PBX knows. Raises PeerFault: it could not be told."""
        generation = (await self._renew([seat]))[seat]
        await self._loading.load()
        if self._loading.broken:
            raise PeerFault("the PBX cannot be told the new password at this moment; try again")
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
            left, self._left = tuple(self._left), {}
            try:
                await self._renew(left)
                await self._loading.load()
            except OSError as error:
                log.error("passwords of seats that were left cannot be renewed: %s", error)
                self._left |= dict.fromkeys(left)
                await asyncio.sleep(AGAIN_S)
                self._somebody_left.set()

    async def _renew(self, seats: Sequence[SeatId]) -> dict[SeatId, int]:
        async with self._one_at_a_time:
            return await asyncio.to_thread(renew, self._secrets, seats)
