"""The key of all recordings: it makes their ids, signs what is sealed, and locks what is archived under lock."""

from __future__ import annotations

import hmac
from pathlib import Path

from app.settings import Settings
from core.errors import ConfigurationWrong
from cti.credentials import load_credentials

NAME = Path("secrets/recordings.key")


def derived_key(settings: Settings, purpose: bytes) -> bytes:
    """32 bytes of their own for each purpose. The key is made at the first start, and never beside an archive: with
    another one nothing that lies there could be opened or proved, and what comes then would not go with the old one.

    Raises ConfigurationWrong: it is missing, can be read by others, or is none.
    """
    file = settings.home / NAME
    if not file.exists() and any(settings.home.glob("archive/manifests/*.jsonl")):
        sealed = f"{file}: is missing, and what lies in {settings.home / 'archive'} was sealed with it"
        remedy = "bring it back from where it is kept, or move that archive away to begin another with a new key"
        raise ConfigurationWrong([f"{sealed}; {remedy}"])
    return hmac.digest(load_credentials(file).key, purpose, "sha256")
