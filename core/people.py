"""Who may come in, and what the store keeps about a call for those who ask. Plain records; no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.ids import AgentId, CallId, HotlineId, QueueId, TrunkId


class Role(StrEnum):
    """What a person may do; the finer rights hang on these."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    AGENT = "agent"
    OPERATIONS = "operations"
    INTEGRATION = "integration"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login. `password_hash` is argon2id's own string; `agent` is who they are on the floor."""

    name: str
    role: Role
    password_hash: str
    agent: AgentId | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """A session or an API token. Only the SHA-256 of the secret is kept: `secret_sha256`, 64 hex digits."""

    secret_sha256: str
    person: str
    role: Role
    expires_utc_s: float
    label: str = "session"


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One call as a line in a list. Times are seconds since 1970 in UTC."""

    call: CallId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    entered_utc_s: float
    ended_utc_s: float | None
    how: str
    queue: QueueId | None
    agent: AgentId | None
    waited_s: float | None
    talk_s: float | None


@dataclass(frozen=True, slots=True)
class CallMoment:
    """One thing that happened to a call: the outcome's name and its fields, as the journal holds them."""

    sequence: int
    ordinal: int
    at_utc_s: float
    event: str
    fields: dict[str, object]
