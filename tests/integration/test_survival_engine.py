"""The engine is killed, or hangs, in every phase of a call: talks go on, callers keep their places."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cti.carrier.caller import CallerCall
from cti.carrier.timeline import boot_s
from tests.integration.centre import Centre
from tests.integration.office import thirdring
from tests.integration.survival import (
    BACK_S,
    calls_of,
    engine_back,
    floor_empty,
    gaps,
    in_line,
    kill_engine,
    nobody_restarts,
    seat_taken,
    sign_out,
    survivors,
    until,
)

STOPPED_S = 7.0
"""Longer than the watchdog bears (3 s), than a ring lasts here (5 s), and than a ping waits for its answer."""

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Centre]:
    async with survivors() as running:
        yield running


async def test_a_talk_and_the_line_of_callers_outlive_the_engine(house: Centre) -> None:
    await seat_taken(house, "seat-01")
    phone = await house.carrier.phone("seat-01")
    talking = await through(house, "13800000001")
    first = await in_line(house, "13800000002")
    second = await in_line(house, "13800000003")
    important = await in_line(house, "13800000004", "95009")
    since = {key: entry["waiting_since_utc_s"] for key, entry in (await waiting(house)).items()}

    dead = await kill_engine(house)
    late = await house.carrier.dial("95003", "13800000005")
    back_boot_s = await engine_back(house, dead)
    await until(lambda: _count_waiting(house, 4), "the waiting callers are not all back")
    assert boot_s() - back_boot_s < 5.0
    after = await waiting(house)
    for key, was in since.items():
        assert abs(after[key]["waiting_since_utc_s"] - was) < 0.5, key

    await seat_taken(house, "seat-02")
    other = await house.carrier.phone("seat-02")
    order = []
    for caller in (important, first, second, late):
        order.append((await caller.bridged(15)).boot_s)
        assert talking.timeline.all("ended") == []
        await other.hang_up()
    assert order == sorted(order)
    await phone.hang_up()
    await talking.ended(15)
    assert gaps(await talking.heard()) == []
    assert gaps(await phone.heard()) == []
    await floor_empty(house)


async def test_an_engine_hands_over_to_the_next_program_with_calls_up(house: Centre) -> None:
    """What `systemctl reload` does for an upgrade: SIGUSR1 to `up`."""
    await sign_out(house, "seat-02")
    await seat_taken(house, "seat-01")
    phone = await house.carrier.phone("seat-01")
    talking = await through(house, "13800000011")
    first = await in_line(house, "13800000012")
    second = await in_line(house, "13800000013")
    since = {key: entry["waiting_since_utc_s"] for key, entry in (await waiting(house)).items()}
    before, pbx = house.engine_pid(), house.pbx_pid()
    began_boot_s, said = boot_s(), len(house.said)
    house.process.send_signal(signal.SIGUSR1)
    await engine_back(house, before)
    await until(lambda: _count_waiting(house, 2), "the waiting callers are not all back")
    print(f"handed over in {boot_s() - began_boot_s:.1f} s")
    assert house.pbx_pid() == pbx
    after = await waiting(house)
    for key, was in since.items():
        assert abs(after[key]["waiting_since_utc_s"] - was) < 0.5, key
    assert not [line for line in house.said[said:] if "the engine ended" in line]
    await phone.hang_up()
    for caller in (first, second):
        await caller.bridged(15)
        await phone.hang_up()
    assert gaps(await talking.heard()) == []
    await floor_empty(house)


async def test_answered_while_the_engine_is_dead(house: Centre) -> None:
    await sign_out(house, "seat-02")
    phone = await seat_taken(house, "seat-01")
    await phone.will_answer(after_s=2.0)
    phone.timeline.forget()
    caller = await house.carrier.dial("95003", "13800000011")
    await phone.ringing(15)
    async with nobody_restarts(house):
        dead = await kill_engine(house)
        await phone.answered(5)
    await engine_back(house, dead)
    await house.until("seat/seat-01", lambda entry: entry["state"] == "talking")
    await phone.hang_up()
    await caller.ended(10)
    await floor_empty(house)
    assert len(phone.timeline.all("answered")) == len(phone.timeline.all("ended"))
    await house.until("seat/seat-01", lambda entry: entry["state"] == "idle")


async def test_a_whole_talk_ends_while_the_engine_is_dead(house: Centre) -> None:
    phone = await seat_taken(house, "seat-01")
    await phone.will_answer(after_s=1.0, talk_s=1.0)
    phone.timeline.forget()
    caller = await house.carrier.dial("95003", "13800000012")
    await phone.ringing(15)
    async with nobody_restarts(house):
        dead = await kill_engine(house)
        await phone.ended(10)
        await caller.ended(10)
    await engine_back(house, dead)
    await floor_empty(house)
    await house.until("seat/seat-01", lambda entry: entry["state"] == "idle")


async def test_killed_in_the_menu(house: Centre) -> None:
    phone = await seat_taken(house, "seat-01")
    await phone.will_answer(after_s=0.3)
    caller = await house.carrier.dial("95001", "13800000021")
    await caller.answered()
    await until(lambda: _in_menu(house), "no call in the menu")
    dead = await kill_engine(house)
    await engine_back(house, dead)
    await caller.press("1")
    await caller.bridged(30)
    await caller.hang_up()
    await floor_empty(house)


async def test_a_hung_engine_is_killed_and_everybody_served(house: Centre) -> None:
    await sign_out(house, "seat-01")
    before = await in_line(house, "13800000031")
    hung = house.engine_pid()
    os.kill(hung, signal.SIGSTOP)
    stopped_boot_s = boot_s()
    meanwhile = await house.carrier.dial("95003", "13800000032")
    await meanwhile.answered()
    await until(lambda: _is_gone(hung), "the hung engine was not killed", 10)
    assert 2.0 < boot_s() - stopped_boot_s < 6.0
    await engine_back(house, hung)
    phone = await seat_taken(house, "seat-01")
    for caller in (before, meanwhile):
        await caller.bridged(BACK_S)
        await phone.hang_up()
    await floor_empty(house)
    # nobody was on duty: if the outage took more than 3 s there is the pause in which a message may be spoken
    assert gaps(await before.heard(), 1.0)[1:] == []


async def test_an_engine_that_wakes_from_a_long_stop_orders_nothing_that_is_no_longer_true(house: Centre) -> None:
    """The watchdog slept too, as on a machine put to sleep. What fell due meanwhile must hear the facts first."""
    for seat in ("seat-01", "seat-02"):
        await sign_out(house, seat)
    phone, other = [await seat_taken(house, seat) for seat in ("seat-01", "seat-02")]
    await phone.will_answer(after_s=2.0)
    rung = len(other.timeline.all("invited"))
    rings, answers = (len(phone.timeline.all(name)) for name in ("ringing", "answered"))  # of earlier tests
    caller = await house.carrier.dial("95003", "13800000041")
    await phone.timeline.nth("ringing", rings, 15)
    engine = house.engine_pid()
    async with nobody_restarts(house):
        os.kill(engine, signal.SIGSTOP)
        stopped_boot_s = boot_s()
        await phone.timeline.nth("answered", answers, 15)
        gone = await house.carrier.dial("95003", "13800000042")
        await gone.answered()
        await gone.hang_up()
        await asyncio.sleep(max(0.0, stopped_boot_s + STOPPED_S - boot_s()))
        os.kill(engine, signal.SIGCONT)
        await until(lambda: _states(house, ["talking"]), "the floor does not show the one talk there is")
    assert house.engine_pid() == engine
    served = await through(house, "13800000043")
    invited = [fact.details["caller"] for fact in other.timeline.all("invited")[rung:]]
    assert set(invited) == {"13800000043"}, "for nobody but the last caller, by whoever serves them first"
    assert caller.timeline.all("ended") == []
    for each in (phone, other):
        await each.hang_up()
    await caller.ended(15)
    await served.ended(15)
    await floor_empty(house)
    assert gaps(await caller.heard()) == []


async def test_a_house_that_is_drained_takes_nobody_else_and_stops_when_its_last_talk_is_over(house: Centre) -> None:
    """Also when its engine is killed meanwhile; the next `up` takes calls again."""
    for seat in ("seat-01", "seat-02"):
        await sign_out(house, seat)
    phone = await seat_taken(house, "seat-01")
    talking = await through(house, "13800000051")
    other = await seat_taken(house, "seat-02")
    rung = len(other.timeline.all("invited"))
    assert (await thirdring(house, "stop", "--drain", "--no-wait"))[0] == 0
    assert (await house.api.get("/health/ready")).json()["calls_left"] == 1
    dead = await kill_engine(house)
    late = await house.carrier.dial("95003", "13800000052")
    assert (await late.ended(20)).details["cause"] == "34", "a carrier can send it elsewhere"
    await engine_back(house, dead)
    assert (await house.api.get("/health/ready")).json()["state"] == "draining"
    assert late.timeline.all("answered") == [] and len(other.timeline.all("invited")) == rung

    since_utc_s = (await house.get("/live"))["snapshot"]["drain"]["since_utc_s"]
    watching = asyncio.create_task(thirdring(house, "stop", "--drain"))
    await house.until("drain", lambda entry: entry["since_utc_s"] > since_utc_s)
    await phone.hang_up()
    await talking.ended(15)
    assert await asyncio.wait_for(house.process.wait(), BACK_S) == 0
    code, said, complaints = await watching
    assert (code, complaints, said.splitlines()[-1]) == (0, "", "Stopped.")
    assert gaps(await talking.heard()) == []

    await house.up_again()
    await until(lambda: _is_ready(house), "the next start is not ready")
    phone = await seat_taken(house, "seat-01")
    await sign_out(house, "seat-02")
    served = await through(house, "13800000053")
    await phone.hang_up()
    await served.ended(15)
    await floor_empty(house)


async def _is_ready(house: Centre) -> bool:
    with contextlib.suppress(FileNotFoundError):  # the command line's token comes with the database
        return bool((await house.api.get("/health/ready")).json()["ok"])
    return False


async def through(house: Centre, number: str) -> CallerCall:
    """A caller who talks already."""
    caller = await house.carrier.dial("95003", number)
    await caller.bridged(20)
    return caller


async def waiting(house: Centre) -> dict[str, dict[str, float]]:
    return {key: entry for key, entry in (await calls_of(house)).items() if entry["state"] == "waiting"}


async def _count_waiting(house: Centre, count: int) -> bool:
    return len(await waiting(house)) == count


async def _states(house: Centre, wanted: list[str]) -> bool:
    return sorted(str(entry["state"]) for entry in (await calls_of(house)).values()) == wanted


async def _in_menu(house: Centre) -> bool:
    return any(entry["state"] == "menu" for entry in (await calls_of(house)).values())


async def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
