"""The house that is soaked: its own home and ports, AMI over a network that we can spoil, a carrier for each trunk.

The PBX runs as a remote one does, because only then the engine reaches it where we say: over the network between.
Each trunk has a carrier of its own, so that one can be gone while the other's callers talk on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.borrowed import borrow
from app.carrier_plan import carrier_plan
from app.current_house import last_known_house
from app.instance import Instance
from app.pbx_files import pbx_layout, write_pbx_files
from app.settings import Settings, read_settings, variable
from bench.bad_network import BadNetwork
from bench.dispatch import free_base, shorten_prompts
from bench.processes import ended
from bench.soak.sip_log import SipLog
from core.errors import PbxUnavailable, Refused
from core.house import House
from core.house_text import to_yaml
from core.ids import SeatId
from cti.carrier.accounts import TRUNKS
from cti.carrier.caller import CallerCall
from cti.carrier.carrier import Carrier
from cti.carrier.phone import Phone
from cti.carrier.plan import CarrierPlan
from cti.credentials import Credentials, load_credentials
from cti.pbx.installation import find_installation
from cti.pbx.layout import PbxPorts
from cti.pbx.process import PbxProcess

NETWORK, TRUNK_B_AMI, TRUNK_B_PHONES, TRUNK_B_VOICE = 50, 51, 52, 1900
"""Offsets of ports that no part of the product uses."""
RECORDINGS_MB = 1024
"""An hour of what ten seats say, in memory; full is what a fault makes it, not the talks."""
PATIENCE_S = 60.0
HOTLINES = {"95001": "presales", "95002": "after-sales", "95003": "complaints"}


def crowd(seats: int) -> House:
    """A queue and a hotline for each service; everybody can do everything, so all callers stand in one line."""
    numbers = range(1, seats + 1)
    skills = dict.fromkeys(HOTLINES.values(), 5)
    return House.model_validate(
        {
            "name": "soak",
            "trunks": [
                {"id": trunk.id, "name": trunk.id, "host": trunk.address, "port": 0, "lines": 90} for trunk in TRUNKS
            ],
            "hotlines": [
                {"id": name, "number": number, "name": {"en": name}, "flow": name, "queue": name}
                for number, name in HOTLINES.items()
            ],
            "recording": {"watermark_mb": RECORDINGS_MB // 16},
            "skills": list(skills),
            "queues": [{"id": name, "name": {"en": name}, "skills": {name: 1}, "wrap_up_s": 1} for name in skills],
            "seats": [{"id": f"seat-{n:02}"} for n in numbers],
            "agents": [
                {"id": f"agent-{n:02}", "name": f"agent-{n:02}", "skills": skills, "languages": ["zh-CN", "en"]}
                for n in numbers
            ],
        }
    )


@dataclass(slots=True)
class Ground:
    """A running house, and everything that faults take hold of."""

    settings: Settings
    house: House
    credentials: Credentials
    network: BadNetwork
    pbx: PbxProcess
    log: SipLog
    carriers: dict[str, Carrier] = field(default_factory=dict)
    plans: dict[str, CarrierPlan] = field(default_factory=dict)
    live: dict[str, CallerCall] = field(default_factory=dict)
    """Callers on the line, by number."""

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def instance(self) -> Instance:
        return Instance(self.settings)

    def engine_pid(self) -> int:
        return int((self.home / "run/engine.pid").read_text())

    async def board(self) -> dict[str, Any]:
        """The live board. Raises Refused while no engine serves it."""
        answer = await asyncio.to_thread(self.instance.get, "/live")
        return dict(answer["snapshot"])

    async def phone(self, seat: str) -> Phone:
        return await self.carriers["a"].phone(seat)


@asynccontextmanager
async def ground(seats: int, log: Path, port_base: int = 0) -> AsyncIterator[Ground]:
    """Everything up, nobody signed in. `log` is where the telephones' words go. Raises PbxUnavailable."""
    home = Path(tempfile.mkdtemp(prefix="thirdring-soak-"))
    try:
        settings = Settings(home=home, port_base=port_base or free_base())
        (home / "house.yaml").write_text(to_yaml(crowd(seats)), encoding="utf-8")
        borrow(home, read_settings().home)
        shorten_prompts(home / "sounds")
        with small_disk(home / "recordings"):
            async with _with_network(settings, log) as made, _up(settings), _telephones(made):
                await until(lambda: _reachable(made), "the trunks are not reachable")
                yield made
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A disk of its own for the recordings, so that it can be full; only root may have one mounted."""
    place.mkdir(mode=0o750)
    if os.geteuid() != 0:
        yield
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={RECORDINGS_MB}m,mode=0750", "tmpfs", str(place)]
    subprocess.run(mount, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@asynccontextmanager
async def _with_network(settings: Settings, log: Path) -> AsyncIterator[Ground]:
    """The PBX, and the network to its AMI."""
    credentials = load_credentials(settings.home / "secrets/seats.key")
    house = last_known_house(settings)
    secret = settings.home / "secrets/ami"
    secret.write_text(credentials.ami_secret)
    secret.chmod(0o600)
    remote = _remote(settings, settings.ports.ami)
    write_pbx_files(remote, house, credentials)
    network = BadNetwork(settings.port_base + NETWORK, settings.ports.ami)
    pbx = PbxProcess(pbx_layout(remote))
    await pbx.start()
    try:
        async with network.listening():
            with SipLog(log) as written:
                yield Ground(settings, house, credentials, network, pbx, written)
    finally:
        await asyncio.shield(pbx.stop())


def _remote(settings: Settings, ami_port: int) -> Settings:
    """A PBX that runs by itself, whose AMI is found there: its own port, or our network before it."""
    there = {"pbx_mode": "remote", "pbx_host": "127.0.0.1", "pbx_ami_user": "thirdring", "pbx_ami_port": ami_port}
    return settings.model_copy(update=there | {"pbx_ami_secret_file": settings.home / "secrets/ami"})


@asynccontextmanager
async def _up(settings: Settings) -> AsyncIterator[None]:
    """The product as its users start it, beside a PBX that it does not run."""
    wanted = _remote(settings, settings.port_base + NETWORK).model_copy(
        update={"log_level": "error", "keep_originals_h": 8.0}
    )
    environment = os.environ | {
        variable(key): str(value) for key, value in wanted.model_dump(exclude_defaults=True).items()
    }
    with (settings.home / "up.log").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "up", env=environment, stderr=said
        )
        try:
            yield
        finally:
            await ended(process)


@asynccontextmanager
async def _telephones(made: Ground) -> AsyncIterator[None]:
    """Two carriers: callers of trunk a and all phones, and callers of trunk b."""
    installation = find_installation(read_settings().home, made.settings.pbx_mode, os.environ)
    whole = carrier_plan(made.settings, made.house, made.credentials, installation)
    base = made.settings.port_base
    voice = base + TRUNK_B_VOICE
    ports = PbxPorts(base + TRUNK_B_AMI, whole.layout.ports.sip, 0, 0, voice, voice + 98)
    other = replace(whole.layout, base=made.home / "carrier-b", node="carrier-b", ports=ports)
    made.plans = {
        "a": replace(whole, trunks=TRUNKS[:1], phones_record=False),
        "b": replace(whole, layout=other, phones_port=base + TRUNK_B_PHONES, trunks=TRUNKS[1:], accounts=()),
    }
    try:
        for trunk, plan in made.plans.items():
            made.carriers[trunk] = await Carrier.start(plan)
        yield
    finally:
        for carrier in made.carriers.values():
            await asyncio.shield(carrier.stop())


async def _reachable(made: Ground) -> bool:
    trunks = (await made.board()).get("lines", {}).get("by_trunk", {})
    return len(trunks) == len(TRUNKS) and all(trunk["reachable"] for trunk in trunks.values())


async def until(true: Callable[[], Awaitable[bool]], otherwise: str, timeout_s: float = PATIENCE_S) -> None:
    """Ask again until it is so; while the API is away it is not. Raises PbxUnavailable."""
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                with contextlib.suppress(Refused, KeyError):
                    if await true():
                        return
                await asyncio.sleep(0.2)
    except TimeoutError as error:
        raise PbxUnavailable(f"{otherwise} within {timeout_s:.0f} s") from error


async def people_at_work(made: Ground, talks_s: dict[str, float], ring_s: dict[str, float]) -> None:
    """Every phone is registered and everybody has signed in; who talks for how long is logged."""
    for seat in made.house.seats:
        phone = await made.phone(seat.id)
        made.log.follow("phone", seat.id, phone.timeline)
        made.log.note("phone", seat.id, "talks", talk_s=talks_s[seat.id])
        await phone.will_answer(ring_s[seat.id], talks_s[seat.id])
        await phone.register()

    async def all_reachable() -> bool:
        board = await made.board()
        return all(bool(board[f"seat/{seat.id}"].get("reachable")) for seat in made.house.seats)

    await until(all_reachable, "the phones are not reachable")
    for seat, agent in zip(made.house.seats, made.house.agents, strict=True):
        await asyncio.to_thread(made.instance.post, f"/agents/{agent.id}/sign-in", {"seat": seat.id})


def sip_names(made: Ground) -> dict[str, str]:
    """The seat of each endpoint of the PBX."""
    return {made.credentials.sip_name(SeatId(seat.id)): seat.id for seat in made.house.seats}
