"""Who gets whom: for the caller first in line, the agent with the skills and the language whose turn it is.

`settle` runs once at the end of every decision, over the needs in which a caller or an agent became
free. It reserves in the same step, so nobody is given twice, and afterwards no available agent is
left beside a caller in line whom that agent may serve.

An agent who missed a call's ring is excluded for it as long as anybody else idle may serve the
call; with nobody else, the exclusions are forgotten: a phone that may be answered is better than
none, and `misses_before_away` bounds the tries. First, though, such an agent serves other callers.
"""

from __future__ import annotations

from core.ids import AgentId
from queueing import rings, trace
from queueing.aging import Place
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.line import Need
from queueing.state import CallRecord


def settle(floor: Floor, draft: Draft) -> None:
    """Match callers and agents until nothing more fits."""
    while floor.touched:
        needs = tuple(floor.touched)
        floor.touched.clear()
        _walk(floor, draft, needs, forgiving=False)
        _walk(floor, draft, needs, forgiving=True)


def _walk(floor: Floor, draft: Draft, needs: tuple[Need, ...], *, forgiving: bool) -> None:
    """Go through these needs' callers in serving order; a row without an idle agent costs nothing."""
    skipped = dict.fromkeys(needs, 0)
    while found := _first(floor, skipped):
        need, place = found
        call = floor.state.calls[place[2]]
        agent = floor.idle.first(need, () if forgiving else call.excluded)
        if agent is None:
            skipped[need] += 1
        else:
            _give(floor, draft, call, need, agent, forgiving=forgiving)


def _first(floor: Floor, skipped: dict[Need, int]) -> tuple[Need, Place] | None:
    """The first caller of these rows, those skipped and those without an idle agent left out."""
    best: tuple[Need, Place] | None = None
    for need, skip in skipped.items():
        row = floor.line.row(need)
        if skip < len(row) and floor.idle.count(need) and (best is None or row[skip] < best[1]):
            best = need, row[skip]
    return best


def _give(floor: Floor, draft: Draft, call: CallRecord, need: Need, agent: AgentId, *, forgiving: bool) -> None:
    why = trace.traced(floor, draft.now_s, call, need, agent, forgiving=forgiving)
    if forgiving:
        call.excluded.clear()
    considered = floor.idle.count(need) - sum(1 for other in call.excluded if floor.idle.serves(other, need))
    rings.reserve(floor, draft, call, floor.state.agents[agent], considered, why)
