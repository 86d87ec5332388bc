"""Outcomes as they lie in the database: which columns make one, and which rows this program can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from core.events import Outcome
from store.errors import UnknownRecord
from store.lines import OutcomeLine
from store.models import outcomes

KEY = (outcomes.c.sequence, outcomes.c.ordinal)
"""The journal's order."""
LINE = tuple(outcomes.c[name] for name in ("sequence", "ordinal", "boot_s", "at_utc_s", "tag", "body"))
"""The columns of an OutcomeLine."""


def lines(*which: ColumnElement[bool]) -> Select[Any]:
    """A query for the lines of which all of these hold, in the journal's order."""
    return select(*LINE).where(*which).order_by(*KEY)


def readable(rows: Iterable[Mapping[Any, Any]]) -> Iterator[Outcome]:
    """Read as they are taken, each some hundredths of a millisecond; what only a later version knows is left out."""
    for row in rows:
        line = OutcomeLine(*(row[column.name] for column in LINE))
        with suppress(UnknownRecord):
            yield line.outcome()
