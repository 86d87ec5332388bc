"""A small call centre on real telephones: the PBX, and the carrier with callers and seats' phones.

`telephony(…)` runs both; music is one tone (MUSIC_HZ), every caller and phone speaks another, so that
tests/integration/audio.py can tell from a recording who heard whom.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.carrier_plan import carrier_plan
from app.settings import Settings, read_settings
from core.house import House
from cti.carrier.carrier import Carrier
from cti.credentials import Credentials, load_credentials
from cti.pbx.installation import find_installation
from cti.pbx.layout import PbxLayout, PbxPorts
from cti.pbx.process import PbxProcess
from cti.pbx.render import render
from cti.pbx.values import PBX_TEMPLATES, pbx_values
from tests.integration.audio import write_tone
from tests.integration.ports import own_ports

SWITCHBOARD = Path(__file__).parent / "switchboard"
"""Templates that win over the product's: a PBX without engine, for tests of the carrier itself."""

MUSIC_HZ = 325
HOTLINE = "95001"


def small_house(port_base: int, seats: int = 3) -> House:
    """Two trunks, three hotlines, one queue, `seats` seats and as many agents who can do everything."""
    sip = port_base + 6
    return House.model_validate(
        {
            "name": "test",
            "trunks": [
                {"id": "a", "name": "A", "host": "127.0.0.2", "port": sip},
                {"id": "b", "name": "B", "host": "127.0.0.3", "port": sip},
            ],
            "hotlines": [
                {"id": f"h{n}", "number": f"9500{n}", "name": {"en": f"H{n}"}, "flow": "main", "queue": "service"}
                for n in (1, 2, 3)
            ],
            "skills": ["service"],
            "queues": [{"id": "service", "name": {"en": "Service"}, "skills": {"service": 1}, "wrap_up_s": 1}],
            "seats": [{"id": f"seat-{n:02}", "name": f"坐席{n:02}"} for n in range(1, seats + 1)],
            "agents": [
                {"id": f"agent-{n:02}", "name": f"坐席{n:02}", "skills": {"service": 5}} for n in range(1, seats + 1)
            ],
        }
    )


@dataclass(frozen=True, slots=True)
class Telephony:
    """Everything of one running pair of Asterisks. `settings.home` is its tree, away when the test is over."""

    settings: Settings
    house: House
    credentials: Credentials
    layout: PbxLayout
    pbx: PbxProcess
    carrier: Carrier


@asynccontextmanager
async def telephony(
    *, seats: int = 3, templates: Sequence[Path] = PBX_TEMPLATES, more_values: Mapping[str, object] | None = None
) -> AsyncIterator[Telephony]:
    """Run a PBX with `templates` (and `more_values` for them) and a carrier; stop both at the end.

    The Asterisk is the one that ./thirdring has fetched (or THIRDRING_PBX_ROOT). No phone is registered yet.
    """
    home = Path(tempfile.mkdtemp(prefix="thirdring-"))
    try:
        with own_ports() as port_base:
            settings = Settings(home=home, port_base=port_base)
            async with _running(settings, small_house(port_base, seats), templates, more_values or {}) as running:
                yield running
    finally:
        shutil.rmtree(home)


@asynccontextmanager
async def _running(
    settings: Settings, house: House, templates: Sequence[Path], more_values: Mapping[str, object]
) -> AsyncIterator[Telephony]:
    credentials = load_credentials(settings.home / "secrets/seats.key")
    installation = find_installation(read_settings().home, settings.pbx_mode, os.environ)
    ports = settings.ports
    pbx_ports = PbxPorts(ports.ami, ports.sip, 0, 0, *ports.rtp)
    layout = PbxLayout(installation, settings.home / "pbx", settings.home / "sounds", settings.node, pbx_ports)
    layout.prepare()
    write_tone(layout.music / "tone.wav", MUSIC_HZ, lasts_s=10.0)
    here = "127.0.0.1"
    values = pbx_values(layout, house, credentials, agi=f"{here}:{ports.agi}", ear=f"{here}:{ports.ear}")
    values |= dict(more_values)
    render(templates, values, layout.etc)
    pbx = PbxProcess(layout)
    await pbx.start()
    try:
        carrier = await Carrier.start(carrier_plan(settings, house, credentials, installation))
        try:
            yield Telephony(settings, house, credentials, layout, pbx, carrier)
        finally:
            await carrier.stop()
    finally:
        await pbx.stop()
