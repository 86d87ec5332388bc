"""Second factors of users: the sealed secret, the last code's time step, recovery codes. Storage only.

Whoever gets one or loses it is signed out everywhere: sessions of a user who has one have all passed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from store.models import recovery_codes, second_factors, web_sessions
from store.session import read_rows
from store.writer import Writer


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """`secret` as it was sealed; one that is not `confirmed` asks nobody for a code yet."""

    secret: str
    last_step: int
    confirmed: bool
    recovery_codes_left: int


class SecondFactors:
    """Reads through `engine`, writes through the one writer. Every method raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def of(self, user: str) -> SecondFactor | None:
        left = select(func.count()).where(recovery_codes.c.user == user).scalar_subquery().label("left")
        rows = await read_rows(self._engine, select(second_factors, left).where(second_factors.c.user == user))
        return _factor(rows[0]) if rows else None

    async def begin(self, user: str, secret: str) -> bool:
        """Keep a secret that is not confirmed yet, in place of an earlier such one; False: a confirmed one is there."""
        mine = second_factors.c.user == user

        async def work(connection: AsyncConnection) -> bool:
            await connection.execute(delete(second_factors).where(mine, second_factors.c.since_utc_s.is_(None)))
            if (await connection.execute(select(second_factors.c.user).where(mine))).first() is not None:
                return False
            await connection.execute(insert(second_factors).values(user=user, secret=secret, last_step=0))
            return True

        return await self._writer.write(work)

    async def confirm(self, user: str, step: int, code_hashes: Sequence[str], now: datetime) -> bool:
        """From now on it is asked for; every session of the user ends. False: there is none to confirm."""
        row = second_factors.c.user == user, second_factors.c.since_utc_s.is_(None)
        change = update(second_factors).where(*row).values(since_utc_s=now.timestamp(), last_step=step)

        async def work(connection: AsyncConnection) -> bool:
            if (await connection.execute(change)).rowcount == 0:
                return False
            codes = [{"code_sha256": code, "user": user} for code in code_hashes]
            await connection.execute(insert(recovery_codes), codes)
            await _end_sessions(connection, user)
            return True

        return await self._writer.write(work)

    async def spend_step(self, user: str, step: int) -> bool:
        """Once for each time step, and never for one before the last: False says that this code was used already.

        By one clock the last is at most two steps later than one that counts now (api.second_factor); one that is later
        yet was spent by a clock that was ahead, for which nobody waits.
        """
        last = second_factors.c.last_step
        new = second_factors.c.user == user, or_(last < step, last > step + 2)
        return await self._changes(update(second_factors).where(*new).values(last_step=step))

    async def spend_code(self, user: str, code_hash: str) -> bool:
        """A recovery code counts once."""
        this = recovery_codes.c.user == user, recovery_codes.c.code_sha256 == code_hash
        return await self._changes(delete(recovery_codes).where(*this))

    async def remove(self, user: str) -> bool:
        """With its codes and every session of the user; False if there was none."""

        async def work(connection: AsyncConnection) -> bool:
            await connection.execute(delete(recovery_codes).where(recovery_codes.c.user == user))
            gone = await connection.execute(delete(second_factors).where(second_factors.c.user == user))
            if gone.rowcount:
                await _end_sessions(connection, user)
            return gone.rowcount > 0

        return await self._writer.write(work)

    async def _changes(self, statement: Any) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(statement)).rowcount > 0

        return await self._writer.write(work)


async def _end_sessions(connection: AsyncConnection, user: str) -> None:
    await connection.execute(delete(web_sessions).where(web_sessions.c.user == user))


def _factor(row: Any) -> SecondFactor:
    return SecondFactor(row["secret"], row["last_step"], row["since_utc_s"] is not None, row["left"])
