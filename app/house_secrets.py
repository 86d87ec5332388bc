"""Secrets that a house names are files in <home>/secrets, but none of this instance's own.

Whoever edits the house is not always an administrator, and what the house names is sent to where it says: without this,
a look-up that names cli.token would post an administrator's token to whomever it asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.settings import Settings
from core.errors import ConfigurationWrong
from core.house import House

OWN = frozenset(
    {"seats.key", "recordings.key", "second-factors.key", "cli.token", "desk-phones.json", "web-phones.json"}
)


def check_secrets(house: House, settings: Settings) -> None:
    """Raises ConfigurationWrong: the house names one of ours, with each place where it does."""
    taken = OWN | set(_of_settings(settings))
    wrong = [
        f"house: {place}: {name} is this instance's own; put what the other side shall have into a file of its own"
        for place, name in _named(house.model_dump(mode="json"))
        if name in taken
    ]
    if wrong:
        raise ConfigurationWrong(wrong)


def _of_settings(settings: Settings) -> Iterator[str]:
    """Those that thirdring.yaml names: the passwords of the mail server and a remote PBX, the key of a certificate."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name.endswith("_file") and isinstance(value, Path) and value.parent == settings.home / "secrets":
            yield value.name


def _named(part: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every `secret_file` of the document, and where it stands."""
    pairs = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in pairs:
        within = f"{place}.{key}" if place else str(key)
        if key == "secret_file":
            yield within, value
        yield from _named(value, within)
