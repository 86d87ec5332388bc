"""An API over small in-process parts, for tests: what the ports promise and no more."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.datastructures import State

from api.answers import Answers
from api.app import create_app
from api.coming_hours import ComingHours
from api.erasing import Erasing
from api.links import Links
from api.passwords import Passwords
from api.phone_windows import PhoneWindows
from api.ports import BrowserPhone, PhoneLogin, Probe, Progress, Recordings, Setting, StaffingAsk, TwinAsk
from api.rights import Role
from api.second_factor import SecondFactors
from api.services import ApiOptions, Services
from api.throttle import Rate, Throttle
from api.trail import Trail
from app.call_facts import facts_at
from app.flows import known_to
from app.planning import Past as PastDays
from app.planning import staffing
from app.twin import Day, compared
from app.webhooks import Receiver
from core.bans import Ban
from core.contacts import Contacts
from core.customers import Customer, Taken
from core.desk import SaidSolved, Webhook
from core.errors import MovedOn, PeerFault, Refused
from core.events import DutyChanged, Event, Outcome, RequestGranted, RequestRefused, TrunkFailed
from core.figures import Figures
from core.house import House
from core.ids import CallId, ListeningId, SeatId, TrunkId
from core.inputs import AgentRequest, Input, Requested
from core.instants import Instant
from core.ledger import RecordingRecord
from core.mergeable import Mergeable
from core.quality import Mark
from core.reasons import Obstacle, PastOffer
from core.rollup import WHOLE, Rollup, Row
from core.stats import quarter_hour
from cti.two_sides import Frame
from ivr.recordings import Judgement, Kept, Listed, PhoneCode, Unusable
from monitor.wallboard import Wallboard
from queueing.draining import Left
from queueing.engine import Engine as RealEngine
from queueing.seats_needed import habits
from recording.vault import Tampered
from store.audit import AuditRow
from store.behind import Candidates
from store.call_search import EVERY_CALL, CallSearch
from store.errors import HouseMovedOn
from store.first_contact import Answered, Contact, ContactsWanted, Per
from store.memory import MemoryBoard
from store.outbox import Counts, Queued
from store.people import ApiToken, User
from store.projections import Picture, fold
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
from tests.unit.floor import NOON_UTC_S, small_house

ORIGIN = "http://floor.test"
KEY = bytes(range(32))
PASSWORD = "correct horse battery"
FINE = Judgement(3.1, -24.5, -6.2, 0.0)
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class People:
    """api.ports.People in a dictionary."""

    def __init__(self) -> None:
        self.persons: dict[str, User] = {}
        self.sessions: dict[str, tuple[str, datetime]] = {}
        self.tokens_of: dict[str, tuple[ApiToken, str]] = {}
        self.away = False
        self.rival = ""
        """The role that somebody else gives just before us."""

    async def user(self, name: str) -> User | None:
        return self.persons.get(name)

    async def users(self) -> list[User]:
        return list(self.persons.values())

    async def add_user(self, name: str, role: str, password_hash: str, now: datetime) -> None:
        if name in self.persons:
            raise Refused("taken")
        self.persons[name] = User(name, role, password_hash, False)

    async def add_users(self, new: Sequence[User], now: datetime) -> None:
        if any(user.name in self.persons for user in new):
            raise Refused("taken")
        self.persons |= {user.name: user for user in new}

    async def set_password(self, name: str, password_hash: str) -> bool:
        return self._change(name, password_hash=password_hash)

    async def change(self, user: User, role: str, disabled: bool, *, needed: str = "", uncounted: str = "") -> bool:
        if self.rival:
            self._change(user.name, role=self.rival)
        now = self.persons[user.name]
        holders = {each.name for each in self.persons.values() if each.role == needed and not each.disabled}
        if user.name in holders and not holders - {user.name, uncounted}:
            raise Refused("the last one")
        if (now.role, now.disabled) != (user.role, user.disabled):
            return False
        return self._change(user.name, role=role, disabled=disabled)

    def _change(self, name: str, **values: Any) -> bool:
        """Ends the person's sessions, as the store does."""
        self.sessions = {token: entry for token, entry in self.sessions.items() if entry[0] != name}
        if name not in self.persons:
            return False
        self.persons[name] = replace(self.persons[name], **values)
        return True

    async def open_session(self, user: str, now: datetime, lasts: timedelta) -> str:
        token = f"session-{len(self.sessions)}-of-{user}"
        self.sessions[token] = (user, now + lasts)
        return token

    async def session_user(self, token: str, now: datetime) -> User | None:
        if self.away:
            raise PeerFault("the database is away")
        name, until = self.sessions.get(token, ("", now))
        user = self.persons.get(name)
        return user if user and now < until and not user.disabled else None

    async def close_session(self, token: str) -> None:
        self.sessions.pop(token, None)

    async def add_token(self, name: str, user: str, scope: str, now: datetime, lasts: timedelta) -> str:
        if name in self.tokens_of:
            raise Refused("taken")
        self.tokens_of[name] = (ApiToken(name, user, scope, now + lasts), f"token-{name}")
        return f"token-{name}"

    async def token(self, token: str, now: datetime) -> ApiToken | None:
        for entry, secret in self.tokens_of.values():
            if secret == token and now < entry.expires and not self.persons[entry.user].disabled:
                return entry
        return None

    async def tokens(self) -> list[ApiToken]:
        return [entry for entry, _ in self.tokens_of.values()]

    async def revoke_token(self, name: str) -> bool:
        return self.tokens_of.pop(name, None) is not None


class Factors:
    """api.ports.Factors in dictionaries; ends sessions as the store does."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.kept: dict[str, SecondFactor] = {}
        self.codes: dict[str, set[str]] = {}

    async def of(self, user: str) -> SecondFactor | None:
        factor = self.kept.get(user)
        return factor and replace(factor, recovery_codes_left=len(self.codes.get(user, ())))

    async def begin(self, user: str, secret: str) -> bool:
        if user in self.kept and self.kept[user].confirmed:
            return False
        self.kept[user] = SecondFactor(secret, 0, False, 0)
        return True

    async def confirm(self, user: str, step: int, code_hashes: Sequence[str], now: datetime) -> bool:
        self.kept[user] = replace(self.kept[user], last_step=step, confirmed=True)
        self.codes[user] = set(code_hashes)
        return self._people._change(user, second_factor=True)

    async def spend_step(self, user: str, step: int) -> bool:
        if step <= self.kept[user].last_step <= step + 2:
            return False
        self.kept[user] = replace(self.kept[user], last_step=step)
        return True

    async def spend_code(self, user: str, code_hash: str) -> bool:
        had = code_hash in self.codes.get(user, ())
        self.codes.get(user, set()).discard(code_hash)
        return had

    async def remove(self, user: str) -> bool:
        self.codes.pop(user, None)
        self._people._change(user, second_factor=False)
        return self.kept.pop(user, None) is not None


class HouseVersions:
    """api.ports.HouseVersions. `rivals` other people make a version just before ours."""

    def __init__(self) -> None:
        self.version, self.house, self.rivals = 1, small_house(), 0
        self.unfit: Exception | None = None
        self.before: dict[int, House] = {}

    async def current(self) -> tuple[int, House]:
        self.before[self.version] = self.house
        return self.version, self.house

    async def at(self, version: int) -> House | None:
        return self.before.get(version)

    def changed(self, **parts: Any) -> None:
        """Somebody else makes the next version."""
        self.before[self.version] = self.house
        self.version, self.house = self.version + 1, self.house.model_copy(update=parts)

    async def check(self, house: House) -> None:
        if self.unfit:
            raise self.unfit

    async def put(self, house: House, by: str, expected_version: int) -> int:
        if self.rivals:
            self.rivals -= 1
            self.version += 1
        if self.unfit:
            raise self.unfit
        if expected_version != self.version:
            raise HouseMovedOn("somebody else changed the house meanwhile")
        self.version, self.house = self.version + 1, house
        return self.version


class CallRecords:
    """api.ports.CallRecords over two lists."""

    def __init__(self) -> None:
        self.rows: list[CallRecord] = []
        self.moments: list[Outcome] = []
        self.asked = EVERY_CALL
        self.told: list[AlarmRecord] = []

    async def calls(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, wanted: CallSearch = EVERY_CALL
    ) -> Sequence[CallRecord]:
        self.asked = wanted
        rows = [row for row in self.rows if not wanted.answered_by or row.agent == wanted.answered_by]
        rows = sorted(rows, key=lambda row: (row.entered_utc_s, row.call), reverse=True)
        return [row for row in rows if before is None or (row.entered_utc_s, row.call) < before][:limit]

    async def alarms(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, rule: str = "", subject: str = ""
    ) -> Sequence[AlarmRecord]:
        rows = [row for row in self.told if rule in ("", row.rule) and subject in ("", row.subject)]
        rows = sorted(rows, key=lambda row: (row.raised_utc_s, row.alarm), reverse=True)
        return [row for row in rows if before is None or (row.raised_utc_s, row.alarm) < before][:limit]

    async def call(self, call: str) -> CallRecord | None:
        return fold(Picture(), self.moments).calls.get(call)

    async def segments(self, call: str) -> Sequence[SegmentRecord]:
        found = [row for row in fold(Picture(), self.moments).segments.values() if row.call == call]
        return sorted(found, key=lambda row: row.began_utc_s)

    async def story(self, call: str) -> Sequence[Outcome]:
        return [outcome for outcome in self.moments if _call_of(outcome) == call]

    async def trunk_failures(self, quarters: Sequence[int]) -> Sequence[Outcome]:
        failed = [each for each in self.moments if isinstance(each.event, TrunkFailed)]
        return [each for each in reversed(failed) if quarter_hour(each.at_utc_s) in quarters]


class Qualify:
    """api.ports.Qualifies: a carrier that answers within 12 ms, but for trunk b, which does not."""

    async def round_trip_ms(self, trunk: TrunkId) -> float | None:
        return None if trunk == "b" else 12.0


class Audit:
    """api.ports.Audit over a list."""

    def __init__(self) -> None:
        self.rows: list[AuditRow] = []
        self.away = False

    async def note(self, rows: Sequence[AuditRow]) -> None:
        if self.away:
            raise PeerFault("the database is away")
        self.rows += rows

    async def page(
        self, *, about: str = "", recordings: bool = False, before: tuple[float, str] | None = None, **wanted: Any
    ) -> Sequence[AuditRow]:
        rows = [row for row in reversed(self.rows) if about in ("", row.about)]
        if before is not None:
            rows = rows[[row.id for row in rows].index(before[1]) + 1 :]
        return [row for row in rows if not recordings or " /" not in row.what][: wanted.get("limit", 200)]


class Repeats:
    """api.ports.Repeats in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Repeat] = {}
        self.away = False

    async def begin(self, by: str, key: str, asked: str, now_utc_s: float) -> Repeat | None:
        if (by, key) in self.kept:
            return self.kept[by, key]
        self.kept[by, key] = Repeat(asked)
        return None

    async def keep(self, by: str, key: str, answer: Repeat) -> None:
        if self.away:
            raise PeerFault("the database is away")
        self.kept[by, key] = answer

    async def forget(self, by: str, key: str) -> None:
        self.kept.pop((by, key), None)


class Bans:
    """api.ports.Bans in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, Ban] = {}

    def current(self) -> Sequence[Ban]:
        return tuple(self.kept.values())

    async def ban(self, address: str, for_s: float, by: str, why: str) -> Ban:
        if address.startswith("127."):
            raise Refused("never")
        self.kept[address] = Ban(address, 1.0, 1.0 + for_s, by, why)
        return self.kept[address]

    async def lift(self, address: str) -> bool:
        return self.kept.pop(address, None) is not None


class RecordingLedger:
    """api.ports.RecordingLedger over lists."""

    def __init__(self) -> None:
        self.rows: list[RecordingRecord] = []
        self.holds: dict[str, str] = {}
        self.asked: list[RecordingFilter] = []

    async def search(
        self, wanted: RecordingFilter, *, before: tuple[float, str] | None = None, limit: int = 50
    ) -> Sequence[Found]:
        self.asked.append(wanted)
        rows = sorted(self.rows, key=lambda row: (row.expected_utc_s, row.voice), reverse=True)
        kept = [row for row in rows if before is None or (row.expected_utc_s, row.voice) < before]
        return [self._found(row) for row in kept[:limit]]

    async def one(self, recording: str) -> Found | None:
        return next((self._found(row) for row in self.rows if row.recording == recording), None)

    async def due_between(self, since_utc_s: float, until_utc_s: float) -> Sequence[RecordingRecord]:
        return [row for row in self.rows if since_utc_s <= (row.due_from_utc_s or 0.0) < until_utc_s]

    async def hold(self, recording: str, by: str, why: str, at_utc_s: float) -> None:
        self.holds[recording] = why

    async def release(self, recording: str) -> bool:
        return self.holds.pop(recording, None) is not None

    async def erase(self, row: RecordingRecord, by: str, why: str) -> None:
        self.rows = [replace(each, state="erased") if each == row else each for each in self.rows]

    def _found(self, row: RecordingRecord) -> Found:
        return Found(row, "+8613800001234", "zh-CN", row.recording in self.holds)


class RecordingNotes:
    """api.ports.RecordingNotes over a list and a dictionary."""

    def __init__(self) -> None:
        self.rows: list[Note] = []
        self.tags_of: dict[str, list[str]] = {}

    async def notes(self, recording: str) -> Sequence[Note]:
        return [row for row in self.rows if row.recording == recording]

    async def write(self, recording: str, by: str, at_utc_s: float, moment_s: float | None, text: str) -> Note:
        self.rows.append(Note(f"{len(self.rows):024x}", recording, at_utc_s, by, moment_s, text))
        return self.rows[-1]

    async def strike(self, recording: str, note: str, by: str) -> bool:
        before = len(self.rows)
        self.rows = [row for row in self.rows if (row.recording, row.note, row.by) != (recording, note, by)]
        return len(self.rows) < before

    async def tags(self, recordings: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {recording: self.tags_of[recording] for recording in recordings if recording in self.tags_of}

    async def tag(self, recording: str, tag: str, by: str, at_utc_s: float) -> None:
        self.tags_of[recording] = sorted({*self.tags_of.get(recording, []), tag})

    async def untag(self, recording: str, tag: str) -> bool:
        had = tag in self.tags_of.get(recording, [])
        self.tags_of[recording] = [each for each in self.tags_of.get(recording, []) if each != tag]
        return had

    async def forget(self, recording: str) -> None:
        self.rows = [row for row in self.rows if row.recording != recording]
        self.tags_of.pop(recording, None)

    async def of_erased(self) -> Sequence[str]:
        return []  # it knows of no recordings; the real one is held to it in tests/integration/store


class QualityMarks:
    """api.ports.QualityMarks over a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[str, Mark] = {}

    async def of_recording(self, recording: str) -> Mark | None:
        return self.rows.get(recording)

    async def newest(
        self,
        agents: Collection[str] | None,
        since_utc_s: float,
        until_utc_s: float,
        *,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> Sequence[Mark]:
        found = [one for one in self.rows.values() if agents is None or one.agent in agents]
        places = {(one.at_utc_s, one.recording): one for one in found if since_utc_s <= one.at_utc_s < until_utc_s}
        return [places[place] for place in sorted(places, reverse=True) if before is None or place < before][:limit]

    async def means(
        self, agents: Collection[str] | None, since_utc_s: float, until_utc_s: float
    ) -> Mapping[str, tuple[int, float]]:
        scores: dict[str, list[float]] = {}
        for one in await self.newest(agents, since_utc_s, until_utc_s, limit=len(self.rows)):
            scores.setdefault(one.agent, []).append(one.score)
        return {name: (len(each), sum(each) / len(each)) for name, each in scores.items()}

    async def give(self, mark: Mark, seen_utc_s: float) -> bool:
        before = self.rows.get(mark.recording)
        is_seen = (before.at_utc_s, before.replied_utc_s) == (seen_utc_s, None) if before else seen_utc_s == 0
        if is_seen:
            self.rows[mark.recording] = mark
        return is_seen

    async def reply(self, recording: str, text: str, at_utc_s: float, seen_utc_s: float) -> bool:
        before = self.rows[recording]
        is_seen = (before.at_utc_s, before.replied_utc_s) == (seen_utc_s, None)
        if is_seen:
            self.rows[recording] = replace(before, reply=text, replied_utc_s=at_utc_s)
        return is_seen

    async def forget(self, recording: str) -> None:
        if recording in self.rows:
            self.rows[recording] = replace(self.rows[recording], comment="", reply="")

    async def of_erased(self) -> Sequence[str]:
        return []  # as above


class RecordingFiles:
    """api.ports.RecordingFiles in memory: a hundred bytes each; `hash` None: they are gone, `broken`: none opens."""

    def __init__(self) -> None:
        self.hash: str | None = "aa"
        self.broken = False

    def sha256(self, path: str) -> str:
        if self.broken:
            raise Tampered("it was altered")
        if self.hash is None:
            raise FileNotFoundError(path)
        return self.hash

    def has(self, path: str) -> bool:
        return True

    def size_bytes(self, path: str, suffix: str) -> int:
        return 100

    def read(self, path: str, suffix: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        body = bytes(range(100))
        yield body[start:] if length is None else body[start : start + length]

    def wav_size_bytes(self, path: str) -> int:
        return 44

    def wav(self, path: str) -> Iterator[bytes]:
        yield bytes(44)


class FigureRecords:
    """api.ports.FigureRecords: the fold of these outcomes, in memory."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.groups: list[tuple[float, Mapping[str, str]]] = []

    def _rollup(self) -> Rollup:
        rollup = Rollup()
        for outcome in self.outcomes:
            rollup.apply(outcome)
        return rollup

    async def states(
        self,
        kind: str,
        since_utc_s: int,
        until_utc_s: int,
        *,
        name: str | None = None,
        part: str | None = None,
        periods: Sequence[tuple[int, int]] | None = None,
    ) -> Iterable[tuple[Row, Mergeable]]:
        """By quarters, whatever the periods are: both give the same report."""
        return [
            (row, state)
            for row, state in self._rollup().rows().items()
            if row.kind == kind and since_utc_s <= row.start_utc_s < until_utc_s
            and name in (None, row.name) and part in (None, row.part)
        ]  # fmt: skip

    async def last_quarters(
        self, kind: str, since_utc_s: int, until_utc_s: int, *, name: str | None = None
    ) -> Sequence[Row]:
        rows = [row for row, _ in await self.states(kind, since_utc_s, until_utc_s, name=name)]
        last = {(row.name, row.part): row for row in sorted(rows, key=lambda row: row.start_utc_s)}
        return list(last.values())

    async def teams(self, since_utc_s: float, until_utc_s: float) -> Sequence[tuple[float, Mapping[str, str]]]:
        return self.groups

    async def open_work(self) -> Mapping[str, Any]:
        return {key.name: document for key, document in self._rollup().open().items() if key.kind == "agent"}


class Behind:
    """api.ports.CallsBehind over the outcomes of the figures; the span and all else narrow nothing."""

    def __init__(self, figures: FigureRecords) -> None:
        self._figures = figures

    async def candidates(
        self, wanted: Candidates, before: tuple[float, str] | None = None, limit: int = 200
    ) -> Sequence[CallRecord]:
        rows = fold(Picture(), self._figures.outcomes).calls.values()
        newest = sorted(rows, key=lambda row: (row.entered_utc_s, row.call), reverse=True)
        return [row for row in newest if before is None or (row.entered_utc_s, row.call) < before][:limit]

    async def outcomes(self, names: Sequence[str]) -> Mapping[str, Iterable[Outcome]]:
        return {name: [one for one in self._figures.outcomes if _call_of(one) == name] for name in names}

    async def duties(self, since_utc_s: float, until_utc_s: float) -> Sequence[Outcome]:
        return [one for one in self._figures.outcomes if isinstance(one.event, DutyChanged)]


class FirstContacts:
    """api.ports.ContactRecords over the outcomes of the figures: the same rule, call by call."""

    def __init__(self, figures: FigureRecords) -> None:
        self._figures = figures

    async def count(self, wanted: ContactsWanted, most: int) -> int:
        return min(most, sum(1 for _ in self._answered(wanted)))

    async def states(self, wanted: ContactsWanted, per: Per) -> Sequence[tuple[Row, Contacts]]:
        found: dict[Row, Contacts] = {}
        for one, queue in self._answered(wanted):
            names = {"call": (one.row.hotline, WHOLE), "queue": (one.row.hotline, queue), "agent": (one.agent, "")}
            place = Row("agent" if per == "agent" else "call", quarter_hour(one.row.offered_utc_s or 0), *names[per])
            found.setdefault(place, Contacts()).merge(one.counts)
        return list(found.items())

    async def answered(
        self,
        wanted: ContactsWanted,
        contacts: Sequence[Contact],
        said: Sequence[SaidSolved],
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> Sequence[Answered]:
        kept = [one for one, _ in self._answered(wanted) if one.contact in contacts and one.said in said]
        newest = sorted(kept, key=lambda one: (one.row.entered_utc_s, one.row.call), reverse=True)
        return [one for one in newest if before is None or (one.row.entered_utc_s, one.row.call) < before][:limit]

    def _answered(self, wanted: ContactsWanted) -> Iterator[tuple[Answered, str]]:
        records = fold(Picture(), self._figures.outcomes)
        talks = {(talk.call, talk.began_utc_s): talk for talk in records.segments.values() if talk.kind == "talk"}
        for row in records.calls.values():
            talk = talks.get((row.call, row.answered_utc_s or 0.0))
            if talk is None or row.outcome != "answered" or not row.hotline or row.offered_utc_s is None:
                continue
            named = ((wanted.hotline, row.hotline), (wanted.queue, talk.queue))
            if any(name not in ("", mine) for name, mine in named) or talk.agent not in (wanted.agents or [talk.agent]):
                continue
            if wanted.since_utc_s <= row.offered_utc_s < wanted.until_utc_s:
                said = self._said(records, row, wanted, talk.agent)
                yield Answered(row, talk.agent, self._contact(records, row, wanted, talk.queue), said), talk.queue

    def _contact(self, records: Picture, row: CallRecord, wanted: ContactsWanted, queue: str) -> Contact:
        if not row.caller:
            return "withheld"
        if row.ended_utc_s is None or row.ended_utc_s + wanted.days * 86400 > wanted.now_utc_s:
            return "pending"
        until_utc_s = row.ended_utc_s + wanted.days * 86400
        waited = {wait.call for wait in records.segments.values() if (wait.kind, wait.queue) == ("wait", queue)}
        later = (one for one in records.calls.values() if one.caller == row.caller and one.hotline)
        came = any(row.ended_utc_s < one.entered_utc_s <= until_utc_s and one.call in waited for one in later)
        return "again" if came else "solved"

    def _said(self, records: Picture, row: CallRecord, wanted: ContactsWanted, agent: str) -> SaidSolved:
        theirs = (note for note in records.notes.values() if note.call == row.call and note.code in wanted.codes)
        notes = sorted(theirs, key=lambda note: (note.at_utc_s, note.note))
        said = [wanted.codes[note.code] for note in notes if not wanted.own_codes or note.agent == agent]
        return said[-1] if said else ""


def _call_of(outcome: Outcome) -> str | None:
    return getattr(outcome.event, "call", None)


class Work:
    """api.ports.Work over a list that is in order already."""

    def __init__(self) -> None:
        self.rows: list[WorkItem] = []
        self.asked: dict[str, object] = {}

    async def work(self, **asked: Any) -> Sequence[WorkItem]:
        self.asked = asked
        return [row for row in self.rows if row.closed_utc_s is None][: asked["limit"]]

    async def work_done(self, **asked: Any) -> Sequence[WorkItem]:
        self.asked = asked
        return [row for row in self.rows if row.closed_utc_s is not None][: asked["limit"]]

    async def work_item(self, item: str) -> WorkItem | None:
        return next((row for row in self.rows if row.item == item), None)


class Cases:
    """api.ports.Cases over lists that are in order already."""

    def __init__(self) -> None:
        self.rows: list[CaseRow] = []
        self.moments: list[CaseMoment] = []
        self.written: list[CallNote] = []
        self.asked: dict[str, Any] = {}

    async def open_ones(self, **asked: Any) -> Sequence[CaseRow]:
        self.asked = asked
        return [row for row in self.rows if row.closed_utc_s is None][: asked["limit"]]

    async def closed_ones(self, **asked: Any) -> Sequence[CaseRow]:
        self.asked = asked
        return [row for row in self.rows if row.closed_utc_s is not None][: asked["limit"]]

    async def one(self, case: str) -> CaseRow | None:
        return next((row for row in self.rows if row.case == case), None)

    async def history(self, case: str) -> Sequence[CaseMoment]:
        return [moment for moment in self.moments if moment.case == case]

    async def notes(self, call: str) -> Sequence[CallNote]:
        return [note for note in self.written if note.call == call]


class Hooks:
    """api.ports.Webhooks, and the outbox behind it."""

    def __init__(self) -> None:
        self.rows: list[Queued] = []
        self.sent_again: list[str] = []
        self.problem = ""
        self.seen = Receiver(2, 9.0, 1.0, "crm.test: ConnectError")

    @property
    def outbox(self) -> Hooks:
        return self

    async def page(self, hook: str, state: str, *, after: str = "", limit: int = 50) -> Sequence[Queued]:
        return [row for row in self.rows if (row.hook, row.state) == (hook, state) and row.letter > after][:limit]

    async def counts(self) -> Mapping[str, Counts]:
        return {"crm": Counts(2, 1, 5.0)}

    async def again(self, hook: str, letter: str, now_utc_s: float) -> bool:
        self.sent_again.append(letter)
        return any((row.hook, row.letter) == (hook, letter) for row in self.rows)

    def receiver(self, hook: str) -> Receiver:
        return self.seen

    async def test(self, hook: Webhook) -> str:
        return self.problem


class Customers:
    """api.ports.Customers in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[str, Customer] = {}

    async def one(self, id: str) -> Customer | None:
        return self.rows.get(id)

    async def find(self, number: str) -> Customer | None:
        return next((row for row in self.rows.values() if number in row.numbers), None)

    async def search(self, text: str = "", *, after: Any = None, limit: int = 50) -> Sequence[Customer]:
        rows = sorted(self.rows.values(), key=lambda row: (row.name, row.id))
        return [row for row in rows if text in row.name and (after is None or (row.name, row.id) > after)][:limit]

    async def add(self, customer: Customer, by: str, at_utc_s: float) -> Customer:
        self._check(customer)
        made = replace(customer, id=f"c-{len(self.rows):016x}", version=1)
        self.rows[made.id] = made
        return made

    async def change(self, customer: Customer, by: str, at_utc_s: float) -> Customer:
        if self.rows[customer.id].version != customer.version:
            raise MovedOn("changed meanwhile")
        self._check(customer)
        self.rows[customer.id] = made = replace(customer, version=customer.version + 1)
        return made

    def _check(self, customer: Customer) -> None:
        others = [row for row in self.rows.values() if row.id != customer.id]
        if {number for row in others for number in row.numbers} & {*customer.numbers}:
            raise Refused("That number is another customer's.")

    async def remove(self, id: str) -> bool:
        return self.rows.pop(id, None) is not None

    async def take_in(
        self, rows: Sequence[Customer], columns: Any, by: str, at_utc_s: float, *, keep: bool = True
    ) -> Sequence[Taken]:
        known = [await self.find(row.numbers[0]) for row in rows]
        if keep:
            for row, there in zip(rows, known, strict=True):
                self.rows.pop(there.id if there else "", None)
                await self.add(row, by, at_utc_s)
        return [
            Taken("changed", there.name, numbers=(*there.numbers, *row.numbers))
            if there
            else Taken("added", numbers=row.numbers)
            for row, there in zip(rows, known, strict=True)
        ]


class Hearing:
    """api.ports.Hearing: frames that a test puts in, then what it says is over."""

    def __init__(self, call: CallId) -> None:
        self.call = call
        self.over = ""
        self.frames: asyncio.Queue[Frame | None] = asyncio.Queue()

    async def next(self) -> Frame | None:
        return await self.frames.get()


class Ears:
    """api.ports.Ears over a dictionary."""

    def __init__(self) -> None:
        self.hearings: dict[str, Hearing] = {}

    def hearing(self, listening: ListeningId) -> Hearing | None:
        return self.hearings.get(listening)


class Listenings:
    """api.ports.Listenings over a list."""

    def __init__(self) -> None:
        self.rows: list[ListeningRecord] = []

    async def listenings(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, call: str = "", by: str = ""
    ) -> Sequence[ListeningRecord]:
        rows = [row for row in self.rows if call in ("", row.call) and by in ("", row.by)]
        rows = sorted(rows, key=lambda row: (row.began_utc_s, row.listening), reverse=True)
        return [row for row in rows if before is None or (row.began_utc_s, row.listening) < before][:limit]


class Engine:
    """api.ports.Explains: what it is told to say."""

    def __init__(self) -> None:
        self.says: list[Obstacle] = []
        self.drains: Left | None = None

    def left(self) -> Left | None:
        return self.drains

    def obstacles(self, call: CallId) -> Sequence[Obstacle]:
        return self.says


class Past:
    """api.ports.Remembers: what it is told to say, or to refuse."""

    def __init__(self) -> None:
        self.says: list[PastOffer] = []
        self.refuses = ""

    async def offers(self, call: str) -> Sequence[PastOffer]:
        if self.refuses:
            raise Refused(self.refuses)
        return self.says


class Plans:
    """api.ports.Plans: what it is told to say, or to refuse; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.says = b""
        self.refuses = ""
        self.asked: list[StaffingAsk] = []

    def progress(self) -> Progress:
        return Progress(1, 0.25)

    async def staffing(self, asked: StaffingAsk) -> bytes:
        self.asked.append(asked)
        if self.refuses:
            raise Refused(self.refuses)
        return (
            self.says
            or json.dumps(staffing(small_house(), PastDays({}, habits(Figures(), 15, 180), {}), asked)).encode()
        )


class Twins:
    """api.ports.Twins: what it is told to say, or to refuse; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.refuses = ""
        self.asked: list[TwinAsk] = []

    def progress(self) -> Progress:
        return Progress(0, None)

    async def twin(self, asked: TwinAsk) -> bytes:
        self.asked.append(asked)
        if self.refuses:
            raise Refused(self.refuses)
        return json.dumps(compared(Day(asked.day, 0, 900, RealEngine()), small_house(), asked)).encode()


class Prompts:
    """api.ports.Prompts over a list; a recording that begins with "bad" is refused."""

    def __init__(self) -> None:
        self.rows = [
            Listed("goodbye", "en", "Goodbye.", False, 1.2, None),
            Listed("goodbye", "zh-CN", "再见。", False, 0.9, Kept("lead", NOON_UTC_S, FINE)),
        ]
        self.taken: list[tuple[str, str, bytes, str]] = []
        self.files: dict[tuple[str, str], Path] = {}

    async def listed(self) -> Sequence[Listed]:
        return self.rows

    def file(self, name: str, language: str) -> Path | None:
        return self.files.get((name, language))

    async def take(self, name: str, language: str, sound: bytes, by: str) -> Judgement:
        if sound.startswith(b"bad"):
            raise Unusable(f"This recording cannot be used for {name}: it is too quiet.", ["quiet"])
        self.taken.append((name, language, sound, by))
        return FINE

    async def give_back(self, name: str, language: str, by: str) -> None:
        if name != "goodbye":
            raise Refused(f"There is no own recording of {name} in {language}.")
        self.taken.append((name, language, b"", by))

    def issue(self, name: str, language: str, by: str) -> PhoneCode:
        return PhoneCode("700", "493817", NOON_UTC_S + 600, "Goodbye.")


class PhoneLogins:
    """api.ports.PhoneLogins."""

    def __init__(self) -> None:
        self.renewed: dict[SeatId, int] = {}

    async def issue(self, seat: SeatId) -> PhoneLogin:
        return PhoneLogin(f"name-of-{seat}", f"random{self.renewed.get(seat, '')}", "127.0.0.1:20003")

    async def renew(self, seat: SeatId) -> PhoneLogin:
        self.renewed[seat] = self.renewed.get(seat, 0) + 1
        return await self.issue(seat)


class BrowserPhones:
    """api.ports.BrowserPhones."""

    async def issue(self, seat: SeatId) -> BrowserPhone:
        return BrowserPhone(f"{seat}-web", "random", f"sip:{seat}-web@127.0.0.1", "ws://127.0.0.1:20004/ws")


@dataclass
class Doors:
    """The parts and the time, to look at and to change."""

    people: People = field(default_factory=People)
    factors: Factors = field(init=False)
    house: HouseVersions = field(default_factory=HouseVersions)
    calls: CallRecords = field(default_factory=CallRecords)
    figures: FigureRecords = field(default_factory=FigureRecords)
    behind: Behind = field(init=False)
    contacts: FirstContacts = field(init=False)
    work: Work = field(default_factory=lambda: Work())
    cases: Cases = field(default_factory=lambda: Cases())
    webhooks: Hooks = field(default_factory=lambda: Hooks())
    customers: Customers = field(default_factory=lambda: Customers())
    looked_up: set[str] = field(default_factory=set)
    messages: Path = Path("/nonexistent")
    prompts: Prompts = field(default_factory=lambda: Prompts())
    audit: Audit = field(default_factory=Audit)
    repeats: Repeats = field(default_factory=Repeats)
    bans: Bans = field(default_factory=Bans)
    ledger: RecordingLedger = field(default_factory=RecordingLedger)
    archive: RecordingFiles = field(default_factory=RecordingFiles)
    notes: RecordingNotes = field(default_factory=RecordingNotes)
    quality: QualityMarks = field(default_factory=QualityMarks)
    erasing: Erasing = field(init=False)
    links: Links = field(default_factory=Links)
    ears: Ears = field(default_factory=Ears)
    listenings: Listenings = field(default_factory=Listenings)
    engine: Engine = field(default_factory=Engine)
    past: Past = field(default_factory=Past)
    plans: Plans = field(default_factory=lambda: Plans())
    twins: Twins = field(default_factory=lambda: Twins())
    board: MemoryBoard = field(default_factory=MemoryBoard)
    pops: MemoryBoard = field(default_factory=MemoryBoard)
    answers: Answers = field(init=False)
    offered: list[Input] = field(default_factory=list)
    probes: tuple[Probe, ...] = ()
    settings: tuple[Setting, ...] = ()
    options: ApiOptions = field(default_factory=lambda: ApiOptions(frozenset({ORIGIN})))
    rate: Rate = field(default_factory=lambda: Rate(1000.0, 100_000))
    utc_s: float = NOON_UTC_S
    full: bool = False
    refusal: str = ""
    result: str = ""
    silent: bool = False

    def __post_init__(self) -> None:
        self.answers = Answers(self)
        self.factors = Factors(self.people)
        self.behind = Behind(self.figures)
        self.contacts = FirstContacts(self.figures)
        self.erasing = Erasing(self.ledger.erase, self.ledger, self.notes, self.quality)

    def offer(self, fact: Input) -> bool:
        """core.ports.Inbox; the engine behind it answers in the next turn of the loop, unless it is silent."""
        if self.full:
            return False
        self.offered.append(fact)
        if isinstance(fact, Requested) and not self.silent:
            said = RequestRefused(fact.id, self.refusal) if self.refusal else RequestGranted(fact.id, self.result)
            asyncio.get_running_loop().call_soon(self.engine_says, said)
        return True

    def engine_says(self, event: Event) -> None:
        now = Instant(1.0, datetime.fromtimestamp(self.utc_s, UTC))
        self.answers.take([Outcome(1, 0, 1.0, self.utc_s, event)], now)

    async def grants(self, request: AgentRequest) -> bool:
        """What is asked on an agent's behalf."""
        return not self.refusal

    def services(self) -> Services:
        return Services(
            inbox=self,
            answers=self.answers,
            board=self.board,
            pops=self.pops,
            people=self.people,
            house=self.house,
            flows=known_to,
            facts=facts_at,
            calls=self.calls,
            figures=self.figures,
            behind=self.behind,
            contacts=self.contacts,
            work=self.work,
            cases=self.cases,
            webhooks=self.webhooks,
            customers=self.customers,
            customers_changed=lambda numbers: self.looked_up.update(numbers),
            messages=self.messages,
            prompts=self.prompts,
            recordings=Recordings(self.ledger, self.archive, self.erasing, self.links, self.notes),
            ears=self.ears,
            listenings=self.listenings,
            engine=self.engine,
            qualify=Qualify(),
            past=self.past,
            quality=self.quality,
            plans=self.plans,
            coming=ComingHours(self.plans),
            twins=self.twins,
            phones=PhoneLogins(),
            browser_phones=BrowserPhones(),
            windows=PhoneWindows(self.grants),
            passwords=CHEAP,
            factors=SecondFactors(self.factors, KEY),
            throttle=Throttle(),
            rate=self.rate,
            audit=self.audit,
            repeats=self.repeats,
            bans=self.bans,
            trail=Trail(self.audit),
            probes=self.probes,
            settings=self.settings,
            options=self.options,
            now=self.now,
        )

    async def add_person(self, name: str, role: Role) -> None:
        self.people.persons[name] = User(name, role, await CHEAP.hashed(PASSWORD), False)

    async def session_of(self, name: str) -> str:
        return await self.people.open_session(name, self.now(), self.options.session_lasts)

    async def token_of(self, name: str, scope: str = "all") -> str:
        own = "of" if scope == "all" else scope.replace(" ", ".")
        return await self.people.add_token(f"{own}-{name}", name, scope, self.now(), timedelta(hours=1))

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.utc_s, UTC)

    async def show(self, wallboard: Wallboard) -> None:
        await self.board.replace("epoch-1", 1, wallboard.snapshot())


_built: dict[tuple[int, int, bool, str], FastAPI] = {}


def application(services: Services) -> FastAPI:
    """create_app's, over these services. Its routes take a third of a second of work and are built once a process."""
    options = services.options
    fixed = options.body_limit_bytes, options.recording_limit_bytes, options.https, options.phone_socket
    if fixed not in _built:
        _built[fixed] = create_app(services)
    app = copy.copy(_built[fixed])
    app.state = State({"services": services})
    return app


@asynccontextmanager
async def client_of(doors: Doors, admin: bool = True, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a fresh application: an administrator's program, or nobody in particular."""
    if admin:
        doors.people.persons["admin"] = User("admin", Role.ADMINISTRATOR, "!", False)
        headers["Authorization"] = f"Bearer {await doors.token_of('admin')}"
    transport = httpx.ASGITransport(application(doors.services()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/v1", headers=headers) as client:
        yield client
