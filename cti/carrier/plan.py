"""What a carrier is built from, and its configuration files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cti.carrier.accounts import TRUNKS, CarrierTrunk, PhoneAccount
from cti.pbx.layout import PbxLayout
from cti.pbx.render import modules_not_allowed, render
from cti.pbx.values import CONF, common_values

TEMPLATES = (CONF / "carrier", CONF / "common")
NOT_NEEDED = ("app_queue", "app_confbridge", "res_musiconhold", "res_timing_timerfd")
"""Modules of the PBX that complain without a configuration the carrier has no use for, and its timer."""
TIMER = "res_timing_pthread"
"""A telephone sends 50 packets each second. With timerfd an Asterisk whose threads wake late leaves packets out (an
event read late counts once); this timer makes up for them."""
DTMF_WAYS = ("rfc4733", "inband")


@dataclass(frozen=True, slots=True)
class CarrierPlan:
    """`layout.ports.sip` is the trunks' port, on one loopback address each; `phones_port` is the phones', on 127.0.0.1.

    `centre_host` and `centre_port` are where the call centre's PBX takes SIP, on this machine. `accounts` are the
    phones that can be made to register; with `phones_record` each keeps what it hears, 16 kB a second.
    """

    layout: PbxLayout
    phones_port: int
    centre_port: int
    ami_secret: str = field(repr=False)
    accounts: tuple[PhoneAccount, ...] = ()
    trunks: tuple[CarrierTrunk, ...] = TRUNKS
    phones_record: bool = True
    centre_host: str = "127.0.0.1"
    visitor_secret: str = field(default="", repr=False)
    """Of a caller in a browser, who may call through the first trunk; empty: there is none."""

    @property
    def heard(self) -> Path:
        """Where the carrier puts what callers and phones heard."""
        return self.layout.base / "heard"

    def account(self, seat: str) -> PhoneAccount:
        """Raises KeyError: this carrier has no phone for that seat."""
        try:
            return next(account for account in self.accounts if account.seat == seat)
        except StopIteration:
            raise KeyError(f"the carrier has no phone for seat {seat}") from None

    def write(self, registered: Iterable[PhoneAccount] = ()) -> None:
        """Write the configuration, with these phones registered. Raises UnfitValue; nothing was written then."""
        modules = self.layout.installation.modules
        values = common_values(self.layout) | {
            "noload": sorted({*modules_not_allowed(modules, CONF / "modules.allowed"), *NOT_NEEDED} - {TIMER}),
            "phones_port": self.phones_port,
            "centre_host": self.centre_host,
            "centre_port": self.centre_port,
            "ami_secret": self.ami_secret,
            "phones": self.accounts,
            "registered": tuple(registered),
            "trunks": self.trunks,
            "dtmf_ways": DTMF_WAYS,
            "visitor_secret": self.visitor_secret,
            "phones_record_in": self.heard if self.phones_record else "",
        }
        render(TEMPLATES, values, self.layout.etc)

    def prepare(self) -> None:
        """Make the directories and write the configuration with no phone registered."""
        self.layout.prepare()
        self.heard.mkdir(mode=0o750, exist_ok=True)
        self.write()
