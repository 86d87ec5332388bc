"""The house names files in secrets/, and what is in them is sent where it says: none of our own may be named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.house_secrets import OWN, check_secrets
from app.settings import Settings
from core.errors import ConfigurationWrong
from core.house import House
from tests.unit.floor import small_house

SETTINGS = Settings(home=Path("/home/x"), smtp_password_file=Path("secrets/mail"), lan_key_file=Path("/etc/keys/lan"),
                    lan_certificate_file=Path("/etc/keys/chain"))  # fmt: skip
URL = "https://crm.example.com/"
SOURCE: dict[str, Any] = {"id": "crm", "kind": "http", "url": URL + "{number}"}


def naming(place: str, file: str) -> House:
    """A house whose part at this place names this file."""
    named: dict[str, dict[str, Any]] = {
        "look_ups": {"look_ups": [{"id": "x", "url": URL, "secret_file": file}]},
        "trunks": {"trunks": [{"id": "a", "name": "A", "host": "192.0.2.1", "username": "u", "secret_file": file}]},
        "alarms": {"alarms": {"recipients": [{"id": "r", "kind": "webhook", "address": URL, "secret_file": file}]}},
        "webhooks": {"desk": {"webhooks": [{"id": "crm", "url": URL, "secret_file": file}]}},
        "sources": {"desk": {"customer_sources": [SOURCE | {"secret_file": file}]}},
    }
    return House.model_validate(small_house().model_dump(mode="json") | named[place])


@pytest.mark.parametrize("file", [*sorted(OWN), "mail"])
@pytest.mark.parametrize("place", ["look_ups", "trunks", "alarms", "webhooks", "sources"])
def test_a_house_that_names_one_of_ours_is_refused_with_the_place(place: str, file: str) -> None:
    with pytest.raises(ConfigurationWrong) as refused:
        check_secrets(naming(place, file), SETTINGS)
    (said,) = refused.value.problems
    assert "secret_file" in said and file in said


def test_a_file_of_its_own_may_be_named() -> None:
    for place in ("look_ups", "trunks", "alarms", "webhooks", "sources"):
        check_secrets(naming(place, "crm.key"), SETTINGS)
