"""What a live client asked for: which entries of the board it is sent.

`floor` is everything. `agent/<id>` is the agent with seat and call, whichever they are at the moment; `queue/<id>`,
`call/<id>` and `alarms` are what they say. `wall` is what a screen on the wall shows: queues, hotlines, lines, and what
seats do without who sits there. The clock comes with each, as the pulse of the board. `pops` is the person's own screen
pop, which does not lie on the board.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

FLOOR, WALL, ALARMS, POPS = "floor", "wall", "alarms", "pops"
MOST_TOPICS = 50
Topic = Annotated[
    str,
    Field(pattern=r"^(floor|wall|alarms|pops|(queue|agent|call)/[A-Za-z0-9._-]{1,80})$", examples=["agent/agent-01"]),
]

_QUEUE = ("queue", "governor", "offers")
_CALL = ("call", "outbound")
_WALL = ("house", "lines")


class Topics:
    """One client's. Give it every document and diff of the board in order, first to `look`, then to `shown`."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._keys: set[str] = {"clock"}
        self._agents = [name for name in self.names if name.startswith("agent/")]
        self._seats: dict[str, str] = {}
        self._calls: dict[str, str] = {}
        for kind, _, name in (topic.partition("/") for topic in self.names):
            if kind in ("queue", "call"):
                self._keys |= {f"{each}/{name}" for each in (_QUEUE if kind == "queue" else _CALL)}
                self._keys |= {"closed"} if kind == "queue" else set()

    @property
    def of_board(self) -> bool:
        """Is anything of the board wanted?"""
        return bool(self.names - {POPS})

    @property
    def move(self) -> bool:
        """May what is in view change? Then a place in the stream does not tell what the client has seen."""
        return bool(self._agents)

    def look(self, document: Mapping[str, Any]) -> bool:
        """Note where the agents are now; True: entries came into view that were not sent before."""
        before = self._in_view()
        for agent in self._agents:
            _note(self._seats, agent, document, "seat", "seat")
            if seat := self._seats.get(agent):
                _note(self._calls, seat, document, "call", "call")
        return bool(self._in_view() - before)

    def shown(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The part that the client is sent."""
        if FLOOR in self.names:
            return dict(document)
        view = self._keys | self._in_view()
        seen = {key: entry for key, entry in document.items() if key in view or self._is_alarm(key)}
        return seen | (_on_the_wall(document) if WALL in self.names else {})

    def _in_view(self) -> set[str]:
        """Agents, their seats, and the calls of these."""
        seats = {seat for agent in self._agents if (seat := self._seats.get(agent))}
        calls = {call for seat in seats if (call := self._calls.get(seat))}
        return {*self._agents, *seats, *calls, *(call.replace("call/", "outbound/", 1) for call in calls)}

    def _is_alarm(self, key: str) -> bool:
        return ALARMS in self.names and (key == "alarms" or key.startswith("alarm/"))


def without_notes(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document or diff of the board for whoever leads nobody: what agents wrote about a call is read on the own pop,
    and with the call's notes, where such a look is in the audit."""
    return {key: _bare(entry) if entry and key.startswith("call/") else entry for key, entry in document.items()}


def _bare(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "notes"}


def _on_the_wall(document: Mapping[str, Any]) -> dict[str, Any]:
    """Nobody's name or number: whoever passes by reads it."""
    shown = {key: entry for key, entry in document.items() if key in _WALL or key.startswith(("queue/", "hotline/"))}
    seats = {key: _seat(entry) for key, entry in document.items() if key.startswith("seat/")}
    return shown | {key: seat for key, seat in seats.items() if seat != {}}


def _seat(entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """None: it is gone. {}: nothing of it that the wall shows has changed."""
    if entry is None:
        return None
    taken = {"agent": bool(entry["agent"]) or None} if "agent" in entry else {}
    return {name: entry[name] for name in ("reachable", "status", "state") if name in entry} | taken


def _note(places: dict[str, str], key: str, document: Mapping[str, Any], member: str, kind: str) -> None:
    """Where this entry points to, if the document says anything about that; nothing where it has gone."""
    if key not in document:
        return
    entry = document[key]
    if entry is None:
        places.pop(key, None)
    elif member in entry:
        places[key] = f"{kind}/{entry[member]}" if entry[member] else ""
