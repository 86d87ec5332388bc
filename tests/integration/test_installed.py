"""The machine's own Asterisk (pbx_mode: installed): the product runs on it, and leaves another one beside it alone.

Where this machine has an Asterisk that is new enough, that is the one. Elsewhere the unpacked one is laid out
below a prefix as a distribution does it, found there by the same code, and started by the name `asterisk`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from app.pbx_files import pbx_layout
from app.settings import read_settings
from cti.carrier.accounts import PhoneAccount
from cti.pbx.installation import Installation, installed, installed_program
from cti.pbx.layout import PbxLayout
from cti.pbx.process import PbxProcess, console_log
from cti.pbx.render import read_allowed
from cti.pbx.values import CONF
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import clear, office, opened, record_of, thirdring, wait
from tests.integration.pbx_stage import PbxStage, small_house
from tests.integration.ports import own_ports

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]  # two PBXs and `up` start first

CALLS_BY_ORDER = "res_clioriginate"  # how the other Asterisk comes to its call; the product's PBX does not load it
LOOPBACK = "0100007F"  # 127.0.0.1 as /proc/net/udp writes it


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another Asterisk of this machine, with a call of its own, as a system service would run it."""

    process: PbxProcess
    files: dict[Path, int]

    async def calls(self) -> list[str]:
        return sorted(
            line.split("!")[0] for line in (await self.process.order("core show channels concise")).splitlines()
        )

    def files_now(self) -> dict[Path, int]:
        return {file: file.stat().st_mtime_ns for file in self.process.layout.etc.iterdir()}


@pytest.fixture(scope="module")
def program(installation: Installation) -> Iterator[Path]:
    """The `asterisk` of this machine, first in PATH, and asked for by the settings."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="tr-") as prefix:
        found = installed_program() or _lay_out(installation, Path(prefix) / "usr")
        patch.setenv("PATH", f"{found.parent}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("THIRDRING_PBX_MODE", "installed")
        yield found


def _lay_out(installation: Installation, prefix: Path) -> Path:
    """The unpacked Asterisk below `prefix`; its own loader is found behind the program's name."""
    program = prefix / "sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.join(installation.command)} "$@"\n')
    program.chmod(0o755)
    triplet = installation.modules.parents[1].name
    for place, target in (
        (prefix / f"lib/{triplet}/asterisk/modules", installation.modules),
        (prefix / "share/asterisk/documentation", installation.documentation),
    ):
        place.parent.mkdir(parents=True)
        place.symlink_to(target)
    return program


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def neighbour(program: Path) -> AsyncIterator[Neighbour]:
    home = Path(tempfile.mkdtemp(prefix="tr-"))
    with own_ports() as base:
        stage = PbxStage(installed(program), home, base)
        stage.render(small_house(), _held_line(home))
        _allow(stage.layout, CALLS_BY_ORDER)
        process = PbxProcess(stage.layout)
        await process.start()
        try:
            await process.order("channel originate Local/held@line application Echo")
            neighbour = Neighbour(process, {})
            neighbour.files.update(neighbour.files_now())
            yield neighbour
        finally:
            await process.stop()
            shutil.rmtree(home)


def _held_line(home: Path) -> Path:
    (templates := home / "dialplan").mkdir()
    (templates / "extensions.conf.j2").write_text("[line]\nexten => held,1,Answer()\n same => n,Wait(600)\n")
    return templates


def _allow(layout: PbxLayout, module: str) -> None:
    file = layout.etc / "modules.conf"
    file.write_text(file.read_text().replace(f"noload = {module}.so\n", ""))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building(program: Path, neighbour: Neighbour) -> AsyncIterator[Centre]:
    before = await neighbour.calls()
    async with opened(office(2)) as running:
        yield running
    assert len(before) == 2
    assert await neighbour.calls() == before, "our end is not the other's"
    assert neighbour.files_now() == neighbour.files


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


@pytest.fixture
def layout(house: Centre, monkeypatch: pytest.MonkeyPatch) -> PbxLayout:
    """Where the PBX under test is, by the settings its supervisor has."""
    monkeypatch.setenv("THIRDRING_HOME", str(house.settings.home))
    monkeypatch.setenv("THIRDRING_PORT_BASE", str(house.settings.port_base))
    return pbx_layout(read_settings())


async def test_the_doctor_names_it(house: Centre, program: Path) -> None:
    _, output, _ = await thirdring(house, "doctor", "--json")
    (pbx,) = [row for row in json.loads(output) if row["check"] == "pbx"]
    assert pbx["level"] == "ok"
    assert re.fullmatch(rf"this machine's own Asterisk \d\d\..*: {re.escape(str(program))}", pbx["text"])


async def test_it_loads_what_is_allowed_and_nothing_else(layout: PbxLayout) -> None:
    shown = await PbxProcess(layout).order("module show")
    loaded = set(re.findall(r"^(\w+)\.so\b", shown, re.MULTILINE))
    assert loaded == read_allowed(CONF / "modules.allowed") & {
        path.stem for path in layout.installation.modules.glob("*.so")
    }


async def test_a_call_is_answered_and_both_voices_are_kept(house: Centre, layout: PbxLayout) -> None:
    await _talks(house, "seat-01", layout)
    said = layout.messages.read_text() + console_log(layout).read_text()
    assert [line for line in said.splitlines() if "ERROR" in line] == []


async def test_a_seat_added_at_work_is_rung_after_a_reload(house: Centre, layout: PbxLayout) -> None:
    made = (await house.api.post("/seats", json={"id": "seat-77", "name": "工位77"})).json()
    await house.carrier.install(PhoneAccount("seat-77", made["username"], made["password"]))
    await _talks(house, "seat-77", layout)


async def test_killed_it_is_started_again(house: Centre, layout: PbxLayout) -> None:
    dead = house.pbx_pid()
    os.kill(dead, signal.SIGKILL)
    await house.until("pbx/a", lambda entry: entry["up"] is False)
    await house.until("pbx/a", lambda entry: entry["up"] is True, 20)
    assert house.pbx_pid() != dead
    await _talks(house, "seat-02", layout)


async def test_another_asterisk_of_this_machine_goes_on(house: Centre, neighbour: Neighbour) -> None:
    status = neighbour.process.status
    assert status.pid is not None and status.pid != house.pbx_pid()
    assert len(await neighbour.calls()) == 2


async def _talks(house: Centre, seat: str, layout: PbxLayout) -> None:
    """A caller and this seat talk; voice goes over loopback alone, and what both said is in the recordings."""
    phone = await house.carrier.phone(seat)
    await phone.will_answer(0.1)
    await house.sign_in("agent-01", seat)
    before = _sockets_on_voice_ports(house.pbx_pid(), layout)  # the kernel may have picked one of them for a resolver
    caller = await wait(house)
    assert (await caller.bridged(20)).details["seat"] == seat
    await house.until(f"seat/{seat}", lambda entry: entry["state"] == "talking")
    opened = _sockets_on_voice_ports(house.pbx_pid(), layout) - before
    assert {address for address, _ in opened} == {LOOPBACK}
    await asyncio.sleep(1.0)  # something to be recorded
    await caller.hang_up()
    call = (await record_of(house, caller))["call"]
    voices = [file for file in house.recordings.rglob(f"{call}-*.wav") if not file.stem.endswith("-pad")]
    assert sorted(file.stem.removeprefix(f"{call}-").partition("-")[0] for file in voices) == ["agent", "caller"]
    assert all(audio.read(file).lasts_s > 0 for file in voices)


def _sockets_on_voice_ports(pid: int, layout: PbxLayout) -> set[tuple[str, int]]:
    """Local addresses (hexadecimal) and ports of this process's UDP sockets there (proc(5), /proc/net/udp)."""
    inodes = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    rows = [line.split() for name in ("udp", "udp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    ours = [row[1].split(":") for row in rows if f"socket:[{row[9]}]" in inodes]
    found = {(address, int(port, 16)) for address, port in ours}
    return {(address, port) for address, port in found if layout.ports.rtp_first <= port <= layout.ports.rtp_last}
