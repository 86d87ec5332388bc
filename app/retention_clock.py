"""The clock by which recordings grow old: a wall clock that was set wrong must not have them erased.

What cannot come back is not erased because a machine began with a year that is none. The wall clock is believed as long
as it goes on from where it stood, together with the time that the machine has run (CLOCK_BOOTTIME); for how long it was
off nobody knows, so it may be ahead by TOLERANCE_S. Further ahead, or behind, it is believed only after the machine has
run TRUST_AFTER_S with it, in which the floor and `doctor` say so; until then recordings grow old by running time.
Without a mark of an earlier time the newest recording says when it last was.

What was recorded by a clock that was behind bears a day on which it was not made, and would be erased as soon as the
clock is right. The spans in which it was are kept with the mark: such a recording is as old as its span. When another
time comes to be believed, how long ago a span ended stays what it was.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, astuple, dataclass, fields, replace
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from app.certificates import write
from core.errors import PeerFault
from core.instants import Instant

log = logging.getLogger(__name__)

DAY_S = 86_400.0
TOLERANCE_S, TRUST_AFTER_S = 2 * DAY_S, 7 * DAY_S
LOOK_EVERY_S = 60.0
"""A clock that is behind for less, between two looks, is not seen. It is no empty battery, which lasts until somebody
or a time server sets it, but a step there and back; to see each, every engine would look each second, for ever."""
AROUND_S = 2 * 3600.0
"""So much before and behind a look may be of the same span: the PBX records while no engine looks."""
MOST_SPANS = 100
"""Beyond, the two oldest are one: what was recorded between them may stay longer, and nothing goes too early."""
ALARM = "clock_jumped"


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when by a clock that was behind, and when that ended by the time that was expected."""

    from_utc_s: float
    to_utc_s: float
    was_utc_s: float

    def covers(self, other: Span) -> bool:
        return self.from_utc_s <= other.from_utc_s and other.to_utc_s <= self.to_utc_s


SPAN = [each.name for each in fields(Span)]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where it stood at `boot_s` of that run of the machine. `doubted_s`: for so long the wall clock says another time;
    None: it is believed. `lags`: it is behind, in the newest span of `behind`, the last."""

    utc_s: float
    boot: str
    boot_s: float
    doubted_s: float | None = None
    lags: bool = False
    behind: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Aging:
    """What recordings are held against, and which of them are younger than they say."""

    utc_s: float
    behind: tuple[Span, ...] = ()

    def young(self, before_utc_s: float) -> list[tuple[float, float]]:
        """The spans whose recordings were made at that time or later."""
        return [(span.from_utc_s, span.to_utc_s) for span in self.behind if span.was_utc_s >= before_utc_s]

    def is_old(self, made_utc_s: float, before_utc_s: float) -> bool:
        """Whether one that says it was made then was made before."""
        young = any(begin <= made_utc_s <= end for begin, end in self.young(before_utc_s))
        return made_utc_s < before_utc_s and not young


def moved(mark: Mark, now: Instant, boot: str) -> Mark:
    """Where it stands now. Pure."""
    ran_s = max(0.0, now.boot_s - mark.boot_s) if boot == mark.boot else 0.0
    wall_utc_s, due_utc_s = now.wall.timestamp(), mark.utc_s + ran_s
    doubted_s = (mark.doubted_s or 0.0) + (ran_s if mark.doubted_s is not None else 0.0)
    behind = _longer(mark, ran_s)
    if abs(wall_utc_s - due_utc_s) <= TOLERANCE_S:
        return Mark(wall_utc_s, boot, now.boot_s, behind=behind)
    if doubted_s >= TRUST_AFTER_S:
        return Mark(wall_utc_s, boot, now.boot_s, behind=_as_long_ago(behind, wall_utc_s - due_utc_s))
    lags = wall_utc_s < due_utc_s
    if lags and not (mark.lags and behind[-1].from_utc_s <= wall_utc_s <= behind[-1].to_utc_s):
        behind = _fewer((*behind, Span(wall_utc_s - AROUND_S, wall_utc_s + AROUND_S, due_utc_s)))
    return Mark(due_utc_s, boot, now.boot_s, doubted_s, lags, behind)


def _longer(mark: Mark, ran_s: float) -> tuple[Span, ...]:
    """The last span goes on while the clock is behind, also until it was set right just now.

    An older one that it covers says nothing more: an empty battery begins with the same year each day.
    """
    if not mark.lags:
        return mark.behind
    *before, last = mark.behind
    longer = Span(last.from_utc_s, last.to_utc_s + ran_s, last.was_utc_s + ran_s)
    return (*(span for span in before if not longer.covers(span)), longer)


def _as_long_ago(spans: tuple[Span, ...], later_s: float) -> tuple[Span, ...]:
    """They ended by a time that turns out to be off by so much: else a time that was far ahead would have them end in
    a year that has not come."""
    return tuple(replace(span, was_utc_s=span.was_utc_s + later_s) for span in spans)


def _fewer(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    if len(spans) <= MOST_SPANS:
        return spans
    first, second, *others = spans
    begin, end = min(first.from_utc_s, second.from_utc_s), max(first.to_utc_s, second.to_utc_s)
    return (Span(begin, end, max(first.was_utc_s, second.was_utc_s)), *others)


def old_by(mark: Mark, now: Instant) -> float:
    """What recordings are held against: never more than the wall clock says. Seconds since 1970, UTC."""
    return min(mark.utc_s, now.wall.timestamp())


def aging_of(mark: Mark, now: Instant) -> Aging:
    """Pure."""
    return Aging(old_by(mark, now), mark.behind)


def doubt(mark: Mark, now: Instant) -> str:
    """What to say of a clock that is not believed, else ""."""
    if mark.doubted_s is None:
        return ""
    left_h = (TRUST_AFTER_S - mark.doubted_s) / 3600
    return (
        f"The clock says {_minute(now.wall.timestamp())}, and this house knows of {_minute(mark.utc_s)}: "
        f"it was off for so long, or the clock is wrong. Until it has run on like this for {left_h:.0f} h, "
        "recordings grow old by what the house knows of."
    )


def mark_file(home: Path) -> Path:
    return home / "data/retention.json"


def read_mark(file: Path) -> Mark | None:
    """None: there is none, or it is no mark. Raises OSError."""
    try:
        kept = json.loads(file.read_text(encoding="ascii"))
        doubted_s = kept["doubted_s"]
        behind = tuple(Span(*(float(span[name]) for name in SPAN)) for span in kept["behind"])
        utc_s, boot_s = float(kept["utc_s"]), float(kept["boot_s"])
        lags = bool(kept["lags"] and behind)
        mark = Mark(utc_s, str(kept["boot"]), boot_s, doubted_s and float(doubted_s), lags, behind)
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None
    numbers = (utc_s, boot_s, mark.doubted_s or 0.0, *(each for span in behind for each in astuple(span)))
    return mark if all(map(isfinite, numbers)) else None


class RetentionClock:
    """The mark, and its file. `newest` says when the newest recording was made, None: there is none; raises PeerFault.

    `run` it in a task of its own, whatever becomes of the sweeps: a clock that was behind between two of them, or while
    the database was away, leaves no other trace than days that are not true.
    """

    def __init__(
        self,
        file: Path,
        now: Callable[[], Instant],
        boot: str,
        newest: Callable[[], Awaitable[float | None]],
        alarm: Callable[[str, str], None],
    ) -> None:
        self._file, self._now, self._boot, self._newest, self._alarm = file, now, boot, newest, alarm
        self._mark: Mark | None = None
        self._told = False

    async def run(self) -> None:
        """For ever; cancel to end it."""
        while True:
            try:
                await self.look()
            except (PeerFault, OSError) as error:
                log.error("the clock of retention cannot be kept: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    def aging(self) -> Aging:
        """By which recordings grow old now; nothing does before the first look."""
        return Aging(0.0) if self._mark is None else aging_of(self._mark, self._now())

    async def look(self) -> None:
        """Move the mark and keep it. Raises OSError: it is not kept, and moved all the same; PeerFault."""
        before = self._mark or await self._first()
        now = self._now()
        self._mark = moved(before, now, self._boot)
        if (why := doubt(self._mark, now)) and not self._told:
            log.error("%s", why)
            self._alarm(ALARM, why)
        self._told = why != ""
        # on disk: after a power cut it is what the next start goes by
        await asyncio.to_thread(write, self._file, json.dumps(asdict(self._mark)).encode(), 0o600)

    async def _first(self) -> Mark:
        if mark := await asyncio.to_thread(read_mark, self._file):
            return mark
        newest_utc_s = await self._newest()
        return Mark(self._now().wall.timestamp() if newest_utc_s is None else newest_utc_s, "", 0.0)


def _minute(utc_s: float) -> str:
    return f"{datetime.fromtimestamp(utc_s, UTC):%Y-%m-%d %H:%M} UTC"
