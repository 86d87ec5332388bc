"""Counting by interval: replayed outcomes give the live figures, to the unit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import (
    BlockedCounted,
    CallAbandoned,
    CallAnswered,
    CallbackChanged,
    CallbackKept,
    CallbackMade,
    CallEnded,
    CallEntered,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallOffered,
    CallTurnedIntoCallback,
    Event,
    Outcome,
    PromiseMade,
    RingEnded,
    TalkEnded,
)
from core.figures import Figures
from core.ids import CallbackId, CallId, NodeId, OfferId, QueueId
from core.states import CallbackState, RingOutcome
from core.stats import Slot, Stats, from_json, quarter_hour, to_json
from tests.unit.floor import AGENT, HOTLINE, NOON_UTC_S, SALES, SEAT, SERVICE, TRUNK, journal
from tests.unit.queueing.builders import CARE, opened, talking

CALL = CallId("node-1.1")
START = quarter_hour(NOON_UTC_S)


def entered(call: CallId = CALL) -> Event:
    return CallEntered(call, HOTLINE, TRUNK, "+8613800001234", "zh-CN")


def offered(call: CallId = CALL, queue: QueueId = SALES, waited_s: float = 0.0) -> Event:
    return CallOffered(call, queue, HOTLINE, 0, "zh-CN", waited_s)


def answered(waited_s: float, call: CallId = CALL, queue: QueueId = SALES) -> Event:
    return CallAnswered(call, queue, HOTLINE, SEAT, AGENT, waited_s, 1)


def abandoned(waited_s: float, call: CallId = CALL, queue: QueueId = SALES) -> Event:
    return CallAbandoned(call, queue, HOTLINE, waited_s)


def promised(waited_s: float, low_s: float, high_s: float) -> Event:
    return PromiseMade(CALL, SALES, HOTLINE, waited_s, low_s, high_s, False)


def folded(outcomes: list[Outcome]) -> Stats:
    stats = Stats()
    for outcome in outcomes:
        stats.apply(outcome)
    return stats


def test_a_call_counts_in_the_interval_in_which_it_entered_the_queue() -> None:
    stats = folded(
        journal((0, entered()), (5, offered()), (1000, answered(995)), (1100, CallEnded(CALL, HOTLINE, "caller", 1100)))
    )
    assert [slot.start_utc_s for slot, figures in stats.figures.items() if figures.answered] == [START, START]
    assert stats.of_queue(SALES).connection_rate == 1.0
    assert stats.open == {}


def test_a_move_is_an_outflow_there_an_offer_here_and_one_call_in_the_hotline() -> None:
    stats = folded(
        journal((0, entered()), (1, offered()), (9, offered(queue=SERVICE)), (20, answered(11, queue=SERVICE)))
    )
    first, second, whole = stats.of_queue(SALES), stats.of_queue(SERVICE), stats.of_hotline(HOTLINE)
    assert (first.offered, first.flowed_out, first.answered) == (1, 1, 0)
    assert (second.offered, second.flowed_out, second.answered) == (1, 0, 1)
    assert (whole.offered, whole.flowed_out, whole.answered) == (1, 0, 1)
    assert stats.unconserved() == []


def test_a_second_queue_after_an_answer_adds_a_stay_but_no_call() -> None:
    stats = folded(
        journal(
            (0, entered()),
            (1, offered()),
            (4, answered(3)),
            (60, offered(queue=SERVICE)),
            (70, abandoned(10, queue=SERVICE)),
        )
    )
    assert stats.of_queue(SERVICE).abandoned == 1
    assert (stats.of_hotline(HOTLINE).offered, stats.of_hotline(HOTLINE).abandoned) == (1, 0)
    assert stats.unconserved() == []


def test_a_call_adopted_after_a_restart_is_not_offered_twice() -> None:
    stats = folded(journal((0, entered()), (1, offered()), (9, offered(waited_s=8.0)), (10, answered(9))))
    assert stats.of_queue(SALES).offered == 1
    assert stats.unconserved() == []


def test_a_call_first_seen_by_adoption_counts_where_its_wait_began() -> None:
    stats = folded(journal((0, offered(waited_s=2000.0))))
    assert stats.figures[Slot(quarter_hour(NOON_UTC_S - 2000), HOTLINE, SALES)].offered == 1


def test_a_waiting_call_the_pbx_lost_is_x_and_a_talking_one_is_not() -> None:
    stats = folded(
        journal(
            (0, entered()),
            (1, offered()),
            (5, CallLost(CALL, SALES, HOTLINE, "PBX_LOST")),
            (6, entered(CallId("2"))),
            (7, offered(CallId("2"))),
            (8, answered(1, CallId("2"))),
            (9, CallLost(CallId("2"), SALES, HOTLINE, "PBX_LOST")),
        )
    )
    assert stats.of_queue(SALES).lost == 1
    assert stats.unconserved() == []


def test_a_call_that_ends_without_a_fate_flowed_out() -> None:
    stats = folded(journal((0, entered()), (1, offered()), (9, CallEnded(CALL, HOTLINE, "fallback", 9.0))))
    for figures in (stats.of_queue(SALES), stats.of_hotline(HOTLINE)):
        assert (figures.flowed_out, figures.waiting) == (1, 0)


def test_a_doubled_outcome_is_seen() -> None:
    stats = folded(journal((0, entered()), (1, offered()), (4, answered(3)), (4, answered(3))))
    assert Slot(START, HOTLINE, SALES) in stats.unconserved()


def test_blocked_calls_are_counted_in_the_house_and_per_trunk() -> None:
    stats = folded(journal((0, BlockedCounted(NodeId("n"), TRUNK, 3)), (1, BlockedCounted(NodeId("n"), TRUNK, 2))))
    assert stats.of_house().blocked == 5
    assert stats.of_house([START - 900]).blocked == 0


def test_forgetting_keeps_the_slots_of_open_calls() -> None:
    stats = folded(journal((0, entered()), (1, offered()), (2, entered(CallId("2"))), (2000, entered(CallId("3")))))
    stats.forget_before(quarter_hour(NOON_UTC_S + 2000))
    assert stats.of_queue(SALES).waiting == 1


# --- random histories -------------------------------------------------------------------------------
def life(call: CallId, start_s: float, shape: int, step_s: float) -> list[tuple[float, Event]]:
    """One call's whole history; `shape` chooses among nine."""
    offer = OfferId(f"{call}/1")
    rung = RingEnded(call, offer, SEAT, AGENT, SALES, list(RingOutcome)[shape % 6], step_s)
    ends: list[list[Event]] = [
        [answered(2 * step_s, call), TalkEnded(call, SALES, HOTLINE, SEAT, AGENT, step_s, "caller")],
        [abandoned(2 * step_s, call)],
        [CallLost(call, SALES, HOTLINE, "PBX_LOST")],
        [offered(call, SERVICE), answered(step_s, call, SERVICE)],
        [offered(call, SERVICE), offered(call), abandoned(step_s, call)],
        [answered(2 * step_s, call), offered(call, SERVICE), abandoned(step_s, call, SERVICE)],
        [offered(call, SALES, step_s)],
        [],
    ]
    middle = [] if shape == 8 else [offered(call), rung, *ends[shape]]
    events = [entered(call), *middle, CallEnded(call, HOTLINE, "caller", 0.0)]
    if shape == 7:
        events.pop()
    return [(start_s + step_s * number, event) for number, event in enumerate(events)]


LIVES = st.lists(st.tuples(st.floats(0, 3000), st.integers(0, 8), st.floats(0.001, 400)), max_size=12)


def history(lives: list[tuple[float, int, float]]) -> list[Outcome]:
    events = [item for number, one in enumerate(lives) for item in life(CallId(str(number)), *one)]
    return journal(*sorted(events, key=lambda item: item[0]))


def same(left: Stats, right: Stats) -> bool:
    return to_json(left) == to_json(right) or (
        {slot: item for slot, item in left.figures.items() if item != Figures()}
        == {slot: item for slot, item in right.figures.items() if item != Figures()}
        and left.blocked == right.blocked
        and left.open == right.open
    )


@given(LIVES)
def test_every_sum_holds_and_who_waits_is_counted(lives: list[tuple[float, int, float]]) -> None:
    live = folded(history(lives))
    assert live.unconserved() == []
    assert live.of_house().waiting == sum(call.whole_waits for call in live.open.values())


@given(LIVES, st.floats(0, 1))
def test_a_fold_saved_as_json_goes_on_as_if_nothing_happened(lives: list[tuple[float, int, float]], cut: float) -> None:
    outcomes = history(lives)
    half = int(cut * len(outcomes))
    restored = from_json(json.loads(json.dumps(to_json(folded(outcomes[:half])))))
    for outcome in outcomes[half:]:
        restored.apply(outcome)
    assert same(restored, folded(outcomes))


# --- promises ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("end", "parts"),
    [
        (answered(60), (1, 0, 0)),
        (answered(180), (1, 0, 0)),
        (answered(59.9), (0, 0, 0)),
        (answered(180.1), (0, 1, 0)),
        (abandoned(100), (0, 0, 1)),
    ],
)
def test_the_first_promise_is_scored_by_the_wait_that_followed(end: Event, parts: tuple[int, int, int]) -> None:
    """The interval counts from entering the queue: 30 s had passed when 0.5 to 2.5 minutes more were promised."""
    moments = journal(
        (0, entered()), (0, offered()), (30, promised(30, 30, 150)), (90, promised(90, 0, 60)), (200, end)
    )
    stats = folded(moments)
    for figures in (stats.of_house(), stats.of_queue(SALES)):
        kept, overrun, gave_up = figures.promises_kept, figures.promises_overrun, figures.promises_abandoned
        assert (figures.promises, kept, overrun, gave_up) == (1, *parts)
        assert figures.promises_early == (1 if parts == (0, 0, 0) else 0)
        assert figures.promises_met == (kept, 0 if gave_up else 1)
        assert figures.promise_parts()["mean_width_s"] == 120


@pytest.mark.parametrize("end", [None, CallTurnedIntoCallback, CallLeftMessage])
def test_who_waits_still_or_left_for_a_message_says_nothing_of_a_promise(end: type | None) -> None:
    left = [(90.0, end(CALL, SALES, HOTLINE, 90.0))] if end else []
    stats = folded(journal((0, entered()), (0, offered()), (5, promised(5, 0, 60)), *left))
    assert (stats.of_house().promises, stats.of_house().promises_met) == (1, (0, 0))


def test_an_open_promise_outlives_a_restart_and_a_document_without_one_is_read() -> None:
    before = folded(journal((0, entered()), (0, offered()), (5, promised(5, 60, 120))))
    document = json.loads(json.dumps(to_json(before)))
    assert from_json(document).open == before.open
    for later in ("promises", "promised_in", "before_ms", "called_back"):
        del document[later]
    assert from_json(document).open[CALL].promise is None


def test_a_caller_given_away_and_lost_then_is_lost_where_they_waited_and_was_answered_all_the_same() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    floor.transfer("a1", queue="complaints")
    floor.leg_end(ring)
    floor.queue("c1", since=floor.now_s)
    floor.resync(started="run2")
    stats = folded([Outcome(number, 0, 1.0, NOON_UTC_S, event) for number, event in enumerate(floor.events)])
    house, waited = stats.of_house(), stats.of_queue(CARE)
    assert (house.answered, house.lost, house.waiting) == (1, 0, 0) and (waited.lost, waited.waiting) == (1, 0)


def test_a_message_ends_a_wait() -> None:
    stats = folded(journal((0.0, entered()), (1.0, offered()), (9.0, CallLeftMessage(CALL, SALES, HOTLINE, 8.0))))
    assert (stats.of_house().messages, stats.of_house().waiting, stats.of_queue(SALES).messages) == (1, 0, 1)


# --- moves ---------------------------------------------------------------------------------------
def moved(stayed_s: float) -> Event:
    """After so long in the one queue to the other."""
    return CallMoved(CALL, HOTLINE, SALES, SERVICE, 0, "zh-CN", "too_long", stayed_s, True, stayed_s)


def sent_on(*ends: tuple[float, Event]) -> Stats:
    """Five minutes in one queue, then in the other; restored from its JSON behind that."""
    before = folded(journal((0, entered()), (0, offered()), (10, promised(10, 60, 350)), (300, moved(300))))
    stats = from_json(json.loads(json.dumps(to_json(before))))
    for outcome in journal(*ends):
        stats.apply(outcome)
    return stats


def test_who_is_sent_on_waited_in_both_queues() -> None:
    """Else a caller who is answered at once after five minutes somewhere else was served in time."""
    stats = sent_on((303, answered(3, queue=SERVICE)))
    first, second, whole = stats.of_queue(SALES), stats.of_queue(SERVICE), stats.of_house()
    assert (second.asa_s, second.answered_waits, second.longest_wait_ms) == (3, {3: 1}, 3000)
    assert (whole.asa_s, whole.answered_waits, whole.longest_wait_ms) == (303, {303: 1}, 303_000)
    assert first.longest_wait_ms == 300_000 and whole.served_within(15)["v3"] == (0, 1)


def test_who_gives_up_behind_a_move_gave_up_after_all_that_time() -> None:
    whole = sent_on((302, abandoned(2, queue=SERVICE))).of_house()
    assert (whole.short_abandons(), whole.abandoned_waits) == (0, {302: 1})


def test_a_promise_counts_where_it_was_made_by_the_whole_wait() -> None:
    stats = sent_on((303, answered(3, queue=SERVICE)))
    assert stats.of_queue(SERVICE).promises_met == (0, 0), "that queue promised nothing"
    assert stats.of_queue(SALES).promises_met == stats.of_house().promises_met == (1, 1)


def test_who_was_taken_over_after_a_move_waited_once() -> None:
    """An engine that comes anew counts from when the caller first asked."""
    stats = sent_on((310, offered(queue=SERVICE, waited_s=310)), (320, answered(320, queue=SERVICE)))
    assert stats.of_house().asa_s == 320 and stats.unconserved() == []


@pytest.mark.parametrize("end", [CallTurnedIntoCallback, CallLeftMessage, CallAbandoned])
def test_the_longest_wait_is_anybodys(end: type) -> None:
    stats = folded(journal((0, entered()), (0, offered()), (600, end(CALL, SALES, HOTLINE, 600.0))))
    assert stats.of_house().longest_wait_ms == stats.of_queue(SALES).longest_wait_ms == 600_000


# --- callbacks -----------------------------------------------------------------------------------
def test_a_callback_kept_counts_where_its_caller_is_a_c() -> None:
    """Its place may be older than its call (of somebody who calls again), and younger (of one who was sent on)."""
    made = CallbackMade(CallbackId("cb-1"), CALL, "+8613800001234", SERVICE, HOTLINE, "zh-CN", 0, 4000)
    kept = CallbackKept(CallbackId("cb-1"), CALL, SERVICE, HOTLINE, 8000, True, True)
    left = CallTurnedIntoCallback(CALL, SERVICE, HOTLINE, 700)
    ended = CallEnded(CALL, HOTLINE, "callback", 1010.0)
    before = sent_on((1000, left), (1000, made), (1010, ended))
    before.forget_before(START + 86400)
    stats = from_json(json.loads(json.dumps(to_json(before))))
    over = CallbackChanged(CallbackId("cb-1"), CALL, SERVICE, CallbackState.DONE, "reached", 1, None)
    for outcome in journal((5000, kept), (5000, over)):
        stats.apply(outcome)
    assert not stats.open and not stats.called_back
    counted = {slot for slot, figures in stats.figures.items() if figures.callbacks_in_time}
    assert counted == {slot for slot, figures in stats.figures.items() if figures.callbacks} and len(counted) == 2
    assert stats.of_house().connected_or_called_back == (1, 1)


@pytest.mark.parametrize(("in_time", "from_caller"), [(False, True), (True, False)])
def test_a_callback_kept_too_late_or_that_no_caller_asked_for_connects_nobody(in_time: bool, from_caller: bool) -> None:
    kept = CallbackKept(CallbackId("cb-1"), CALL, SERVICE, HOTLINE, 8000, in_time, from_caller)
    assert not any(figures.callbacks_in_time for figures in folded(journal((9000, kept))).figures.values())
