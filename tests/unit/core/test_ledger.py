"""The ledger, outcome by outcome: what is expected, due, there and missing."""

from __future__ import annotations

from dataclasses import replace

from core.events import (
    CallAnswered,
    CallResumed,
    ConsultAnswered,
    ConsultBegan,
    ConsultEnded,
    Event,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    Outcome,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    RingEnded,
    SeatReserved,
    TalkBegan,
    TalkEnded,
)
from core.house import Agent, Queue
from core.ids import NOBODY, AgentId, CallId, HotlineId, OfferId, QueueId, SeatId
from core.ledger import RecordingRecord, after, caller_voice, coverage
from core.recorded import is_recorded, place_of
from core.recordings import (
    Archived,
    RecordingErased,
    RecordingFinished,
    RecordingLost,
    RecordingResumed,
    VoiceClosed,
    VoiceDiscarded,
    VoiceGrew,
    VoiceOpened,
    VoiceStalled,
)
from core.states import OutboundOutcome, OutboundState, RingOutcome

CALL, OFFER, SECOND = CallId("n-1.1"), OfferId("n-1.1/1"), OfferId("n-1.1/2")
SEAT, OTHER, AGENT, COLLEAGUE = SeatId("s1"), SeatId("s2"), AgentId("a1"), AgentId("a2")
QUEUE, HOTLINE = QueueId("presales"), HotlineId("main")
FILE = "2026/11/26/n-1.1-agent-n-2.2.wav"
RESERVED = SeatReserved(CALL, OFFER, SEAT, AGENT, QUEUE, 1, 0.0)
RANG_OUT = RingEnded(CALL, OFFER, SEAT, AGENT, QUEUE, RingOutcome.MISSED, 15.0)
ANSWERED = CallAnswered(CALL, QUEUE, HOTLINE, SEAT, AGENT, 5.0, 1)
ENDED = TalkEnded(CALL, QUEUE, HOTLINE, SEAT, AGENT, 60.0, "caller", 0.0)
OPENED = VoiceOpened(CALL, "n-2.2", SEAT, OFFER, FILE, 10.0)
CLOSED = VoiceClosed(CALL, OFFER, FILE, 10.0, 60.0, False)
CALLER_OPENED = VoiceOpened(CALL, "n-1.1", None, OfferId(""), "2026/11/26/n-1.1-caller.wav", 5.0)


def finished(missing_s: float = 0.0, cause: str = "") -> RecordingFinished:
    return RecordingFinished(
        CALL, OFFER, "id", "2026/11/26/id", 10.0,
        Archived("hash", 9, 60.0, -20.0, -20.0, 1.0, 2.0, 0.5, 3.0, 4.0, 5.0), missing_s, cause,
    )  # fmt: skip


Told = tuple[float, Event] | Event


def rows(*told: Told) -> dict[str, RecordingRecord]:
    """The ledger after these, a second apart unless they say when."""
    found: dict[str, RecordingRecord] = {}
    for number, each in enumerate(told, 1):
        at, event = each if isinstance(each, tuple) else (float(number), each)
        found |= {row.voice: row for row in after(found, Outcome(number, 0, at, at, event))}
    return found


def row(*told: Told, voice: str = OFFER) -> RecordingRecord:
    return rows(*told)[voice]


def test_a_talk_is_expected_before_the_phone_rings() -> None:
    found = row(RESERVED)
    assert (found.state, found.kind, found.queue, found.agent, found.due) == ("expected", "talk", QUEUE, AGENT, True)
    assert found.talk_due_s == 0


def test_the_life_of_a_recording() -> None:
    story: list[Told] = [
        (10.0, RESERVED),
        OPENED,
        (10.0, ANSWERED),
        VoiceGrew(CALL, OFFER),
        (70.0, ENDED),
        CLOSED,
        finished(),
    ]
    states = [row(*story[:end]).state for end in range(1, len(story) + 1)]
    assert states == ["expected", "open", "open", "growing", "growing", "closed", "finished"]
    found = row(*story)
    assert (found.talk_due_s, found.recording, found.talk_over_s, found.agent_longest_s) == (60.0, "id", 3.0, 5.0)


def test_facts_that_come_late_or_twice_change_nothing() -> None:
    whole = row(RESERVED, OPENED, ANSWERED, VoiceGrew(CALL, OFFER), ENDED, CLOSED, finished())
    for late in (VoiceGrew(CALL, OFFER), CLOSED, VoiceDiscarded(CALL, OFFER, "no_talk"), finished(), RESERVED, OPENED):
        again = {found.voice: found for found in after({OFFER: whole}, Outcome(99, 0, 99.0, 99.0, late))}
        assert again.get(OFFER, whole) == whole, late


def test_a_ring_nobody_answers_is_no_recording() -> None:
    assert row(RESERVED, RANG_OUT).state == "withdrawn"


def test_a_talk_that_the_fallback_gave_is_due_too() -> None:
    (found,) = rows((30.0, ANSWERED)).values()
    assert (found.voice, found.due_from_utc_s, found.due) == ("n-1.1/talk/1.0", 30.0, True)


def test_a_talk_whose_answer_nobody_saw_is_reckoned_from_its_length() -> None:
    (found,) = rows((100.0, replace(ENDED, held_s=10.0))).values()
    assert (found.due_from_utc_s, found.due_to_utc_s) == (30.0, 100.0)


def test_the_file_is_known_by_the_offer_else_by_the_seat() -> None:
    assert row(RESERVED, OPENED).file == FILE
    unknown = replace(OPENED, offer=OfferId(""))
    assert row(RESERVED, unknown).file == FILE
    assert rows(unknown)["n-1.1/leg/n-2.2"].state == "open"


def test_the_callers_voice_is_a_row_of_its_own_and_not_due_by_itself() -> None:
    found = rows(CALLER_OPENED)[caller_voice(CALL)]
    assert (found.kind, found.due, found.state, found.opened_utc_s) == ("caller", False, "open", 5.0)


def test_a_consult_that_gets_the_caller_goes_on_as_one_recording() -> None:
    began = ConsultBegan(CALL, SECOND, SEAT, AGENT, OTHER, COLLEAGUE, "")
    story: list[Told] = [
        began,
        (20.0, ConsultAnswered(CALL, SECOND, OTHER, COLLEAGUE)),
        (30.0, ConsultEnded(CALL, SECOND, OTHER, COLLEAGUE, "completed", 10.0)),
        (30.0, TalkBegan(CALL, QUEUE, HOTLINE, OTHER, COLLEAGUE, "consulted")),
        (50.0, replace(ENDED, seat=OTHER, agent=COLLEAGUE, talk_s=20.0)),
    ]
    found = row(*story, voice=SECOND)
    assert (found.kind, found.due_from_utc_s, found.due_to_utc_s, found.queue) == ("consult", 20.0, 50.0, QUEUE)
    cancelled = ConsultEnded(CALL, SECOND, OTHER, COLLEAGUE, "cancelled", 10.0)
    assert row(*story[:2], (30.0, cancelled), voice=SECOND).due_to_utc_s == 30.0
    assert row(began, replace(cancelled, how="not_answered"), voice=SECOND).state == "withdrawn"


def test_a_call_that_we_make_is_due_from_the_far_ends_answer() -> None:
    call = CallId("n-out-7.0")
    began = OutboundBegan(call, AGENT, SEAT, "+8613800138000", None, "zh-CN", None)
    over = OutboundEnded(call, AGENT, SEAT, None, None, OutboundOutcome.REACHED, 20.0, 30.0, "agent")
    found = row(began, (10.0, OutboundMoved(call, OutboundState.TALKING, None)), (30.0, over), voice="n-out-7.0/0")
    assert (found.kind, found.talk_due_s) == ("outbound", 20.0)
    assert row(began, replace(over, outcome=OutboundOutcome.BUSY), voice="n-out-7.0/0").state == "withdrawn"


def test_somebody_outside_to_whom_the_caller_is_given_is_recorded_too() -> None:
    dialled = OutsideDialled(CALL, QUEUE, HOTLINE, "+8613800138000", "blind")
    opened = VoiceOpened(CALL, "n-5.5", None, OfferId("x"), "2026/11/26/n-1.1-agent-n-5.5.wav", 20.0)
    answered = OutsideAnswered(CALL, QUEUE, HOTLINE, "+8613800138000", None)
    ended = OutsideEnded(CALL, QUEUE, HOTLINE, "+8613800138000", OutboundOutcome.REACHED, 30.0)
    (found,) = rows(dialled, opened, (20.0, answered), (50.0, ended)).values()
    assert (found.kind, found.talk_due_s, found.leg) == ("outside", 30.0, "n-5.5")
    (missed,) = rows(dialled, replace(ended, talk_s=0.0)).values()
    assert missed.state == "withdrawn"


def test_somebody_outside_who_was_consulted_first_is_one_voice_from_the_first_word_on() -> None:
    dialled = OutsideDialled(CALL, QUEUE, HOTLINE, "+8613800138000", "consult", AGENT)
    opened = VoiceOpened(CALL, "n-5.5", None, OfferId("x"), "2026/11/26/n-1.1-agent-n-5.5.wav", 20.0)
    asked = OutsideAnswered(CALL, QUEUE, HOTLINE, "+8613800138000", None, AGENT)
    ended = OutsideEnded(CALL, QUEUE, HOTLINE, "+8613800138000", OutboundOutcome.REACHED, 30.0)
    (found,) = rows(dialled, opened, (20.0, asked), (30.0, replace(asked, agent=NOBODY)), (60.0, ended)).values()
    assert (found.kind, found.talk_due_s, found.leg) == ("outside", 40.0, "n-5.5")
    (back,) = rows(dialled, opened, (20.0, asked), (30.0, replace(ended, agent=AGENT))).values()
    assert back.talk_due_s == 10.0


def test_a_recording_that_lacks_talk_is_lost_and_keeps_its_part() -> None:
    story = ((10.0, RESERVED), OPENED, (10.0, ANSWERED), (70.0, ENDED), CLOSED)
    assert row(*story, finished(0.3)).state == "finished"
    found = row(*story, finished(4.0, "cut"))
    assert (found.state, found.cause, found.missing_s, found.path) == ("lost", "cut", 4.0, "2026/11/26/id")
    assert row(*story, finished(4.0), finished(0.0)).state == "finished", "the rest was found"


def test_what_is_lost_whole_misses_all_that_was_due() -> None:
    found = row((10.0, RESERVED), (10.0, ANSWERED), (70.0, ENDED), RecordingLost(CALL, OFFER, "no_file"))
    assert (found.state, found.cause, found.missing_s) == ("lost", "no_file", 60.0)


def test_a_stall_is_the_cause_until_the_file_is_closed() -> None:
    stalled = (RESERVED, OPENED, ANSWERED, VoiceStalled(CALL, OFFER, "empty"))
    assert row(*stalled).cause == "empty"
    assert row(*stalled, CLOSED).cause == ""


def test_silence_for_card_data_is_counted_and_an_erased_one_stays_as_a_row() -> None:
    paused = RecordingResumed(CALL, SEAT, AGENT, 12.0, "asked")
    story = (RESERVED, OPENED, ANSWERED, paused, ENDED, CLOSED, finished())
    assert row(*story).paused_s == 12.0
    erased = row(*story, RecordingErased(CALL, OFFER, "id", "admin", "asked by the customer"))
    assert (erased.state, erased.cause, erased.recording) == ("erased", "asked by the customer", "id")


def test_coverage_counts_what_is_due_and_nothing_makes_up_for_a_loss() -> None:
    due = RecordingRecord("v", "c", "talk", state="finished", due_from_utc_s=0.0, due_to_utc_s=100.0)
    told = coverage(
        [
            due,
            replace(due, missing_s=0.3),
            replace(due, state="lost", missing_s=50.0),
            replace(due, due=False, state="lost", missing_s=100.0),
            replace(due, state="closed"),
            replace(due, state="withdrawn", due_from_utc_s=None),
        ]
    )
    assert (told.due_s, told.missing_s, told.segments, told.lost, told.pending) == (300.0, 50.0, 3, 1, 1)
    assert round(told.rate, 4) == 0.8333
    assert coverage([]).rate == 1.0


# --- whether -----------------------------------------------------------------------------------
def queue_of(percent: float) -> Queue:
    return Queue(id=QueueId("q"), name={}, skills={}, recorded_percent=percent)


def test_an_agents_setting_wins_over_the_queues() -> None:
    never, always = (Agent(id=AGENT, name="A", recorded_percent=percent) for percent in (0.0, 100.0))
    plain = Agent(id=AGENT, name="A")
    assert not is_recorded("c", queue_of(100), never) and is_recorded("c", queue_of(0), always)
    assert is_recorded("c", queue_of(100), plain) and not is_recorded("c", queue_of(0), plain)
    assert is_recorded("c", None, None)


def test_a_share_of_calls_is_taken_evenly_and_always_the_same_ones() -> None:
    calls = [f"a-1795000000.{number}" for number in range(4000)]
    taken = [call for call in calls if is_recorded(call, queue_of(25), None)]
    assert 900 < len(taken) < 1100
    assert taken == [call for call in calls if place_of(call) < 25]
    assert set(taken) < {call for call in calls if is_recorded(call, queue_of(50), None)}


def test_a_talk_that_was_on_hold_says_for_how_long() -> None:
    held = CallResumed(CALL, SEAT, AGENT, 12.5)
    assert row(RESERVED, (10.0, ANSWERED), (20.0, held), (40.0, held)).held_s == 25.0
    assert rows(held) == {}, "of a talk that nobody knows"


def test_an_end_outside_that_nothing_began_is_nothing() -> None:
    assert rows(OutsideEnded(CALL, QUEUE, HOTLINE, "+8613800138000", OutboundOutcome.LOST, 0.0)) == {}


def test_a_reservation_told_twice_is_one_row() -> None:
    assert rows(RESERVED, RESERVED) == rows(RESERVED)
