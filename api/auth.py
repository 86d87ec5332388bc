"""Who is asking: passwords, sessions, tokens.

Session and token secrets are made by the store, which keeps only their hashes. Passwords are argon2id
with the library's defaults (RFC 9106, low-memory profile), computed off the loop, two at a time: each
takes 64 MiB.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.ports import People
from core.ids import AgentId
from store.people import User

AT_ONCE = 2
FIRST_ADMINISTRATOR = "admin"
CLI_USER = "cli"
CLI_TOKEN_LASTS = timedelta(days=400)
"""The command line's token is renewed by every start; this only ends a forgotten one."""

Result = TypeVar("Result")


class Passwords:
    """argon2id. One object a process; `hasher` is cheaper in tests."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._decoy = self._hasher.hash(secrets.token_urlsafe())

    async def hashed(self, password: str) -> str:
        """The string to store."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def matches(self, user: User | None, password: str) -> bool:
        """Whether the password is that person's. Without a person it takes as long, and the answer is no."""
        right = await self._in_thread(lambda: self._verified(user.password_hash if user else self._decoy, password))
        return right and user is not None and not user.disabled

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        async with self._turns:
            return await asyncio.to_thread(work)

    def _verified(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


class Role(StrEnum):
    """What a person may do; finer rights hang on these."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    AGENT = "agent"
    OPERATIONS = "operations"
    INTEGRATION = "integration"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whoever sent this request, and the secret that let them in: a browser's session, or a program's token."""

    person: str
    role: Role
    secret: str = field(repr=False)
    by_cookie: bool

    def may_edit_house(self) -> bool:
        return self.role in (Role.ADMINISTRATOR, Role.SUPERVISOR)

    def may_supervise(self) -> bool:
        """Move other people's calls, close queues."""
        return self.role in (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.LEADER)

    def may_act_for(self, agent: AgentId) -> bool:
        """Leaders and above for everybody, an agent for themselves: an agent's login bears the agent's id."""
        if self.role is Role.AGENT:
            return self.person == agent
        return self.may_supervise()


def role_of(user: User) -> Role | None:
    """None for a role that this version does not know: such a user cannot come in."""
    return {role.value: role for role in Role}.get(user.role)


async def identify(people: People, secret: str, now: datetime, *, by_cookie: bool) -> Identity | None:
    """The person behind a session or token; None when it is unknown, run out, or the person is disabled."""
    user = await (people.session_user(secret, now) if by_cookie else _token_user(people, secret, now))
    role = role_of(user) if user else None
    return Identity(user.name, role, secret, by_cookie) if user and role else None


async def _token_user(people: People, secret: str, now: datetime) -> User | None:
    token = await people.token(secret, now)
    return await people.user(token.user) if token else None


async def still_valid(people: People, identity: Identity, now: datetime) -> bool:
    """Whether what let this person in still would, with the same rights."""
    return await identify(people, identity.secret, now, by_cookie=identity.by_cookie) == identity


async def first_administrator(people: People, passwords: Passwords, now: datetime) -> tuple[str, str] | None:
    """Name and random password of a new administrator if no person has a login yet, else None.

    The password exists nowhere else: show it once.
    """
    if any(user.name != CLI_USER for user in await people.users()):
        return None
    password = secrets.token_urlsafe(15)
    await people.add_user(FIRST_ADMINISTRATOR, Role.ADMINISTRATOR, await passwords.hashed(password), now)
    return FIRST_ADMINISTRATOR, password


async def cli_token(people: People, now: datetime) -> str:
    """A new token for this machine's command line, the old one ended; the caller writes it to secrets/cli.token, 0600.

    Its user cannot log in: no password has the hash "!".
    """
    if await people.user(CLI_USER) is None:
        await people.add_user(CLI_USER, Role.ADMINISTRATOR, "!", now)
    await people.revoke_token(CLI_USER)
    return await people.add_token(CLI_USER, CLI_USER, "all", now, CLI_TOKEN_LASTS)
