"""Another certificate while the page is served: new connections see it, old ones go on."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from fastapi import FastAPI

from api.server import server_of, tls_context
from app import renewal
from app.certificates import fingerprint, read_chain
from app.lan import Office
from app.renewal import Renewal
from app.small_ca import SmallCa
from core.errors import ConfigurationWrong

HERE = IPv4Address("127.0.0.1")
NAME = "calls.office.test"


@dataclass
class Scene:
    """An office whose certificate can be replaced, and what happened to it."""

    directory: Path
    office: Office
    context: ssl.SSLContext
    port: int = 0
    wrong: str = ""
    loads: int = 0
    said: list[str] = field(default_factory=list)

    def look(self) -> Office:
        if self.wrong:
            raise ConfigurationWrong([self.wrong])
        return self.office

    async def load(self) -> None:
        self.loads += 1

    def renew(self) -> None:
        for file in self.directory.glob("server-*"):
            file.unlink()
        self.office = office_in(self.directory)

    @property
    def mark(self) -> str:
        return fingerprint(read_chain(self.office.certificate.chain)[0])

    async def shown(self) -> str:
        """The fingerprint that a new connection is shown."""
        _, writer = await self.connect()
        seen = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return fingerprint(x509.load_der_x509_certificate(seen))

    async def shows_the_new_one(self) -> bool:
        return await self.shown() == self.mark

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=context)


def office_in(directory: Path) -> Office:
    now = datetime.now(UTC)
    made = SmallCa.open(directory, NAME, HERE, now).server(NAME, HERE, now)
    return Office(NAME, HERE, "", made, None)


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(renewal, "LOOK_EVERY_S", 0.01)
    office = office_in(tmp_path)
    scene = Scene(tmp_path, office, tls_context(office.certificate.chain, office.certificate.key))
    app = FastAPI()
    app.add_api_route("/", lambda: {"ok": True})
    server = server_of(app, "127.0.0.1", 0, scene.context)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    scene.port = server.servers[0].sockets[0].getsockname()[1]
    yield scene
    server.should_exit = True
    await serving


@asynccontextmanager
async def renewing(scene: Scene) -> AsyncIterator[Renewal]:
    made = Renewal(
        scene.office, scene.context, scene.look, scene.load, lambda name, text: scene.said.append(f"{name}: {text}")
    )
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await true():  # noqa: ASYNC110 - as a browser would find out
            await asyncio.sleep(0.01)


async def broken(made: Renewal) -> bool:
    return bool(made.broken)


async def mended(made: Renewal) -> bool:
    return not made.broken


async def test_new_connections_see_it_and_old_ones_go_on(scene: Scene) -> None:
    reader, writer = await scene.connect()
    before = scene.mark
    async with renewing(scene):
        assert await scene.shown() == before
        scene.renew()
        assert scene.mark != before
        await until(scene.shows_the_new_one)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    assert scene.loads == 1 and scene.said == []


async def test_one_that_cannot_be_used_leaves_the_old_one_and_is_said_once(scene: Scene) -> None:
    async with renewing(scene) as made:
        scene.wrong = "given.key: this key does not belong to given.crt"
        await until(partial(broken, made))
        assert await scene.shown() == scene.mark
        assert "does not belong" in made.broken
        scene.wrong = ""
        await until(partial(mended, made))
    assert len(scene.said) == 2 and scene.loads == 0
    assert scene.said[1].startswith("certificate: The certificate is in order again, good until 20")


async def test_another_address_is_not_followed(scene: Scene) -> None:
    before = scene.mark
    async with renewing(scene) as made:
        scene.renew()
        scene.office = dataclasses.replace(scene.office, address=IPv4Address("127.0.0.9"))
        await until(partial(broken, made))
        assert await scene.shown() == before
    assert "start again" in made.broken
