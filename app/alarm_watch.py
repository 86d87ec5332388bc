"""Holds the house's alarm rules against what is, once a second; news goes through the inbox like everything else.

Whatever goes wrong here is logged, and calls go on.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from app import clock
from core.alarms import HOUSE
from core.house import House
from monitor.alarms import AlarmWatch, Key
from monitor.readings import Board, Reading, board_readings, targets
from queueing.roster import Roster

if TYPE_CHECKING:
    from app.main import Floor

log = logging.getLogger(__name__)

EVERY_S = 1.0
AHEAD_S = 3600.0
Gauges = dict[str, Callable[[], float]]
"""What parts of the process say of themselves, by figure; the back office adds its own once it runs."""


async def watch(floor: Floor) -> None:
    """For ever."""
    rules, roster = AlarmWatch(), RosterAhead()
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            _look(floor, rules, roster, await asyncio.to_thread(free_share, floor))
        except Exception:
            log.exception("alarm rules could not be looked at")


def _look(floor: Floor, watched: AlarmWatch, roster: RosterAhead, disk_free: float) -> None:
    house, board, now = floor.state.house, floor.state.wallboard.document(), clock.now()
    readings: dict[Reading, float | None] = board_readings(board)
    readings |= {(figure, HOUSE): gauge() for figure, gauge in floor.gauges.items()}
    readings["disk_free", HOUSE] = disk_free
    readings["roster_missing", HOUSE] = roster.missing(house, now.wall.timestamp())
    for news in watched.step(house.alarms.rules, readings, targets(board), standing(board), now.boot_s):
        floor.pump.offer(news)


def standing(board: Board) -> list[Key]:
    """The alarms that stand now."""
    entries = (entry for key, entry in board.items() if key.startswith("alarm/"))
    return [(entry["rule"], entry["subject"]) for entry in entries]


class RosterAhead:
    """How many agents the roster is short of the floor at any moment of the next hour."""

    def __init__(self) -> None:
        self._of: tuple[House, Roster] | None = None

    def missing(self, house: House, utc_s: float) -> float | None:
        """None where the house has no roster or no floor."""
        if not (house.shifts and house.staffing.floor):
            return None
        if self._of is None or self._of[0] is not house:
            self._of = house, Roster(house)
        roster = self._of[1]
        moments = [utc_s, *(at for at in roster.boundaries(utc_s) if at <= utc_s + AHEAD_S)]
        needs = ((roster.needed(at), roster.rostered(at)) for at in moments)
        return float(max(max(0, hours.agents - have) if hours else 0 for hours, have in needs))


def gauges(floor: Floor) -> Gauges:
    """What is known without a database."""
    return {
        "journal_broken": lambda: float(bool(floor.spool.broken)),
        "figures_broken": lambda: float(floor.state.wallboard.broken_figures()),
    }


def free_share(floor: Floor) -> float:
    """Of the disk that holds journal and recordings."""
    usage = shutil.disk_usage(floor.settings.home)
    return usage.free / usage.total
