"""Everybody's reasons at an offer of the past: from the beginning, from a snapshot, and over a hole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from app import past, restore
from app.clock import Boot
from core.commands import RingSeat
from core.decisions import stamped
from core.errors import Refused
from core.events import Outcome, SeatReserved
from core.inputs import Input
from core.instants import Instant
from core.reasons import Obstacle, PastOffer, Reason
from store import snapshot
from store.lines import InputLine, input_line, read_line
from store.queries import Queries
from tests.unit.queueing.builders import TestFloor, agent, house, only, opened


class Journal:
    """store.queries.Queries over what a floor on virtual time went through."""

    def __init__(self, floor: TestFloor) -> None:
        self.lines = [_line(*entry) for entry in floor.history]
        replay = TestFloor()
        self.outcomes: list[Outcome] = []
        for fact, now, sequence in floor.history:
            self.outcomes += stamped(replay.engine.handle(fact, now, sequence), sequence, now)

    async def story(self, call: str) -> Sequence[Outcome]:
        return [outcome for outcome in self.outcomes if getattr(outcome.event, "call", "") == call]

    async def inputs(self, after: int, until: int) -> Sequence[InputLine]:
        return [line for line in self.lines if after < line.sequence <= until][:3]


def _line(fact: Input, now: Instant, sequence: int) -> InputLine:
    line = read_line(input_line(sequence, now, 1, fact)[:-1], "boot")
    assert isinstance(line, InputLine)
    return line


def a_busy_floor() -> TestFloor:
    """c1 is missed by a1, then answered by a2, while a3 is on a break and a4 speaks with c0."""
    floor = opened(
        ("a4", "s4"), ("a1", "s1"), ("a2", "s2"), ("a3", "s3"), the_house=house(*map(agent, ("a1", "a2", "a3", "a4")))
    )
    ring = only(RingSeat, floor.queue("c0"))
    floor.rang(ring)
    floor.answer(ring)
    floor.take_break("a3")
    floor.rang(only(RingSeat, floor.queue("c1")))
    floor.after(15.0)
    return floor


async def explained(home: Path, journal: Journal, call: str = "c1") -> tuple[PastOffer, ...]:
    return await past.explained(home, cast(Queries, journal), call)


async def test_each_offer_has_everybodys_reason_and_agrees_with_what_was_done(tmp_path: Path) -> None:
    first, second = await explained(tmp_path, Journal(a_busy_floor()))
    assert (first.agent, second.agent, first.agrees, second.agrees) == ("a1", "a2", True, True)
    assert _told(first.obstacles) == [
        ("a1", Reason.CHOSEN, ""), ("a2", Reason.BEHIND, "2"), ("a3", Reason.ON_BREAK, ""),
        ("a4", Reason.BUSY, "talking"),
    ]  # fmt: skip
    assert _told(second.obstacles)[0] == ("a1", Reason.MISSED_IT, "")


async def test_it_begins_at_the_newest_snapshot_before_the_offer(tmp_path: Path) -> None:
    floor = a_busy_floor()
    journal = Journal(floor)
    reserved = next(one.sequence for one in await journal.story("c1") if isinstance(one.event, SeatReserved))
    half = TestFloor()
    for fact, now, sequence in floor.history[: reserved - 2]:
        half.engine.handle(fact, now, sequence)
    state = restore.fresh(house())
    document = replace(state, engine=half.engine).document(Boot("boot", 0.0))
    snapshot.save(tmp_path / "data" / "milestones", reserved - 2, document)
    journal.lines = [line for line in journal.lines if line.sequence > reserved - 2]
    assert [one.agrees for one in await explained(tmp_path, journal)] == [True, True]


async def test_a_journal_with_a_hole_is_not_replayed(tmp_path: Path) -> None:
    journal = Journal(a_busy_floor())
    del journal.lines[4]
    with pytest.raises(Refused, match="Input 5 is not in the database"):
        await explained(tmp_path, journal)


async def test_an_offer_that_another_program_made_is_told_apart(tmp_path: Path) -> None:
    journal = Journal(a_busy_floor())
    journal.outcomes = [
        replace(one, event=replace(one.event, considered=99)) if isinstance(one.event, SeatReserved) else one
        for one in journal.outcomes
    ]
    assert [one.agrees for one in await explained(tmp_path, journal)] == [False, False]


async def test_a_call_without_offers_has_nothing_to_tell(tmp_path: Path) -> None:
    assert await explained(tmp_path, Journal(a_busy_floor()), "nobody") == ()


def _told(obstacles: Sequence[Obstacle]) -> list[tuple[str, Reason, str]]:
    return [(one.agent, one.reason, one.detail) for one in obstacles]
