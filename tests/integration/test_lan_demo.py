"""`up --lan NAME --demo`: the simulated carrier finds the PBX at the office's address, and the demo is alive there."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.borrowed import borrow
from app.settings import read_settings
from tests.integration import audio
from tests.integration.centre import CHECKOUT, lend_sounds
from tests.integration.lan.networks import Machine, office_network

READY_S = 200.0
CALL_S = 150.0


@pytest.fixture
def office() -> Iterator[Machine]:
    """A machine of a network of its own."""
    with office_network() as (here, _):
        yield here


@pytest.fixture
async def up(office: Machine, shared_tree: None, short_dir: Path) -> AsyncIterator[list[str]]:
    """`up --lan --demo` on it; what it says until calls and the command line are served."""
    borrow(short_dir, read_settings().home)
    lend_sounds(short_dir)
    process = await asyncio.create_subprocess_exec(
        *_thirdring(office, "up", "--demo", "--lan", office.address),
        env=_environment(short_dir), stderr=asyncio.subprocess.PIPE, cwd=CHECKOUT,
    )  # fmt: skip
    said: list[str] = []
    reading = asyncio.create_task(_read(process, said))
    try:
        async with asyncio.timeout(READY_S):
            while not all(word in "\n".join(said) for word in ("the demo's callers", "first administrator")):
                assert not reading.done(), said
                await asyncio.sleep(0.05)
        yield said
    finally:
        if process.returncode is None:
            process.terminate()
        await reading


@pytest.mark.timeout(400)
async def test_a_call_in_the_offices_network_reaches_a_demo_agent(
    up: list[str], office: Machine, short_dir: Path
) -> None:
    assert any(f"SIP phones register at {office.address}:" in line for line in up)
    report = await _call(office, short_dir)
    assert report["reached_an_agent"], report
    assert audio.level_dbfs(Path(str(report["heard"]))) > -50, "voice came from the office's address"


async def _call(office: Machine, home: Path) -> dict[str, object]:
    process = await asyncio.create_subprocess_exec(
        *_thirdring(office, "call", "--hotline", "95001", "--press", "1", "--talk", "3", "--json"),
        env=_environment(home), stdout=asyncio.subprocess.PIPE, cwd=CHECKOUT,
    )  # fmt: skip
    async with asyncio.timeout(CALL_S):
        output, _ = await process.communicate()
    report = json.loads(output)
    assert isinstance(report, dict)
    return report


def _thirdring(machine: Machine, *arguments: str) -> tuple[str, ...]:
    return (*machine.enter, sys.executable, "-m", "app.cli", *arguments)


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "THIRDRING_HOME": str(home), "PYTHONPATH": str(CHECKOUT)}


async def _read(process: asyncio.subprocess.Process, said: list[str]) -> None:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        said.append(line.decode(errors="replace").rstrip())
    await process.wait()
