"""Passwords: argon2id with the library's defaults (RFC 9106, low-memory profile), and which ones are too easy.

Computed off the loop, two at a time: each hash takes 64 MiB.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from store.people import User

AT_ONCE = 2
SHORTEST, LONGEST = 10, 72
SAFE_SCORE = 3
"""zxcvbn's "safely unguessable": at least 10^8 guesses (Wheeler 2016)."""
NO_PASSWORD = "!"
"""A stored hash that no password has: this user cannot sign in."""

Result = TypeVar("Result")


class Passwords:
    """argon2id. One object a process; `hasher` is cheaper in tests."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._decoy = ""

    async def hashed(self, password: str) -> str:
        """The string to store."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def matches(self, user: User | None, password: str) -> bool:
        """Whether the password is that person's. Without a person it takes as long, and the answer is no."""
        right = await self._in_thread(lambda: self._verified(user.password_hash if user else None, password))
        return right and user is not None and not user.disabled

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        async with self._turns:
            return await asyncio.to_thread(work)

    def _verified(self, stored: str | None, password: str) -> bool:
        """None has no password. What is looked at in its place is made at the first question, whoever is asked about:
        a start needs it not yet."""
        self._decoy = self._decoy or self._hasher.hash(secrets.token_urlsafe())
        try:
            return self._hasher.verify(self._decoy if stored is None else stored, password)
        except (VerificationError, InvalidHashError):
            return False


def random_password() -> str:
    """120 bits, to be shown once."""
    return secrets.token_urlsafe(15)


def weakness(password: str, *known: str) -> str:
    """Why somebody could guess this password, knowing these words of the person; "" when it is good."""
    from zxcvbn import zxcvbn  # 0.15 s of word lists, for those who choose a password

    if not SHORTEST <= len(password) <= LONGEST:
        return f"must have {SHORTEST} to {LONGEST} characters"
    judged = zxcvbn(password, user_inputs=["thirdring", *known])
    if judged["score"] >= SAFE_SCORE:
        return ""
    return " ".join(
        ["is too easy to guess.", judged["feedback"]["warning"], *judged["feedback"]["suggestions"]]
    ).strip()
