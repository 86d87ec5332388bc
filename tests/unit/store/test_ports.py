"""The store's parts are what core.ports asks for: mypy checks the assignments, the run that they build."""

from __future__ import annotations

from pathlib import Path

from core import ports
from store.live import RedisBoard
from store.memory import MemoryBoard
from store.spool import Spool


def test_the_ports_are_filled(tmp_path: Path) -> None:
    opened = Spool(tmp_path)
    spool: ports.Spool = opened
    boards: list[ports.LiveBoard] = [MemoryBoard(), RedisBoard("redis://127.0.0.1:1/0")]
    assert spool.broken == ""
    assert len(boards) == 2
    opened.close()
