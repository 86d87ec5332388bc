"""The simulated carrier of a benchmark: callers on both trunks, and a phone for every seat of the house."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.carrier_plan import carrier_plan
from app.settings import Settings, read_settings
from core.house import House
from cti.carrier.carrier import Carrier
from cti.credentials import load_credentials
from cti.pbx.installation import find_installation


@asynccontextmanager
async def telephones(settings: Settings, house: House) -> AsyncIterator[Carrier]:
    """Raises PbxUnavailable: its Asterisk did not come up."""
    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    installation = find_installation(read_settings().home, settings.pbx_mode, os.environ)
    carrier = await Carrier.start(carrier_plan(settings, house, credentials, installation))
    try:
        yield carrier
    finally:
        await asyncio.shield(carrier.stop())
