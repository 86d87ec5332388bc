"""The figures of a hotline or a queue as one mergeable state; kpi.md holds the definitions.

Letters: O offered, A answered, B abandoned, C callbacks, M messages, F flowed out, X lost, W waiting.
Conservation: O = A + B + C + M + F + X + W. W is counted up and down by its own events, so that a
doubled or missing event shows as a broken sum.

Sums are whole milliseconds and waits are histograms of whole seconds, therefore merging is exact in
any order, and a service level can be read at any threshold afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from math import ceil
from typing import Self

from core.states import RingOutcome

LONGEST_BIN_S = 601
"""The last bin holds every wait above 600 s, the largest threshold the house accepts."""

Histogram = dict[int, int]
"""Bin k counts the durations in (k-1, k] seconds; bin 0 those of exactly zero."""


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, so that sums are exact."""
    return round(seconds * 1000)


def _bin(duration_ms: int) -> int:
    return min(LONGEST_BIN_S, ceil(duration_ms / 1000))


def _within(histogram: Mapping[int, int], threshold_s: float) -> int:
    """How many lasted at most `threshold_s`; parts of a second in the threshold are dropped."""
    return sum(count for second, count in histogram.items() if second <= min(int(threshold_s), LONGEST_BIN_S - 1))


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


_NOBODYS_MISS = ("caller_gone", "elsewhere", "withdrawn")
"""Rings that say nothing of the seat."""


@dataclass(slots=True)
class Figures:
    """Counts of one hotline, queue or interval. All fields add up, except `longest_wait_ms`, which is a maximum."""

    entered: int = 0
    blocked: int = 0
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    callbacks: int = 0
    messages: int = 0
    flowed_out: int = 0
    lost: int = 0
    waiting: int = 0
    promises: int = 0
    promises_kept: int = 0
    promises_overrun: int = 0
    promises_abandoned: int = 0
    promise_width_ms: int = 0
    first_ring: int = 0
    answered_wait_ms: int = 0
    talk_ms: int = 0
    talks: int = 0
    held_ms: int = 0
    transferred: int = 0
    longest_wait_ms: int = 0
    callbacks_in_time: int = 0
    outbound: int = 0
    outbound_reached: int = 0
    outbound_talk_ms: int = 0
    answered_waits: Histogram = field(default_factory=dict)
    abandoned_waits: Histogram = field(default_factory=dict)
    rings: dict[str, int] = field(default_factory=dict)
    answered_rings: Histogram = field(default_factory=dict)

    # --- what happens ------------------------------------------------------------------------
    def call_offered(self) -> None:
        self.offered += 1
        self.waiting += 1

    def call_answered(self, waited_ms: int, tries: int) -> None:
        """`tries` is how many rings it took; 1 means the first seat picked up."""
        self.waiting -= 1
        self.answered += 1
        self.first_ring += tries == 1
        self.answered_wait_ms += waited_ms
        self._ended(self.answered_waits, waited_ms)

    def call_abandoned(self, waited_ms: int) -> None:
        self.waiting -= 1
        self.abandoned += 1
        self._ended(self.abandoned_waits, waited_ms)

    def call_turned_into_callback(self) -> None:
        self.waiting -= 1
        self.callbacks += 1

    def call_flowed_out(self) -> None:
        self.waiting -= 1
        self.flowed_out += 1

    def call_lost(self) -> None:
        self.waiting -= 1
        self.lost += 1

    def promise_made(self, low_ms: int, high_ms: int) -> None:
        """The first interval that a caller may have heard."""
        self.promises += 1
        self.promise_width_ms += high_ms - low_ms

    def promise_ended(self, waited_ms: int, low_ms: int, high_ms: int, *, answered: bool) -> None:
        """`waited_ms` counts from entering the queue, as the interval does."""
        if not answered:
            self.promises_abandoned += 1
        elif waited_ms > high_ms:
            self.promises_overrun += 1
        elif waited_ms >= low_ms:
            self.promises_kept += 1

    def ring_ended(self, outcome: RingOutcome, rang_ms: int) -> None:
        """`rang_ms` counts from the first 180 Ringing."""
        self.rings[outcome.value] = self.rings.get(outcome.value, 0) + 1
        if outcome is RingOutcome.ANSWERED:
            _count(self.answered_rings, _bin(rang_ms))

    def talk_ended(self, talk_ms: int, held_ms: int = 0) -> None:
        """`talk_ms` without the `held_ms` in which the caller heard music."""
        self.talks += 1
        self.talk_ms += talk_ms
        self.held_ms += held_ms

    def call_transferred(self) -> None:
        """An agent gave the call to somebody else; a consult alone is none."""
        self.transferred += 1

    def outbound_ended(self, *, reached: bool, talk_ms: int) -> None:
        """A call that we made; it is not in O."""
        self.outbound += 1
        self.outbound_reached += reached
        self.outbound_talk_ms += talk_ms

    def _ended(self, waits: Histogram, waited_ms: int) -> None:
        _count(waits, _bin(waited_ms))
        self.longest_wait_ms = max(self.longest_wait_ms, waited_ms)

    # --- rates ---------------------------------------------------------------------------------
    @property
    def conserved(self) -> bool:
        """Whether every offered call is accounted for exactly once."""
        gone = self.answered + self.abandoned + self.callbacks + self.messages + self.flowed_out + self.lost
        return self.offered == gone + self.waiting and self.waiting >= 0

    @property
    def finished(self) -> int:
        """O - W: live rates divide by this, and no rate alarm sounds below 20 of them."""
        return self.offered - self.waiting

    @property
    def connection_rate(self) -> float | None:
        """接通率, A / (O - W). None while nothing is finished."""
        return _ratio(self.answered, self.finished)

    @property
    def connection_rate_with_callbacks(self) -> float | None:
        """(A + callbacks that reached the customer within the promised time) / (O - W)."""
        return _ratio(self.answered + self.callbacks_in_time, self.finished)

    @property
    def promise_score(self) -> float | None:
        """Callers whose wait fell inside the first interval announced / such callers who did not give up first."""
        return _ratio(self.promises_kept, self.promises - self.promises_abandoned)

    def promise_parts(self) -> dict[str, float]:
        """What stands beside the score; the rest was answered earlier than promised, or waits still."""
        width_s = self.promise_width_ms / self.promises / 1000 if self.promises else 0.0
        parts = {"overrun": self.promises_overrun, "abandoned": self.promises_abandoned}
        return {"made": self.promises, "kept": self.promises_kept, **parts, "mean_width_s": round(width_s, 1)}

    @property
    def blocked_rate(self) -> float | None:
        """Refused for want of a line / calls that reached us."""
        return _ratio(self.blocked, self.blocked + self.entered)

    @property
    def asa_s(self) -> float | None:
        """Average speed of answer: waits of answered calls, ringing included."""
        return self.answered_wait_ms / self.answered / 1000 if self.answered else None

    def short_abandons(self, short_s: float = 5.0) -> int:
        """S: hung up within `short_s` seconds."""
        return _within(self.abandoned_waits, short_s)

    def service_levels(self, threshold_s: float, short_s: float = 5.0) -> dict[str, float | None]:
        """V1…V5 and the strict variant of kpi.md at `threshold_s`, side by side."""
        a, b = self.answered, self.abandoned
        a_t, b_t = _within(self.answered_waits, threshold_s), _within(self.abandoned_waits, threshold_s)
        return {
            "v1": _ratio(a_t, a),
            "v2": _ratio(a_t + b_t, a + b),
            "v3": _ratio(a_t, a + b),
            "v4": _ratio(a_t, a + b - b_t),
            "v5": _ratio(a_t, a + b - self.short_abandons(short_s)),
            "strict": _ratio(a_t, self.finished),
        }

    def three_rings(self, budget_s: float) -> dict[str, int]:
        """The parts of 三声接听率: rings offered, answered within `budget_s`, and those that do not count."""
        return {
            "offered": sum(self.rings.values()),
            "within": _within(self.answered_rings, budget_s),
            "missed": self.rings.get(RingOutcome.MISSED, 0),
            "caller_gone": self.rings.get(RingOutcome.CALLER_GONE, 0),
            "withdrawn": self.rings.get(RingOutcome.WITHDRAWN, 0),
            "elsewhere": self.rings.get(RingOutcome.ELSEWHERE, 0),
            "rejected": self.rings.get(RingOutcome.REJECTED, 0),
            "failed": self.rings.get(RingOutcome.FAILED, 0),
        }

    def three_ring_rate(self, budget_s: float) -> float | None:
        """Answered within three rings / (offered - caller gone first - answered by another seat - withdrawn).

        Rejected and failed rings count.
        """
        parts = self.three_rings(budget_s)
        return _ratio(parts["within"], parts["offered"] - sum(parts[each] for each in _NOBODYS_MISS))

    # --- merging and keeping -----------------------------------------------------------------
    def merge(self, other: Self) -> None:
        """Add `other` in. Associative and commutative; an empty state changes nothing."""
        for name in _SUMS:
            if count := getattr(other, name):  # most are zero in a short interval
                setattr(self, name, getattr(self, name) + count)
        self.longest_wait_ms = max(self.longest_wait_ms, other.longest_wait_ms)
        for name in _HISTOGRAMS:
            mine: Histogram = getattr(self, name)
            for key, count in getattr(other, name).items():
                _count(mine, key, count)

    def to_json(self) -> dict[str, object]:
        """Numbers and nested numbers only, shared with nothing; zero fields are left out."""
        values = ((name, getattr(self, name)) for name in _NAMES)
        return {name: dict(value) if isinstance(value, dict) else value for name, value in values if value}

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Self:
        """The inverse of `to_json`, also after a trip through JSON text, which turns bins into strings."""
        figures = cls()
        for name, value in document.items():
            setattr(figures, name, _bins(name, value) if isinstance(value, Mapping) else value)
        return figures


def total(parts: Iterable[Figures]) -> Figures:
    """The merge of many."""
    result = Figures()
    for part in parts:
        result.merge(part)
    return result


def _count(histogram: dict[int, int], key: int, count: int = 1) -> None:
    histogram[key] = histogram.get(key, 0) + count


def _bins(name: str, value: Mapping[object, int]) -> dict[object, int]:
    return dict(value) if name == "rings" else {int(str(key)): count for key, count in value.items()}


_HISTOGRAMS = ("answered_waits", "abandoned_waits", "rings", "answered_rings")
_NAMES = tuple(item.name for item in fields(Figures))
_SUMS = tuple(name for name in _NAMES if name not in _HISTOGRAMS and name != "longest_wait_ms")
