"""The queue_log file: each line once, whatever dies when; rotation loses none."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.queue_log import EARLIER_S, NAME, PLACE, QueueLogFile, Written, serves, write_queue_log
from core.errors import PeerFault
from core.events import Outcome
from monitor.queue_log import OUT, QueueLog, calls_to_json, head
from tests.unit.floor import AGENT, SALES, SERVICE, small_house
from tests.unit.monitor.test_queue_log import written
from tests.unit.monitor.test_stats import history

OUTCOMES = history([(100.0 * shape, shape, 7.5 + shape) for shape in range(9)])
WHOLE = written(OUTCOMES)


def file_in(directory: Path, most_bytes: int = 2**20, kept: int = 100) -> QueueLogFile:
    file = QueueLogFile(directory, lambda agent: [SALES], most_bytes, kept)
    file.open()
    return file


def add(file: QueueLogFile, upto: int) -> None:
    """Outcomes up to this one, as a reader of the database would."""
    some = [each for each in OUTCOMES[:upto] if (each.sequence, each.ordinal) > file.place]
    file.append(some, (OUTCOMES[upto - 1].sequence, 0))


def key(outcome: Outcome) -> tuple[int, int]:
    return outcome.sequence, outcome.ordinal


def text_of(directory: Path) -> str:
    parts = [*sorted(directory.glob(f"{NAME}.*Z")), directory / NAME]
    return "".join(part.read_text(encoding="utf-8") for part in parts if part.exists())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(cuts=st.lists(st.integers(1, len(OUTCOMES)), max_size=5), torn=st.booleans())
def test_a_kill_between_file_and_place_doubles_nothing(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], torn: bool
) -> None:
    directory = tmp_path_factory.mktemp("log")
    for cut in [*sorted(cuts), len(OUTCOMES)]:
        file = file_in(directory)
        kept = (directory / PLACE).read_bytes() if (directory / PLACE).exists() else None
        add(file, cut)
        if torn and kept is not None:
            (directory / PLACE).write_bytes(kept)  # the lines are there, that they are is not
            add(file_in(directory), cut)
    assert text_of(directory) == WHOLE


def test_a_large_file_is_renamed_and_no_line_is_lost(tmp_path: Path) -> None:
    file = file_in(tmp_path, most_bytes=200)
    for upto in range(1, len(OUTCOMES) + 1):
        add(file, upto)
    assert len(list(tmp_path.glob(f"{NAME}.*Z"))) > 3
    assert text_of(tmp_path) == WHOLE


def test_only_the_newest_renamed_files_are_kept(tmp_path: Path) -> None:
    file = file_in(tmp_path, most_bytes=100, kept=2)
    for upto in range(1, len(OUTCOMES) + 1):
        add(file, upto)
    assert len(list(tmp_path.glob(f"{NAME}.*Z"))) == 2
    assert WHOLE.endswith(text_of(tmp_path))


def test_a_kill_between_renaming_and_noting_it_loses_nothing(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    add(file, 20)
    (tmp_path / NAME).rename(tmp_path / f"{NAME}.20261120T000000.000000Z")
    add(file_in(tmp_path), len(OUTCOMES))
    assert text_of(tmp_path) == WHOLE


class Database:
    """Outcomes in pages of three; away at first."""

    def __init__(self, away: int = 0, late: Sequence[Outcome] = ()) -> None:
        self.away, self.since_utc_s = away, 0.0
        self.read_whole = asyncio.Event()
        self.to_come, self.late = list(late), list[Outcome]()
        """Outcomes that come into the table when all others were read, and those that did."""

    async def outcomes_after(self, place: tuple[int, int], limit: int) -> tuple[list[Outcome], tuple[int, int]]:
        if self.away:
            self.away -= 1
            raise PeerFault("away")
        found = [each for each in OUTCOMES if each not in self.to_come and key(each) > place][:3]
        if not found and self.to_come:
            self.late.append(self.to_come.pop(0))
        elif not found:
            self.read_whole.set()
        return found, (found[-1].sequence, found[-1].ordinal) if found else place

    async def late_after(self, number: int) -> tuple[list[Outcome], int]:
        return self.late[number:], len(self.late)

    async def last_late(self) -> int:
        return len(self.late)

    async def story(self, call: str) -> list[Outcome]:
        known = [each for each in OUTCOMES if each not in self.to_come]
        return [each for each in known if getattr(each.event, "call", None) == call]

    async def sequences(self, since_utc_s: float, until_utc_s: float) -> tuple[int, int] | None:
        self.since_utc_s = since_utc_s
        found = [each.sequence for each in OUTCOMES if since_utc_s <= each.at_utc_s < until_utc_s]
        return (found[0], found[-1]) if found else None


async def write_all(directory: Path, database: Database) -> None:
    file = QueueLogFile(directory, lambda agent: [SALES])
    task = asyncio.create_task(write_queue_log(file, database, every_s=0.01))
    async with asyncio.timeout(20):
        for _ in range(2):  # what was read the first time is written then
            database.read_whole.clear()
            await database.read_whole.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_is_written_as_outcomes_come_also_when_the_database_was_away(tmp_path: Path) -> None:
    await write_all(tmp_path, Database(away=2))
    assert text_of(tmp_path) == WHOLE
    assert json.loads((tmp_path / PLACE).read_text())["sequence"] == OUTCOMES[-1].sequence


@pytest.mark.parametrize("cut", [1, 20, len(OUTCOMES)])
@pytest.mark.parametrize("place", [None, "", "{", '{"sequence": 3}'])
async def test_with_the_place_lost_the_files_own_end_tells_where_to_go_on(
    tmp_path: Path, place: str | None, cut: int
) -> None:
    add(file_in(tmp_path), cut)
    with (tmp_path / NAME).open("a", encoding="utf-8") as stream:
        stream.write("1795")  # a line that was torn
    (tmp_path / PLACE).unlink()
    if place is not None:
        (tmp_path / PLACE).write_text(place, encoding="utf-8")
    await write_all(tmp_path, Database(away=1))
    assert text_of(tmp_path) == WHOLE


@pytest.mark.parametrize("late", [[place] for place in range(len(OUTCOMES))] + [[5, 20, 21], [40, 3]])
async def test_what_came_behind_later_outcomes_is_written_when_it_comes(tmp_path: Path, late: list[int]) -> None:
    """A replay decided it, since its disk was full or this version decides more."""
    database = Database(late=[OUTCOMES[place] for place in late])
    await write_all(tmp_path, database)
    text, kept = text_of(tmp_path), json.loads((tmp_path / PLACE).read_text())
    found, wanted = (Counter(map(head, lines.splitlines())) for lines in (text, WHOLE))
    assert not wanted - found
    assert {word for *_, word in found - wanted} <= {OUT[0]}, "how somebody left is guessed while it is not known"
    whole_fold = QueueLog(lambda agent: [SALES])
    written(OUTCOMES, whole_fold)
    assert (kept["late"], kept["calls"].keys()) == (len(late), calls_to_json(whole_fold).keys())
    await write_all(tmp_path, database)
    assert text_of(tmp_path) == text, "a second start writes none of it again"


@pytest.mark.parametrize("missing", range(len(OUTCOMES)))
async def test_what_came_late_in_the_time_of_an_older_version_is_written_after_the_upgrade(
    tmp_path: Path, missing: int
) -> None:
    file_in(tmp_path).append([*OUTCOMES[:missing], *OUTCOMES[missing + 1 :]], key(OUTCOMES[-1]))
    kept = json.loads((tmp_path / PLACE).read_text())
    del kept["late"]
    (tmp_path / PLACE).write_text(json.dumps(kept))
    database = Database()
    database.late = [OUTCOMES[missing]]
    await write_all(tmp_path, database)
    found, wanted = (Counter(map(head, lines.splitlines())) for lines in (text_of(tmp_path), WHOLE))
    assert not wanted - found


def test_a_line_that_stands_there_twice_is_passed_over_twice() -> None:
    before, last, later = "9|a|X\n", "10|a|X\n", "11|a|X\n"
    written = Written([before, last, last])
    assert [written.holds(line) for line in (before, last, last, last, later)] == [True, True, True, False, False]


async def test_with_the_place_lost_no_more_than_a_day_is_read_again(tmp_path: Path) -> None:
    add(file_in(tmp_path), 20)
    (tmp_path / PLACE).unlink()
    kept = text_of(tmp_path)
    (tmp_path / NAME).rename(tmp_path / f"{NAME}.20261120T000000.000000Z")
    database = Database()
    await write_all(tmp_path, database)
    assert text_of(tmp_path) == WHOLE, "also by the end of the file that was renamed"
    ends_utc_s = int(kept.splitlines()[-1].partition("|")[0])
    assert database.since_utc_s == ends_utc_s - EARLIER_S


async def test_a_second_kill_while_the_end_is_looked_for_doubles_nothing(tmp_path: Path) -> None:
    add(file_in(tmp_path), 20)
    (tmp_path / PLACE).unlink()
    add(file_in(tmp_path), 10)
    await write_all(tmp_path, Database())
    assert text_of(tmp_path) == WHOLE


def test_an_agent_serves_the_queues_whose_skills_they_have() -> None:
    house = small_house()
    able = house.agents[0].model_copy(update={"skills": {"general": 1}})
    house = house.model_copy(update={"agents": (able, house.agents[1])})
    assert serves(house, AGENT) == [SALES, SERVICE]
    assert serves(house, "agent-02") == serves(house, "nobody") == []
