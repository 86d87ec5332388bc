"""Figures by blocks of four hours beside those by quarters, made from what is there."""

from __future__ import annotations

from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op
from pydantic_core import from_json, to_json

from core.mergeable import Mergeable
from core.rollup import BLOCK_S, KINDS

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_KEY = ("kind", "start_utc_s", "name", "part")


def upgrade() -> None:
    table = op.create_table(
        "rollup_blocks",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("start_utc_s", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "start_utc_s", "name", "part", name="pk_rollup_blocks"),
    )
    assert table is not None
    rows = iter(_blocks())
    while some := list(islice(rows, _AT_ONCE)):
        op.bulk_insert(table, some)


def _blocks() -> list[dict[str, Any]]:
    found: dict[tuple[str, int, str, str], Mergeable] = {}
    for kind, start_utc_s, name, part, state in op.get_bind().execute(
        sa.text("SELECT kind, start_utc_s, name, part, state FROM rollups")
    ):
        key = kind, start_utc_s // BLOCK_S * BLOCK_S, name, part
        found.setdefault(key, KINDS[kind]()).merge(KINDS[kind].from_json(from_json(state)))
    return [
        dict(zip(_KEY, key, strict=True)) | {"state": to_json(state.to_json()).decode()} for key, state in found.items()
    ]
