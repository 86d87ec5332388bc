"""The deployment's settings: one frozen object, read once from thirdring.yaml and the environment.

What is edited while running (hotlines, queues, seats, …) is not here: that is the house.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Ports(BaseModel):
    """Every port of one instance, as offsets from `port_base`, so that instances live side by side."""

    model_config = ConfigDict(frozen=True)

    base: int = Field(ge=1024, le=63000)

    @property
    def api(self) -> int:
        return self.base

    @property
    def ami(self) -> int:
        return self.base + 1

    @property
    def agi(self) -> int:
        return self.base + 2

    @property
    def sip(self) -> int:
        """UDP and TCP."""
        return self.base + 3

    @property
    def pbx_http(self) -> int:
        """WebSocket for browser phones."""
        return self.base + 4

    @property
    def pbx_https(self) -> int:
        return self.base + 5

    @property
    def carrier_sip(self) -> int:
        return self.base + 6

    @property
    def carrier_ami(self) -> int:
        return self.base + 7

    @property
    def carrier_phones(self) -> int:
        """SIP port from which the carrier's simulated phones register."""
        return self.base + 8

    @property
    def rtp(self) -> tuple[int, int]:
        """First and last UDP port for voice."""
        return self.base + 100, self.base + 999

    @property
    def carrier_rtp(self) -> tuple[int, int]:
        return self.base + 1000, self.base + 1899


class Settings(BaseModel):
    """See docs/settings.md, which is generated from these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(description="everything this instance writes: data, recordings, PBX, logs")
    port_base: int = Field(
        default=20000, ge=1024, le=63000, description="first of the 2,000 ports this instance may use"
    )
    bind: str = Field(default="127.0.0.1", description="address of the API and the web page")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite under home")
    redis_url: str = Field(default="", description="redis://…; empty: in-process")

    @property
    def ports(self) -> Ports:
        return Ports(base=self.port_base)
