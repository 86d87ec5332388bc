"""`recordings verify`: archive, manifests and ledger of a home against each other, without a running instance."""

from __future__ import annotations

import asyncio

from app.settings import Settings
from app.voices import archive_of, signing_key
from core.errors import PeerFault
from recording.verify import Verdict, verify
from store.recordings import Recordings
from store.session import reading_engine
from store.writer import Writer


async def proof(settings: Settings) -> tuple[Verdict, list[str]]:
    """The verdict, and what could not be looked at. Raises ConfigurationWrong: its key is missing, or open to all."""
    told: list[str] = []
    try:
        ledger = await _archived(settings)
    except PeerFault as error:
        ledger = None
        told.append(f"The ledger cannot be read ({error}): an end of the manifests that was cut off would not be seen.")
    public = signing_key(settings).public_key()
    return await asyncio.to_thread(verify, archive_of(settings), public, ledger), told


async def _archived(settings: Settings) -> list[tuple[str, str]]:
    """Raises StoreUnavailable."""
    url = settings.store_url
    engine, writer = reading_engine(url), Writer(url)
    try:
        return await Recordings(engine, writer).archived()
    finally:
        await engine.dispose()
        await writer.close()
