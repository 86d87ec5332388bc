"""The voice logger, put together: its keys, its place on disk, what it goes on with after a start, what it erases.

Calls need none of it: the dialplan records by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import clock
from app.recordings_key import derived_key, missing_key
from app.retention_clock import Aging
from core.errors import PeerFault
from core.house import House
from core.ids import CallId
from core.ledger import RecordingRecord
from core.ports import Inbox
from core.recorded import keep_days
from recording.archive import Archive
from recording.disk import VoiceFiles, free_mb, is_writable
from recording.logger import VoiceLogger
from recording.pool import Pool
from recording.seal import Chain

if TYPE_CHECKING:
    from api.erasing import Erasing
    from app.settings import Settings
    from store.recordings import Recordings

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 3600.0
LOOK_AGAIN_S = 1.0
ROOM_EVERY_S = 5.0
MORE_ROOM = 1.1
"""So much more than the mark ends the alarm, lest it come and go."""
DAY_S = 86_400.0
ALARM = "recording_disk"

Alarm = Callable[[str, str], None]
Erase = Callable[[RecordingRecord, str, str], Awaitable[bool]]
"""api.erasing.Erasing.erase"""
LastKeepDays = Callable[[str], Awaitable[int | None]]
"""store.house.HouseStore.last_keep_days"""


def voice_logger(
    settings: Settings, inbox: Inbox, alarm: Alarm, is_written: Callable[[], bool], under_way: Iterable[CallId]
) -> VoiceLogger:
    """Without its key it archives and erases nothing. Raises ConfigurationWrong: others can read it, or it is none."""
    archive, missing = archive_of(settings), missing_key(settings)
    chain = Chain(archive.root, None if missing else signing_key(settings))
    return VoiceLogger(
        inbox,
        VoiceFiles(settings.home / "recordings"),
        archive,
        chain,
        Pool(settings.finish_workers),
        b"" if missing else derived_key(settings, b"recording ids"),
        clock.now,
        alarm,
        keep_originals_s=settings.keep_originals_h * 3600,
        is_written=is_written,
        under_way=under_way,
        idle=missing,
    )


def archive_of(settings: Settings) -> Archive:
    """Opens what is locked, also after `lock_recordings` was turned off; without the key what is not."""
    key = b"" if missing_key(settings) else derived_key(settings, b"locked recordings")
    return Archive(settings.home / "archive", key, locks=settings.lock_recordings)


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """Without it, what it has sealed cannot be checked any more."""
    return Ed25519PrivateKey.from_private_bytes(derived_key(settings, b"recording manifests"))


async def keep_going(
    voices: VoiceLogger,
    ledger: Recordings,
    erasing: Erasing,
    house: Callable[[], House],
    last: LastKeepDays,
    is_even: Callable[[], bool],
    aging: Callable[[], Aging],
) -> None:
    """Take up what an earlier process left; then sweep and erase, for ever. Whatever the database does, it is tried
    again.

    Each time when the database has all that was decided (`is_even`) and its records tell all of it: to others a call
    that is archived is a stranger, and so are the files that are left of it. `aging` is app.retention_clock's.
    """
    adopted = False
    while True:
        try:
            if not (is_even() and await ledger.is_whole()):
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            await (voices.sweep(ledger) if adopted else voices.adopt(ledger))
            adopted = True
            by = aging()
            await retain(erasing.erase, ledger, house(), last, by)
            await retain_lost(voices, ledger, house(), last, by, erasing.turn)
            await erasing.sweep()
        except (PeerFault, OSError) as error:
            log.error("recordings cannot be swept: %s", error)
            await asyncio.sleep(LOOK_AGAIN_S * 5)
        else:
            await asyncio.sleep(SWEEP_EVERY_S)


async def retain(erase: Erase, ledger: Recordings, house: House, last: LastKeepDays, aging: Aging) -> None:
    """Erase what has been kept as long as its queue says, or said when it was there last. A legal hold wins.

    Raises PeerFault, OSError.
    """
    for queue in await ledger.queues():
        days = await _days(house, queue, last)
        before_utc_s = aging.utc_s - days * DAY_S
        while days and (rows := await ledger.older_than(queue, before_utc_s, aging.young(before_utc_s))):
            gone = [await erase(row, "retention", f"kept for {days} days") for row in rows]
            log.info("%d recordings of queue %r erased: kept for %d days", sum(gone), queue, days)
            await asyncio.sleep(LOOK_AGAIN_S)  # until the ledger has it


async def retain_lost(
    voices: VoiceLogger, ledger: Recordings, house: House, last: LastKeepDays, aging: Aging, turn: asyncio.Lock
) -> None:
    """The same for the originals of lost voices that never came into the archive: somebody speaks in them, too.

    One that belongs to a call of which anything is held stays: nobody could hold it by itself. Each is asked for in a
    `turn` (api.erasing): a hold may come while others go.

    Raises PeerFault, OSError.
    """
    gone = 0
    for row in await voices.lost_originals(ledger):
        days = await _days(house, row.queue, last)
        began_utc_s = row.expected_utc_s if row.opened_utc_s is None else row.opened_utc_s
        if days and aging.is_old(began_utc_s, aging.utc_s - days * DAY_S):
            async with turn:
                if not await ledger.held_calls([row.call]):
                    gone += await voices.erase_lost(row, "retention", f"kept for {days} days")
    if gone:
        voices.tell_floor(
            f"{gone} recordings that were lost are erased: their originals, all there was of them, grew too old."
        )


async def _days(house: House, queue: str, last: LastKeepDays) -> int:
    is_there = any(each.id == queue for each in house.queues)
    return keep_days(house, queue, None if is_there else await last(queue))


async def watch_room(settings: Settings, house: Callable[[], House], alarm: Alarm) -> None:
    """Say it before the recordings' disk, or the archive's, is full, when one refuses, and when both take again."""
    before = ""
    while True:
        wanted_mb = house().recording.watermark_mb * (MORE_ROOM if before else 1.0)
        why = await asyncio.to_thread(trouble_of_both, settings.home, wanted_mb)
        if why.partition(":")[0] != before.partition(":")[0]:
            text = why or "The recordings' disk has room again and can be written."
            log.error("%s", text)
            alarm(ALARM, text)
        before = why
        await asyncio.sleep(ROOM_EVERY_S)


def trouble_of_both(home: Path, least_mb: float) -> str:
    """Why recordings cannot be written, or cannot be archived, for long, or ""."""
    if why := room_trouble(home / "recordings", least_mb):
        return why
    kept = room_trouble(home / "archive", least_mb)
    return f"In the archive: {kept} Originals are kept until it takes them." if kept else ""


def room_trouble(place: Path, least_mb: float) -> str:
    """Why recordings cannot go on here for long, or ""."""
    try:
        place.mkdir(mode=0o750, parents=True, exist_ok=True)
        if not is_writable(place):
            return "Recordings cannot be written; calls go on and are not recorded: look at the disk."
        left = free_mb(place)
    except OSError as error:
        return f"Recordings cannot be written; calls go on and are not recorded: {error.strerror}."
    if left >= least_mb:
        return ""
    return f"The recordings' disk is nearly full: {left:.0f} MB are left, the mark is {least_mb:.0f}."
