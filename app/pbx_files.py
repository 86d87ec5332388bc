"""Where an instance's PBX lies, and its configuration files from the settings and the house."""

from __future__ import annotations

import os
from pathlib import Path

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
    pbx_ports = PbxPorts(ports.ami, ports.sip, ports.pbx_http, 0, *ports.rtp)
    installation = find_installation(settings.home, settings.pbx_mode, os.environ)
    return PbxLayout(installation, settings.home / "pbx", settings.home / "sounds", settings.node, pbx_ports)


def write_pbx_files(
    settings: Settings,
    house: House,
    credentials: Credentials,
    reach: Reach | None = None,
    etc: Path | None = None,
) -> frozenset[str]:
    """Render everything into the PBX's own directory, or into `etc`; the names of the files that changed.

    Raises:
        ConfigurationWrong: a trunk's password file cannot be used.
        UnfitValue: something in the house cannot stand in a configuration file. Nothing was written.
    """
    layout = pbx_layout(settings)
    layout.prepare()
    recordings, messages = settings.home / "recordings", settings.home / "messages"
    for directory in (recordings, messages):
        directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    values = pbx_values(
        layout,
        house,
        credentials,
        agi=f"127.0.0.1:{settings.ports.agi}",
        reach=reach,
        simulated_carrier_port=settings.ports.carrier_sip,
        secrets=settings.home / "secrets",
    )
    dialplan = {"recordings": recordings, "messages": messages}
    return render(PBX_TEMPLATES, values | dialplan, etc or layout.etc)
