"""The embedded PBX as a newcomer gets it: a real Asterisk, the product's own configuration."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import PbxUnavailable
from core.house import House
from core.ids import SeatId
from cti.ami import AmiClient
from cti.pbx import logs
from cti.pbx.control import PbxControl, control_server
from cti.pbx.layout import PbxLayout
from cti.pbx.process import Budget, PbxProcess, PbxState, console_log
from cti.pbx.processes import Adopted
from cti.pbx.render import read_allowed
from cti.pbx.values import CONF
from cti.wire import Message, unbound_action
from tests.integration.pbx_stage import PbxStage, small_house
from tests.integration.sip_phone import register, register_browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

TESTER = """
[tester]
secret = tester
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
write = originate
read = call
"""
"""Our own user's encoder writes one form of Originate only."""

HOSTILE_PASSWORD = 'p;w #"x"[y]{z}$%>=,&|\\é'


class States:
    """Each state of a PBX, awaitable in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[PbxState] = asyncio.Queue()

    def note(self, state: PbxState) -> None:
        self._queue.put_nowait(state)

    async def until(self, wanted: PbxState) -> list[PbxState]:
        """The states seen up to and with this one."""
        seen: list[PbxState] = []
        while not seen or seen[-1] is not wanted:
            seen.append(await asyncio.wait_for(self._queue.get(), 30))
        return seen


@contextlib.asynccontextmanager
async def running(layout: PbxLayout) -> AsyncIterator[PbxProcess]:
    """A PBX without supervision."""
    process = PbxProcess(layout)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


@contextlib.asynccontextmanager
async def supervised(layout: PbxLayout, budget: Budget) -> AsyncIterator[tuple[PbxProcess, States, asyncio.Task[None]]]:
    """A PBX under `run_forever`, already running."""
    states = States()
    process = PbxProcess(layout, budget, states.note)
    task = asyncio.create_task(process.run_forever(), name="pbx")
    try:
        await states.until(PbxState.RUNNING)
        yield process, states, task
    finally:
        await process.stop()
        with contextlib.suppress(PbxUnavailable):
            await task


def pid_of(process: PbxProcess) -> int:
    pid = process.status.pid
    assert pid is not None
    return pid


def crash(process: PbxProcess) -> None:
    os.kill(pid_of(process), signal.SIGKILL)


async def test_it_starts_without_an_error_in_its_log(pbx: PbxProcess) -> None:
    said = pbx.layout.messages.read_text() + console_log(pbx.layout).read_text()
    assert "modules will be loaded" in said
    assert [line for line in said.splitlines() if "ERROR" in line] == []


async def test_the_loaded_modules_are_the_allowed_ones(pbx: PbxProcess) -> None:
    shown = await pbx.order("module show")
    loaded = set(re.findall(r"^(\w+)\.so\b", shown, re.MULTILINE))
    assert loaded == read_allowed(CONF / "modules.allowed")


async def test_nothing_it_writes_is_open_to_other_users(pbx: PbxProcess) -> None:
    await pbx.order("core show channels")
    open_to_all = [
        str(path)
        for top, directories, files in os.walk(pbx.layout.base)
        for path in (Path(top, name) for name in (*directories, *files))
        if not path.is_symlink() and path.stat().st_mode & 0o007
    ]
    assert open_to_all == []


async def test_its_console_gives_no_shell(pbx: PbxProcess) -> None:
    assert "Shell on remote consoles:    Disabled" in await pbx.order("core show settings")


async def test_it_listens_on_loopback_only(pbx: PbxProcess) -> None:
    ports = pbx.layout.ports
    listening = {port: address for address, port in _listening(pid_of(pbx))}
    assert {ports.ami, ports.http, ports.sip} <= set(listening)
    assert set(listening.values()) == {"127.0.0.1"}


async def test_a_flood_of_refusals_does_not_fill_the_disk(
    pbx: PbxProcess, running_stage: PbxStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refusal is noted; the notes are renewed when they are large, and only the newest are kept."""
    monkeypatch.setattr(logs, "LARGE_BYTES", 100)
    for _ in range(logs.KEPT + 3):
        assert await register(running_stage, SeatId("seat-01"), secret="guess") == 401
        await logs.tidy(pbx)
    for name in ("messages.log", "security.log"):
        renewed = {file.name for file in pbx.layout.log.glob(f"{name}.*")}
        assert renewed == {f"{name}.{number}" for number in range(logs.KEPT)}


async def test_a_crash_restarts_it(stage: PbxStage) -> None:
    async with supervised(stage.layout, Budget(first_wait_s=0.05)) as (process, states, _):
        before = pid_of(process)
        crash(process)
        seen = await states.until(PbxState.RUNNING)
        assert seen == [PbxState.WAITING, PbxState.STARTING, PbxState.RUNNING]
        assert pid_of(process) != before
        assert process.status.restarts == 1
        assert "uptime" in (await process.order("core show uptime")).lower()


async def test_too_many_crashes_stop_it_for_good(stage: PbxStage) -> None:
    async with supervised(stage.layout, Budget(restarts=1, first_wait_s=0.01)) as (process, states, task):
        crash(process)
        await states.until(PbxState.RUNNING)
        crash(process)
        await states.until(PbxState.GIVEN_UP)
        with pytest.raises(PbxUnavailable, match="died 2 times within 120 s; it is not started again"):
            await task


async def test_a_supervisor_that_comes_back_adopts_the_running_one(stage: PbxStage) -> None:
    first = PbxProcess(stage.layout)
    await first.start()
    second = PbxProcess(stage.layout)
    await second.start()
    assert (pid_of(second), second.status.adopted) == (pid_of(first), True)
    await second.stop()
    assert Adopted.find(stage.layout) is None
    await first.stop()


async def test_an_adopted_one_gets_what_changed_in_between(stage: PbxStage) -> None:
    first = PbxProcess(stage.layout)
    await first.start()
    assert await register(stage, SeatId("seat-03")) == 401
    stage.render(small_house("seat-03"))
    async with running(stage.layout) as second:
        assert second.status.adopted
        assert await register(stage, SeatId("seat-03")) == 200
    await first.stop()


async def test_a_crash_of_an_adopted_one_is_seen(stage: PbxStage) -> None:
    first = PbxProcess(stage.layout)
    await first.start()
    async with supervised(stage.layout, Budget(first_wait_s=0.01)) as (process, states, _):
        assert process.status.adopted
        crash(process)
        await states.until(PbxState.RUNNING)
        assert not process.status.adopted
    await first.stop()


async def test_a_start_that_fails_says_why(stage: PbxStage) -> None:
    file = stage.layout.etc / "asterisk.conf"
    file.write_text(file.read_text().replace("astdbdir =>", "astdbdir => /nowhere"))
    process = PbxProcess(stage.layout)
    with pytest.raises(PbxUnavailable, match=r"(?s)ended while starting.*ASTdb"):
        await process.start()
    assert process.status.state is PbxState.STOPPED


async def test_a_new_seat_registers_after_a_reload_and_no_call_is_dropped(stage: PbxStage) -> None:
    dialplan = stage.home / "dialplan"
    dialplan.mkdir()
    (dialplan / "extensions.conf.j2").write_text("[test]\nexten => hold,1,Answer()\n same => n,Wait(600)\n")
    (dialplan / "manager.conf.j2").write_text((CONF / "pbx/manager.conf.j2").read_text() + TESTER)
    stage.render(small_house("seat-01"), dialplan)
    async with running(stage.layout) as pbx:
        assert await register(stage, SeatId("seat-01")) == 200
        assert await register(stage, SeatId("seat-02")) == 401
        await _hold_a_line(stage)
        before = _names(await pbx.order("core show channels concise"))
        assert len(before) == 2

        changed = stage.render(small_house("seat-01", "seat-02"), dialplan)
        assert changed == {"pjsip.conf"}
        await pbx.reload(changed)

        assert await register(stage, SeatId("seat-02")) == 200
        assert _names(await pbx.order("core show channels concise")) == before
        assert stage.credentials.sip_name(SeatId("seat-01")) in await pbx.order("pjsip show contacts")


async def test_a_removed_seat_is_refused_after_a_reload(pbx: PbxProcess, running_stage: PbxStage) -> None:
    assert await register(running_stage, SeatId("seat-02")) == 200
    await pbx.reload(running_stage.render(small_house("seat-01")))
    assert await register(running_stage, SeatId("seat-02")) == 401
    await pbx.reload(running_stage.render(small_house()))


async def test_a_browser_phone_registers_over_a_websocket(pbx: PbxProcess, running_stage: PbxStage) -> None:
    assert await register_browser(running_stage, SeatId("seat-01")) == 200


async def test_a_wrong_password_is_refused(pbx: PbxProcess, running_stage: PbxStage) -> None:
    assert await register(running_stage, SeatId("seat-01"), secret="guess") == 401


async def test_files_read_only_at_start_are_remembered(pbx: PbxProcess) -> None:
    await pbx.reload(["modules.conf", "queues.conf"])
    assert pbx.status.needs_restart == ("modules.conf",)


async def test_a_carriers_password_reaches_asterisk_as_it_is(stage: PbxStage, house: House) -> None:
    file = stage.home / "secrets/east"
    file.write_text(HOSTILE_PASSWORD)
    file.chmod(0o600)
    known = {"username": "line-90", "secret_file": "east", "register_with_carrier": True}
    east = house.trunks[0].model_copy(update=known)
    stage.render(house.model_copy(update={"trunks": (east, house.trunks[1])}))
    async with running(stage.layout) as pbx:
        shown = await pbx.order("pjsip show auth trunk-east")
        assert "trunk-east/sip:127.0.0.2" in await pbx.order("pjsip show registrations")
    assert "ERROR" not in stage.layout.messages.read_text()
    password = re.search(r"^ *password +: (.*)$", shown, re.MULTILINE)
    assert password is not None and password[1].rstrip() == HOSTILE_PASSWORD


async def test_the_control_socket_takes_its_three_orders(stage: PbxStage) -> None:
    path = stage.layout.control_socket
    async with supervised(stage.layout, Budget()) as (process, states, _), control_server(process, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        control = PbxControl(path)
        await control.reload(["extensions.conf"])
        assert (await control.status())["pid"] == pid_of(process)
        before = pid_of(process)
        await control.restart()
        await states.until(PbxState.RUNNING)
        assert pid_of(process) != before
        assert process.status.restarts == 0


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b'{"order": "core stop now"}\n', b'{"order": "reload", "files": "all"}\n', b"[]\n"]
)
async def test_the_control_socket_refuses_anything_else(stage: PbxStage, line: bytes) -> None:
    async with control_server(PbxProcess(stage.layout), stage.layout.control_socket):
        reader, writer = await asyncio.open_unix_connection(stage.layout.control_socket)
        writer.write(line)
        assert b'"ok": false' in await asyncio.wait_for(reader.readline(), 5)
        writer.close()


async def test_without_a_supervisor_the_client_says_so(stage: PbxStage) -> None:
    with pytest.raises(PbxUnavailable, match="does not answer"):
        await PbxControl(stage.layout.control_socket).status()


def _listening(pid: int) -> list[tuple[str, int]]:
    """Address and port of each TCP listener of this process (proc_pid_fd(5), /proc/net/tcp)."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            inodes.add(os.readlink(link))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    rows += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    return [_address(row[1]) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]


def _address(field: str) -> tuple[str, int]:
    host, port = field.split(":")
    return (socket.inet_ntoa(bytes.fromhex(host)[::-1]) if len(host) == 8 else "IPv6", int(port, 16))


def _names(concise: str) -> list[str]:
    return sorted(line.split("!")[0] for line in concise.splitlines())


async def _hold_a_line(stage: PbxStage) -> None:
    """A call that stays up: both halves of a Local channel, one in Echo, one waiting."""
    up = asyncio.Event()

    def watch(message: Message) -> None:
        if message.get("Event") == "OriginateResponse" and message.get("Response") == "Success":
            up.set()

    where = ("127.0.0.1", stage.layout.ports.ami, "tester", "tester", watch)
    client = await AmiClient.connect(*where, encode=unbound_action)
    originate = {"Action": "Originate", "Channel": "Local/hold@test", "Application": "Echo", "Async": "true"}
    await client.action(originate)
    await asyncio.wait_for(up.wait(), 10)
    client.close("done")
