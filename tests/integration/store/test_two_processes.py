"""Two processes on one SQLite file: both write, neither fails, no write is lost."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sqlalchemy import func, select

from store.migrations import migrate
from store.models import users
from store.session import reading_engine, sqlite_url

ROOT = Path(__file__).resolve().parents[3]
EACH = 100
PROGRAM = """
import asyncio, sys
from datetime import UTC, datetime
from store.people import People
from store.session import reading_engine
from store.writer import Writer

async def main(url, name):
    writer, engine = Writer(url), reading_engine(url)
    people = People(engine, writer)
    for number in range(int(sys.argv[3])):
        await people.add_user(f"{name}{number}", "agent", "", datetime.now(UTC))
        assert await people.user(f"{name}{number}") is not None
    await writer.close()
    await engine.dispose()

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


async def test_two_processes_write_one_sqlite_file(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "test.sqlite3")
    await migrate(url)
    arguments = (sys.executable, "-c", PROGRAM, url)
    both = [await asyncio.create_subprocess_exec(*arguments, name, str(EACH), cwd=ROOT) for name in ("a", "b")]
    assert [await process.wait() for process in both] == [0, 0]
    engine = reading_engine(url)
    async with engine.begin() as connection:
        assert (await connection.execute(select(func.count()).select_from(users))).scalar_one() == 2 * EACH
    await engine.dispose()
