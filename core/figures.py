"""The figures of a hotline or a queue as one mergeable state; docs/figures.md defines each.

Letters: O offered, A answered, B abandoned, C callbacks, M messages, F flowed out, X lost, W waiting.
Conservation: O = A + B + C + M + F + X + W. W is counted up and down by its own events, so that a
doubled or missing event shows as a broken sum.

Sums are whole milliseconds and waits are histograms of whole seconds, therefore merging is exact in
any order, and a service level can be read at any threshold afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import ClassVar, NamedTuple

from core.mergeable import Mergeable, add, merged
from core.states import RingOutcome

LONGEST_BIN_S = 601
"""The last bin holds every wait above 600 s, the largest threshold the house accepts."""

Histogram = dict[int, int]
"""Bin k counts the durations in (k-1, k] seconds; bin 0 those of exactly zero."""


LONGEST_S = 1e12
"""A longer duration is a fault, and counts as this one: no line of the journal may stop the fold."""


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, so that sums are exact."""
    return round(max(-LONGEST_S, min(LONGEST_S, seconds)) * 1000)


def bin_s(duration_ms: int) -> int:
    """The bin of a histogram that holds this duration."""
    return min(LONGEST_BIN_S, ceil(duration_ms / 1000))


def within(histogram: Mapping[int, int], threshold_s: float) -> int:
    """How many lasted at most `threshold_s`; parts of a second in the threshold are dropped."""
    last = min(int(threshold_s), LONGEST_BIN_S - 1)
    return sum(count for second, count in histogram.items() if second <= last)


def ratio(part: int, whole: int) -> float | None:
    """None while there is nothing to divide by."""
    return part / whole if whole > 0 else None


class Share(NamedTuple):
    """A rate before it is divided: so many of so many. Shares of parts add up to that of the whole."""

    met: int
    of: int

    @property
    def rate(self) -> float | None:
        return ratio(self.met, self.of)


def top_two(marks: Histogram, best: int = 5) -> Share:
    """The two best marks, of those given."""
    return Share(sum(marks.get(best - n, 0) for n in (0, 1)), sum(marks.values()))


def satisfaction(marks: Histogram, asked: int = 0, answered: int = 0, best: int = 5) -> dict[str, float | None]:
    """Marks given, their mean, the share of the top two, and of the callers asked those who gave any."""
    share = top_two(marks, best)
    mean = sum(mark * count for mark, count in marks.items()) / share.of if share.of else None
    asking = {"asked": asked, "answered": answered, "response_rate": Share(answered, asked).rate}
    return {"marks": share.of, "mean": mean, "top_two": share.rate, **asking}


_NOBODYS_MISS = ("caller_gone", "elsewhere", "withdrawn")
"""Rings that say nothing of the seat."""


def ring_parts(rings: Mapping[str, int], answered_rings: Histogram, budget_s: float) -> dict[str, int]:
    """The parts of 三声接听率: rings offered, answered within `budget_s`, and those that do not count."""
    return {
        "offered": sum(rings.values()),
        "within": within(answered_rings, budget_s),
        "missed": rings.get(RingOutcome.MISSED, 0),
        "caller_gone": rings.get(RingOutcome.CALLER_GONE, 0),
        "withdrawn": rings.get(RingOutcome.WITHDRAWN, 0),
        "elsewhere": rings.get(RingOutcome.ELSEWHERE, 0),
        "rejected": rings.get(RingOutcome.REJECTED, 0),
        "failed": rings.get(RingOutcome.FAILED, 0),
    }


def ring_share(parts: Mapping[str, int]) -> Share:
    """Answered within three rings / (offered - caller gone first - answered by another seat - withdrawn).

    Rejected and failed rings count.
    """
    return Share(parts["within"], parts["offered"] - sum(parts[each] for each in _NOBODYS_MISS))


@dataclass(slots=True)
class Accessibility(Mergeable):
    """What became of those who asked for an agent, and how long they waited; small, for whoever adds up often."""

    MAXIMA: ClassVar[frozenset[str]] = frozenset({"longest_wait_ms"})
    BINS: ClassVar[frozenset[str]] = frozenset({"answered_waits", "abandoned_waits"})

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    callbacks: int = 0
    messages: int = 0
    flowed_out: int = 0
    lost: int = 0
    waiting: int = 0
    first_ring: int = 0
    answered_wait_ms: int = 0
    longest_wait_ms: int = 0
    answered_waits: Histogram = field(default_factory=dict)
    abandoned_waits: Histogram = field(default_factory=dict)

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

    def call_turned_into_callback(self, waited_ms: int = 0) -> None:
        self.waiting -= 1
        self.callbacks += 1
        self._waited(waited_ms)

    def offer_withdrawn(self) -> None:
        """It counts elsewhere from now on."""
        self.offered -= 1
        self.waiting -= 1

    def call_flowed_out(self, waited_ms: int = 0) -> None:
        self.waiting -= 1
        self.flowed_out += 1
        self._waited(waited_ms)

    def call_lost(self) -> None:
        self.waiting -= 1
        self.lost += 1

    def call_left_message(self, waited_ms: int = 0) -> None:
        self.waiting -= 1
        self.messages += 1
        self._waited(waited_ms)

    def _ended(self, waits: Histogram, waited_ms: int) -> None:
        add(waits, bin_s(waited_ms))
        self._waited(waited_ms)

    def _waited(self, waited_ms: int) -> None:
        """However it ended, somebody waited so long."""
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
    def connected(self) -> Share:
        """接通率, A / (O - W)."""
        return Share(self.answered, self.finished)

    @property
    def connection_rate(self) -> float | None:
        """None while nothing is finished."""
        return self.connected.rate

    @property
    def connection_rate_of_stayers(self) -> float | None:
        """A / (O - W - C - M): of callers who were not sent away with a promise or a message."""
        return ratio(self.answered, self.finished - self.callbacks - self.messages)

    @property
    def given_up(self) -> Share:
        """B / (O - W)."""
        return Share(self.abandoned, self.finished)

    @property
    def abandonment(self) -> float | None:
        return self.given_up.rate

    @property
    def asa_s(self) -> float | None:
        """Average speed of answer: waits of answered calls, ringing included."""
        return self.answered_wait_ms / self.answered / 1000 if self.answered else None

    @property
    def picked_up_at_first(self) -> Share:
        """Calls that the first seat that rang picked up / A."""
        return Share(self.first_ring, self.answered)

    def connected_without_short(self, short_s: float = 5.0) -> Share:
        """A / (O - W - S)."""
        return Share(self.answered, self.finished - self.short_abandons(short_s))

    def short_abandons(self, short_s: float = 5.0) -> int:
        """S: hung up within `short_s` seconds."""
        return within(self.abandoned_waits, short_s)

    def service_levels(self, threshold_s: float, short_s: float = 5.0) -> dict[str, float | None]:
        """As rates."""
        return {name: share.rate for name, share in self.served_within(threshold_s, short_s).items()}

    def served_within(self, threshold_s: float, short_s: float = 5.0) -> dict[str, Share]:
        """V1…V5 and the strict variant of docs/figures.md at `threshold_s`, side by side."""
        a, b = self.answered, self.abandoned
        a_t, b_t = within(self.answered_waits, threshold_s), within(self.abandoned_waits, threshold_s)
        return {
            "v1": Share(a_t, a),
            "v2": Share(a_t + b_t, a + b),
            "v3": Share(a_t, a + b),
            "v4": Share(a_t, a + b - b_t),
            "v5": Share(a_t, a + b - self.short_abandons(short_s)),
            "strict": Share(a_t, self.finished),
        }


@dataclass(slots=True)
class Figures(Accessibility):
    """Counts of one hotline, queue or interval. All fields add up, except `longest_wait_ms`, which is a maximum."""

    BINS: ClassVar[frozenset[str]] = Accessibility.BINS | {"answered_rings", "marks"}

    entered: int = 0
    blocked: int = 0
    promises: int = 0
    promises_kept: int = 0
    promises_early: int = 0
    promises_overrun: int = 0
    promises_abandoned: int = 0
    promise_width_ms: int = 0
    talk_ms: int = 0
    talks: int = 0
    held_ms: int = 0
    wrap_up_ms: int = 0
    transferred: int = 0
    callbacks_in_time: int = 0
    outbound: int = 0
    outbound_reached: int = 0
    outbound_talk_ms: int = 0
    surveys: int = 0
    surveys_answered: int = 0
    rings: dict[str, int] = field(default_factory=dict)
    answered_rings: Histogram = field(default_factory=dict)
    marks: Histogram = field(default_factory=dict)
    """How often each mark was given, all questions of the surveys together."""

    # --- what happens ------------------------------------------------------------------------

    def survey_asked(self) -> None:
        self.surveys += 1

    def mark_given(self, mark: int, *, first: bool) -> None:
        """`first`: of this caller's."""
        add(self.marks, mark)
        self.surveys_answered += first

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
        else:
            self.promises_early += 1

    def ring_ended(self, outcome: RingOutcome, rang_ms: int) -> None:
        """`rang_ms` counts from the first 180 Ringing."""
        self.rings[outcome.value] = self.rings.get(outcome.value, 0) + 1
        if outcome is RingOutcome.ANSWERED:
            add(self.answered_rings, bin_s(rang_ms))

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

    # --- rates ---------------------------------------------------------------------------------

    @property
    def connected_or_called_back(self) -> Share:
        """(A + callbacks that reached the customer within the promised time) / (O - W)."""
        return Share(self.answered + self.callbacks_in_time, self.finished)

    @property
    def given_away(self) -> Share:
        """Transferred / A; who is given away twice counts twice."""
        return Share(self.transferred, self.answered)

    @property
    def promises_met(self) -> Share:
        """Callers whose wait fell inside the first interval announced / callers who were announced one, and answered.

        Nobody knows how long the others would have waited: they gave up, left for a message or a callback, or wait.
        """
        return Share(self.promises_kept, self.promises_kept + self.promises_early + self.promises_overrun)

    def promise_parts(self) -> dict[str, float]:
        """What stands beside the score; the rest left the queue another way, or waits still."""
        width_s = self.promise_width_ms / self.promises / 1000 if self.promises else 0.0
        parts = {"early": self.promises_early, "overrun": self.promises_overrun, "abandoned": self.promises_abandoned}
        return {"made": self.promises, "kept": self.promises_kept, **parts, "mean_width_s": round(width_s, 1)}

    def satisfaction(self, best: int = 5) -> dict[str, float | None]:
        """Marks given, their mean, and the share of the top two."""
        return satisfaction(self.marks, self.surveys, self.surveys_answered, best)

    @property
    def blocked_rate(self) -> float | None:
        """Refused for want of a line / calls that reached us."""
        return ratio(self.blocked, self.blocked + self.entered)

    @property
    def aht_s(self) -> float | None:
        """(Talk + hold + wrap-up) / talks."""
        return (self.talk_ms + self.held_ms + self.wrap_up_ms) / self.talks / 1000 if self.talks else None

    def three_rings(self, budget_s: float) -> dict[str, int]:
        """The parts of 三声接听率: rings offered, answered within `budget_s`, and those that do not count."""
        return ring_parts(self.rings, self.answered_rings, budget_s)

    def three_ring_rate(self, budget_s: float) -> float | None:
        """See ring_share."""
        return ring_share(self.three_rings(budget_s)).rate


def total(parts: Iterable[Figures]) -> Figures:
    """The merge of many."""
    return merged(Figures(), parts)
