"""What callers and phones share: actions on one channel of the carrier, and the file of what it heard."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.errors import ActionFailed
from cti.ami import AmiClient

_HEADER_BYTES = 44
_LOOK_AGAIN_S = 0.02


async def hang_up(ami: AmiClient, channel: str) -> None:
    """End this channel with a normal clearing; one that is gone already is no error."""
    try:
        await ami.action({"Action": "Hangup", "Channel": channel, "Cause": "16"})
    except ActionFailed as error:
        if "No such channel" not in str(error):
            raise


async def redirect(ami: AmiClient, channel: str, context: str, exten: str) -> None:
    """Send this channel elsewhere in the carrier's dialplan. Raises ActionFailed."""
    await ami.action({"Action": "Redirect", "Channel": channel, "Context": context, "Exten": exten, "Priority": "1"})


async def closed_wav(path: Path, timeout_s: float = 20.0) -> Path:
    """Wait until Asterisk has closed this WAV file: only then its header tells the length.

    MixMonitor sends no event when it closes its file, so the header is looked at. Raises TimeoutError.
    """
    try:
        async with asyncio.timeout(timeout_s):
            while not _is_closed(path):  # noqa: ASYNC110 - a file in another process has no event
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError as error:
        raise TimeoutError(f"{path} was not closed in {timeout_s} s") from error
    return path


def _is_closed(path: Path) -> bool:
    if not path.exists() or path.stat().st_size <= _HEADER_BYTES:
        return False
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    return int.from_bytes(header[40:44], "little") == path.stat().st_size - _HEADER_BYTES
