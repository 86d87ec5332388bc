"""By which clock recordings grow old: one that was set wrong erases nothing."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.doctor.finding import Level
from app.doctor.machine import clock as examined
from app.doctor.machine import clock_jumped
from app.retention_clock import (
    AROUND_S,
    DAY_S,
    MOST_SPANS,
    TOLERANCE_S,
    TRUST_AFTER_S,
    Aging,
    Mark,
    RetentionClock,
    aging_of,
    doubt,
    mark_file,
    moved,
    old_by,
    read_mark,
)
from app.settings import Settings
from app.voices import retain
from core.instants import Instant
from store.errors import StoreUnavailable
from tests.unit.app.test_voices import Shelf, house, now_utc_s, unknown

NOON_UTC_S = datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp()
YEAR_S = 365 * DAY_S
KNOWN = Mark(NOON_UTC_S, "boot-1", 1000.0)


def at(wall_utc_s: float, boot_s: float = 1000.0) -> Instant:
    return Instant(boot_s, datetime.fromtimestamp(wall_utc_s, UTC))


def test_an_hour_later_it_is_an_hour_later() -> None:
    now = at(NOON_UTC_S + 3600, 4600.0)
    mark = moved(KNOWN, now, "boot-1")
    assert mark == Mark(NOON_UTC_S + 3600, "boot-1", 4600.0)
    assert (old_by(mark, now), doubt(mark, now)) == (NOON_UTC_S + 3600, "")


@pytest.mark.parametrize("off_s", [60.0, DAY_S, TOLERANCE_S])
def test_a_machine_may_have_been_off(off_s: float) -> None:
    assert old_by(moved(KNOWN, at(NOON_UTC_S + off_s, 5.0), "boot-2"), at(NOON_UTC_S + off_s)) == NOON_UTC_S + off_s


@pytest.mark.parametrize("boot", ["boot-1", "boot-2"])
def test_a_clock_a_year_ahead_is_not_gone_by(boot: str) -> None:
    now = at(NOON_UTC_S + YEAR_S, 1000.0)
    mark = moved(KNOWN, now, boot)
    assert old_by(mark, now) == NOON_UTC_S
    assert "2027-11-27 12:00" in doubt(mark, now) and "2026-11-27 12:00" in doubt(mark, now)
    later = at(NOON_UTC_S + YEAR_S + DAY_S, 1000.0 + DAY_S)
    assert old_by(moved(mark, later, boot), later) == NOON_UTC_S + DAY_S, "it grows old by running time"
    right = at(NOON_UTC_S + DAY_S, 1000.0 + DAY_S)
    assert doubt(moved(mark, right, boot), right) == "", "somebody has set it right"


def test_starts_one_after_the_other_do_not_make_it_true() -> None:
    mark = KNOWN
    for number in range(100):
        now = at(NOON_UTC_S + YEAR_S + number, 5.0)
        mark = moved(mark, now, f"boot-{number + 2}")
    assert old_by(mark, now) == NOON_UTC_S


def test_what_a_machine_has_run_with_for_a_week_is_believed() -> None:
    """It was off for a year."""
    mark, now = KNOWN, at(NOON_UTC_S + YEAR_S, 5.0)
    for hour in range(int(TRUST_AFTER_S / 3600) + 1):
        assert old_by(mark, now) < NOON_UTC_S + 8 * DAY_S
        now = at(NOON_UTC_S + YEAR_S + hour * 3600, 5.0 + hour * 3600)
        mark = moved(mark, now, "boot-2")
    assert (old_by(mark, now), doubt(mark, now)) == (now.wall.timestamp(), "")


def test_a_clock_that_is_behind_makes_nothing_older_and_is_said_too() -> None:
    now = at(0.0, 1000.0)
    mark = moved(KNOWN, now, "boot-2")
    assert (old_by(mark, now), doubt(mark, now) != "") == (0.0, True)
    assert doubt(moved(mark, at(NOON_UTC_S + 60, 1060.0), "boot-2"), at(NOON_UTC_S + 60)) == ""


class House:
    """A clock over a home, whose machine is told what time it is."""

    def __init__(self, home: Path, newest: float | None = None) -> None:
        (home / "data").mkdir(parents=True)
        self.file, self.newest, self.now = mark_file(home), newest, at(NOON_UTC_S)
        self.told: list[str] = []
        self.is_away = False

    def clock(self) -> RetentionClock:
        """Of a process that has just begun."""
        return RetentionClock(
            self.file, lambda: self.now, "boot-1", self._newest, lambda name, _: self.told.append(name)
        )

    async def aging(self) -> Aging:
        """As a process that has just begun sees it."""
        clock = self.clock()
        await clock.look()
        return clock.aging()

    async def _newest(self) -> float | None:
        if self.is_away:
            raise StoreUnavailable("away")
        return self.newest


async def test_it_is_kept_over_a_start_and_told_once_by_each(tmp_path: Path) -> None:
    home = House(tmp_path)
    assert (await home.aging()).utc_s == NOON_UTC_S
    home.now = at(NOON_UTC_S + YEAR_S)
    again = home.clock()
    for _ in range(2):
        await again.look()
        assert again.aging() == Aging(NOON_UTC_S)
    assert home.told == ["clock_jumped"]
    await home.aging()
    assert home.told == ["clock_jumped"] * 2


@pytest.mark.parametrize(
    "text",
    [
        None, "", "{", "[]", '{"utc_s": 1}',
        '{"utc_s": "x", "boot": "b", "boot_s": 1, "doubted_s": null, "lags": false, "behind": []}',
        '{"utc_s": NaN, "boot": "b", "boot_s": 1, "doubted_s": null, "lags": false, "behind": []}',
    ],
)  # fmt: skip
async def test_without_a_mark_the_newest_recording_says_when_it_last_was(tmp_path: Path, text: str | None) -> None:
    home = House(tmp_path, newest=NOON_UTC_S)
    if text is not None:
        home.file.write_text(text)
    home.now = at(NOON_UTC_S + YEAR_S)
    assert (await home.aging()).utc_s == NOON_UTC_S
    assert read_mark(home.file) is not None


async def test_a_recording_is_not_erased_by_a_clock_that_jumped(tmp_path: Path) -> None:
    wall_utc_s = await now_utc_s()
    home = House(tmp_path)
    home.now = at(wall_utc_s)
    await home.aging()
    home.now = at(wall_utc_s + YEAR_S)
    shelf: Any = Shelf(sales_young=10)
    await retain(shelf.erase, shelf, house(30, sales=None), unknown, await home.aging())
    assert shelf.erased == []


async def test_the_doctor_says_it_before_the_engine_has_seen_it(tmp_path: Path) -> None:
    home = House(tmp_path)
    await home.aging()
    assert clock_jumped(read_mark(home.file), at(NOON_UTC_S + YEAR_S), "boot-2") != ""
    assert clock_jumped(None, at(NOON_UTC_S + YEAR_S), "boot-2") == ""
    home.file.write_text(
        '{"utc_s": 86400.0, "boot": "b", "boot_s": 1.0, "doubted_s": null, "lags": false, "behind": []}'
    )
    finding = examined(Settings(home=tmp_path))
    assert finding.level is Level.WARN and "1970-01-02" in finding.text


async def test_what_was_recorded_by_a_clock_that_was_behind_is_not_old_when_it_is_set_right(tmp_path: Path) -> None:
    """A battery was empty: the machine began with a year long gone, took calls, and was set right an hour later."""
    home, long_ago = House(tmp_path), NOON_UTC_S - 5 * YEAR_S
    await home.aging()
    for at_utc_s, boot_s in ((long_ago + 60, 1060.0), (long_ago + 3660, 4660.0)):
        home.now = at(at_utc_s, boot_s)
        assert (await home.aging()).utc_s == at_utc_s, "and nothing else is old by that clock"
    home.now = at(NOON_UTC_S + 7200, 8200.0)
    aging = await home.aging()
    assert aging.utc_s == NOON_UTC_S + 7200
    shelf: Any = Shelf(sales_made=0, sales_old=0)
    made = long_ago + 6000
    shelf.rows = [replace(shelf.rows[0], opened_utc_s=made), replace(shelf.rows[1], opened_utc_s=long_ago - YEAR_S)]
    await retain(shelf.erase, shelf, house(30, sales=None), unknown, aging)
    assert [name for name, _, _ in shelf.erased] == ["sales_old"]
    assert not aging.is_old(made, aging.utc_s - 30 * DAY_S)
    later = Aging(NOON_UTC_S + 40 * DAY_S, aging.behind)
    assert later.is_old(made, later.utc_s - 30 * DAY_S), "as old as its span"


async def test_a_clock_that_was_behind_between_two_sweeps_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had recorded in that half hour bore a day of five years ago, and was erased by the next sweep."""
    home, fell_s, right_s = House(tmp_path), 300.0, 2400.0
    ran_s, over = 0.0, asyncio.Event()

    async def sleep(seconds: float) -> None:
        nonlocal ran_s
        ran_s += seconds
        wall_utc_s = NOON_UTC_S + ran_s - (5 * YEAR_S if fell_s <= ran_s < right_s else 0.0)
        home.now = at(wall_utc_s, 1000.0 + ran_s)
        if ran_s >= 3600.0:
            over.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("app.retention_clock.asyncio.sleep", sleep)
    clock = home.clock()
    assert not clock.aging().is_old(1.0, clock.aging().utc_s - 30 * DAY_S), "nothing is, before the first look"
    running = asyncio.create_task(clock.run())
    async with asyncio.timeout(20.0):
        await over.wait()
    running.cancel()
    aging = clock.aging()
    old = [aging.is_old(NOON_UTC_S - 5 * YEAR_S + made_s, aging.utc_s - 30 * DAY_S) for made_s in (fell_s, right_s)]
    assert (old, aging.utc_s) == ([False, False], NOON_UTC_S + 3540.0), "of its last look"
    assert home.told == ["clock_jumped"]


async def test_it_goes_on_when_a_look_fails_and_forgets_nothing_it_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The database is away at the first look; the disk refuses the mark while the clock is behind."""
    home, over = House(tmp_path, newest=NOON_UTC_S), asyncio.Event()
    home.is_away = True
    aside = home.file.with_name(f".{home.file.name}.{os.getpid()}")  # app.certificates.write's
    steps = iter(["back", "refused", "taken"])

    async def sleep(seconds: float) -> None:
        step = next(steps, "")
        home.is_away = False
        if step == "refused":
            home.now = at(0.0, 1060.0)
            aside.mkdir()
        elif step == "taken":
            home.now = at(NOON_UTC_S + 120.0, 1120.0)
            aside.rmdir()
        elif not step:
            over.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("app.retention_clock.asyncio.sleep", sleep)
    running = asyncio.create_task(home.clock().run())
    async with asyncio.timeout(20.0):
        await over.wait()
    running.cancel()
    kept = read_mark(home.file)
    assert kept is not None and (kept.utc_s, len(kept.behind)) == (NOON_UTC_S + 120.0, 1)
    assert caplog.text.count("the clock of retention cannot be kept") == 2


def looked_at_hourly(mark: Mark, from_utc_s: float, hours: int, boot: str = "boot-2") -> Mark:
    for hour in range(hours + 1):
        mark = moved(mark, at(from_utc_s + hour * 3600, 100.0 + hour * 3600), boot)
    return mark


def test_a_clock_that_was_ahead_keeps_no_right_recording_for_years() -> None:
    """The right one was behind it, for the week after which it is believed."""
    mark = looked_at_hourly(Mark(NOON_UTC_S + 10 * YEAR_S, "", 0.0), NOON_UTC_S, 24 * 8)
    later = at(NOON_UTC_S + YEAR_S)
    aging = aging_of(replace(mark, utc_s=later.wall.timestamp()), later)
    assert aging.is_old(NOON_UTC_S + DAY_S, aging.utc_s - 30 * DAY_S)


def test_what_a_clock_recorded_that_fell_after_it_had_been_ahead_for_long_is_not_lost() -> None:
    """It was ahead by a year, and believed; then its battery was empty, and then it was set right."""
    mark = looked_at_hourly(KNOWN, NOON_UTC_S + YEAR_S, 24 * 8)
    assert mark.utc_s == NOON_UTC_S + YEAR_S + 8 * DAY_S
    mark = looked_at_hourly(mark, 0.0, 24, "boot-3")
    right_utc_s = NOON_UTC_S + 9 * DAY_S
    mark = looked_at_hourly(mark, right_utc_s, 24 * 8, "boot-4")
    now = at(right_utc_s + 8 * DAY_S)
    aging = aging_of(mark, now)
    assert aging.utc_s == now.wall.timestamp()
    assert not aging.is_old(3600.0, aging.utc_s - 30 * DAY_S), "what it recorded by 1970"
    assert aging.is_old(3600.0, aging.utc_s - 5 * DAY_S) and aging.is_old(right_utc_s - DAY_S, aging.utc_s - 5 * DAY_S)


def test_a_week_with_a_clock_that_was_behind_is_not_old_when_it_is_set_right() -> None:
    """It was believed by then; its span counts again when the right one is."""
    mark = looked_at_hourly(KNOWN, 0.0, 24 * 8)
    assert mark.utc_s == 8 * DAY_S
    right_utc_s = NOON_UTC_S + 9 * DAY_S
    mark = looked_at_hourly(mark, right_utc_s, 24 * 8, "boot-3")
    now = at(right_utc_s + 8 * DAY_S)
    aging = aging_of(mark, now)
    assert aging.utc_s == now.wall.timestamp()
    assert not aging.is_old(DAY_S, aging.utc_s - 30 * DAY_S)


def fallen(mark: Mark, to_utc_s: float, boot: str, runs_s: float = 600.0) -> Mark:
    """It began with that time, ran on, and was set right."""
    right_utc_s = mark.utc_s + DAY_S
    for now in (at(to_utc_s, 5.0), at(to_utc_s + runs_s, 5.0 + runs_s), at(right_utc_s, 6.0 + runs_s)):
        mark = moved(mark, now, boot)
    return mark


def test_many_falls_leave_no_recording_unprotected() -> None:
    mark = KNOWN
    for number in range(MOST_SPANS + 10):
        mark = fallen(mark, number * DAY_S, f"boot-{number}")
    assert len(mark.behind) == MOST_SPANS
    aging = aging_of(mark, at(mark.utc_s))
    old = [aging.is_old(number * DAY_S + 60.0, mark.utc_s - 365 * DAY_S) for number in range(MOST_SPANS + 10)]
    assert not any(old), "a queue that keeps for a year"


def test_a_battery_that_is_empty_each_day_leaves_one_span() -> None:
    mark = KNOWN
    for number in range(50):
        mark = fallen(mark, 0.0, f"boot-{number}")
    (span,) = mark.behind
    assert span.was_utc_s > mark.utc_s - DAY_S, "of the last day"


def test_a_span_ends_with_the_clock_that_was_behind() -> None:
    behind = moved(KNOWN, at(0.0, 1000.0), "boot-1")
    right = moved(behind, at(NOON_UTC_S, 1000.0), "boot-1")
    ahead = moved(right, at(NOON_UTC_S + YEAR_S, 1000.0), "boot-1")
    longer = moved(ahead, at(NOON_UTC_S + YEAR_S + DAY_S, 1000.0 + DAY_S), "boot-1")
    (span,) = longer.behind
    assert (span.from_utc_s, span.to_utc_s, span.was_utc_s) == (-AROUND_S, AROUND_S, NOON_UTC_S)
