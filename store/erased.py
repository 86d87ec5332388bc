"""What is still said of recordings that are erased; it goes with the next sweep (api.erasing)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select

from core.ledger import VoiceState
from store.models import recordings


def of_erased(table: Table, *which: ColumnElement[bool]) -> Select[Any]:
    """The recordings that are erased, and of which rows of `table`, by its column `recording`, are there still."""
    erased = recordings.c.state == VoiceState.ERASED
    return select(table.c.recording).join(recordings, recordings.c.recording == table.c.recording).where(erased, *which)
