"""While AMI is gone: has the PBX ended, or can we just not see it? Our own supervisor knows.

Without its word (a remote PBX, a supervisor that was killed) calls stay open for `pbx_calls_live_s`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from core.errors import PbxUnavailable

LOOK_EVERY_S = 0.25


class Supervisor(Protocol):
    """cti.pbx.control.PbxControl, as far as this asks it."""

    async def has_ended(self) -> bool: ...


async def watch(control: Supervisor, in_sight: Callable[[], bool], ended: Callable[[], None]) -> None:
    """For ever; `ended` is told once each time the PBX went out of sight because it ended."""
    told = False
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if not in_sight() and not told:
            with contextlib.suppress(PbxUnavailable):
                told = await control.has_ended() and not in_sight()  # it may be back meanwhile
            if told:
                ended()
        told = told and not in_sight()
