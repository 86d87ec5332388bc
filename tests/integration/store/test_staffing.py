"""`staffing` as the API asks for it: a process of its own reads the figures in the database and answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from api.ports import StaffingAsk
from api.routes.staffing import StaffingShown
from app.planning import Plans
from core.errors import Refused
from store.migrations import migrate
from store.models import rollups
from store.rollups import _text
from store.session import sqlite_url
from store.writer import Writer
from tests.unit.app.test_planning import stored
from tests.unit.queueing.test_staffing_plan import FIRST

PAST = replace(StaffingAsk(FIRST, 7), first=FIRST.replace(year=2025))


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("THIRDRING_HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    url = sqlite_url(tmp_path / "data" / "thirdring.sqlite3")
    await migrate(url)
    rows = [row._asdict() | {"state": _text(state.to_json())} for row, state in stored(until=PAST.first)]
    writer = Writer(url)
    try:
        await writer.write(lambda connection: connection.execute(insert(rollups), rows))
    finally:
        await writer.close()
    return tmp_path


async def test_a_plan_is_made_from_what_is_stored_and_a_refusal_comes_back_as_one(home: Path) -> None:
    told = StaffingShown.model_validate_json(await Plans().staffing(PAST))
    assert (told.history.days, told.history.calls) == (42, 42 * 44 * 30)
    assert told.people is not None and (told.people.agents, told.people.floor_held) == (12, False)
    assert len(told.quarters) == 7 * 96
    with pytest.raises(Refused, match="Nobody is expected"):
        await Plans().staffing(replace(PAST, first=PAST.first.replace(year=2024), rehearse=True))
