"""Databases with today's tables in them: the migrations run once, and what they made is copied.

The migrations themselves are looked at by store/test_migrations.py, and at the start of a house by test_demo.py.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import shutil
from pathlib import Path

from app.settings import read_settings
from store import migrations
from store.session import sqlite_url


def lend_tables(file: Path) -> None:
    """A SQLite database without rows at this place. It is made for all processes that run tests, while others wait."""
    run = read_settings().home / "run"
    run.mkdir(exist_ok=True)
    made = run / f"tables-{_version()}.sqlite3"
    with (run / "tables.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            part = made.with_suffix(".part")
            part.unlink(missing_ok=True)
            asyncio.run(migrations.migrate(sqlite_url(part)))
            part.replace(made)
    file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    shutil.copyfile(made, file)
    file.chmod(0o640)  # as the program makes it, whatever the shell's mask


def _version() -> str:
    """Of the migrations' text: they are written over and over before they land."""
    files = sorted((Path(migrations.__file__).parent / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
