"""The office network: under which name and address browsers and phones find this instance, and with which certificate.

Browsers give no microphone to a page without HTTPS, so serving the network means TLS for the page (uvicorn)
and for the browser phones' WebSocket (Asterisk). `open_office` finds everything out and changes nothing but
secrets/lan; called again later it renews the certificate when that is due.
"""

from __future__ import annotations

import errno
import hashlib
import ipaddress
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.certificates import Certificate, IPv4, as_address, check, fingerprint, read_chain, write
from app.settings import Settings
from app.small_ca import SmallCa
from core.errors import ConfigurationWrong
from cti.pbx.values import Reach

# Phones and carriers at these addresses (RFC 1918, 3927, 6598, loopback) reach us without the router's translation,
# also those of a carrier's leased line.
LOCAL_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")
_ANYWHERE = ("192.0.2.1", 9)  # RFC 5737: connecting UDP there chooses a route and sends nothing


@dataclass(frozen=True, slots=True)
class Office:
    """This instance on the network. `ca` is the file browsers must install, None with a given certificate."""

    name: str
    address: IPv4
    media_address: str
    certificate: Certificate
    ca: Path | None

    @property
    def reach(self) -> Reach:
        """For cti.pbx.values.pbx_values. Behind a router, peers outside get the router's address for voice and SIP.

        Asterisk puts it only in place of an address that is local itself, so ours must be among them.
        """
        outside = self.media_address if self.media_address != str(self.address) else ""
        return Reach(
            bind=str(self.address),
            media_address=outside,
            local_networks=(*LOCAL_NETWORKS, f"{self.address}/32") if outside else (),
            certificate=self.certificate.chain,
            certificate_key=self.certificate.key,
        )

    @property
    def ca_fingerprint(self) -> str:
        """SHA-256 of the CA, for people to compare before they trust it; "" without an own CA."""
        return fingerprint(read_chain(self.ca)[0]) if self.ca else ""

    def page(self, port: int) -> str:
        return f"https://{self.name}:{port}/"


def open_office(settings: Settings, name: str, now: datetime) -> Office:
    """Where `name` (a host name or an address of this machine) leads, and a certificate for it.

    Call it again now and then (app.renewal): an answer that differs has a new certificate, in files of another name.

    Raises:
        ConfigurationWrong: the name leads elsewhere, or a certificate cannot be used; each says what to do.
    """
    address = own_address(name, settings.lan_bind)
    directory = _private(settings.home / "secrets/lan")
    if settings.lan_certificate_file and settings.lan_key_file:
        given = check(settings.lan_certificate_file, settings.lan_key_file, name, now)
        return Office(name, address, settings.media_address, _kept(given, directory), None)
    ca = SmallCa.open(directory, name, address, now)
    return Office(name, address, settings.media_address, ca.server(name, address, now), ca.file)


def own_address(name: str, bind: str = "") -> IPv4:
    """The IPv4 address of this machine to serve: `bind` where it is given, else where `name` leads.

    Raises:
        ConfigurationWrong: it is not an address of this machine that others can reach.
    """
    wanted = _addresses(bind or name)
    own = [address for address in wanted if _is_ours(address) and not address.is_loopback]
    if own:
        return own[0]
    shown = ", ".join(map(str, wanted)) or "no IPv4 address"
    if any(address.is_loopback for address in wanted):
        why = f"{bind or name} leads to {shown} here, which only this machine reaches"
    else:
        why = f"{bind or name} leads to {shown}, which is not this machine"
    raise ConfigurationWrong([f"--lan {name}: {why}. {_remedy(name)}"])


def _remedy(name: str) -> str:
    main = _main_address()
    if main is None:
        return "This machine has no network; connect it first."
    where = f"set lan_bind to {main}, an address of this machine"
    if as_address(name):
        return f"Use --lan {main} or {where}."
    return f"Let the network's DNS (or each computer's hosts file) lead {name} to {main}, and {where}."


def _addresses(name: str) -> list[IPv4]:
    """Every IPv4 address of a name; none when nobody knows it."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_DGRAM)
    except (socket.gaierror, UnicodeError):
        return []
    return list(dict.fromkeys(ipaddress.IPv4Address(each[4][0]) for each in found))


def _is_ours(address: IPv4) -> bool:
    """The system lets us bind it. Raises OSError for anything but a foreign address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EACCES):
                return False
            raise
    return not address.is_unspecified


def _main_address() -> IPv4 | None:
    """This machine's address on its default route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
        except OSError:
            return None
        return ipaddress.IPv4Address(probe.getsockname()[0])


def _private(directory: Path) -> Path:
    for each in (directory.parent, directory):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _kept(given: Certificate, directory: Path) -> Certificate:
    """A copy under a name of its own: Asterisk reads a certificate anew only when its file has another name."""
    whole = given.chain.read_bytes()
    mark = hashlib.sha256(whole).hexdigest()
    chain, key = directory / f"given-{mark}.crt", directory / f"given-{mark}.key"
    for file, content, mode in ((key, given.key.read_bytes(), 0o600), (chain, whole, 0o644)):
        if not file.exists() or file.read_bytes() != content:
            write(file, content, mode)
    return Certificate(chain, key, given.ends)
