"""The logger's rules: looks at files in, facts and jobs out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.events import CallAnswered, CallEnded, Event, Outcome, SeatChanged, SeatReserved, TalkEnded
from core.ids import AgentId, CallId, HotlineId, OfferId, QueueId, SeatId
from core.ledger import LeftOpen, RecordingRecord, VoiceState
from core.recordings import RecordingLost, VoiceClosed, VoiceDiscarded, VoiceGrew, VoiceOpened, VoiceStalled
from recording.formats import WAV_HEADER_BYTES
from recording.policy import BYTES_PER_S, SETTLE_S, STALL_S, Look, Policy, found_of, is_wanted, missing, with_caller

CALL, OFFER, SEAT, AGENT = CallId("n-1.1"), OfferId("n-1.1/1"), SeatId("s1"), AgentId("a1")
QUEUE, HOTLINE = QueueId("q"), HotlineId("h")
FILE, CALLER_FILE = "2026/11/26/n-1.1-agent-n-2.2.wav", "2026/11/26/n-1.1-caller.wav"
RESERVED = SeatReserved(CALL, OFFER, SEAT, AGENT, QUEUE, 1, 0.0)
ANSWERED = CallAnswered(CALL, QUEUE, HOTLINE, SEAT, AGENT, 5.0, 1)
TALKED = TalkEnded(CALL, QUEUE, HOTLINE, SEAT, AGENT, 10.0, "caller")
OPENED = VoiceOpened(CALL, "n-2.2", SEAT, OFFER, FILE, 100.0)
CALLER = VoiceOpened(CALL, "n-1.1", None, OfferId(""), CALLER_FILE, 90.0)
OVER = CallEnded(CALL, HOTLINE, "caller", 30.0)


class Desk:
    """A policy on its own time; what it tells is folded, as the engine would."""

    def __init__(self, *events: Event) -> None:
        self.policy, self.now_s, self.sequence = Policy(), 1000.0, 0
        self.tell(*events)

    def tell(self, *events: object, at: float = 100.0) -> None:
        for event in events:
            self.sequence += 1
            self.policy.take([Outcome(self.sequence, 0, at, at, event)])  # type: ignore[arg-type]

    def see(self, *looks: Look, after_s: float = 1.0) -> list[object]:
        self.now_s += after_s
        facts = self.policy.judge({look.file: look for look in looks}, self.now_s)
        self.tell(*facts)
        return list(facts)


def look(file: str = FILE, seconds: float = 1.0, *, complete: bool = False) -> Look:
    return Look(file, WAV_HEADER_BYTES + round(seconds * 16_000), complete, 110.0)


TALKING: tuple[Event, ...] = (CALLER, RESERVED, OPENED, ANSWERED)


def test_what_a_voice_loses_when_it_is_moved_is_known_by_the_moment() -> None:
    """A writer that is late makes it seem more, for as long as it is late."""
    desk, caller = Desk(*TALKING), f"{CALL}/caller"
    for at_utc_s, seconds in ((100.0, 10.0), (101.0, 11.0), (102.0, 11.6), (103.0, 12.5), (104.0, 13.6)):
        desk.see(replace(look(CALLER_FILE, seconds), changed_utc_s=at_utc_s))
    lost = [desk.policy.drift_s(caller, at) for at in (100.0, 101.5, 103.0, 104.0, 200.0)]
    assert lost == pytest.approx([0.0, 0.4, 0.4, 0.4, 0.4])
    assert desk.policy.drift_s(OFFER, 100.0) == 0.0, "of a file that nobody has seen yet"


def test_a_growing_file_is_told_once() -> None:
    desk = Desk(*TALKING)
    assert desk.see(look(), look(CALLER_FILE)) == [VoiceGrew(CALL, f"{CALL}/caller"), VoiceGrew(CALL, OFFER)]
    assert desk.see(look(seconds=2), look(CALLER_FILE, 2)) == []


@pytest.mark.parametrize(("shown", "why"), [(None, "no_file"), (look(seconds=0), "empty")])
def test_a_file_that_is_not_there_or_stays_empty_alarms_within_five_seconds(shown: Look | None, why: str) -> None:
    desk = Desk(RESERVED, OPENED, ANSWERED)
    shown_ones = [shown] if shown else []
    assert desk.see(*shown_ones) == [] and desk.see(*shown_ones, after_s=STALL_S - 1) == []
    assert desk.see(*shown_ones) == [VoiceStalled(CALL, OFFER, why)]
    assert desk.see(*shown_ones, after_s=60.0) == [], "told once"


def test_a_file_that_stops_growing_alarms_and_again_when_it_stops_again() -> None:
    desk = Desk(RESERVED, OPENED, ANSWERED)
    desk.see(look(seconds=1))
    stalled = [VoiceStalled(CALL, OFFER, "not_growing")]
    assert desk.see(look(seconds=1), after_s=STALL_S) == stalled
    assert desk.see(look(seconds=2)) == []
    assert desk.see(look(seconds=2), after_s=STALL_S) == stalled


def test_a_talk_without_any_file_alarms_while_it_lasts() -> None:
    desk = Desk(RESERVED, ANSWERED)
    desk.see()
    assert desk.see(after_s=STALL_S) == [VoiceStalled(CALL, OFFER, "no_file")]


def test_a_ring_is_not_waited_for() -> None:
    desk = Desk(RESERVED)
    assert desk.see() == desk.see(after_s=60.0) == []


def test_a_whole_header_closes_a_file_at_once() -> None:
    desk = Desk(*TALKING)
    assert VoiceClosed(CALL, OFFER, FILE, 100.0, 10.0, False) in desk.see(look(seconds=10, complete=True))


def test_a_cut_file_is_closed_when_its_call_is_over_and_nothing_comes_any_more() -> None:
    desk = Desk(RESERVED, OPENED, ANSWERED)
    desk.see(look(seconds=8))
    desk.tell(TALKED, OVER)
    assert desk.see(look(seconds=9)) == []
    assert desk.see(look(seconds=9), after_s=SETTLE_S) == [VoiceClosed(CALL, OFFER, FILE, 100.0, 9.0, True)]


def test_a_call_is_finished_when_all_its_voices_are_closed() -> None:
    desk = Desk(*TALKING)
    desk.see(look(seconds=10, complete=True), look(CALLER_FILE, 20))
    desk.tell(TALKED)
    assert desk.policy.jobs() == []
    desk.tell(OVER)
    assert desk.policy.jobs() == [], "the caller's file is still open"
    desk.see(look(CALLER_FILE, 20, complete=True))
    (job,) = desk.policy.jobs()
    assert ([row.voice for row in job.agents], job.caller and job.caller.file) == ([OFFER], CALLER_FILE)
    assert is_wanted(job.agents[0])


def test_a_caller_nobody_spoke_with_is_a_job_too_so_that_the_file_goes() -> None:
    desk = Desk(CALLER, OVER)
    desk.see(look(CALLER_FILE, 5, complete=True))
    (job,) = desk.policy.jobs()
    assert job.agents == () and job.caller is not None


def test_a_talk_that_left_no_file_is_lost_when_its_call_is_over() -> None:
    desk = Desk(RESERVED, ANSWERED, TALKED, OVER)
    assert desk.see() == []
    assert desk.see(after_s=SETTLE_S) == [RecordingLost(CALL, OFFER, "no_file")]
    assert desk.policy.settled() == [CALL]


def test_a_file_that_vanishes_is_a_loss() -> None:
    desk = Desk(RESERVED, OPENED, ANSWERED)
    desk.see(look(seconds=8))
    desk.tell(TALKED, OVER)
    desk.see()
    assert desk.see(after_s=SETTLE_S) == [RecordingLost(CALL, OFFER, "no_file")]


def test_an_empty_file_of_a_talk_is_a_loss_with_its_cause() -> None:
    desk = Desk(RESERVED, OPENED, ANSWERED, TALKED, OVER)
    desk.see(look(seconds=0))
    assert desk.see(look(seconds=0), after_s=SETTLE_S) == [RecordingLost(CALL, OFFER, "empty")]


def test_a_ring_that_nobody_answered_leaves_nothing() -> None:
    desk = Desk(RESERVED, OVER)
    desk.see()
    assert desk.see(after_s=SETTLE_S) == [VoiceDiscarded(CALL, OFFER, "no_talk")]


def test_files_nobody_told_of_are_found_by_their_call_and_time() -> None:
    """The engine was away when they were opened."""
    desk = Desk()
    desk.tell(RESERVED, at=100.0)
    desk.tell(ANSWERED, at=100.0)
    desk.tell(TALKED, OVER, at=110.0)
    assert desk.policy.searched() == [(CALL, 100.0)]
    desk.see()
    early = Look("2026/11/26/n-1.1-agent-n-0.9.wav", WAV_HEADER_BYTES + 160_000, True, 60.0)
    right = Look(FILE, WAV_HEADER_BYTES + 160_000, True, 110.0)
    foreign = Look("2026/11/26/n-1.1-caller.wav", WAV_HEADER_BYTES + 160_000, True, 110.0)
    found = desk.see(early, right, foreign, after_s=SETTLE_S)
    assert found == [VoiceClosed(CALL, OFFER, FILE, 100.0, 10.0, False)]


def test_what_an_earlier_process_left_is_taken_up() -> None:
    before = Desk(*TALKING, TALKED)
    desk = Desk()
    desk.policy.adopt(LeftOpen(list(before.policy.rows[CALL].values()), [CALL]))
    desk.see(look(seconds=10, complete=True), look(CALLER_FILE, 20, complete=True))
    assert len(desk.policy.jobs()) == 1


def test_a_talk_that_begins_as_the_process_does_keeps_its_one_voice() -> None:
    """The ring was an earlier process's, the answer this one's: until the ledger is read nobody here knows its voice.
    What it then has of the answer already is not folded twice."""
    before = Desk(CALLER, RESERVED)
    ledger = Desk(CALLER, RESERVED, ANSWERED)
    desk = Desk()
    desk.policy, desk.sequence = Policy(waiting={CALL: []}), before.sequence
    desk.tell(ANSWERED)
    desk.tell(OPENED)
    assert desk.policy.rows == {} and desk.see(look()) == []
    desk.policy.adopt(LeftOpen(list(ledger.policy.rows[CALL].values()), [], (ledger.sequence, 0)))
    desk.tell(TALKED, at=110.0)
    assert set(desk.policy.rows[CALL]) == {OFFER, f"{CALL}/caller"}
    row = desk.policy.rows[CALL][OFFER]
    assert (row.file, row.due_from_utc_s, row.due_to_utc_s) == (FILE, 100.0, 110.0)


def test_a_settled_call_is_forgotten_on_demand() -> None:
    desk = Desk(RESERVED, ANSWERED, TALKED, OVER)
    desk.see()
    desk.see(after_s=SETTLE_S)
    desk.policy.forget(CALL)
    assert desk.policy.rows == {} and desk.policy.settled() == [] and desk.see() == []


def test_time_lost_on_the_way_is_seen_while_the_file_grows() -> None:
    """A file of 20 s is 0.2 s behind from second 11 on; a writer that came late once makes nobody believe it."""
    desk = Desk(CALLER)
    for second in range(1, 21):
        late = 0.9 if second == 14 else 0.0
        lost = 0.2 if second > 10 else 0.0
        desk.see(Look(CALLER_FILE, WAV_HEADER_BYTES + round((second - lost) * 16_000), False, 90.0 + second + late))
    voice = f"{CALL}/caller"
    assert desk.policy.drift_s(voice, 92.0) == pytest.approx(0.0, abs=0.001)
    assert desk.policy.drift_s(voice, 101.5) == pytest.approx(0.2, abs=0.001)
    assert desk.policy.drift_s(voice, 500.0) == pytest.approx(0.2, abs=0.001)
    assert desk.policy.drift_s("unknown", 92.0) == 0.0


# --- how much of the talk is in the files ------------------------------------------------------
ROW = RecordingRecord(
    "v", "c", "talk", due_from_utc_s=100.0, due_to_utc_s=160.0, opened_utc_s=100.0, lasted_s=60.0, state="closed"
)
LEFT = replace(ROW, voice="c/caller", kind="caller", opened_utc_s=90.0, lasted_s=70.0)


@pytest.mark.parametrize(
    ("row", "caller", "expected"),
    [
        (ROW, LEFT, (0.0, "short")),
        (replace(ROW, lasted_s=50.0, cause="cut"), LEFT, (10.0, "cut")),
        (replace(ROW, opened_utc_s=103.0), LEFT, (3.0, "short")),
        (replace(ROW, opened_utc_s=100.5, lasted_s=59.5), LEFT, (0.0, "short")),
        (ROW, replace(LEFT, lasted_s=40.0, cause="cut"), (30.0, "cut")),
        (ROW, None, (60.0, "caller_missing")),
        (replace(ROW, kind="consult"), None, (0.0, "short")),
        (replace(ROW, due_from_utc_s=None), LEFT, (0.0, "")),
        (replace(ROW, lasted_s=500.0), replace(LEFT, lasted_s=600.0), (0.0, "short")),
    ],
)
def test_the_talk_due_that_neither_file_has(
    row: RecordingRecord, caller: RecordingRecord | None, expected: tuple[float, str]
) -> None:
    assert missing(row, caller) == expected


def test_a_hang_up_told_late_is_no_loss_but_a_file_that_stopped_early_is() -> None:
    """The PBX completed the agent's file at 158: the talk was over, whenever the event came."""
    early = replace(ROW, lasted_s=58.0)
    assert missing(early, LEFT)[0] == 2.0
    assert missing(early, LEFT, closed_utc_s=158.1)[0] == pytest.approx(0.1)
    assert missing(replace(ROW, lasted_s=20.0), LEFT, closed_utc_s=158.0)[0] == pytest.approx(38.0)
    assert missing(replace(early, cause="cut"), LEFT, closed_utc_s=158.0)[0] == 2.0


def test_a_file_is_closed_when_its_header_is_written_not_when_it_grew_last() -> None:
    """The disk took three seconds; the PBX completed the file at the end of the talk."""
    desk = Desk(RESERVED, OPENED, ANSWERED)
    full = WAV_HEADER_BYTES + 48_000
    desk.see(Look(FILE, full, False, 103.0))
    desk.tell(TALKED, at=110.0)
    desk.see(Look(FILE, full, True, 110.0))
    assert desk.policy.closed_utc_s(OFFER) == 110.0
    row = desk.policy.rows[CALL][OFFER]
    assert missing(row, replace(LEFT, opened_utc_s=90.0), 0.0, desk.policy.closed_utc_s(OFFER))[0] == pytest.approx(7.0)


def test_of_what_is_no_call_or_a_call_that_nobody_recorded_nothing_is_kept() -> None:
    desk = Desk(SeatChanged(SEAT, True), replace(OVER, call=CallId("n-9.9")))
    assert (desk.policy.unsettled, desk.policy.rows) == (0, {})
    desk.tell(*TALKING, TALKED, OVER)
    assert desk.policy.unsettled == 1


def test_a_file_of_which_nobody_knows_when_it_was_opened_drifts_from_nothing() -> None:
    desk = Desk(RESERVED, ANSWERED)
    desk.policy.adopt(LeftOpen([replace(desk.policy.rows[CALL][OFFER], file=FILE, state="growing", call="n-1.2")]))
    desk.see(look())
    assert desk.policy.drift_s(OFFER, 100.0) == 0.0


# --- what is found after all -----------------------------------------------------------------
def lost(voice: str, **more: Any) -> RecordingRecord:
    row = RecordingRecord(f"c/{voice}", "c", "talk", state=VoiceState.LOST, due_from_utc_s=100.0, due_to_utc_s=110.0)
    return replace(row, **more)


def lies(name: str, ends_utc_s: float, lasted_s: float = 10.0) -> Look:
    return Look(f"d/c-{name}.wav", WAV_HEADER_BYTES + int(lasted_s * BYTES_PER_S), True, ends_utc_s)


def test_each_file_is_its_own_rows_or_that_of_the_lost_talk_it_fits() -> None:
    rows = [
        lost("1"),
        lost("2", due_from_utc_s=200.0, due_to_utc_s=210.0),
        lost("3", file="d/c-agent-3.wav"),
        lost("4", path="archived/in/part"),
        lost("5", file="d/c-agent-5.wav", state=VoiceState.WITHDRAWN),
    ]
    looks = [lies("agent-b", 110.0), lies("agent-a", 210.0), lies("agent-3", 300.0, 0.0), lies("agent-5", 110.0)]
    assert found_of(rows, looks) == {"c/2": "d/c-agent-a.wav", "c/1": "d/c-agent-b.wav", "c/3": "d/c-agent-3.wav"}
    assert found_of(rows, [lies("caller", 110.0), lies("agent-x", 110.0, 0.0)]) == {}, "no talk is in them"
    assert found_of([lost("1", kind="caller")], [lies("caller", 110.0)]) == {"c/1": "d/c-caller.wav"}
    more = [lies(f"agent-{name}", 110.0) for name in "abc"]
    assert len(found_of([lost("1"), lost("2")], more)) == 2, "one file a voice"


def test_the_callers_file_of_which_nobody_told_is_the_other_side() -> None:
    rows = [lost("1"), lost("caller", kind="caller", state=VoiceState.WITHDRAWN)]
    *_, caller = with_caller(rows, [lies("agent-a", 110.0), lies("caller", 111.0, 12.0)])
    assert (caller.voice, caller.file, caller.opened_utc_s, caller.lasted_s) == (
        "c/caller", "d/c-caller.wav", 99.0, 12.0,
    )  # fmt: skip
    assert len(with_caller(rows, [lies("caller", 111.0)])) == 2
    assert with_caller(rows, [lies("agent-a", 110.0)]) == rows
    told = [rows[0], replace(rows[1], file="d/c-caller.wav")]
    assert with_caller(told, [lies("caller", 111.0)]) == told


def test_of_a_voice_that_is_gone_nothing_is_left_to_do_and_the_calls_others_stay() -> None:
    policy = Policy()
    policy.adopt(LeftOpen([lost("1", state=VoiceState.CLOSED), lost("2", state=VoiceState.CLOSED)], ["c"]))
    policy.forget_voice("c", "c/1")
    assert [row.voice for job in policy.jobs() for row in job.agents] == ["c/2"]
    policy.forget_voice("c", "c/2")
    policy.forget_voice("unknown", "x")
    assert (policy.jobs(), policy.unsettled) == ([], 0)
