"""An upgrade with calls up: the next program brings a migration, which is cut in its middle and done again."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path

from alembic.script import ScriptDirectory

from app.settings import Settings
from store.migrations import configuration
from tests.integration.centre import CHECKOUT, Centre
from tests.integration.survival import (
    engine_back,
    floor_empty,
    gaps,
    health,
    in_line,
    records,
    seat_taken,
    survivors,
    until,
)

HEAD = ScriptDirectory.from_config(configuration()).get_current_head()
NEXT = """
import pathlib
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", {head!r}, None, None


def upgrade():
    op.create_table("of_tomorrow", sa.Column("name", sa.Text, nullable=False))
    op.execute("INSERT INTO of_tomorrow (name) SELECT name FROM users")
    if not pathlib.Path({room!r}).exists():
        raise OSError("the disk is full")
    op.add_column("of_tomorrow", sa.Column("more", sa.Text))
"""


def program(home: Path) -> Path:
    return home / "program"


@asynccontextmanager
async def from_a_program_of_its_own(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    """As the checkout, but with a store whose migrations can become more."""
    copy = program(settings.home)
    shutil.copytree(CHECKOUT / "store", copy / "store", ignore=shutil.ignore_patterns("__pycache__"))
    yield {"PYTHONPATH": f"{copy}:{CHECKOUT}", "PYTHONSAFEPATH": "1"}


def found(house: Centre, query: str) -> list[str]:
    """The first column of what the database holds, read beside the engine."""
    with closing(sqlite3.connect(f"file:{house.settings.home}/data/thirdring.sqlite3?mode=ro", uri=True)) as database:
        return [str(row[0]) for row in database.execute(query)]


TABLE = "SELECT name FROM sqlite_master WHERE name = 'of_tomorrow'"
REVISION = "SELECT version_num FROM alembic_version"


async def test_the_next_program_migrates_with_calls_up_and_one_that_was_cut_is_done_again() -> None:
    async with survivors(around=from_a_program_of_its_own) as house:
        phone = await seat_taken(house, "seat-01")
        talking = await house.carrier.dial("95003", "13800000031")
        await talking.bridged(20)
        waiting = await in_line(house, "13800000032")
        assert found(house, REVISION) == [HEAD]
        room = house.settings.home / "room"
        file = program(house.settings.home) / "store/migrations/versions/v9999_tomorrow.py"
        file.write_text(NEXT.format(head=HEAD, room=str(room)), encoding="utf-8")

        before, said = house.engine_pid(), len(house.said)
        house.process.send_signal(signal.SIGUSR1)
        await engine_back(house, before)

        async def cut() -> bool:
            return any("the disk is full" in line for line in house.said[said:])

        await until(cut, "the migration was not begun")
        assert (found(house, REVISION), found(house, TABLE)) == ([HEAD], []), "a half of it is there"
        assert not (await health(house))["database"]["ok"]
        assert not talking.over
        newcomer = await in_line(house, "13800000033")
        await seat_taken(house, "seat-02")
        await waiting.bridged(20)

        room.touch()

        async def whole() -> bool:
            return found(house, REVISION) == ["9999"]

        await until(whole, "the migration was not done again")
        assert found(house, "SELECT count(*) FROM of_tomorrow WHERE more IS NULL") != ["0"]
        for caller in (talking, waiting, newcomer):
            await caller.hang_up()
        await floor_empty(house)
        assert {row["caller"][-2:] for row in await records(house)} == {"31", "32", "33"}
        assert gaps(await talking.heard()) == []
        assert phone.timeline.all("answered")
