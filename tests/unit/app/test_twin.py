"""The twin over a journal: exactly the day, a changed day, and days that cannot be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import pytest

from api.ports import TwinAsk
from api.routes.twin import TwinShown
from app import restore
from app.clock import Boot
from app.twin import Day, compared, day_of_journal
from core.errors import Refused
from core.events import Outcome
from core.house import House
from core.inputs import MachineRebooted
from queueing.engine import Engine
from queueing.other_day import Moment
from store import snapshot
from store.lines import InputLine, input_line, read_line
from store.queries import Queries
from tests.unit.queueing.test_other_day import BEGAN, day, journal

DAY = date(2026, 1, 5)


class Journal:
    """store.queries.Queries over the moments of a day."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self.lines = [_line(one) for one in moments]
        self.outcomes = journal(moments)

    async def sequences(self, since_utc_s: float, until_utc_s: float) -> tuple[int, int] | None:
        found = [one.sequence for one in self.outcomes if since_utc_s <= one.at_utc_s < until_utc_s]
        return (min(found), max(found)) if found else None

    async def inputs(self, after: int, until: int) -> Sequence[InputLine]:
        return [line for line in self.lines if after < line.sequence <= until][:200]

    async def outcomes_after(self, place: tuple[int, int], limit: int) -> tuple[list[Outcome], tuple[int, int]]:
        page = [one for one in self.outcomes if (one.sequence, one.ordinal) > place][:limit]
        return page, (page[-1].sequence, page[-1].ordinal) if page else place


def _line(moment: Moment) -> InputLine:
    line = read_line(input_line(moment.sequence, moment.now, 1, moment.fact)[:-1], "boot")
    assert isinstance(line, InputLine)
    return line


def house() -> House:
    return day()[0]


async def read_day(tmp_path: Path, found: Journal, on: date = DAY) -> Day:
    return await day_of_journal(tmp_path, cast(Queries, found), house(), on)


async def answer(tmp_path: Path, *seats: str, other: House | None = None) -> TwinShown:
    asked = TwinAsk(DAY, seats, other)
    found = compared(await read_day(tmp_path, Journal(day()[1])), house(), asked)
    return TwinShown.model_validate(found, strict=False)


async def test_nothing_changed_reproduces_the_journal_exactly(tmp_path: Path) -> None:
    found = await answer(tmp_path)
    assert (found.changed, found.differences, found.same, found.calls_changed, found.by_script) == (
        False,
        0,
        True,
        0,
        0,
    )
    assert found.was == found.other and found.was.house.offered == 240
    assert found.was.queues["all"].answered == found.was.house.answered


async def test_one_more_agent_is_worth_calls_and_they_are_listed(tmp_path: Path) -> None:
    found = await answer(tmp_path, "+1@01:00-02:00")
    assert found.differences == 0 and found.changed and not found.same
    assert found.other.house.abandoned < found.was.house.abandoned
    assert found.calls_changed == len(found.calls) > 10
    assert any(call.was.how == "abandoned" and call.other.agent == "twin-1" for call in found.calls)


async def test_another_house_and_fewer_agents(tmp_path: Path) -> None:
    queue = house().queues[0].model_copy(update={"wrap_up_s": 0.0})
    better = await answer(tmp_path, other=house().model_copy(update={"queues": (queue,)}))
    assert better.other.house.answered > better.was.house.answered
    worse = await answer(tmp_path, "-1@01:00-02:00")
    assert worse.other.house.answered < worse.was.house.answered


async def test_a_day_that_another_program_decided_is_told_apart(tmp_path: Path) -> None:
    found = Journal(day()[1])
    found.outcomes = [one for one in found.outcomes if one.ordinal == 0]
    assert compared(await read_day(tmp_path, found), house(), TwinAsk(DAY))["differences"] > 100


async def test_it_begins_at_the_days_snapshot(tmp_path: Path) -> None:
    moments = day()[1]
    engine, cut = Engine(), 40
    for one in moments[:cut]:
        engine.handle(one.fact, one.now, one.sequence)
    document = replace(restore.fresh(house()), engine=engine).document(Boot("boot", 0.0))
    snapshot.save(tmp_path / "days", moments[cut - 1].sequence, document)
    found = Journal(moments)
    found.lines = found.lines[cut:]
    found.outcomes = [one for one in found.outcomes if one.sequence > moments[cut - 1].sequence]
    read = await read_day(tmp_path, found)
    assert len(read.moments) == len(moments) - cut
    told = compared(read, house(), TwinAsk(DAY))
    assert (told["differences"], told["same"]) == (0, True)


async def test_days_that_cannot_be_replayed_say_why(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing of 2026-01-07"):
        await read_day(tmp_path, Journal(day()[1]), DAY + timedelta(days=2))
    holed = Journal(day()[1])
    del holed.lines[5]
    with pytest.raises(Refused, match="Input 6 is not in the database"):
        await read_day(tmp_path, holed)
    moments = day()[1]
    rebooted = [*moments, Moment(MachineRebooted(-1000.0), moments[-1].now, moments[-1].sequence + 1)]
    read = await read_day(tmp_path, Journal(rebooted))
    read.moments = rebooted
    with pytest.raises(Refused, match="started anew"):
        compared(read, house(), TwinAsk(DAY, ("+1",)))
    assert compared(read, house(), TwinAsk(DAY))["same"]
    with pytest.raises(Refused, match="is no change of seats"):
        compared(read, house(), TwinAsk(DAY, ("more",)))
    assert BEGAN.date() == DAY
