"""The board's computed entries: a queue, a hotline, the lines. From house, figures and live calls. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from core.figures import Figures
from core.house import House, Queue
from core.ids import HotlineId, QueueId
from core.states import CallState

WAITING = (CallState.WAITING, CallState.RESERVED, CallState.RINGING)
HOUSE_SERVICE_LEVEL_S = 15.0
"""Of the house and its hotlines; a queue sets its own."""

Entry = dict[str, Any]


def house_panel(house: House) -> Entry:
    """Name, time zone and languages."""
    return {"name": house.name, "time_zone": house.time_zone, "languages": list(house.languages)}


def queue_panel(house: House, name: QueueId, figures: Figures, calls: Sequence[Entry]) -> Entry:
    """One queue: who waits since when, and today's figures. A queue the house no longer knows has no targets."""
    queue = next((item for item in house.queues if item.id == name), None)
    waiting = [entry for entry in calls if entry["queue"] == name and entry["state"] in WAITING]
    return {
        "id": name,
        "name": dict(queue.name) if queue else {},
        "waiting": len(waiting),
        "longest_since_utc_s": min((entry["waiting_since_utc_s"] for entry in waiting), default=None),
        "longest_since_boot_s": min((entry["waiting_since_boot_s"] for entry in waiting), default=None),
        **_targets(queue),
        "today": rates(figures, queue.service_level_s if queue else HOUSE_SERVICE_LEVEL_S, house.cadence.budget_s),
    }


def _targets(queue: Queue | None) -> Entry:
    return {
        "connection_rate_target": queue.connection_rate_target if queue else None,
        "service_level_target": queue.service_level_target if queue else None,
        "service_level_s": queue.service_level_s if queue else HOUSE_SERVICE_LEVEL_S,
    }


def hotline_panel(house: House, name: HotlineId, figures: Figures) -> Entry:
    """One hotline number and today's figures of its whole calls."""
    hotline = next((item for item in house.hotlines if item.id == name), None)
    return {
        "id": name,
        "name": dict(hotline.name) if hotline else {},
        "number": hotline.number if hotline else "",
        "today": rates(figures, HOUSE_SERVICE_LEVEL_S, house.cadence.budget_s),
    }


def lines_panel(
    house: House,
    blocked: Mapping[str, int],
    calls: Sequence[Entry],
    outbound: Sequence[Entry],
    absent_trunks: Collection[str],
) -> Entry:
    """Lines in use of the limit, in all and per trunk; `blocked` counts today's refused calls per trunk.

    `in_use` of the house is callers' lines; `outbound` those of calls that we make, which may use all that callers
    leave of `outbound_limit`. A trunk's own count holds both.
    """
    callers = Counter(str(entry["trunk"]) for entry in calls)
    in_use = callers + Counter(str(entry["trunk"]) for entry in outbound)
    names = {str(trunk.id): trunk.name for trunk in house.trunks}
    return {
        "limit": house.lines.inbound,
        "in_use": callers.total(),
        "outbound": len(outbound),
        "outbound_limit": house.lines.inbound + house.lines.outbound_reserve,
        "blocked": sum(blocked.values()),
        "by_trunk": {
            trunk: {
                "name": names.get(trunk, trunk),
                "in_use": in_use[trunk],
                "blocked": blocked.get(trunk, 0),
                "reachable": f"trunk/{trunk}" not in absent_trunks,
            }
            for trunk in sorted({*names, *in_use, *blocked} - {""})
        },
    }


def rates(figures: Figures, threshold_s: float, ring_budget_s: float) -> Entry:
    """Counts and rates as a reader shows them; a rate is None while there is nothing to divide by."""
    return {
        "entered": figures.entered,
        "offered": figures.offered,
        "answered": figures.answered,
        "abandoned": figures.abandoned,
        "callbacks": figures.callbacks,
        "callbacks_in_time": figures.callbacks_in_time,
        "messages": figures.messages,
        "flowed_out": figures.flowed_out,
        "lost": figures.lost,
        "outbound": figures.outbound,
        "outbound_reached": figures.outbound_reached,
        "outbound_talk_s": figures.outbound_talk_ms / 1000,
        "transferred": figures.transferred,
        "waiting": figures.waiting,
        "conserved": figures.conserved,
        "connection_rate": figures.connection_rate,
        "connection_rate_with_callbacks": figures.connected_or_called_back.rate,
        "service_level": figures.service_levels(threshold_s),
        "three_ring_rate": figures.three_ring_rate(ring_budget_s),
        "three_rings": figures.three_rings(ring_budget_s),
        "asa_s": figures.asa_s,
        "longest_wait_s": figures.longest_wait_ms / 1000,
        "promises": figures.promise_parts(),
        "promise_score": figures.promises_met.rate,
        "satisfaction": figures.satisfaction(),
    }
