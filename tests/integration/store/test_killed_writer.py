"""kill -9 of a real process that spools and ships: nothing that was decided is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from store import segments
from store.journal import Shipper
from store.lines import InputLine
from store.spool import Spool
from tests.integration.store.database import Database, ship_all

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 4


def run_and_kill(directory: Path, url: str, after_lines: int) -> int:
    """The last number that the process said it had spooled, over this many of them."""
    command: list[str | Path] = [sys.executable, "-m", "tests.integration.store.writing_process", directory, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        for _ in range(after_lines):
            assert process.stdout.readline(), "the process ended by itself"
        process.kill()
        said = process.stdout.read().split(b"\n")
    whole = [line for line in said[:-1] if line]
    return int(whole[-1]) if whole else 0


@pytest.mark.timeout(240)
async def test_a_writer_killed_at_any_moment_loses_and_doubles_nothing(database: Database, tmp_path: Path) -> None:
    dice = random.Random(22)
    for _ in range(ROUNDS):
        said = await asyncio.to_thread(run_and_kill, tmp_path, database.url, dice.randint(1, 3000))
        spool = Spool(tmp_path)
        assert spool.next_sequence > said
        spool.close()
    lines = list(segments.read_from(tmp_path, 0))
    spooled = [line.sequence for line in lines if isinstance(line, InputLine)]
    assert spooled == list(range(1, len(spooled) + 1))
    in_database = len((await database.journal())[0])
    assert in_database < len(spooled)
    await ship_all(Shipper(tmp_path, database.writer))
    stored_inputs, stored_outcomes = await database.journal()
    assert stored_inputs == spooled
    assert len(stored_outcomes) == sum(not isinstance(line, InputLine) for line in lines)
