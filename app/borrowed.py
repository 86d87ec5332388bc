"""A second home on this machine, for a test or a benchmark: what the launcher fetched into the first serves both."""

from __future__ import annotations

from pathlib import Path

FETCHED = ("pbx/root", "tools")


def borrow(home: Path, lender: Path) -> None:
    """Links in `home` to the Asterisk and the tools that were unpacked in `lender`, those that are there."""
    for name in FETCHED:
        if (lender / name).exists():
            (home / name).parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            (home / name).symlink_to((lender / name).resolve())
