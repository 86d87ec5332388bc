"""Server certificates: reading them, and checking one that was given to us, with words a person can act on."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from core.errors import ConfigurationWrong

RENEW_BEFORE = timedelta(days=30)

IPv4 = ipaddress.IPv4Address


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server certificate's PEM files, the chain and its key."""

    chain: Path
    key: Path
    ends: datetime

    def due(self, now: datetime) -> bool:
        """It is time to renew it. `now` is aware."""
        return now >= self.ends - RENEW_BEFORE


def check(chain: Path, key: Path, name: str, now: datetime | None = None) -> Certificate:
    """A certificate as it was given to us, if a browser that goes to `name` may take it.

    Whether browsers trust who signed it is not looked at. Without `now`, neither are its dates.

    Raises:
        ConfigurationWrong: with every reason.
    """
    leaf, private = read_chain(chain)[0], read_key(key)
    problems = []
    if not fits(private, leaf):
        problems.append(f"{key}: this key does not belong to {chain}; give the key the certificate was asked for with")
    if not covers(leaf, name):
        shown = ", ".join(_names(leaf)) or "no name"
        problems.append(f"{chain}: made for {shown}, not for {name}; browsers refuse it under that name")
    if now and now >= leaf.not_valid_after_utc:
        problems.append(f"{chain}: ended on {_day(leaf)}; get a new one")
    if now and now < leaf.not_valid_before_utc:
        problems.append(f"{chain}: begins on {leaf.not_valid_before_utc:%Y-%m-%d}; is this machine's clock right?")
    if problems:
        raise ConfigurationWrong(problems)
    return Certificate(chain, key, leaf.not_valid_after_utc)


def read_chain(file: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file, the server's own first. Raises: ConfigurationWrong."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise ConfigurationWrong([f"{file}: cannot be read: {error.strerror}"]) from error
    except ValueError as error:
        raise ConfigurationWrong(
            [f"{file}: must be a certificate in PEM form (-----BEGIN CERTIFICATE-----)"]
        ) from error


def read_key(file: Path) -> CertificateIssuerPrivateKeyTypes:
    """A private key in PEM form, without password, that only its owner may read. Raises: ConfigurationWrong."""
    try:
        if file.stat().st_mode & 0o077:
            raise ConfigurationWrong([f"{file}: other users may read this key; chmod 600"])
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise ConfigurationWrong([f"{file}: cannot be read: {error.strerror}"]) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationWrong([f"{file}: must be a private key in PEM form without a password"]) from error
    return key  # type: ignore[return-value]


def covers(certificate: x509.Certificate, name: str) -> bool:
    """A browser that goes to https://`name` takes this certificate (RFC 9525: the alternative names alone count)."""
    address = as_address(name)
    if address is not None:
        return address in addresses_of(certificate)
    return any(_matches(pattern.lower(), name.lower()) for pattern in _dns_names(certificate))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as browsers show it: `AB:CD:…`."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def as_address(name: str) -> IPv4 | None:
    """`name` as an address, if it is one."""
    try:
        return IPv4(name)
    except ValueError:
        return None


def addresses_of(certificate: x509.Certificate) -> list[object]:
    return [*_alternatives(certificate).get_values_for_type(x509.IPAddress)]


def _matches(pattern: str, name: str) -> bool:
    """`*` stands for one whole label, the first."""
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return pattern == name


def _names(certificate: x509.Certificate) -> list[str]:
    return [*_dns_names(certificate), *map(str, addresses_of(certificate))]


def _dns_names(certificate: x509.Certificate) -> list[str]:
    return _alternatives(certificate).get_values_for_type(x509.DNSName)


def _alternatives(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return x509.SubjectAlternativeName([])


def fits(key: CertificateIssuerPrivateKeyTypes, certificate: x509.Certificate) -> bool:
    """The key is the certificate's."""
    return key.public_key() == certificate.public_key()


def _day(certificate: x509.Certificate) -> str:
    return f"{certificate.not_valid_after_utc:%Y-%m-%d}"


def write(file: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, closed from the first byte on."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        os.fchmod(stream.fileno(), mode)
        stream.write(content)
        os.fsync(stream.fileno())
    os.replace(temporary, file)
