"""Looks at what a run left behind, and trusts none of the engine's words.

Sources: the PBX's own CDR, the CDR of the telephones' Asterisk, the recordings, and the journal's database;
each is read here by itself, and then they must agree.
"""

from __future__ import annotations

import csv
import itertools
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.integration.audio import read

RECORDING_TOLERANCE_S = 1.5
"""CDR counts whole seconds, at either end."""
SHORT_TALK_S = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CDR: a channel's time on it; `answered_utc_s` is None when nobody picked up."""

    unique: str
    channel: str
    began_utc_s: float
    answered_utc_s: float | None
    ended_utc_s: float

    @property
    def talk_s(self) -> float:
        return 0.0 if self.answered_utc_s is None else self.ended_utc_s - self.answered_utc_s

    @property
    def endpoint(self) -> str:
        return self.channel.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Audit:
    """One home, after its calls are over."""

    home: Path

    # --- what the two Asterisks wrote --------------------------------------------------------------
    def callers(self) -> set[str]:
        """Every call that reached the PBX, by its id."""
        rows = _rows(self.home / "pbx/log/cdr-csv/Master.csv")
        return {row.unique for row in rows if row.channel.startswith("PJSIP/trunk-")}

    def talks(self) -> list[Row]:
        """What the agents' phones say of their own talks: they belong to another Asterisk."""
        rows = _rows(self.home / "carrier/log/cdr-csv/Master.csv")
        return [row for row in rows if row.channel.startswith("PJSIP/phone-") and row.answered_utc_s is not None]

    # --- what the journal's database holds --------------------------------------------------------
    def outcomes(self, tag: str) -> list[dict[str, object]]:
        with sqlite3.connect(f"file:{self.home}/data/thirdring.sqlite3?mode=ro", uri=True) as database:
            found = database.execute("select body from outcomes where tag = ? order by sequence, ordinal", (tag,))
            return [json.loads(body) for (body,) in found]

    def final_records(self) -> dict[str, str]:
        """How each call ended, by its id."""
        with sqlite3.connect(f"file:{self.home}/data/thirdring.sqlite3?mode=ro", uri=True) as database:
            found = database.execute("select call, how from calls where ended_utc_s is not null")
            return {str(call): str(how) for call, how in found}

    # --- the laws ---------------------------------------------------------------------------------
    def check(self) -> None:
        """Every law at once, after the journal has reached the database."""
        self.check_records()
        self.check_seats()
        self.check_recordings()

    def check_records(self) -> None:
        """Every call that the PBX saw has one final record and one last word."""
        last_words = Counter(str(outcome["call"]) for outcome in self.outcomes("CallEnded"))
        assert {call for call in self.callers() if last_words[call] != 1} == set(), last_words
        assert set(self.final_records()) >= self.callers()

    def check_seats(self) -> None:
        """No phone was in two talks at once."""
        by_phone: dict[str, list[Row]] = {}
        for talk in self.talks():
            by_phone.setdefault(talk.endpoint, []).append(talk)
        for talks in by_phone.values():
            talks.sort(key=lambda talk: talk.began_utc_s)
            for one, following in itertools.pairwise(talks):
                assert one.ended_utc_s <= (following.answered_utc_s or 0.0) + 1.0, (one, following)

    def check_recordings(self) -> None:
        """Each talk has an agent's recording of its length, and beside each lies the caller's, at least as long."""
        files = [file for file in self._recorded("*-agent-*.wav") if not file.stem.endswith("-pad")]
        lasted = sorted(read(file).lasts_s for file in files if read(file).lasts_s >= SHORT_TALK_S)
        for talk in sorted((talk for talk in self.talks() if talk.talk_s > SHORT_TALK_S), key=lambda row: row.talk_s):
            fitting = [lasts_s for lasts_s in lasted if abs(lasts_s - talk.talk_s) <= RECORDING_TOLERANCE_S]
            assert fitting, (talk, lasted)
            lasted.remove(fitting[0])
        for file in files:
            caller = file.with_name(file.name.partition("-agent-")[0] + "-caller.wav")
            assert read(caller).lasts_s >= read(file).lasts_s - RECORDING_TOLERANCE_S, caller

    def _recorded(self, pattern: str) -> list[Path]:
        return sorted((self.home / "recordings").rglob(pattern))


def _rows(file: Path) -> list[Row]:
    """The columns of cdr_csv.c with uniqueid, userfield and newcdrcolumns; times are UTC in whole seconds."""
    with file.open(newline="", encoding="utf-8") as stream:
        return [
            Row(row[16], row[5], _utc_s(row[9]) or 0.0, _utc_s(row[10]), _utc_s(row[11]) or 0.0)
            for row in csv.reader(stream)
        ]


def _utc_s(text: str) -> float | None:
    if not text:
        return None
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
