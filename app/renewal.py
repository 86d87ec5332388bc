"""A renewed certificate reaches the page and the browsers' phones while they run; no connection and no call is dropped.

TLS looks at a certificate only when a connection begins: those that stand go on with the old one.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable

from app.lan import Office
from core.errors import ConfigurationWrong

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0


class Renewal:
    """`look` finds out today's office (app.lan.open_office), which renews its own certificate when that is due.

    `context` is the page's; `load` brings the PBX what changed. `broken`: why a certificate could not be taken, or "".
    """

    def __init__(
        self,
        office: Office,
        context: ssl.SSLContext,
        look: Callable[[], Office | None],
        load: Callable[[], Awaitable[object]],
        alarm: Callable[[str, str], None],
    ) -> None:
        self._served, self._context = office, context
        self._look, self._load, self._alarm = look, load, alarm
        self.broken = ""

    @property
    def text(self) -> str:
        """Until when the served certificate is good."""
        return f"good until {self._served.certificate.ends:%Y-%m-%d}"

    async def run(self) -> None:
        """For ever; cancel to end it."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                if office := await asyncio.to_thread(self._look):
                    await self._take(office)
                self._tell("")
            except (ConfigurationWrong, OSError) as error:  # ssl.SSLError is an OSError
                self._tell(f"The certificate is not renewed; the old one is served, {self.text}: {error}")

    async def _take(self, office: Office) -> None:
        """Page first, then PBX. Another address is not followed: phones and routers would have to know."""
        if office.certificate.chain == self._served.certificate.chain:
            return
        if office.address != self._served.address:
            raise ConfigurationWrong([f"{office.name} leads to {office.address} now; start again to serve it there"])
        self._context.load_cert_chain(office.certificate.chain, office.certificate.key)
        self._served = office
        log.info("another certificate is served, %s", self.text)
        await self._load()

    def _tell(self, broken: str) -> None:
        """Each change once, on the floor."""
        if bool(broken) != bool(self.broken):
            log.error("%s", broken or "the certificate is in order again")
            self._alarm("certificate", broken or f"The certificate is in order again, {self.text}.")
        self.broken = broken
