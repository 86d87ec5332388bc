"""The database is away for an hour of a full house: the journal keeps it all, and brings it once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from bench.engine import house
from core.events import Outcome
from core.ids import CallId, QueueId
from core.inputs import Input
from core.instants import Instant
from queueing.decision import Decision
from queueing.engine import Engine
from queueing.twin import Caller, Twin
from store import segments
from store.journal import Shipper
from store.spool import Spool
from tests.integration.store.database import Database, ship_all

HOUR_S, LAST_TALKS_S = 3600.0, 3600.0
LINES, TALK_S = 90, 600.0
SEATS = 100
QUEUE = QueueId("presales")

pytestmark = pytest.mark.timeout(300)


class JournallingEngine(Engine):
    """The engine behind its spool, as the pump has it."""

    def __init__(self, spool: Spool) -> None:
        super().__init__()
        self._spool = spool
        self.outcomes = 0

    def handle(self, fact: Input, now: Instant, sequence: int) -> Decision:
        self._spool.append_input(sequence, now, 1, fact)
        decision = super().handle(fact, now, sequence)
        at_utc_s = now.wall.timestamp()
        self.outcomes += len(decision.events)
        self._spool.append_outcomes(
            [Outcome(sequence, n, now.boot_s, at_utc_s, event) for n, event in enumerate(decision.events)]
        )
        return decision


def full_house(seconds: float) -> Iterator[Caller]:
    """So many arrivals that, with talks of this length, all 90 lines are taken (Little 1961)."""
    dice, at_s, number = Random(1), 0.0, 0
    while (at_s := at_s + dice.expovariate(LINES / TALK_S)) < seconds:
        number += 1
        talk_s = min(dice.expovariate(1 / TALK_S), LAST_TALKS_S / 2)
        yield Caller(CallId(f"n-1.{number}"), at_s, QUEUE, talk_s, number=f"+86138{number:08}")


async def test_an_hour_of_a_full_house_is_kept_and_arrives_once(database: Database, tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=2**20)
    twin = Twin(house(SEATS))
    twin.engine = engine = JournallingEngine(spool)
    twin.open()
    twin.sign_in_everybody()
    shipper = Shipper(tmp_path, database.writer)
    await ship_all(shipper)

    twin.callers(full_house(HOUR_S))
    twin.run(HOUR_S + LAST_TALKS_S)
    assert spool.drop_before(shipper.shipped, twin.decisions) == 0, "what is nowhere else was deleted"
    assert (spool.broken, spool.lost_lines) == ("", 0)
    assert len(segments.first_sequences(tmp_path)) > 1

    await ship_all(shipper)
    inputs, outcomes = await database.journal()
    assert inputs == list(range(1, twin.decisions + 1))
    assert len(outcomes) == len(set(outcomes)) == engine.outcomes
    calls = (await database.records())["calls"]
    assert len(calls) > 0.9 * LINES / TALK_S * HOUR_S
    assert all(row["answered_utc_s"] and row["ended_utc_s"] for row in calls)
    spool.drop_before(shipper.shipped, twin.decisions)
    assert len(segments.first_sequences(tmp_path)) == 1
    spool.close()
