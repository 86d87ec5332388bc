"""What a seat's phone logs in with: derived from the key file, stored nowhere."""

from __future__ import annotations

from api.ports import PhoneLogin
from core.ids import SeatId
from cti.credentials import Credentials


class DerivedPhoneLogins:
    """api.services.PhoneLogins; `server` is host:port of the PBX's SIP."""

    def __init__(self, credentials: Credentials, server: str) -> None:
        self._credentials = credentials
        self._server = server

    async def issue(self, seat: SeatId) -> PhoneLogin:
        phones = self._credentials.phones(seat)
        return PhoneLogin(phones.sip_name, phones.secret, self._server)
