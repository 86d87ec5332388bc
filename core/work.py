"""The figures of an agent, folded from outcomes. Pure.

Time is counted when a state ends, in the quarters of an hour through which it lasted, to the millisecond. It belongs
to the shift on which the agent was rostered then: whoever comes early or stays late works for that shift. Events count
in the quarter in which they happened. Rostered time, and what of it the agent was signed in, count likewise, when what
the roster makes of the agent changes; so the roster that counts is the one that held at the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

from core.events import (
    AgentChanged,
    CallAnswered,
    CallTransferred,
    ConsultBegan,
    DutyChanged,
    FlowBegan,
    OutboundEnded,
    Outcome,
    OutsideDialled,
    RingEnded,
    SurveyMarked,
    TalkEnded,
)
from core.figures import Histogram, Share, bin_s, milliseconds, ratio, ring_parts, ring_share
from core.ids import AgentId
from core.mergeable import Mergeable, add
from core.states import AgentState, AgentStatus, DutyState, OutboundOutcome, RingOutcome
from core.stats import QUARTER_HOUR_S, Slot, quarter_hour

LONGEST_STATE_S = 7 * 86400.0
"""A state that seems to have lasted longer counts whole in the quarter in which it ended."""

_TIMES = {
    AgentState.TALKING: "talking_ms",
    AgentState.HOLDING: "holding_ms",
    AgentState.CONSULTING: "consulting_ms",
    AgentState.WRAP_UP: "wrap_up_ms",
    AgentState.RESERVED: "ringing_ms",
    AgentState.RINGING: "ringing_ms",
    AgentState.DIALLING: "dialling_ms",
}

_KEPT = (DutyState.ON.value, DutyState.EARLY.value)
_ROSTERED = (*_KEPT, DutyState.EXPECTED.value, DutyState.LATE.value, DutyState.MISSING.value, DutyState.LEFT.value)
"""Of a shift that has begun; early is before that, and counts nothing."""
_LAPSES = (DutyState.LATE, DutyState.MISSING, DutyState.LEFT)


@dataclass(slots=True)
class AgentFigures(Mergeable):
    """One agent's interval: where the time went (`…ing_ms`, `breaks` by reason), and what was done in it.

    `talk_ms` and `held_ms` are those of talks that ended in the interval, `talking_ms` what of it was spent talking.
    """

    BINS: ClassVar[frozenset[str]] = frozenset({"answered_rings", "marks"})

    available_ms: int = 0
    ringing_ms: int = 0
    talking_ms: int = 0
    holding_ms: int = 0
    consulting_ms: int = 0
    dialling_ms: int = 0
    wrap_up_ms: int = 0
    away_ms: int = 0
    breaks: dict[str, int] = field(default_factory=dict)
    rings: dict[str, int] = field(default_factory=dict)
    answered_rings: Histogram = field(default_factory=dict)
    answered: int = 0
    talks: int = 0
    talk_ms: int = 0
    held_ms: int = 0
    transfers: dict[str, int] = field(default_factory=dict)
    consults: int = 0
    marks: Histogram = field(default_factory=dict)
    outbound: int = 0
    outbound_reached: int = 0
    outbound_talk_ms: int = 0
    surveys: int = 0
    surveys_answered: int = 0
    rostered_ms: int = 0
    kept_ms: int = 0
    outbound_wrap_up_ms: int = 0
    """What of the wrap-up followed calls that we made."""
    lapses: dict[str, int] = field(default_factory=dict)
    """How often somebody was late, missing, or left before the end."""

    @property
    def adherence(self) -> float | None:
        """Signed in while rostered / rostered."""
        return ratio(self.kept_ms, self.rostered_ms)

    @property
    def busy_ms(self) -> int:
        """Talk, hold and wrap-up; the colleague asked about a held caller is busy too."""
        return self.talking_ms + self.holding_ms + self.consulting_ms + self.wrap_up_ms

    @property
    def break_ms(self) -> int:
        return sum(self.breaks.values())

    @property
    def signed_in_ms(self) -> int:
        """All of it."""
        idle = self.available_ms + self.ringing_ms + self.dialling_ms
        return self.busy_ms + idle + self.away_ms + self.break_ms

    @property
    def occupancy(self) -> float | None:
        """(Talk + hold + wrap-up) / (that + available)."""
        return ratio(self.busy_ms, self.busy_ms + self.available_ms)

    @property
    def utilisation(self) -> float | None:
        """(Talk + hold + wrap-up) / time signed in."""
        return ratio(self.busy_ms, self.signed_in_ms)

    @property
    def aht_s(self) -> float | None:
        """(Talk + hold + wrap-up) / talks; a wrap-up after a call that we made is of none of them."""
        wrap_up_ms = self.wrap_up_ms - self.outbound_wrap_up_ms
        return (self.talk_ms + self.held_ms + wrap_up_ms) / self.talks / 1000 if self.talks else None

    @property
    def given_away(self) -> Share:
        """Transferred / talks: a colleague may have answered the call."""
        return Share(sum(self.transfers.values()), self.talks)

    def three_rings(self, budget_s: float) -> dict[str, int]:
        """The parts of 三声接听率."""
        return ring_parts(self.rings, self.answered_rings, budget_s)

    def three_ring_rate(self, budget_s: float) -> float | None:
        return ring_share(self.three_rings(budget_s)).rate


class WorkSlot(NamedTuple):
    """`shift` is its name and the moment it began, `night@1795000000`, or "" for work without one."""

    start_utc_s: int
    agent: str
    shift: str


@dataclass(slots=True)
class OpenWork:
    """What is known of an agent between two events: the shift, the state since when, the break's reason, the last talk.

    `talk` is where the wrap-up that follows is counted; `duty` what the roster makes of the agent, since when, and
    when the shift ends.
    """

    shift: str = ""
    status: str = AgentStatus.SIGNED_OUT.value
    state: str = AgentState.IDLE.value
    since_utc_s: float | None = None
    reason: str = ""
    talk: tuple[Slot, Slot] | None = None
    duty: str = DutyState.OFF.value
    duty_since_utc_s: float | None = None
    duty_until_utc_s: float | None = None


@dataclass(slots=True)
class Work:
    """The fold. `wrap_ups` are for the calls they belong to: slot, milliseconds."""

    figures: dict[WorkSlot, AgentFigures] = field(default_factory=dict)
    open: dict[str, OpenWork] = field(default_factory=dict)
    wrap_ups: list[tuple[Slot, int]] = field(default_factory=list)

    def apply(self, outcome: Outcome) -> None:
        """Count one outcome, unless it is of nobody."""
        event, at = outcome.event, outcome.at_utc_s
        match event:
            case AgentChanged():
                self._changed(event, at)
            case DutyChanged():
                self._duty_changed(event, at)
            case SurveyMarked() if event.agent:
                figures = self._at(quarter_hour(at), event.agent)
                add(figures.marks, event.mark)
                figures.surveys_answered += event.first
            case FlowBegan() if event.survey and event.agent:
                self._at(quarter_hour(at), event.agent).surveys += 1
            case (
                RingEnded() | CallAnswered() | TalkEnded() | CallTransferred() | ConsultBegan() | OutsideDialled()
                | OutboundEnded()
            ):  # fmt: skip
                if isinstance(event, OutboundEnded):
                    self._of(event.agent).talk = None  # its wrap-up is of no queue's call
                if event.agent:
                    self._did(event, self._at(quarter_hour(at), event.agent))

    def talked(self, agent: str, slots: tuple[Slot, Slot]) -> None:
        """The agent's next wrap-up belongs to a call counted there."""
        self._of(agent).talk = slots

    def _changed(self, event: AgentChanged, at: float) -> None:
        known = self._of(event.agent)
        for start, part_ms in quarters(at, event.lasted_s):
            self._spent(event, known, self._at(start, event.agent), part_ms)
        if event.was_state is AgentState.WRAP_UP:
            self.wrap_ups += [(slot, milliseconds(event.lasted_s)) for slot in known.talk or ()]
        if event.state is AgentState.IDLE:
            known.talk = None
        if event.status is AgentStatus.ON_BREAK and event.was_status is not AgentStatus.ON_BREAK:
            known.reason = event.reason
        known.status, known.state, known.since_utc_s = event.status.value, event.state.value, at

    def _duty_changed(self, event: DutyChanged, at: float) -> None:
        """The time until now belongs to the shift before."""
        known = self._of(event.agent)
        self.duty_until(event.agent, at)
        began = "" if event.start_utc_s is None else f"@{int(event.start_utc_s)}"
        known.shift = f"{event.shift}{began}" if event.shift else ""
        if event.duty in _LAPSES and event.duty.value != known.duty:
            add(self._at(quarter_hour(at), event.agent).lapses, event.duty.value)
        known.duty, known.duty_since_utc_s = event.duty.value, max(at, event.start_utc_s or at)
        known.duty_until_utc_s = event.end_utc_s

    def duty_until(self, agent: str, at: float) -> None:
        """Count what of the shift has passed since the last change; its end may be told late."""
        known = self._of(agent)
        if known.duty_since_utc_s is None or known.duty not in _ROSTERED:
            return
        end = at if known.duty_until_utc_s is None else min(at, known.duty_until_utc_s)
        for start, part_ms in quarters(end, end - known.duty_since_utc_s):
            figures = self._at(start, agent)
            figures.rostered_ms += part_ms
            figures.kept_ms += part_ms if known.duty in _KEPT else 0

    def _spent(self, event: AgentChanged, known: OpenWork, figures: AgentFigures, part_ms: int) -> None:
        if event.was_status is AgentStatus.SIGNED_OUT:
            return
        if event.was_state in _TIMES:
            name = _TIMES[event.was_state]
            setattr(figures, name, getattr(figures, name) + part_ms)
            if event.was_state is AgentState.WRAP_UP and known.talk is None:
                figures.outbound_wrap_up_ms += part_ms
        elif event.was_status is AgentStatus.ON_BREAK:
            add(figures.breaks, known.reason or AgentStatus.ON_BREAK.value, part_ms)
        elif event.was_status is AgentStatus.AWAY:
            figures.away_ms += part_ms
        else:
            figures.available_ms += part_ms

    def _did(
        self,
        event: RingEnded | CallAnswered | TalkEnded | CallTransferred | ConsultBegan | OutsideDialled | OutboundEnded,
        figures: AgentFigures,
    ) -> None:
        match event:
            case RingEnded():
                add(figures.rings, event.outcome.value)
                if event.outcome is RingOutcome.ANSWERED:
                    add(figures.answered_rings, bin_s(milliseconds(event.rang_s)))
            case CallAnswered():
                figures.answered += 1
            case TalkEnded():
                figures.talks += 1
                figures.talk_ms += milliseconds(event.talk_s)
                figures.held_ms += milliseconds(event.held_s)
            case CallTransferred() if event.how != "again":
                add(figures.transfers, event.how)
            case ConsultBegan() | OutsideDialled():
                figures.consults += 1
            case OutboundEnded():
                figures.outbound += 1
                figures.outbound_reached += event.outcome is OutboundOutcome.REACHED
                figures.outbound_talk_ms += milliseconds(event.talk_s)

    def _of(self, agent: str) -> OpenWork:
        return self.open.setdefault(agent, OpenWork())

    def _at(self, start_utc_s: int, agent: str) -> AgentFigures:
        return self.figures.setdefault(WorkSlot(start_utc_s, agent, self._of(agent).shift), AgentFigures())


def ongoing(agent: str, open_work: OpenWork, now_utc_s: float) -> dict[WorkSlot, AgentFigures]:
    """What the state in which the agent is now adds, if it ended now: reports of today ask for it."""
    work = Work(open={agent: replace(open_work)})
    work.duty_until(agent, now_utc_s)
    if open_work.since_utc_s is None:
        return work.figures
    status, state = AgentStatus(open_work.status), AgentState(open_work.state)
    lasted_s = now_utc_s - open_work.since_utc_s
    unchanged = AgentChanged(AgentId(agent), None, status, state, status, state, "", lasted_s)
    work.apply(Outcome(0, 0, 0.0, now_utc_s, unchanged))
    return work.figures


def quarters(end_utc_s: float, lasted_s: float) -> Iterator[tuple[int, int]]:
    """The quarters of an hour in which something lasted, and how many milliseconds in each; they add up exactly."""
    left_ms = milliseconds(max(0.0, lasted_s))
    end_ms = milliseconds(end_utc_s)
    if left_ms > LONGEST_STATE_S * 1000:
        yield quarter_hour(end_utc_s), left_ms
        return
    while left_ms > 0:
        start = quarter_hour((end_ms - 1) / 1000)
        part_ms = min(left_ms, end_ms - start * 1000)
        if part_ms <= 0 or part_ms > QUARTER_HOUR_S * 1000:  # before 1970
            part_ms = left_ms
        yield start, part_ms
        left_ms, end_ms = left_ms - part_ms, end_ms - part_ms


def open_to_json(work: OpenWork) -> list[object]:
    """One agent's open state as JSON."""
    talk = [list(slot) for slot in work.talk] if work.talk else None
    duty = [work.duty, work.duty_since_utc_s, work.duty_until_utc_s]
    return [work.shift, work.status, work.state, work.since_utc_s, work.reason, talk, *duty]


def open_from_json(document: list[Any]) -> OpenWork:
    """The inverse of `open_to_json`; a document of before duties were counted is read, too."""
    shift, status, state, since_utc_s, reason, talk, *duty = document
    slots = (Slot(*talk[0]), Slot(*talk[1])) if talk else None
    return OpenWork(shift, status, state, since_utc_s, reason, slots, *duty)
