"""How soon a page can be used after it was opened by a browser that has nothing of it, and what came over the wire.

A page can be used when the control that one came for is there, takes input, and the main thread has been quiet: no task
of 50 ms or more (the Long Tasks API) for a second. The moment that counts is the later of the control and the end of
the last such task before that quiet second. Every load has a browser context of its own: no cache, no connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

LOADS = 7
QUIET_MS = 1000.0
PATIENCE_MS = 60_000
NOTED = """
window.noted = {control: 0, busy: 0};
const note = (task) => (window.noted.busy = task.startTime + task.duration);
new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({type: "longtask", buffered: true});
(function look() {
  const found = document.querySelector(CONTROL);
  if (found && !found.disabled && found.getClientRects().length) window.noted.control = performance.now();
  else requestAnimationFrame(look);
})();
"""
STATE = "({...window.noted, now: performance.now()})"
CAME = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, each) => sum + each.transferSize, 0)"""


@dataclass(frozen=True, slots=True)
class Load:
    """`ready_s`: from the address to a page that can be used; `came_kb`: compressed, headers included."""

    ready_s: float
    came_kb: float


async def first_load(browser: Any, address: str, control: str, cookie: dict[str, str] | None = None) -> Load:
    """Open it anew and wait until it can be used."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        if cookie:
            await context.add_cookies([cookie])
        await context.add_init_script(NOTED.replace("CONTROL", repr(control)))
        page = await context.new_page()
        await page.goto(address, wait_until="commit")
        await page.wait_for_selector(control, timeout=PATIENCE_MS)
        seen = await page.evaluate(STATE)
        while not is_quiet(seen):
            await asyncio.sleep(0.2)
            seen = await page.evaluate(STATE)
        return Load(max(seen["control"], seen["busy"]) / 1000, await page.evaluate(CAME) / 1000)
    finally:
        await context.close()


def is_quiet(seen: dict[str, float]) -> bool:
    """The control has been seen, and nothing long has run since a second."""
    return seen["control"] > 0 and seen["now"] - max(seen["control"], seen["busy"]) >= QUIET_MS


def told(door: Sequence[Load], desk: Sequence[Load]) -> dict[str, object]:
    """The median and the worst of the desk; the door is before it, and is told by its median."""
    return {
        "desk_interactive_s": round(median(load.ready_s for load in desk), 3),
        "desk_interactive_worst_s": round(max(load.ready_s for load in desk), 3),
        "door_interactive_s": round(median(load.ready_s for load in door), 3),
        "desk_first_load_kb": round(max(load.came_kb for load in desk), 1),
        "loads": len(desk),
    }
