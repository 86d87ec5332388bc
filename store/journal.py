"""Ships the spool to the database, each line exactly once.

The rows, the records folded from them and the place reached in the spool are committed together;
a transaction that finds the place elsewhere than it thought writes nothing and goes on from there.
So it does not matter when anybody is killed, or whether two ship at once. Calls never wait for this.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic_core import from_json
from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.desk import Webhook
from store.errors import JournalDisagrees, SegmentUnreadable
from store.lines import InputLine, OutcomeLine
from store.models import inputs, journal_state, late_outcomes, outcomes
from store.projecting import STEP, catch_up, fold_late, without_nul
from store.salvage import salvage
from store.segments import START, Chunk, Position, backlog_bytes, first_sequences, read_chunk
from store.writer import Writer

_log = logging.getLogger(__name__)
_BATCH_LINES = (100, 400)
"""Half of what a transaction takes is the same for one line and for a hundred."""
_QUICK_S, _SLOW_S = 0.03, 0.045
_IDLE_S = 0.2
_BACK_OFF_S = (0.2, 10.0)


class Shipper:
    """One task of the engine's process; `run` it under an owner.

    `hooks` gives the receivers of letters in force; see store.outbox.

    `broken` is why nothing reaches the database, or ""; `lag_bytes` how much spool is not there yet;
    `shipped` the place reached, for `Spool.drop_before`; `damaged_lines` what could not be read; `was_even`: since
    the start everything has been in the database once, records included.
    """

    def __init__(
        self,
        spool: Path,
        writer: Writer,
        *,
        hooks: Callable[[], Sequence[Webhook]] = lambda: (),
        idle_s: float = _IDLE_S,
        back_off_s: tuple[float, float] = _BACK_OFF_S,
    ) -> None:
        self._spool, self._writer, self._hooks = spool, writer, hooks
        self._idle_s, self._back_off_s = idle_s, back_off_s
        self._place_known, self._records_behind = False, True
        self._batch_lines = STEP
        self._even_at_s = time.monotonic()
        self.shipped = START
        self.broken = ""
        self.lag_bytes = 0
        self.damaged_lines = 0
        self.was_even = False

    @property
    def lag_s(self) -> float:
        """Seconds since everything spooled was last in the database; 0 while it is."""
        return time.monotonic() - self._even_at_s if self.lag_bytes else 0.0

    async def run(self) -> None:
        """Ship for ever; waits and tries again when the database is away. Cancelling loses nothing."""
        wait_s = self._back_off_s[0]
        while True:
            try:
                more = await self.ship_once()
            except Exception as error:
                self._fail(error)
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, self._back_off_s[1])
            else:
                self.broken, wait_s = "", self._back_off_s[0]
                if not more:
                    await asyncio.sleep(self._idle_s)

    async def ship_once(self) -> bool:
        """Ship one batch; whether there was more when it was read.

        Raises:
            StoreUnavailable: the database is away, locked or refuses.
            JournalDisagrees: this spool is not the one the database knows.
            OSError: the spool cannot be read.
        """
        if not self._place_known:  # how far behind is known also while the database is away
            self.lag_bytes = await asyncio.to_thread(backlog_bytes, self._spool, self.shipped)
            self.shipped, self._place_known = await self._writer.write(_place), True
        self.lag_bytes, chunk, is_last = await asyncio.to_thread(self._read)
        if chunk.lines:
            await self._ship(chunk)
        elif self._records_behind:
            self._records_behind = await self._writer.write(self._catch_up) > 0
        if not is_last or self._records_behind or self.shipped != chunk.end:
            return True
        self.lag_bytes, self._even_at_s, self.was_even = 0, time.monotonic(), True
        return False

    async def _ship(self, chunk: Chunk) -> None:
        expected, limit, began_s = self.shipped, self._batch_lines, time.monotonic()
        hooks = self._hooks()
        self.shipped, folded = await self._writer.write(
            lambda connection: _store(connection, expected, chunk, limit, hooks)
        )
        self._records_behind = folded >= limit
        self._adapt(time.monotonic() - began_s)
        if self.shipped == chunk.end:
            self.damaged_lines += chunk.damaged

    async def _catch_up(self, connection: AsyncConnection) -> int:
        return await catch_up(connection, hooks=self._hooks())

    def _adapt(self, took_s: float) -> None:
        """Transactions stay under 50 ms on a slow disk too, so that nobody else's write waits long."""
        least, most = _BATCH_LINES
        if took_s > _SLOW_S:
            self._batch_lines = max(least, self._batch_lines // 2)
        elif took_s < _QUICK_S:
            self._batch_lines = min(most, self._batch_lines * 2)

    def _read(self) -> tuple[int, Chunk, bool]:
        """How many bytes are not shipped yet; what is next, and whether nothing lay behind it."""
        lag_bytes = backlog_bytes(self._spool, self.shipped)
        known = first_sequences(self._spool)
        try:
            chunk = read_chunk(self._spool, self.shipped, self._batch_lines, sync=True)
        except SegmentUnreadable as error:
            if error.first == known[-1]:  # it is being written
                raise
            salvage(self._spool, error.first)
            return lag_bytes, Chunk((), self.shipped, 0), False
        known = first_sequences(self._spool)
        if known and known[-1] < self.shipped.segment:
            raise JournalDisagrees(
                f"{self._spool} ends before {self.shipped.segment}, up to which the database has it: "
                "it was begun anew, or is of another instance"
            )
        is_whole = len(chunk.lines) < self._batch_lines and (not known or known[-1] <= chunk.end.segment)
        return lag_bytes, chunk, is_whole or not chunk.lines

    def _fail(self, error: Exception) -> None:
        self._place_known = False
        if self.broken != str(error):
            _log.error("journal is not shipped: %s", error, exc_info=not isinstance(error, OSError))
        self.broken = str(error) or type(error).__name__


async def last_shipped(writer: Writer) -> int:
    """The highest input sequence in the database, 0 if there is none: the spool's numbers go on behind it.

    Raises:
        StoreUnavailable: the database is away.
    """

    async def _last(connection: AsyncConnection) -> int:
        highest: int | None = (await connection.execute(select(func.max(inputs.c.sequence)))).scalar()
        return highest or 0

    return await writer.write(_last)


async def _place(connection: AsyncConnection) -> Position:
    return (await _reached(connection))[0]


async def _reached(connection: AsyncConnection) -> tuple[Position, tuple[int, int]]:
    """In the spool, and in the folding. Locks the row on PostgreSQL; on SQLite the whole transaction has the lock."""
    names = ("shipped_segment", "shipped_offset", "projected_sequence", "projected_ordinal")
    row = (await connection.execute(select(*(journal_state.c[name] for name in names)).with_for_update())).one()
    return Position(row[0], row[1]), (row[2], row[3])


async def _store(
    connection: AsyncConnection, expected: Position, chunk: Chunk, limit: int, hooks: Sequence[Webhook]
) -> tuple[Position, int]:
    """Write the chunk's rows, its end, and the records of at most `limit` outcomes.

    Gives the place then reached, and how many outcomes were folded. One that comes behind later ones that are folded
    already, because only a replay has put it into the spool, is folded then: no cursor comes by it any more.
    """
    place, folded = await _reached(connection)
    if place != expected:
        return place, 0
    newest = await _newest(connection)
    await _insert_inputs(connection, [line for line in chunk.lines if isinstance(line, InputLine)])
    new = await _insert_outcomes(connection, [line for line in chunk.lines if isinstance(line, OutcomeLine)])
    if late := [line for line in new if (line.sequence, line.ordinal) <= folded]:
        await fold_late(connection, late)
    await _note_late(connection, sorted(key for line in new if (key := (line.sequence, line.ordinal)) < newest))
    await connection.execute(
        update(journal_state).values(shipped_segment=chunk.end.segment, shipped_offset=chunk.end.offset)
    )
    return chunk.end, await catch_up(connection, limit, hooks)


async def _newest(connection: AsyncConnection) -> tuple[int, int]:
    key = (outcomes.c.sequence, outcomes.c.ordinal)
    row = (await connection.execute(select(*key).order_by(*(each.desc() for each in key)).limit(1))).first()
    return (row[0], row[1]) if row else (0, -1)


async def _note_late(connection: AsyncConnection, late: Sequence[tuple[int, int]]) -> None:
    """For store.queries.Queries.late_after; the caller's lock makes the numbers go on."""
    if late:
        last = (await connection.execute(select(func.max(late_outcomes.c.number)))).scalar() or 0
        rows = [
            {"number": last + place, "sequence": sequence, "ordinal": ordinal}
            for place, (sequence, ordinal) in enumerate(late, 1)
        ]
        await connection.execute(insert(late_outcomes), rows)


async def _insert_inputs(connection: AsyncConnection, lines: Sequence[InputLine]) -> None:
    wanted = {line.sequence: _input_row(line) for line in lines}
    known = await connection.execute(
        select(inputs.c.sequence, inputs.c.tag, inputs.c.wall).where(inputs.c.sequence.in_(list(wanted)))
    )
    for sequence, tag, wall in known:
        row = wanted.pop(sequence)
        if (row["tag"], row["wall"]) != (tag, wall):
            raise JournalDisagrees(f"input {sequence} is {tag} of {wall} in the database, but not in the spool")
    if wanted:
        await connection.execute(insert(inputs), list(wanted.values()))


async def _insert_outcomes(connection: AsyncConnection, lines: Sequence[OutcomeLine]) -> list[OutcomeLine]:
    """Those that are new. An outcome decided again in a replay is the same one: the first stays."""
    wanted = {(line.sequence, line.ordinal): line for line in reversed(lines)}
    key = (outcomes.c.sequence, outcomes.c.ordinal)
    known = await connection.execute(select(*key).where(tuple_(*key).in_(list(wanted))))
    for sequence, ordinal in known:
        del wanted[sequence, ordinal]
    if wanted:
        await connection.execute(insert(outcomes), [_outcome_row(line) for line in wanted.values()])
    return list(wanted.values())


def _input_row(line: InputLine) -> dict[str, Any]:
    return {
        "sequence": line.sequence,
        "boot": line.boot,
        "boot_s": line.now.boot_s,
        "wall": line.now.wall.isoformat(),
        "configuration": line.configuration,
        "tag": line.tag,
        "body": line.body,
    }


def _outcome_row(line: OutcomeLine) -> dict[str, Any]:
    return {
        "sequence": line.sequence,
        "ordinal": line.ordinal,
        "boot_s": line.boot_s,
        "at_utc_s": line.at_utc_s,
        "tag": line.tag,
        "call": cast(dict[str, Any], from_json(without_nul(line.body))).get("call"),
        "body": line.body,
    }
