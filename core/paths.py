"""The figures of menu nodes and of trunks, folded from outcomes. Pure.

A visit to a node counts in the quarter of an hour in which it ended. A line is counted in the quarters through which
it was in use, so that milliseconds of lines over milliseconds of the interval are the traffic in erlangs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from core.events import (
    BlockedCounted,
    CallEnded,
    CallEntered,
    MenuNodeVisited,
    OutboundEnded,
    OutboundMoved,
    Outcome,
    OutsideAnswered,
    OutsideEnded,
    TrunkChanged,
    TrunkFailed,
)
from core.figures import milliseconds
from core.mergeable import Mergeable, add
from core.states import OutboundOutcome, OutboundState
from core.stats import quarter_hour
from core.work import quarters


@dataclass(slots=True)
class NodeFigures(Mergeable):
    """Visits to one node of a flow: `left` counts how they ended, `to` where callers went, `keys` what they chose.

    `again` are visits of callers who had been here before; `reached` is what came of ways that ended here.
    """

    visits: int = 0
    again: int = 0
    wrong: int = 0
    silent: int = 0
    lasted_ms: int = 0
    left: dict[str, int] = field(default_factory=dict)
    to: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """Ways that ended here; of a whole flow, ways through it."""
        return sum(self.reached.values())


@dataclass(slots=True)
class TrunkFigures(Mergeable):
    """One carrier's calls; `failures` of calls that we made, by reason."""

    entered: int = 0
    blocked: int = 0
    outbound: int = 0
    outbound_reached: int = 0
    line_ms: int = 0
    down_ms: int = 0
    failures: dict[str, int] = field(default_factory=dict)


def outside(call: str) -> str:
    """The second line of a call whose caller, or agent in a consult, speaks with somebody outside."""
    return f"{call}/outside"


class NodeSlot(NamedTuple):
    """`node` is the flow's name, a slash, and the node's."""

    start_utc_s: int
    node: str
    hotline: str


class TrunkSlot(NamedTuple):
    start_utc_s: int
    trunk: str


@dataclass(slots=True)
class Nodes:
    """The fold of visits; nothing is kept between two outcomes."""

    figures: dict[NodeSlot, NodeFigures] = field(default_factory=dict)

    def apply(self, outcome: Outcome) -> None:
        event = outcome.event
        if not isinstance(event, MenuNodeVisited):
            return
        slot = NodeSlot(quarter_hour(outcome.at_utc_s), f"{event.flow}/{event.node_name}", event.hotline)
        figures = self.figures.setdefault(slot, NodeFigures())
        figures.visits += 1
        figures.wrong += event.wrong
        figures.silent += event.silent
        figures.lasted_ms += milliseconds(event.lasted_s)
        add(figures.left, event.how)
        add(figures.to, event.to)
        figures.again += event.again
        if event.key:
            add(figures.keys, event.key)
        if event.reached:
            add(figures.reached, event.reached)


@dataclass(slots=True)
class Trunks:
    """The fold of trunks. `lines`: which trunk a call holds, since when; `down`: since when a trunk is out of reach."""

    figures: dict[TrunkSlot, TrunkFigures] = field(default_factory=dict)
    lines: dict[str, tuple[str, float]] = field(default_factory=dict)
    down: dict[str, float] = field(default_factory=dict)

    def apply(self, outcome: Outcome) -> None:
        event, at = outcome.event, outcome.at_utc_s
        match event:
            case BlockedCounted():
                self._at(at, event.trunk).blocked += event.count
            case CallEntered():
                self._at(at, event.trunk).entered += event.call not in self.lines
                self.lines.setdefault(event.call, (event.trunk, at))
            case CallEnded():
                self._released(event.call, at)
                self._released(outside(event.call), at)
            case OutsideAnswered() if event.trunk:
                self.lines.setdefault(outside(event.call), (event.trunk, at))
            case OutsideEnded():
                self._released(outside(event.call), at)
            case OutboundMoved():
                self._moved(event, at)
            case OutboundEnded():
                self._ended(event, at)
            case TrunkFailed():
                add(self._at(at, event.trunk).failures, event.why)
            case TrunkChanged():
                self._changed(event, at)

    def _moved(self, event: OutboundMoved, at: float) -> None:
        """A trunk is asked: from now on a line of it is in use."""
        if event.state is OutboundState.CALLING and event.trunk:
            self._released(event.call, at)
            self._at(at, event.trunk).outbound += 1
            self.lines[event.call] = event.trunk, at

    def _ended(self, event: OutboundEnded, at: float) -> None:
        self._released(event.call, at)
        if event.trunk:
            self._at(at, event.trunk).outbound_reached += event.outcome is OutboundOutcome.REACHED

    def _released(self, call: str, at: float) -> None:
        trunk, since = self.lines.pop(call, ("", at))
        for start, part_ms in quarters(at, at - since):
            self._at(start, trunk).line_ms += part_ms

    def _changed(self, event: TrunkChanged, at: float) -> None:
        since = self.down.pop(event.trunk, at)
        for start, part_ms in quarters(at, at - since):
            self._at(start, event.trunk).down_ms += part_ms
        if not event.reachable:
            self.down[event.trunk] = at

    def _at(self, utc_s: float, trunk: str) -> TrunkFigures:
        return self.figures.setdefault(TrunkSlot(quarter_hour(utc_s), trunk), TrunkFigures())
