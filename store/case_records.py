"""What an outcome makes of a case's record, and of its history (called by store.projections). Pure."""

from __future__ import annotations

from dataclasses import replace

from core.events import CaseChanged, CaseOpened, CaseOverdue, CaseTaken, Outcome
from core.states import CaseState
from store.records import CaseMoment, CaseRow

CaseEvent = CaseOpened | CaseTaken | CaseChanged | CaseOverdue


def after(row: CaseRow | None, outcome: Outcome, event: CaseEvent) -> tuple[CaseRow, CaseMoment]:
    """The record as it is now, and one line more of its history."""
    at, name = outcome.at_utc_s, f"{outcome.sequence:012}.{outcome.ordinal:04}"
    now = replace(_row(row or _unseen(event.case, at), event, at), changed_utc_s=at)
    what, by, note = _told(event)
    return now, CaseMoment(name, event.case, at, what, by, now.owner, note)


def _unseen(case: str, at: float) -> CaseRow:
    """A case whose beginning was lost."""
    return CaseRow(case, "", "", "", "", CaseState.NEW, "", "", False, at, "", at, at, None)


def _row(row: CaseRow, event: CaseEvent, at: float) -> CaseRow:
    match event:
        case CaseOpened():
            return replace(
                row, kind=event.kind.value, text=event.text, caller=event.caller, call=event.call,
                opened_utc_s=at, opened_by=event.by, due_utc_s=at + event.due_s,
            )  # fmt: skip
        case CaseTaken():
            return replace(row, owner=event.owner, note=event.note or row.note)
        case CaseOverdue():
            return replace(row, overdue=True)
        case CaseChanged():
            due = {} if event.due_s is None else {"due_utc_s": at + event.due_s, "overdue": False}
            closed_utc_s = at if event.state is CaseState.CLOSED else None
            note = event.note or row.note
            return replace(row, state=event.state.value, note=note, closed_utc_s=closed_utc_s, **due)  # type: ignore[arg-type]


def _told(event: CaseEvent) -> tuple[str, str, str]:
    """What, by whom, and in which words."""
    match event:
        case CaseOpened():
            return "opened", event.by, event.text
        case CaseTaken():
            return "taken", event.by, event.note
        case CaseOverdue():
            return "overdue", "", ""
        case CaseChanged():
            return ("noted" if event.state is event.was else event.state.value), event.by, event.note
