"""The deployment's settings: one frozen object, read once from thirdring.yaml and the environment.

The file is $THIRDRING_HOME/thirdring.yaml; without it the defaults hold. Each key can be overridden by
an environment variable: THIRDRING_ and the key in capitals. The environment wins over the file.

What is edited while running (hotlines, queues, seats, …) is not here: that is the house.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from api.rights import Right
from core.documents import Document, parse, validate
from core.errors import ConfigurationWrong, PlacedProblems

FILE = "thirdring.yaml"
PREFIX = "THIRDRING_"
SPOOL = "data/spool"
"""The journal's place in the home."""
_ADDRESS = r"^[A-Za-z0-9.:\-]{0,253}$"
_NOT_IN_THE_FILE = "cannot be set in its own file; set THIRDRING_HOME"


class Ports(BaseModel):
    """Every port of one instance, as offsets from `port_base`, so that instances live side by side."""

    model_config = ConfigDict(frozen=True)

    base: int = Field(ge=1024, le=63000)

    @property
    def api(self) -> int:
        return self.base

    @property
    def ami(self) -> int:
        return self.base + 1

    @property
    def agi(self) -> int:
        return self.base + 2

    @property
    def sip(self) -> int:
        """UDP and TCP."""
        return self.base + 3

    @property
    def pbx_http(self) -> int:
        """WebSocket for browser phones."""
        return self.base + 4

    @property
    def pbx_https(self) -> int:
        return self.base + 5

    @property
    def carrier_sip(self) -> int:
        return self.base + 6

    @property
    def carrier_ami(self) -> int:
        return self.base + 7

    @property
    def carrier_phones(self) -> int:
        """SIP port from which the carrier's simulated phones register."""
        return self.base + 8

    @property
    def carrier_http(self) -> int:
        """WebSocket for the caller in a browser, with `up --demo`."""
        return self.base + 9

    @property
    def ear(self) -> int:
        """Where the PBX brings us the voices of calls that somebody listens to (AudioSocket)."""
        return self.base + 11

    @property
    def rtp(self) -> tuple[int, int]:
        """First and last UDP port for voice."""
        return self.base + 100, self.base + 999

    @property
    def carrier_rtp(self) -> tuple[int, int]:
        return self.base + 1000, self.base + 1899


class Settings(BaseModel):
    """See docs/settings.md, which is generated from these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(description="everything this instance writes: data, recordings, PBX, logs")
    port_base: int = Field(
        default=20000, ge=1024, le=63000, description="first of the 2,000 ports this instance may use"
    )
    bind: str = Field(default="127.0.0.1", pattern=_ADDRESS, description="address of the API and the web page")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite under home")
    redis_url: str = Field(
        default="", description="redis://user:password@host:port/0, with TLS rediss://…; empty: none"
    )
    api_workers: int = Field(
        default=0,
        ge=0,
        le=32,
        description="processes that serve browsers beside the engine's; needs redis_url. 0: the engine's serves them",
    )
    node: str = Field(
        default="a", pattern=r"^[a-z0-9]{1,16}$", description="this machine's name; every call id begins with it"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level that is logged"
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="json: an object a line, for a log collector"
    )
    watchdog_s: float = Field(
        default=3.0, ge=1, le=60, description="seconds without a beat of the engine's loop until it is killed"
    )
    watch_recordings: bool = Field(
        default=True,
        description="false: the remote PBX has its recordings to itself, nothing is archived",
    )
    finish_workers: int = Field(
        default=1, ge=1, le=64, description="processes that finish recordings at once, behind everything else"
    )
    keep_originals_h: float = Field(
        default=0.0, ge=0, le=8760, description="hours the PBX's own recordings stay after they are archived"
    )
    lock_recordings: bool = Field(
        default=False,
        description="true: archived recordings are encrypted, with a key made of secrets/recordings.key",
    )
    pbx_mode: Literal["embedded", "installed", "remote"] = Field(
        default="embedded",
        description="embedded: our own unpacked Asterisk; installed: this machine's; remote: another machine's",
    )
    pbx_host: str = Field(default="", pattern=_ADDRESS, description="remote PBX: its address")
    pbx_ami_port: int = Field(default=5038, ge=1, le=65535, description="remote PBX: its AMI port")
    pbx_ami_user: str = Field(
        default="", pattern=r"^[A-Za-z0-9._\-]{0,64}$", description="remote PBX: our AMI user there"
    )
    pbx_ami_secret_file: Path | None = Field(
        default=None, description="remote PBX: 0600 file with that user's password"
    )
    pbx_reload_user: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._\-]{0,64}$",
        description="remote PBX: AMI user that may reload; empty: a changed house is reloaded there by hand, and there "
        "are no browser phones",
    )
    pbx_reload_secret_file: Path | None = Field(default=None, description="remote PBX: 0600 file with its password")
    agi_bind: str = Field(
        default="127.0.0.1", pattern=_ADDRESS, description="remote PBX: address of this machine at which it finds us"
    )
    pbx_calls_live_s: float = Field(
        default=14_400.0,
        ge=60,
        le=86_400,
        description="seconds until calls of a PBX out of sight count as lost; the dialplan ends each after 14,400",
    )
    media_address: str = Field(
        default="", pattern=_ADDRESS, description="address phones and carriers send voice to; empty: found out"
    )
    lan_name: str = Field(
        default="",
        pattern=_ADDRESS,
        description="name under which browsers on the network reach us, over HTTPS; empty: this machine only",
    )
    lan_bind: str = Field(
        default="",
        pattern=_ADDRESS,
        description="address HTTPS and secure WebSocket listen on; empty: the one lan_name leads to",
    )
    lan_certificate_file: Path | None = Field(
        default=None, description="PEM chain for lan_name; empty: from this instance's own small CA"
    )
    lan_key_file: Path | None = Field(default=None, description="0600 file with that certificate's private key")
    smtp_host: str = Field(default="", pattern=_ADDRESS, description="mail server for alarms; empty: no e-mail")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="its port")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="tls: from the first byte; none: on this machine or a trusted network only"
    )
    smtp_user: str = Field(default="", max_length=200, description="empty: no log-in at the mail server")
    smtp_password_file: Path | None = Field(default=None, description="0600 file with that user's password")
    mail_from: str = Field(
        default="", pattern=r"^([^\s@<>]{1,64}@[A-Za-z0-9.\-]{1,200})?$", description="sender of e-mail about alarms"
    )
    second_factor_rights: str = Field(
        default="",
        pattern=r"^([a-z_]+( |$))*$",
        description="rights for those alone who sign in with a second factor, such as: listen hear_recordings",
    )
    ban_after: int = Field(
        default=10,
        ge=0,
        le=1000,
        description="refusals within a minute after which the PBX lets an address in no more; 0: never",
    )
    ban_s: float = Field(default=3600.0, ge=10, le=2_592_000, description="how long it does")
    never_banned: str = Field(
        default="127.0.0.0/8 ::1/128",
        pattern=r"^([0-9A-Fa-f.:]+/[0-9]{1,3}( |$))*$",
        description="networks that are never banned, such as the office's; carriers never are",
    )
    webhook_networks: str = Field(
        default="",
        pattern=r"^([0-9A-Fa-f.:]+/[0-9]{1,3}( |$))*$",
        description="networks of ours that webhooks, look-ups and alarms may reach besides public addresses: "
        "10.1.2.0/24 fd00::/8",
    )

    _origins: dict[str, tuple[str, str]] = PrivateAttr(default_factory=dict)

    def origin(self, key: str) -> tuple[str, str]:
        """default, file or environment, and the place there: file:line, or the variable's name."""
        return self._origins.get(key, ("default", ""))

    @property
    def database_file(self) -> Path:
        """SQLite's, where no `database_url` is set."""
        return self.home / "data" / "thirdring.sqlite3"

    @property
    def spool(self) -> Path:
        """The journal's directory."""
        return self.home / SPOOL

    @property
    def store_url(self) -> str:
        """SQLAlchemy's URL of the database that is used."""
        from store.session import sqlite_url

        return self.database_url or sqlite_url(self.database_file)

    @property
    def ports(self) -> Ports:
        return Ports(base=self.port_base)

    @property
    def own_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`webhook_networks`, for app.outside."""
        return tuple(ip_network(text) for text in self.webhook_networks.split())

    @field_validator("second_factor_rights")
    @classmethod
    def _are_rights(cls, value: str) -> str:
        for word in value.split():
            if word not in set(Right):
                raise ValueError(f"{word} is no right; they are {' '.join(Right)}")
        return value

    @field_validator("webhook_networks", "never_banned")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for text in value.split():
            try:
                ip_network(text)
            except ValueError as error:
                raise ValueError(f"{text} is no network, such as 10.1.2.0/24") from error
        return value

    @field_validator(
        "pbx_ami_secret_file", "pbx_reload_secret_file", "lan_certificate_file", "lan_key_file", "smtp_password_file"
    )
    @classmethod
    def _from_home(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        """Relative paths start at home, wherever the program was started."""
        return value and info.data.get("home", Path()) / value

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        """Keys that need each other; all of it is told at once."""
        needed: list[tuple[str, object, str]] = []
        if self.pbx_mode == "remote":
            names = ("pbx_host", "pbx_ami_user", "pbx_ami_secret_file")
            needed += [(name, getattr(self, name), "required with pbx_mode: remote") for name in names]
        if self.pbx_reload_user or self.pbx_reload_secret_file:
            needed.append(("pbx_reload_user", self.pbx_reload_user, "required with pbx_reload_secret_file"))
            needed.append(("pbx_reload_secret_file", self.pbx_reload_secret_file, "required with pbx_reload_user"))
        if self.lan_certificate_file or self.lan_key_file:
            needed.append(("lan_certificate_file", self.lan_certificate_file, "required with lan_key_file"))
            needed.append(("lan_key_file", self.lan_key_file, "required with lan_certificate_file"))
        if self.api_workers:
            needed.append(("redis_url", self.redis_url, "required with api_workers"))
        if self.smtp_host:
            needed.append(("mail_from", self.mail_from, "required with smtp_host"))
        if problems := [((name,), text) for name, value, text in needed if not value]:
            raise PlacedProblems(list(problems))
        return self


def default_home() -> Path:
    """Beside the program: a clone keeps everything it makes in one directory that git ignores."""
    return Path(__file__).resolve().parents[1] / ".thirdring"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the file and the environment once. Without THIRDRING_HOME, home is `default_home()`.

    Raises:
        ConfigurationWrong: every problem, with file and line or the variable's name.
    """
    given = os.environ if environ is None else environ
    home = Path(given.get(f"{PREFIX}HOME") or default_home()).expanduser().absolute()
    document = _read_file(home / FILE)
    if isinstance(document.data, dict) and "home" in document.data:
        raise ConfigurationWrong([f"{document.source}:{document.line_of(('home',))}: home: {_NOT_IN_THE_FILE}"])
    for key in Settings.model_fields:
        if (value := given.get(variable(key))) and key != "home":
            document = document.with_override(key, value, f"environment {variable(key)}")
    settings = validate(document.with_override("home", str(home), f"environment {PREFIX}HOME"), Settings)
    settings._origins.update(_origins(document, given))
    return settings


def _origins(document: Document, given: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    written = document.data if isinstance(document.data, dict) else {}
    for key in Settings.model_fields:
        if given.get(variable(key)):
            yield key, ("environment", variable(key))
        elif key in written:
            yield key, ("file", f"{document.source}:{document.line_of((key,))}")


def variable(key: str) -> str:
    """Name of the environment variable that overrides this key."""
    return PREFIX + key.upper()


def _read_file(path: Path) -> Document:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Document(str(path), {})
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationWrong([f"{path}:1: cannot be read: {error}"]) from error
    return parse(text, str(path))
