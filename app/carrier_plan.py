"""The simulated carrier of one instance: its place, ports and phones, from the settings and the house."""

from __future__ import annotations

from app.instance import sip_host
from app.phone_generations import DESK, read_generations
from app.settings import Settings
from core.errors import Refused
from core.house import House
from cti.carrier.accounts import PhoneAccount
from cti.carrier.plan import CarrierPlan
from cti.credentials import Credentials
from cti.pbx.installation import Installation
from cti.pbx.layout import PbxLayout, PbxPorts

NODE = "carrier"


def refuse_remote(settings: Settings) -> None:
    """Raises Refused: the carrier is on loopback, and the PBX is not."""
    if settings.pbx_mode == "remote":
        raise Refused("The simulated carrier reaches a PBX on this machine only. Call a remote one from a telephone.")


def carrier_plan(settings: Settings, house: House, credentials: Credentials, installation: Installation) -> CarrierPlan:
    """A phone for every seat of the house; the trunks call from 127.0.0.2 (a) and 127.0.0.3 (b).

    Raises:
        ConfigurationWrong: home's path is too long.
        Refused: the PBX is another machine's, which loopback does not reach.
    """
    refuse_remote(settings)
    ports = settings.ports
    first, last = ports.carrier_rtp
    carrier_ports = PbxPorts(
        ami=ports.carrier_ami, sip=ports.carrier_sip, http=0, https=0, rtp_first=first, rtp_last=last
    )
    base = settings.home / "carrier"
    layout = PbxLayout(installation, base, base / "sounds", NODE, carrier_ports)
    generations = read_generations(settings.home / "secrets", DESK)
    phones = (credentials.phones(seat.id, generations.get(seat.id, 0)) for seat in house.seats)
    return CarrierPlan(
        layout=layout,
        phones_port=ports.carrier_phones,
        centre_port=ports.sip,
        centre_host=sip_host(settings),
        ami_secret=credentials.carrier_secret,
        accounts=tuple(PhoneAccount(phone.seat, phone.sip_name, phone.secret) for phone in phones),
    )
