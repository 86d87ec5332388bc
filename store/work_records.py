"""The work list as records, folded from outcomes. Pure."""

from __future__ import annotations

from dataclasses import replace

from core.events import WorkClosed, WorkOpened, WorkOverdue, WorkTaken
from store.records import WorkItem

WorkEvent = WorkOpened | WorkTaken | WorkOverdue | WorkClosed


def after(row: WorkItem | None, event: WorkEvent, at: float) -> WorkItem:
    """The item as this event leaves it; `row` None: none was seen of it before."""
    row = row or _unseen(event, at)
    match event:
        case WorkOpened():
            return replace(
                row, kind=event.kind.value, call=event.call, number=event.number, queue=event.queue,
                hotline=event.hotline, language=event.language, about=event.about, file=event.file,
                lasted_s=event.lasted_s, mark=event.mark, busy=event.busy, opened_utc_s=at, due_utc_s=at + event.due_s,
            )  # fmt: skip
        case WorkTaken():
            return replace(row, state="claimed", owner=event.owner, note=event.note or row.note)
        case WorkOverdue():
            return replace(row, kind=event.kind.value, overdue=True)
        case WorkClosed():
            return replace(
                row, kind=event.kind.value, state="closed", owner=event.owner, overdue=event.overdue,
                note=event.note or row.note, closed_utc_s=at, closed_by=event.by, how=event.how,
            )  # fmt: skip


def _unseen(event: WorkEvent, at: float) -> WorkItem:
    """An item whose beginning was lost."""
    return WorkItem(
        item=event.item, kind="", call="", number="", queue="", hotline="", language="", about="", file="",
        lasted_s=0.0, mark=0, busy=False, opened_utc_s=at, due_utc_s=at, state="open", owner="", overdue=False, note="",
        closed_utc_s=None, closed_by="", how="",
    )  # fmt: skip
