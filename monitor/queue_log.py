"""Outcomes as lines of Asterisk's own queue_log, so that tools made for app_queue go on working. Pure.

    epoch|call|queue|agent|EVENT|data…        docs.asterisk.org, "Queue Logs"; the shape is that of app_queue 22

Waits are whole seconds rounded up, as the bins of core.figures are, so that a service level read from the file is ours.
What leaves a queue in a way that app_queue does not know: to another queue, outside, or after too long a wait is
EXITWITHTIMEOUT; a closed or full queue, or a lost call, is EXITEMPTY; a message is EXITWITHKEY, a callback too, and
then CALLBACK.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallFlowedOut,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallOffered,
    CallTransferred,
    CallTurnedIntoCallback,
    Outcome,
    RingEnded,
    TalkEnded,
)
from core.figures import milliseconds
from core.states import AgentStatus, RingOutcome

NOBODY = "NONE"
_NOT_TAKEN = (RingOutcome.MISSED, RingOutcome.REJECTED, RingOutcome.FAILED)
OUT = ("ABANDON", "EXITEMPTY", "EXITWITHKEY", "EXITWITHTIMEOUT")
_AWAY = (AgentStatus.ON_BREAK, AgentStatus.AWAY)


@dataclass(slots=True)
class LoggedCall:
    """What the next line of a call needs; `queue` is None while it does not wait, `held_s` None while nobody talks."""

    caller: str = ""
    queue: str | None = None
    since_utc_s: float = 0.0
    first_position: int = 0
    rang_s: float = 0.0
    held_s: int | None = None
    way: str = ""
    to: str = ""


@dataclass(slots=True)
class QueueLog:
    """The fold. `queues_of` names the queues that an agent serves: app_queue writes a line for each."""

    queues_of: Callable[[str], Sequence[str]]
    calls: dict[str, LoggedCall] = field(default_factory=dict)

    def lines(self, outcome: Outcome) -> Iterator[str]:
        """The lines that this outcome writes, each with its line feed. Read them all."""
        event, at = outcome.event, outcome.at_utc_s
        match event:
            case CallEntered():
                self._call(event.call).caller = event.caller
            case CallOffered() | CallMoved():
                yield from self._entered(event, at)
            case RingEnded():
                yield from self._rang(event, at)
            case CallAnswered():
                yield from self._answered(event, at)
            case CallTransferred():
                call = self._call(event.call)
                call.way, call.to = event.how, event.to
            case TalkEnded():
                yield from self._talked(event, at)
            case CallAbandoned() | CallFlowedOut() | CallTurnedIntoCallback() | CallLeftMessage() | CallLost():
                yield from self._left(event, at)
            case CallEnded():
                yield from self._exit(event.call, "EXITEMPTY", at)
                self.calls.pop(event.call, None)
            case AgentChanged():
                yield from self._agent(event, at)

    def _entered(self, event: CallOffered | CallMoved, at: float) -> Iterator[str]:
        call = self._call(event.call)
        if isinstance(event, CallOffered) and call.queue == event.queue:
            return  # taken over after a restart: no news
        yield from self._exit(event.call, "EXITWITHTIMEOUT", at)
        waited_s = event.waited_s if isinstance(event, CallOffered) else 0.0
        call.queue, call.since_utc_s = event.queue, at - waited_s
        call.first_position = self._position(call)
        yield line(at, event.call, event.queue, NOBODY, "ENTERQUEUE", "", call.caller, call.first_position)

    def _rang(self, event: RingEnded, at: float) -> Iterator[str]:
        self._call(event.call).rang_s = event.rang_s
        if event.outcome in _NOT_TAKEN:
            rang_ms = milliseconds(event.rang_s)
            yield line(at, event.call, event.queue, event.agent, "RINGNOANSWER", rang_ms)

    def _answered(self, event: CallAnswered, at: float) -> Iterator[str]:
        call = self._call(event.call)
        call.queue, call.held_s = None, whole(event.waited_s)
        yield line(at, event.call, event.queue, event.agent, "CONNECT", call.held_s, event.call, round(call.rang_s))

    def _talked(self, event: TalkEnded, at: float) -> Iterator[str]:
        """Only the talk that the queue gave: app_queue knows nothing of those from hand to hand."""
        call = self._call(event.call)
        if call.held_s is None:
            return
        times = call.held_s, round(event.talk_s + event.held_s), call.first_position
        call.held_s = None
        if event.by != "transfer":
            word = "COMPLETEAGENT" if event.by == "agent" else "COMPLETECALLER"
            yield line(at, event.call, event.queue, event.agent, word, *times)
        elif call.way == "consulted":
            yield line(at, event.call, event.queue, event.agent, "ATTENDEDTRANSFER", "BRIDGE", call.to, *times)
        else:
            yield line(at, event.call, event.queue, event.agent, "BLINDTRANSFER", call.to, "", *times)

    def _left(
        self, event: CallAbandoned | CallFlowedOut | CallTurnedIntoCallback | CallLeftMessage | CallLost, at: float
    ) -> Iterator[str]:
        match event:
            case CallAbandoned():
                yield from self._exit(event.call, "ABANDON", at, event.waited_s)
            case CallFlowedOut():
                word = "EXITWITHTIMEOUT" if event.why == "too_long" else "EXITEMPTY"
                yield from self._exit(event.call, word, at, event.waited_s)
            case CallTurnedIntoCallback():
                yield from self._exit(event.call, "EXITWITHKEY", at, event.waited_s, "callback")
                yield line(at, event.call, event.queue, NOBODY, "CALLBACK", self._call(event.call).caller)
            case CallLeftMessage():
                yield from self._exit(event.call, "EXITWITHKEY", at, event.waited_s, "message")
            case _:
                yield from self._exit(event.call, "EXITEMPTY", at)

    def _exit(self, name: str, word: str, at: float, waited_s: float | None = None, *before: object) -> Iterator[str]:
        """Out of the queue in which it waits, if it waits in one."""
        call = self.calls.get(name)
        if call is None or call.queue is None:
            return
        seconds = whole(at - call.since_utc_s if waited_s is None else waited_s)
        queue, position = call.queue, self._position(call)
        call.queue = None
        yield line(at, name, queue, NOBODY, word, *before, position, call.first_position, seconds)

    def _agent(self, event: AgentChanged, at: float) -> Iterator[str]:
        for word, data in _agent_words(event):
            for queue in self.queues_of(event.agent):
                yield line(at, NOBODY, queue, event.agent, word, data)

    def _call(self, name: str) -> LoggedCall:
        return self.calls.setdefault(name, LoggedCall())

    def _position(self, call: LoggedCall) -> int:
        """1 is next; by the time of entering."""
        ahead = (other for other in self.calls.values() if other.queue == call.queue and other is not call)
        return 1 + sum(other.since_utc_s <= call.since_utc_s for other in ahead)


def late_lines(
    queues_of: Callable[[str], Sequence[str]], history: Sequence[Outcome], late: Collection[tuple[int, int]]
) -> tuple[list[str], LoggedCall | None]:
    """What the outcomes `late` (sequence, ordinal) of one call write, and what is to be remembered of the call; None:
    it is over. `history` is the whole of it so far.

    Lines that stand there without them are not written again, also where they would say something else now: whoever was
    in a queue has come once and left once, however it was taken to be.
    """
    whole_log, without = QueueLog(queues_of), QueueLog(queues_of)
    there = Counter(
        head(text) for each in history if (each.sequence, each.ordinal) not in late for text in without.lines(each)
    )
    found = []
    for text in (text for each in history for text in whole_log.lines(each)):
        there[head(text)] -= 1
        if there[head(text)] < 0:
            found.append(text)
    return found, next(iter(whole_log.calls.values()), None)


def head(text: str) -> tuple[str, ...]:
    """What a line is about, so that it stands once: when, which call, where, who, what; of a stay in a queue, that it
    began and that it ended."""
    when, call, queue, agent, word = text.rstrip("\n").split("|")[:5]
    if word in (*OUT, "ENTERQUEUE"):
        when, word = "", OUT[0] if word in OUT else word
    return when, call, queue, agent, word


def _agent_words(event: AgentChanged) -> Iterator[tuple[str, str]]:
    was, now = event.was_status, event.status
    if was is now:
        return
    if was is AgentStatus.SIGNED_OUT:
        yield "ADDMEMBER", ""
    if now is AgentStatus.SIGNED_OUT:
        yield "REMOVEMEMBER", ""
    elif now in _AWAY:
        yield "PAUSE", event.reason
    elif was in _AWAY:
        yield "UNPAUSE", ""


def line(at_utc_s: float, call: str, queue: str, agent: str, word: str, *data: object) -> str:
    """One line; a bar or a line feed inside a value becomes a blank."""
    values = (int(at_utc_s), call, queue or NOBODY, agent or NOBODY, word, *data)
    return "|".join(_plain(str(value)) for value in values) + "\n"


def whole(waited_s: float) -> int:
    """Seconds rounded up, as the figures' bins."""
    return max(0, ceil(milliseconds(waited_s) / 1000))


def _plain(text: str) -> str:
    return "".join(" " if character == "|" or not character.isprintable() else character for character in text)


def calls_to_json(log: QueueLog) -> dict[str, list[Any]]:
    """What the fold remembers."""
    return {
        name: [
            call.caller,
            call.queue,
            call.since_utc_s,
            call.first_position,
            call.rang_s,
            call.held_s,
            call.way,
            call.to,
        ]
        for name, call in log.calls.items()
    }


def calls_from_json(document: dict[str, list[Any]]) -> dict[str, LoggedCall]:
    """The inverse of `calls_to_json`."""
    return {name: LoggedCall(*values) for name, values in document.items()}
