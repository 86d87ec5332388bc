"""Other systems' answers are theirs: packed, endless, nested or slow ones, and strange addresses, harm nobody here."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.look_ups import NO_ANSWER, HttpLookUps
from app.outside import MOST_BYTES, Network, NotSent, get_outside, may_reach, post_outside
from core.house import LookUp
from tests.unit.floor import small_house

OURS = (ipaddress.ip_network("127.0.0.0/8"),)
DEEP = b"[" * (sys.getrecursionlimit() * 10)


@dataclass(slots=True)
class System:
    """One that answers as a test says, to the byte, or never; `got` is what it was asked."""

    answer: bytes | None
    port: int = 0
    got: list[bytes] = field(default_factory=list)
    lines: list[asyncio.Transport] = field(default_factory=list)


class _Line(asyncio.Protocol):
    def __init__(self, system: System) -> None:
        self._system, self._asked = system, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._system.lines.append(transport)

    def data_received(self, data: bytes) -> None:
        self._asked += data
        if b"\r\n\r\n" in self._asked and self._system.answer is not None:
            self._system.got.append(self._asked)
            self._transport.write(self._system.answer)
            self._transport.close()


@asynccontextmanager
async def system(body: bytes | None, *headers: str) -> AsyncIterator[System]:
    head = "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", *headers, "Connection: close", ""))
    found = System(None if body is None else head.encode() + body)
    async with await asyncio.get_running_loop().create_server(lambda: _Line(found), "127.0.0.1", 0) as server:
        found.port = server.sockets[0].getsockname()[1]
        try:
            yield found
        finally:
            server.close()
            for _ in range(5):  # who is accepted already has a line in the next turn, and loses it in another
                for line in found.lines:
                    line.abort()
                await asyncio.sleep(0)


@pytest.mark.parametrize("body", [DEEP, DEEP.replace(b"[", b'{"a":'), b"", b"\xff\xfe", b"1" * 5000, b"<html>"])
async def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    async with system(body) as one:
        assert await post_outside(f"http://127.0.0.1:{one.port}/", {}, {}, OURS) is None


async def test_a_packed_answer_is_not_unpacked() -> None:
    """A megabyte of it would be a gigabyte here."""
    packed = gzip.compress(b'{"answer": "' + b"a" * 100 * MOST_BYTES + b'"}')
    async with system(packed, "Content-Encoding: gzip") as one:
        assert await post_outside(f"http://127.0.0.1:{one.port}/", {}, {}, OURS) is None
    assert b"accept-encoding: identity" in one.got[0].lower()


@pytest.mark.parametrize(
    "host", ["localhost\u3002", "\u20dd", "a" * 64, "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54"]
)
async def test_a_name_of_strange_letters_is_looked_up_as_it_is_meant_or_told(host: str) -> None:
    """Fullwidth letters mean the plain ones (RFC 3490), and so do addresses that they lead to."""
    async with system(b"{}") as one:
        with pytest.raises(NotSent):
            await post_outside(f"http://{host}:{one.port}/", {}, {}, ())
    assert one.got == []


async def test_a_name_beyond_ascii_is_asked_under_its_ascii_form() -> None:
    async with system(b'{"name": "x"}') as one:
        url = f"http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54:{one.port}/%E4%BE%8B"
        assert await get_outside(url, {}, (*OURS, ipaddress.ip_network("::1/128")), 5.0) == {"name": "x"}
    assert b"Host: localhost" in one.got[0] or b"host: localhost" in one.got[0].lower()


@pytest.mark.parametrize(
    "address", ["::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1", "64:ff9b:1::1", "::a00:1", "fec0::1"]
)
def test_an_address_of_ours_in_other_clothes_is_not_reached(address: str) -> None:
    """As IPv4 in IPv6, by a translator (RFC 6052, RFC 8215) or compatible, and what was site-local."""
    assert not may_reach(ipaddress.ip_address(address), ())


def test_public_addresses_are_reached_also_by_a_translator() -> None:
    for address in ("198.41.0.4", "2001:503:ba3e::2:30", "64:ff9b::c629:4"):
        assert may_reach(ipaddress.ip_address(address), ()), address
    for address, network in (("64:ff9b::a00:1", "10.0.0.0/8"), ("::1", "::1/128"), ("fec0::1", "fec0::/10")):
        assert may_reach(ipaddress.ip_address(address), (ipaddress.ip_network(network),)), address


async def test_a_name_that_nobody_answers_for_takes_no_longer_than_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver asks its servers again and again."""

    async def never(*asked: object, **how: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never, raising=False)
    async with asyncio.timeout(5.0):
        with pytest.raises(NotSent, match="TimeoutError"):
            await get_outside("http://crm.test/", {}, (), 0.05)


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "坐席", "a\x00b"])
async def test_a_token_that_is_no_header_is_told(token: str) -> None:
    async with system(b"{}") as one:
        with pytest.raises(NotSent):
            await post_outside(f"http://127.0.0.1:{one.port}/", {}, {"Authorization": f"Bearer {token}"}, OURS)
    assert not any(b"X-Evil" in head for head in one.got)


async def asked(url: str, networks: Sequence[Network], timeout_s: float = 5.0) -> object:
    rules = LookUp(id="case", url=url, timeout_s=timeout_s)
    house = small_house().model_copy(update={"look_ups": (rules,)})
    return await HttpLookUps(house, Path("/nonexistent"), networks)("case", {"case": "1"}, ("price",))


async def test_a_flow_asks_public_addresses_and_those_that_the_settings_name() -> None:
    """The house is edited in a browser: it is no way into this machine's own services."""
    async with system(b'{"answer": "ready", "values": {"price": 12}}') as one:
        url = f"http://127.0.0.1:{one.port}/"
        assert await asked(url, ()) == NO_ANSWER
        assert one.got == []
        assert await asked(url, OURS) == ("ready", {"price": "12"})


@pytest.mark.parametrize("body", [DEEP, b"[]", b'{"answer": 1}', b'{"answer": "' + b"x" * MOST_BYTES + b'"}'])
async def test_another_answer_to_a_flow_is_none(body: bytes) -> None:
    async with system(body) as one:
        assert await asked(f"http://127.0.0.1:{one.port}/", OURS) == NO_ANSWER


async def test_a_flow_waits_no_longer_than_the_house_says() -> None:
    async with system(None) as one:
        assert await asked(f"http://127.0.0.1:{one.port}/", OURS, 0.2) == NO_ANSWER
