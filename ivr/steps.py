"""The words between a flow and whoever runs it: what happened to the caller, and what they get next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.ids import QueueId


# --- what happened ---------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Started:
    """The line is ours."""


@dataclass(frozen=True, slots=True)
class Played:
    """The prompts are over: `key` cut them short, "" if none did."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """The wait is over: `key`, or "" for silence."""

    key: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The message is over after `lasted_s`."""

    lasted_s: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """The other system's answer; "" is none, or none in time."""

    answer: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """The fact is in the inbox."""


Happening = Started | Played | Key | Recorded | Fetched | Told


# --- what the caller gets next ---------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Play:
    """Play prompts in `language`; a key of `stop_on` cuts them short. Answer with Played."""

    prompts: tuple[str, ...]
    language: str
    stop_on: str


@dataclass(frozen=True, slots=True)
class WaitKey:
    """Wait for one key. Answer with Key."""

    timeout_s: float


@dataclass(frozen=True, slots=True)
class Record:
    """Record a message about `topic`, for whom to call at `number`. Answer with Recorded."""

    topic: str
    number: str
    language: str
    longest_s: float


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask the look-up of this name. Answer with Fetched. `values` may be secrets."""

    look_up: str
    values: Mapping[str, str] = field(repr=False)
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromiseCallback:
    """Tell that this caller wants to be called back. Answer with Told."""

    queue: QueueId
    number: str
    priority: int
    language: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Tell a mark of the survey. Answer with Told."""

    question: str
    mark: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The flow is over: this caller wants an agent. `case`: the number of theirs. Nothing answers it.

    `outside`: the number outside the house that is tried before.
    """

    queue: QueueId
    priority: int
    language: str
    case: str = ""
    outside: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The flow is over: the caller has what they came for. Nothing answers it."""


Action = Play | WaitKey | Record | Fetch | PromiseCallback | Mark | Queue | HangUp
