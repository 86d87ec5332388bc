"""What a seat's desk phone logs in with: derived from the key file and from how often it was renewed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from api.ports import PhoneLogin
from app.pbx_loading import PbxLoading
from app.phone_generations import DESK, read_generations, renew
from core.errors import PeerFault
from core.ids import SeatId
from cti.credentials import Credentials


class DerivedPhoneLogins:
    """api.ports.PhoneLogins; `server` is host:port of the PBX's SIP."""

    def __init__(self, secrets: Path, credentials: Credentials, loading: PbxLoading, server: str) -> None:
        self._secrets, self._credentials = secrets, credentials
        self._loading, self._server = loading, server
        self._one_at_a_time = asyncio.Lock()

    async def issue(self, seat: SeatId) -> PhoneLogin:
        generations = await asyncio.to_thread(read_generations, self._secrets, DESK)
        return self._login(seat, generations.get(seat, 0))

    async def renew(self, seat: SeatId) -> PhoneLogin:
        """A PBX that is reloaded by hand takes the old password until then, and the floor says so."""
        async with self._one_at_a_time:
            generations = await asyncio.to_thread(renew, self._secrets, DESK, [seat])
        await self._loading.load()
        if self._loading.broken:
            raise PeerFault("the PBX cannot be told the new password at this moment; try again")
        return self._login(seat, generations[seat])

    def _login(self, seat: SeatId, generation: int) -> PhoneLogin:
        return PhoneLogin(self._credentials.sip_name(seat), self._credentials.secret(seat, generation), self._server)
