"""`up` itself is killed: PBX and engine go on, and the next `up` takes both over; never two engines."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

from app.alone import AlreadyRunning, alone, successor
from tests.integration.centre import CHECKOUT, Centre
from tests.integration.survival import (
    calls_of,
    engine_back,
    floor_empty,
    gaps,
    health,
    in_line,
    seat_taken,
    survivors,
    until,
)


@pytest.mark.timeout(120)
async def test_the_next_up_takes_over_what_a_killed_one_left() -> None:
    async with survivors() as house:
        phone = await seat_taken(house, "seat-01")
        talking = await house.carrier.dial("95003", "13800000001")
        await talking.bridged(20)
        waiting = await in_line(house, "13800000002")
        pbx, orphan = house.pbx_pid(), house.engine_pid()
        house.process.kill()
        await until(lambda: _is_reaped(house), "up does not die")

        other = await seat_taken(house, "seat-02")  # the orphan serves on
        await waiting.bridged(15)
        behind = await in_line(house, "13800000003")

        await house.up_again()
        await engine_back(house, orphan)
        assert house.pbx_pid() == pbx
        assert _engines(house.settings.home) == [house.engine_pid()]
        await until(lambda: _states(house, ["talking", "talking", "waiting"]), "the calls are not as they were")
        await other.hang_up()
        await behind.bridged(15)
        for each in (phone, other):
            await each.hang_up()
        await floor_empty(house)
        assert gaps(await talking.heard()) == []
        assert gaps(await phone.heard()) == []


async def test_ctrl_c_ends_all_that_up_started_and_the_next_start_goes_on() -> None:
    """What people have set stays; the first administrator's password is not said again."""
    async with survivors() as house:
        home = house.settings.home
        await seat_taken(house, "seat-01")
        assert len(_ours(home)) >= 3, "up, engine, Asterisk: the test must see what it is to miss"
        house.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(house.process.wait(), 30) == 0
        assert _ours(home) == []
        said = await house.up_again()
        await until(lambda: _serves(house), "the database is not opened")
        seat = (await house.get("/live"))["snapshot"]["seat/seat-01"]
        assert seat["agent"] == "agent-01"
        assert not [line for line in said if "first administrator" in line]


async def _serves(house: Centre) -> bool:
    """The command line's token is made when the database is open."""
    with contextlib.suppress(FileNotFoundError):
        return bool((await health(house))["database"]["ok"])
    return False


def _ours(home: Path) -> list[str]:
    """Command lines of the processes that this home's `up` started; the carrier's are the test's own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            said, around = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
            ours = f"THIRDRING_HOME={home}\0".encode() in around or f"{home}/pbx/".encode() in said
            if ours and b"/carrier/" not in said:
                found.append(said.replace(b"\0", b" ").decode())
    return found


async def test_a_second_up_in_one_home_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path / "run/up.pid"):
        environment = {**os.environ, "THIRDRING_HOME": str(tmp_path), "PYTHONPATH": str(CHECKOUT)}
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "up", env=environment, stderr=asyncio.subprocess.PIPE, cwd=CHECKOUT
        )
        _, said = await second.communicate()
    assert second.returncode != 0
    assert f"as process {os.getpid()}" in " ".join(said.decode().split())


def test_a_place_is_held_by_one(tmp_path: Path) -> None:
    with alone(tmp_path / "place"), pytest.raises(AlreadyRunning, match=str(os.getpid())), alone(tmp_path / "place"):
        pass
    with alone(tmp_path / "place"):
        pass


async def test_a_successor_ends_a_holder_that_will_not_go(tmp_path: Path) -> None:
    place = tmp_path / "place"
    program = (
        "import signal, sys, time, pathlib; from app.alone import alone\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "with alone(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(place), stdout=asyncio.subprocess.PIPE, cwd=CHECKOUT
    )
    assert holder.stdout is not None
    await holder.stdout.readline()

    def take() -> None:
        with successor(place, stop_deadline_s=0.3):
            assert place.read_text().strip() == str(os.getpid())

    await asyncio.to_thread(take)
    assert await holder.wait() == -signal.SIGKILL


def _engines(home: Path) -> list[int]:
    """Processes that run the engine for this home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes() if b"app.main" in arguments else b""
        except OSError:
            continue
        if f"THIRDRING_HOME={home}\0".encode() in environment:
            found.append(int(process.name))
    return found


async def _is_reaped(house: Centre) -> bool:
    """`wait()` would wait for the engine too, which holds the same standard error."""
    return house.process.returncode is not None


async def _states(house: Centre, wanted: list[str]) -> bool:
    return sorted(str(entry["state"]) for entry in (await calls_of(house)).values()) == wanted
