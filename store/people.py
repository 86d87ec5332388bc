"""Users, their web sessions and API tokens: storage only; who may do what is the API's business.

Tokens are random and opaque; only their SHA-256 is stored, so a stolen database opens nothing.
Password hashes are made and checked by the API (argon2id).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.errors import Refused
from store.models import api_tokens, second_factors, users, web_sessions
from store.recent import Recent
from store.session import read_rows
from store.writer import Writer

_TOKEN_BYTES = 32
_HAS_SECOND = exists().where(second_factors.c.user == users.c.name, second_factors.c.since_utc_s.is_not(None))
_USERS = select(users, _HAS_SECOND.label("second_factor"))


@dataclass(frozen=True, slots=True)
class User:
    """An account. `password_hash` is argon2's own text; with a `second_factor` a password alone opens no session."""

    name: str
    role: str
    password_hash: str
    disabled: bool
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program's right to ask on behalf of `user`; the token itself is not kept."""

    name: str
    user: str
    scope: str
    expires: datetime


class People:
    """Reads through `engine` (store.session.reading_engine), writes through the one writer.

    Every method raises StoreUnavailable when the database is away. `now` is aware UTC. `alone`: no other process
    writes to this database, so that an answer holds until the writer writes.
    """

    def __init__(self, engine: AsyncEngine, writer: Writer, *, alone: bool = False) -> None:
        self._engine, self._writer = engine, writer
        self._recent = Recent[RowMapping](lambda: writer.written) if alone else None

    async def add_user(self, name: str, role: str, password_hash: str, now: datetime) -> None:
        """Raises Refused: the name is taken."""
        try:
            await self.add_users([User(name, role, password_hash, False)], now)
        except Refused as refusal:
            raise Refused(f"there is already a user {name!r}") from refusal

    async def add_users(self, new: Sequence[User], now: datetime) -> None:
        """All of them or none. Raises Refused: a name is taken."""
        rows = [
            {"name": user.name, "role": user.role, "password_hash": user.password_hash, "disabled": user.disabled}
            for user in new
        ]
        try:
            await self._write(insert(users).values([row | {"created_utc_s": now.timestamp()} for row in rows]))
        except IntegrityError as error:
            raise Refused("one of these users was added by somebody else meanwhile; nothing was done") from error

    async def user(self, name: str) -> User | None:
        row = await self._first(("user", name), lambda: _USERS.where(users.c.name == name))
        return _user(row) if row else None

    async def users(self) -> list[User]:
        """All of them, by name."""
        return [_user(row) for row in await read_rows(self._engine, _USERS.order_by(users.c.name))]

    async def set_password(self, name: str, password_hash: str) -> bool:
        """A new password ends the user's sessions; False if there is no such user."""
        return await self._change(name, {"password_hash": password_hash})

    async def change(self, user: User, role: str, disabled: bool, *, needed: str = "", uncounted: str = "") -> bool:
        """Sessions end at once, and tokens of who is disabled. False: `user` is out of date, nothing was changed.

        Raises Refused: nobody but `user` has the role `needed` and is not disabled; `uncounted` does not count. That is
        looked up where it is written, so two who change each other at one moment cannot both succeed.
        """
        seen = (users.c.role == user.role, users.c.disabled.is_(user.disabled))
        values = {"role": role, "disabled": disabled}
        if not needed:
            return await self._change(user.name, values, *seen)

        async def work(connection: AsyncConnection) -> bool:
            # On PostgreSQL another process waits here for the rows, and finds them as they are then; on SQLite earlier
            holders = select(users.c.name).where(users.c.role == needed, users.c.disabled.is_(False))
            names = (await connection.execute(holders.order_by(users.c.name).with_for_update())).scalars().all()
            if user.name in names and not set(names) - {user.name, uncounted}:
                raise Refused(f"{user.name} is the last {needed}")
            return await _changed(connection, user.name, values, *seen)

        return await self._writer.write(work)

    async def open_session(self, user: str, now: datetime, lasts: timedelta) -> str:
        """A new session's token, told once. Sessions that have run out are cleared away."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = _token_row(token, user, now, lasts)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(web_sessions).where(web_sessions.c.expires_utc_s <= now.timestamp()))
            await connection.execute(insert(web_sessions).values(row))

        await self._writer.write(work)
        return token

    async def session_user(self, token: str, now: datetime) -> User | None:
        """Whose live session this is; None if unknown, ended, run out, or the user is disabled."""
        query = _USERS.join(web_sessions, web_sessions.c.user == users.c.name)
        key = ("session", token, int(now.timestamp()))
        row = await self._first(key, lambda: query.where(_live(web_sessions.c, token, now)))
        return _user(row) if row else None

    async def close_session(self, token: str) -> None:
        """End it, if it is there."""
        await self._write(delete(web_sessions).where(web_sessions.c.token_sha256 == _sha256(token)))

    async def add_token(self, name: str, user: str, scope: str, now: datetime, lasts: timedelta) -> str:
        """A new API token, told once. Raises Refused: the name is taken."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = {**_token_row(token, user, now, lasts), "name": name, "scope": scope}
        try:
            await self._write(insert(api_tokens).values(row))
        except IntegrityError as error:
            raise Refused(f"there is already a token {name!r}") from error
        return token

    async def token(self, token: str, now: datetime) -> ApiToken | None:
        """What a live token allows; None if unknown, revoked, run out, or its user is disabled."""
        query = select(api_tokens).join(users, api_tokens.c.user == users.c.name)
        key = ("token", token, int(now.timestamp()))
        row = await self._first(key, lambda: query.where(_live(api_tokens.c, token, now)))
        return _token(row) if row else None

    async def tokens(self) -> list[ApiToken]:
        """All of them, by name."""
        rows = await read_rows(self._engine, select(api_tokens).order_by(api_tokens.c.name))
        return [_token(row) for row in rows]

    async def revoke_token(self, name: str) -> bool:
        """False if there is no such token."""
        return await self._write(delete(api_tokens).where(api_tokens.c.name == name)) > 0

    async def _first(self, key: tuple[str | int, ...], query: Callable[[], Select[Any]]) -> RowMapping | None:
        async def ask() -> RowMapping | None:
            rows = await read_rows(self._engine, query())
            return rows[0] if rows else None

        return await (self._recent.get(key, ask) if self._recent else ask())

    async def _write(self, statement: Any) -> int:
        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._writer.write(work)

    async def _change(self, name: str, values: dict[str, Any], *seen: ColumnElement[bool]) -> bool:
        return await self._writer.write(lambda connection: _changed(connection, name, values, *seen))


async def _changed(connection: AsyncConnection, name: str, values: dict[str, Any], *seen: ColumnElement[bool]) -> bool:
    changed = await connection.execute(update(users).where(users.c.name == name, *seen).values(values))
    if changed.rowcount:
        await connection.execute(delete(web_sessions).where(web_sessions.c.user == name))
    return changed.rowcount > 0


def _live(columns: Any, token: str, now: datetime) -> Any:
    return and_(
        columns.token_sha256 == _sha256(token), columns.expires_utc_s > now.timestamp(), users.c.disabled.is_(False)
    )


def _token_row(token: str, user: str, now: datetime, lasts: timedelta) -> dict[str, Any]:
    return {
        "token_sha256": _sha256(token),
        "user": user,
        "created_utc_s": now.timestamp(),
        "expires_utc_s": (now + lasts).timestamp(),
    }


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _user(row: RowMapping) -> User:
    return User(row["name"], row["role"], row["password_hash"], row["disabled"], bool(row["second_factor"]))


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(row["name"], row["user"], row["scope"], datetime.fromtimestamp(row["expires_utc_s"], UTC))
