"""An embedded PBX in a directory of its own, rendered from a small house."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.house import Hotline, House, Queue, Seat, Trunk
from core.ids import HotlineId, QueueId, SeatId, TrunkId
from cti.credentials import Credentials, load_credentials
from cti.pbx.installation import Installation
from cti.pbx.layout import PbxLayout, PbxPorts
from cti.pbx.render import render
from cti.pbx.values import PBX_TEMPLATES, pbx_values


def small_house(*seats: str) -> House:
    """Two trunks, one hotline, one queue, and these seats (by default seat-01 and seat-02)."""
    queue = QueueId("presales")
    return House(
        name="测试热线",
        trunks=(
            Trunk(id=TrunkId("east"), name="东", host="127.0.0.2", port=0),
            Trunk(id=TrunkId("west"), name="西", host="127.0.0.3", port=0),
        ),
        hotlines=(Hotline(id=HotlineId("main"), number="95001", name={"zh-CN": "总机"}, flow="main", queue=queue),),
        skills=("general",),
        queues=(Queue(id=queue, name={"zh-CN": "售前"}, skills={"general": 1}),),
        seats=tuple(Seat(id=SeatId(seat)) for seat in seats or ("seat-01", "seat-02")),
    )


@dataclass(frozen=True, slots=True)
class PbxStage:
    """Where the PBX of one test lives. Ports are app.settings.Ports' offsets from `port_base`."""

    installation: Installation
    home: Path
    port_base: int

    @property
    def layout(self) -> PbxLayout:
        base = self.port_base
        ports = PbxPorts(base + 1, base + 3, base + 4, base + 5, base + 100, base + 999)
        return PbxLayout(self.installation, self.home / "pbx", self.home / "sounds", "a", ports)

    @property
    def credentials(self) -> Credentials:
        return load_credentials(self.home / "secrets/seats.key")

    def render(self, house: House, *extra_templates: Path) -> frozenset[str]:
        """Write the configuration; returns the files that changed."""
        self.layout.prepare()
        values = pbx_values(
            self.layout,
            house,
            self.credentials,
            agi=f"127.0.0.1:{self.port_base + 2}",
            ear=f"127.0.0.1:{self.port_base + 11}",
            simulated_carrier_port=self.port_base + 6,
            secrets=self.home / "secrets",
        )
        values |= {
            "recordings": self.home / "recordings",
            "messages": self.home / "messages",
        }
        return render((*extra_templates, *PBX_TEMPLATES), values, self.layout.etc)
