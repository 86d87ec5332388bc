"""How long a carrier took to answer the PBX's last qualify (OPTIONS): AMI's ContactStatus tells of changes alone."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import ActionFailed, PbxUnavailable
from core.ids import TrunkId
from cti.ami import AmiClient
from cti.calls import TRUNK


class Qualify:
    """Over whichever connection to the PBX there is."""

    def __init__(self, client: Callable[[], AmiClient | None]) -> None:
        self._client = client

    async def round_trip_ms(self, trunk: TrunkId) -> float | None:
        """None: it did not answer, or the PBX cannot be asked."""
        if (client := self._client()) is None:
            return None
        try:
            contact = await _read(client, f"PJSIP_AOR({TRUNK}{trunk},contact)")
            taken_us = await _read(client, f"PJSIP_CONTACT({contact},rtt)") if contact else ""
        except (PbxUnavailable, ActionFailed):
            return None
        return int(taken_us) / 1000 if taken_us.isdecimal() else None


async def _read(client: AmiClient, function: str) -> str:
    return str((await client.action({"Action": "Getvar", "Variable": function})).get("Value", ""))
