"""The figures of everything that has any, by quarters of an hour, as one fold of outcomes. Pure.

The fold gives additions: what the store adds to the rows that it has. What must be remembered of calls, agents and
trunks between two outcomes is `open`: small documents by kind and name, which the store keeps beside the rows. So a
fold of any part of the journal, with the open documents before it, gives what is to be added for it; all parts in order
give what one fold of the whole gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from core.events import CallEnded, Outcome, OutsideAnswered, OutsideEnded, TalkEnded
from core.figures import Figures
from core.ids import CallId
from core.mergeable import Mergeable
from core.paths import NodeFigures, Nodes, TrunkFigures, Trunks, outside
from core.stats import Slot, Stats, call_from_json, call_to_json
from core.work import AgentFigures, Work, open_from_json, open_to_json

KINDS: Mapping[str, type[Mergeable]] = {
    "call": Figures,
    "agent": AgentFigures,
    "node": NodeFigures,
    "trunk": TrunkFigures,
}

WHOLE = "*"
"""Whole calls, each counted once, whatever queues they were in; no queue can have this name."""


class Row(NamedTuple):
    """Where a state is kept.

    `name` and `part` are, by kind:
    call   hotline, and queue or WHOLE; "" is a queue that nobody knows any more
    agent  agent, and shift as in WorkSlot
    node   flow/node, and hotline
    trunk  trunk, and ""
    """

    kind: str
    start_utc_s: int
    name: str
    part: str


BLOCK_S = 4 * 3600
"""Rows are kept by blocks of so many seconds UTC, too: a month of days in China, eight hours east, has 186 of them."""


def in_blocks(rows: Mapping[Row, Mergeable]) -> dict[Row, Mergeable]:
    """The same states by blocks; `rows` stay as they are."""
    found: dict[Row, Mergeable] = {}
    for row, state in rows.items():
        block = row._replace(start_utc_s=row.start_utc_s // BLOCK_S * BLOCK_S)
        if block not in found:
            found[block] = type(state)()
        found[block].merge(state)
    return found


Spans = list[tuple[int, int]]


def covered(periods: Iterable[tuple[int, int]]) -> tuple[Spans, Spans]:
    """Spans of whole blocks and spans of quarters that make up these periods, none of which a block may straddle."""
    blocks: Spans = []
    quarters: Spans = []
    for start, end in periods:
        first, last = -(-start // BLOCK_S) * BLOCK_S, end // BLOCK_S * BLOCK_S
        if first >= last:
            _append(quarters, start, end)
            continue
        _append(quarters, start, first)
        _append(blocks, first, last)
        _append(quarters, last, end)
    return blocks, quarters


def _append(spans: Spans, start: int, end: int) -> None:
    """Nothing, or more of the last one, or another one."""
    if start >= end:
        return
    if spans and spans[-1][1] == start:
        spans[-1] = spans[-1][0], end
    else:
        spans.append((start, end))


class OpenKey(NamedTuple):
    """`kind` is call, called_back (a call that was promised to be), agent, line (of a call) or down (of a trunk)."""

    kind: str
    name: str


class Rollup:
    """Fold outcomes with `apply`; then `rows()` is what to add, `open()` what to remember."""

    def __init__(self, known: Mapping[OpenKey, Any] | None = None) -> None:
        self._calls, self._work, self._nodes, self._trunks = Stats(), Work(), Nodes(), Trunks()
        for (kind, name), document in (known or {}).items():
            match kind:
                case "call":
                    self._calls.open[CallId(name)] = call_from_json(document)
                case "called_back":
                    self._calls.called_back[CallId(name)] = Slot(*document[0]), Slot(*document[1])
                case "agent":
                    self._work.open[name] = open_from_json(document)
                case "line":
                    self._trunks.lines[name] = document[0], document[1]
                case _:
                    self._trunks.down[name] = document

    def apply(self, outcome: Outcome) -> None:
        """Count one outcome everywhere."""
        event = outcome.event
        if isinstance(event, TalkEnded) and event.agent:
            self._work.talked(event.agent, self._calls.slots_of(event, outcome.at_utc_s))
        self._calls.apply(outcome)
        self._work.apply(outcome)
        self._nodes.apply(outcome)
        self._trunks.apply(outcome)
        for slot, lasted_ms in self._work.wrap_ups:
            self._calls.figures.setdefault(slot, Figures()).wrap_up_ms += lasted_ms
        self._work.wrap_ups.clear()

    def rows(self) -> dict[Row, Mergeable]:
        """What these outcomes add."""
        found: dict[Row, Mergeable] = {}
        for slot, figures in self._calls.figures.items():
            part = WHOLE if slot.queue is None else slot.queue
            found[Row("call", slot.start_utc_s, slot.hotline, part)] = figures
        for work, agent in self._work.figures.items():
            found[Row("agent", *work)] = agent
        for visit, node in self._nodes.figures.items():
            found[Row("node", *visit)] = node
        for line, trunk in self._trunks.figures.items():
            found[Row("trunk", *line, "")] = trunk
        return found

    def open(self) -> dict[OpenKey, Any]:
        """What the fold of the next outcomes needs; numbers, texts and lists only."""
        found: dict[OpenKey, Any] = {
            OpenKey("call", name): call_to_json(call) for name, call in self._calls.open.items()
        }
        found |= {
            OpenKey("called_back", name): [list(slot) for slot in slots]
            for name, slots in self._calls.called_back.items()
        }
        found |= {OpenKey("agent", name): open_to_json(work) for name, work in self._work.open.items()}
        found |= {OpenKey("line", name): list(line) for name, line in self._trunks.lines.items()}
        found |= {OpenKey("down", name): since for name, since in self._trunks.down.items()}
        return found


def folded(outcomes: Iterable[Outcome]) -> dict[Row, Mergeable]:
    """What these outcomes add where nothing was before them: of a journal, or of all that was decided about one call.

    A call's own outcomes count as they do among all others, but for the shift of its agents: that is known from their
    duties (DutyChanged).
    """
    rollup = Rollup()
    for outcome in outcomes:
        rollup.apply(outcome)
    return rollup.rows()


def touched(outcomes: Iterable[Outcome]) -> set[OpenKey]:
    """The documents that a fold of these outcomes needs, where there are any."""
    return {key for outcome in outcomes for key in _keys(outcome)}


def _keys(outcome: Outcome) -> Iterator[OpenKey]:
    event = outcome.event
    if call := getattr(event, "call", None):
        yield OpenKey("call", call)
        yield OpenKey("line", call)
    if isinstance(event, OutsideAnswered | OutsideEnded | CallEnded):
        yield OpenKey("line", outside(event.call))
    if call and getattr(event, "callback", None):
        yield OpenKey("called_back", call)
    if agent := getattr(event, "agent", None):
        yield OpenKey("agent", agent)
    if (trunk := getattr(event, "trunk", None)) is not None:
        yield OpenKey("down", trunk)
