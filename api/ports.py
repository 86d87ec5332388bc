"""What the routes ask of the store and of the composition root, in the words of the store's own records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from api.answers import Answer
from api.erasing import Erasing
from api.phone_windows import Phone
from core.bans import Ban
from core.contacts import Contacts
from core.customers import Customer, Taken
from core.desk import SaidSolved, Webhook
from core.events import Outcome
from core.house import House
from core.ids import AgentId, CallId, ListeningId, SeatId, TrunkId
from core.inputs import Requested
from core.ledger import RecordingRecord
from core.mergeable import Mergeable
from core.quality import Mark
from core.reasons import Obstacle, PastOffer
from core.rollup import Row
from cti.two_sides import Frame
from ivr.recordings import Judgement, Listed, PhoneCode
from queueing.draining import Left
from store.audit import AuditRow
from store.behind import Candidates
from store.call_search import CallSearch
from store.first_contact import Answered, Contact, ContactsWanted, Per
from store.outbox import Counts, Queued
from store.people import ApiToken, User
from store.recording_filters import RecordingFilter
from store.recording_notes import Note
from store.recordings import Found
from store.records import (
    AlarmRecord,
    CallNote,
    CallRecord,
    CaseMoment,
    CaseRow,
    ListeningRecord,
    SegmentRecord,
    WorkItem,
)
from store.repeats import Repeat
from store.second_factors import SecondFactor

if TYPE_CHECKING:
    from api.links import Links


class Asks(Protocol):
    """api.answers.Answers in the engine's process, api.remote_answers.RemoteAnswers in any other."""

    async def ask(self, asked: Requested, timeout_s: float) -> Answer:
        """Offer a request to the engine and wait for its answer. The same id is not carried out twice.

        Raises:
            IdReused, EngineBusy: nothing was done.
            NoAnswer: nothing came back within `timeout_s`.
        """
        ...


class Windows(Protocol):
    """api.phone_windows.PhoneWindows, or the way to it from another process."""

    def says(self, agent: AgentId, window: object, phone: Phone) -> None: ...
    def gone(self, agent: AgentId, window: object) -> None: ...


class People(Protocol):
    """store.people.People: users, sessions and tokens. `now` is aware UTC."""

    async def user(self, name: str) -> User | None: ...
    async def users(self) -> list[User]: ...
    async def add_user(self, name: str, role: str, password_hash: str, now: datetime) -> None: ...
    async def add_users(self, new: Sequence[User], now: datetime) -> None: ...
    async def set_password(self, name: str, password_hash: str) -> bool: ...
    async def change(self, user: User, role: str, disabled: bool, *, needed: str = "", uncounted: str = "") -> bool: ...
    async def open_session(self, user: str, now: datetime, lasts: timedelta) -> str: ...
    async def session_user(self, token: str, now: datetime) -> User | None: ...
    async def close_session(self, token: str) -> None: ...
    async def add_token(self, name: str, user: str, scope: str, now: datetime, lasts: timedelta) -> str: ...
    async def token(self, token: str, now: datetime) -> ApiToken | None: ...
    async def tokens(self) -> list[ApiToken]: ...
    async def revoke_token(self, name: str) -> bool: ...


class Factors(Protocol):
    """store.second_factors.SecondFactors."""

    async def of(self, user: str) -> SecondFactor | None: ...
    async def begin(self, user: str, secret: str) -> bool: ...
    async def confirm(self, user: str, step: int, code_hashes: Sequence[str], now: datetime) -> bool: ...
    async def spend_step(self, user: str, step: int) -> bool: ...
    async def spend_code(self, user: str, code_hash: str) -> bool: ...
    async def remove(self, user: str) -> bool: ...


class HouseVersions(Protocol):
    """The house, versioned. The composition root makes a stored version known to the engine and the PBX too."""

    async def current(self) -> tuple[int, House]: ...

    async def at(self, version: int) -> House | None:
        """An earlier version; None: there is no such one. Raises ConfigurationWrong: it does not fit today's rules."""
        ...

    async def check(self, house: House) -> None:
        """Whether it could take effect here. Raises Refused, ConfigurationWrong: nothing changes either way."""
        ...

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
        self, *, before: tuple[float, str] | None = None, limit: int = 50, wanted: CallSearch = ...
    ) -> Sequence[CallRecord]: ...
    async def call(self, call: str) -> CallRecord | None: ...
    async def segments(self, call: str) -> Sequence[SegmentRecord]: ...
    async def story(self, call: str) -> Sequence[Outcome]: ...
    async def trunk_failures(self, quarters: Sequence[int]) -> Sequence[Outcome]: ...
    async def alarms(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, rule: str = "", subject: str = ""
    ) -> Sequence[AlarmRecord]: ...


class CallsBehind(Protocol):
    """store.behind.Behind."""

    async def candidates(
        self, wanted: Candidates, before: tuple[float, str] | None = None, limit: int = 200
    ) -> Sequence[CallRecord]: ...
    async def outcomes(self, names: Sequence[str]) -> Mapping[str, Iterable[Outcome]]: ...
    async def duties(self, since_utc_s: float, until_utc_s: float) -> Iterable[Outcome]: ...


class FigureRecords(Protocol):
    """store.rollups.Rollups: the stored figures by quarters of an hour, and what agents are doing now."""

    async def states(
        self,
        kind: str,
        since_utc_s: int,
        until_utc_s: int,
        *,
        name: str | None = None,
        part: str | None = None,
        periods: Sequence[tuple[int, int]] | None = None,
    ) -> Iterable[tuple[Row, Mergeable]]: ...
    async def last_quarters(
        self, kind: str, since_utc_s: int, until_utc_s: int, *, name: str | None = None
    ) -> Sequence[Row]: ...
    async def open_work(self) -> Mapping[str, Any]: ...
    async def teams(self, since_utc_s: float, until_utc_s: float) -> Sequence[tuple[float, Mapping[str, str]]]: ...


class ContactRecords(Protocol):
    """store.first_contact.FirstContacts."""

    async def count(self, wanted: ContactsWanted, most: int) -> int: ...
    async def states(self, wanted: ContactsWanted, per: Per) -> Sequence[tuple[Row, Contacts]]: ...
    async def answered(
        self,
        wanted: ContactsWanted,
        contacts: Sequence[Contact],
        said: Sequence[SaidSolved],
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> Sequence[Answered]: ...


class Work(Protocol):
    """store.queries.Queries, as far as the work list needs it."""

    async def work(
        self, *, after: tuple[int, float, str] | None = None, limit: int = 50, kind: str = "", owner: str = ""
    ) -> Sequence[WorkItem]: ...
    async def work_done(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, kind: str = "", owner: str = ""
    ) -> Sequence[WorkItem]: ...
    async def work_item(self, item: str) -> WorkItem | None: ...


class Cases(Protocol):
    """store.case_queries.Cases."""

    async def open_ones(
        self, *, after: tuple[float, str] | None = None, limit: int = 50, **wanted: str
    ) -> Sequence[CaseRow]: ...
    async def closed_ones(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, **wanted: str
    ) -> Sequence[CaseRow]: ...
    async def one(self, case: str) -> CaseRow | None: ...
    async def history(self, case: str) -> Sequence[CaseMoment]: ...
    async def notes(self, call: str) -> Sequence[CallNote]: ...


class Letters(Protocol):
    """store.outbox.Outbox, as far as the routes need it."""

    async def page(self, hook: str, state: str, *, after: str = "", limit: int = 50) -> Sequence[Queued]: ...
    async def counts(self) -> Mapping[str, Counts]: ...
    async def again(self, hook: str, letter: str, now_utc_s: float) -> bool: ...


class ReceiverSeen(Protocol):
    """How one receiver has done lately."""

    @property
    def failures(self) -> int: ...
    @property
    def why(self) -> str: ...
    @property
    def last_sent_utc_s(self) -> float | None: ...


class Webhooks(Protocol):
    """app.webhooks.Webhooks."""

    @property
    def outbox(self) -> Letters: ...
    def receiver(self, hook: str) -> ReceiverSeen: ...
    async def test(self, hook: Webhook) -> str:
        """Why a test was not taken, or ""."""
        ...


class Customers(Protocol):
    """store.customers.Customers."""

    async def one(self, id: str) -> Customer | None: ...
    async def find(self, number: str) -> Customer | None: ...
    async def search(
        self, text: str = "", *, after: tuple[str, str] | None = None, limit: int = 50
    ) -> Sequence[Customer]: ...
    async def add(self, customer: Customer, by: str, at_utc_s: float) -> Customer: ...
    async def change(self, customer: Customer, by: str, at_utc_s: float) -> Customer: ...
    async def remove(self, id: str) -> bool: ...
    async def take_in(
        self, rows: Sequence[Customer], columns: Collection[str], by: str, at_utc_s: float, *, keep: bool = True
    ) -> Sequence[Taken]: ...


class Bans(Protocol):
    """app.bans.Bans. `ban` and `lift` raise Refused, and PeerFault when the PBX does not know yet."""

    def current(self) -> Sequence[Ban]: ...
    async def ban(self, address: str, for_s: float, by: str, why: str) -> Ban: ...
    async def lift(self, address: str) -> bool: ...


class Repeats(Protocol):
    """store.repeats.Repeats. All of it raises PeerFault."""

    async def begin(self, by: str, key: str, asked: str, now_utc_s: float) -> Repeat | None: ...
    async def keep(self, by: str, key: str, answer: Repeat) -> None: ...
    async def forget(self, by: str, key: str) -> None: ...


class Audit(Protocol):
    """store.audit.Audit. Both raise PeerFault."""

    async def note(self, rows: Sequence[AuditRow]) -> None: ...
    async def page(
        self,
        *,
        by: str = "",
        about: str = "",
        what: str = "",
        recordings: bool = False,
        before: tuple[float, str] | None = None,
        limit: int = 200,
    ) -> Sequence[AuditRow]: ...


class RecordingLedger(Protocol):
    """store.recordings.Recordings, as far as the routes need it. All of it raises PeerFault."""

    async def search(
        self, wanted: RecordingFilter, *, before: tuple[float, str] | None = None, limit: int = 50
    ) -> Sequence[Found]: ...
    async def one(self, recording: str) -> Found | None: ...
    async def due_between(self, since_utc_s: float, until_utc_s: float) -> Sequence[RecordingRecord]: ...
    async def hold(self, recording: str, by: str, why: str, at_utc_s: float) -> None: ...
    async def release(self, recording: str) -> bool: ...


class RecordingNotes(Protocol):
    """store.recording_notes.RecordingNotes. All of it raises PeerFault."""

    async def notes(self, recording: str) -> Sequence[Note]: ...
    async def write(self, recording: str, by: str, at_utc_s: float, moment_s: float | None, text: str) -> Note: ...
    async def strike(self, recording: str, note: str, by: str) -> bool: ...
    async def tags(self, recordings: Sequence[str]) -> Mapping[str, Sequence[str]]: ...
    async def tag(self, recording: str, tag: str, by: str, at_utc_s: float) -> None: ...
    async def untag(self, recording: str, tag: str) -> bool: ...


class QualityMarks(Protocol):
    """store.quality.QualityMarks. All of it raises PeerFault."""

    async def of_recording(self, recording: str) -> Mark | None: ...
    async def newest(
        self,
        agents: Collection[str] | None,
        since_utc_s: float,
        until_utc_s: float,
        *,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> Sequence[Mark]: ...
    async def means(
        self, agents: Collection[str] | None, since_utc_s: float, until_utc_s: float
    ) -> Mapping[str, tuple[int, float]]: ...
    async def give(self, mark: Mark, seen_utc_s: float) -> bool: ...
    async def reply(self, recording: str, text: str, at_utc_s: float, seen_utc_s: float) -> bool: ...


class RecordingFiles(Protocol):
    """recording.archive.Archive. What it iterates over is read from disk as it goes."""

    def has(self, path: str) -> bool: ...
    def size_bytes(self, path: str, suffix: str) -> int: ...
    def read(self, path: str, suffix: str, start: int = 0, length: int | None = None) -> Iterator[bytes]: ...
    def wav_size_bytes(self, path: str) -> int: ...
    def wav(self, path: str) -> Iterator[bytes]: ...

    def sha256(self, path: str) -> str:
        """Of the FLAC file; the whole of it is read. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True)
class Recordings:
    """What the routes do with recordings."""

    ledger: RecordingLedger
    files: RecordingFiles
    erasing: Erasing
    links: Links
    notes: RecordingNotes


class Prompts(Protocol):
    """app.studio.Studio: what callers hear, and whose voice says it."""

    async def listed(self) -> Sequence[Listed]: ...
    def file(self, name: str, language: str) -> Path | None: ...

    async def take(self, name: str, language: str, sound: bytes, by: str) -> Judgement:
        """Callers hear this recording from their next prompt on.

        Raises:
            Unusable: the recording cannot be used; the text says why.
            Refused: there is no such prompt.
            PeerFault: it could not be judged. Nothing has changed in either case.
        """
        ...

    async def give_back(self, name: str, language: str, by: str) -> None:
        """The synthetic voice again. Raises as take."""
        ...

    def issue(self, name: str, language: str, by: str) -> PhoneCode:
        """What to dial and to type in order to record this prompt at a seat's phone. Raises Refused."""
        ...


class Hearing(Protocol):
    """cti.ears.Hearing: what one listener hears, until it is over."""

    @property
    def call(self) -> CallId: ...

    @property
    def over(self) -> str: ...

    async def next(self) -> Frame | None: ...


class Ears(Protocol):
    """cti.ears.Ears, as far as a listener's connection needs it."""

    def hearing(self, listening: ListeningId) -> Hearing | None:
        """Of a listening that the engine has granted and that has not ended."""
        ...


class Listenings(Protocol):
    """store.queries.Queries: who has heard which call."""

    async def listenings(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, call: str = "", by: str = ""
    ) -> Sequence[ListeningRecord]: ...


class Explains(Protocol):
    """queueing.engine.Engine, as far as questions about this moment need it."""

    def left(self) -> Left | None: ...
    def obstacles(self, call: CallId) -> Sequence[Obstacle]: ...


class Qualifies(Protocol):
    """cti.qualify.Qualify."""

    async def round_trip_ms(self, trunk: TrunkId) -> float | None: ...


class Remembers(Protocol):
    """app.past.Past: offers of the past with everybody's reasons."""

    async def offers(self, call: str) -> Sequence[PastOffer]:
        """Every offer of this call, in order; it may take seconds.

        Raises:
            Refused: the journal does not lead there.
            PeerFault: it failed, or took too long.
        """
        ...


@dataclass(frozen=True, slots=True)
class StaffingAsk:
    """The days to plan, in business time, from `weeks` of history; `queue` "" is the whole house.

    `agents`: the head-count to judge, None the house's own; `rehearse`: play it through on the real engine, too.
    """

    first: date
    days: int
    queue: str = ""
    agents: int | None = None
    weeks: int = 53
    rehearse: bool = False


@dataclass(frozen=True, slots=True)
class TwinAsk:
    """A day in business time, the changes of seats as people write them, and the house in place of the day's own."""

    day: date
    seats: tuple[str, ...] = ()
    house: House | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Questions not answered yet, with the one that is computed; how much of that is done, 0 to 1. None: not known."""

    asked: int
    share: float | None


class Twins(Protocol):
    """app.twin.Twins: a day as it would have been."""

    def progress(self) -> Progress: ...

    async def twin(self, asked: TwinAsk) -> bytes:
        """The answer as JSON (api.routes.twin.TwinShown); it may take a minute.

        Raises:
            Refused: the question is wrong, or the journal does not lead there.
            PeerFault: it failed, or took too long.
        """
        ...


class Plans(Protocol):
    """app.planning.Plans: what staffing the days to come need."""

    def progress(self) -> Progress: ...

    async def staffing(self, asked: StaffingAsk) -> bytes:
        """The answer as JSON (api.routes.staffing.StaffingShown); it may take a minute.

        Raises:
            Refused: it cannot be planned or played through, and why.
            PeerFault: it failed, or took too long.
        """
        ...


@dataclass(frozen=True, slots=True)
class PhoneLogin:
    """What somebody types into a phone. Shown once, never stored or logged by the API."""

    username: str
    password: str
    server: str


class PhoneLogins(Protocol):
    """Where a seat's SIP name and password come from."""

    async def issue(self, seat: SeatId) -> PhoneLogin: ...

    async def renew(self, seat: SeatId) -> PhoneLogin:
        """With another password; the PBX takes the old one no more. Raises PeerFault: it could not be told."""
        ...


@dataclass(frozen=True, slots=True)
class BrowserPhone:
    """What a browser phone registers with; `socket` is the PBX's WebSocket."""

    username: str
    password: str = field(repr=False)
    uri: str
    socket: str


class BrowserPhones(Protocol):
    """Passwords of browser phones."""

    async def issue(self, seat: SeatId) -> BrowserPhone:
        """A new one; the one before is worth nothing from now on. Raises PeerFault."""
        ...


SettingValue = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the deployment's settings in force, without secrets. `place` is where its `origin` says it."""

    key: str
    value: SettingValue
    origin: str
    place: str
    default: SettingValue
    meaning: str


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing health depends on. `check` returns a detail for people, or raises PeerFault with the reason."""

    name: str
    check: Callable[[], Awaitable[str]]
