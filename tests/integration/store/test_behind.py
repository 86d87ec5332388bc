"""The calls behind figures on both databases: what the pages list adds up to the figure, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from api.behind import Which, behind, share_of
from api.routes.stats import read_pairs
from core.events import Outcome
from core.house import House
from core.rollup import folded
from monitor import reports
from monitor.reports import KIND_OF, Ask
from store.behind import Behind
from store.journal import Shipper
from store.rollups import Rollups
from tests.integration.store.database import Database, ship_all
from tests.integration.store.test_rollups import FEW, _emptied, spool
from tests.unit.core.test_engine_counted import busy_hour
from tests.unit.floor import small_house
from tests.unit.monitor.test_counted import TEAMS, asks, counted_of, nonzero
from tests.unit.monitor.test_stats import LIVES, history

HOUSE = small_house()
MOST_OF_A_LINE = 3
"""Which calls are looked at does not depend on the figure; tests/unit/monitor/test_counted.py holds all of them."""


async def listed(database: Database, ask: Ask, figure: str, which: Which = "all", limit: int = 3) -> list[Any]:
    """All pages."""
    records, found, before = Behind(database.engine), [], None
    while True:
        page, before = await behind(records, ask, HOUSE, TEAMS, figure, which, before, limit)
        found += page
        if before is None:
            return found


async def hold(database: Database, directory: Path, told: list[Outcome], house: House = HOUSE) -> int:
    await database.writer.write(_emptied)
    spool(directory, told)
    await ship_all(Shipper(directory, database.writer))
    looked_at, rows = 0, folded(told)
    for ask in asks(rows):
        if ask.of == "team":
            continue  # of house versions, which are not the journal's
        pairs = await read_pairs(Rollups(database.engine), 0.0, ask, house)
        state = reports.of_one([pair for pair in pairs if pair[0].kind == KIND_OF[ask.of]], ask)
        for figure in list(nonzero(counted_of(state, ask)))[:MOST_OF_A_LINE]:
            calls = await listed(database, ask, figure)
            of, met = share_of(state, ask, house, figure)
            assert sum(one.times for one in calls) == of, (ask, figure)
            if met is not None:
                assert sum(one.met for one in calls) == met, (ask, figure)
            assert len({one.row.call for one in calls}) == len(calls)
            looked_at += 1
    return looked_at


async def test_every_figure_of_an_engines_hour_lists_its_calls(database: Database, tmp_path: Path) -> None:
    assert await hold(database, tmp_path, busy_hour()) > 60


@FEW
@given(lives=LIVES)
async def test_so_does_every_figure_of_random_calls(
    database: Database, tmp_path_factory: pytest.TempPathFactory, lives: list[tuple[float, int, float]]
) -> None:
    await hold(database, tmp_path_factory.mktemp("spool"), history(lives))


async def test_who_met_a_rate_and_who_did_not_are_told_apart(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.behind.ASKED_FOR", 2)
    monkeypatch.setattr("api.behind.READ_AT_ONCE", 1)
    told = history([(400.0 * shape, shape, 7.5 + shape) for shape in range(9)])
    spool(tmp_path, told)
    await ship_all(Shipper(tmp_path, database.writer))
    ask = Ask("house", 0, 2**41)
    for figure in ("connection_rate", "service_level", "three_ring_rate"):
        everybody, met, missed = [
            {one.row.call for one in await listed(database, ask, figure, which)} for which in ("all", "met", "missed")
        ]
        assert met and missed and met | missed == everybody and not met & missed
    monkeypatch.setattr("api.behind.MOST_LOOKED_AT", 2)
    _, before = await behind(Behind(database.engine), ask, HOUSE, (), "lost", "all", None, 50)
    assert before is not None  # a page that found little says where to go on
    assert {one.row.outcome for one in await listed(database, ask, "lost")} == {"lost"}
