"""The PBX's own call records (CDR), read on from where the last reading ended.

The dialplan writes into `userfield` what the other columns cannot say, joined by slashes: hotline, language,
queue, when the caller asked for an agent, the phone that answered (NOWHERE: the queue was closed, and the caller was
told), when it answered (seconds since 1970), and when the talk was over if the caller stayed on the line.
A call may have several rows; the file is appended to and may be rotated, never rewritten.
Columns: cdr_csv.c with loguniqueid, loguserfield, newcdrcolumns and usegmtime.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.ids import CallId, HotlineId, NodeId, QueueId, SeatId, TrunkId
from core.inputs import BookedCall, PbxBooksRead
from core.variables import NOWHERE, utc_seconds
from cti.calls import TRUNK, endpoint_of

SOURCE, CHANNEL, BEGAN, ENDED, UNIQUE, USERFIELD, COLUMNS = 1, 5, 9, 11, 16, 17, 18
MOST_BYTES = 16 * 2**20
"""Read at a time: an hour of ninety lines is under 1 MB."""


@dataclass(slots=True)
class PbxBooks:
    """The file of one PBX. `place` is the byte where the next reading begins, None before the first."""

    file: Path
    place: int | None = None

    def read(self, node: NodeId, seats: Mapping[str, SeatId], normalised: Callable[[str], str]) -> PbxBooksRead:
        """What was booked since the last reading. The first one only marks the place: older calls are not ours.

        `seats` maps SIP names to seats. Not for the loop. Raises OSError when the file is there and cannot be read.
        """
        size = self.file.stat().st_size if self.file.exists() else 0
        if self.place is None:
            self.place = size
        if self.place > size:
            self.place = 0  # rotated
        text = _whole_lines(self.file, self.place) if size > self.place else b""
        self.place += len(text)
        rows = csv.reader(text.decode("utf-8", "replace").splitlines())
        return PbxBooksRead(node, self.place, tuple(booked(rows, seats, normalised)))


def _whole_lines(file: Path, place: int) -> bytes:
    with file.open("rb") as stream:
        stream.seek(place)
        text = stream.read(MOST_BYTES)
    return text[: text.rfind(b"\n") + 1]


def booked(
    rows: Iterable[list[str]], seats: Mapping[str, SeatId], normalised: Callable[[str], str]
) -> list[BookedCall]:
    """The hotline calls among these rows, each once. Refused and outbound ones carry no hotline."""
    calls: dict[str, BookedCall] = {}
    for row in rows:
        call = _call(row, seats, normalised)
        if call is None:
            continue
        before = calls.get(call.call)
        calls[call.call] = call if before is None else _joined(before, call)
    return list(calls.values())


def _call(row: list[str], seats: Mapping[str, SeatId], normalised: Callable[[str], str]) -> BookedCall | None:
    if len(row) < COLUMNS or not endpoint_of(row[CHANNEL]).startswith(TRUNK):
        return None
    hotline, language, queue, asked, phone, answered, talked, *_ = [*row[USERFIELD].split("/"), *[""] * 7]
    began_utc_s, ended_utc_s = _moment(row[BEGAN]), _moment(row[ENDED])
    if not hotline or began_utc_s is None or ended_utc_s is None:
        return None
    seat = seats.get(phone, SeatId(""))
    asked_utc_s, answered_utc_s, talked_utc_s = map(utc_seconds, (asked, answered, talked))
    # Asterisk writes the end in whole seconds, our dialplan the rest in parts of one
    ended_utc_s = max(ended_utc_s, asked_utc_s or 0.0, answered_utc_s or 0.0, talked_utc_s or 0.0)
    return BookedCall(
        call=CallId(row[UNIQUE]),
        hotline=HotlineId(hotline),
        trunk=TrunkId(endpoint_of(row[CHANNEL]).removeprefix(TRUNK)),
        caller=normalised(row[SOURCE]),
        language=language,
        queue=QueueId(queue),
        began_utc_s=began_utc_s,
        asked_utc_s=asked_utc_s,
        answered_utc_s=answered_utc_s if seat else None,
        seat=seat,
        ended_utc_s=ended_utc_s,
        talked_utc_s=talked_utc_s or ended_utc_s,
        closed=phone == NOWHERE,
    )


def _joined(one: BookedCall, other: BookedCall) -> BookedCall:
    """Two rows of one call: the later one knows more, the earlier one when it began."""
    first, last = sorted((one, other), key=lambda call: (call.ended_utc_s, call.answered_utc_s or 0.0))
    return BookedCall(
        last.call, last.hotline, last.trunk, first.caller or last.caller, last.language, last.queue,
        min(one.began_utc_s, other.began_utc_s), last.asked_utc_s or first.asked_utc_s,
        last.answered_utc_s or first.answered_utc_s, last.seat or first.seat, last.ended_utc_s, last.talked_utc_s,
        last.closed,
    )  # fmt: skip


def _moment(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
