"""The twin as the API asks for it: a process of its own replays the journal in the database, exactly, and changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from api.ports import TwinAsk
from api.routes.twin import TwinShown
from app.twin import Twins
from core.errors import Refused
from store.codec import event_codec, input_codec
from store.migrations import migrate
from store.models import inputs, outcomes
from store.session import sqlite_url
from store.writer import Writer
from tests.unit.app.test_twin import DAY, house
from tests.unit.queueing.test_other_day import day, journal


def journal_rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The day's inputs and outcomes, as the database has them."""
    moments = day()[1]
    heard = [(one, input_codec().encode(one.fact)) for one in moments]
    told = [(one, event_codec().encode(one.event)) for one in journal(moments)]
    input_rows = [
        {"sequence": one.sequence, "boot": "b", "boot_s": one.now.boot_s, "wall": one.now.wall.isoformat(),
         "configuration": 1, "tag": tag, "body": body.decode()}
        for one, (tag, body) in heard
    ]  # fmt: skip
    outcome_rows = [
        {"sequence": one.sequence, "ordinal": one.ordinal, "boot_s": one.boot_s, "at_utc_s": one.at_utc_s,
         "tag": tag, "call": getattr(one.event, "call", None), "body": body.decode()}
        for one, (tag, body) in told
    ]  # fmt: skip
    return input_rows, outcome_rows


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("THIRDRING_HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "house.json").write_text(house().model_dump_json())
    url = sqlite_url(tmp_path / "data" / "thirdring.sqlite3")
    await migrate(url)
    input_rows, outcome_rows = journal_rows()
    writer = Writer(url)
    try:
        await writer.write(lambda connection: connection.execute(insert(inputs), input_rows))
        await writer.write(lambda connection: connection.execute(insert(outcomes), outcome_rows))
    finally:
        await writer.close()
    return tmp_path


async def test_a_stored_day_is_reproduced_and_changed(home: Path) -> None:
    same = TwinShown.model_validate_json(await Twins().twin(TwinAsk(DAY)))
    assert (same.differences, same.same, same.was.house.offered) == (0, True, 240)
    more = TwinShown.model_validate_json(await Twins().twin(TwinAsk(DAY, ("+1@01:00-02:00",))))
    assert more.was == same.was and more.other.house.abandoned < more.was.house.abandoned
    with pytest.raises(Refused, match="nothing of 2026-01-04"):
        await Twins().twin(TwinAsk(DAY.replace(day=4)))
