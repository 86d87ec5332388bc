"""What the ledger and the disk together ask for. Pure: looks at files come in, facts and jobs go out.

- A voice's file must exist and grow within STALL_S, or somebody is told at once.
- A file is closed when its header says its length; without that, when its call is over and nothing came for SETTLE_S.
- A call's recordings are finished when all its voices are closed: the caller's file is needed for each of them.
- A channel that is moved loses some hundredths of a second of its timeline. How much of a file there is at which moment
  is seen while it grows, so that voices stay in sync through holds and transfers.
- `now_s` is the boot-time clock: a wall clock that jumps makes no file late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.events import CallEnded, OutboundEnded, Outcome
from core.ids import CallId
from core.ledger import CALLER, OVER, LeftOpen, RecordingRecord, VoiceState, after, caller_voice
from core.recordings import RecordingFact, RecordingLost, VoiceClosed, VoiceDiscarded, VoiceGrew, VoiceStalled
from recording.formats import WAV_HEADER_BYTES

STALL_S = 5.0
SETTLE_S = 6.0
BYTES_PER_S = 16_000
DRIFT_S = 2.0
"""More cannot be the moves'; less than DRIFT_STEP_S is not worth a note."""
DRIFT_STEP_S = 0.01
START_S = 2.0
"""So long may lie between an answer as it was told and the start of its recording, which the dialplan sees to before
caller and agent hear each other."""
_UNSEEN = (VoiceState.EXPECTED, VoiceState.OPEN, VoiceState.GROWING)


@dataclass(frozen=True, slots=True)
class Look:
    """A file as it is now. `complete`: its header says its length; `changed_utc_s` is when it was written last."""

    file: str
    size_bytes: int
    complete: bool
    changed_utc_s: float

    @property
    def lasted_s(self) -> float:
        return max(0, self.size_bytes - WAV_HEADER_BYTES) / BYTES_PER_S


@dataclass(frozen=True, slots=True)
class Job:
    """A call whose voices are all closed: `agents` are to be joined with `caller` each, then all can go."""

    call: str
    agents: tuple[RecordingRecord, ...]
    caller: RecordingRecord | None


@dataclass(slots=True)
class _Watch:
    """What was seen of one file, by our clock."""

    since_s: float
    size_bytes: int = 0
    grew_s: float = 0.0
    told: str = ""


@dataclass(slots=True)
class Policy:
    """Rows of calls that are not settled, by call and voice.

    Of calls that were under way when this process began the ledger knows the beginning: what is decided of them is kept
    in `waiting` until it has been read (`adopt`). Folded without it a talk would get a second voice.
    """

    rows: dict[str, dict[str, RecordingRecord]] = field(default_factory=dict)
    waiting: dict[str, list[Outcome]] = field(default_factory=dict)
    _ended: dict[str, float | None] = field(default_factory=dict)
    """Calls that are over, and since when we know."""
    _watches: dict[str, _Watch] = field(default_factory=dict)
    _drifts: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """By voice: at which moments (UTC) its file was how much shorter than the time since it was opened."""

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Fold what has been decided."""
        for outcome in outcomes:
            call = getattr(outcome.event, "call", None)
            if call in self.waiting:
                self.waiting[call].append(outcome)
            elif call is not None:
                self._fold(call, outcome)

    def _fold(self, call: str, outcome: Outcome) -> None:
        if isinstance(outcome.event, CallEnded | OutboundEnded):
            self._ended.setdefault(call, None)
        rows = self.rows.get(call, {})
        for row in after(rows, outcome):
            self.rows.setdefault(call, {})[row.voice] = row
        if call in self._ended and call not in self.rows:
            del self._ended[call]

    def adopt(self, left: LeftOpen) -> None:
        """What an earlier process left open, and then what was decided since. What is known here already is newer."""
        for row in left.rows:
            self.rows.setdefault(row.call, {}).setdefault(row.voice, row)
        for call in left.ended:
            self._ended.setdefault(call, None)
        waiting, self.waiting = self.waiting, {}
        for call, outcomes in waiting.items():
            for outcome in outcomes:
                if (outcome.sequence, outcome.ordinal) > left.place:
                    self._fold(call, outcome)

    def forget(self, call: str) -> None:
        """Everything of this call is settled and cleared away."""
        for voice in self.rows.pop(call, {}):
            self._watches.pop(voice, None)
            self._drifts.pop(voice, None)
        self._ended.pop(call, None)

    def forget_voice(self, call: str, voice: str) -> None:
        """Nothing is left of this one to work on."""
        rows = self.rows.get(call, {})
        rows.pop(voice, None)
        if not rows:
            self.forget(call)

    @property
    def unsettled(self) -> int:
        """Calls that are over and not forgotten."""
        return len(self._ended)

    def files(self) -> list[str]:
        """Whose growth matters now."""
        return [row.file for row in self._all() if row.file and row.state in _UNSEEN]

    def searched(self) -> list[tuple[str, float]]:
        """Calls that are over with a voice whose file nobody told of, and about when they were."""
        return [
            (call, min(row.expected_utc_s for row in rows.values()))
            for call, rows in self.rows.items()
            if call in self._ended and any(not row.file and row.state not in OVER for row in rows.values())
        ]

    def judge(self, looks: Mapping[str, Look], now_s: float) -> list[RecordingFact]:
        """What the files show; a fact is told again until it has been folded."""
        for call, since in self._ended.items():
            if since is None:
                self._ended[call] = now_s
        facts = [self._judged(row, looks, now_s) for row in self._all() if row.state in _UNSEEN]
        return [fact for fact in facts if fact is not None]

    def jobs(self) -> list[Job]:
        """Calls that are over with every voice closed or settled, and one at least to be worked on."""
        return [_job(call, rows.values()) for call, rows in self.rows.items() if call in self._ended and _ready(rows)]

    def settled(self) -> list[str]:
        """Calls that are over and whose every voice came to its end."""
        return [
            call
            for call, rows in self.rows.items()
            if call in self._ended and all(row.state in OVER for row in rows.values())
        ]

    def drift_s(self, voice: str, at_utc_s: float) -> float:
        """How much of this voice's timeline was lost until then, at most.

        What is lost never comes back, and a writer that was late only makes it seem more: the least of what was seen
        from then on counts. What all of it has in common is the file's own start; compare two moments.
        """
        seen = self._drifts.get(voice, [])
        later = [drift for moment, drift in seen if moment >= at_utc_s]
        return min(later, default=seen[-1][1] if seen else 0.0)

    def closed_utc_s(self, voice: str) -> float | None:
        """When its file was written last, as far as we saw it."""
        seen = self._drifts.get(voice)
        return seen[-1][0] if seen else None

    def _note_drift(self, row: RecordingRecord, look: Look) -> None:
        if row.opened_utc_s is None:
            return
        drift = min(DRIFT_S, max(0.0, look.changed_utc_s - row.opened_utc_s - look.lasted_s))
        seen = self._drifts.setdefault(row.voice, [])
        if len(seen) >= 2 and abs(seen[-1][1] - drift) < DRIFT_STEP_S and abs(seen[-2][1] - drift) < DRIFT_STEP_S:
            seen.pop()  # a stretch without a change is known by its two ends
        seen.append((look.changed_utc_s, drift))

    def _all(self) -> list[RecordingRecord]:
        return [row for rows in self.rows.values() for row in rows.values()]

    def _judged(self, row: RecordingRecord, looks: Mapping[str, Look], now_s: float) -> RecordingFact | None:
        ended_s = self._ended.get(row.call)
        over = ended_s is not None and now_s - ended_s >= SETTLE_S
        if not row.file:
            return self._without_file(row, looks, now_s, over=over)
        watch = self._watches.setdefault(row.voice, _Watch(now_s, 0, now_s))
        look = looks.get(row.file)
        if look is None:
            return _given_up(row) if over else self._stalled(row, watch, "no_file", now_s - watch.since_s)
        if look.size_bytes > watch.size_bytes:
            watch.size_bytes, watch.grew_s, watch.told = look.size_bytes, now_s, ""
            self._note_drift(row, look)
        if look.complete and look.size_bytes > WAV_HEADER_BYTES:
            self._note_drift(row, look)  # completing a file writes its header, also where nothing more could be added
            return _closed(row, look, cut=False)
        if over and now_s - watch.grew_s >= SETTLE_S:
            return _closed(row, look, cut=True) if look.size_bytes > WAV_HEADER_BYTES else _given_up(row, "empty")
        if row.state == VoiceState.OPEN and look.size_bytes > WAV_HEADER_BYTES:
            return VoiceGrew(CallId(row.call), row.voice)
        why = "not_growing" if row.state == VoiceState.GROWING else "empty"
        return None if ended_s is not None else self._stalled(row, watch, why, now_s - watch.grew_s)

    def _without_file(
        self, row: RecordingRecord, looks: Mapping[str, Look], now_s: float, *, over: bool
    ) -> RecordingFact | None:
        """Nobody told of a file: an alarm during the talk; afterwards whatever lies there."""
        if over:
            look = self._unclaimed(row, looks)
            return _closed(row, look, cut=not look.complete) if look else _given_up(row)
        if not row.due or row.due_from_utc_s is None or row.due_to_utc_s is not None:
            return None
        watch = self._watches.setdefault(row.voice, _Watch(now_s, 0, now_s))
        return self._stalled(row, watch, "no_file", now_s - watch.since_s)

    def _stalled(self, row: RecordingRecord, watch: _Watch, why: str, for_s: float) -> VoiceStalled | None:
        """Told once for each time it stops."""
        if for_s < STALL_S or watch.told == why or row.state == VoiceState.CLOSED:
            return None
        watch.told = why
        return VoiceStalled(CallId(row.call), row.voice, why)

    def _unclaimed(self, row: RecordingRecord, looks: Mapping[str, Look]) -> Look | None:
        """The file of this call that nobody has and that fits the talk best."""
        taken = {other.file for other in self.rows[row.call].values() if other.file}
        wanted = f"{row.call}-caller.wav" if row.kind == CALLER else f"{row.call}-agent-"
        found = [
            look
            for look in looks.values()
            if look.file not in taken and look.file.rpartition("/")[2].startswith(wanted) and look.lasted_s > 0
        ]
        return max(found, key=lambda look: (_overlap_s(row, look), look.file), default=None)


def found_of(rows: Sequence[RecordingRecord], looks: Iterable[Look]) -> dict[str, str]:
    """Voice and file of lost talks, of which nothing is archived, that lie there after all.

    A file is its own row's, also an empty one's that cannot be played; one that no row has is that of the talk it fits
    best among those of whose file nobody told.
    """
    gone = [row for row in rows if row.state == VoiceState.LOST and not row.path]
    of_row = {row.file: row for row in rows if row.file}
    found: dict[str, str] = {}
    for look in sorted(looks, key=lambda look: look.file):
        row = of_row.get(look.file)
        if row is None and look.lasted_s > 0:
            is_caller = look.file.endswith("-caller.wav")
            free = [each for each in gone if not each.file and each.voice not in found]
            fit = [each for each in free if (each.kind == CALLER) == is_caller]
            row = max(fit, key=lambda each: (_overlap_s(each, look), each.voice), default=None)
        if row is not None and row in gone:
            found[row.voice] = look.file
    return found


def with_caller(rows: Sequence[RecordingRecord], looks: Iterable[Look]) -> list[RecordingRecord]:
    """With the other side of the talks of one call, of whose file nobody told either."""
    file = next((look for look in looks if look.file.endswith("-caller.wav")), None)
    if file is None or any(row.kind == CALLER and row.file for row in rows):
        return list(rows)
    call, opened = rows[0].call, file.changed_utc_s - file.lasted_s
    caller = RecordingRecord(caller_voice(call), call, CALLER, due=False, state=VoiceState.WITHDRAWN)
    caller = replace(caller, file=file.file, opened_utc_s=opened, lasted_s=file.lasted_s)
    return [*(row for row in rows if row.kind != CALLER), caller]


def _overlap_s(row: RecordingRecord, look: Look) -> float:
    from_s, to_s = row.due_from_utc_s or row.expected_utc_s, row.due_to_utc_s or look.changed_utc_s
    return min(to_s, look.changed_utc_s) - max(from_s, look.changed_utc_s - look.lasted_s)


def _closed(row: RecordingRecord, look: Look, *, cut: bool) -> VoiceClosed:
    opened = look.changed_utc_s - look.lasted_s if row.opened_utc_s is None else row.opened_utc_s
    return VoiceClosed(CallId(row.call), row.voice, look.file, opened, look.lasted_s, cut)


def _given_up(row: RecordingRecord, why: str = "no_file") -> RecordingFact:
    """There is nothing: a loss where talk was due."""
    if row.due and row.due_from_utc_s is not None:
        return RecordingLost(CallId(row.call), row.voice, row.cause or why)
    return VoiceDiscarded(CallId(row.call), row.voice, "no_talk")


def _ready(rows: Mapping[str, RecordingRecord]) -> bool:
    states = [row.state for row in rows.values()]
    return VoiceState.CLOSED in states and all(state == VoiceState.CLOSED or state in OVER for state in states)


def _job(call: str, rows: Iterable[RecordingRecord]) -> Job:
    closed = [row for row in rows if row.state == VoiceState.CLOSED]
    agents = sorted((row for row in closed if row.kind != CALLER), key=lambda row: (row.opened_utc_s or 0.0, row.voice))
    return Job(call, tuple(agents), next((row for row in rows if row.kind == CALLER and row.file), None))


def is_wanted(row: RecordingRecord) -> bool:
    """Is there a talk in it that is due?"""
    return row.due and row.due_from_utc_s is not None


def missing(
    row: RecordingRecord, caller: RecordingRecord | None, drift_s: float = 0.0, closed_utc_s: float | None = None
) -> tuple[float, str]:
    """Seconds of the talk due that the files do not have, and why. A talk needs both voices, a mere consult one.

    `drift_s` is what the caller's file has lost of its timeline before the end of this talk; `closed_utc_s` is when the
    PBX wrote the agent's file last. Answer and hang-up are told by events, which come late on a busy machine: a talk
    begins no sooner than its recording does, and is over when the PBX has completed the agent's file.
    """
    if not row.talk_due_s or row.due_from_utc_s is None or row.due_to_utc_s is None:
        return 0.0, ""
    voices: Sequence[RecordingRecord] = [row] if caller is None else [row, caller]
    if caller is None and row.kind != "consult":
        return row.talk_due_s, "caller_missing"
    due_from, due_to = row.due_from_utc_s, row.due_to_utc_s
    if row.opened_utc_s is not None and 0 < row.opened_utc_s - due_from < START_S:
        due_from = row.opened_utc_s
    if closed_utc_s is not None and row.cause != "cut":
        due_to = max(due_from, min(due_to, closed_utc_s))
    kept_from = max([due_from, *(voice.opened_utc_s or 0.0 for voice in voices)])
    ends = [(voice.opened_utc_s or 0.0) + voice.lasted_s + (drift_s if voice is caller else 0.0) for voice in voices]
    kept_to = min([due_to, *ends])
    lacks = due_to - due_from - max(0.0, kept_to - kept_from)
    return max(0.0, lacks), next((voice.cause for voice in voices if voice.cause), "short")
