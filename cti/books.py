"""The PBX's own books of the calls that are over, read on from where the last reading ended.

On this machine they are its call records (PbxBooks): a file that is appended to and may be rotated, never rewritten; a
call may have several rows. Columns: cdr_csv.c with loguniqueid, loguserfield, newcdrcolumns and usegmtime.
On another machine (RemoteBooks) they are its last calls, which the dialplan numbers as they end and keeps in globals.

The dialplan writes into `userfield` what the other columns cannot say, joined by slashes: hotline, language,
queue, when the caller asked for an agent, the phone that answered (NOWHERE: the queue was closed, and the caller was
told; BOX: nobody was there, and the caller could leave a message), when it answered (seconds since 1970), and when the
talk was over if the caller stayed on the line.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from core.ids import CallId, HotlineId, NodeId, QueueId, SeatId, TrunkId
from core.inputs import BookedCall, PbxBooksRead
from core.variables import BOOKED, BOX, NOWHERE, utc_seconds
from cti.calls import TRUNK, endpoint_of

SOURCE, CHANNEL, BEGAN, ENDED, UNIQUE, USERFIELD, COLUMNS = 1, 5, 9, 11, 16, 17, 18
MOST_BYTES = 16 * 2**20
"""Read at a time: an hour of ninety lines is under 1 MB."""
KEPT = 500
"""So many of its last calls the dialplan keeps (booked): a quarter of an hour of ninety lines."""

GlobalOf = Callable[[str], Awaitable[str]]
"""The value of a global of the PBX, "" when it has none."""
Seats = Mapping[str, SeatId]
"""From SIP names."""
Normalised = Callable[[str], str]


class Books(Protocol):
    """`place` is where the next reading begins; None before the first, which only marks it: no older calls are ours."""

    place: int | None

    async def read(self, global_of: GlobalOf, node: NodeId, seats: Seats, normalised: Normalised, /) -> PbxBooksRead:
        """What was booked since the last reading. Raises OSError, or as `global_of` does."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the books. `source` is the number that called, as the carrier wrote it."""

    unique: str
    channel: str
    source: str
    began_utc_s: float | None
    ended_utc_s: float | None
    userfield: str


@dataclass(slots=True)
class PbxBooks:
    """The file of one PBX. `place` is a byte."""

    file: Path
    place: int | None = None

    async def read(self, _: GlobalOf, node: NodeId, seats: Seats, normalised: Normalised, /) -> PbxBooksRead:
        """Raises OSError when the file is there and cannot be read."""
        rows = await asyncio.to_thread(self._rows)
        assert self.place is not None
        return PbxBooksRead(node, self.place, tuple(booked(rows, seats, normalised)))

    def _rows(self) -> list[Row]:
        size = self.file.stat().st_size if self.file.exists() else 0
        if self.place is None:
            self.place = size
        if self.place > size:
            self.place = 0  # rotated
        text = _whole_lines(self.file, self.place) if size > self.place else b""
        self.place += len(text)
        return [
            from_cdr(row) for row in csv.reader(text.decode("utf-8", "replace").splitlines()) if len(row) >= COLUMNS
        ]


@dataclass(slots=True)
class RemoteBooks:
    """What the dialplan of a PBX that shares no disk with us keeps. `place` is the number of the last call read."""

    place: int | None = None

    async def read(self, global_of: GlobalOf, node: NodeId, seats: Seats, normalised: Normalised, /) -> PbxBooksRead:
        """From the newest call backwards. Raises as `global_of`; the next reading begins where this one did."""
        text = await global_of(BOOKED)
        newest = int(text) if text.isdecimal() else 0
        rows = [] if self.place is None else [row async for row in self._back_from(newest, global_of)]
        self.place = newest
        return PbxBooksRead(node, newest, tuple(booked(rows, seats, normalised)))

    async def _back_from(self, newest: int, global_of: GlobalOf) -> AsyncIterator[Row]:
        """Until the last one that we read, or one that is not kept any more."""
        assert self.place is not None
        for number in range(newest, max(self.place, newest - KEPT), -1):
            told, *fields = (await global_of(f"{BOOKED}_{number % KEPT}")).split("|", 6)
            if told != str(number) or len(fields) != 6:
                return
            unique, channel, source, began, ended, userfield = fields
            yield Row(unique, channel, source, utc_seconds(began), utc_seconds(ended), userfield)


def _whole_lines(file: Path, place: int) -> bytes:
    with file.open("rb") as stream:
        stream.seek(place)
        text = stream.read(MOST_BYTES)
    return text[: text.rfind(b"\n") + 1]


def from_cdr(columns: Sequence[str]) -> Row:
    """At least COLUMNS of them."""
    began_utc_s, ended_utc_s = _moment(columns[BEGAN]), _moment(columns[ENDED])
    return Row(columns[UNIQUE], columns[CHANNEL], columns[SOURCE], began_utc_s, ended_utc_s, columns[USERFIELD])


def booked(rows: Iterable[Row], seats: Seats, normalised: Normalised) -> list[BookedCall]:
    """The hotline calls among these rows, each once. Refused and outbound ones carry no hotline."""
    calls: dict[str, BookedCall] = {}
    for row in rows:
        call = _call(row, seats, normalised)
        if call is None:
            continue
        before = calls.get(call.call)
        calls[call.call] = call if before is None else _joined(before, call)
    return list(calls.values())


def _call(row: Row, seats: Seats, normalised: Normalised) -> BookedCall | None:
    hotline, language, queue, asked, phone, answered, talked, *_ = [*row.userfield.split("/"), *[""] * 7]
    began_utc_s, ended_utc_s, endpoint = row.began_utc_s, row.ended_utc_s, endpoint_of(row.channel)
    if not endpoint.startswith(TRUNK) or not hotline or began_utc_s is None or ended_utc_s is None:
        return None
    seat = seats.get(phone, SeatId(""))
    asked_utc_s, answered_utc_s, talked_utc_s = map(utc_seconds, (asked, answered, talked))
    # Asterisk writes the end in whole seconds, our dialplan the rest in parts of one
    ended_utc_s = max(ended_utc_s, asked_utc_s or 0.0, answered_utc_s or 0.0, talked_utc_s or 0.0)
    return BookedCall(
        call=CallId(row.unique),
        hotline=HotlineId(hotline),
        trunk=TrunkId(endpoint.removeprefix(TRUNK)),
        caller=normalised(row.source),
        language=language,
        queue=QueueId(queue),
        began_utc_s=began_utc_s,
        asked_utc_s=asked_utc_s,
        answered_utc_s=answered_utc_s if seat else None,
        seat=seat,
        ended_utc_s=ended_utc_s,
        talked_utc_s=talked_utc_s or ended_utc_s,
        closed=phone == NOWHERE,
        message_utc_s=answered_utc_s if phone == BOX else None,
    )


def _joined(one: BookedCall, other: BookedCall) -> BookedCall:
    """Two rows of one call: the later one knows more, the earlier one when it began."""
    first, last = sorted((one, other), key=lambda call: (call.ended_utc_s, call.answered_utc_s or 0.0))
    return BookedCall(
        last.call, last.hotline, last.trunk, first.caller or last.caller, last.language, last.queue,
        min(one.began_utc_s, other.began_utc_s), last.asked_utc_s or first.asked_utc_s,
        last.answered_utc_s or first.answered_utc_s, last.seat or first.seat, last.ended_utc_s, last.talked_utc_s,
        last.closed, last.message_utc_s or first.message_utc_s,
    )  # fmt: skip


def _moment(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
