from __future__ import annotations

import stat
from pathlib import Path

import pytest

from core.errors import ConfigurationWrong
from core.ids import SeatId
from cti.credentials import Credentials, load_credentials

SEATS = [SeatId(f"seat-{number:02}") for number in range(1, 60)]
SOME, OTHER = Credentials(b"a" * 32), Credentials(b"b" * 32)


def test_names_do_not_show_the_seat_and_passwords_are_long() -> None:
    for phones in map(SOME.phones, SEATS):
        assert phones.seat not in phones.sip_name
        assert len(phones.sip_name) == 12 and phones.sip_name.isalnum()
        assert min(len(phones.secret), len(phones.web_secret)) >= 24


def test_no_two_are_alike() -> None:
    everything = [text for phones in map(SOME.phones, SEATS) for text in (phones.sip_name, phones.secret)]
    everything += [text for phones in map(SOME.phones, SEATS) for text in (phones.web_name, phones.web_secret)]
    everything += [SOME.ami_secret, SOME.agi_path]
    assert len(set(everything)) == len(everything)


def test_another_key_makes_everything_different() -> None:
    seat = SEATS[0]
    assert SOME.sip_name(seat) != OTHER.sip_name(seat)
    assert SOME.secret(seat) != OTHER.secret(seat)
    assert (SOME.ami_secret, SOME.agi_path) != (OTHER.ami_secret, OTHER.agi_path)


def test_a_new_generation_changes_the_passwords_and_keeps_the_name() -> None:
    old, new = SOME.phones(SEATS[0]), SOME.phones(SEATS[0], 1)
    assert (old.sip_name, old.web_name) == (new.sip_name, new.web_name)
    assert old.secret != new.secret and old.web_secret == new.web_secret
    assert SOME.phones(SEATS[0], 0, 1).web_secret != old.web_secret


def test_the_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "secrets/seats.key"
    first = load_credentials(file)
    assert load_credentials(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["seats.key"]


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    assert "aaaa" not in repr(SOME)


@pytest.mark.parametrize(("mode", "length", "said"), [(0o640, 32, "other users"), (0o600, 31, "32 bytes")])
def test_a_wrong_key_file_is_refused(tmp_path: Path, mode: int, length: int, said: str) -> None:
    file = tmp_path / "seats.key"
    file.write_bytes(b"x" * length)
    file.chmod(mode)
    with pytest.raises(ConfigurationWrong, match=said):
        load_credentials(file)
