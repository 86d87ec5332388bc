"""Outcomes folded into records, so that live, replayed and rebuilt records are equal. Pure.

`fold` takes the records that the outcomes touch as they were, and gives those that changed. An
outcome whose predecessors are missing (a spool on a full disk) still makes a record of what it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from core.events import (
    AgentChanged,
    AlarmChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallFlowedOut,
    CallHeld,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallNoted,
    CallOffered,
    CallResumed,
    CallTurnedIntoCallback,
    CaseChanged,
    CaseOpened,
    CaseOverdue,
    CaseTaken,
    ConsultBegan,
    ConsultEnded,
    ListeningBegan,
    ListeningChanged,
    ListeningEnded,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    Outcome,
    OutsideAnswered,
    OutsideEnded,
    RingBegan,
    RingEnded,
    SeatReserved,
    TalkBegan,
    TalkEnded,
    WorkClosed,
    WorkOpened,
    WorkOverdue,
    WorkTaken,
)
from core.ledger import RecordingRecord, after
from core.states import AlarmState
from store import call_records, case_records, session_records, work_records
from store.records import (
    AgentSession,
    AlarmRecord,
    CallNote,
    CallRecord,
    CaseMoment,
    CaseRow,
    ListeningRecord,
    SeatSession,
    SegmentRecord,
    WorkItem,
)
from store.waits import Waits


@dataclass(slots=True)
class Picture:
    """Records by their key; of the sessions only open ones are needed before a fold."""

    calls: dict[str, CallRecord] = field(default_factory=dict)
    segments: dict[str, SegmentRecord] = field(default_factory=dict)
    agent_sessions: dict[str, AgentSession] = field(default_factory=dict)
    seat_sessions: dict[str, SeatSession] = field(default_factory=dict)
    alarms: dict[str, AlarmRecord] = field(default_factory=dict)
    work: dict[str, WorkItem] = field(default_factory=dict)
    recordings: dict[str, RecordingRecord] = field(default_factory=dict)
    listenings: dict[str, ListeningRecord] = field(default_factory=dict)
    cases: dict[str, CaseRow] = field(default_factory=dict)
    moments: dict[str, CaseMoment] = field(default_factory=dict)
    """Of cases; those before a fold are not needed."""
    notes: dict[str, CallNote] = field(default_factory=dict)
    """Likewise."""

    def copy(self) -> Picture:
        return Picture(*(dict(rows) for rows in self._kinds()))

    def without(self, other: Picture) -> Picture:
        """The records that `other` lacks or has differently."""
        pairs = zip(self._kinds(), other._kinds(), strict=True)
        return Picture(*({key: row for key, row in mine.items() if theirs.get(key) != row} for mine, theirs in pairs))

    def _kinds(self) -> list[dict[str, Any]]:
        return [getattr(self, kind.name) for kind in fields(self)]


def touched_calls(outcomes: Iterable[Outcome]) -> set[str]:
    """Calls whose records a fold of these outcomes needs."""
    return {call for outcome in outcomes if (call := getattr(outcome.event, "call", None)) is not None}


def touched_agents(outcomes: Iterable[Outcome]) -> set[str]:
    """Agents whose open sessions a fold of these outcomes needs."""
    return {outcome.event.agent for outcome in outcomes if isinstance(outcome.event, AgentChanged)}


def touched_seats(outcomes: Iterable[Outcome]) -> set[str]:
    """Seats whose open sessions a fold of these outcomes needs."""
    return {o.event.seat for o in outcomes if isinstance(o.event, AgentChanged) and o.event.seat is not None}


def touched_work(outcomes: Iterable[Outcome]) -> set[str]:
    """Items whose records a fold of these outcomes needs."""
    return {outcome.event.item for outcome in outcomes if isinstance(outcome.event, work_records.WorkEvent)}


def touched_listenings(outcomes: Iterable[Outcome]) -> set[str]:
    """Listenings whose records a fold of these outcomes needs."""
    listened = (outcome.event for outcome in outcomes)
    return {
        event.listening for event in listened if isinstance(event, ListeningBegan | ListeningChanged | ListeningEnded)
    }


def touched_cases(outcomes: Iterable[Outcome]) -> set[str]:
    """Cases whose records a fold of these outcomes needs."""
    return {outcome.event.case for outcome in outcomes if isinstance(outcome.event, case_records.CaseEvent)}


def fold(before: Picture, outcomes: Iterable[Outcome]) -> Picture:
    """The records that change."""
    after = before.copy()
    waits = Waits(after.segments)
    for outcome in outcomes:
        became = waits.apply(outcome)
        _fold_one(after, outcome)
        if became:
            _note_what_became(after, outcome, became)
    return after.without(before)


def _note_what_became(picture: Picture, outcome: Outcome, became: str) -> None:
    """Of the call's request for an agent. The first counts: a transfer to a queue is no second request."""
    call: str = getattr(outcome.event, "call", "")
    row = _call(picture, call, outcome.at_utc_s)
    picture.calls[call] = replace(row, outcome=row.outcome or became)


def _fold_one(picture: Picture, outcome: Outcome) -> None:
    event, at = outcome.event, outcome.at_utc_s
    _keep_ledger(picture, outcome)
    match event:
        case (
            CallEntered()
            | CallOffered()
            | CallMoved()
            | SeatReserved()
            | CallAbandoned()
            | CallFlowedOut()
            | CallTurnedIntoCallback()
            | CallLeftMessage()
            | CallLost()
            | CallEnded()
        ):
            picture.calls[event.call] = call_records.after(_call(picture, event.call, at), event, at)
        case OutboundBegan() | OutboundMoved() | OutboundEnded():
            picture.calls[event.call] = call_records.outbound_after(_call(picture, event.call, at), event, at)
        case RingBegan():
            picture.segments[event.offer] = replace(_ring(picture, event, at), began_utc_s=at)
        case RingEnded():
            _end_ring(picture, event, at)
        case CallAnswered():
            _answer(picture, event, outcome)
        case TalkBegan():
            _begin_talk(picture, event, outcome)
        case CallHeld():
            name = f"{event.call}/hold/{outcome.sequence}.{outcome.ordinal}"
            picture.segments[name] = _segment(name, "hold", event, at)
        case CallResumed():
            _end_hold(picture, event, at, event.held_s, "resumed")
        case ConsultBegan():
            picture.segments[event.offer] = _consult(event, at)
        case ConsultEnded():
            _end_consult(picture, event, at)
        case OutsideAnswered() if event.agent:
            picture.segments[f"{event.call}/advice"] = _advice(event, at)
        case OutsideEnded() if event.agent and event.talk_s > 0:
            row = picture.segments.get(f"{event.call}/advice") or _advice(event, at - event.talk_s)
            picture.segments[row.segment] = _advice_over(row, at, event.outcome.value)
        case OutsideAnswered():
            advice = picture.segments.get(f"{event.call}/advice")
            if advice is not None and advice.ended_utc_s is None:
                picture.segments[advice.segment] = _advice_over(advice, at, "completed")
            picture.segments[f"{event.call}/outside"] = _outside(event, at)
        case OutsideEnded() if event.talk_s > 0:
            row = picture.segments.get(f"{event.call}/outside") or _outside(event, at - event.talk_s)
            ended = replace(row, ended_utc_s=at, lasted_s=event.talk_s, outcome=event.outcome.value)
            picture.segments[row.segment] = ended
        case TalkEnded():
            _end_talk(picture, event, outcome)
        case AlarmChanged():
            _alarm_changed(picture, event, outcome)
        case AgentChanged():
            session_records.agent_changed(picture.agent_sessions, picture.seat_sessions, event, outcome)
        case ListeningBegan() | ListeningChanged() | ListeningEnded():
            _listen(picture, event, at)
        case WorkOpened() | WorkTaken() | WorkOverdue() | WorkClosed():
            picture.work[event.item] = work_records.after(picture.work.get(event.item), event, at)
        case CallNoted():
            note = CallNote(
                f"{event.call}/{event.agent}", event.call, event.agent, event.text, event.code, event.tags, at
            )
            picture.notes[note.note] = note
        case CaseOpened() | CaseTaken() | CaseChanged() | CaseOverdue():
            case, moment = case_records.after(picture.cases.get(event.case), outcome, event)
            picture.cases[case.case], picture.moments[moment.moment] = case, moment
        case _:
            pass


# --- listeners -------------------------------------------------------------------------------
def _listen(picture: Picture, event: ListeningBegan | ListeningChanged | ListeningEnded, at: float) -> None:
    began = at - event.lasted_s if isinstance(event, ListeningEnded) else at
    row = picture.listenings.get(event.listening) or ListeningRecord(
        event.listening, event.call, event.by, "", "", "", began, None, ""
    )
    match event:
        case ListeningBegan():
            row = replace(row, address=event.address, seat=event.seat or "", modes=event.mode.value, began_utc_s=at)
        case ListeningChanged():
            row = replace(row, modes=" ".join(dict.fromkeys([*row.modes.split(), event.mode.value])))
        case ListeningEnded():
            row = replace(row, ended_utc_s=at, why=event.why)
    picture.listenings[row.listening] = row


# --- recordings ------------------------------------------------------------------------------
def _keep_ledger(picture: Picture, outcome: Outcome) -> None:
    call = getattr(outcome.event, "call", None)
    if call is not None:
        rows = {voice: row for voice, row in picture.recordings.items() if row.call == call}
        picture.recordings |= {row.voice: row for row in after(rows, outcome)}


# --- calls -----------------------------------------------------------------------------------
def _call(picture: Picture, call: str, at: float) -> CallRecord:
    """The call's record, or a blank one that begins now."""
    return picture.calls.get(call) or call_records.blank(call, at)


def _answer(picture: Picture, event: CallAnswered, outcome: Outcome) -> None:
    at = outcome.at_utc_s
    row = _call(picture, event.call, at)
    picture.calls[event.call] = replace(
        row,
        hotline=event.hotline,
        queue=event.queue,
        seat=event.seat,
        agent=event.agent,
        tries=max(row.tries, event.tries),
        answered_utc_s=at if row.answered_utc_s is None else row.answered_utc_s,
        waited_s=call_records.waited(row, event.waited_s),
    )
    _open_segment(picture, event, outcome)


def _begin_talk(picture: Picture, event: TalkBegan, outcome: Outcome) -> None:
    """From hand to hand: the wait that counts is over long ago."""
    row = _call(picture, event.call, outcome.at_utc_s)
    picture.calls[event.call] = replace(
        row, hotline=event.hotline, queue=event.queue, seat=event.seat, agent=event.agent
    )
    _open_segment(picture, event, outcome)


def _open_segment(picture: Picture, event: CallAnswered | TalkBegan, outcome: Outcome) -> None:
    name = f"{event.call}/talk/{outcome.sequence}.{outcome.ordinal}"
    picture.segments[name] = replace(_segment(name, "talk", event, outcome.at_utc_s), queue=event.queue)


def _end_talk(picture: Picture, event: TalkEnded, outcome: Outcome) -> None:
    """Close the talk at that seat; a talk whose answer nobody saw is reckoned from its length."""
    at = outcome.at_utc_s
    row = _call(picture, event.call, at)
    picture.calls[event.call] = replace(
        row, hotline=event.hotline, queue=event.queue, seat=event.seat, agent=event.agent,
        talk_s=row.talk_s + event.talk_s,
    )  # fmt: skip
    unseen = _segment(f"{event.call}/talk/{outcome.sequence}.{outcome.ordinal}", "talk", event, at - event.talk_s)
    _end_hold(picture, event, at, None, event.by)
    talk = _open_segment_of(picture, event, "talk") or replace(unseen, queue=event.queue)
    picture.segments[talk.segment] = replace(talk, ended_utc_s=at, lasted_s=event.talk_s, outcome=event.by)


def _end_hold(picture: Picture, event: CallResumed | TalkEnded, at: float, held_s: float | None, outcome: str) -> None:
    """Close the hold of that talk, if one is open; `held_s` None: as long as the wall clock says."""
    if hold := _open_segment_of(picture, event, "hold"):
        lasted_s = max(0.0, at - hold.began_utc_s) if held_s is None else held_s
        picture.segments[hold.segment] = replace(hold, ended_utc_s=at, lasted_s=lasted_s, outcome=outcome)


def _consult(event: ConsultBegan | ConsultEnded, at: float) -> SegmentRecord:
    return SegmentRecord(event.offer, event.call, "consult", "", event.to_seat, event.to_agent, at, None, 0.0, "")


def _end_consult(picture: Picture, event: ConsultEnded, at: float) -> None:
    row = picture.segments.get(event.offer) or _consult(event, at - event.lasted_s)
    picture.segments[event.offer] = replace(row, ended_utc_s=at, lasted_s=event.lasted_s, outcome=event.how)


def _outside(event: OutsideAnswered | OutsideEnded, began: float) -> SegmentRecord:
    """A talk with somebody outside the house, the last of a call: no seat, no agent."""
    return SegmentRecord(f"{event.call}/outside", event.call, "outside", event.queue, "", "", began, None, 0.0, "")


def _advice(event: OutsideAnswered | OutsideEnded, began: float) -> SegmentRecord:
    """A consult with somebody outside, the last of a call: no seat of theirs; `agent` is who asked."""
    name = f"{event.call}/advice"
    return SegmentRecord(name, event.call, "consult", event.queue, "", event.agent, began, None, 0.0, "")


def _advice_over(row: SegmentRecord, at: float, how: str) -> SegmentRecord:
    return replace(row, ended_utc_s=at, lasted_s=max(0.0, at - row.began_utc_s), outcome=how)


def _open_segment_of(picture: Picture, event: CallResumed | TalkEnded, kind: str) -> SegmentRecord | None:
    """The oldest one, should there be several: no order of loading may matter."""
    wanted = (event.call, kind, event.seat, None)
    rows = picture.segments.values()
    found = (row for row in rows if (row.call, row.kind, row.seat, row.ended_utc_s) == wanted)
    return min(found, key=lambda row: (row.began_utc_s, row.segment), default=None)


def _ring(picture: Picture, event: RingBegan | RingEnded, at: float) -> SegmentRecord:
    return picture.segments.get(event.offer) or _segment(event.offer, "ring", event, at)


def _end_ring(picture: Picture, event: RingEnded, at: float) -> None:
    picture.segments[event.offer] = replace(
        _ring(picture, event, at - event.rang_s),
        queue=event.queue,
        ended_utc_s=at,
        lasted_s=event.rang_s,
        outcome=event.outcome.value,
    )


def _segment(
    name: str,
    kind: str,
    event: RingBegan | RingEnded | CallAnswered | TalkBegan | TalkEnded | CallHeld,
    began: float,
) -> SegmentRecord:
    return SegmentRecord(
        segment=name, call=event.call, kind=kind, queue="", seat=event.seat, agent=event.agent,
        began_utc_s=began, ended_utc_s=None, lasted_s=0.0, outcome="",
    )  # fmt: skip


# --- alarms ----------------------------------------------------------------------------------
def _alarm_changed(picture: Picture, event: AlarmChanged, outcome: Outcome) -> None:
    """One row from raised to over; what is told of an alarm whose beginning nobody saw begins one."""
    at, wanted = outcome.at_utc_s, (event.rule, event.subject, None)
    found = (row for row in picture.alarms.values() if (row.rule, row.subject, row.cleared_utc_s) == wanted)
    row = min(found, key=lambda row: row.alarm, default=None)
    if row is None:
        name = f"{event.rule}/{event.subject}@{outcome.sequence}.{outcome.ordinal}"
        row = AlarmRecord(name, event.rule, event.subject, event.severity, event.value, event.text, at, None, "", None)
    if event.state is AlarmState.ACKNOWLEDGED:
        row = replace(row, acknowledged_utc_s=at, acknowledged_by=event.by)
    elif event.state is AlarmState.CLEARED:
        row = replace(row, cleared_utc_s=at)
    picture.alarms[row.alarm] = row
