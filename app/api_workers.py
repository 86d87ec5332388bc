"""The API processes of `up --api-workers`: kept alive one by one, and no reason to end anything else."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping

from app.alone import successor
from app.settings import Settings
from app.watchdog import GivenUp, Watchdog

log = logging.getLogger(__name__)

READY_WITHIN_S = 120.0
"""It beats once it has imported and built all that it needs; nobody waits for it but browsers."""
REST_S = 30.0
"""After a process that dies again and again."""


def end_superfluous(settings: Settings) -> None:
    """Processes that a killed `up` has left behind and that are not wanted any more; blocks while they end."""
    for file in (settings.home / "run").glob("api-*.pid"):
        if int(file.stem.removeprefix("api-")) >= settings.api_workers:
            with successor(file):
                file.unlink()


def api_worker(settings: Settings, number: int, environment: Mapping[str, str]) -> Watchdog:
    return Watchdog(
        [sys.executable, "-m", "app.api_process", str(number)],
        dict(environment),
        beat_deadline_s=settings.watchdog_s,
        name=f"API process {number}",
        first_beat_s=READY_WITHIN_S,
    )


async def keep(worker: Watchdog) -> None:
    """For ever; cancelling stops it gracefully."""
    while True:
        try:
            await worker.run()
        except GivenUp as error:
            log.error("%s; tried again in %.0f s", error, REST_S)
            await asyncio.sleep(REST_S)
