"""How often the password of each seat's phone was renewed, of which it is derived: a file of secrets/ for each kind."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from app.certificates import write
from core.errors import ConfigurationWrong
from core.ids import SeatId

DESK, WEB = "desk-phones.json", "web-phones.json"


def read_generations(secrets: Path, kind: str) -> dict[SeatId, int]:
    """By seat; a seat that is not there has the first. Raises ConfigurationWrong: the file is not ours."""
    file = secrets / kind
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {SeatId(seat): int(generation) for seat, generation in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        remedy = "browsers sign in anew" if kind == WEB else "desk phones need a new login each (seat login)"
        raise ConfigurationWrong([f"{file}: cannot be read: {error}; delete it, and {remedy}"]) from error


def renew(secrets: Path, kind: str, seats: Iterable[SeatId]) -> dict[SeatId, int]:
    """The next password for each of these seats; all generations. Replaced in one step. Raises OSError."""
    generations = read_generations(secrets, kind)
    for seat in seats:
        generations[seat] = generations.get(seat, 0) + 1
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(secrets / kind, json.dumps(generations).encode(), 0o600)
    return generations
