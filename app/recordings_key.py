"""The key of all recordings: it makes their ids, signs what is sealed, and locks what is archived under lock.

A house without it beside its archive takes calls and records them: what the PBX writes stays until the key is back. No
second key is made there: two would have sealed and locked one archive, and only one of them can be in place.
"""

from __future__ import annotations

import hmac
from pathlib import Path

from app.settings import Settings
from core.errors import ConfigurationWrong
from cti.credentials import load_credentials

NAME = Path("secrets/recordings.key")


REMEDY = (
    "bring it back from where it is kept, or, if it is lost, move that archive away to begin another with a new key; "
    "then start again"
)


def missing_key(settings: Settings) -> str:
    """That it is, and what it was for; "" while it is there, or nothing was sealed yet."""
    file = settings.home / NAME
    if file.exists() or not any(settings.home.glob("archive/manifests/*.jsonl")):
        return ""
    return f"{file} is missing, and what lies in {settings.home / 'archive'} was sealed with it"


def derived_key(settings: Settings, purpose: bytes) -> bytes:
    """32 bytes of their own for each purpose. The key is made at the first start, and never beside an archive.

    Raises ConfigurationWrong: it is missing, can be read by others, or is none.
    """
    if missing := missing_key(settings):
        raise ConfigurationWrong([f"{missing}; {REMEDY}"])
    return hmac.digest(load_credentials(settings.home / NAME).key, purpose, "sha256")
