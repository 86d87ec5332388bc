"""What the floor shows of its staff: entries `staff`, `work` (how much is to be done), `items`, `handovers`,
`governor/<queue>` and `offers/<queue>`, and what an agent's own entry says of duty, breaks and calls withheld. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.events import (
    BreakQueued,
    BreakUnqueued,
    CallsResumed,
    CallsWithheld,
    DeskMessageRead,
    DeskMessageSent,
    DutyChanged,
    Event,
    GovernorStepped,
    ItemClosed,
    ItemOpened,
    LeaderCalled,
    LeaderCallEnded,
    LeaderSummoned,
    OffersChanged,
    ReserveAsked,
    RuleOverridden,
    ShiftHandedOver,
    StaffCounted,
    WorkClosed,
    WorkOpened,
    WorkOverdue,
)
from monitor.panels import Entry

HANDOVERS_KEPT = 10
Change = tuple[str, Entry]
Look = Callable[[str], Entry]
"""The entry under a key as it is; {} when there is none."""


def change(event: Event, look: Look, utc_s: float) -> Change | None:
    """The entry that this event changes, whole; None: the event is not about staff."""
    match event:
        case StaffCounted():
            return "staff", {"present": event.present, "needed": event.needed, "rostered": event.rostered}
        case WorkOpened() | WorkOverdue() | WorkClosed():
            return "work", _work(event, look("work"))
        case DutyChanged():
            return _agent(
                event.agent,
                look,
                duty=event.duty,
                shift=event.shift,
                shift_start_utc_s=event.start_utc_s,
                shift_end_utc_s=event.end_utc_s,
            )
        case CallsWithheld():
            return _agent(event.agent, look, withheld=event.why, withheld_until_utc_s=event.until_utc_s)
        case CallsResumed():
            return _agent(event.agent, look, withheld=None, withheld_until_utc_s=None)
        case BreakQueued():
            return _agent(event.agent, look, break_queued=event.reason, break_for_cover=event.for_cover)
        case BreakUnqueued():
            return _agent(event.agent, look, break_queued=None, break_for_cover=None)
        case DeskMessageSent() | DeskMessageRead():
            unread = look(f"agent/{event.agent}").get("unread") or 0
            return _agent(event.agent, look, unread=unread + (1 if isinstance(event, DeskMessageSent) else -1) or None)
        case ItemOpened() | ItemClosed():
            return "items", _items(event, look("items"), utc_s)
        case ShiftHandedOver():
            return "handovers", {"last": [_handover(event), *look("handovers").get("last", [])][:HANDOVERS_KEPT]}
        case LeaderCalled():
            return "night_call", {"leader": event.leader, "round": event.round, "outcome": "", "since_utc_s": utc_s}
        case LeaderCallEnded():
            return "night_call", {**look("night_call"), "leader": event.leader, "outcome": event.outcome}
        case GovernorStepped():
            return f"governor/{event.queue}", _governor(event, utc_s)
        case OffersChanged():
            offered = {"callbacks": event.callbacks, "messages": event.messages}
            return f"offers/{event.queue}", {"queue": event.queue, **offered, "why": event.why, "since_utc_s": utc_s}
    return None


def alarm(event: Event) -> tuple[str, str, dict[str, str]] | None:
    """Name, text, and the values that it is made of, where people must be told at once."""
    match event:
        case RuleOverridden():
            text = f"{event.by} let {event.agent} through ({event.what}): {event.why}"
            return "rule_overridden", text, {"by": event.by, "agent": event.agent}
        case LeaderSummoned():
            return "leader_summoned", f"{event.leader} is being rung: {event.why}", {"agent": event.leader}
        case LeaderCallEnded(outcome="understood"):
            return "leader_understood", f"{event.leader} has heard it and pressed 1.", {"agent": event.leader}
        case ReserveAsked():
            agents = ", ".join(event.agents)
            return "reserve_asked", f"{agents}: please sign in. {event.why}", {"agents": agents}
    return None


def _agent(agent: str, look: Look, **news: object) -> Change:
    key = f"agent/{agent}"
    return key, {**(look(key) or {"id": agent, "name": agent, "seat": None}), **news}


def _work(event: WorkOpened | WorkOverdue | WorkClosed, before: Mapping[str, Any]) -> Entry:
    """Open items, in all and by kind, and how many of them are overdue."""
    by_kind, more = dict(before.get("by_kind", {})), int(isinstance(event, WorkOpened)) - isinstance(event, WorkClosed)
    by_kind[event.kind.value] = by_kind.get(event.kind.value, 0) + more
    overdue = before.get("overdue", 0) + isinstance(event, WorkOverdue)
    overdue -= isinstance(event, WorkClosed) and event.overdue
    return {"open": before.get("open", 0) + more, "overdue": overdue, "by_kind": by_kind}


def _items(event: ItemOpened | ItemClosed, before: Mapping[str, Any], utc_s: float) -> Entry:
    others = [item for item in before.get("open", []) if item["item"] != event.item]
    if isinstance(event, ItemClosed):
        return {"open": others}
    return {"open": [*others, {"item": event.item, "text": event.text, "by": event.by, "since_utc_s": utc_s}]}


def _handover(event: ShiftHandedOver) -> Entry:
    return {
        "shift": event.shift,
        "ended_utc_s": event.ended_utc_s,
        "waiting": dict(event.waiting),
        "still_talking": list(event.still_talking),
        "missing": list(event.missing),
        "items": dict(event.items),
    }


def _governor(event: GovernorStepped, utc_s: float) -> Entry:
    return {
        "queue": event.queue,
        "step": event.step,
        "measure": event.measure,
        "why": event.why,
        "connection_rate": event.connection_rate,
        "service_level": event.service_level,
        "forecast": event.forecast,
        "since_utc_s": utc_s,
    }
