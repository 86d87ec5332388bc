"""What the carrier has to know of the centre."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PhoneAccount:
    """What a phone needs to register: the seat it stands on, its SIP name and its password."""

    seat: str
    sip_name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CarrierTrunk:
    """A trunk as the carrier sees it: its name there (a, b), and the loopback address it calls from."""

    id: str
    address: str


TRUNKS = (CarrierTrunk("a", "127.0.0.2"), CarrierTrunk("b", "127.0.0.3"))
