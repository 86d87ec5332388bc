"""Asterisk is killed: its calls are closed, their recordings mended, and service is back by itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cti.carrier.accounts import PhoneAccount
from cti.carrier.caller import CallerCall
from cti.carrier.timeline import boot_s
from recording.cut import is_cut
from tests.integration.audio import read
from tests.integration.audited import agree
from tests.integration.centre import Centre
from tests.integration.survival import (
    SEATS,
    calls_of,
    floor_empty,
    health,
    in_line,
    records,
    seat_taken,
    sign_out,
    survivors,
    until,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
CLOSED_S, SERVED_S, MENDED_S = 5.0, 15.0, 15.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Centre]:
    async with survivors() as running:
        yield running


async def test_calls_of_a_killed_pbx_are_closed_and_service_returns(house: Centre) -> None:
    await seat_taken(house, "seat-01")
    for seat in SEATS[1:]:
        await (await house.carrier.phone(seat)).register()
    talking = await house.carrier.dial("95003", "13800000001")
    await talking.bridged(20)
    waiting = await in_line(house, "13800000002")
    await asyncio.sleep(2.0)  # something to be recorded
    os.kill(house.pbx_pid(), signal.SIGKILL)
    killed_boot_s = boot_s()
    await until(lambda: _none_of(house), "the calls are not closed")
    assert boot_s() - killed_boot_s < CLOSED_S
    kept = {row["caller"][-4:]: row for row in await records(house)}
    assert {number: row["how"] for number, row in kept.items()} == {"0001": "pbx_lost", "0002": "pbx_lost"}

    again = await _answered_again(house, killed_boot_s + SERVED_S)
    for seat in SEATS:
        await house.until(f"seat/{seat}", lambda entry: bool(entry["reachable"]), killed_boot_s + SERVED_S - boot_s())
    assert boot_s() - killed_boot_s < SERVED_S
    await agree(house)
    for caller in (talking, waiting, again):
        await caller.hang_up()
    await floor_empty(house)


async def test_cut_recordings_are_mended(house: Centre) -> None:
    voices = [file for file in house.recordings.rglob("*.wav") if not file.stem.endswith("-pad")]
    assert len(voices) >= 4

    async def mended() -> bool:
        return not any(is_cut(file) for file in voices)

    await until(mended, "recordings stay cut", MENDED_S)
    assert max(read(file).lasts_s for file in voices) > 1.0


async def test_a_house_change_drops_nothing(house: Centre) -> None:
    """By REST, during a talk and with a caller in line: the PBX reloads, nobody notices."""
    phone = await seat_taken(house, "seat-01")
    phone.timeline.forget()
    talking = await house.carrier.dial("95003", "13800000011")
    await talking.bridged(20)
    waiting = await in_line(house, "13800000012")
    answer = await house.api.get("/house")
    changed = answer.json()
    changed["seats"].append({"id": "seat-05", "name": "seat-05"})
    put = await house.api.put("/house", json=changed, headers={"If-Match": answer.headers["ETag"]})
    assert put.status_code == 200, put.text
    await house.until("seat/seat-05", lambda entry: entry is not None)
    assert {entry["state"] for entry in (await calls_of(house)).values()} == {"talking", "waiting"}
    await phone.hang_up()
    await waiting.bridged(20)
    await waiting.hang_up()
    await floor_empty(house)
    await sign_out(house, "seat-01")


async def test_a_house_change_that_does_not_reach_the_pbx_is_tried_until_it_does(house: Centre) -> None:
    """The supervisor's door is away for a while; then the new seat's phone can register."""
    door = house.settings.home / "pbx/run/control"
    away = door.with_name("away")
    door.rename(away)
    made = (await house.api.post("/seats", json={"id": "seat-06", "name": "seat-06"})).raise_for_status().json()
    assert not (await health(house))["house"]["ok"]
    away.rename(door)
    await until(lambda: _well(house, "house"), "the house does not reach the PBX", 60.0)
    await house.until("alarms", lambda entry: entry["last"][0]["text"] == "The house in force has reached the PBX.")
    phone = await house.carrier.install(PhoneAccount("seat-06", made["username"], made["password"]))
    await phone.register()
    await house.until("seat/seat-06", lambda entry: bool(entry["reachable"]))


async def test_calls_of_a_pbx_that_cannot_come_back_are_closed_all_the_same(house: Centre) -> None:
    """It asks for a module that there is not, so each new start of it fails; the supervisor knows that it has ended."""
    await seat_taken(house, "seat-02")
    talking = await house.carrier.dial("95003", "13800000021")
    await talking.bridged(20)
    await in_line(house, "13800000022")
    modules = house.settings.home / "pbx/etc/modules.conf"
    good = modules.read_text()
    modules.write_text(good + "require => res_that_there_is_not.so\n")
    dead = house.pbx_pid()
    os.kill(dead, signal.SIGKILL)
    await until(lambda: _none_of(house), "the calls stay open")
    assert not (await health(house))["pbx"]["ok"]
    modules.write_text(good)
    how = {row["caller"][-4:]: row["how"] for row in await records(house)}
    assert (how["0021"], how["0022"]) == ("pbx_lost", "pbx_lost")
    await until(lambda: _well(house, "pbx"), "the PBX does not come back")


async def _well(house: Centre, part: str) -> bool:
    return bool((await health(house))[part]["ok"])


async def _none_of(house: Centre) -> bool:
    return not await calls_of(house)


async def _answered_again(house: Centre, until_boot_s: float) -> CallerCall:
    """A caller who tries until an agent answers."""
    number = 0
    while True:
        number += 1
        caller = await house.carrier.dial("95003", f"1380000{1000 + number}")
        reached = asyncio.ensure_future(caller.bridged(until_boot_s - boot_s()))
        ended = asyncio.ensure_future(caller.ended(60))
        await asyncio.wait([reached, ended], return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if reached.done():
            reached.result()
            return caller
        reached.cancel()
        await asyncio.sleep(0.3)
