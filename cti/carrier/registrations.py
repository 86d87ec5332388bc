"""Which phones are registered: a file of the carrier's configuration, and a reload.

The reload registers what is new in the file (within 1.1 s, Asterisk's own pause) and takes off the
network what has left it (at once). PJSIPRegister is of no use: it takes the phone off first and puts
it back only after Asterisk's random delay for new registrations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cti.ami import AmiClient
from cti.carrier.accounts import PhoneAccount


class Registrations:
    """`write` renders the file for these accounts."""

    def __init__(self, orders: AmiClient, write: Callable[[Sequence[PhoneAccount]], None]) -> None:
        self._orders = orders
        self._write = write
        self._wanted: dict[str, PhoneAccount] = {}
        self._changing = asyncio.Lock()

    async def add(self, account: PhoneAccount) -> None:
        """Start to register. Raises PbxUnavailable."""
        self._wanted[account.seat] = account
        await self._apply()

    async def remove(self, account: PhoneAccount) -> None:
        """Start to unregister. Raises PbxUnavailable."""
        self._wanted.pop(account.seat, None)
        await self._apply()

    async def renew_endpoints(self) -> None:
        """The carrier's phones are others now; calls at the old ones go on. Raises PbxUnavailable."""
        await self._apply("res_pjsip.so")

    async def _apply(self, module: str = "res_pjsip_outbound_registration.so") -> None:
        """One reload at a time; one that waited finds the file as it should be and reloads once more, harmlessly."""
        async with self._changing:
            self._write(list(self._wanted.values()))
            await self._orders.action({"Action": "Reload", "Module": module})
