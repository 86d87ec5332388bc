"""Outcomes folded into records: pure, so that live, replayed and rebuilt records are equal.

`fold` takes the records that the outcomes touch as they were, and gives those that changed. An
outcome whose predecessors are missing (a spool on a full disk) still makes a record of what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

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
from core.states import AgentStatus, AlarmState, OutboundState
from store import case_records
from store.records import (
    AgentSession,
    AlarmRecord,
    Break,
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

_AWAY_FROM_CALLS = (AgentStatus.ON_BREAK, AgentStatus.AWAY)


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
        return Picture(
            dict(self.calls),
            dict(self.segments),
            dict(self.agent_sessions),
            dict(self.seat_sessions),
            dict(self.alarms),
            dict(self.work),
            dict(self.recordings),
            dict(self.listenings),
            dict(self.cases),
            dict(self.moments),
            dict(self.notes),
        )

    def without(self, other: Picture) -> Picture:
        """The records that `other` lacks or has differently."""
        return Picture(
            {key: row for key, row in self.calls.items() if other.calls.get(key) != row},
            {key: row for key, row in self.segments.items() if other.segments.get(key) != row},
            {key: row for key, row in self.agent_sessions.items() if other.agent_sessions.get(key) != row},
            {key: row for key, row in self.seat_sessions.items() if other.seat_sessions.get(key) != row},
            {key: row for key, row in self.alarms.items() if other.alarms.get(key) != row},
            {key: row for key, row in self.work.items() if other.work.get(key) != row},
            {key: row for key, row in self.recordings.items() if other.recordings.get(key) != row},
            {key: row for key, row in self.listenings.items() if other.listenings.get(key) != row},
            {key: row for key, row in self.cases.items() if other.cases.get(key) != row},
            {key: row for key, row in self.moments.items() if other.moments.get(key) != row},
            {key: row for key, row in self.notes.items() if other.notes.get(key) != row},
        )


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
    return {outcome.event.item for outcome in outcomes if isinstance(outcome.event, WorkEvent)}


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
            picture.calls[event.call] = _call_after(_call(picture, event.call, at), event, at)
        case OutboundBegan() | OutboundMoved() | OutboundEnded():
            picture.calls[event.call] = _outbound_after(_call(picture, event.call, at), event, at)
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
            _agent_changed(picture, event, outcome)
        case ListeningBegan() | ListeningChanged() | ListeningEnded():
            _listen(picture, event, at)
        case WorkOpened() | WorkTaken() | WorkOverdue() | WorkClosed():
            picture.work[event.item] = _work_after(picture.work.get(event.item) or _unseen_work(event, at), event, at)
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
    return picture.calls.get(call) or CallRecord(
        call=call, hotline="", trunk="", caller="", language="", queue="", entered_utc_s=at, offered_utc_s=None,
        answered_utc_s=None, ended_utc_s=None, waited_s=0.0, talk_s=0.0, tries=0, how="", agent="", seat="",
    )  # fmt: skip


CallStep = (
    CallEntered | CallOffered | CallMoved | SeatReserved | CallAbandoned | CallFlowedOut | CallTurnedIntoCallback
    | CallLeftMessage
    | CallLost | CallEnded
)  # fmt: skip


def _call_after(
    row: CallRecord,
    event: CallStep,
    at: float,
) -> CallRecord:
    match event:
        case CallEntered():
            return replace(row, hotline=event.hotline, trunk=event.trunk, caller=event.caller, language=event.language)
        case CallOffered():
            offered = at - event.waited_s if row.offered_utc_s is None else row.offered_utc_s
            return replace(
                row, hotline=event.hotline, queue=event.queue, language=event.language, offered_utc_s=offered
            )
        case CallMoved():
            return replace(row, hotline=event.hotline, queue=event.queue, language=event.language)
        case SeatReserved():
            return replace(row, tries=row.tries + 1)
        case CallAbandoned() | CallFlowedOut() | CallTurnedIntoCallback() | CallLeftMessage():
            waited_s = row.waited_s if row.outcome else event.waited_s  # a stay after a transfer is no second request
            return replace(row, hotline=event.hotline, queue=event.queue, waited_s=waited_s)
        case CallLost():
            return replace(row, hotline=event.hotline, queue=event.queue or row.queue)
        case CallEnded():
            return replace(row, hotline=event.hotline, how=event.how, ended_utc_s=at)


def _outbound_after(row: CallRecord, event: OutboundBegan | OutboundMoved | OutboundEnded, at: float) -> CallRecord:
    """A call that we made: it has no hotline, `caller` is whom we called, and `tries` how many trunks were asked."""
    match event:
        case OutboundBegan():
            return replace(
                row, caller=event.number, language=event.language, queue=event.queue or "", agent=event.agent,
                seat=event.seat,
            )  # fmt: skip
        case OutboundMoved() if event.state is OutboundState.CALLING:
            return replace(row, trunk=event.trunk or "", tries=row.tries + 1)
        case OutboundMoved() if event.state is OutboundState.TALKING:
            return replace(row, trunk=event.trunk or "", answered_utc_s=at, waited_s=at - row.entered_utc_s)
        case OutboundEnded():
            return replace(row, how=event.outcome.value, talk_s=event.talk_s, ended_utc_s=at)
    return row


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
        waited_s=event.waited_s if row.answered_utc_s is None else row.waited_s,
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


# --- people ----------------------------------------------------------------------------------
def _agent_changed(picture: Picture, event: AgentChanged, outcome: Outcome) -> None:
    at, number = outcome.at_utc_s, f"{outcome.sequence}.{outcome.ordinal}"
    seat = "" if event.seat is None else event.seat
    signed_out = event.status is AgentStatus.SIGNED_OUT
    session = next(_open_sessions(picture, event.agent), None)
    if session is None and not signed_out:
        session = AgentSession(f"{event.agent}@{number}", event.agent, seat, at, None, 0.0, 0.0, ())
    if session is not None:
        picture.agent_sessions[session.session] = _session_after(session, event, seat, at)
    _sit(picture, event.agent, "" if signed_out else seat, number, at)


def _open_sessions(picture: Picture, agent: str) -> Iterator[AgentSession]:
    return (row for row in picture.agent_sessions.values() if row.agent == agent and row.ended_utc_s is None)


def _session_after(row: AgentSession, event: AgentChanged, seat: str, at: float) -> AgentSession:
    was_away = event.was_status in _AWAY_FROM_CALLS
    signed_out = event.status is AgentStatus.SIGNED_OUT
    return replace(
        row,
        seat=seat or row.seat,
        signed_in_s=row.signed_in_s + (event.lasted_s if event.was_status is not AgentStatus.SIGNED_OUT else 0.0),
        break_s=row.break_s + (event.lasted_s if was_away else 0.0),
        breaks=_breaks_after(row.breaks, event, at),
        ended_utc_s=at if signed_out else None,
    )


def _breaks_after(breaks: tuple[Break, ...], event: AgentChanged, at: float) -> tuple[Break, ...]:
    if event.status is event.was_status:
        return breaks
    if breaks and breaks[-1].ended_utc_s is None:
        breaks = (*breaks[:-1], replace(breaks[-1], ended_utc_s=at))
    if event.status in _AWAY_FROM_CALLS:
        reason = event.reason if event.status is AgentStatus.ON_BREAK else event.status.value
        breaks = (*breaks, Break(reason, at, None))
    return breaks


def _sit(picture: Picture, agent: str, seat: str, number: str, at: float) -> None:
    """`agent` now sits at `seat` ("": nowhere); whoever sat there, and wherever the agent sat, is over."""
    if any((row.seat, row.agent, row.ended_utc_s) == (seat, agent, None) for row in picture.seat_sessions.values()):
        return
    for row in list(picture.seat_sessions.values()):
        if row.ended_utc_s is None and (row.agent == agent or row.seat == seat):
            picture.seat_sessions[row.session] = replace(row, ended_utc_s=at)
    if seat:
        session = SeatSession(f"{seat}@{number}", seat, agent, at, None)
        picture.seat_sessions[session.session] = session


# --- work ------------------------------------------------------------------------------------
WorkEvent = WorkOpened | WorkTaken | WorkOverdue | WorkClosed


def _unseen_work(event: WorkEvent, at: float) -> WorkItem:
    """An item whose beginning was lost."""
    return WorkItem(
        item=event.item, kind="", call="", number="", queue="", hotline="", language="", about="", file="",
        lasted_s=0.0, mark=0, busy=False, opened_utc_s=at, due_utc_s=at, state="open", owner="", overdue=False, note="",
        closed_utc_s=None, closed_by="", how="",
    )  # fmt: skip


def _work_after(row: WorkItem, event: WorkEvent, at: float) -> WorkItem:
    match event:
        case WorkOpened():
            return replace(
                row, kind=event.kind.value, call=event.call, number=event.number, queue=event.queue,
                hotline=event.hotline, language=event.language, about=event.about, file=event.file,
                lasted_s=event.lasted_s, mark=event.mark, busy=event.busy, opened_utc_s=at, due_utc_s=at + event.due_s,
            )  # fmt: skip
        case WorkTaken():
            return replace(row, state="claimed", owner=event.owner, note=event.note or row.note)
        case WorkOverdue():
            return replace(row, kind=event.kind.value, overdue=True)
        case WorkClosed():
            return replace(
                row, kind=event.kind.value, state="closed", owner=event.owner, overdue=event.overdue,
                note=event.note or row.note, closed_utc_s=at, closed_by=event.by, how=event.how,
            )  # fmt: skip
