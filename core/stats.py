"""Figures per interval, hotline and queue, folded from outcomes. Pure.

A call counts in the interval in which it entered the queue, whatever the hour of its end; so the fold
remembers the slot of each open call. A move to a second queue makes the first queue count F and the
second O, while the hotline's own figures (`queue` is None) count the call once, with all that it waited.

A fold that does not begin at the beginning of the journal leaves out calls that began before it. One that goes on
where another stopped starts from its JSON (`to_json`, and a call at a time `call_to_json`, as core.rollup does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.events import (
    BlockedCounted,
    CallAbandoned,
    CallAnswered,
    CallbackChanged,
    CallbackKept,
    CallbackMade,
    CallEnded,
    CallEntered,
    CallFlowedOut,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallOffered,
    CallTransferred,
    CallTurnedIntoCallback,
    FlowBegan,
    MenuChosen,
    OutboundEnded,
    Outcome,
    PromiseMade,
    RingBegan,
    RingEnded,
    SeatReserved,
    SurveyMarked,
    TalkEnded,
)
from core.figures import Figures, milliseconds, total
from core.ids import CallId, HotlineId, QueueId, TrunkId
from core.states import CallbackState, OutboundOutcome

QUARTER_HOUR_S = 900
LAST_MOMENT_UTC_S = 2.0**40
CALLBACK_OVER = (CallbackState.DONE, CallbackState.GIVEN_UP, CallbackState.CANCELLED)


class Slot(NamedTuple):
    """Where a figure is counted: start of the interval (seconds UTC), hotline, and queue, or None for whole calls."""

    start_utc_s: int
    hotline: HotlineId
    queue: QueueId | None


@dataclass(slots=True)
class OpenCall:
    """A call not ended: the slot of the whole call, of its present stay in a queue, and which of them still wait.

    `before_ms` it waited in queues before the present one. `promise` is the first interval announced, low and high
    milliseconds from when it first asked, while it is open; `promised_in` is the stay in which that was.
    """

    whole: Slot
    stay: Slot | None = None
    whole_waits: bool = False
    stay_waits: bool = False
    promise: tuple[int, int] | None = None
    promised: bool = False
    before_ms: int = 0
    promised_in: Slot | None = None


CallEvent = (
    CallEntered | MenuChosen | CallOffered | PromiseMade | SeatReserved | RingBegan | RingEnded
    | CallAnswered | TalkEnded | CallTransferred | CallMoved | CallFlowedOut | CallAbandoned
    | CallTurnedIntoCallback | CallLeftMessage | CallLost | CallEnded | SurveyMarked | FlowBegan
)  # fmt: skip


def quarter_hour(utc_s: float) -> int:
    """The start of the quarter of an hour that holds this moment; the same in every time zone in use.

    A moment before 1970 or thousands of years from now is a fault, and counts at that end: no line of the journal may
    stop the fold.
    """
    return int(min(max(utc_s, 0.0), LAST_MOMENT_UTC_S) // QUARTER_HOUR_S) * QUARTER_HOUR_S


@dataclass(slots=True)
class Stats:
    """The fold. `from_start` is False for a part of the journal, whose earlier calls are not counted.

    `called_back`: the stay and the whole of each call whose promise to be called back is open.
    """

    interval_of: Callable[[float], int] = quarter_hour
    from_start: bool = True
    figures: dict[Slot, Figures] = field(default_factory=dict)
    blocked: dict[tuple[int, TrunkId], int] = field(default_factory=dict)
    open: dict[CallId, OpenCall] = field(default_factory=dict)
    called_back: dict[CallId, tuple[Slot, Slot]] = field(default_factory=dict)

    def apply(self, outcome: Outcome) -> None:
        """Count one outcome. The journal never doubles one; a doubled one breaks conservation visibly."""
        event = outcome.event
        if isinstance(event, BlockedCounted):
            key = (self.interval_of(outcome.at_utc_s), event.trunk)
            self.blocked[key] = self.blocked.get(key, 0) + event.count
        elif isinstance(event, OutboundEnded):
            self._outbound_ended(event, self.interval_of(outcome.at_utc_s))
        elif isinstance(event, CallbackMade | CallbackKept | CallbackChanged):
            self._apply_to_callback(event, outcome.at_utc_s)
        elif isinstance(event, CallEvent) and not self._began_earlier(event):
            self._apply_to_call(event, outcome.at_utc_s)

    def of_queue(self, queue: QueueId, starts: Iterable[int] | None = None) -> Figures:
        """All hotlines of one queue, over these intervals or over all."""
        return self._merged(lambda slot: slot.queue == queue, starts)

    def of_hotline(self, hotline: HotlineId, starts: Iterable[int] | None = None) -> Figures:
        """Whole calls of one hotline."""
        return self._merged(lambda slot: slot.queue is None and slot.hotline == hotline, starts)

    def of_house(self, starts: Iterable[int] | None = None) -> Figures:
        """Whole calls of all hotlines, each counted once."""
        figures = self._merged(lambda slot: slot.queue is None, starts)
        wanted = None if starts is None else set(starts)
        figures.blocked = sum(count for (start, _), count in self.blocked.items() if wanted is None or start in wanted)
        return figures

    def unconserved(self) -> list[Slot]:
        """The slots whose sum is broken; empty when all is well."""
        return [slot for slot, figures in self.figures.items() if not figures.conserved]

    def forget_before(self, start_utc_s: int) -> None:
        """Drop the figures of earlier intervals in which no call is open any more."""
        needed = {slot for call in self.open.values() for slot in (call.whole, call.stay, call.promised_in)}
        needed |= {slot for slots in self.called_back.values() for slot in slots}
        old = [slot for slot in self.figures if slot.start_utc_s < start_utc_s and slot not in needed]
        for slot in old:
            del self.figures[slot]
        self.blocked = {key: count for key, count in self.blocked.items() if key[0] >= start_utc_s}

    def move(self, start_utc_s: int, to_utc_s: int) -> None:
        """The interval that began at one moment begins at another: what was counted in it goes on there."""

        def moved(slot: Slot) -> Slot:
            return slot._replace(start_utc_s=to_utc_s) if slot.start_utc_s == start_utc_s else slot

        figures, self.figures = self.figures, {}
        for slot, counted in figures.items():
            self._at(moved(slot)).merge(counted)
        blocked, self.blocked = self.blocked, {}
        for (start, trunk), count in blocked.items():
            key = (to_utc_s if start == start_utc_s else start, trunk)
            self.blocked[key] = self.blocked.get(key, 0) + count
        for call in self.open.values():
            call.whole, call.stay = moved(call.whole), call.stay and moved(call.stay)
            call.promised_in = call.promised_in and moved(call.promised_in)
        self.called_back = {call: (moved(stay), moved(whole)) for call, (stay, whole) in self.called_back.items()}

    # --- one call ------------------------------------------------------------------------------
    def _began_earlier(self, event: CallEvent) -> bool:
        known = event.call in self.open or isinstance(event, CallEntered)
        return not self.from_start and not known

    def _apply_to_call(self, event: CallEvent, at_utc_s: float) -> None:
        match event:
            case CallEntered():
                self._entered(event, at_utc_s)
            case CallOffered():
                self._offered(event, at_utc_s)
            case PromiseMade():
                self._promised(event)
            case CallAnswered():
                self._promise_ended(event.call, milliseconds(event.waited_s), answered=True)
                self._settle(event, at_utc_s, lambda figures, waited_ms: figures.call_answered(waited_ms, event.tries))
            case CallAbandoned():
                self._promise_ended(event.call, milliseconds(event.waited_s), answered=False)
                self._settle(event, at_utc_s, Figures.call_abandoned)
            case CallTurnedIntoCallback():
                self._settle(event, at_utc_s, Figures.call_turned_into_callback)
            case CallLeftMessage():
                self._settle(event, at_utc_s, Figures.call_left_message)
            case SurveyMarked():
                self._marked(event, at_utc_s)
            case FlowBegan() if event.survey:
                for slot in self.slots_of(event, at_utc_s):
                    self._at(slot).survey_asked()
            case CallLost():
                self._lost(event)
            case RingEnded():
                self._rang(event, at_utc_s)
            case TalkEnded():
                for slot in self.slots_of(event, at_utc_s):
                    self._at(slot).talk_ended(milliseconds(event.talk_s), milliseconds(event.held_s))
            case CallTransferred() if event.how != "again":
                for slot in self.slots_of(event, at_utc_s):
                    self._at(slot).call_transferred()
            case CallMoved():
                self._moved(event, at_utc_s)
            case CallFlowedOut():
                self._settle(event, at_utc_s, Figures.call_flowed_out)
            case CallEnded():
                self._ended(event.call)

    def _entered(self, event: CallEntered, at_utc_s: float) -> None:
        slot = Slot(self.interval_of(at_utc_s), event.hotline, None)
        if event.call not in self.open:
            self.open[event.call] = OpenCall(slot)
            self._at(slot).entered += 1

    def _offered(self, event: CallOffered, at_utc_s: float) -> None:
        """A call taken over again after a restart is offered a second time to the queue it waits in: no news.

        Its wait counts from when it first asked then, in whatever queue that was.
        """
        start = self.interval_of(at_utc_s - event.waited_s)
        stay = Slot(start, event.hotline, event.queue)
        call = self.open.setdefault(event.call, OpenCall(Slot(start, event.hotline, None)))
        call.before_ms = 0
        if call.stay_waits and call.stay is not None:
            if call.stay.queue == event.queue:
                return
            self._at(call.stay).call_flowed_out()
        if call.stay is None:
            call.whole, call.whole_waits = Slot(start, event.hotline, None), True
            self._at(call.whole).call_offered()
        call.stay, call.stay_waits = stay, True
        self._at(stay).call_offered()

    def _moved(self, event: CallMoved, at_utc_s: float) -> None:
        """F in the queue it leaves, if it waited there, and O in the one it comes to; the whole call stays one.

        Whoever is sent on has waited all the same: the whole call's wait is that of all its queues.
        """
        start, stayed_ms = self.interval_of(at_utc_s), milliseconds(event.stayed_s)
        call = self.open.setdefault(event.call, OpenCall(Slot(start, event.hotline, None)))
        if call.stay is not None and call.stay_waits:
            self._at(call.stay).call_flowed_out(stayed_ms)
            call.before_ms += stayed_ms
        call.stay, call.stay_waits = Slot(start, event.hotline, event.queue), True
        self._at(call.stay).call_offered()

    def _marked(self, event: SurveyMarked, at_utc_s: float) -> None:
        """A mark whose call nobody knew any more belongs to no queue, and to no figure."""
        if event.queue:
            for slot in self.slots_of(event, at_utc_s):
                self._at(slot).mark_given(event.mark, first=event.first)

    def _settle(
        self,
        event: CallAnswered | CallAbandoned | CallFlowedOut | CallTurnedIntoCallback | CallLeftMessage,
        at_utc_s: float,
        count: Callable[[Figures, int], None],
    ) -> None:
        call, waited_ms = self.open.get(event.call), milliseconds(event.waited_s)
        start = self.interval_of(at_utc_s - event.waited_s)
        stay = call.stay if call and call.stay else Slot(start, event.hotline, event.queue)
        count(self._at(stay), waited_ms)
        if call is None:
            count(self._at(Slot(start, event.hotline, None)), waited_ms)
        elif call.whole_waits or not call.stay_waits:
            count(self._at(call.whole), call.before_ms + waited_ms)
        if call:
            call.whole_waits = call.stay_waits = False

    def _promised(self, event: PromiseMade) -> None:
        """Only the first one counts; one made before this fold began is nobody's."""
        call = self.open.get(event.call)
        if call is None or call.promised:
            return
        waited_ms = call.before_ms + milliseconds(event.waited_s)
        low_ms, high_ms = waited_ms + milliseconds(event.low_s), waited_ms + milliseconds(event.high_s)
        call.promise, call.promised, call.promised_in = (low_ms, high_ms), True, call.stay
        for slot in self._promised_at(call):
            self._at(slot).promise_made(low_ms, high_ms)

    def _promise_ended(self, name: CallId, waited_ms: int, *, answered: bool) -> None:
        call = self.open.get(name)
        if call is None or call.promise is None:
            return
        for slot in self._promised_at(call):
            self._at(slot).promise_ended(call.before_ms + waited_ms, *call.promise, answered=answered)
        call.promise = None

    def _promised_at(self, call: OpenCall) -> tuple[Slot, ...]:
        """What became of a promise counts where it was made, whatever queue the caller was sent to since."""
        stay = call.promised_in or call.stay
        return (call.whole,) if stay is None else (stay, call.whole)

    def _lost(self, event: CallLost) -> None:
        call = self.open.get(event.call)
        if call is None or call.stay is None or not call.stay_waits:
            return  # lost in the menu or in a talk: X counts waiting calls only
        self._at(call.stay).call_lost()
        if call.whole_waits:
            self._at(call.whole).call_lost()
        call.whole_waits = call.stay_waits = False

    def _ended(self, name: CallId) -> None:
        """A call that ends while it still waits left us another way: the dialplan's own queue took it (F)."""
        call = self.open.pop(name, None)
        if call and call.stay and call.stay_waits:
            self._at(call.stay).call_flowed_out()
        if call and call.whole_waits:
            self._at(call.whole).call_flowed_out()

    def _rang(self, event: RingEnded, at_utc_s: float) -> None:
        for slot in self.slots_of(event, at_utc_s):
            self._at(slot).ring_ended(event.outcome, milliseconds(event.rang_s))

    def _outbound_ended(self, event: OutboundEnded, start: int) -> None:
        """Counted at its end, without a hotline: in its queue if it has one, and in the house."""
        reached, talk_ms = event.outcome is OutboundOutcome.REACHED, milliseconds(event.talk_s)
        for queue in dict.fromkeys((event.queue, None)):
            self._at(Slot(start, HotlineId(""), queue)).outbound_ended(reached=reached, talk_ms=talk_ms)

    def _apply_to_callback(self, event: CallbackMade | CallbackKept | CallbackChanged, at_utc_s: float) -> None:
        call = self.open.get(event.call)
        if isinstance(event, CallbackKept):
            self._callback_kept(event, self.interval_of(at_utc_s - event.waited_s))
        elif isinstance(event, CallbackChanged):
            if event.state in CALLBACK_OVER:
                self.called_back.pop(event.call, None)
        elif call is not None and call.stay is not None:
            self.called_back[event.call] = call.stay, call.whole

    def _callback_kept(self, event: CallbackKept, start: int) -> None:
        """Counted where its call was offered; one that nobody's call asked for is in no O.

        `start` is for a call that nobody knows any more. It may be too early: the place of who calls again is older
        than the call.
        """
        if event.from_caller and event.in_time:
            unknown = Slot(start, event.hotline, event.queue), Slot(start, event.hotline, None)
            for slot in self.called_back.get(event.call, unknown):
                self._at(slot).callbacks_in_time += 1

    def slots_of(
        self, event: RingEnded | TalkEnded | CallTransferred | SurveyMarked | FlowBegan, at_utc_s: float
    ) -> tuple[Slot, Slot]:
        """The stay and the whole call; for a call unknown here, the queue at this moment, without a hotline."""
        call = self.open.get(event.call)
        if call and call.stay:
            return call.stay, call.whole
        hotline = HotlineId("") if isinstance(event, RingEnded) else event.hotline
        start = self.interval_of(at_utc_s)
        return Slot(start, hotline, event.queue), Slot(start, hotline, None)

    # --- slots ---------------------------------------------------------------------------------
    def _at(self, slot: Slot) -> Figures:
        return self.figures.setdefault(slot, Figures())

    def _merged(self, belongs: Callable[[Slot], bool], starts: Iterable[int] | None) -> Figures:
        wanted = None if starts is None else set(starts)
        return total(
            figures
            for slot, figures in self.figures.items()
            if belongs(slot) and (wanted is None or slot.start_utc_s in wanted)
        )


# --- keeping ---------------------------------------------------------------------------------------
def call_to_json(call: OpenCall) -> list[object]:
    """One open call as JSON."""
    return [list(call.whole), _slot_to_json(call.stay), call.whole_waits, call.stay_waits,
            call.promise, call.promised, call.before_ms, _slot_to_json(call.promised_in)]  # fmt: skip


def call_from_json(document: Sequence[Any]) -> OpenCall:
    """The inverse of `call_to_json`; a document of before waits were added up is read, too."""
    whole, stay, whole_waits, stay_waits, promise, promised, *later = document
    before_ms, promised_in = later or (0, None)
    return OpenCall(
        Slot(*whole), _slot(stay), whole_waits, stay_waits, tuple(promise) if promise else None, promised, before_ms,
        _slot(promised_in),
    )  # fmt: skip


def _slot(document: Sequence[Any] | None) -> Slot | None:
    return Slot(*document) if document else None


def _slot_to_json(slot: Slot | None) -> list[object] | None:
    return list(slot) if slot else None


def to_json(stats: Stats) -> dict[str, object]:
    """A fold from the start as a JSON document; the interval function is not part of it."""
    return {
        "figures": [[*slot, figures.to_json()] for slot, figures in stats.figures.items()],
        "blocked": [[start, trunk, count] for (start, trunk), count in stats.blocked.items()],
        "open": [[call, item.whole, item.stay, item.whole_waits, item.stay_waits] for call, item in stats.open.items()],
        "promises": {call: item.promise for call, item in stats.open.items() if item.promised},
        "promised_in": {call: _slot_to_json(item.promised_in) for call, item in stats.open.items() if item.promised_in},
        "before_ms": {call: item.before_ms for call, item in stats.open.items() if item.before_ms},
        "called_back": {call: [list(slot) for slot in slots] for call, slots in stats.called_back.items()},
    }


def from_json(document: Mapping[str, Any], interval_of: Callable[[float], int] = quarter_hour) -> Stats:
    """The inverse of `to_json`. Raises KeyError or ValueError on a document of another shape."""
    stats = Stats(interval_of)
    for start, hotline, queue, figures in document["figures"]:
        stats.figures[Slot(start, hotline, queue)] = Figures.from_json(figures)
    for start, trunk, count in document["blocked"]:
        stats.blocked[start, trunk] = count
    for call, whole, stay, whole_waits, stay_waits in document["open"]:
        stats.open[call] = OpenCall(Slot(*whole), _slot(stay), whole_waits, stay_waits)
    for call, promise in document.get("promises", {}).items():
        stats.open[call].promise, stats.open[call].promised = (tuple(promise) if promise else None), True
    for call, slot in document.get("promised_in", {}).items():
        stats.open[call].promised_in = _slot(slot)
    for call, before_ms in document.get("before_ms", {}).items():
        stats.open[call].before_ms = before_ms
    for call, (stay, whole) in document.get("called_back", {}).items():
        stats.called_back[call] = Slot(*stay), Slot(*whole)
    return stats
