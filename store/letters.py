"""What a business system is told of an outcome: its type, what it is about, and the words. Pure.

Letters about the same `about` (a call, a case, a promise, an alarm) are delivered in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from core.events import (
    AlarmChanged,
    CallAnswered,
    CallbackChanged,
    CallbackKept,
    CallbackMade,
    CallEnded,
    CallEntered,
    CallNoted,
    CaseChanged,
    CaseOpened,
    CaseOverdue,
    CaseTaken,
    MessageTaken,
    OutboundBegan,
    OutboundEnded,
    Outcome,
    SurveyMarked,
    TalkBegan,
)
from store.projections import Picture

_TYPES: dict[type, tuple[str, str]] = {
    CallEntered: ("call", "entered"),
    CallAnswered: ("call", "answered"),
    TalkBegan: ("call", "talk_began"),
    CallEnded: ("call", "ended"),
    OutboundBegan: ("call", "made"),
    OutboundEnded: ("call", "made_ended"),
    CaseOpened: ("case", "opened"),
    CaseTaken: ("case", "taken"),
    CaseChanged: ("case", "changed"),
    CaseOverdue: ("case", "overdue"),
    CallbackMade: ("callback", "promised"),
    CallbackChanged: ("callback", "changed"),
    CallbackKept: ("callback", "kept"),
    MessageTaken: ("message", "left"),
    SurveyMarked: ("survey", "marked"),
    AlarmChanged: ("alarm", "changed"),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """`type` is `<kind>.<what>`; `data` the outcome's own fields, and `record` where there is one."""

    sequence: int
    ordinal: int
    at_utc_s: float
    kind: str
    type: str
    about: str
    data: dict[str, Any]


def letters(outcomes: list[Outcome], records: Picture) -> Iterator[Letter]:
    """Those of these outcomes, in order; `records` are as they are after all of them."""
    for outcome in outcomes:
        for kind, what in _types(outcome.event):
            data = asdict(outcome.event) | _record(outcome.event, records)
            yield Letter(
                outcome.sequence, outcome.ordinal, outcome.at_utc_s, kind, f"{kind}.{what}", _about(outcome.event), data
            )


def _types(event: object) -> list[tuple[str, str]]:
    """A note with a code is the wrap-up's, too."""
    if isinstance(event, CallNoted):
        return [("note", "saved"), *([("wrap_up", "saved")] if event.code else [])]
    return [_TYPES[type(event)]] if type(event) in _TYPES else []


def _about(event: object) -> str:
    if isinstance(event, AlarmChanged):
        return f"alarm/{event.rule}/{event.subject}"
    for name in ("case", "callback", "call"):
        if value := getattr(event, name, ""):
            return f"{name}/{value}"
    return ""


def _record(event: object, records: Picture) -> dict[str, Any]:
    """The whole call when it is over; the whole case each time."""
    if isinstance(event, CallEnded | OutboundEnded):
        row: Any = records.calls.get(event.call)
    elif isinstance(event, CaseOpened | CaseTaken | CaseChanged | CaseOverdue):
        row = records.cases.get(event.case)
    else:
        row = None
    return {"record": asdict(row)} if row is not None else {}
