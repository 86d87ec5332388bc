"""When a mailed report is due, and of which days; what a house may not say of it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from core.report_mails import ReportMail, latest
from tests.unit.floor import small_house

SEVEN = time(7)


def mail(**rules: Any) -> ReportMail:
    return ReportMail.model_validate({"id": "m", "to": ["boss@example.com"], **rules})


@pytest.mark.parametrize(
    ("every", "now", "first", "end"),
    [
        ("day", datetime(2026, 11, 20, 6, 59), date(2026, 11, 18), date(2026, 11, 19)),
        ("day", datetime(2026, 11, 20, 7, 0), date(2026, 11, 19), date(2026, 11, 20)),
        ("week", datetime(2026, 11, 23, 6, 0), date(2026, 11, 9), date(2026, 11, 16)),
        ("week", datetime(2026, 11, 23, 8, 0), date(2026, 11, 16), date(2026, 11, 23)),
        ("week", datetime(2026, 11, 29, 23, 0), date(2026, 11, 16), date(2026, 11, 23)),
        ("month", datetime(2026, 12, 1, 6, 0), date(2026, 10, 1), date(2026, 11, 1)),
        ("month", datetime(2027, 1, 1, 7, 0), date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_report_is_due_on_the_first_day_after_its_span(every: str, now: datetime, first: date, end: date) -> None:
    assert latest(mail(every=every, at=SEVEN), now) == (first, end)


@pytest.mark.parametrize(
    "rules",
    [
        {"to": []}, {"to": ["nobody"]}, {"to": ["a@b.c\nBcc: x@y.z"]}, {"by": "shift"}, {"by": "week"},
        {"format": "ods"}, {"id": "Not Plain"}, {"every": "year"}, {"name": "=1+1"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        mail(**rules)


def test_each_report_has_an_id_of_its_own() -> None:
    document = small_house().model_dump(mode="json") | {"report_mails": [mail().model_dump(mode="json")] * 2}
    with pytest.raises(ValidationError, match="'m' is already taken"):
        type(small_house()).model_validate(document)
