"""Reports by mail: what is sent and when, what a new, a missed, and a refused one come to."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from app.mail import NotToAll
from app.outside import NotSent
from app.report_mail import AGAIN_S, ReportMails
from core.errors import PeerFault
from core.report_mails import ReportMail
from tests.unit.doors import FigureRecords
from tests.unit.floor import ANSWERED, ENDED, ENTERED, OFFERED, RANG, SALES, TALKED, journal, small_house

DAY_S = 86_400.0
MORNING = datetime(2026, 11, 19, 0, 0, tzinfo=UTC).timestamp()
"""08:00 in Shanghai of the day after the calls."""


class Desk:
    """Reports of a small house with one answered call; letters are kept, unless the server is `away`."""

    def __init__(self, home: Path, **rules: Any) -> None:
        mail = ReportMail.model_validate({"id": "yesterday", "of": "queue", "to": ["boss@example.com"], **rules})
        self.house = small_house().model_copy(update={"report_mails": (mail,)})
        self.figures = FigureRecords()
        calls = (0, ENTERED), (1, OFFERED), (2, RANG), (9, ANSWERED), (29, TALKED), (30, ENDED)
        self.figures.outcomes = journal(*calls)
        self.utc_s, self.away, self.partly = MORNING - DAY_S, "", ""
        self.letters: list[EmailMessage] = []
        self.told: list[str] = []
        self.file = home / "report-mails.json"
        self.mails = self.started()

    def started(self) -> ReportMails:
        return ReportMails(
            lambda: self.house, self.figures, self._send, lambda: self.utc_s, self.told.append, self.file
        )  # fmt: skip

    async def _send(self, letter: EmailMessage) -> None:
        if self.away:
            raise NotSent(self.away)
        self.letters.append(letter)
        if self.partly:
            raise NotToAll(self.partly)

    async def looks(self, after_s: float = 0.0) -> int:
        """How many letters there are after so much time and a look."""
        self.utc_s += after_s
        await self.mails.look()
        return len(self.letters)


async def test_a_new_report_begins_with_its_next_span_and_is_sent_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert [await desk.looks(), await desk.looks(60)] == [0, 0]
    assert [await desk.looks(DAY_S), await desk.looks(60), await desk.looks(3600)] == [1, 1, 1]
    assert await desk.looks(DAY_S) == 2


async def test_the_letter_carries_the_report_of_the_day_that_is_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path, format="csv", language="en", by="hour", name=SALES)
    await desk.looks()
    await desk.looks(DAY_S)
    (letter,) = desk.letters
    assert letter["To"] == "boss@example.com" and "yesterday, 2026-11-18" in letter["Subject"]
    (file,) = letter.iter_attachments()
    assert file.get_filename() == "yesterday-2026-11-18.csv" and file.get_content_type() == "text/csv"
    body = file.get_content()
    text = body if isinstance(body, str) else body.decode()
    rows = list(csv.DictReader(StringIO(text.lstrip("\ufeff"))))
    assert len([row for row in rows if row["period"].startswith("2026-11-18")]) == 24
    assert [row["answered"] for row in rows if row["period"] == "total"] == ["1"]


async def test_a_workbook_by_default(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.looks()
    await desk.looks(DAY_S)
    (file,) = desk.letters[0].iter_attachments()
    assert str(file.get_filename()).endswith(".xlsx") and file.get_content()[:2] == b"PK"


async def test_a_restart_sends_what_was_missed_once_and_nothing_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.looks()
    desk.mails = desk.started()
    assert await desk.looks(3 * DAY_S) == 1
    desk.mails = desk.started()
    assert await desk.looks(60) == 1
    assert json.loads(desk.file.read_text()) == {"yesterday": "2026-11-20"}


async def test_a_server_that_is_away_is_told_once_and_tried_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.looks()
    desk.away = "mail.example: ConnectionRefusedError"
    assert [await desk.looks(DAY_S), await desk.looks(60), await desk.looks(AGAIN_S)] == [0, 0, 0]
    assert desk.told == ["the report yesterday of 2026-11-18 was not mailed: mail.example: ConnectionRefusedError"]
    desk.away = ""
    assert [await desk.looks(60), await desk.looks(AGAIN_S)] == [0, 1]


async def test_a_database_that_is_away_and_a_house_without_bands_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, by="band")
    await desk.looks()
    assert await desk.looks(DAY_S) == 0 and "no bands" in desk.told[0]

    async def away(*_: Any, **__: Any) -> Any:
        raise PeerFault("the database is away")

    other = Desk(tmp_path, id="other")
    await other.looks()
    monkeypatch.setattr(other.figures, "states", away)
    assert await other.looks(DAY_S) == 0 and "the database is away" in other.told[0]


async def test_a_damaged_note_begins_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.file.write_text("{half")
    assert [await desk.looks(), await desk.looks(DAY_S)] == [0, 1]


async def test_a_mail_that_was_taken_for_some_is_told_and_not_sent_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.looks()
    desk.partly = "mail.test: refused gone@example.com"
    assert [await desk.looks(DAY_S), await desk.looks(AGAIN_S)] == [1, 1]
    assert desk.told == [
        "the report yesterday of 2026-11-18 was not mailed to all: mail.test: refused gone@example.com"
    ]


async def test_a_note_that_cannot_be_written_sends_nothing_twice(tmp_path: Path) -> None:
    """A full disk lasts for hours, and a look comes twice a minute."""
    desk = Desk(tmp_path)
    await desk.looks()
    desk.file.with_suffix(".new").mkdir()
    with pytest.raises(OSError, match="directory"):
        await desk.looks(DAY_S)
    assert await desk.looks(60) == 1
    desk.file.with_suffix(".new").rmdir()
    assert [await desk.looks(60), await desk.looks(DAY_S)] == [1, 2]
    assert json.loads(desk.file.read_text()) == {"yesterday": "2026-11-19"}
