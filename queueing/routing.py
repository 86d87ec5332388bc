"""Who gets whom: for the caller first in line, the agent with the skills and the language whose turn it is.

`settle` runs once at the end of every decision, over the needs in which a caller or an agent became
free. It reserves in the same step, so nobody is given twice, and afterwards no available agent is
left beside a caller in line whom that agent may serve.

An agent who missed a call's ring is excluded for it as long as anybody else idle may serve the
call; with nobody else, the exclusions are forgotten: a phone that may be answered is better than
none, and `misses_before_away` bounds the tries. First, though, such an agent serves other callers.

A promise to call back stands in a row like a caller (queueing.callbacks).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.ids import AgentId, CallbackId, CallId
from queueing import callbacks, rings, trace
from queueing.aging import Place
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.line import Need
from queueing.state import CallRecord

Row = tuple[Need, bool]
"""What its people need, and whether they are promises to call back."""


def settle(floor: Floor, draft: Draft) -> None:
    """Match callers and agents until nothing more fits."""
    while floor.touched:
        rows = tuple(row for need in floor.touched if floor.idle.count(need) for row in _rows(floor, need))
        floor.touched.clear()
        if rows:
            _walk(floor, draft, rows, forgiving=False)
            _walk(floor, draft, rows, forgiving=True)


def _rows(floor: Floor, need: Need) -> Iterator[Row]:
    """Those of this need that are not empty."""
    if floor.line.row(need):
        yield need, False
    if floor.promised.row(need):
        yield need, True


def _walk(floor: Floor, draft: Draft, rows: tuple[Row, ...], *, forgiving: bool) -> None:
    """Go through these rows in serving order; one whose idle agents are all gone costs nothing."""
    skipped = dict.fromkeys(rows, 0)
    while found := _first(floor, skipped):
        row, place = found
        served = _serve_promise if row[1] else _serve_caller
        if not served(floor, draft, row[0], place, forgiving=forgiving):
            skipped[row] += 1


def _row(floor: Floor, need: Need, promised: bool) -> Sequence[Place[Any]]:
    return floor.promised.row(need) if promised else floor.line.row(need)


def _first(floor: Floor, skipped: dict[Row, int]) -> tuple[Row, Place[Any]] | None:
    """The first of these rows, those skipped and those without an idle agent left out."""
    best: tuple[Row, Place[Any]] | None = None
    for key, skip in skipped.items():
        row = _row(floor, *key)
        if skip < len(row) and floor.idle.count(key[0]) and (best is None or row[skip] < best[1]):
            best = key, row[skip]
    return best


def _serve_caller(floor: Floor, draft: Draft, need: Need, place: Place[CallId], *, forgiving: bool) -> bool:
    """False: nobody idle but those who have missed this call."""
    call = floor.state.calls[place[2]]
    agent = floor.idle.first(need, () if forgiving else call.excluded)
    if agent is not None:
        _give(floor, draft, call, need, agent, forgiving=forgiving)
    return agent is not None


def _serve_promise(floor: Floor, draft: Draft, need: Need, place: Place[CallbackId], *, forgiving: bool) -> bool:
    """False: nobody idle but those who have missed it, or enough agents are dialling for promises."""
    if not callbacks.may_dial(floor):
        floor.promises_held_up = True
        return False
    promise = floor.state.callbacks[place[2]]
    agent = floor.idle.first(need, () if forgiving else promise.excluded)
    if agent is not None:
        if forgiving:
            promise.excluded.clear()
        callbacks.give(floor, draft, promise.id, agent)
    return agent is not None


def _give(floor: Floor, draft: Draft, call: CallRecord, need: Need, agent: AgentId, *, forgiving: bool) -> None:
    why = trace.traced(floor, draft.now_s, call, need, agent, forgiving=forgiving)
    if forgiving:
        call.excluded.clear()
    considered = floor.idle.count(need) - sum(1 for other in call.excluded if floor.idle.serves(other, need))
    rings.reserve(floor, draft, call, floor.state.agents[agent], considered, why)
