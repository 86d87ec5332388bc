"""Each stay of a call in a queue as a segment of kind "wait", so that a figure can name the calls behind it. Pure.

The rules are those of core.stats: a call taken over again is offered a second time to the queue where it waits, which
is no news; a move closes one wait and opens another. `outcome` is answered, abandoned, callback, message,
flowed_out or lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.events import (
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallFlowedOut,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallOffered,
    CallTurnedIntoCallback,
    Outcome,
)
from store.records import SegmentRecord

WAIT = "wait"
_ENDS: dict[type, str] = {
    CallAnswered: "answered",
    CallAbandoned: "abandoned",
    CallTurnedIntoCallback: "callback",
    CallLeftMessage: "message",
    CallFlowedOut: "flowed_out",
}
Settled = CallAnswered | CallAbandoned | CallTurnedIntoCallback | CallLeftMessage | CallFlowedOut


@dataclass(slots=True)
class Waits:
    """The waits among `segments`, which it changes; `open` are the names of those not ended, by call."""

    segments: dict[str, SegmentRecord]
    open: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in sorted(self.segments, reverse=True):  # the first counts, should there be several
            row = self.segments[name]
            if row.kind == WAIT and row.ended_utc_s is None:
                self.open[row.call] = name

    def apply(self, outcome: Outcome) -> str:
        """Put in what this outcome opens and closes; what became of the whole call's request, or ""."""
        event, at = outcome.event, outcome.at_utc_s
        match event:
            case CallOffered():
                self._offered(event, outcome)
            case CallMoved():
                self._close(event.call, at, "flowed_out")
                self._begin(event.call, event.queue, at, outcome)
            case CallAnswered() | CallAbandoned() | CallTurnedIntoCallback() | CallLeftMessage() | CallFlowedOut():
                return self._settled(event, outcome)
            case CallLost():
                return "lost" if self._close(event.call, at, "lost") else ""
            case CallEnded():
                return "flowed_out" if self._close(event.call, at, "flowed_out") else ""
            case _:
                pass
        return ""

    def _offered(self, event: CallOffered, outcome: Outcome) -> None:
        waiting = self.open.get(event.call)
        if waiting and self.segments[waiting].queue == event.queue:
            return
        self._close(event.call, outcome.at_utc_s, "flowed_out")
        self._begin(event.call, event.queue, outcome.at_utc_s - event.waited_s, outcome)

    def _settled(self, event: Settled, outcome: Outcome) -> str:
        """A wait whose beginning nobody saw is reckoned from its length, as the figures do."""
        became, at = _ENDS[type(event)], outcome.at_utc_s
        if event.call not in self.open:
            self._begin(event.call, event.queue, at - event.waited_s, outcome)
        self._close(event.call, at, became, event.waited_s)
        return became

    def _begin(self, call: str, queue: str, began_utc_s: float, outcome: Outcome) -> None:
        name = f"{call}/wait/{outcome.sequence}.{outcome.ordinal}"
        self.segments[name] = SegmentRecord(name, call, WAIT, queue, "", "", began_utc_s, None, 0.0, "")
        self.open[call] = name

    def _close(self, call: str, at: float, became: str, waited_s: float | None = None) -> bool:
        name = self.open.pop(call, None)
        if name is None:
            return False
        wait = self.segments[name]
        lasted_s = max(0.0, at - wait.began_utc_s) if waited_s is None else waited_s
        self.segments[name] = replace(wait, ended_utc_s=at, lasted_s=lasted_s, outcome=became)
        return True
