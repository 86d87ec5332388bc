"""The main figures read from a queue_log file alone, by a reader that knows only Asterisk's format, are ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from core.events import (
    AgentChanged,
    CallAnswered,
    CallEnded,
    CallFlowedOut,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallTransferred,
    CallTurnedIntoCallback,
    Event,
    HouseApplied,
    Outcome,
    TalkEnded,
)
from core.ids import QueueId
from core.states import AgentState, AgentStatus, RingOutcome
from core.stats import Stats
from monitor.queue_log import QueueLog, calls_from_json, calls_to_json, line, whole
from tests.queue_log_reader import read
from tests.unit.floor import AGENT, CALL, ENTERED, HOTLINE, MISSED, NOON_UTC_S, OFFERED, SALES, SEAT, SERVICE, journal
from tests.unit.monitor.test_stats import LIVES, history

EPOCH = int(NOON_UTC_S)


def written(outcomes: list[Outcome], log: QueueLog | None = None) -> str:
    log = log or QueueLog(lambda agent: [SALES])
    return "".join(text for outcome in outcomes for text in log.lines(outcome))


def told(*events: tuple[float, Event]) -> list[str]:
    return [text.replace(f"{EPOCH}|", "0|") for text in written(journal(*events)).splitlines()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives=LIVES)
def test_the_file_alone_gives_the_same_figures(tmp_path: Path, lives: list[tuple[float, int, float]]) -> None:
    outcomes, stats = history(lives), Stats()
    for outcome in outcomes:
        stats.apply(outcome)
    file = tmp_path / "queue_log"
    file.write_text(written(outcomes), encoding="utf-8")
    found = read(file)
    for queue in (SALES, SERVICE):
        ours, theirs = stats.of_queue(queue), found[queue]
        assert (theirs.offered, len(theirs.waits), len(theirs.abandoned)) == (
            ours.offered,
            ours.answered,
            ours.abandoned,
        )
        assert theirs.left == ours.flowed_out + ours.lost + ours.callbacks + ours.messages
        assert theirs.offered - len(theirs.waits) - len(theirs.abandoned) - theirs.left == ours.waiting
        for threshold_s in (5, 15, 20, 60):
            assert theirs.service_level(threshold_s) == ours.service_levels(threshold_s)["v3"]
        assert theirs.ring_no_answer == sum(
            ours.rings.get(outcome, 0) for outcome in (RingOutcome.MISSED, RingOutcome.REJECTED, RingOutcome.FAILED)
        )
        assert len(theirs.talks) == ours.talks
        assert abs(sum(theirs.talks) - (ours.talk_ms + ours.held_ms) / 1000) <= 0.5 * ours.talks + 0.001
        waits_ms = sum(theirs.waits) * 1000 - ours.answered_wait_ms
        assert 0 <= waits_ms < 1000 * max(1, ours.answered)


def test_a_call_from_entering_to_the_end() -> None:
    assert told(
        (0, ENTERED),
        (0, OFFERED),
        (0, MISSED),
        (0, CallAnswered(CALL, SALES, HOTLINE, SEAT, AGENT, 20.2, 2)),
        (0, TalkEnded(CALL, SALES, HOTLINE, SEAT, AGENT, 60.0, "agent", 5.0)),
        (0, CallEnded(CALL, HOTLINE, "agent", 90.0)),
    ) == [
        f"0|{CALL}|presales|NONE|ENTERQUEUE||+8613800001234|1",
        f"0|{CALL}|presales|agent-01|RINGNOANSWER|15000",
        f"0|{CALL}|presales|agent-01|CONNECT|21|{CALL}|15",
        f"0|{CALL}|presales|agent-01|COMPLETEAGENT|21|65|1",
    ]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (CallFlowedOut(CALL, SALES, HOTLINE, 30.0, "too_long"), ["EXITWITHTIMEOUT|1|1|30"]),
        (CallFlowedOut(CALL, SALES, HOTLINE, 30.0, "closed"), ["EXITEMPTY|1|1|30"]),
        (CallTurnedIntoCallback(CALL, SALES, HOTLINE, 9.5), ["EXITWITHKEY|callback|1|1|10", "CALLBACK|+8613800001234"]),
        (CallLeftMessage(CALL, SALES, HOTLINE, 9.5), ["EXITWITHKEY|message|1|1|10"]),
        (CallEnded(CALL, HOTLINE, "fallback", 9.0), ["EXITEMPTY|1|1|0"]),
        (CallMoved(CALL, HOTLINE, SALES, SERVICE, 0, "en", "moved", 3.0, True),
         ["EXITWITHTIMEOUT|1|1|0", "ENTERQUEUE||+8613800001234|1"]),
    ],
)  # fmt: skip
def test_every_way_out_of_a_queue_has_a_word(event: Event, said: list[str]) -> None:
    assert [text.split("|", 4)[4] for text in told((0, ENTERED), (0, OFFERED), (0, event))[1:]] == said


@pytest.mark.parametrize(
    ("how", "said"),
    [("consulted", "ATTENDEDTRANSFER|BRIDGE|agent-02|5|60|1"), ("blind", "BLINDTRANSFER|agent-02||5|60|1")],
)
def test_a_transfer_ends_the_agents_part(how: str, said: str) -> None:
    talk = CallAnswered(CALL, SALES, HOTLINE, SEAT, AGENT, 5.0, 1)
    given_away = CallTransferred(CALL, SALES, HOTLINE, SEAT, AGENT, how, "agent-02", "")
    over = TalkEnded(CALL, SALES, HOTLINE, SEAT, AGENT, 60.0, "transfer")
    later = TalkEnded(CALL, SALES, HOTLINE, SEAT, AGENT, 7.0, "caller")  # from hand to hand: no queue gave it
    assert told((0, ENTERED), (0, OFFERED), (0, talk), (0, given_away), (0, over), (0, later))[2:] == [
        f"0|{CALL}|presales|agent-01|{said}"
    ]


def test_agents_are_members_of_their_queues() -> None:
    out, ready, on_break, idle = AgentStatus.SIGNED_OUT, AgentStatus.READY, AgentStatus.ON_BREAK, AgentState.IDLE
    steps = [(out, ready, ""), (ready, on_break, "meal"), (on_break, ready, "ready"), (ready, out, "")]
    events = [(0.0, AgentChanged(AGENT, SEAT, was, idle, now, idle, why, 1.0)) for was, now, why in steps]
    assert [text.split("|", 2)[2] for text in told(*events)] == [
        "presales|agent-01|ADDMEMBER|", "presales|agent-01|PAUSE|meal", "presales|agent-01|UNPAUSE|",
        "presales|agent-01|REMOVEMEMBER|",
    ]  # fmt: skip


def test_a_value_cannot_make_a_line_or_a_field() -> None:
    assert line(1.0, "c", QueueId("q"), "", "PAUSE", "a|b\nc\x1b") == "1|c|q|NONE|PAUSE|a b c \n"
    assert (whole(15.0), whole(15.001), whole(-1.0)) == (15, 16, 0)


@given(LIVES)
def test_a_fold_that_was_kept_goes_on_as_if_nothing_had_happened(lives: list[tuple[float, int, float]]) -> None:
    outcomes, first = history(lives), QueueLog(lambda agent: [SALES])
    half = len(outcomes) // 2
    begun = written(outcomes[:half], first)
    second = QueueLog(lambda agent: [SALES], calls_from_json(calls_to_json(first)))
    assert begun + written(outcomes[half:], second) == written(outcomes)


def test_what_no_line_is_for_writes_none() -> None:
    same = AgentChanged(AGENT, SEAT, AgentStatus.READY, AgentState.IDLE, AgentStatus.READY, AgentState.TALKING, "", 1.0)
    assert told((0.0, same), (0.0, HouseApplied(1, 90, (), (), ()))) == []


def test_a_call_that_the_pbx_lost_leaves_its_queue_once() -> None:
    lines = told((0.0, ENTERED), (1.0, OFFERED), (9.0, CallLost(CALL, SALES, HOTLINE, "PBX_LOST")))
    assert [line.split("|")[4] for line in lines] == ["ENTERQUEUE", "EXITEMPTY"]
