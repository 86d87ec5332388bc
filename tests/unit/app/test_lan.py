"""--lan NAME: where it leads, which certificate it gets, what PBX and web server are told, what errors say."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from app import lan
from app.lan import LOCAL_NETWORKS, Office, open_office, own_address
from app.settings import Settings
from core.errors import ConfigurationWrong

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OURS = "10.20.30.40"
NAME = "calls.office.test"


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine at OURS; the names the test's DNS knows."""
    known = {NAME: [OURS], "elsewhere.test": ["203.0.113.5"], "myself": ["127.0.1.1"]}

    def addresses(name: str) -> list[ipaddress.IPv4Address]:
        numeric = [name] if name.replace(".", "").isdigit() else []
        return [*map(ipaddress.IPv4Address, known.get(name, numeric))]

    monkeypatch.setattr(lan, "_addresses", addresses)
    monkeypatch.setattr(lan, "_is_ours", lambda address: str(address) in (OURS, "127.0.1.1"))
    monkeypatch.setattr(lan, "_main_address", lambda: ipaddress.IPv4Address(OURS))


def told(call: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationWrong) as caught:
        call()
    return str(caught.value)


def given(directory: Path, *names: str, begins: datetime = NOW - timedelta(days=1)) -> tuple[Path, Path]:
    """A certificate as a commercial CA gives it: RSA, names only."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, key_file = directory / "given.crt", directory / "given.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form, secrecy = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secrecy))
    key_file.chmod(0o600)
    return chain, key_file


def with_given(home: Path, *names: str, now: datetime = NOW) -> Callable[[], Office]:
    chain, key = given(home, *names)
    settings = Settings(home=home, lan_certificate_file=chain, lan_key_file=key)
    return lambda: open_office(settings, NAME, now)


def test_a_name_of_ours_is_served_on_its_address() -> None:
    assert str(own_address(NAME)) == OURS
    assert str(own_address(OURS)) == OURS


def test_the_bind_setting_wins_over_the_name() -> None:
    assert str(own_address("elsewhere.test", OURS)) == OURS


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("elsewhere.test", "leads to 203.0.113.5, which is not this machine"),
        ("unknown.test", "leads to no IPv4 address"),
        ("myself", "leads to 127.0.1.1 here, which only this machine reaches"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_with_the_remedy(name: str, why: str) -> None:
    said = told(lambda: own_address(name))
    assert f"--lan {name}: {name} {why}" in said
    assert f"lead {name} to {OURS}" in said


def test_a_foreign_address_is_refused_with_our_own() -> None:
    assert f"Use --lan {OURS}" in told(lambda: own_address("10.9.9.9"))


def test_without_a_certificate_the_own_ca_makes_one(tmp_path: Path) -> None:
    office = open_office(Settings(home=tmp_path), NAME, NOW)
    assert office.ca == tmp_path / "secrets/lan/ca.crt"
    assert office.reach.certificate == office.certificate.chain
    assert office.page(20000) == "https://calls.office.test:20000/"
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert open_office(Settings(home=tmp_path), NAME, NOW + timedelta(days=1)) == office
    assert open_office(Settings(home=tmp_path), NAME, NOW + timedelta(days=370)) != office


def test_phones_are_told_the_bound_address_unless_a_router_is_between(tmp_path: Path) -> None:
    plain = open_office(Settings(home=tmp_path), NAME, NOW).reach
    assert (plain.bind, plain.media_address, plain.local_networks) == (OURS, "", ())
    same = open_office(Settings(home=tmp_path, media_address=OURS), NAME, NOW).reach
    assert (same.media_address, same.local_networks) == ("", ())
    behind = open_office(Settings(home=tmp_path, media_address="203.0.113.5"), NAME, NOW).reach
    assert (behind.bind, behind.media_address) == (OURS, "203.0.113.5")
    assert behind.local_networks == (*LOCAL_NETWORKS, f"{OURS}/32")


def test_a_given_certificate_is_used_without_an_own_ca(tmp_path: Path) -> None:
    office = with_given(tmp_path, "*.office.test")()
    assert (office.ca, office.ca_fingerprint) == (None, "")
    assert not (tmp_path / "secrets/lan/ca.crt").exists()
    assert office.certificate.key.stat().st_mode & 0o777 == 0o600


def test_a_given_certificate_that_was_replaced_is_seen(tmp_path: Path) -> None:
    before = with_given(tmp_path, NAME)()
    assert with_given(tmp_path, NAME)().certificate.chain != before.certificate.chain


def test_a_chain_that_is_completed_later_is_seen_and_what_is_kept_is_not_written_again(tmp_path: Path) -> None:
    """Of the same certificate: without the one between it and a known CA, telephones do not take it."""
    opened = with_given(tmp_path, NAME)
    before = opened().certificate
    files = [file.stat().st_ino for file in (before.chain, before.key)]
    assert opened().certificate == before
    assert [file.stat().st_ino for file in (before.chain, before.key)] == files, "every ten seconds somebody looks"
    chain = tmp_path / "given.crt"
    chain.write_bytes(chain.read_bytes() * 2)
    after = opened().certificate
    assert after.chain != before.chain and after.chain.read_bytes() == chain.read_bytes()


def test_a_given_certificate_must_be_for_the_name_and_in_time(tmp_path: Path) -> None:
    said = told(with_given(tmp_path, "www.shop.test", "office.test", now=NOW + timedelta(days=90)))
    assert "made for www.shop.test, office.test, not for calls.office.test" in said
    assert "ended on 2026-05-29; get a new one" in said
    assert "begins on 2026-02-28" in told(with_given(tmp_path, NAME, now=NOW - timedelta(days=9)))


def test_a_star_stands_for_one_label_only(tmp_path: Path) -> None:
    assert "not for calls.office.test" in told(with_given(tmp_path, "*.test"))


def test_a_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    chain, key = given(tmp_path, NAME)
    other = key.rename(tmp_path / "other.key")
    given(tmp_path, NAME)
    settings = Settings(home=tmp_path, lan_certificate_file=chain, lan_key_file=other)
    assert f"{other}: this key does not belong to {chain}" in told(lambda: open_office(settings, NAME, NOW))


def test_files_that_are_no_pem_are_told(tmp_path: Path) -> None:
    opened = with_given(tmp_path, NAME)
    (tmp_path / "given.crt").write_bytes(b"\x30\x82")
    assert "must be a certificate in PEM form" in told(opened)
    opened = with_given(tmp_path, NAME)
    (tmp_path / "given.key").write_text("no key")
    assert "must be a private key in PEM form" in told(opened)
    (tmp_path / "given.key").unlink()
    assert "cannot be read: No such file" in told(opened)
