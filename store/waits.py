"""Each stay of a call in a queue as a segment of kind "wait", so that a figure can name the calls behind it. Pure.

The rules are those of core.stats: a call taken over again is offered a second time to the queue where it waits, which
is no news; a move closes one wait and opens another. `outcome` is answered, abandoned, callback, flowed_out or lost.
"""

from __future__ import annotations

from dataclasses import replace

from core.events import (
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallFlowedOut,
    CallLost,
    CallMoved,
    CallOffered,
    CallTurnedIntoCallback,
    Outcome,
)
from store.records import SegmentRecord

Waits = dict[str, SegmentRecord]
WAIT = "wait"
_ENDS: dict[type, str] = {
    CallAnswered: "answered",
    CallAbandoned: "abandoned",
    CallTurnedIntoCallback: "callback",
    CallFlowedOut: "flowed_out",
}


def waits_after(segments: Waits, outcome: Outcome) -> str:
    """Put what this outcome opens and closes into `segments`; what became of the whole call's request, or ""."""
    event, at = outcome.event, outcome.at_utc_s
    match event:
        case CallOffered():
            _offered(segments, event, outcome)
        case CallMoved():
            _close(segments, event.call, at, "flowed_out")
            _begin(segments, event.call, event.queue, at, outcome)
        case CallAnswered() | CallAbandoned() | CallTurnedIntoCallback() | CallFlowedOut():
            return _settled(segments, event, outcome)
        case CallLost():
            return "lost" if _close(segments, event.call, at, "lost") else ""
        case CallEnded():
            return "flowed_out" if _close(segments, event.call, at, "flowed_out") else ""
        case _:
            pass
    return ""


def _offered(segments: Waits, event: CallOffered, outcome: Outcome) -> None:
    waiting = _open(segments, event.call)
    if waiting and waiting.queue == event.queue:
        return
    _close(segments, event.call, outcome.at_utc_s, "flowed_out")
    _begin(segments, event.call, event.queue, outcome.at_utc_s - event.waited_s, outcome)


def _settled(
    segments: Waits, event: CallAnswered | CallAbandoned | CallTurnedIntoCallback | CallFlowedOut, outcome: Outcome
) -> str:
    """A wait whose beginning nobody saw is reckoned from its length, as the figures do."""
    became, at = _ENDS[type(event)], outcome.at_utc_s
    if _open(segments, event.call) is None:
        _begin(segments, event.call, event.queue, at - event.waited_s, outcome)
    _close(segments, event.call, at, became, event.waited_s)
    return became


def _begin(segments: Waits, call: str, queue: str, began_utc_s: float, outcome: Outcome) -> None:
    name = f"{call}/wait/{outcome.sequence}.{outcome.ordinal}"
    segments[name] = SegmentRecord(name, call, WAIT, queue, "", "", began_utc_s, None, 0.0, "")


def _close(segments: Waits, call: str, at: float, became: str, waited_s: float | None = None) -> bool:
    wait = _open(segments, call)
    if wait is None:
        return False
    lasted_s = max(0.0, at - wait.began_utc_s) if waited_s is None else waited_s
    segments[wait.segment] = replace(wait, ended_utc_s=at, lasted_s=lasted_s, outcome=became)
    return True


def _open(segments: Waits, call: str) -> SegmentRecord | None:
    found = (row for row in segments.values() if (row.call, row.kind, row.ended_utc_s) == (call, WAIT, None))
    return min(found, key=lambda row: (row.began_utc_s, row.segment), default=None)
