"""Ending what a benchmark has started."""

from __future__ import annotations

import asyncio

GRACE_S = 10.0


async def ended(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, then SIGKILL: SIPp with calls under way waits for them for ever."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(GRACE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
