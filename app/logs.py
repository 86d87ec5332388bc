"""What our processes write to standard error, for people or as JSON lines for a log collector.

No text of ours has a caller's number in it; what libraries and tracebacks quote is not ours, so that whatever looks
like a telephone number is hidden but for its last four digits. Call ids stay: they lead whoever may see it to the rest.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from datetime import UTC, datetime

from app.settings import Settings
from core.numbers import masked

TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
NOISY = ("alembic", "uvicorn", "httpx")
_NUMBER = re.compile(r"(?<![\w.\-])\+?\d{7,15}(?!\.\d|[\w\-])")
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^:@/\s]*):[^/\s]*@")
_SECRET_IN_QUERY = re.compile(r"(?<=[?&])(\w*(?:password|passwd|secret|token)\w*)=[^&\s]*", re.IGNORECASE)
_CALL = re.compile(r"\b[a-z0-9]{1,16}-\d{9,11}\.\d+\b")
"""core.ids.CallId"""
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
_CONTROLS |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029)}


def start_logging(settings: Settings) -> None:
    """Once, at the start of a process."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_format == "json" else Lines(TEXT))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(is_trouble)


def is_trouble(record: logging.LogRecord) -> bool:
    """Not that a browser which takes nothing was cut off because its server ends: uvicorn tells that as an error."""
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)


class Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Further lines are indented and control characters escaped: no name looks like a line of ours."""
        first, *others = hidden(super().format(record)).translate(_CONTROLS).split("\n")
        return "\n".join([first, *(f"    {line}" for line in others)])


class JsonLines(logging.Formatter):
    """An object a line: `utc`, `level`, `logger`, `text`; `call` when the text names one, `trace` of an error."""

    def format(self, record: logging.LogRecord) -> str:
        text = hidden(record.getMessage())
        document = {
            "utc": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": text,
        }
        if call := _CALL.search(text):
            document["call"] = call[0]
        if record.exc_info:
            document["trace"] = hidden(self.formatException(record.exc_info))
        return json.dumps(document, ensure_ascii=False)


def hidden(text: str) -> str:
    """Without telephone numbers, and without passwords in URLs."""
    return _NUMBER.sub(lambda number: masked(number[0]), without_passwords(text))


def without_passwords(text: str) -> str:
    """Those in URLs become ****, before the host and in the query."""
    return _SECRET_IN_QUERY.sub(r"\1=****", _PASSWORD_IN_URL.sub(r"\1:****@", text))
