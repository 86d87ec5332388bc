"""An office: the PBX on one machine of a network, a browser phone and a SIP phone on another.

The two machines are network namespaces; everything else is real: Asterisk, uvicorn, Chromium with the
CA in its own database, SIPp.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from app.lan import LOCAL_NETWORKS
from app.small_ca import SmallCa
from core.ids import SeatId
from cti.carrier.line import closed_wav
from cti.credentials import SeatPhones
from cti.pbx.installation import Installation
from cti.pbx.process import PbxProcess
from cti.pbx.render import render
from cti.pbx.values import PBX_TEMPLATES, Reach, pbx_values
from tests.integration import audio
from tests.integration.lan.browser import Desk, browser_page, on_phone, phone_script
from tests.integration.lan.keys import alaw_keys
from tests.integration.lan.networks import OFFICE, Machine, office_network
from tests.integration.lan.sip_phone import SipPhone
from tests.integration.pbx_stage import PbxStage, small_house

NAME = "calls.office.test"
ROUTER = "203.0.113.10"
PORT_BASE = 28_500  # in a network of its own: nobody else's ports are there
TEMPLATES = Path(__file__).parent / "lan"
OUR_TONE_HZ, BROWSER_TONE_HZ = 520, 700
AUDIBLE_DBFS = -35.0
CALL_S = 2.0
DEADLINE_S = 20.0
CALLS_BY_ORDER = "res_clioriginate"  # the product's PBX does not load it; here it is how calls are made


@dataclass(frozen=True, slots=True)
class Office:
    """The running office. `heard` holds what each phone said, by endpoint."""

    here: Machine
    floor: Machine
    stage: PbxStage
    pbx: PbxProcess
    reach: Reach
    heard: Path

    def phones(self, seat: str) -> SeatPhones:
        return self.stage.credentials.phones(SeatId(seat))

    async def call(self, endpoint: str) -> None:
        """The PBX calls this phone and, answered, speaks a tone to it."""
        await self.pbx.order(f"channel originate PJSIP/{endpoint} extension talk@seat")

    async def spoken(self, endpoint: str, lasts_s: float) -> None:
        """Wait until that much of its voice is recorded. A file that another process writes has no event."""
        file = self.heard / f"{endpoint}.wav"
        async with asyncio.timeout(DEADLINE_S):
            while _voice_s(file) <= lasts_s:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def said(self, endpoint: str, from_s: float = 0.5) -> float:
        """The pitch of what it said in the last call, in Hz, once that is over."""
        recording = await closed_wav(self.heard / f"{endpoint}.wav")
        return audio.dominant_hz(recording, from_s)

    def shown_certificate(self) -> str:
        """The PEM certificate a browser on the floor is shown for the WebSocket."""
        port = self.stage.layout.ports.https
        ask = f"import ssl; print(ssl.get_server_certificate(({self.here.address!r}, {port})), end='')"
        return self.floor.run(sys.executable, "-c", ask)

    async def hang_up(self) -> None:
        await self.pbx.order("channel request hangup all")

    async def pressed(self, endpoint: str) -> str:
        """The keys it pressed in `keys`, once that is over."""
        name = "KEYS_" + re.sub("[^a-z0-9]", "", endpoint)
        found = re.search(rf"{name}=(.*)", await self.pbx.order("dialplan show globals"))
        return found[1].strip() if found else ""

    def render(self, reach: Reach) -> frozenset[str]:
        stage = self.stage
        values = pbx_values(
            stage.layout, small_house(), stage.credentials, agi="127.0.0.1:1", ear="127.0.0.1:1", reach=reach
        )
        loaded_here = {"noload": [name for name in _names(values["noload"]) if name != CALLS_BY_ORDER]}
        values |= {"heard": self.heard, "tone_hz": OUR_TONE_HZ} | loaded_here
        return render((TEMPLATES, *PBX_TEMPLATES), values, stage.layout.etc)


def _voice_s(file: Path) -> float:
    """What is recorded so far. A file that was only just made has not even its header."""
    try:
        return audio.read(file).lasts_s
    except (FileNotFoundError, ValueError):
        return 0.0


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return phone_script(tmp_path_factory.mktemp("page"))


@pytest.fixture
def network() -> Iterator[tuple[Machine, Machine]]:
    with office_network() as machines:
        yield machines


@pytest.fixture
def router() -> dict[str, Any]:
    """What a router between the office and the world changes of its reach; there is none."""
    return {}


@pytest.fixture
async def office(
    network: tuple[Machine, Machine],
    installation: Installation,
    short_dir: Path,
    script: Path,
    router: dict[str, Any],
) -> AsyncIterator[Office]:
    """The page is served and the PBX takes calls, both on the first machine."""
    here, floor = network
    (heard := short_dir / "heard").mkdir()
    server, reach = await _serve(here, short_dir, script)
    reach = dataclasses.replace(reach, **router)
    there = dataclasses.replace(installation, command=(*here.enter, *installation.command))
    stage = PbxStage(there, short_dir, PORT_BASE)
    stage.layout.prepare()
    office = Office(here, floor, stage, PbxProcess(stage.layout), reach, heard)
    try:
        office.render(reach)
        await office.pbx.start()
        yield office
    finally:
        await office.pbx.stop()
        server.terminate()
        await server.wait()


async def _serve(here: Machine, home: Path, script: Path) -> tuple[asyncio.subprocess.Process, Reach]:
    """Start the office's page; what it found out for the PBX."""
    arguments = (home, NAME, here.address, PORT_BASE, script)
    server = await asyncio.create_subprocess_exec(
        *here.enter, sys.executable, "-m", "tests.integration.lan.machine", *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout
    found = json.loads(await server.stdout.readline())
    assert await server.stdout.readline() == b"serving\n"
    reach = Reach(
        found["bind"],
        found["media_address"],
        tuple(found["local_networks"]),
        Path(found["certificate"]),
        Path(found["certificate_key"]),
    )
    return server, reach


@pytest.fixture
def sip_phone(office: Office, thirdring_home: Path, short_dir: Path) -> SipPhone:
    """The desk phone of the second seat, on the floor, not registered yet."""
    (directory := short_dir / "sip-phone").mkdir()
    (directory / "keys.alaw").write_bytes(alaw_keys("2580"))
    registrar = f"{office.here.address}:{office.stage.layout.ports.sip}"
    phone = office.phones("seat-02")
    return SipPhone(office.floor, thirdring_home / "tools", directory, registrar, phone.sip_name, phone.secret)


async def visit(page: Page, address: str) -> None:
    """Chromium gives a page up when an interface comes or goes on the machine: other tests make networks, too."""
    while True:
        try:
            await page.goto(address)
            return
        except PlaywrightError as error:
            if "ERR_NETWORK_CHANGED" not in error.message:
                raise


@pytest.fixture
async def page(office: Office, thirdring_home: Path, short_dir: Path) -> AsyncIterator[Page]:
    """The office's page in a browser on the floor, its phone registered."""
    (home := short_dir / "browser").mkdir()
    voice = short_dir / "voice.wav"
    audio.write_tone(voice, BROWSER_TONE_HZ, 5.0)
    ca = short_dir / "secrets/lan/ca.crt"
    desk = Desk(office.floor, home, ca, voice, thirdring_home / "tools", {NAME: office.here.address})
    phone = office.phones("seat-01")
    async with browser_page(desk) as page:
        await visit(page, f"https://{NAME}:{PORT_BASE}/")
        socket = f"wss://{NAME}:{office.stage.layout.ports.https}/ws"
        account = {"socket": socket, "uri": f"sip:{phone.web_name}@{NAME}", "password": phone.web_secret}
        await on_phone(page, "register", account)
        yield page


async def test_a_browser_on_the_network_talks_both_ways(office: Office, page: Page) -> None:
    endpoint = office.phones("seat-01").web_name
    await on_phone(page, "awaitCall")
    await office.call(endpoint)
    await page.evaluate("answered")
    heard = await on_phone(page, "heard")
    assert heard["codec"] == "audio/PCMA"
    assert heard["dbfs"] > AUDIBLE_DBFS
    assert math.isclose(heard["hz"], OUR_TONE_HZ, abs_tol=10)
    described = await on_phone(page, "descriptions")
    _is_alaw_at(described["remote"], office.here.address)
    _is_alaw_at(described["local"], office.floor.address)
    await on_phone(page, "hangUp")
    assert math.isclose(await office.said(endpoint), BROWSER_TONE_HZ, abs_tol=5)


async def test_a_browser_that_calls_speaks_alaw_and_presses_keys(office: Office, page: Page) -> None:
    await on_phone(page, "call", "keys")
    described = await on_phone(page, "descriptions")
    _is_alaw_at(described["remote"], office.here.address)
    await on_phone(page, "press", "159#")
    await page.evaluate("phone.over()")
    assert await office.pressed(office.phones("seat-01").web_name) == "159"


async def test_a_sip_phone_on_the_network_talks_both_ways(office: Office, sip_phone: SipPhone) -> None:
    """It echoes what it hears: our own tone comes back only if both ways carry it."""
    await sip_phone.register()
    async with sip_phone.answering():
        await office.call(sip_phone.name)
        await office.spoken(sip_phone.name, CALL_S)
        await office.hang_up()
        assert math.isclose(await office.said(sip_phone.name), OUR_TONE_HZ, abs_tol=5)
    (offer,) = sip_phone.sdp("answer")
    _is_alaw_at(offer, office.here.address)


async def test_a_sip_phone_presses_keys_in_its_voice(office: Office, sip_phone: SipPhone) -> None:
    await sip_phone.register()
    await sip_phone.call_and_press()
    (answer,) = sip_phone.sdp("call")
    _is_alaw_at(answer, office.here.address)
    assert await office.pressed(sip_phone.name) == "2580"


@pytest.mark.parametrize(
    ("router", "told"),
    [
        ({"media_address": ROUTER, "local_networks": LOCAL_NETWORKS}, OFFICE),
        ({"media_address": ROUTER, "local_networks": (f"{OFFICE}/32",)}, ROUTER),
    ],
    ids=["inside", "outside"],
)
async def test_only_phones_beyond_the_router_are_told_its_address(
    office: Office, sip_phone: SipPhone, told: str
) -> None:
    await sip_phone.register()
    async with sip_phone.answering():
        await office.call(sip_phone.name)
        await office.spoken(sip_phone.name, 0)
        await office.hang_up()
    (offer,) = sip_phone.sdp("answer")
    _is_alaw_at(offer, told)


async def test_a_renewed_certificate_is_taken_up_while_calls_go_on(
    office: Office, sip_phone: SipPhone, short_dir: Path
) -> None:
    await sip_phone.register()
    async with sip_phone.answering():
        await office.call(sip_phone.name)
        await office.spoken(sip_phone.name, CALL_S)
        assert office.shown_certificate() == _text(office.reach.certificate)
        address, much_later = IPv4Address(office.here.address), datetime.now(UTC) + timedelta(days=380)
        renewed = SmallCa.open(short_dir / "secrets/lan", NAME, address, much_later).server(NAME, address, much_later)
        reach = dataclasses.replace(office.reach, certificate=renewed.chain, certificate_key=renewed.key)
        await office.pbx.reload(office.render(reach))
        assert office.shown_certificate() == _text(renewed.chain) != _text(office.reach.certificate)
        await office.spoken(sip_phone.name, 2 * CALL_S)
        await office.hang_up()
        assert math.isclose(await office.said(sip_phone.name, CALL_S), OUR_TONE_HZ, abs_tol=5)


def _text(file: Path | None) -> str:
    assert file
    return file.read_text(encoding="ascii")


def _names(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


def _codecs(sdp: str) -> list[str]:
    found = re.search(r"^m=audio \d+ \S+ (.*)$", sdp, re.MULTILINE)
    assert found, sdp
    return found[1].split()


def _is_alaw_at(sdp: str, address: str) -> None:
    """A-law comes first; voice is to be sent to the network's address (c=, RFC 8866; IPv4 candidates, RFC 8839)."""
    assert _codecs(sdp)[0] == "8"
    connections = re.findall(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE)
    candidates = re.findall(r"^a=candidate:\S+ \d \S+ \d+ ([0-9.]+) ", sdp, re.MULTILINE)
    assert {*connections, *candidates} == {address}
