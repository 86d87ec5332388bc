"""The small CA vouches for its own name only, renews in time, and keeps its keys closed."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.certificates import RENEW_BEFORE, check, fingerprint, read_chain
from app.small_ca import SERVER_LASTS, SmallCa, permits
from core.errors import ConfigurationWrong

NOW = datetime.now(UTC).replace(microsecond=0)  # OpenSSL, the judge of some tests, reads the real clock
ADDRESS = ipaddress.IPv4Address("10.20.30.40")
NAME = "calls.office.test"


def problems(directory: Path, name: str = NAME, address: ipaddress.IPv4Address = ADDRESS) -> str:
    with pytest.raises(ConfigurationWrong) as caught:
        SmallCa.open(directory, name, address, NOW)
    return str(caught.value)


def handshake(ca: SmallCa, chain: Path, key: Path, name: str) -> None:
    """A TLS handshake in memory, the client trusting the CA alone. Raises ssl.SSLCertVerificationError."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain, key)
    asking = ssl.create_default_context(cafile=str(ca.file))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(to_client, to_server, server_hostname=name)
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


def test_openssl_accepts_the_certificate_for_name_and_address(tmp_path: Path) -> None:
    ca = SmallCa.open(tmp_path, NAME, ADDRESS, NOW)
    made = ca.server(NAME, ADDRESS, NOW)
    for name in (NAME, str(ADDRESS)):
        handshake(ca, made.chain, made.key, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(ca, made.chain, made.key, "other.office.test")


def test_a_certificate_for_another_name_under_this_ca_is_worth_nothing(tmp_path: Path) -> None:
    ca = SmallCa.open(tmp_path, NAME, ADDRESS, NOW)
    forged = ca.server("bank.test", ADDRESS, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(ca, forged.chain, forged.key, "bank.test")


def test_an_address_is_a_name_too(tmp_path: Path) -> None:
    ca = SmallCa.open(tmp_path, str(ADDRESS), ADDRESS, NOW)
    made = ca.server(str(ADDRESS), ADDRESS, NOW)
    handshake(ca, made.chain, made.key, str(ADDRESS))
    forged = ca.server("bank.test", ADDRESS, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(ca, forged.chain, forged.key, "bank.test")


def test_a_public_address_is_vouched_for_alone(tmp_path: Path) -> None:
    public = ipaddress.IPv4Address("203.0.113.9")
    ca = SmallCa.open(tmp_path, NAME, public, NOW).certificate
    assert permits(ca, NAME, public)
    assert not permits(ca, NAME, ipaddress.IPv4Address("203.0.113.10"))


def test_ca_and_certificate_are_made_once_and_renewed_before_the_end(tmp_path: Path) -> None:
    ca = SmallCa.open(tmp_path, NAME, ADDRESS, NOW)
    first = ca.server(NAME, ADDRESS, NOW)
    assert first.ends == NOW + SERVER_LASTS
    again = SmallCa.open(tmp_path, NAME, ADDRESS, NOW + timedelta(days=300))
    assert again.certificate == ca.certificate
    assert again.server(NAME, ADDRESS, NOW + timedelta(days=300)) == first
    due = first.ends - RENEW_BEFORE
    renewed = ca.server(NAME, ADDRESS, due)
    assert renewed.chain != first.chain
    assert renewed.ends == due + SERVER_LASTS
    assert ca.server(NAME, ADDRESS, due) == renewed


def test_a_machine_that_moved_gets_a_certificate_for_its_new_address(tmp_path: Path) -> None:
    ca = SmallCa.open(tmp_path, NAME, ADDRESS, NOW)
    before = ca.server(NAME, ADDRESS, NOW)
    moved = ipaddress.IPv4Address("192.168.7.8")
    made = SmallCa.open(tmp_path, NAME, moved, NOW).server(NAME, moved, NOW)
    assert made.chain != before.chain
    check(made.chain, made.key, str(moved), NOW)


def test_only_the_owner_reads_the_keys(tmp_path: Path) -> None:
    made = SmallCa.open(tmp_path, NAME, ADDRESS, NOW).server(NAME, ADDRESS, NOW)
    assert {(tmp_path / "ca.key").stat().st_mode & 0o777, made.key.stat().st_mode & 0o777} == {0o600}
    (tmp_path / "ca.key").chmod(0o640)
    assert "other users may read this key" in problems(tmp_path)


def test_another_name_needs_another_ca(tmp_path: Path) -> None:
    SmallCa.open(tmp_path, NAME, ADDRESS, NOW)
    told = problems(tmp_path, "new.office.test")
    assert "may not vouch for new.office.test" in told
    assert f"delete {tmp_path}" in told


def test_a_mixed_up_key_is_told(tmp_path: Path) -> None:
    SmallCa.open(tmp_path, NAME, ADDRESS, NOW)
    other = tmp_path / "other"
    other.mkdir()
    SmallCa.open(other, NAME, ADDRESS, NOW)
    (other / "ca.key").rename(tmp_path / "ca.key")
    assert "ca.key is not the key of ca.crt" in problems(tmp_path)


def test_a_ca_that_is_over_is_told(tmp_path: Path) -> None:
    SmallCa.open(tmp_path, NAME, ADDRESS, NOW - timedelta(days=3651))
    assert "this CA is over" in problems(tmp_path)


def test_certificates_of_a_former_ca_are_not_used_again(tmp_path: Path) -> None:
    old = SmallCa.open(tmp_path, NAME, ADDRESS, NOW).server(NAME, ADDRESS, NOW)
    for file in ("ca.crt", "ca.key"):
        (tmp_path / file).unlink()
    assert SmallCa.open(tmp_path, NAME, ADDRESS, NOW).server(NAME, ADDRESS, NOW).chain != old.chain


def test_the_fingerprint_is_written_as_browsers_write_it(tmp_path: Path) -> None:
    ca = SmallCa.open(tmp_path, NAME, ADDRESS, NOW)
    shown = fingerprint(read_chain(ca.file)[0])
    assert len(shown) == 95
    assert set(shown) <= set("0123456789ABCDEF:")


def test_the_ca_signs_no_other_ca(tmp_path: Path) -> None:
    extensions = SmallCa.open(tmp_path, NAME, ADDRESS, NOW).certificate.extensions
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
