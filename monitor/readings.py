"""What alarm rules look at, read off the live board and what the process knows of itself. Pure.

A reading is a figure of a subject: a queue, a trunk, an agent, a PBX node, or the house. None is no reading: a rate
before 20 calls are finished, so that the first caller of a day who hangs up is no alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.alarms import HOUSE

Reading = tuple[str, str]
"""Figure and subject."""

Board = Mapping[str, Any]
LEAST_CALLS = 20
"""Of fewer finished calls a rate raises no alarm: a single caller would."""

_PASSING = ("reserved", "ringing", "dialling", "holding", "consulting", "wrap_up")
"""States that end by themselves or soon; talks and idleness may last."""


def board_readings(board: Board) -> dict[Reading, float | None]:
    """Everything the board says."""
    found: dict[Reading, float | None] = {}
    for key, entry in board.items():
        kind, _, name = key.partition("/")
        found |= {(figure, name or HOUSE): value for figure, value in _of(kind, entry, board)}
    return found | {("outbound_spend", HOUSE): _spent(board)}


def _spent(board: Board) -> float:
    """On calls of ours of today, those that go on among them (core.calling: prices)."""
    made = [entry for key, entry in board.items() if key.startswith("outbound/")]
    going_on = sum(_age(entry.get("answered_boot_s"), board) / 60 * entry.get("price", 1.0) for entry in made)
    return float(board.get("spend", {"ended": 0.0})["ended"] + going_on)


def _of(kind: str, entry: Any, board: Board) -> Iterator[tuple[str, float | None]]:
    match kind:
        case "queue":
            yield from _queue(entry, board)
        case "trunk":
            yield "trunk_down", 0.0 if entry["reachable"] else 1.0
        case "pbx":
            yield "pbx_down", 0.0 if entry["up"] else 1.0
        case "agent" if entry.get("status") != "signed_out":
            age_s = _age(entry.get("since_boot_s"), board)
            yield "agent_stuck_s", age_s if entry.get("state") in _PASSING else 0.0
        case "staff":
            yield "agents_missing", float(max(0, entry["needed"] - entry["present"]))
        case "lines":
            yield "blocked", float(entry["blocked"])


def _queue(entry: Any, board: Board) -> Iterator[tuple[str, float | None]]:
    today = entry["today"]
    judged = today["offered"] - today["waiting"] >= LEAST_CALLS
    yield "connection_rate", today.get("connection_rate") if judged else None
    yield "service_level", today["service_level"].get("v3") if judged else None
    yield "longest_wait_s", _age(entry.get("longest_since_boot_s"), board)
    yield "waiting", float(entry["waiting"])


def targets(board: Board) -> dict[Reading, float]:
    """The queues' own targets, for rules that are `below: target`."""
    found: dict[Reading, float] = {}
    for key, entry in board.items():
        kind, _, name = key.partition("/")
        if kind == "queue":
            for figure in ("connection_rate", "service_level"):
                if (target := entry.get(f"{figure}_target")) is not None:
                    found[figure, name] = target
    return found


def _age(since_boot_s: float | None, board: Board) -> float:
    return 0.0 if since_boot_s is None else max(0.0, board["clock"]["boot_s"] - since_boot_s)
