"""The auditor: reads what telephones, PBX, database and disk have kept, and holds it against the laws of a call centre.

It shares no code with the program that it judges (a test sees to it), asks that program nothing, and has its own words
for what it reads:
- the telephones' log, a JSON line each, on the boot-time clock (bench/soak/sip_log.py writes it);
- the PBX's call records (cdr_csv.c, with uniqueid, userfield and newcdrcolumns), in whole seconds;
- the journal's database, read-only; the WAV files that the PBX wrote.
"""

from __future__ import annotations

import csv
import itertools
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LATE_S = 2.0
"""For a phone to fall silent after its caller's hang-up."""
LENGTH_S, SHORT_TALK_S = 0.3, 1.0
AT_ONCE_S = 1.0
"""Callers who came this close together have no order: their key and its prompts are not stamped by one clock."""
SETTLES_S = 3.0
"""After an engine's return its callers come back to it one by one."""
_WAV_HEADER_BYTES, _BYTES_PER_S = 44, 16_000
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Law:
    """One law of a run: how often it could have been broken, and where it was."""

    name: str
    says: str
    checked: int
    broken: Sequence[str]
    remark: str = ""

    @property
    def held(self) -> bool:
        return not self.broken


@dataclass(slots=True)
class Ring:
    """One call at one phone."""

    seat: str
    caller: str
    invited_s: float
    answered_s: float | None = None
    ended_s: float | None = None


@dataclass(slots=True)
class Caller:
    """One caller's own story."""

    number: str
    answered_s: float | None = None
    bridged_s: float | None = None
    hung_up_s: float | None = None
    ended_s: float | None = None
    cut_s: float | None = None
    """Their trunk went, with everybody on it."""


@dataclass(slots=True)
class Telephones:
    """What all telephones together saw."""

    callers: dict[str, Caller] = field(default_factory=dict)
    rings: list[Ring] = field(default_factory=list)
    talks_s: dict[str, float] = field(default_factory=dict)
    away_s: list[tuple[float, float]] = field(default_factory=list)
    """When no engine ran."""

    @classmethod
    def read(cls, log: Path) -> Telephones:
        found = cls()
        for line in log.read_text(encoding="utf-8").splitlines():
            fact = json.loads(line)
            {"caller": found._caller, "phone": found._phone, "engine": found._engine}[fact["kind"]](fact)
        return found

    def _caller(self, fact: dict[str, Any]) -> None:
        caller = self.callers.setdefault(fact["who"], Caller(fact["who"]))
        stamps = {
            "answered": "answered_s",
            "bridged": "bridged_s",
            "hangs_up": "hung_up_s",
            "ended": "ended_s",
            "cut": "cut_s",
        }
        if (stamp := stamps.get(fact["what"])) and getattr(caller, stamp) is None:
            setattr(caller, stamp, fact["at_s"])

    def _phone(self, fact: dict[str, Any]) -> None:
        seat, at_s = fact["who"], fact["at_s"]
        match fact["what"]:
            case "talks":
                self.talks_s[seat] = fact["talk_s"]
            case "invited":
                self.rings.append(Ring(seat, fact["caller"], at_s))
            case "answered":
                for ring in self._open(seat, fact["caller"]):
                    ring.answered_s = at_s
            case "ended" | "cancelled" | "rejected":
                for ring in self._open(seat, fact["caller"]):
                    ring.ended_s = at_s

    def _open(self, seat: str, caller: str) -> Iterator[Ring]:
        """The call of this caller that is at this phone."""
        for ring in reversed(self.rings):
            if (ring.seat, ring.caller) == (seat, caller) and ring.ended_s is None:
                yield ring
                return

    def _engine(self, fact: dict[str, Any]) -> None:
        if fact["what"] == "away":
            self.away_s.append((fact["from_s"], fact["at_s"]))

    def no_engine(self, at_s: float) -> bool:
        return any(began_s <= at_s <= ended_s + SETTLES_S for began_s, ended_s in self.away_s)


@dataclass(slots=True)
class Auditor:
    """One home, after its calls are over, and the telephones' log."""

    home: Path
    log: Path

    def audit(self) -> list[Law]:
        """I1 to I5, and that nobody was lost or cut off."""
        phones = Telephones.read(self.log)
        calls = self._calls_by_number()
        return [
            self.records(phones, calls),
            self.one_call_an_agent(phones),
            self.no_ring_for_the_gone(phones),
            self.recordings(phones, calls),
            self.order(phones),
            self.nobody_lost(phones),
            self.no_talk_cut(phones),
        ]

    # --- the laws ---------------------------------------------------------------------------------
    def records(self, phones: Telephones, calls: dict[str, str]) -> Law:
        """I1."""
        broken = []
        last_words = Counter(call for call, _ in self._rows("select call, tag from outcomes where tag = 'CallEnded'"))
        final = {
            str(call): (str(how), answered)
            for call, how, answered in self._rows(
                "select call, how, answered_utc_s from calls where ended_utc_s is not null"
            )
        }
        for number, call in calls.items():
            if last_words[call] != 1 or call not in final:
                broken.append(f"{number}: {last_words[call]} last words, record {final.get(call)}")
        for caller in phones.callers.values():
            if caller.answered_s is None:
                continue
            if caller.number not in calls:
                broken.append(f"{caller.number}: answered, and the PBX has no record of it")
            elif (found := final.get(calls[caller.number])) and not self._agrees(caller, found[1] is not None, phones):
                broken.append(f"{caller.number}: the record says {found}, the telephones {caller}")
        return Law("I1", "every call has one final record, and it says what the telephones say", len(calls), broken)

    def _agrees(self, caller: Caller, answered: bool, phones: Telephones) -> bool:
        """Both say that there was a talk, or that there was none; who hung up as it began may be either."""
        rings = [ring for ring in phones.rings if ring.caller == caller.number and ring.answered_s is not None]
        talks = [(ring.ended_s or ring.answered_s or 0.0) - (ring.answered_s or 0.0) for ring in rings]
        return answered == bool(talks) or (bool(talks) and max(talks) < SHORT_TALK_S) or caller.cut_s is not None

    def one_call_an_agent(self, phones: Telephones) -> Law:
        """I2."""
        broken, talks = [], defaultdict[str, list[Ring]](list)
        for ring in phones.rings:
            if ring.answered_s is not None:
                talks[ring.seat].append(ring)
        for seat, of_seat in talks.items():
            of_seat.sort(key=lambda ring: ring.answered_s or 0.0)
            for one, following in itertools.pairwise(of_seat):
                if one.ended_s is None or one.ended_s > (following.answered_s or 0.0):
                    broken.append(f"{seat}: {following.caller} answered while {one.caller} was talked to")
        return Law("I2", "no agent in two calls", sum(map(len, talks.values())), broken)

    def no_ring_for_the_gone(self, phones: Telephones) -> Law:
        """I3."""
        broken, rings = [], 0
        for ring in phones.rings:
            caller = phones.callers.get(ring.caller)
            if caller is None or caller.ended_s is None:
                continue
            rings += 1
            silent_s = ring.answered_s or ring.ended_s or ring.invited_s
            if silent_s > caller.ended_s + LATE_S:
                broken.append(
                    f"{ring.seat} rang for {ring.caller} until {silent_s - caller.ended_s:.1f} s after the hang-up"
                )
        return Law("I3", "no phone rings for a caller who has hung up", rings, broken)

    def recordings(self, phones: Telephones, calls: dict[str, str]) -> Law:
        """I4."""
        broken, lost, checked = [], 0, 0
        ledger = defaultdict[str, list[tuple[str, str, float]]](list)
        query = "select call, voice, state, missing_s from recordings where kind != 'caller'"
        for call, voice, state, missing_s in self._rows(query):
            ledger[str(call)].append((str(voice), str(state), float(missing_s)))
        alarms = sum(1 for _ in self._rows("select 1 from outcomes where tag = 'Alarmed' and body like '%record%'"))
        for ring in phones.rings:
            if ring.answered_s is None or ring.ended_s is None or ring.ended_s - ring.answered_s < SHORT_TALK_S:
                continue
            checked += 1
            call, talk_s = calls.get(ring.caller, ""), ring.ended_s - ring.answered_s
            lengths = [_lasts_s(file) for file in self._voices(call)]
            if any(abs(length_s - talk_s) <= LENGTH_S for length_s in lengths):
                continue
            if any(state == "lost" for _, state, _ in ledger[call]) and alarms:
                lost += 1
                continue
            told = f"files of {', '.join(f'{length_s:.2f} s' for length_s in lengths) or 'none'}, ledger {ledger[call]}"
            broken.append(f"{ring.caller} at {ring.seat}, {talk_s:.2f} s: {told}")
        return Law(
            "I4",
            f"every answered talk is recorded to {LENGTH_S} s, or a LOST row and an alarm say that it is not",
            checked,
            broken,
            f"{lost} talks are told as lost or cut" if lost else "",
        )

    def order(self, phones: Telephones) -> Law:
        """I5, of first rings. Who was rung without an engine was rung by the dialplan, which knows no line."""
        came: dict[str, float] = {}
        query = "select boot_s, body from inputs where tag like 'CallQueued%' order by sequence"
        numbers = {call: number for number, call in self._calls_by_number().items()}
        for boot_s, body in self._rows(query):
            came.setdefault(numbers.get(str(json.loads(body)["call"]), ""), float(boot_s))
        first: dict[str, float] = {}
        for ring in phones.rings:
            first.setdefault(ring.caller, ring.invited_s)
        served = [(came[number], at_s, number) for number, at_s in first.items() if number in came]
        broken, excused = [], 0
        for came_s, rung_s, number in served:
            earlier = [
                other
                for other, since_s in came.items()
                if since_s + AT_ONCE_S < came_s and self._waited(phones, other, rung_s, first.get(other))
            ]
            if earlier and phones.no_engine(rung_s):
                excused += 1
            elif earlier:
                broken.append(f"{number} was rung before {', '.join(sorted(earlier)[:_SHOWN])}")
        remark = f"{excused} out of turn by the dialplan alone, or as an engine came back" if excused else ""
        return Law("I5", "callers are served in the order in which they came", len(served), broken, remark)

    def _waited(self, phones: Telephones, number: str, at_s: float, rung_s: float | None) -> bool:
        """Was this caller on the line, and not rung for yet?"""
        caller = phones.callers.get(number)
        if caller is None or caller.cut_s is not None or (rung_s is not None and rung_s <= at_s + AT_ONCE_S):
            return False
        gone_s = min(caller.ended_s or at_s, caller.hung_up_s or caller.ended_s or at_s)
        return gone_s > at_s + AT_ONCE_S

    def nobody_lost(self, phones: Telephones) -> Law:
        broken = [
            f"{caller.number}: hung up on after {caller.ended_s - caller.answered_s:.1f} s without a talk"
            for caller in phones.callers.values()
            if caller.answered_s and caller.ended_s and not caller.bridged_s and caller.hung_up_s is None
        ]
        return Law("lost", "nobody who waits is hung up on", len(phones.callers), broken)

    def no_talk_cut(self, phones: Telephones) -> Law:
        """Ended by the caller, or when the agent had said everything."""
        broken, talks = [], 0
        for ring in phones.rings:
            caller = phones.callers.get(ring.caller)
            if caller is None or ring.answered_s is None or ring.ended_s is None or caller.cut_s is not None:
                continue
            talks += 1
            whole = ring.ended_s - ring.answered_s >= phones.talks_s[ring.seat] - LATE_S
            if not whole and (caller.hung_up_s is None or caller.hung_up_s > ring.ended_s):
                broken.append(f"{ring.caller} at {ring.seat}: cut off after {ring.ended_s - ring.answered_s:.1f} s")
        return Law("cut", "no talk is cut", talks, broken)

    # --- what was kept ----------------------------------------------------------------------------
    def _calls_by_number(self) -> dict[str, str]:
        """The PBX's id of each caller's call."""
        with (self.home / "pbx/log/cdr-csv/Master.csv").open(newline="", encoding="utf-8") as stream:
            return {row[1][-11:]: row[16] for row in csv.reader(stream) if row[5].startswith("PJSIP/trunk-")}

    def _voices(self, call: str) -> list[Path]:
        found = (self.home / "recordings").rglob(f"{call}-agent-*.wav") if call else iter(())
        return sorted(file for file in found if not file.stem.endswith("-pad"))

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.home}/data/thirdring.sqlite3?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()


def _lasts_s(file: Path) -> float:
    """By its size: the header of one that was cut off tells nothing."""
    return max(0, file.stat().st_size - _WAV_HEADER_BYTES) / _BYTES_PER_S
