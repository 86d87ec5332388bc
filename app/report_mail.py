"""Mails the house's reports when they are due (core.report_mails). Never in the way of a call.

What was sent last stands in data/report-mails.json. A report that is new in the house begins with its next span; after
a time without a running program the last span is sent, once; a mail that could not be sent is tried again every ten
minutes until its span is no longer the last. A program that dies between sending and noting it sends it twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from api.ports import FigureRecords
from api.problems import Problem
from api.routes.stats import gathered
from app.mail import NotToAll
from app.outside import NotSent
from core.errors import PeerFault
from core.house import House
from core.periods import midnight
from core.report_mails import ReportMail, Span, latest
from monitor import sheets
from monitor.reports import Ask
from monitor.tables import table

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0
AGAIN_S = 600.0

Send = Callable[[EmailMessage], Awaitable[None]]
"""Raises NotSent."""


class ReportMails:
    """`run` for ever, or `look` once. `tell` says on the floor what could not be sent, once for each span."""

    def __init__(
        self,
        house: Callable[[], House],
        figures: FigureRecords,
        send: Send,
        utc_s: Callable[[], float],
        tell: Callable[[str], None],
        file: Path,
    ) -> None:
        self._house, self._figures, self._send, self._utc_s, self._tell, self._file = (
            house, figures, send, utc_s, tell, file
        )  # fmt: skip
        self._again_utc_s: dict[str, float] = {}
        self._told: set[tuple[str, date]] = set()
        self._sent: dict[str, str] = {}
        """What this process has sent: its note may be missing, on a disk that is full for hours."""

    async def run(self) -> None:
        """For ever; cancel to end it."""
        while True:
            try:
                await self.look()
            except OSError as error:
                log.error("what reports were mailed cannot be noted: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Send what is due. Raises OSError: the note of what was sent cannot be read or written."""
        house, sent = self._house(), await asyncio.to_thread(self._read) | self._sent
        now = datetime.fromtimestamp(self._utc_s(), ZoneInfo(house.time_zone))
        for mail in house.report_mails:
            span = latest(mail, now)
            if mail.id not in sent:
                await self._note(sent, mail, span)
            elif sent[mail.id] < span[0].isoformat() and self._again_utc_s.get(mail.id, 0.0) <= self._utc_s():
                await self._try(house, mail, span, sent)

    async def _try(self, house: House, mail: ReportMail, span: Span, sent: dict[str, str]) -> None:
        try:
            await self._send(await self._letter(house, mail, span))
        except NotToAll as error:  # who has it would get it again
            log.error("the report %s of %s was not mailed to all: %s", mail.id, span[0], error)
            self._tell(f"the report {mail.id} of {span[0]} was not mailed to all: {error}")
        except (NotSent, PeerFault, Problem) as error:
            why = error.detail if isinstance(error, Problem) else str(error)
            self._again_utc_s[mail.id] = self._utc_s() + AGAIN_S
            log.error("the report %s of %s was not mailed: %s", mail.id, span[0], why)
            if (mail.id, span[0]) not in self._told:
                self._told.add((mail.id, span[0]))
                self._tell(f"the report {mail.id} of {span[0]} was not mailed: {why}")
            return
        self._again_utc_s.pop(mail.id, None)
        await self._note(sent, mail, span)

    async def _letter(self, house: House, mail: ReportMail, span: Span) -> EmailMessage:
        """Raises PeerFault: the database is away; Problem: the report is too long, or the house has no bands."""
        zone = ZoneInfo(house.time_zone)
        if mail.by == "band" and not house.staffing.floor:
            raise Problem(422, "this house has no hours in staffing.floor, so its days have no bands")
        ask = Ask(mail.of, midnight(span[0], zone), midnight(span[1], zone), mail.by, mail.name)
        found = await gathered(self._figures, self._utc_s(), ask, house, compare=mail.by != "shift")
        told = await asyncio.to_thread(table, ask, house, mail.language, found.lines, found.totals, found.last or ())
        body = await asyncio.to_thread(sheets.as_xlsx if mail.format == "xlsx" else sheets.as_csv, told)
        last = span[1] - timedelta(days=1)
        days = f"{span[0]}" if last == span[0] else f"{span[0]} - {last}"
        letter = EmailMessage()
        letter["To"] = ", ".join(mail.to)
        letter["Subject"] = f"{house.name}: {mail.id}, {days}"
        letter["Date"] = datetime.fromtimestamp(self._utc_s(), UTC)
        letter.set_content(f"{told.title}\n")
        kind, charset = (sheets.XLSX_TYPE, {}) if mail.format == "xlsx" else ("text/csv", {"charset": "utf-8"})
        maintype, _, subtype = kind.partition("/")
        name = f"{mail.id}-{span[0]}.{mail.format}"
        letter.add_attachment(body, maintype=maintype, subtype=subtype, filename=name, params=charset)
        return letter

    async def _note(self, sent: dict[str, str], mail: ReportMail, span: Span) -> None:
        sent[mail.id] = self._sent[mail.id] = span[0].isoformat()
        await asyncio.to_thread(self._write, sent)

    def _read(self) -> dict[str, str]:
        """A file that is damaged counts as none: every report begins with its next span."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            return {}
        return {str(name): str(day) for name, day in found.items()} if isinstance(found, dict) else {}

    def _write(self, sent: dict[str, str]) -> None:
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(sent), encoding="utf-8")
        temporary.replace(self._file)
