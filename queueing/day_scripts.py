"""What everybody did on a day of the journal, for an engine that treats some of them otherwise. Pure.

A caller who was answered would have talked as long, and been picked up as fast, whoever answers and whenever; how long
they would have waited is known only of those who gave up. What a day does not say is drawn from what it does say, by a
hash of the call's id: patience is exponential with the day's mean, a talk is one of the queue's own.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallLeftMessage,
    CallOffered,
    CallTurnedIntoCallback,
    Outcome,
    RingEnded,
    TalkEnded,
)
from core.ids import AgentId, CallId, QueueId
from core.states import AgentState, RingOutcome

USUAL_RING_S, USUAL_TALK_S = 4.0, 180.0
NEVER_S = math.inf


@dataclass(slots=True)
class Script:
    """One caller. `gave_up_s`: waited so long in vain; `waited_s`: until answered; `ended_s`: boot clock."""

    queue: QueueId
    gave_up_s: float | None = None
    waited_s: float | None = None
    answered_boot_s: float | None = None
    picked_up_s: float | None = None
    agent: AgentId | None = None
    talk_s: float | None = None
    wrap_up_s: float | None = None


@dataclass(slots=True)
class Scripts:
    """Everybody's of a day."""

    of: dict[CallId, Script] = field(default_factory=dict)
    patience_s: float = NEVER_S
    _talks: dict[QueueId, list[float]] = field(default_factory=dict)
    _ring_s: float = USUAL_RING_S

    def patience(self, call: CallId) -> float:
        """Seconds of waiting after which this caller hangs up; at least what they did wait."""
        script = self.of.get(call)
        if script is not None and script.gave_up_s is not None:
            return script.gave_up_s
        waited_s = (script.waited_s if script else None) or 0.0
        return waited_s - math.log(_share(call)) * self.patience_s if self.patience_s < NEVER_S else NEVER_S

    def talk(self, call: CallId, queue: QueueId | None) -> float:
        """Seconds from the answer to the caller's hang-up."""
        script = self.of.get(call)
        if script is not None and script.talk_s is not None:
            return script.talk_s
        talks = (self._talks.get(queue) if queue else None) or sorted(
            s for known in self._talks.values() for s in known
        )
        return talks[int(_share(call) * len(talks)) % len(talks)] if talks else USUAL_TALK_S

    def pick_up(self, call: CallId) -> float:
        """Seconds that a phone rings for this caller."""
        script = self.of.get(call)
        return script.picked_up_s if script is not None and script.picked_up_s is not None else self._ring_s

    def wrap_up(self, call: CallId) -> float | None:
        """Seconds after which the agent was ready again; None: the whole wrap-up."""
        script = self.of.get(call)
        return script.wrap_up_s if script is not None else None

    def settle(self) -> None:
        """Call when everybody's script is complete."""
        waits: list[float] = [script.gave_up_s or script.waited_s or 0.0 for script in self.of.values()]
        gave_up = sum(1 for script in self.of.values() if script.gave_up_s is not None)
        self.patience_s = math.fsum(waits) / gave_up if gave_up and any(waits) else NEVER_S
        rings = [script.picked_up_s for script in self.of.values() if script.picked_up_s is not None]
        self._ring_s = median(rings) if rings else USUAL_RING_S
        for script in self.of.values():
            if script.talk_s is not None:
                self._talks.setdefault(script.queue, []).append(script.talk_s)
        for talks in self._talks.values():
            talks.sort()


def written(outcomes: Iterable[Outcome]) -> Scripts:
    """From a day's outcomes, in their order."""
    scripts = Scripts()
    talked: dict[AgentId, CallId] = {}
    for outcome in outcomes:
        event, found = outcome.event, scripts.of
        match event:
            case CallOffered():
                found.setdefault(event.call, Script(event.queue)).queue = event.queue
            case CallAbandoned() | CallTurnedIntoCallback() | CallLeftMessage() if event.call in found:
                found[event.call].gave_up_s = event.waited_s
            case RingEnded(outcome=RingOutcome.ANSWERED) if event.call in found:
                found[event.call].picked_up_s = event.rang_s
            case CallAnswered() if event.call in found:
                script = found[event.call]
                script.waited_s, script.agent, script.answered_boot_s = event.waited_s, event.agent, outcome.boot_s
            case TalkEnded() if event.call in found:
                talked[event.agent] = event.call
                _until(found[event.call], outcome.boot_s)
            case AgentChanged(was_state=AgentState.WRAP_UP) if event.agent in talked:
                found[talked.pop(event.agent)].wrap_up_s = event.lasted_s
    scripts.settle()
    return scripts


def _until(script: Script, boot_s: float) -> None:
    """The last talk of a call that was handed on ends it."""
    if script.answered_boot_s is not None:
        script.talk_s = boot_s - script.answered_boot_s


def _share(call: CallId) -> float:
    """Between 0 and 1, never 0; the same for the same call."""
    return (zlib.crc32(call.encode()) + 1) / 2**32


Fates = Mapping[CallId, "Fate"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a call that asked for an agent.

    `how`: answered, abandoned, callback, message, waiting (still, at the day's end), flowed_out (any other way).
    """

    call: CallId
    queue: QueueId
    asked_utc_s: float
    how: str
    waited_s: float
    agent: AgentId | None = None


_HOW: Mapping[type, str] = {
    CallAbandoned: "abandoned",
    CallTurnedIntoCallback: "callback",
    CallLeftMessage: "message",
}


def fates(outcomes: Sequence[Outcome]) -> dict[CallId, Fate]:
    """The first end of each wait."""
    found: dict[CallId, Fate] = {}
    for outcome in outcomes:
        event = outcome.event
        if isinstance(event, CallOffered) and event.call not in found:
            found[event.call] = Fate(event.call, event.queue, outcome.at_utc_s - event.waited_s, "waiting", 0.0)
            continue
        call = getattr(event, "call", None)
        if call not in found or found[call].how != "waiting":
            continue
        known = found[call]
        if isinstance(event, CallAnswered):
            agent, waited_s = event.agent or None, event.waited_s
            found[call] = Fate(call, known.queue, known.asked_utc_s, "answered", waited_s, agent)
        elif isinstance(event, CallAbandoned | CallTurnedIntoCallback | CallLeftMessage):
            found[call] = Fate(call, known.queue, known.asked_utc_s, _HOW[type(event)], event.waited_s)
        elif isinstance(event, CallEnded):
            waited_s = outcome.at_utc_s - known.asked_utc_s
            found[call] = Fate(call, known.queue, known.asked_utc_s, "flowed_out", waited_s)
    return found
