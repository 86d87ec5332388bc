"""What a run leaves behind, each source read by itself, none of it asked of the engine. Times are seconds since 1970.

- The telephones' call records: they are another Asterisk's, whose dialplan stamps answer and end to the microsecond.
- The PBX's call records, and its queue_log, which tells of each of its starts.
- The journal's database, SQLite or PostgreSQL; the sound files, by their size and the moment of their last sample.
"""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OWN = "-out-"
"""In the names of calls that we make."""
SAME_DIGITS = 10
"""How many last digits must agree for two writings of a number to be one."""
WAV_HEADER_BYTES, BYTES_PER_S = 44, 16_000
SOURCE, CHANNEL, BEGAN, ANSWERED, ENDED, UNIQUE, USERFIELD = 1, 5, 9, 10, 11, 16, 17
"""Columns of cdr_csv.c with uniqueid, userfield and newcdrcolumns."""

QUERIES = {
    "words": "select call, tag from outcomes where tag in ('CallEnded', 'OutboundEnded')",
    "alarms": "select call, body from outcomes where tag = 'Alarmed'",
    "engines": "select wall, tag from inputs where tag = 'HouseOpened'",
    "records": "select call, caller, hotline, queue, language, seat, how, offered_utc_s, answered_utc_s, ended_utc_s"
    " from calls order by entered_utc_s",
    "voices": "select call, seat, voice, state, due, file, path, due_from_utc_s, due_to_utc_s from recordings"
    " where kind != 'caller'",
}

Rows = Mapping[str, Sequence[tuple[Any, ...]]]
"""What each of QUERIES found."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A call at one telephone. `number` is the caller's, by its last digits; `seat` is "" for the caller's own."""

    number: str
    seat: str
    began_s: float
    answered_s: float | None
    ended_s: float

    @property
    def talk_s(self) -> float:
        return 0.0 if self.answered_s is None else self.ended_s - self.answered_s


@dataclass(frozen=True, slots=True)
class Own:
    """A call that we make: the agent's leg begins it."""

    call: str
    seat: str
    began_s: float


@dataclass(frozen=True, slots=True)
class Record:
    """A caller's call as the database has it."""

    call: str
    number: str
    hotline: str
    queue: str
    language: str
    seat: str
    how: str
    offered_s: float | None
    answered_s: float | None
    ended_s: float | None


@dataclass(frozen=True, slots=True)
class Voice:
    """A row of the recordings' ledger."""

    call: str
    seat: str
    voice: str
    state: str
    due: bool
    file: str
    path: str
    due_from_s: float | None
    due_to_s: float | None


@dataclass(frozen=True, slots=True)
class Sound:
    """A recorded voice. `whole`: its header tells its length."""

    file: Path
    call: str
    lasts_s: float
    ended_s: float
    whole: bool

    @property
    def is_agents(self) -> bool:
        return "-agent-" in self.file.name


@dataclass(slots=True)
class Evidence:
    """All of it."""

    callers: list[Leg] = field(default_factory=list)
    phones: list[Leg] = field(default_factory=list)
    arrived: dict[str, str] = field(default_factory=dict)
    """The PBX's callers: number by id."""
    alone: set[str] = field(default_factory=set)
    """Whom the dialplan served without an engine."""
    own: list[Own] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    """When the PBX was started again."""
    engines_s: list[float] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    alarms: list[str] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    voices: list[Voice] = field(default_factory=list)
    sounds: list[Sound] = field(default_factory=list)
    archived_s: dict[str, float] = field(default_factory=dict)
    """Length of each archived recording, by its path."""
    half_made: list[str] = field(default_factory=list)


async def gathered(home: Path, database_url: str = "") -> Evidence:
    """Of the instance that works, or has worked, in this home."""
    found = Evidence()
    seats = _seats_by_sip_name(home / "carrier/etc/pjsip.conf")
    hear_telephones(found, home / "carrier/log/cdr-csv/Master.csv")
    _hear_pbx(found, home / "pbx/log", seats)
    _look_up(found, await _asked(database_url) if database_url else _read(home / "data/thirdring.sqlite3"))
    _look_around(found, home)
    return found


# --- what the two Asterisks wrote --------------------------------------------------------------------
def _rows(file: Path) -> Iterator[list[str]]:
    if file.exists():
        with file.open(newline="", encoding="utf-8") as stream:
            yield from (row for row in csv.reader(stream) if len(row) > USERFIELD)


def hear_telephones(found: Evidence, file: Path) -> None:
    """Asterisk names channels that come to it after itself; those that the test dials have names of the test's."""
    for row in _rows(file):
        is_called, channel = row[UNIQUE].startswith("carrier-"), row[CHANNEL]
        if channel.startswith("PJSIP/phone-") and is_called:
            found.phones.append(_leg(row, channel.removeprefix("PJSIP/phone-").rpartition("-")[0]))
        elif channel.startswith("PJSIP/trunk-") and not is_called:
            found.callers.append(_leg(row, ""))
    for legs in (found.callers, found.phones):
        legs.sort(key=lambda leg: leg.began_s)


def _leg(row: Sequence[str], seat: str) -> Leg:
    """Stamps are the end's, or the answer's and the end's; without them it is whole seconds."""
    stamps = [float(stamp) for stamp in row[USERFIELD].split("/") if stamp]
    answered_s, ended_s = _utc_s(row[ANSWERED]), _utc_s(row[ENDED])
    if answered_s is not None and stamps:
        answered_s = stamps.pop(0)
    return Leg(tail(row[SOURCE]), seat, _utc_s(row[BEGAN]) or 0.0, answered_s, stamps[0] if stamps else ended_s or 0.0)


def _hear_pbx(found: Evidence, log: Path, seats: Mapping[str, str]) -> None:
    """The dialplan writes the hotline first into userfield, of calls that it has let in."""
    for row in _rows(log / "cdr-csv/Master.csv"):
        call, told = row[UNIQUE], row[USERFIELD].split("/")
        endpoint = row[CHANNEL].removeprefix("PJSIP/").rpartition("-")[0]
        if endpoint.startswith("trunk-") and told[0]:
            found.arrived[call] = tail(row[SOURCE])
            if len(told) > 3 and told[3]:
                found.alone.add(call)
        elif OWN in call and endpoint in seats:
            found.own.append(Own(call, seats[endpoint], _utc_s(row[BEGAN]) or 0.0))
    if (file := log / "queue_log").exists():
        starts = [line.partition("|")[0] for line in file.read_text().splitlines() if "|QUEUESTART|" in line]
        found.starts_s = [float(start) for start in starts[1:]]


def _seats_by_sip_name(file: Path) -> dict[str, str]:
    """The telephones' own configuration; a browser's name is the phone's with a suffix."""
    names, seat = dict[str, str](), ""
    for line in file.read_text().splitlines() if file.exists() else ():
        if line.startswith("[phone-"):
            seat = line.partition("]")[0].removeprefix("[phone-")
        elif line.startswith("from_user="):
            name = line.partition("=")[2]
            names |= {name: seat, f"{name}-web": seat}
    return names


def tail(number: str) -> str:
    return "".join(filter(str.isdigit, number))[-SAME_DIGITS:]


def _utc_s(text: str) -> float | None:
    if not text:
        return None
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()


# --- what the journal's database holds ---------------------------------------------------------------
def _read(file: Path) -> Rows:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return {name: database.execute(query).fetchall() for name, query in QUERIES.items()}


async def _asked(url: str) -> Rows:
    import asyncpg  # type: ignore[import-untyped]

    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return {name: [tuple(row) for row in await connection.fetch(query)] for name, query in QUERIES.items()}
    finally:
        await connection.close()


def _look_up(found: Evidence, rows: Rows) -> None:
    found.words = Counter(str(call) for call, _ in rows["words"])
    found.alarms = [str(body) for _, body in rows["alarms"]]
    found.engines_s = [datetime.fromisoformat(str(wall)).timestamp() for wall, _ in rows["engines"]]
    for call, number, *others in rows["records"]:
        if OWN not in call:
            found.records[call] = Record(call, tail(number), *others)
    found.voices = [Voice(*row) for row in rows["voices"]]


# --- what lies on the disk ---------------------------------------------------------------------------
def _look_around(found: Evidence, home: Path) -> None:
    for file in sorted((home / "recordings").rglob("*.wav")):
        if not file.stem.endswith("-pad") and (sound := _sound(file)):
            found.sounds.append(sound)
    for voice in found.voices:
        if voice.path and (lasts_s := _flac_s(home / "archive" / f"{voice.path}.flac")):
            found.archived_s[voice.path] = lasts_s
    places = [file for place in ("archive", "run", "data") for file in (home / place).rglob("*")]
    found.half_made = [str(file.relative_to(home)) for file in places if file.suffix in (".part", ".tmp", ".new")]


def _sound(file: Path) -> Sound | None:
    """None: it has gone to the archive just now, or nothing has come yet."""
    try:
        size, ended_s = file.stat().st_size, file.stat().st_mtime
        with file.open("rb") as stream:
            told = int.from_bytes(stream.read(WAV_HEADER_BYTES)[40:], "little")
    except FileNotFoundError:
        return None
    call = file.name.rpartition("-caller")[0] or file.name.partition("-agent-")[0]
    lasts_s = max(0, size - WAV_HEADER_BYTES) / BYTES_PER_S
    return Sound(file, call, lasts_s, ended_s, whole=told == size - WAV_HEADER_BYTES)


def _flac_s(file: Path) -> float:
    """As its first block says (RFC 9639, 8.2); 0 without a file, or when it is locked."""
    try:
        with file.open("rb") as stream:
            head = stream.read(42)
    except FileNotFoundError:
        return 0.0
    if head[:4] != b"fLaC":
        return 0.0
    rates = int.from_bytes(head[18:26], "big")
    return (rates & (1 << 36) - 1) / (rates >> 44)
