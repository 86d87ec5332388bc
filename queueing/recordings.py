"""What the voice logger tells: passed on word for word, so that one journal holds the ledger; a lack rings an alarm."""

from __future__ import annotations

from core.events import Alarmed
from core.ids import CallId
from core.recordings import (
    CALLER_UNREADABLE,
    TOLERANCE_S,
    UNREADABLE,
    RecordingFact,
    RecordingFinished,
    RecordingLost,
    VoiceOpened,
    VoiceStalled,
)
from queueing import pauses
from queueing.decision import Draft
from queueing.floor import Floor

ALARM = "recording"
_STALLED = {
    "no_file": "has no file",
    "empty": "has an empty file",
    "not_growing": "has a file that no longer grows",
}


def told(floor: Floor, draft: Draft, fact: RecordingFact) -> None:
    """Of whatever call: the ledger knows which rows it can change."""
    draft.tell(fact)
    match fact:
        case VoiceOpened():
            pauses.joined(floor, draft, fact.call)
        case VoiceStalled():
            what = _STALLED.get(fact.why, fact.why)
            text = f"A talk is not being recorded: {fact.voice} {what}. Look at the disk."
            draft.tell(Alarmed(ALARM, text, (("what", "stalled"), ("voice", fact.voice))))
        case RecordingLost():
            what = "set_aside" if fact.cause == UNREADABLE else "lost"
            draft.tell(Alarmed(ALARM, _lost(fact), (("what", what), ("voice", fact.voice))))
        case RecordingFinished() if fact.missing_s > TOLERANCE_S:
            missing = ("seconds", f"{fact.missing_s:.1f}")
            draft.tell(Alarmed(ALARM, _lacks(fact), (("what", "incomplete"), ("voice", fact.voice), missing)))


def _lost(fact: RecordingLost) -> str:
    if fact.cause != UNREADABLE:
        return f"A recording is lost: {fact.voice} ({fact.cause})."
    return (
        f"A recording of call {fact.call} cannot be read and is set aside: {fact.voice}. Its original, "
        f"{_files(fact.call)}, is kept as long as a recording. Mend it, or touch it: within the hour it is tried again."
    )


def _lacks(fact: RecordingFinished) -> str:
    if fact.cause != CALLER_UNREADABLE:
        return f"{fact.missing_s:.1f} s of {fact.voice} are not recorded ({fact.cause or 'unknown'})."
    return (
        f"The caller's side of call {fact.call} cannot be read: {fact.voice} is archived without it. The caller's "
        f"file, {_files(fact.call)}, is kept as long as that recording."
    )


def _files(call: CallId) -> str:
    return f"recordings/*/*/*/{call}-*.wav"
