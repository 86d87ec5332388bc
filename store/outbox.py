"""Letters to business systems, written in the transaction of the records they tell of, and kept until delivered.

A letter's id is its outcome's place in the journal and its receiver's name, so the same one is never written twice; how
far the journal has been written about is kept, so a rebuild of the records writes none again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.desk import Webhook
from core.events import Outcome
from store.letters import Letter, letters
from store.models import outbox, outbox_state
from store.projections import Picture
from store.session import read_rows
from store.writer import Writer

PAGE_CAP = 500
WAITING, SENT, DEAD = "waiting", "sent", "dead"
_PLACE = (outbox.c.sequence, outbox.c.ordinal, outbox.c.letter)


@dataclass(frozen=True, slots=True)
class Queued:
    """A letter in the outbox. `body` is what is sent, to the byte."""

    letter: str
    hook: str
    type: str
    about: str
    body: str
    created_utc_s: float
    state: str
    tries: int
    next_utc_s: float
    why: str
    done_utc_s: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one receiver."""

    waiting: int = 0
    dead: int = 0
    oldest_utc_s: float | None = None


# --- in, within somebody else's transaction --------------------------------------------------------
async def write_letters(
    connection: AsyncConnection, outcomes: Sequence[Outcome], records: Picture, hooks: Sequence[Webhook]
) -> None:
    """Put what these outcomes tell into the outbox, once."""
    if not outcomes:
        return
    last = await _written(connection)
    new = [outcome for outcome in outcomes if (outcome.sequence, outcome.ordinal) > last]
    rows = [
        _row(hook, letter)
        for letter in (letters(new, records) if hooks else ())
        for hook in hooks
        if hook.enabled and letter.kind in hook.kinds
    ]
    if rows:
        await connection.execute(insert(outbox), rows)
    if new:
        place = {"sequence": new[-1].sequence, "ordinal": new[-1].ordinal}
        await connection.execute(update(outbox_state).values(place))


async def _written(connection: AsyncConnection) -> tuple[int, int]:
    row = (await connection.execute(select(outbox_state.c.sequence, outbox_state.c.ordinal))).first()
    if row is None:
        await connection.execute(insert(outbox_state).values(id=1, sequence=0, ordinal=-1))
        return 0, -1
    return row[0], row[1]


def _row(hook: Webhook, letter: Letter) -> dict[str, object]:
    name = f"{letter.sequence}.{letter.ordinal}.{letter.type}.{hook.id}"
    body = {
        "id": name, "type": letter.type, "at_utc_s": letter.at_utc_s, "about": letter.about, "data": letter.data,
    }  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return {
        "letter": name, "hook": hook.id, "sequence": letter.sequence, "ordinal": letter.ordinal, "type": letter.type,
        "about": letter.about, "body": text, "created_utc_s": letter.at_utc_s, "state": WAITING, "tries": 0,
        "next_utc_s": 0.0, "why": "", "done_utc_s": None,
    }  # fmt: skip


# --- out ---------------------------------------------------------------------------------------------
class Outbox:
    """Reads through `engine`, writes through the one writer. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def heads(self, hook: str, now_utc_s: float, limit: int, longest_wait_s: float) -> list[Queued]:
        """The first letter about each thing that waits for this receiver and may be tried now, oldest first.

        One that was to wait for longer than any does has the moment of a clock that was set back since.
        """
        columns = outbox.c
        earlier = outbox.alias()
        before = and_(
            earlier.c.hook == columns.hook,
            earlier.c.about == columns.about,
            earlier.c.state == WAITING,
            tuple_(earlier.c.sequence, earlier.c.ordinal, earlier.c.letter) < tuple_(*_PLACE),
        )
        query = select(outbox).where(
            columns.hook == hook,
            columns.state == WAITING,
            or_(columns.next_utc_s <= now_utc_s, columns.next_utc_s > now_utc_s + longest_wait_s),
            ~select(earlier.c.letter).where(before).exists(),
        )
        rows = await read_rows(self._engine, query.order_by(*_PLACE).limit(limit))
        return [_queued(row) for row in rows]

    async def sent(self, letter: str, at_utc_s: float) -> None:
        await self._set(letter, state=SENT, done_utc_s=at_utc_s, why="")

    async def failed(self, letter: str, tries: int, why: str, next_utc_s: float) -> None:
        await self._set(letter, tries=tries, why=why, next_utc_s=next_utc_s)

    async def given_up(self, letter: str, tries: int, why: str, at_utc_s: float) -> None:
        await self._set(letter, state=DEAD, tries=tries, why=why, done_utc_s=at_utc_s)

    async def release(self, hook: str) -> None:
        """Whatever waits for this receiver may be tried now."""
        columns = outbox.c
        waits = and_(columns.hook == hook, columns.state == WAITING, columns.next_utc_s > 0)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(outbox).where(waits).values(next_utc_s=0.0))

        await self._writer.write(work)

    async def again(self, hook: str, letter: str, now_utc_s: float) -> bool:
        """Try this one anew, as if it were new; False: there is none that is dead or sent."""
        columns = outbox.c
        chosen = and_(columns.hook == hook, columns.letter == letter, columns.state != WAITING)
        fresh = {"state": WAITING, "tries": 0, "next_utc_s": 0.0, "done_utc_s": None, "created_utc_s": now_utc_s}

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(update(outbox).where(chosen).values(fresh))).rowcount > 0

        return await self._writer.write(work)

    async def page(self, hook: str, state: str, *, after: str = "", limit: int = 50) -> list[Queued]:
        """Oldest first; `after` is the last letter seen."""
        query = select(outbox).where(outbox.c.hook == hook, outbox.c.state == state)
        if after:
            seen = select(*_PLACE).where(outbox.c.letter == after)
            found = await read_rows(self._engine, seen)
            if found:
                query = query.where(tuple_(*_PLACE) > (found[0]["sequence"], found[0]["ordinal"], found[0]["letter"]))
        rows = await read_rows(self._engine, query.order_by(*_PLACE).limit(min(limit, PAGE_CAP)))
        return [_queued(row) for row in rows]

    async def counts(self) -> dict[str, Counts]:
        """By receiver."""
        columns = outbox.c
        oldest = func.min(columns.created_utc_s).label("oldest")
        query = select(columns.hook, columns.state, func.count().label("count"), oldest)
        rows = await read_rows(self._engine, query.where(columns.state != SENT).group_by(columns.hook, columns.state))
        found: dict[str, Counts] = {}
        for row in rows:
            was = found.get(row["hook"], Counts())
            if row["state"] == WAITING:
                found[row["hook"]] = Counts(row["count"], was.dead, row["oldest"])
            else:
                found[row["hook"]] = Counts(was.waiting, row["count"], was.oldest_utc_s)
        return found

    async def sweep(self, sent_before_utc_s: float, dead_before_utc_s: float) -> None:
        """Forget what was delivered, or given up, before then."""
        columns = outbox.c
        old = or_(
            and_(columns.state == SENT, columns.done_utc_s < sent_before_utc_s),
            and_(columns.state == DEAD, columns.done_utc_s < dead_before_utc_s),
        )

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(outbox).where(old))

        await self._writer.write(work)

    async def _set(self, letter: str, **values: object) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(outbox).where(outbox.c.letter == letter).values(values))

        await self._writer.write(work)


def _queued(row: RowMapping) -> Queued:
    return Queued(**{name: row[name] for name in Queued.__slots__})
