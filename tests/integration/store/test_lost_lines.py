"""The journal's disk refuses for longer than memory holds, takes again, and the process is killed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from app import restore
from app.snapshots import restored
from store import snapshot
from store.spool import Spool
from tests.unit.floor import small_house

ROOT = Path(__file__).resolve().parents[3]


def run_and_kill(directory: Path) -> dict[str, Any]:
    """What the process said about its state when the snapshot was there."""
    command: list[str | Path] = [sys.executable, "-m", "tests.integration.store.lossy_process", directory]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.kill()
    assert line, "the process ended by itself"
    return cast(dict[str, Any], json.loads(line))


@pytest.mark.timeout(60)
async def test_the_next_start_knows_what_the_journal_lost(tmp_path: Path) -> None:
    said = await asyncio.to_thread(run_and_kill, tmp_path)
    assert said["lost"] > 0
    kept = [sequence for sequence, _ in snapshot.undamaged(tmp_path / "snapshots")]
    assert len(kept) == 1, "one from before the hole would be replayed over it"
    spool = Spool(tmp_path / "spool")
    state = restored(tmp_path / "snapshots", spool, small_house)
    spool.close()
    assert restore.ENGINE_STATE.dump_python(state.engine.snapshot(), mode="json") == said["engine"]
    assert said["engine"]["agents"]["agent-01"]["status"] == "on_break"
    assert state.wallboard.snapshot()["alarms"] == {"last": []}
