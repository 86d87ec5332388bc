"""The recordings' ledger: one row a voice, known before the bridge exists. Pure: folded from outcomes.

- A row is expected as soon as a seat is reserved. The caller's own voice is a row of kind `caller`.
- An agent's leg is one row, however often it is held: its talk is due from the answer to the end of the talk.
- Live, replayed and rebuilt rows are equal: store.projections and recording.policy fold with the same function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from core.events import (
    CallAnswered,
    CallResumed,
    ConsultAnswered,
    ConsultBegan,
    ConsultEnded,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    Outcome,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    RingEnded,
    SeatReserved,
    TalkBegan,
    TalkEnded,
)
from core.ids import own_offer
from core.recordings import (
    TOLERANCE_S,
    UNREADABLE,
    RecordingErased,
    RecordingFinished,
    RecordingLost,
    RecordingResumed,
    VoiceClosed,
    VoiceDiscarded,
    VoiceGrew,
    VoiceOpened,
    VoiceStalled,
)
from core.states import OutboundState, RingOutcome


class VoiceState(StrEnum):
    EXPECTED = "expected"
    OPEN = "open"
    GROWING = "growing"
    CLOSED = "closed"
    FINISHED = "finished"
    LOST = "lost"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


VOICE: Mapping[VoiceState, Mapping[str, VoiceState]] = {
    VoiceState.EXPECTED: {
        "opened": VoiceState.OPEN,
        "closed": VoiceState.CLOSED,  # found on disk only afterwards
        "withdrawn": VoiceState.WITHDRAWN,
        "lost": VoiceState.LOST,
    },
    VoiceState.OPEN: {
        "grew": VoiceState.GROWING,
        "closed": VoiceState.CLOSED,
        "withdrawn": VoiceState.WITHDRAWN,
        "lost": VoiceState.LOST,
    },
    VoiceState.GROWING: {
        "closed": VoiceState.CLOSED,
        "withdrawn": VoiceState.WITHDRAWN,
        "lost": VoiceState.LOST,  # the file is gone
    },
    VoiceState.CLOSED: {
        "finished": VoiceState.FINISHED,
        "withdrawn": VoiceState.WITHDRAWN,
        "lost": VoiceState.LOST,
    },
    VoiceState.FINISHED: {
        "erased": VoiceState.ERASED,
    },
    VoiceState.LOST: {
        "finished": VoiceState.FINISHED,  # found after all
        "incomplete": VoiceState.LOST,  # a part was found
        "set_aside": VoiceState.LOST,  # what was found cannot be read
        "erased": VoiceState.ERASED,  # a part was kept
    },
    VoiceState.WITHDRAWN: {},
    VoiceState.ERASED: {},
}
"""The life cycle. What is not in it changes nothing: facts of one voice come once, late or doubled."""

OVER = (VoiceState.FINISHED, VoiceState.LOST, VoiceState.WITHDRAWN, VoiceState.ERASED)
CALLER, OUTSIDE = "caller", "outside"


@dataclass(frozen=True, slots=True)
class RecordingRecord:
    """One voice. Talk is due from `due_from_utc_s` to `due_to_utc_s` when `due`; times are seconds since 1970 in UTC.

    `kind` is caller, talk, consult, outbound or outside (a number to which the caller was given). `recording` is the
    public id of what is archived, "" before; its fields are those of core.recordings.Archived. A lost one may
    have a part in the archive.
    """

    voice: str
    call: str
    kind: str
    queue: str = ""
    hotline: str = ""
    seat: str = ""
    agent: str = ""
    due: bool = True
    state: str = VoiceState.EXPECTED
    cause: str = ""
    leg: str = ""
    file: str = ""
    expected_utc_s: float = 0.0
    opened_utc_s: float | None = None
    due_from_utc_s: float | None = None
    due_to_utc_s: float | None = None
    lasted_s: float = 0.0
    held_s: float = 0.0
    paused_s: float = 0.0
    recording: str = ""
    path: str = ""
    sha256: str = ""
    size_bytes: int = 0
    caller_dbfs: float = 0.0
    agent_dbfs: float = 0.0
    caller_silence_s: float = 0.0
    agent_silence_s: float = 0.0
    silence_s: float = 0.0
    talk_over_s: float = 0.0
    caller_longest_s: float = 0.0
    agent_longest_s: float = 0.0
    missing_s: float = 0.0
    ended_utc_s: float | None = None
    """When the row came to its end: finished, lost, withdrawn or erased."""

    @property
    def talk_due_s(self) -> float:
        """Seconds that must be in the archive; 0 while the talk is on."""
        if not self.due or self.due_from_utc_s is None or self.due_to_utc_s is None:
            return 0.0
        return max(0.0, self.due_to_utc_s - self.due_from_utc_s)


Rows = Mapping[str, RecordingRecord]


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """What an earlier process left: rows, those of their calls that are over, and up to which place in the journal
    (sequence, ordinal) the rows know what was decided."""

    rows: Sequence[RecordingRecord]
    ended: Sequence[str] = ()
    place: tuple[int, int] = (0, 0)


def caller_voice(call: str) -> str:
    return f"{call}/{CALLER}"


def after(rows: Rows, outcome: Outcome) -> list[RecordingRecord]:
    """The rows that this outcome changes or makes. `rows` are those of its call, by voice."""
    event, at = outcome.event, outcome.at_utc_s
    match event:
        case SeatReserved() | ConsultBegan() | OutboundBegan():
            return _expected(rows, event, at)
        case RingEnded() if event.outcome is not RingOutcome.ANSWERED:
            return _moved(rows.get(event.offer), "withdrawn", at)
        case CallAnswered() | TalkBegan():
            return [_answered(rows, event, outcome)]
        case TalkEnded():
            return [_talk_over(rows, event, outcome)]
        case ConsultAnswered():
            return [_due_from(row, at) for row in _known(rows, event.offer)]
        case ConsultEnded():
            return _consult_over(rows, event, at)
        case OutboundMoved() if event.state is OutboundState.TALKING:
            return [_due_from(row, at) for row in _known(rows, own_offer(event.call))]
        case OutboundEnded():
            return _talk_ended(rows.get(own_offer(event.call)), at)
        case OutsideDialled():
            voice = f"{event.call}/outside/{outcome.sequence}.{outcome.ordinal}"
            return [RecordingRecord(voice, event.call, OUTSIDE, event.queue, event.hotline, expected_utc_s=at)]
        case OutsideAnswered():
            outside = _outside(rows)
            return [_due_from(outside, at)] if outside else []
        case OutsideEnded():
            return _talk_ended(_outside(rows), at)
        case CallResumed():
            talk = _talk(rows, event.seat)
            return [replace(talk, held_s=talk.held_s + event.held_s)] if talk else []
        case RecordingResumed():
            return _paused(rows, event)
        case VoiceOpened():
            return [_opened(rows, event, at)]
        case VoiceGrew():
            return _moved(rows.get(event.voice), "grew", at)
        case VoiceStalled():
            return [replace(row, cause=event.why) for row in _known(rows, event.voice) if row.state not in OVER]
        case VoiceClosed():
            return _closed(rows, event, at)
        case VoiceDiscarded():
            word = "finished" if event.why == "joined" else "withdrawn"
            return _moved(rows.get(event.voice), word, at)
        case RecordingFinished():
            return _finished(rows, event, at)
        case RecordingLost():
            return _lost(rows.get(event.voice), event, at)
        case RecordingErased():
            return _moved(rows.get(event.voice), "erased", at, cause=event.why)
    return []


def _known(rows: Rows, voice: str) -> list[RecordingRecord]:
    return [rows[voice]] if voice in rows else []


def _moved(
    row: RecordingRecord | None, word: str, at: float, *, cause: str = "", missing: bool = False
) -> list[RecordingRecord]:
    """The row after this step of its life; nothing when there is no such step."""
    if row is None or (state := VOICE[VoiceState(row.state)].get(word)) is None:
        return []
    row = replace(row, state=state, cause=cause or row.cause, missing_s=row.talk_due_s if missing else row.missing_s)
    return [replace(row, ended_utc_s=at) if state in OVER else row]


# --- what is due -----------------------------------------------------------------------------
def _expected(rows: Rows, event: SeatReserved | ConsultBegan | OutboundBegan, at: float) -> list[RecordingRecord]:
    match event:
        case SeatReserved():
            row = RecordingRecord(event.offer, event.call, "talk", event.queue, "", event.seat, event.agent)
        case ConsultBegan():
            row = RecordingRecord(event.offer, event.call, "consult", "", "", event.to_seat, event.to_agent)
        case _:
            queue, voice = event.queue or "", own_offer(event.call)
            row = RecordingRecord(voice, event.call, "outbound", queue, "", event.seat, event.agent)
    if row.voice in rows:
        return []
    return [replace(row, due=event.recorded, expected_utc_s=at)]


def _talk(rows: Rows, seat: str) -> RecordingRecord | None:
    """The row of the talk at that seat that is not over: the newest."""
    found = [
        row
        for row in rows.values()
        if row.kind != CALLER and row.seat == seat and row.due_to_utc_s is None and row.state not in OVER
    ]
    return max(found, key=lambda row: (row.due_from_utc_s is not None, row.expected_utc_s, row.voice), default=None)


def _talk_or_new(rows: Rows, event: CallAnswered | TalkBegan | TalkEnded, outcome: Outcome) -> RecordingRecord:
    """A talk that nobody expected (the native fallback's) is recorded all the same: the dialplan sees to it."""
    voice = f"{event.call}/talk/{outcome.sequence}.{outcome.ordinal}"
    due = event.recorded if isinstance(event, TalkBegan) else True
    return _talk(rows, event.seat) or RecordingRecord(
        voice, event.call, "talk", seat=event.seat, due=due, expected_utc_s=outcome.at_utc_s
    )


def _answered(rows: Rows, event: CallAnswered | TalkBegan, outcome: Outcome) -> RecordingRecord:
    row = _due_from(_talk_or_new(rows, event, outcome), outcome.at_utc_s)
    return replace(row, queue=event.queue, hotline=event.hotline, agent=event.agent)


def _due_from(row: RecordingRecord, at: float) -> RecordingRecord:
    return replace(row, due_from_utc_s=at) if row.due_from_utc_s is None else row


def _talk_over(rows: Rows, event: TalkEnded, outcome: Outcome) -> RecordingRecord:
    at = outcome.at_utc_s
    row = _due_from(_talk_or_new(rows, event, outcome), at - event.talk_s - event.held_s)
    return replace(
        row, queue=event.queue, hotline=event.hotline, agent=event.agent, due_to_utc_s=at, held_s=event.held_s
    )


def _consult_over(rows: Rows, event: ConsultEnded, at: float) -> list[RecordingRecord]:
    """One that ends with the colleague getting the caller goes on as a talk on the same leg."""
    row = rows.get(event.offer)
    return [] if event.how == "completed" else _talk_ended(row, at)


def _outside(rows: Rows) -> RecordingRecord | None:
    """The row of whom the caller was given to, outside the house: the newest that is not over."""
    found = [row for row in rows.values() if row.kind == OUTSIDE and not row.due_to_utc_s and row.state not in OVER]
    return max(found, key=lambda row: (row.expected_utc_s, row.voice), default=None)


def _talk_ended(row: RecordingRecord | None, at: float) -> list[RecordingRecord]:
    """Its talk is over, or there was none."""
    if row is None:
        return []
    if row.due_from_utc_s is None:
        return _moved(row, "withdrawn", at)
    return [replace(row, due_to_utc_s=at)] if row.due_to_utc_s is None else []


def _paused(rows: Rows, event: RecordingResumed) -> list[RecordingRecord]:
    talks = [row for row in rows.values() if row.kind != CALLER and row.seat == event.seat]
    row = max(talks, key=lambda row: (row.expected_utc_s, row.voice), default=None)
    return [replace(row, paused_s=row.paused_s + event.paused_s)] if row else []


# --- what becomes of it ----------------------------------------------------------------------
def _opened(rows: Rows, event: VoiceOpened, at: float) -> RecordingRecord:
    row = _row_of_leg(rows, event) or _new_leg(event, at)
    if row.file:
        return row
    row = replace(row, leg=event.leg, file=event.file, opened_utc_s=event.at_utc_s)
    return next(iter(_moved(row, "opened", at)), row)


def _row_of_leg(rows: Rows, event: VoiceOpened) -> RecordingRecord | None:
    if event.seat is None and event.file.endswith("-caller.wav"):
        return rows.get(caller_voice(event.call))
    same = (row for row in rows.values() if row.leg == event.leg and row.kind != CALLER)
    known = rows.get(event.offer) or min(same, key=lambda row: row.voice, default=None)
    if known is not None:
        return known
    talk = _talk(rows, event.seat) if event.seat is not None else _outside(rows)
    return talk if talk is not None and not talk.file else None


def _new_leg(event: VoiceOpened, at: float) -> RecordingRecord:
    if event.seat is None and event.file.endswith("-caller.wav"):
        return RecordingRecord(caller_voice(event.call), event.call, CALLER, due=False, expected_utc_s=at)
    voice = event.offer or f"{event.call}/leg/{event.leg}"
    return RecordingRecord(voice, event.call, "talk", seat=event.seat or "", expected_utc_s=at)


def _closed(rows: Rows, event: VoiceClosed, at: float) -> list[RecordingRecord]:
    moved = _moved(rows.get(event.voice), "closed", at)
    return [
        replace(
            row, file=event.file, opened_utc_s=event.opened_utc_s, lasted_s=event.lasted_s,
            cause="cut" if event.cut else "",
        )
        for row in moved
    ]  # fmt: skip


def _lost(row: RecordingRecord | None, event: RecordingLost, at: float) -> list[RecordingRecord]:
    aside = row is not None and row.state == VoiceState.LOST and event.cause == UNREADABLE
    return _moved(row, "set_aside" if aside else "lost", at, cause=event.cause, missing=True)


def _finished(rows: Rows, event: RecordingFinished, at: float) -> list[RecordingRecord]:
    """A recording that lacks talk due is a lost row, with the part that there is."""
    row = rows.get(event.voice)
    lacks = row is not None and row.due and event.missing_s > TOLERANCE_S
    word = "finished" if not lacks else "incomplete" if row and row.state == VoiceState.LOST else "lost"
    taken = asdict(event.archived) | {"recording": event.recording, "path": event.path, "missing_s": event.missing_s}
    return [
        replace(moved, **taken, opened_utc_s=event.began_utc_s) for moved in _moved(row, word, at, cause=event.cause)
    ]


# --- how much of the talk is kept ------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Coverage:
    """Of talks that are over and whose recordings are settled. `rate` is 1 when nothing was due."""

    due_s: float
    missing_s: float
    segments: int
    lost: int
    pending: int

    @property
    def rate(self) -> float:
        return (self.due_s - self.missing_s) / self.due_s if self.due_s else 1.0


def coverage(rows: Iterable[RecordingRecord]) -> Coverage:
    """Recorded seconds elsewhere make up for nothing."""
    due = [row for row in rows if row.due and row.due_from_utc_s is not None]
    settled = [row for row in due if row.state in OVER and row.state != VoiceState.WITHDRAWN]
    missing = [row.missing_s if row.missing_s > TOLERANCE_S else 0.0 for row in settled]
    return Coverage(
        due_s=sum(row.talk_due_s for row in settled),
        missing_s=sum(min(lacks, row.talk_due_s) for lacks, row in zip(missing, settled, strict=True)),
        segments=len(settled),
        lost=sum(row.state == VoiceState.LOST for row in settled),
        pending=len([row for row in due if row.state not in OVER]),
    )
