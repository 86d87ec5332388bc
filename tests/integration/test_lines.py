"""Lines and numbers: who gets in, who is sent away, and that those inside notice nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

import httpx
import pytest

from cti.carrier.caller import CallerCall
from tests.integration.centre import PATIENCE_S, Centre
from tests.integration.office import ask, changed, dial, office, shared, shown
from tests.integration.raw_caller import raw_caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES, LINES_OF_B = 5, 2
AT_ONCE = 10
UNKNOWN_NUMBER, CONGESTION = "1", "34"


_a, _b = (trunk.model_dump() for trunk in office(1).trunks)
building, house = shared(office(1, lines={"inbound": LINES}, trunks=[_a, _b | {"lines": LINES_OF_B}]))


async def _refused(house: Centre, number: str = "95001", trunk: str = "a") -> str:
    """The cause with which a call ends that nobody ever answers."""
    caller = await house.carrier.dial(number, "13900139000", trunk, record=False)
    ended = await caller.ended()
    assert not caller.timeline.all("answered")
    return ended.details["cause"]


async def _blocked(house: Centre) -> dict[str, int]:
    lines = (await house.get("/live"))["snapshot"]["lines"]
    return {trunk: entry["blocked"] for trunk, entry in lines["by_trunk"].items()} | {"all": lines["blocked"]}


async def test_the_caller_beyond_the_last_line_gets_congestion_and_the_others_notice_nothing(house: Centre) -> None:
    before = await _blocked(house)
    callers = [await dial(house, record=False) for _ in range(LINES)]
    assert await _refused(house) == CONGESTION
    assert await _refused(house, trunk="b") == CONGESTION, "the limit is the house's, not only the trunk's"
    await house.until("lines", lambda lines: lines["blocked"] == before["all"] + 2)
    assert await _blocked(house) == {"a": before["a"] + 1, "b": before["b"] + 1, "all": before["all"] + 2}
    assert [caller.over for caller in callers] == [False] * LINES
    await house.until("lines", lambda lines: lines["in_use"] == LINES)
    await callers[0].hang_up()
    await callers[0].ended()
    await house.until("lines", lambda lines: lines["in_use"] == LINES - 1)
    again = await dial(house, record=False)
    assert (await shown(house, again))["state"] == "menu", "a freed line is used again at once"


async def test_a_trunk_has_a_limit_of_its_own(house: Centre) -> None:
    before = await _blocked(house)
    for _ in range(LINES_OF_B):
        await dial(house, trunk="b", record=False)
    assert await _refused(house, trunk="b") == CONGESTION
    await house.until("lines", lambda lines: lines["blocked"] == before["all"] + 1)
    await dial(house, trunk="a", record=False)


async def test_without_an_engine_too_and_counted_afterwards(house: Centre) -> None:
    before = await _blocked(house)
    for _ in range(LINES):
        await dial(house, record=False)
    engine = house.engine_pid()
    os.kill(engine, signal.SIGSTOP)
    try:
        assert await _refused(house) == CONGESTION
    finally:
        os.kill(engine, signal.SIGCONT)
    await house.until("lines", lambda lines: lines["blocked"] == before["all"] + 1)


async def test_refused_calls_are_counted_that_no_engine_saw(house: Centre) -> None:
    """The engine is killed; until the next one stands, the dialplan counts alone."""
    before = await _blocked(house)
    for _ in range(LINES):
        await dial(house, record=False)
    os.kill(house.engine_pid(), signal.SIGKILL)
    assert await _refused(house) == CONGESTION
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(httpx.TransportError):  # the next engine is not there yet
                if (await _blocked(house))["all"] == before["all"] + 1:
                    return
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("trunk", ["a", "b"])
@pytest.mark.parametrize(
    "number", ["95009", "9500", "950011", "s", "i", "blocked", "arrived", "h", "12345678901234567890"]
)
async def test_a_number_nobody_configured_is_refused(house: Centre, trunk: str, number: str) -> None:
    assert await _refused(house, number, trunk) == UNKNOWN_NUMBER


@pytest.mark.parametrize(("address", "expected"), [("127.0.0.2", 404), ("127.0.0.9", 401)])
async def test_only_trunks_call(house: Centre, address: str, expected: int) -> None:
    """An unknown number from a trunk is 404; whoever is no trunk is challenged, whatever number is dialled."""
    async with raw_caller(address, house.settings.ports.sip) as caller:
        number = "95009" if expected == 404 else "95001"
        assert await caller.invite(number, '"Somebody" <sip:13800138000@127.0.0.1>') == expected
    assert (await house.get("/live"))["snapshot"]["lines"]["in_use"] == 0


async def test_ninety_callers_at_once_and_the_next_one_is_sent_away(house: Centre) -> None:
    """As many as a house has lines by itself; those of this one are changed while it runs."""
    lines = office(1).lines
    before, figures_before = await _blocked(house), await _figures(house)
    async with changed(house, lines=lines.model_dump(mode="json")):
        callers: list[CallerCall] = []
        while len(callers) < lines.inbound:
            callers += await asyncio.gather(*(ask(house, record=False) for _ in range(AT_ONCE)))
        await house.until("queue/presales", lambda queue: queue["waiting"] == len(callers), timeout_s=40)
        assert await _refused(house) == CONGESTION
        await house.until("lines", lambda now: (now["in_use"], now["blocked"]) == (len(callers), before["all"] + 1))
        assert not any(caller.over for caller in callers)
        waiting = [entry for key, entry in (await house.get("/live"))["snapshot"].items() if key.startswith("call/")]
        assert {entry["state"] for entry in waiting} == {"waiting"}
        await house.carrier.hang_up_all()
        await house.until("lines", lambda now: now["in_use"] == 0)
    figures = await _figures(house)
    more = {name: figures[name] - figures_before[name] for name in ("offered", "abandoned")}
    assert (more, figures["conserved"]) == ({"offered": len(callers), "abandoned": len(callers)}, True)


async def _figures(house: Centre) -> dict[str, int]:
    return dict((await house.get("/live"))["snapshot"]["queue/presales"]["today"])
