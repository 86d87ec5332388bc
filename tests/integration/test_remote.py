"""A PBX on another machine, as docs/guides/remote-pbx.md says: `./thirdring pbx` there, `./thirdring up` here.

Two network namespaces are the two machines; the home is one directory, as a share would make it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.borrowed import borrow
from app.settings import read_settings
from core.house_text import to_yaml
from tests.integration import audio
from tests.integration.centre import CHECKOUT, lend_sounds
from tests.integration.lan.networks import Machine, office_network
from tests.integration.office import office

READY_S = 200.0
TELEPHONES_S = 180.0
AMI_PORT = 5038


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    with office_network() as both:
        yield both


@pytest.fixture
def environment(machines: tuple[Machine, Machine], shared_tree: None, short_dir: Path) -> dict[str, str]:
    """The settings of the guide, and the home both machines have."""
    engine, pbx = machines
    borrow(short_dir, read_settings().home)
    lend_sounds(short_dir)
    (short_dir / "house.yaml").write_text(to_yaml(office(2)), encoding="utf-8")
    settings = {
        "pbx_mode": "remote",
        "pbx_host": pbx.address,
        "pbx_ami_port": AMI_PORT,
        "pbx_ami_user": "thirdring",
        "pbx_ami_secret_file": "secrets/ami",
        "pbx_reload_user": "thirdring-reload",
        "pbx_reload_secret_file": "secrets/ami-reload",
        "agi_bind": engine.address,
        "bind": engine.address,
    }
    (short_dir / "thirdring.yaml").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
    (short_dir / "secrets").mkdir(mode=0o700)
    for name in ("ami", "ami-reload"):
        file = short_dir / "secrets" / name
        file.write_text(secrets.token_urlsafe(24))
        file.chmod(0o600)
    return {**os.environ, "THIRDRING_HOME": str(short_dir), "PYTHONPATH": str(CHECKOUT), **KEEP_VOICES}


KEEP_VOICES = {"THIRDRING_KEEP_ORIGINALS_H": "1"}
"""The PBX's own files stay for us to look at after they are archived."""


@asynccontextmanager
async def _runs(machine: Machine, command: str, environment: dict[str, str], until: str) -> AsyncIterator[None]:
    """A command of ours on this machine, from when it said this."""
    process = await asyncio.create_subprocess_exec(
        *machine.enter, sys.executable, "-m", "app.cli", command,
        env=environment, stderr=asyncio.subprocess.PIPE, cwd=CHECKOUT,
    )  # fmt: skip
    reading = asyncio.create_task(_read(process, until, said := asyncio.Event()))
    try:
        async with asyncio.timeout(READY_S):
            await said.wait()
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await reading


async def _read(process: asyncio.subprocess.Process, until: str, said: asyncio.Event) -> None:
    """What it says goes to pytest's captured output, for the reader of a failure."""
    assert process.stderr is not None
    while line := (await process.stderr.readline()).decode(errors="replace"):
        print(line, end="")
        if until in line:
            said.set()
    await process.wait()


@pytest.mark.timeout(600)
async def test_calls_recordings_and_a_new_seat_on_a_remote_pbx(
    machines: tuple[Machine, Machine], environment: dict[str, str], short_dir: Path
) -> None:
    engine, pbx = machines
    async with (
        _runs(pbx, "pbx", environment, "ready:"),
        _runs(engine, "up", environment, "first administrator"),
    ):
        report = await _telephones(pbx, short_dir, environment)
    assert report == {"first": "seat-01", "second": "seat-77", "ami": "Authentication failed"}
    voices = _voices(short_dir)
    assert len(voices) == 4, "two callers and two agents"
    assert all(voice.lasts_s > 0 for voice in voices)


def _voices(home: Path) -> list[audio.Sound]:
    return [audio.read(file) for file in home.glob("recordings/*/*/*/*.wav") if not file.stem.endswith("-pad")]


async def _telephones(pbx: Machine, home: Path, environment: dict[str, str]) -> object:
    process = await asyncio.create_subprocess_exec(
        *pbx.enter, sys.executable, "-m", "tests.integration.remote_telephones", home, pbx.address, str(AMI_PORT),
        env={**environment, "THIRDRING_PBX_MODE": "embedded"}, stdout=asyncio.subprocess.PIPE, cwd=CHECKOUT,
    )  # fmt: skip
    async with asyncio.timeout(TELEPHONES_S):
        output, _ = await process.communicate()
    return json.loads(output)
