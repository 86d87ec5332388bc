"""The voice logger's facts: what becomes of each recorded voice, from the file's opening to its end.

PBX, file watch and finisher tell them through the inbox; the engine passes them on as they are, so that one journal
holds the whole ledger (core.ledger) and it can be computed again. A `voice` names a row of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.ids import AgentId, CallId, OfferId, SeatId

TOLERANCE_S = 0.3
"""What a segment may lack and still count as recorded (docs/figures.md, recording coverage)."""
UNREADABLE, CALLER_UNREADABLE = "unreadable", "caller_unreadable"
"""Causes: tried often enough, and the originals lie there still; of the talk, or of the caller's side of it."""


@dataclass(frozen=True, slots=True)
class VoiceOpened:
    """The PBX was told to record a channel. `seat` is None for the caller's, and for the far end's of a call we make.

    `leg` is the channel's UNIQUEID, `file` lies below the recordings' directory.
    """

    call: CallId
    leg: str
    seat: SeatId | None
    offer: OfferId
    file: str
    at_utc_s: float


@dataclass(frozen=True, slots=True)
class VoiceGrew:
    """The file is there and samples come."""

    call: CallId
    voice: str


@dataclass(frozen=True, slots=True)
class VoiceStalled:
    """A voice that must be recorded now is not: `why` is no_file, empty or not_growing."""

    call: CallId
    voice: str
    why: str


@dataclass(frozen=True, slots=True)
class VoiceClosed:
    """Nobody writes the file any more. `cut`: its header was never completed, the samples are good."""

    call: CallId
    voice: str
    file: str
    opened_utc_s: float
    lasted_s: float
    cut: bool


@dataclass(frozen=True, slots=True)
class VoiceDiscarded:
    """The file is not needed: `why` is joined (into recordings of this call), no_talk or not_due."""

    call: CallId
    voice: str
    why: str


@dataclass(frozen=True, slots=True)
class Archived:
    """What lies in the archive: `sha256` and `size_bytes` are those of the FLAC file, levels are of speech without its
    pauses."""

    sha256: str
    size_bytes: int
    lasted_s: float
    caller_dbfs: float
    agent_dbfs: float
    caller_silence_s: float
    agent_silence_s: float
    silence_s: float
    talk_over_s: float
    caller_longest_s: float
    agent_longest_s: float


@dataclass(frozen=True, slots=True)
class RecordingFinished:
    """A voice is archived: the caller left, the agent right, from `began_utc_s` on.

    `path` lies below the archive, without suffix. `missing_s` of the talk due is not in it, `cause` says why.
    """

    call: CallId
    voice: str
    recording: str
    path: str
    began_utc_s: float
    archived: Archived
    missing_s: float = 0.0
    cause: str = ""


@dataclass(frozen=True, slots=True)
class RecordingLost:
    """Nothing of this voice was kept, and it was due. UNREADABLE: its file is, and cannot be archived."""

    call: CallId
    voice: str
    cause: str


@dataclass(frozen=True, slots=True)
class RecordingErased:
    """The archived files are gone for good, by a person or by the queue's retention."""

    call: CallId
    voice: str
    recording: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class RecordingPaused:
    """Both sides are digital silence from now on: the caller gives card data."""

    call: CallId
    seat: SeatId
    agent: AgentId
    by: str


@dataclass(frozen=True, slots=True)
class RecordingResumed:
    """Voices are recorded again. `how` is asked, timeout, talk_over or failed (it was never silent)."""

    call: CallId
    seat: SeatId
    agent: AgentId
    paused_s: float
    how: str


RecordingFact = (
    VoiceOpened
    | VoiceGrew
    | VoiceStalled
    | VoiceClosed
    | VoiceDiscarded
    | RecordingFinished
    | RecordingLost
    | RecordingErased
)
"""Inputs that are outcomes as well, word for word."""
