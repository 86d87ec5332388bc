"""A search for calls by what is known of them, as conditions on `calls`. It defines no figure.

Exactly the calls that a figure counts are listed by the figure's own fold (api.behind). A search asks the records
alone, by their indexes. Its moments are those by which a person who has read a report would look: a call's first
request for an agent, the beginning of a wait, the end of an agent's rings and talks and of a visit to a menu node, the
coming of a trunk's call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from store.models import calls, outcomes, segments
from store.waits import WAIT

_HALF_MS = 0.0005
"""Waits are shown in whole milliseconds."""


@dataclass(frozen=True, slots=True)
class CallSearch:
    """Which calls; "" and None ask for nothing. Times in seconds since 1970 in UTC, the end left out.

    `outcome` is what became of a request for an agent (store.waits), or for an `agent` "talked" or a
    core.states.RingOutcome; `within_s` is the longest wait; `node` is flow/node, or a whole flow with nothing behind
    the slash; `reached` is what came of the way through it. `answered_by` bounds it all to the calls with which this
    agent has talked.
    """

    since_utc_s: float | None = None
    until_utc_s: float | None = None
    hotline: str = ""
    queue: str = ""
    agent: str = ""
    trunk: str = ""
    node: str = ""
    reached: str = ""
    outcome: str = ""
    within_s: float | None = None
    answered_by: str = ""

    @property
    def looks_within(self) -> bool:
        """Whether it asks for what happened in a call, with its moment and its end, not for the call as a whole."""
        return bool(self.outcome) or any(
            value is not None for value in (self.since_utc_s, self.until_utc_s, self.within_s)
        )


EVERY_CALL = CallSearch()


def conditions(wanted: CallSearch) -> Iterator[ColumnElement[bool]]:
    """All of them must hold."""
    for column, value in ((calls.c.hotline, wanted.hotline), (calls.c.trunk, wanted.trunk)):
        if value:
            yield column == value
    if wanted.queue:
        yield _waited(wanted) if wanted.looks_within else or_(calls.c.queue == wanted.queue, _waited(wanted))
    if wanted.agent:
        yield _handled(wanted) if wanted.looks_within else or_(calls.c.agent == wanted.agent, _handled(wanted))
    if wanted.node:
        yield _visited(wanted)
    if wanted.answered_by:
        yield _has_segment([segments.c.kind == "talk", segments.c.agent == wanted.answered_by])
    if not (wanted.queue or wanted.agent or wanted.node):
        yield from _whole(wanted)


def _whole(wanted: CallSearch) -> Iterator[ColumnElement[bool]]:
    """Calls of the house, a hotline or a trunk."""
    asked = wanted.outcome or wanted.within_s is not None or not wanted.trunk
    yield from _in_span(calls.c.offered_utc_s if asked else calls.c.entered_utc_s, wanted)
    if wanted.outcome:
        yield calls.c.outcome == wanted.outcome
    if wanted.within_s is not None:
        yield calls.c.waited_s <= wanted.within_s + _HALF_MS


def _waited(wanted: CallSearch) -> ColumnElement[bool]:
    found = [segments.c.kind == WAIT, segments.c.queue == wanted.queue, *_in_span(segments.c.began_utc_s, wanted)]
    if wanted.outcome and not wanted.agent:
        found.append(segments.c.outcome == wanted.outcome)
    if wanted.within_s is not None:
        found.append(segments.c.lasted_s <= wanted.within_s + _HALF_MS)
    return _has_segment(found)


def _handled(wanted: CallSearch) -> ColumnElement[bool]:
    found = [segments.c.agent == wanted.agent, *_in_span(segments.c.ended_utc_s, wanted)]
    if wanted.outcome == "talked":
        found.append(segments.c.kind == "talk")
    elif wanted.outcome:
        found += [segments.c.kind == "ring", segments.c.outcome == wanted.outcome]
    return _has_segment(found)


def _visited(wanted: CallSearch) -> ColumnElement[bool]:
    """The journal's own lines: a visit's body names flow and node one after the other, and what came of the way."""
    flow, _, node = wanted.node.partition("/")
    names = f'"flow":"{flow}","node_name":"' + (f'{node}"' if node else "")
    found = [outcomes.c.tag == "MenuNodeVisited", outcomes.c.body.contains(names, autoescape=True)]
    if wanted.reached:
        found.append(outcomes.c.body.contains(f'"reached":"{wanted.reached}"', autoescape=True))
    query = select(outcomes.c.call).where(*found, *_in_span(outcomes.c.at_utc_s, wanted))
    return calls.c.call.in_(query)


def _has_segment(found: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """As a set that is found once: SQLite would look for an EXISTS anew with each call."""
    return calls.c.call.in_(select(segments.c.call).where(*found))


def _in_span(column: Any, wanted: CallSearch) -> Iterator[ColumnElement[bool]]:
    if wanted.since_utc_s is not None:
        yield column >= wanted.since_utc_s
    if wanted.until_utc_s is not None:
        yield column < wanted.until_utc_s
