"""`up --lan` whole: a renewed certificate is shown by page and PBX without a restart, and what stands goes on."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.integration.centre import Centre, centre
from tests.integration.survival import health, house_of_four, until

pytestmark = pytest.mark.timeout(180)


def address() -> str:
    """One of this machine's that others could reach. Connecting UDP chooses a route and sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


@asynccontextmanager
async def _on_the_network(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    yield {"THIRDRING_LAN_NAME": address()}


@pytest.fixture
async def house() -> AsyncIterator[Centre]:
    async with centre(house_of_four(), around=_on_the_network) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Doors:
    """The two that show the certificate: the page and the browser phones' WebSocket."""

    host: str
    page: int
    phones: int

    def shown(self, port: int) -> str:
        return ssl.get_server_certificate((self.host, port), timeout=5)

    async def connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return await asyncio.open_connection(self.host, port, ssl=context)


async def test_a_renewed_certificate_is_served_without_a_restart(house: Centre) -> None:
    ports, secrets = house.settings.ports, house.settings.home / "secrets/lan"
    doors = Doors(address(), ports.api, ports.pbx_https)
    before = _only(secrets).read_text()
    assert await asyncio.to_thread(doors.shown, doors.page) == before
    assert await asyncio.to_thread(doors.shown, doors.phones) == before
    engine, pbx = house.engine_pid(), house.pbx_pid()
    reader, writer = await doors.connect(doors.phones)

    for file in secrets.glob("server-*"):
        file.unlink()

    async def renewed() -> bool:
        made = list(secrets.glob("server-*.crt"))
        return bool(made) and {await asyncio.to_thread(doors.shown, door) for door in (doors.page, doors.phones)} == {
            made[0].read_text()
        }

    await until(renewed, "the old certificate is still shown", 40.0)
    assert _only(secrets).read_text() != before
    writer.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 404")
    writer.close()
    assert (house.engine_pid(), house.pbx_pid()) == (engine, pbx)
    said = (await health(house))["certificate"]
    assert said["ok"] and said["detail"].startswith("good until ")
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=secrets / "ca.crt")) as browser:
        assert (await browser.get(f"https://{doors.host}:{doors.page}/api/v1/health/live")).status_code == 200


def _only(secrets: Path) -> Path:
    (chain,) = secrets.glob("server-*.crt")
    return chain
