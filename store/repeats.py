"""What was answered to requests with an Idempotency-Key, so that a repeat, also after a restart, does nothing twice.

A row is there before anything is done, and gets its answer afterwards: one without an answer belongs to a request that
is being carried out, or whose process ended in the middle.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from store.models import repeats
from store.writer import Writer

KEPT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Repeat:
    """What was asked, as a digest, and answered. `status` 0: no answer is known; `body` None: it was not kept."""

    asked: str
    status: int = 0
    etag: str = ""
    body: str | None = None


class Repeats:
    """Everything goes through the one writer, so of two at the same moment one is first. Raises StoreUnavailable."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def begin(self, by: str, key: str, asked: str, now_utc_s: float) -> Repeat | None:
        """None: it is new, and noted. Else what was begun under this key within the last day."""

        async def work(connection: AsyncConnection) -> Repeat | None:
            await connection.execute(delete(repeats).where(repeats.c.at_utc_s < now_utc_s - KEPT_S))
            columns = (repeats.c.asked, repeats.c.status, repeats.c.etag, repeats.c.body)
            query = select(*columns).where(repeats.c.by == by, repeats.c.key == key)
            if row := (await connection.execute(query)).mappings().first():
                return Repeat(**row)
            new = asdict(Repeat(asked)) | {"by": by, "key": key, "at_utc_s": now_utc_s}
            await connection.execute(insert(repeats).values(new))
            return None

        return await self._writer.write(work)

    async def keep(self, by: str, key: str, answer: Repeat) -> None:
        """It has been done, and answered so."""
        change = update(repeats).where(repeats.c.by == by, repeats.c.key == key).values(asdict(answer))
        await self._writer.write(lambda connection: connection.execute(change))

    async def forget(self, by: str, key: str) -> None:
        """Nothing was done: the key may be used again."""
        gone = delete(repeats).where(repeats.c.by == by, repeats.c.key == key)
        await self._writer.write(lambda connection: connection.execute(gone))
