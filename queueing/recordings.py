"""What the voice logger tells: passed on word for word, so that one journal holds the ledger; a lack rings an alarm."""

from __future__ import annotations

from core.events import Alarmed
from core.recordings import TOLERANCE_S, RecordingFact, RecordingFinished, RecordingLost, VoiceOpened, VoiceStalled
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
            values = (("what", "lost"), ("voice", fact.voice))
            draft.tell(Alarmed(ALARM, f"A recording is lost: {fact.voice} ({fact.cause}).", values))
        case RecordingFinished() if fact.missing_s > TOLERANCE_S:
            lacks = f"{fact.missing_s:.1f} s of {fact.voice} are not recorded ({fact.cause or 'unknown'})."
            missing = ("seconds", f"{fact.missing_s:.1f}")
            draft.tell(Alarmed(ALARM, lacks, (("what", "incomplete"), ("voice", fact.voice), missing)))
