"""Where an instance's PBX lies, and its configuration files from the settings and the house."""

from __future__ import annotations

import os
from pathlib import Path

from app.clock import now
from app.lan import Office, open_office
from app.settings import Settings
from core.house import House
from cti.credentials import Credentials
from cti.pbx.installation import find_installation
from cti.pbx.layout import PbxLayout, PbxPorts
from cti.pbx.render import render
from cti.pbx.values import PBX_TEMPLATES, Reach, pbx_values


def pbx_layout(settings: Settings) -> PbxLayout:
    """The PBX's tree under home. Raises ConfigurationWrong: there is no Asterisk, or home's path is too long."""
    ports = settings.ports
    https = ports.pbx_https if settings.lan_name else 0
    pbx_ports = PbxPorts(ports.ami, ports.sip, ports.pbx_http, https, *ports.rtp)
    installation = find_installation(settings.home, settings.pbx_mode, os.environ)
    return PbxLayout(installation, settings.home / "pbx", settings.home / "sounds", settings.node, pbx_ports)


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
        ConfigurationWrong: a trunk's password file cannot be used.
        UnfitValue: something in the house cannot stand in a configuration file. Nothing was written.
    """
    layout = pbx_layout(settings)
    layout.prepare()
    office = office_of(settings)
    values = pbx_values(
        layout,
        house,
        credentials,
        agi=f"127.0.0.1:{settings.ports.agi}",
        reach=office.reach if office else Reach(bind="127.0.0.1", media_address=settings.media_address),
        simulated_carrier_port=settings.ports.carrier_sip,
        secrets=settings.home / "secrets",
    )
    return render(PBX_TEMPLATES, values, etc or layout.etc)
