"""Outcomes in, records out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallLost,
    CallOffered,
    Event,
    ListeningBegan,
    ListeningEnded,
    Outcome,
    OutsideAnswered,
    OutsideEnded,
    RingBegan,
    RingEnded,
    SeatReserved,
    TalkEnded,
    WorkClosed,
    WorkOpened,
    WorkOverdue,
    WorkTaken,
)
from core.ids import AgentId, CallId, HotlineId, ListeningId, OfferId, QueueId, SeatId, TrunkId, WorkId
from core.states import AgentState, AgentStatus, OutboundOutcome, RingOutcome, WorkKind
from store.projections import (
    Picture,
    fold,
    touched_agents,
    touched_calls,
    touched_cases,
    touched_listenings,
    touched_seats,
    touched_work,
)
from store.records import Break, CallRecord, ListeningRecord
from tests.unit.store.histories import histories

CALL, HOTLINE, QUEUE = CallId("n-1.1"), HotlineId("h1"), QueueId("presales")
S1, S2, A1, A2 = SeatId("s1"), SeatId("s2"), AgentId("a1"), AgentId("a2")


def at(*timed: tuple[float, Event]) -> list[Outcome]:
    """Outcomes at these seconds."""
    return [Outcome(number, 0, when, when, event) for number, (when, event) in enumerate(timed, 1)]


ENTERED = CallEntered(CALL, HOTLINE, TrunkId("t1"), "+8613800000000", "zh-CN")
OFFERED = CallOffered(CALL, QUEUE, HOTLINE, 0, "zh-CN", 0.0)


def test_a_call_missed_once_then_answered_leaves_one_final_record() -> None:
    first, second = OfferId("n-1.1/1"), OfferId("n-1.1/2")
    picture = fold(
        Picture(),
        at(
            (10, ENTERED),
            (15, OFFERED),
            (15, SeatReserved(CALL, first, S1, A1, QUEUE, 2, 60.0)),
            (16, RingBegan(CALL, first, S1, A1)),
            (31, RingEnded(CALL, first, S1, A1, QUEUE, RingOutcome.MISSED, 15.0)),
            (31, SeatReserved(CALL, second, S2, A2, QUEUE, 1, 50.0)),
            (32, RingBegan(CALL, second, S2, A2)),
            (35, RingEnded(CALL, second, S2, A2, QUEUE, RingOutcome.ANSWERED, 3.0)),
            (35, CallAnswered(CALL, QUEUE, HOTLINE, S2, A2, 20.0, 2)),
            (95, TalkEnded(CALL, QUEUE, HOTLINE, S2, A2, 60.0, "caller")),
            (96, CallEnded(CALL, HOTLINE, "caller", 86.0)),
        ),
    )
    assert picture.calls == {
        CALL: CallRecord(
            call=CALL, hotline="h1", trunk="t1", caller="+8613800000000", language="zh-CN", queue="presales",
            entered_utc_s=10, offered_utc_s=15, answered_utc_s=35, ended_utc_s=96,
            waited_s=20, talk_s=60, tries=2, how="caller", agent="a2", seat="s2",
            outcome="answered",
        )
    }  # fmt: skip
    told = [(s.kind, s.seat, s.began_utc_s, s.ended_utc_s, s.lasted_s, s.outcome) for s in picture.segments.values()]
    assert told == [
        ("wait", "", 15, 35, 20, "answered"),
        ("ring", "s1", 16, 31, 15, "missed"),
        ("ring", "s2", 32, 35, 3, "answered"),
        ("talk", "s2", 35, 95, 60, "caller"),
    ]


def test_a_caller_who_gives_up_keeps_the_wait() -> None:
    picture = fold(
        Picture(),
        at((10, ENTERED), (12, OFFERED), (42, CallAbandoned(CALL, QUEUE, HOTLINE, 30.0)),
           (42, CallEnded(CALL, HOTLINE, "abandoned", 32.0))),
    )  # fmt: skip
    row = picture.calls[CALL]
    assert (row.waited_s, row.how, row.answered_utc_s, row.ended_utc_s, row.tries) == (30, "abandoned", None, 42, 0)


def test_a_recovered_caller_was_offered_when_it_first_asked() -> None:
    again = CallOffered(CALL, QUEUE, HOTLINE, 0, "zh-CN", 25.0)
    assert fold(Picture(), at((100, again))).calls[CALL].offered_utc_s == 75
    assert fold(Picture(), at((12, OFFERED), (100, again))).calls[CALL].offered_utc_s == 12


def test_a_call_lost_with_the_pbx_and_a_talk_whose_answer_nobody_saw() -> None:
    picture = fold(
        Picture(),
        at((50, TalkEnded(CALL, QUEUE, HOTLINE, S1, A1, 20.0, "pbx")), (50, CallLost(CALL, None, HOTLINE, "PBX_LOST")),
           (50, CallEnded(CALL, HOTLINE, "pbx_lost", 40.0))),
    )  # fmt: skip
    row = picture.calls[CALL]
    assert (row.how, row.queue, row.talk_s, row.ended_utc_s) == ("pbx_lost", "presales", 20, 50)
    (talk,) = picture.segments.values()
    assert (talk.began_utc_s, talk.ended_utc_s, talk.outcome) == (30, 50, "pbx")


def changed(
    was: AgentStatus, status: AgentStatus, lasted_s: float, *, seat: SeatId | None = S1, reason: str = ""
) -> AgentChanged:
    return AgentChanged(A1, seat, was, AgentState.IDLE, status, AgentState.IDLE, reason, lasted_s)


OUT, READY, BREAK, AWAY = AgentStatus.SIGNED_OUT, AgentStatus.READY, AgentStatus.ON_BREAK, AgentStatus.AWAY


def test_a_session_runs_from_sign_in_to_sign_out_with_its_breaks() -> None:
    picture = fold(
        Picture(),
        at(
            (100, changed(OUT, READY, 0)),
            (200, changed(READY, BREAK, 100, reason="meal")),
            (260, changed(BREAK, READY, 60)),
            (300, changed(READY, AWAY, 40)),
            (310, changed(AWAY, OUT, 10, seat=None)),
        ),
    )
    (session,) = picture.agent_sessions.values()
    assert (session.agent, session.seat, session.began_utc_s, session.ended_utc_s) == ("a1", "s1", 100, 310)
    assert (session.signed_in_s, session.break_s) == (210, 70)
    assert session.breaks == (Break("meal", 200, 260), Break("away", 300, 310))
    (sat,) = picture.seat_sessions.values()
    assert (sat.seat, sat.agent, sat.began_utc_s, sat.ended_utc_s) == ("s1", "a1", 100, 310)


def test_moving_to_another_seat_ends_sitting_but_not_the_session() -> None:
    picture = fold(Picture(), at((1, changed(OUT, READY, 0)), (5, changed(READY, READY, 4, seat=S2))))
    assert [row.seat for row in picture.agent_sessions.values()] == ["s2"]
    assert [(row.seat, row.ended_utc_s) for row in picture.seat_sessions.values()] == [("s1", 5), ("s2", None)]


def test_who_takes_a_taken_seat_ends_the_others_sitting() -> None:
    other = AgentChanged(A2, S1, OUT, AgentState.IDLE, READY, AgentState.IDLE, "", 0.0)
    picture = fold(Picture(), at((1, changed(OUT, READY, 0)), (5, other)))
    assert [(row.agent, row.ended_utc_s) for row in picture.seat_sessions.values()] == [("a1", 5), ("a2", None)]


@settings(max_examples=100)
@given(histories(), st.data())
def test_folding_in_pieces_gives_the_same_records(history: list[Outcome], data: st.DataObject) -> None:
    kept, rest = Picture(), history
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        piece, rest = rest[:size], rest[size:]
        _put(kept, fold(_needed(kept, piece), piece))
    assert kept == fold(Picture(), history)


def _needed(kept: Picture, piece: list[Outcome]) -> Picture:
    """What the database would load, in another order."""
    calls, agents, seats = touched_calls(piece), touched_agents(piece), touched_seats(piece)
    return Picture(
        {key: row for key, row in kept.calls.items() if key in calls},
        dict(sorted(((key, row) for key, row in kept.segments.items() if row.call in calls), reverse=True)),
        {k: row for k, row in kept.agent_sessions.items() if row.agent in agents and row.ended_utc_s is None},
        {
            k: row
            for k, row in kept.seat_sessions.items()
            if (row.agent in agents or row.seat in seats) and row.ended_utc_s is None
        },
        {key: row for key, row in kept.alarms.items() if row.cleared_utc_s is None},
        {key: row for key, row in kept.work.items() if key in touched_work(piece)},
        dict(sorted(((key, row) for key, row in kept.recordings.items() if row.call in calls), reverse=True)),
        {key: row for key, row in kept.listenings.items() if key in touched_listenings(piece)},
        {key: row for key, row in kept.cases.items() if key in touched_cases(piece)},
    )


def _put(kept: Picture, changes: Picture) -> None:
    kept.calls |= changes.calls
    kept.segments |= changes.segments
    kept.agent_sessions |= changes.agent_sessions
    kept.seat_sessions |= changes.seat_sessions
    kept.alarms |= changes.alarms
    kept.work |= changes.work
    kept.recordings |= changes.recordings
    kept.listenings |= changes.listenings
    kept.cases |= changes.cases
    kept.moments |= changes.moments
    kept.notes |= changes.notes


# --- work --------------------------------------------------------------------------------------------
def test_an_item_of_work_from_its_beginning_to_its_end() -> None:
    who = (CALL, "+8613800000000", QUEUE, HOTLINE, "zh-CN")
    item, nobody, a1 = WorkId("w-1.0"), AgentId(""), AgentId("a1")
    events: list[tuple[float, Event]] = [
        (100, WorkOpened(item, WorkKind.MESSAGE, *who, True, 60.0, "repair", "f.wav", 12.0)),
        (110, WorkTaken(item, a1, nobody, "lead", "urgent")),
        (160, WorkOverdue(item, WorkKind.MESSAGE, a1)),
        (170, WorkClosed(item, WorkKind.MESSAGE, a1, "done", "a1", "", True)),
    ]
    states = [fold(Picture(), at(*events[:count])).work[item] for count in (1, 2, 3, 4)]
    assert [row.state for row in states] == ["open", "claimed", "claimed", "closed"]
    assert [row.overdue for row in states] == [False, False, True, True]
    last = states[-1]
    assert (last.opened_utc_s, last.due_utc_s, last.closed_utc_s) == (100, 160, 170)
    assert (last.owner, last.note, last.how, last.closed_by, last.file) == ("a1", "urgent", "done", "a1", "f.wav")


# --- listeners ---------------------------------------------------------------------------------------
def test_who_heard_which_call_from_when_to_when() -> None:
    one = ListeningId("li-7")
    began = ListeningBegan(one, CALL, "lead", "192.0.2.7", True)
    ended = ListeningEnded(one, CALL, "lead", 50.0, "asked", True)
    row = ListeningRecord(one, CALL, "lead", "192.0.2.7", "", "listen", 10.0, 60.0, "asked")
    assert fold(Picture(), at((10, began), (60, ended))).listenings == {one: row}
    unseen = fold(Picture(), at((60, ended))).listenings[one]
    assert (unseen.began_utc_s, unseen.address) == (10.0, ""), "its beginning was lost"


def test_a_consult_outside_is_a_segment_and_the_talk_that_follows_another() -> None:
    who = (CALL, QUEUE, HOTLINE, "+8613800138000")
    asked, given = OutsideAnswered(*who, None, A1), OutsideAnswered(*who, None)
    story = at((5.0, asked), (9.0, given), (30.0, OutsideEnded(*who, OutboundOutcome.REACHED, 21.0)))
    found = [(row.kind, row.agent, row.lasted_s, row.outcome) for row in fold(Picture(), story).segments.values()]
    assert found == [("consult", A1, 4.0, "completed"), ("outside", "", 21.0, "reached")]
    back = at((5.0, asked), (9.0, OutsideEnded(*who, OutboundOutcome.REACHED, 4.0, A1)))
    (only,) = fold(Picture(), back).segments.values()
    assert (only.kind, only.lasted_s, only.ended_utc_s, only.outcome) == ("consult", 4.0, 9.0, "reached")
