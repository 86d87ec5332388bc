"""One engine after another: asked to hand over to the next program, and killed, so often in turns.

Each time from the signal until the next process holds the engine's place, and until it says that it takes calls.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median

from app.instance import Instance
from app.settings import Settings
from bench import dispatch
from core.errors import Refused

TIMES = 7
REST_S = 2.0
"""Between two of them: what a start leaves to be done is done."""
LOOK_EVERY_S = 0.02


async def run() -> dict[str, object]:
    """Raises PbxUnavailable: the product, or a successor, did not come up."""
    async with dispatch.house_at_work(dispatch.house()) as settings:
        up, engine = settings.home / "run/up.pid", settings.home / "run/engine.pid"
        asked: list[tuple[float, float]] = []
        killed: list[tuple[float, float]] = []
        for _ in range(TIMES):
            asked.append(await _succeeded(settings, lambda: os.kill(pid_in(up), signal.SIGUSR1)))
            killed.append(await _succeeded(settings, lambda: os.kill(pid_in(engine), signal.SIGKILL)))
    return {"handover_s": _figures(asked), "killed_s": _figures(killed), "load_average": round(os.getloadavg()[0], 1)}


async def _succeeded(settings: Settings, order: Callable[[], None]) -> tuple[float, float]:
    """Seconds until there is another engine, and until it takes calls."""
    instance, engine = Instance(settings), settings.home / "run/engine.pid"
    await dispatch.until(lambda: takes_calls(instance), every_s=LOOK_EVERY_S)
    await asyncio.sleep(REST_S)
    before, began_s = pid_in(engine), time.perf_counter()
    order()
    await dispatch.until(lambda: pid_in(engine) not in (0, before), every_s=LOOK_EVERY_S)
    there_s = time.perf_counter() - began_s
    await dispatch.until(lambda: takes_calls(instance), every_s=LOOK_EVERY_S)
    return there_s, time.perf_counter() - began_s


def takes_calls(instance: Instance) -> bool:
    with suppress(Refused):
        instance.get("/health/ready")
        return True
    return False


def pid_in(file: Path) -> int:
    """0: it is being written."""
    with suppress(OSError, ValueError):
        return int(file.read_text())
    return 0


def _figures(taken: list[tuple[float, float]]) -> dict[str, object]:
    """Medians and the longest, of the place and of taking calls."""
    there, ready = zip(*taken, strict=True)
    return {
        "in_place": round(median(there), 2), "in_place_most": round(max(there), 2),
        "takes_calls": round(median(ready), 2), "takes_calls_most": round(max(ready), 2), "times": len(taken),
    }  # fmt: skip
