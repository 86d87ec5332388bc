"""What the routes ask of the store and of the composition root, in the words of the store's own records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.events import Outcome
from core.house import House
from core.ids import CallId, SeatId
from core.reasons import Obstacle
from store.people import ApiToken, User
from store.records import CallRecord, WorkItem


class People(Protocol):
    """store.people.People: users, sessions and tokens. `now` is aware UTC."""

    async def user(self, name: str) -> User | None: ...
    async def users(self) -> list[User]: ...
    async def add_user(self, name: str, role: str, password_hash: str, now: datetime) -> None: ...
    async def set_password(self, name: str, password_hash: str) -> bool: ...
    async def set_role(self, name: str, role: str) -> bool: ...
    async def disable(self, name: str, disabled: bool = True) -> bool: ...
    async def open_session(self, user: str, now: datetime, lasts: timedelta) -> str: ...
    async def session_user(self, token: str, now: datetime) -> User | None: ...
    async def close_session(self, token: str) -> None: ...
    async def add_token(self, name: str, user: str, scope: str, now: datetime, lasts: timedelta) -> str: ...
    async def token(self, token: str, now: datetime) -> ApiToken | None: ...
    async def tokens(self) -> list[ApiToken]: ...
    async def revoke_token(self, name: str) -> bool: ...


class HouseVersions(Protocol):
    """The house, versioned. The composition root makes a stored version known to the engine and the PBX too."""

    async def current(self) -> tuple[int, House]: ...

    async def put(self, house: House, by: str, expected_version: int) -> int:
        """Make the next version; its number.

        Raises:
            HouseMovedOn: somebody else was first.
            Refused: something in it cannot be used here. Nothing was changed in either case.
        """
        ...


class CallRecords(Protocol):
    """store.queries.Queries, as far as the routes need it."""

    async def calls(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, agent: str = ""
    ) -> Sequence[CallRecord]: ...
    async def story(self, call: str) -> Sequence[Outcome]: ...


class Work(Protocol):
    """store.queries.Queries, as far as the work list needs it."""

    async def work(
        self, *, after: tuple[int, float, str] | None = None, limit: int = 50, kind: str = "", owner: str = ""
    ) -> Sequence[WorkItem]: ...
    async def work_done(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, kind: str = "", owner: str = ""
    ) -> Sequence[WorkItem]: ...
    async def work_item(self, item: str) -> WorkItem | None: ...


class Explains(Protocol):
    """queueing.engine.Engine, as far as a question about a waiting call needs it."""

    def obstacles(self, call: CallId) -> Sequence[Obstacle]: ...


@dataclass(frozen=True, slots=True)
class PhoneLogin:
    """What somebody types into a phone. Shown once, never stored or logged by the API."""

    username: str
    password: str
    server: str


class PhoneLogins(Protocol):
    """Where a seat's SIP name and password come from."""

    async def issue(self, seat: SeatId) -> PhoneLogin: ...


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing health depends on. `check` returns a detail for people, or raises PeerFault with the reason."""

    name: str
    check: Callable[[], Awaitable[str]]
