"""This instance's own small CA and the server certificates it makes.

The CA may vouch for nothing but the instance's name and private addresses (RFC 5280, 4.2.1.10): whoever
steals its key cannot play a bank to the browsers that trust it. Its key never leaves secrets/lan.

A server certificate lasts 397 days, below what every browser accepts from a private CA (825 days at
Apple), and is renewed 30 days before its end. Each one has files of its own, so that a server never
sees the certificate of one and the key of another, and Asterisk sees that something changed.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.certificates import Certificate, IPv4, addresses_of, as_address, check, fits, read_chain, read_key, write
from core.errors import ConfigurationWrong

CA_LASTS = timedelta(days=3650)
SERVER_LASTS = timedelta(days=397)
_CLOCKS_DIFFER = timedelta(days=1)
_NO_NAME = "invalid"  # RFC 2606: what a CA for a bare address may vouch for among names
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


@dataclass(frozen=True, slots=True)
class SmallCa:
    """The CA in `directory`: ca.crt, which browsers install, and ca.key, 0600."""

    directory: Path
    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def file(self) -> Path:
        return self.directory / "ca.crt"

    @classmethod
    def open(cls, directory: Path, name: str, address: IPv4, now: datetime) -> SmallCa:
        """Read the CA; make it when there is none.

        Raises:
            ConfigurationWrong: others may read its key, it is damaged or over, or it may not vouch for `name`.
        """
        if not (directory / "ca.crt").exists():
            _create_ca(directory, name, address, now)
        file, key_file = directory / "ca.crt", directory / "ca.key"
        certificate = read_chain(file)[0]
        ca = cls(directory, certificate, read_key(key_file))
        ca._must_fit(name, address, now)
        return ca

    def server(self, name: str, address: IPv4, now: datetime) -> Certificate:
        """A certificate for `name` and `address` that need not be renewed yet; made if there is none."""
        for chain in sorted(self.directory.glob("server-*.crt")):
            found = self._reusable(chain, name, address)
            if found is not None and not found.due(now):
                return found
        return self._issue(name, address, now)

    def _reusable(self, chain: Path, name: str, address: IPv4) -> Certificate | None:
        try:
            made = check(chain, chain.with_suffix(".key"), name)
            read_chain(chain)[0].verify_directly_issued_by(self.certificate)
        except (ConfigurationWrong, ValueError, TypeError, InvalidSignature):
            return None
        return made if address in addresses_of(read_chain(chain)[0]) else None

    def _issue(self, name: str, address: IPv4, now: datetime) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        ends = min(now + SERVER_LASTS, self.certificate.not_valid_after_utc)
        alternatives = [*_dns(name), x509.IPAddress(address)]
        made = (
            x509.CertificateBuilder()
            .subject_name(_common_name(name))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _CLOCKS_DIFFER)
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_signs(), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        chain = self.directory / f"server-{made.serial_number:040x}.crt"
        write(chain.with_suffix(".key"), _pem(key), 0o600)
        write(chain, made.public_bytes(serialization.Encoding.PEM), 0o644)
        return Certificate(chain, chain.with_suffix(".key"), made.not_valid_after_utc)

    def _must_fit(self, name: str, address: IPv4, now: datetime) -> None:
        anew = f"delete {self.directory} for a new CA, and install that in every browser"
        if not fits(self.key, self.certificate):
            raise ConfigurationWrong([f"{self.directory}: ca.key is not the key of ca.crt; {anew}"])
        if now >= self.certificate.not_valid_after_utc:
            raise ConfigurationWrong([f"{self.file}: this CA is over; {anew}"])
        if not permits(self.certificate, name, address):
            raise ConfigurationWrong([f"{self.file}: this CA may not vouch for {name} at {address}; {anew}"])


def permits(ca: x509.Certificate, name: str, address: IPv4) -> bool:
    """The CA's own constraints let it vouch for both."""
    try:
        allowed = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        return True
    networks = [each.value for each in allowed if isinstance(each, x509.IPAddress)]
    names = [each.value.lower() for each in allowed if isinstance(each, x509.DNSName)]
    inside = any(address in network for network in networks if isinstance(network, ipaddress.IPv4Network))
    return inside and all(_under(each.value.lower(), names) for each in _dns(name))


def _create_ca(directory: Path, name: str, address: IPv4, now: datetime) -> None:
    """The key first: a CA certificate without its key would be taken for a whole CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _common_name(f"CA of {name}")
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + CA_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(_allowed(name, address), None), critical=True)
        .add_extension(_signs(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write(directory / "ca.key", _pem(key), 0o600)
    write(directory / "ca.crt", made.public_bytes(serialization.Encoding.PEM), 0o644)


def _allowed(name: str, address: IPv4) -> list[x509.GeneralName]:
    """The name, private networks (the machine may move there), and its own address where that is public."""
    networks = list(_PRIVATE)
    if not any(address in network for network in networks):
        networks.append(ipaddress.IPv4Network(address))
    return [*(_dns(name) or [x509.DNSName(_NO_NAME)]), *(x509.IPAddress(network) for network in networks)]


def _signs(*, certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _common_name(text: str) -> x509.Name:
    """For people only. With the space it is no host name, or OpenSSL would hold it against the name constraints.

    X.520 allows 64 characters.
    """
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Thirdring {text}"[:64])])


def _dns(name: str) -> list[x509.DNSName]:
    return [] if as_address(name) else [x509.DNSName(name)]


def _under(name: str, permitted: list[str]) -> bool:
    return any(name == each or name.endswith(f".{each}") for each in permitted)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
