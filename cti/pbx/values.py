"""What the templates of asterisk-conf/pbx are given: the house, our credentials, the places and ports."""

from __future__ import annotations

import ipaddress
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ConfigurationWrong
from core.house import House, Trunk
from core.ids import SeatId
from core.numbers import normalised, outbound
from cti.books import KEPT
from cti.credentials import Credentials
from cti.pbx.layout import PbxLayout
from cti.pbx.render import modules_not_allowed
from cti.translate import EVENTS

CONF = Path(__file__).resolve().parents[2] / "asterisk-conf"
HOUSE_TEMPLATES = (CONF / "pbx",)
PBX_TEMPLATES = (*HOUSE_TEMPLATES, CONF / "common")
_WANTED_FILES = 65536
_RESERVED_QUEUE = "general"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where phones and carriers find this PBX. `media_address` and `local_networks` matter behind NAT only;
    certificate and key open secure WebSocket."""

    bind: str = "127.0.0.1"
    media_address: str = ""
    local_networks: tuple[str, ...] = ()
    certificate: Path | None = None
    certificate_key: Path | None = None


@dataclass(frozen=True, slots=True)
class ManagerDoor:
    """Where AMI listens, and for whom. A remote PBX has a user for reloading alone; ours has its supervisor."""

    secret: str = field(repr=False)
    user: str = "thirdring"
    bind: str = "127.0.0.1"
    permit: str = "127.0.0.1"
    reload_user: str = ""
    reload_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TrunkLine:
    """A trunk as the PBX needs it. `numeric` hosts get an access list; names are resolved by Asterisk itself."""

    id: str
    host: str
    port: int
    username: str
    password: str
    register: bool
    dtmf: str
    numeric: bool
    lines: int
    caller_number: str


def pbx_values(
    layout: PbxLayout,
    house: House,
    credentials: Credentials,
    *,
    agi: str,
    ear: str,
    reach: Reach | None = None,
    simulated_carrier_port: int = 0,
    desk_generations: Mapping[SeatId, int] | None = None,
    web_generations: Mapping[SeatId, int] | None = None,
    secrets: Path | None = None,
    manager: ManagerDoor | None = None,
    banned: Sequence[str] = (),
    books: bool = False,
) -> dict[str, object]:
    """Values for every one of PBX_TEMPLATES; the dialplan's own are the caller's to add.

    `agi` and `ear` are host:port of the engine's FastAGI server and AudioSocket door; the generations are
    those of phones' passwords, by seat; `secrets` the directory that relative `secret_file`s start at; with `books` the
    dialplan keeps what its last calls came to, for an engine that cannot read the PBX's own call records.

    Raises:
        ConfigurationWrong: a carrier's password file is missing or open to others, or a queue has a reserved name.
    """
    _refuse_reserved(house)
    desk, web = desk_generations or {}, web_generations or {}
    return {
        "house": house,
        "reach": reach or Reach(),
        "banned": [ipaddress.ip_address(address) for address in banned],
        "manager": manager or ManagerDoor(credentials.ami_secret),
        "events": EVENTS,
        "agi_url": f"agi://{agi}/{credentials.agi_path}",
        "ear": ear,
        "booked": KEPT if books else 0,
        "phones": [credentials.phones(seat.id, desk.get(seat.id, 0), web.get(seat.id, 0)) for seat in house.seats],
        "trunks": [_trunk_line(trunk, house, simulated_carrier_port, secrets) for trunk in house.trunks],
    } | common_values(layout)


def common_values(layout: PbxLayout) -> dict[str, object]:
    """Values for asterisk-conf/common, which every Asterisk of ours needs."""
    return {
        "layout": layout,
        "ports": layout.ports,
        "noload": modules_not_allowed(layout.installation.modules, CONF / "modules.allowed"),
        "open_files": _open_files(),
    }


def _trunk_line(trunk: Trunk, house: House, simulated_carrier_port: int, secrets: Path | None) -> TrunkLine:
    return TrunkLine(
        id=trunk.id,
        host=trunk.host,
        port=trunk.port or simulated_carrier_port,
        username=trunk.username,
        password=_carrier_password(trunk, secrets) if trunk.username else "",
        register=trunk.register_with_carrier and bool(trunk.username),
        dtmf={"rfc4733": "rfc4733", "inband": "inband", "auto": "auto"}[trunk.dtmf],
        numeric=_is_numeric(trunk.host),
        lines=trunk.lines,
        caller_number=caller_number(trunk, house),
    )


def caller_number(trunk: Trunk, house: House) -> str:
    """What calls over this trunk show, as its carrier wants it: the trunk's own number, else the first hotline's."""
    number = normalised(trunk.caller_number or house.hotlines[0].number, house.number_plan)
    return outbound(number, trunk.number_format, house.number_plan) if number else ""


def _carrier_password(trunk: Trunk, secrets: Path | None) -> str:
    file = (secrets or Path()) / trunk.secret_file
    try:
        if file.stat().st_mode & 0o077:
            raise ConfigurationWrong([f"{file}: other users may read trunk {trunk.id}'s password; chmod 600"])
        return file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationWrong([f"{file}: password of trunk {trunk.id} cannot be read: {error}"]) from error


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _refuse_reserved(house: House) -> None:
    if any(queue.id == _RESERVED_QUEUE for queue in house.queues):
        raise ConfigurationWrong([f"queues: {_RESERVED_QUEUE!r} is a word of queues.conf; name the queue otherwise"])


def _open_files() -> int:
    """90 recorded calls hold some 1,500 descriptors, more than the usual soft limit of 1,024."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return _WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, _WANTED_FILES)
