"""The laws of docs/reliability.md, held against what a run has left (tests/integration/evidence.py). Pure.

It shares no code with the program that it judges: tests/unit/test_auditor.py sees to it, and breaks each law once.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.integration.evidence import Evidence, Leg, Record, Sound, Voice

Each = TypeVar("Each")

LENGTH_S, CROWDED_LENGTH_S = 0.3, 1.0
"""A recording may differ so much from its talk. On a crowded machine both Asterisks are late at either end, and packets
stand behind the silence that was written for them."""
SHORT_TALK_S = 1.0
LATE_S = 2.0
"""For a phone to fall silent after its caller's hang-up."""
OVERLAP_S = 0.2
AT_ONCE_S = 1.0
"""Who came or was rung within a second of another has no order: the beginning of a ring is known to the second."""
SETTLES_S = 5.0
"""After an engine's start its callers come back to it one by one."""
DARK_S = 6.0
"""Before a PBX was started again it may have been dead for so long."""
CLOSED_S = 2.0
"""From a talk's end to the last sample of its file."""


@dataclass(frozen=True, slots=True)
class Law:
    """One law: how often it could have been broken, and where it was."""

    name: str
    says: str
    checked: int
    broken: Sequence[str]


@dataclass(slots=True)
class Auditor:
    """`crowded`: the machine had more to do than it has processors for."""

    seen: Evidence
    crowded: bool = False
    _taken: set[str] = field(default_factory=set)

    def laws(self) -> list[Law]:
        self._taken = set()
        return [
            self.one_final_record(),
            self.the_record_says_what_the_telephones_say(),
            self.no_agent_in_two_calls(),
            self.no_ring_for_the_gone(),
            self.every_talk_recorded(),
            self.callers_voices(),
            self.order_kept(),
            self.nothing_half_made(),
        ]

    # --- I1 -------------------------------------------------------------------------------------------
    def one_final_record(self) -> Law:
        """Calls that came in and calls that we made; of those that a killed PBX has not booked their callers tell."""
        seen, broken = self.seen, []
        for call in seen.arrived:
            record = seen.records.get(call)
            if seen.words[call] != 1 or record is None or record.ended_s is None:
                broken.append(f"{call}: {seen.words[call]} last words, {record}")
        own = {each.call for each in seen.own}
        broken += [f"{call}: {seen.words[call]} last words" for call in own if seen.words[call] != 1]
        broken += [f"{call}: {words} last words" for call, words in seen.words.items() if words > 1]
        records = Counter(record.number for record in seen.records.values() if record.ended_s is not None)
        answered = Counter(leg.number for leg in seen.callers if leg.answered_s is not None)
        for number, calls in answered.items():
            dialled = sum(leg.number == number for leg in seen.callers)
            if records[number] < calls or (number and records[number] > dialled):
                told = f"dialled {dialled} times, answered {calls} times, {records[number]} final records"
                broken.append(f"caller {number}: {told}")
        return Law("I1", "every call has one final record", len(seen.arrived) + len(own) + len(answered), broken)

    def the_record_says_what_the_telephones_say(self) -> Law:
        """There was a talk, or there was none. Who hung up as it began may be either."""
        broken = []
        pairs = list(self._pairs())
        for leg, record in pairs:
            talks = [phone for phone in self._rung_for(leg) if phone.answered_s is not None]
            if record.answered_s is None and any(phone.talk_s >= SHORT_TALK_S for phone in talks):
                broken.append(f"{record} was talked to: {talks}")
            if record.answered_s is not None and not talks and not self._was_heard(record):
                broken.append(f"{record} was talked to at no telephone")
        return Law("I1", "a record says answered when the telephones say so", len(pairs), broken)

    def _was_heard(self, record: Record) -> bool:
        """At a browser, or another telephone that keeps no record: its voice is there."""
        return any(sound.call == record.call and sound.is_agents for sound in self.seen.sounds) or any(
            voice.call == record.call and voice.path in self.seen.archived_s for voice in self.seen.voices
        )

    # --- I2, I3 ---------------------------------------------------------------------------------------
    def no_agent_in_two_calls(self) -> Law:
        broken, talks = [], [leg for leg in self.seen.phones if leg.answered_s is not None]
        for seat, of_seat in _by(talks, lambda leg: leg.seat).items():
            of_seat.sort(key=lambda leg: leg.answered_s or 0.0)
            for one, following in itertools.pairwise(of_seat):
                if self._over_s(one) > (following.answered_s or 0.0) + OVERLAP_S:
                    broken.append(f"{seat}: {following} was answered in {one}")
        return Law("I2", "no agent in two calls", len(talks), broken)

    def no_ring_for_the_gone(self) -> Law:
        """Calls that we make show the number of whom they are for, who may have called before."""
        broken, rings = [], 0
        for ring in self.seen.phones:
            callers = [
                leg for leg in self.seen.callers if leg.number == ring.number and leg.began_s <= ring.began_s + 1
            ]
            if not ring.number or not callers or self._is_own(ring):
                continue
            rings += 1
            gone_s = max(leg.ended_s for leg in callers)
            silent_s = self._over_s(ring) if ring.answered_s is None else ring.answered_s
            if silent_s > gone_s + LATE_S:
                broken.append(f"{ring.seat} rang for {silent_s - gone_s:.1f} s after the hang-up: {ring}")
        return Law("I3", "no phone rings for a caller who has hung up", rings, broken)

    def _is_own(self, leg: Leg) -> bool:
        return any(own.seat == leg.seat and abs(own.began_s - leg.began_s) <= LATE_S for own in self.seen.own)

    def _over_s(self, leg: Leg) -> float:
        """A telephone does not notice that its PBX is dead."""
        return min([leg.ended_s, *(start_s for start_s in self.seen.starts_s if leg.began_s < start_s)])

    def _is_cut(self, leg: Leg) -> bool:
        """With the PBX that was killed under it."""
        return any(leg.began_s < start_s < leg.ended_s + DARK_S for start_s in self.seen.starts_s)

    # --- I4 -------------------------------------------------------------------------------------------
    def every_talk_recorded(self) -> Law:
        talks = [leg for leg in self.seen.phones if leg.talk_s >= SHORT_TALK_S]
        talks.sort(key=lambda leg: leg.ended_s)
        broken = [self._without(leg) for leg in talks if not (self._has_sound(leg) or self._is_told(leg))]
        says = f"every talk is recorded to {LENGTH_S} s, or a LOST row and an alarm say that it is not"
        return Law("I4", says, len(talks), broken)

    def _has_sound(self, talk: Leg) -> bool:
        """A file each, which ends with the talk."""
        fitting = [
            sound
            for sound in self.seen.sounds
            if sound.is_agents and str(sound.file) not in self._taken and self._fits(sound.lasts_s, talk)
            if abs(sound.ended_s - talk.ended_s) <= CLOSED_S
        ]
        if not fitting:
            return False
        best = min(fitting, key=lambda sound: abs(sound.ended_s - talk.ended_s))
        self._taken.add(str(best.file))
        return True

    def _fits(self, lasts_s: float, talk: Leg) -> bool:
        """That of a call that we make begins when the far end is dialled: until then there is nobody to speak to."""
        later_s = LATE_S if self._is_own(talk) else self._length_s
        return -later_s <= lasts_s - talk.talk_s <= self._length_s

    def _is_told(self, talk: Leg) -> bool:
        """What the ledger says of this talk can be found: in the archive, among the alarms, or in the chain."""
        return any(self._is_true(voice, talk) for voice in self.seen.voices if _is_of(voice, talk))

    def _is_true(self, voice: Voice, talk: Leg) -> bool:
        match voice.state:
            case "lost":
                return any(f'"{voice.voice}"' in alarm for alarm in self.seen.alarms)
            case "finished":
                lasts_s = self.seen.archived_s.get(voice.path, 0.0)
                return self._fits(lasts_s, talk) or (self._is_cut(talk) and 0 < lasts_s <= talk.talk_s)
        return voice.state == "erased"

    def _without(self, talk: Leg) -> str:
        near = [sound for sound in self.seen.sounds if sound.is_agents and abs(sound.ended_s - talk.ended_s) < LATE_S]
        lengths = ", ".join(f"{sound.lasts_s:.2f} s ({sound.file.name})" for sound in near)
        told = [voice for voice in self.seen.voices if _is_of(voice, talk)]
        return f"{talk.seat}, {talk.talk_s:.2f} s: files of {lengths or 'none'}, ledger {told}, {talk}"

    def callers_voices(self) -> Law:
        """Beside an agent's voice lies the caller's, at least as long.

        Not in calls that a killed PBX has not booked: both are cut anywhere. Nor in those that we make: the far end's
        begins later.
        """
        seen = self.seen
        callers = {sound.call: sound for sound in seen.sounds if not sound.is_agents}
        told = {voice.call for voice in seen.voices if voice.state == "lost"}
        checked = [sound for sound in seen.sounds if sound.is_agents and sound.call in seen.arrived]
        broken = [
            f"{sound.file.name} of {sound.lasts_s:.2f} s: its caller's is {callers.get(sound.call)}"
            for sound in checked
            if sound.call not in told and not self._covers(callers.get(sound.call), sound)
        ]
        return Law("I4", "an agent's recording has the caller's beside it", len(checked), broken)

    def _covers(self, caller: Sound | None, agent: Sound) -> bool:
        return caller is not None and caller.lasts_s >= agent.lasts_s - self._length_s

    @property
    def _length_s(self) -> float:
        return CROWDED_LENGTH_S if self.crowded else LENGTH_S

    # --- I5 -------------------------------------------------------------------------------------------
    def order_kept(self) -> Law:
        """First rings of those who asked one queue over one hotline in one language: priorities are a hotline's here.

        The dialplan alone, and an engine that has just come back, serve whom they have.
        """
        waits = [(leg, record, self._first_ring_s(leg, record)) for leg, record in self._pairs()]
        waits = [each for each in waits if self._is_in_line(each[1])]
        broken = []
        for late, early in itertools.permutations(waits, 2):
            (_, behind, rung_s), (leg, before, before_rung_s) = late, early
            if rung_s is None or _line(behind) != _line(before) or self._is_back(rung_s):
                continue
            waited = (before.offered_s or 0.0) + AT_ONCE_S < (behind.offered_s or 0.0) and leg.ended_s > rung_s + 2.0
            if waited and (before_rung_s is None or before_rung_s > rung_s + AT_ONCE_S):
                broken.append(f"{behind.call} was rung before {before.call}, which had asked earlier")
        return Law("I5", "callers are served in the order in which they asked", len(waits), broken)

    def _is_in_line(self, record: Record) -> bool:
        """Who has called before may have an old place."""
        asked = record.offered_s is not None and (record.answered_s is not None or record.how == "abandoned")
        once = sum(other.number == record.number for other in self.seen.records.values()) == 1
        return asked and once and record.call not in self.seen.alone

    def _is_back(self, at_s: float) -> bool:
        return any(start_s <= at_s + 1.0 <= start_s + SETTLES_S for start_s in self.seen.engines_s[1:])

    def _first_ring_s(self, leg: Leg, record: Record) -> float | None:
        """Of a ring at a browser only the answer is known."""
        return min((ring.began_s for ring in self._rung_for(leg)), default=record.answered_s)

    # --- I7 -------------------------------------------------------------------------------------------
    def nothing_half_made(self) -> Law:
        seen = self.seen
        told = {voice.file.rpartition("/")[2] for voice in seen.voices if voice.state == "lost"}
        broken = [f"half-made: {name}" for name in seen.half_made]
        broken += [
            f"without a length in its header: {sound.file.name}"
            for sound in seen.sounds
            if not sound.whole and sound.file.name not in told
        ]
        return Law("I7", "no file is half made", len(seen.sounds), broken)

    # --- who is who -----------------------------------------------------------------------------------
    def _pairs(self) -> Iterable[tuple[Leg, Record]]:
        """Each answered caller and the record of that call: in the order of their times, where there are as many."""
        records = _by(self.seen.records.values(), lambda record: record.number)
        answered = (leg for leg in self.seen.callers if leg.answered_s is not None)
        for number, legs in _by(answered, lambda leg: leg.number).items():
            if len(legs) == len(records.get(number, ())):
                yield from zip(legs, records[number], strict=True)

    def _rung_for(self, caller: Leg) -> list[Leg]:
        """Rings, and talks, of phones that showed this caller's number while they were on the line."""
        return [
            ring
            for ring in self.seen.phones
            if ring.number == caller.number and caller.began_s <= ring.began_s <= caller.ended_s + 1
        ]


def _is_of(voice: Voice, talk: Leg) -> bool:
    """Of that seat, and due while this talk was."""
    if voice.seat != talk.seat or voice.due_from_s is None or talk.answered_s is None:
        return False
    to_s = talk.ended_s if voice.due_to_s is None else voice.due_to_s
    return min(to_s, talk.ended_s) - max(voice.due_from_s, talk.answered_s) > 0.0


def _line(record: Record) -> tuple[str, str, str]:
    return record.hotline, record.queue, record.language


def _by(found: Iterable[Each], key: Callable[[Each], str]) -> dict[str, list[Each]]:
    groups = defaultdict[str, list[Each]](list)
    for each in found:
        groups[key(each)].append(each)
    return groups
