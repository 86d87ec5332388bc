"""Callers' numbers and names that were made to break something: the call is served, nothing else happens."""

from __future__ import annotations

import asyncio
import re
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import pytest

from tests.integration.centre import BRIEF, Centre
from tests.integration.office import off_the_floor, office, shared, wait
from tests.integration.raw_caller import RawCaller, raw_caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBER = "95003"
"""Goes straight to people after the greeting: nobody has to press a key."""

FROM = {
    "quotes": r'"a\"b\\\"c" <sip:13800138000@127.0.0.2>',
    "variables": '"${SHELL(id)}" <sip:%24%7BGLOBAL(x)%7D%24%7BTHIRDRING_CALL%7D@127.0.0.2>',
    "expressions": '"$[1+1]" <sip:%24%5B2*3%5D@127.0.0.2>',
    "separators": '"a,b|c&d;e" <sip:1,2&3@127.0.0.2>',
    "dial-string": '"x" <sip:Local%2Fs%40hotline@127.0.0.2>',
    "newlines": '"a%0d%0aAction: Originate" <sip:1%0d%0aAction%3a%20Command@127.0.0.2>',
    "path": '"../../../etc/passwd" <sip:..%2f..%2f..%2fetc%2fpasswd@127.0.0.2>',
    "long": f'"{"n" * 200}" <sip:{"1" * 200}@127.0.0.2>',
    "chinese": '"坐席张三" <sip:%E5%BC%A0%E4%B8%89@127.0.0.2>',
    "not-utf8": '"\\xff\\xfe" <sip:%ff%fe%00@127.0.0.2>',
    "markup": '"<script>alert(1)</script>" <sip:%3cscript%3e@127.0.0.2>',
    "sql": "\"'; DROP TABLE calls; --\" <sip:'%3b--@127.0.0.2>",
    "withheld": '"Anonymous" <sip:anonymous@anonymous.invalid>',
}


GREETING = {("zh-CN", "welcome-complaints"): 700.0, ("zh-CN", "other-language"): 800.0}
building, house = shared(office(1, wrap_up_s=0), {**BRIEF, **GREETING})


async def test_hostile_callers_are_callers(house: Centre) -> None:
    """All at once, served one after the other: answered, rung, talked to, recorded under our own name, stored."""
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.05, talk_s=0.2)
    async with AsyncExitStack() as sockets:
        callers = {name: await sockets.enter_async_context(_trunk_caller(house)) for name in FROM}
        statuses = await asyncio.gather(*(caller.invite(NUMBER, FROM[name]) for name, caller in callers.items()))
        assert dict(zip(FROM, statuses, strict=True)) == dict.fromkeys(FROM, 200)
        await house.sign_in("agent-01", "seat-01")
        rows = await _stored(house, len(FROM))
    assert {(row["how"], row["seat"], row["tries"]) for row in rows} == {("agent", "seat-01", 1)}
    assert [row["caller"] for row in rows if not re.fullmatch(r"\**[0-9+]{0,4}", row["caller"])] == []
    assert [row["call"] for row in rows if not re.fullmatch(r"[a-z0-9.-]+", row["call"])] == []
    files = [path.name for path in house.recordings.rglob("*.wav")]
    assert [file for file in files if not re.fullmatch(r"[a-z0-9.-]+\.wav", file)] == []
    recorded = {row["call"] for row in rows if any(file.startswith(f"{row['call']}-agent-") for file in files)}
    assert recorded == {row["call"] for row in rows}
    assert (await house.api.get("/health")).status_code == 200


def _trunk_caller(house: Centre) -> AbstractAsyncContextManager[RawCaller]:
    return raw_caller("127.0.0.2", house.settings.ports.sip)


async def _stored(house: Centre, count: int) -> list[dict[str, Any]]:
    """The calls, once so many have ended and the journal has brought them to the database."""
    async with asyncio.timeout(60):
        while True:
            rows = [dict(row) for row in (await house.get("/calls"))["calls"] if row["how"]]
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "header",
    [
        "Diversion: <sip:95001@x>;reason=unconditional\r\nX-Evil: ${SHELL(id)}",
        'P-Asserted-Identity: "${GLOBAL(x)}" <sip:$[1]@x>',
        "X-THIRDRING_CALL: 1",
        "User-Agent: " + "u" * 2000,
    ],
    ids=["diversion", "asserted", "own-variable", "long"],
)
async def test_hostile_headers_change_nothing(house: Centre, header: str) -> None:
    async with raw_caller("127.0.0.3", house.settings.ports.sip) as caller:
        assert await caller.invite("95001", FROM["quotes"], (header,)) == 200
        await house.until("lines", lambda lines: lines["in_use"] == 1)
        caller.hang_up("95001", FROM["quotes"])
        await off_the_floor(house, "call/")


async def test_what_is_no_sip_is_dropped(house: Centre) -> None:
    """Braces may not stand in a SIP address (RFC 3261, 25.1): such a caller is never answered, and not a call."""
    async with _trunk_caller(house) as caller:
        assert await caller.silence(NUMBER, '"x" <sip:${GLOBAL(x)}@127.0.0.2>', for_s=1.0)
    assert (await house.get("/live"))["snapshot"]["lines"]["in_use"] == 0


async def test_afterwards_the_house_serves_as_before(house: Centre) -> None:
    """Nothing of all that stayed: no undigested input, the journal is stored whole, an ordinary caller is served."""
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await caller.bridged()
    await caller.hang_up()
    assert not [line for line in house.said if "Traceback" in line or "was not digested" in line], house.said
    alarms = {alarm["name"] for alarm in (await house.get("/live"))["snapshot"]["alarms"]["last"]}
    assert alarms <= {"recording"}, "these callers send no voice that could be recorded, and nothing else is wrong"
