"""What the telephones saw and did, a JSON line each: written as it happens, read by the auditor afterwards.

`who` is a caller by number or a phone by seat; `at_s` is on CLOCK_BOOTTIME, as the journal's clock is.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Self

from cti.carrier.timeline import Fact, Timeline, boot_s


class SipLog:
    """Appends; a context manager that closes its file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._stream = file.open("w", encoding="utf-8", buffering=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def follow(self, kind: str, who: str, timeline: Timeline) -> None:
        """Write what was seen so far, and everything from now on."""
        for fact in timeline.facts:
            self._write(kind, who, fact)
        timeline.listeners.append(lambda fact: self._write(kind, who, fact))

    def note(self, kind: str, who: str, what: str, **details: object) -> None:
        """Something that we know of ourselves: a caller is about to hang up, an engine was killed."""
        self._line({"kind": kind, "who": who, "what": what, "at_s": boot_s(), **details})

    def _write(self, kind: str, who: str, fact: Fact) -> None:
        self._line({"kind": kind, "who": who, "what": fact.name, "at_s": fact.boot_s, **fact.details})

    def _line(self, line: dict[str, object]) -> None:
        if not self._stream.closed:
            self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
