"""A second factor at sign-in: codes of an authenticator app (TOTP, RFC 6238), each good once, and recovery codes.

The secrets must be readable to check a code, so they are kept sealed (AES-256-GCM) under a key that is not in the
database, each bound to its user's name. Recovery codes are random and kept as SHA-256, as API tokens are.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

if TYPE_CHECKING:
    from api.ports import Factors

STEP_S, DIGITS = 30, 6
"""What every authenticator app takes; some ignore any others."""
SECRET_BYTES = 20  # RFC 4226, section 4, R6
STEPS_OFF = 1
"""A telephone's clock may be so many steps wrong either way (RFC 6238, section 5.2)."""
RECOVERY_CODES, RECOVERY_BYTES = 10, 10
_NONCE_BYTES = 12


class SecondFactors:
    """Over `kept`; `key` (32 bytes) opens the secrets in it."""

    def __init__(self, kept: Factors, key: bytes) -> None:
        self._kept, self._cipher = kept, AESGCM(key)

    async def recovery_codes_left(self, user: str) -> int | None:
        """None without a second factor."""
        factor = await self._kept.of(user)
        return factor.recovery_codes_left if factor and factor.confirmed else None

    async def begin(self, user: str) -> bytes | None:
        """A new secret, which counts once a code of it has been typed; None: the user has a second factor already."""
        secret = secrets.token_bytes(SECRET_BYTES)
        return secret if await self._kept.begin(user, self._sealed(user, secret)) else None

    async def confirm(self, user: str, code: str, now: datetime) -> list[str] | None:
        """The recovery codes, told once; every session of the user has ended. None: a wrong code, or none begun."""
        factor = await self._kept.of(user)
        step = self._step(user, factor.secret, code, now) if factor else None
        if step is None:
            return None
        codes = [recovery_code() for _ in range(RECOVERY_CODES)]
        return codes if await self._kept.confirm(user, step, [_hash(code) for code in codes], now) else None

    async def is_right(self, user: str, code: str, now: datetime) -> bool:
        """Whether this is a code of the app or a recovery code. It is spent: the same code is wrong the next time."""
        factor = await self._kept.of(user)
        if factor is None or not factor.confirmed:
            return False
        step = self._step(user, factor.secret, code, now)
        return step is not None and await self._kept.spend_step(user, step)

    async def recovers(self, user: str, code: str) -> bool:
        """Whether this is one of the user's recovery codes. It is spent."""
        return len(code) > DIGITS and await self._kept.spend_code(user, _hash(code))

    async def remove(self, user: str) -> bool:
        """A password is enough again, and every session has ended; False if there was no second factor."""
        return await self._kept.remove(user)

    def _step(self, user: str, sealed: str, code: str, now: datetime) -> int | None:
        secret = self._opened(user, sealed)
        return None if secret is None else step_of(secret, code, now)

    def _sealed(self, user: str, secret: bytes) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret, user.encode())).decode()

    def _opened(self, user: str, sealed: str) -> bytes | None:
        """None: another key sealed it, or it is another user's. No code is right then, until it is reset."""
        raw = base64.b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], user.encode())
        except InvalidTag:
            return None


def code_at(secret: bytes, step: int) -> str:
    """The code of this time step: RFC 6238 over HMAC-SHA-1, as apps know no other."""
    return TOTP(secret, DIGITS, SHA1(), STEP_S).generate(step * STEP_S).decode()


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """Which time step's code this is, of those that count now."""
    current = int(now.timestamp()) // STEP_S
    for step in range(current - STEPS_OFF, current + STEPS_OFF + 1):
        if secrets.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def recovery_code() -> str:
    """80 bits, in groups that people can copy."""
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))


def address(secret: bytes, user: str, house: str) -> str:
    """The otpauth URI that authenticator apps read."""
    return TOTP(secret, DIGITS, SHA1(), STEP_S).get_provisioning_uri(user, house)


def _hash(code: str) -> str:
    plain = code.replace("-", "").replace(" ", "").lower()
    return hashlib.sha256(plain.encode()).hexdigest()
