"""Reports that are mailed by themselves: of which days, when, to whom. Parts of the house (core.house). Pure.

A report of a day, a week (from Monday) or a month is due on the first day after it, at the time of day that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.parts import Language, Name, Part, TimeOfDay
from core.staff import Place

Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}$")]
Span = tuple[date, date]
"""First day and the day after the last."""


class ReportMail(Part):
    """One report, again and again. `by` must be shorter than its span."""

    id: Name
    every: Literal["day", "week", "month"] = Field(default="day", description="its span: the one that is just over")
    at: TimeOfDay = Field(default=time(7), description="business time, on the first day after the span")
    of: Literal["house", "hotline", "queue", "agent", "team", "shift", "flow", "trunk"] = "house"
    by: Literal["15min", "30min", "hour", "band", "shift", "day", "week", "all"] = "hour"
    name: Name | Literal[""] = Field(default="", description="one hotline, queue, agent …; empty: each of them")
    format: Literal["xlsx", "csv"] = "xlsx"
    language: Language = "zh-CN"
    to: tuple[Address, ...] = Field(min_length=1, max_length=50, description="e-mail addresses")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.by == "shift" and self.of not in ("agent", "shift"):
            raise ValueError("shifts overlap, so that calls would count twice: by: shift is for agents and shifts")
        if self.by == "week" and self.every != "month":
            raise ValueError(f"a report of a {self.every} has no weeks")
        return self


def report_mail_problems(mails: Sequence[ReportMail]) -> Iterator[tuple[Place, str]]:
    """Ids that occur twice."""
    seen: set[str] = set()
    for position, mail in enumerate(mails):
        if mail.id in seen:
            yield ("report_mails", position, "id"), f"{mail.id!r} is already taken; each id must occur once"
        seen.add(mail.id)


def latest(mail: ReportMail, now: datetime) -> Span:
    """The last span whose report is due; `now` is business time."""
    is_time = datetime.combine(now.date(), mail.at, now.tzinfo) <= now
    today = now.date() if is_time else now.date() - timedelta(days=1)
    match mail.every:
        case "day":
            return today - timedelta(days=1), today
        case "week":
            monday = today - timedelta(days=today.weekday())
            return monday - timedelta(days=7), monday
        case _:
            first = today.replace(day=1)
            return (first - timedelta(days=1)).replace(day=1), first
