"""Where an instance's PBX lies, and its configuration files from the settings and the house.

A remote PBX has the same home at the same path, shared or copied: `./thirdring pbx` there writes all files and
runs it, the engine here writes those that follow the house.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from app.ban_list import read_bans
from app.clock import now
from app.lan import Office, open_office
from app.phone_generations import DESK, WEB, read_generations
from app.settings import Settings
from core.errors import ConfigurationWrong
from core.house import House
from cti.credentials import Credentials
from cti.pbx.installation import Installation, find_installation
from cti.pbx.layout import PbxLayout, PbxPorts
from cti.pbx.render import render
from cti.pbx.values import HOUSE_TEMPLATES, PBX_TEMPLATES, ManagerDoor, Reach, pbx_values

_ELSEWHERE = Installation((), Path("/nowhere"), Path("/nowhere"))


def pbx_layout(settings: Settings) -> PbxLayout:
    """The PBX's tree under home. Raises ConfigurationWrong: there is no Asterisk, or home's path is too long."""
    ports, remote = settings.ports, settings.pbx_mode == "remote"
    https = ports.pbx_https if settings.lan_name else 0
    ami = settings.pbx_ami_port if remote else ports.ami
    pbx_ports = PbxPorts(ami, ports.sip, ports.pbx_http, https, *ports.rtp)
    return PbxLayout(_installation(settings), settings.home / "pbx", settings.home / "sounds", settings.node, pbx_ports)


def _installation(settings: Settings) -> Installation:
    """The engine of a remote PBX needs no Asterisk of its own."""
    try:
        return find_installation(settings.home, settings.pbx_mode, os.environ)
    except ConfigurationWrong:
        if settings.pbx_mode != "remote":
            raise
        return _ELSEWHERE


def office_of(settings: Settings) -> Office | None:
    """This instance on the office network, None when it serves this machine only. Raises ConfigurationWrong."""
    return open_office(settings, settings.lan_name, now().wall) if settings.lan_name else None


def write_pbx_files(
    settings: Settings,
    house: House,
    credentials: Credentials,
    etc: Path | None = None,
) -> frozenset[str]:
    """Render everything into the PBX's own directory, or into `etc`; the names of the files that changed.

    Raises:
        ConfigurationWrong: a trunk's or an AMI user's password file cannot be used.
        UnfitValue: something in the house cannot stand in a configuration file. Nothing was written.
    """
    layout = pbx_layout(settings)
    layout.prepare()
    return _write(settings, house, credentials, layout, PBX_TEMPLATES, etc)


def write_house_files(
    settings: Settings,
    house: House,
    credentials: Credentials,
    etc: Path | None = None,
) -> frozenset[str]:
    """As `write_pbx_files`, but of a remote PBX only what follows the house: the rest is its own machine's."""
    if settings.pbx_mode != "remote":
        return write_pbx_files(settings, house, credentials, etc)
    layout = pbx_layout(settings)
    layout.etc.mkdir(mode=0o750, parents=True, exist_ok=True)
    return _write(settings, house, credentials, layout, HOUSE_TEMPLATES, etc)


def _write(
    settings: Settings,
    house: House,
    credentials: Credentials,
    layout: PbxLayout,
    templates: Sequence[Path],
    etc: Path | None,
) -> frozenset[str]:
    remote = settings.pbx_mode == "remote"
    ours = settings.agi_bind if remote else "127.0.0.1"
    values = pbx_values(
        layout,
        house,
        credentials,
        agi=f"{ours}:{settings.ports.agi}",
        ear=f"{ours}:{settings.ports.ear}",
        reach=_reach(settings),
        simulated_carrier_port=settings.ports.carrier_sip,
        secrets=settings.home / "secrets",
        desk_generations=read_generations(settings.home / "secrets", DESK),
        web_generations=read_generations(settings.home / "secrets", WEB),
        manager=_manager(settings, credentials),
        banned=[ban.address for ban in read_bans(settings.home)],
        books=remote,
    )
    return render(templates, values, etc or layout.etc)


def _reach(settings: Settings) -> Reach:
    if settings.pbx_mode == "remote":
        return Reach(bind=_address(settings.pbx_host), media_address=settings.media_address)
    office = office_of(settings)
    return office.reach if office else Reach(bind="127.0.0.1", media_address=settings.media_address)


def _manager(settings: Settings, credentials: Credentials) -> ManagerDoor:
    if settings.pbx_mode != "remote":
        return ManagerDoor(credentials.ami_secret)
    return ManagerDoor(
        ami_password(settings.pbx_ami_secret_file),
        settings.pbx_ami_user,
        bind=_address(settings.pbx_host),
        permit=_address(settings.agi_bind),
        reload_user=settings.pbx_reload_user,
        reload_secret=ami_password(settings.pbx_reload_secret_file) if settings.pbx_reload_user else "",
    )


def ami_password(file: Path | None) -> str:
    """The one line of such a file. Raises ConfigurationWrong: it cannot be read, or is empty."""
    try:
        text = file.read_text(encoding="utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationWrong([f"{file}: the AMI user's password cannot be read: {error}"]) from error
    if not text:
        raise ConfigurationWrong([f"{file}: the AMI user's password is empty"])
    return text


def _address(name: str) -> str:
    """Asterisk binds to addresses, not to names. Raises ConfigurationWrong."""
    try:
        return socket.gethostbyname(name)
    except OSError as error:
        raise ConfigurationWrong([f"{name}: this name leads to no IPv4 address: {error}"]) from error
