"""An address that the PBX refuses (app.bans)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ban:
    """`by` is who banned it: a person, or "thirdring" itself."""

    address: str
    since_utc_s: float
    until_utc_s: float
    by: str
    why: str
