"""The configuration as it is written for a house: what stands in it against strangers (docs/security.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cti.credentials import Credentials
from cti.pbx.installation import Installation
from cti.pbx.layout import PbxLayout, PbxPorts
from cti.pbx.render import render
from cti.pbx.values import CONF, HOUSE_TEMPLATES, pbx_values
from tests.integration.pbx_stage import small_house

Section = tuple[str, dict[str, str]]
SEATS = ("seat-01", "seat-02")
SECRET_LENGTH = 20
NOWHERE = Installation((), Path("/nowhere"), Path("/nowhere"))


@pytest.fixture(scope="module")
def etc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("home"))


def written(home: Path, *, books: bool = False) -> Path:
    layout = PbxLayout(NOWHERE, home / "pbx", home / "sounds", "a", PbxPorts(1, 2, 3, 4, 5, 6))
    layout.etc.mkdir(parents=True)
    house, credentials = small_house(*SEATS), Credentials(bytes(range(32)))
    values = pbx_values(
        layout, house, credentials, agi="127.0.0.1:7", ear="127.0.0.1:8", simulated_carrier_port=9, books=books
    )
    render(HOUSE_TEMPLATES, values, layout.etc)
    return layout.etc


def sections(file: Path) -> Iterator[Section]:
    """Each section with what it takes from its template, as Asterisk reads it; templates themselves left out."""
    templates: dict[str, dict[str, str]] = {}
    found: list[Section] = []
    for line in file.read_text().splitlines():
        if head := re.fullmatch(r"\[([^]]+)\](?:\((!|[\w-]+)\))?", line.strip()):
            values = dict(templates.get(head[2] or "", {}))
            if head[2] == "!":
                templates[head[1]] = values
            else:
                found.append((head[1], values))
        elif (pair := line.partition("="))[1] and not line.startswith(";"):
            values[pair[0].strip()] = pair[2].strip()
    return iter(found)


def endpoints(etc: Path) -> dict[str, dict[str, str]]:
    found = {name: values for name, values in sections(etc / "pjsip.conf") if values.get("type") == "endpoint"}
    assert len(found) == 2 * len(SEATS) + 2, "a phone and a browser for each seat, and two trunks"
    return found


def test_only_a_pbx_whose_call_records_nobody_else_reads_keeps_its_last_calls_itself(etc: Path, tmp_path: Path) -> None:
    for directory, times in ((etc, 0), (written(tmp_path, books=True), 1)):
        dialplan = (directory / "extensions.conf").read_text()
        assert dialplan.count("hangup_handler_push)=booked,s,1") == dialplan.count("[booked]") == times


def test_no_phone_and_no_carrier_may_transfer_a_call(etc: Path) -> None:
    assert {values["allow_transfer"] for values in endpoints(etc).values()} == {"no"}


def test_names_do_not_show_the_seat_and_each_password_is_long_and_its_own(etc: Path) -> None:
    logins = [values for _, values in sections(etc / "pjsip.conf") if values.get("type") == "auth"]
    assert len(logins) == 2 * len(SEATS) == len({login["password"] for login in logins})
    for login in logins:
        assert len(login["password"]) >= SECRET_LENGTH
        assert not any(seat in login["username"] or seat[-2:] == login["username"] for seat in SEATS)


def test_nobody_is_served_without_a_name_of_ours(etc: Path) -> None:
    """By user name the phones, by address the carriers; what would serve everybody else is not loaded either."""
    known_by = {name: values["identify_by"] for name, values in endpoints(etc).items()}
    assert {by for name, by in known_by.items() if name.startswith("trunk-")} == {"ip"}
    assert {by for name, by in known_by.items() if not name.startswith("trunk-")} == {"auth_username,username"}
    order = dict(sections(etc / "pjsip.conf"))["global"]["endpoint_identifier_order"]
    assert "anonymous" not in [*order.split(","), *endpoints(etc)]
    assert "anonymous" not in (CONF / "modules.allowed").read_text()


def test_a_phone_is_served_for_its_password_alone(etc: Path) -> None:
    for name, values in endpoints(etc).items():
        assert values.get("auth") == (None if name.startswith("trunk-") else name)


def test_each_trunk_takes_its_carriers_address_alone(etc: Path) -> None:
    permitted = dict(sections(etc / "acl.conf"))
    text = (etc / "acl.conf").read_text()
    for trunk in small_house().trunks:
        name = f"trunk-{trunk.id}"
        assert endpoints(etc)[name]["acl"] == name and permitted[name]["permit"] == trunk.host
        assert f"[{name}]\ndeny = 0.0.0.0/0.0.0.0\ndeny = ::/0\npermit = {trunk.host}\n" in text
        matches = [values["match"] for each, values in sections(etc / "pjsip.conf") if values.get("endpoint") == name]
        assert matches == [trunk.host]


def test_a_browsers_voice_is_encrypted_and_a_foreign_one_is_not_taken(etc: Path) -> None:
    """webrtc = yes would be one word for it, and take plain RTP too (res_pjsip, pjsip_configuration.c)."""
    browsers = [values for name, values in endpoints(etc).items() if name.endswith("-web")]
    assert [values["media_encryption"] for values in browsers] == ["dtls"] * len(SEATS)
    assert {values["media_use_received_transport"] for values in browsers} == {"no"}
    assert not any("webrtc" in values or "media_encryption_optimistic" in values for values in browsers)
    assert dict(sections(etc / "rtp.conf"))["general"]["strictrtp"] == "yes"
