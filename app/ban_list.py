"""Addresses that the PBX refuses, in data/bans.json: written by app.bans, rendered into the PBX's own access list."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from app.certificates import write
from core.bans import Ban

log = logging.getLogger(__name__)

NAME = "data/bans.json"


def read_bans(home: Path) -> tuple[Ban, ...]:
    """Oldest first; none, and a word in the log, when the file cannot be read: calls are worth more than a ban."""
    file = home / NAME
    try:
        return tuple(Ban(**each) for each in json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        log.error("%s cannot be read: %s; nobody is banned", file, error)
        return ()


def write_bans(home: Path, bans: Sequence[Ban]) -> None:
    """Replaced in one step. Raises OSError."""
    file = home / NAME
    file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    write(file, json.dumps([asdict(each) for each in bans]).encode(), 0o600)
