"""The live board as Prometheus metrics. docs/metrics.md has each name; labels are ids of the house, never of callers.

Counts begin anew at the house's midnight, as the board's do; to Prometheus that is a counter that was reset, which
rate() and increase() know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Board = Mapping[str, Any]
Sample = tuple[str, tuple[str, ...], float | None]
"""Name, values of its labels, value; None is left out."""

GAUGE, COUNTER = GaugeMetricFamily, CounterMetricFamily
Family = type[GaugeMetricFamily] | type[CounterMetricFamily]
METRICS: Mapping[str, tuple[Family, str, tuple[str, ...]]] = {
    "thirdring_board_age_seconds": (GAUGE, "Age of the live board; more than a few seconds: the engine hangs", ()),
    "thirdring_lines_in_use": (GAUGE, "Lines in use", ("trunk",)),
    "thirdring_lines_limit": (GAUGE, "Lines for callers", ()),
    "thirdring_trunk_up": (GAUGE, "Whether the carrier answers", ("trunk",)),
    "thirdring_pbx_up": (GAUGE, "Whether the engine sees the PBX", ("node",)),
    "thirdring_calls_blocked_total": (COUNTER, "Calls refused because all lines were busy, today", ("trunk",)),
    "thirdring_queue_waiting": (GAUGE, "Callers who wait", ("queue",)),
    "thirdring_queue_longest_wait_seconds": (GAUGE, "Wait of the caller who waits longest", ("queue",)),
    "thirdring_queue_calls_total": (COUNTER, "Calls by what became of them, today", ("queue", "outcome")),
    "thirdring_hotline_calls_total": (COUNTER, "Whole calls by what became of them, today", ("hotline", "outcome")),
    "thirdring_queue_connection_rate": (GAUGE, "A / (O - W), today, 0 to 1", ("queue",)),
    "thirdring_queue_service_level": (GAUGE, "Today, 0 to 1", ("queue", "variant")),
    "thirdring_queue_three_ring_rate": (GAUGE, "Rings answered within three, today, 0 to 1", ("queue",)),
    "thirdring_queue_asa_seconds": (GAUGE, "Average speed of answer, today", ("queue",)),
    "thirdring_agents": (GAUGE, "Agents signed in, by what they do", ("state",)),
    "thirdring_seats_reachable": (GAUGE, "Seats whose phone can ring", ()),
    "thirdring_staff": (GAUGE, "Agents on the line, needed by the floor, and on the roster", ("count",)),
    "thirdring_alarms": (GAUGE, "Alarms that stand", ("rule", "severity")),
}
OUTCOMES = ("offered", "answered", "abandoned", "callbacks", "messages", "flowed_out", "lost")


def exposition(board: Board, utc_s: float) -> bytes:
    """The text that Prometheus reads, with this process's own CPU time and memory."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Board(board, utc_s))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Board:
    """prometheus_client's collector over one snapshot."""

    def __init__(self, board: Board, utc_s: float) -> None:
        self._board, self._utc_s = board, utc_s

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Any] = {
            name: kind(name.removesuffix("_total"), text, labels=labels)
            for name, (kind, text, labels) in METRICS.items()
        }
        for name, labels, value in samples(self._board, self._utc_s):
            if value is not None:
                families[name].add_metric(labels, value)
        return families.values()


def samples(board: Board, utc_s: float) -> Iterator[Sample]:
    """Everything the board says, as one value after the other."""
    clock = board.get("clock", {})
    yield "thirdring_board_age_seconds", (), max(0.0, utc_s - clock.get("utc_s", 0.0))
    yield from _lines(board.get("lines", {}))
    yield from _people(board)
    for key, entry in board.items():
        kind, _, name = key.partition("/")
        match kind:
            case "queue":
                yield from _queue(name, entry, clock)
            case "hotline":
                for outcome in OUTCOMES:
                    yield "thirdring_hotline_calls_total", (name, outcome), entry["today"][outcome]
            case "pbx":
                yield "thirdring_pbx_up", (name,), float(entry["up"])


def _lines(lines: Mapping[str, Any]) -> Iterator[Sample]:
    yield "thirdring_lines_limit", (), lines.get("limit")
    for trunk, entry in lines.get("by_trunk", {}).items():
        yield "thirdring_lines_in_use", (trunk,), entry["in_use"]
        yield "thirdring_trunk_up", (trunk,), float(entry["reachable"])
        yield "thirdring_calls_blocked_total", (trunk,), entry["blocked"]


def _queue(name: str, entry: Mapping[str, Any], clock: Mapping[str, float]) -> Iterator[Sample]:
    today, since = entry["today"], entry.get("longest_since_boot_s")
    yield "thirdring_queue_waiting", (name,), entry["waiting"]
    waited_s = 0.0 if since is None else max(0.0, clock["boot_s"] - since)
    yield "thirdring_queue_longest_wait_seconds", (name,), waited_s
    for outcome in OUTCOMES:
        yield "thirdring_queue_calls_total", (name, outcome), today[outcome]
    yield "thirdring_queue_connection_rate", (name,), today.get("connection_rate")
    for variant, level in today["service_level"].items():
        yield "thirdring_queue_service_level", (name, variant), level
    yield "thirdring_queue_three_ring_rate", (name,), today.get("three_ring_rate")
    yield "thirdring_queue_asa_seconds", (name,), today.get("asa_s")


def _people(board: Board) -> Iterator[Sample]:
    agents = [entry for key, entry in board.items() if key.startswith("agent/")]
    for state, count in Counter(_does(entry) for entry in agents if entry.get("status") != "signed_out").items():
        yield "thirdring_agents", (state,), count
    seats = [entry for key, entry in board.items() if key.startswith("seat/")]
    yield "thirdring_seats_reachable", (), sum(bool(entry.get("reachable")) for entry in seats)
    for word in ("present", "needed", "rostered"):
        yield "thirdring_staff", (word,), board.get("staff", {}).get(word)
    alarms = [entry for key, entry in board.items() if key.startswith("alarm/")]
    for (rule, severity), number in Counter((alarm["rule"], alarm["severity"]) for alarm in alarms).items():
        yield "thirdring_alarms", (rule, severity), number


def _does(agent: Mapping[str, Any]) -> str:
    """One word: the state, or for an idle agent the status."""
    state = agent.get("state") or "idle"
    status: str = agent.get("status") or "ready"
    return status if state == "idle" and status != "ready" else str(state)
