"""The spool's lines: one JSON array each, whose first member is the CRC-32 of the rest.

    ["<crc>","h","<boot id>",0,0,0,"Spool",{}]                                      header of a segment
    ["<crc>","i",<sequence>,<boot_s>,"<wall>",<configuration>,"<class>",{…}]        input
    ["<crc>","o",<sequence>,<boot_s>,<at_utc_s>,<ordinal>,"<class>",{…}]            outcome

No member before the object holds a comma of its own, so the object's text is found without parsing
it, and reaches the database unchanged.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime

from core.events import Event, Outcome
from core.inputs import Input
from core.instants import Instant
from store.codec import decode_event, decode_input, event_codec, input_codec

_CRC_END = 12
"""Length of `["xxxxxxxx",`."""


@dataclass(frozen=True, slots=True)
class InputLine:
    """An input as it lies in the spool. `boot` is the boot id under which `now.boot_s` counts."""

    sequence: int
    now: Instant
    configuration: int
    tag: str
    body: str
    boot: str

    def fact(self) -> Input:
        """Raises UnknownRecord."""
        return decode_input(self.tag, self.body)


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """An outcome as it lies in the spool or in the database."""

    sequence: int
    ordinal: int
    boot_s: float
    at_utc_s: float
    tag: str
    body: str

    def outcome(self) -> Outcome:
        """Raises UnknownRecord."""
        return Outcome(self.sequence, self.ordinal, self.boot_s, self.at_utc_s, self.event())

    def event(self) -> Event:
        """Raises UnknownRecord."""
        return decode_event(self.tag, self.body)


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """First line of a segment: the boot id under which it was written."""

    boot: str


Line = InputLine | OutcomeLine


def header_line(boot: str) -> bytes:
    """Always equally long, so that an offset behind it stays good."""
    return _sealed(f'"h","{boot:.36}",0,0,0,"Spool",'.encode(), b"{}")


def input_line(sequence: int, now: Instant, configuration: int, fact: Input) -> bytes:
    """Raises ValueError: text that UTF-8 cannot carry."""
    tag, body = input_codec().encode(fact)
    head = f'"i",{sequence},{now.boot_s!r},"{now.wall.isoformat()}",{configuration},"{tag}",'
    return _sealed(head.encode(), body)


def outcome_line(outcome: Outcome) -> bytes:
    """Raises ValueError: text that UTF-8 cannot carry."""
    tag, body = event_codec().encode(outcome.event)
    head = f'"o",{outcome.sequence},{outcome.boot_s!r},{outcome.at_utc_s!r},{outcome.ordinal},"{tag}",'
    return _sealed(head.encode(), body)


def read_line(line: bytes, boot: str) -> InputLine | OutcomeLine | HeaderLine | None:
    """A line without its line feed; None if it is damaged. `boot` is its segment's boot id."""
    if len(line) <= _CRC_END or line[2:10] != b"%08x" % zlib.crc32(line[_CRC_END:]):
        return None
    kind, first, second, third, fourth, tag, body = line[_CRC_END:-1].decode().split(",", 6)
    if kind == '"i"':
        now = Instant(float(second), datetime.fromisoformat(third[1:-1]))
        return InputLine(int(first), now, int(fourth), tag[1:-1], body, boot)
    if kind == '"o"':
        return OutcomeLine(int(first), int(fourth), float(second), float(third), tag[1:-1], body)
    return HeaderLine(first[1:-1])


def _sealed(head: bytes, body: bytes) -> bytes:
    rest = b"%s%s]" % (head, body)
    return b'["%08x",%s\n' % (zlib.crc32(rest), rest)
