"""Names and passwords of seats and of ourselves, derived from one random key file.

SIP names are not seat numbers and passwords are random to whoever lacks the key, so a list of seats gives an
attacker nothing. A seat's password changes with its generation; nothing else has to be stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ConfigurationWrong
from core.ids import SeatId

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class SeatPhones:
    """What a seat's phones register with: a desk or soft phone, and a browser phone (WebRTC)."""

    seat: SeatId
    sip_name: str
    secret: str
    web_name: str
    web_secret: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything derived from the key. Never logged: the key is left out of repr."""

    key: bytes = field(repr=False)

    def sip_name(self, seat: SeatId) -> str:
        """The desk phone's user name: 12 letters and digits that do not show the seat."""
        return "s" + base64.b32encode(self._derive("sip-name", seat))[:11].decode().lower()

    def web_name(self, seat: SeatId) -> str:
        return f"{self.sip_name(seat)}-web"

    def secret(self, seat: SeatId, generation: int = 0) -> str:
        """The desk phone's password, 32 characters (192 bit). A new generation makes the old one useless."""
        return self._text("sip-secret", f"{seat}/{generation}")

    def web_secret(self, seat: SeatId, generation: int = 0) -> str:
        return self._text("web-secret", f"{seat}/{generation}")

    def phones(self, seat: SeatId, generation: int = 0, web_generation: int = 0) -> SeatPhones:
        return SeatPhones(
            seat,
            self.sip_name(seat),
            self.secret(seat, generation),
            self.web_name(seat),
            self.web_secret(seat, web_generation),
        )

    @property
    def ami_secret(self) -> str:
        return self._text("ami", "")

    @property
    def carrier_secret(self) -> str:
        """AMI password of the simulated carrier's Asterisk."""
        return self._text("carrier-ami", "")

    @property
    def visitor_secret(self) -> str:
        """What the caller in a browser calls the demo's hotlines with."""
        return self._text("visitor", "")

    @property
    def agi_path(self) -> str:
        """Random path of our FastAGI address, the only proof that a session comes from our dialplan."""
        return self._text("agi", "")

    def _text(self, purpose: str, of: str) -> str:
        return base64.urlsafe_b64encode(self._derive(purpose, of))[:32].decode()

    def _derive(self, purpose: str, of: str) -> bytes:
        return hmac.new(self.key, f"{purpose}\0{of}".encode(), hashlib.sha256).digest()


def load_credentials(file: Path) -> Credentials:
    """Read the key; make it, 0600, when it is not there.

    Raises:
        ConfigurationWrong: other users may read it, or it is not 32 bytes long.
    """
    try:
        return Credentials(_read_key(file))
    except FileNotFoundError:
        _create_key(file)
        return Credentials(_read_key(file))


def _read_key(file: Path) -> bytes:
    if file.stat().st_mode & 0o077:
        raise ConfigurationWrong([f"{file}: other users may read this key: chmod 600 it"])
    if len(key := file.read_bytes()) != KEY_BYTES:
        raise ConfigurationWrong(
            [f"{file}: must hold {KEY_BYTES} bytes: put back the one of a backup (a new one opens nothing of before)"]
        )
    return key


def _create_key(file: Path) -> None:
    """In one step, so that two processes starting at once agree on one key."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secrets.token_bytes(KEY_BYTES))
        os.fsync(stream.fileno())
    try:
        os.link(temporary, file)
    except FileExistsError:
        return
    finally:
        temporary.unlink()
