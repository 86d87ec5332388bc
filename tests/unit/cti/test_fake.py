"""The fake PBX gives the facts that the real one was recorded to give."""

from __future__ import annotations

import pytest

from core.commands import LetGo, RingSeat, WithdrawRing
from core.ids import CallId, CommandId, NodeId, OfferId, QueueId, SeatId
from core.inputs import CallerHungUp, CommandDone, Input
from cti.fake import Caller, FakePbx, Phone
from tests.scenarios import (
    COLLEAGUE,
    FIRST_OFFER,
    MOVES,
    SCENARIOS,
    MoveScenario,
    Scenario,
    leg_facts,
    line_facts,
    move_facts,
    ordered,
)

NODE, CALL, SEAT = NodeId("n1"), CallId("n1-1.1"), SeatId("seat-01")
PHONES = {
    "answers": Phone(answers_after_s=1.0),
    "ignores": Phone(),
    "busy": Phone(busy=True),
    "rejects": Phone(rejects_after_s=1.0),
    "absent": None,
}


def played(scenario: Scenario) -> list[Input]:
    facts: list[Input] = []
    pbx = FakePbx(lambda fact, boot_s: facts.append(fact))
    pbx.phones[SEAT] = PHONES[scenario.phone]
    pbx.dial(CALL, Caller(QueueId("service")))
    pbx.execute([RingSeat(CommandId("1.0"), 2.0, NODE, CALL, OfferId("o/1"), SEAT, dial_s=20)])
    pbx.advance(3.0)
    if scenario.ends == "agent":
        pbx.hang_up_agent(CALL)
    elif scenario.ends in ("caller", "caller_while_ringing"):
        pbx.hang_up(CALL)
    elif scenario.ends == "unregistered":
        pbx.plug(SEAT, None)
    if scenario.ends in ("withdrawn", "unregistered"):
        pbx.execute([WithdrawRing(CommandId("2.0"), 9.0, NODE, CALL, OfferId("o/1"), SEAT)])
    pbx.advance(30.0)
    return facts


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_fake_does_what_was_recorded(scenario: Scenario) -> None:
    facts = played(scenario)
    assert leg_facts(facts) == scenario.leg
    assert line_facts(facts, "1.0") == scenario.line


def test_a_line_we_let_go_of_ends_with_the_goodbye() -> None:
    facts: list[Input] = []
    pbx = FakePbx(lambda fact, boot_s: facts.append(fact))
    pbx.dial(CALL, Caller(QueueId("service")))
    pbx.execute([LetGo(CommandId("1.0"), 2.0, NODE, CALL)])
    pbx.advance(5.0)
    assert facts[-2:] == [CommandDone(CommandId("1.0")), CallerHungUp(CALL, 16)]


def test_a_disturbed_fact_is_lost_or_doubled() -> None:
    facts: list[Input] = []
    pbx = FakePbx(lambda fact, boot_s: facts.append(fact), disturb=lambda fact: (0.0, 0.5))
    pbx.dial(CALL, Caller(QueueId("service")))
    pbx.advance(1.0)
    assert len(facts) == 4
    lossy = FakePbx(lambda fact, boot_s: facts.append(fact), disturb=lambda fact: ())
    lossy.dial(CALL, Caller(QueueId("service")))
    lossy.advance(1.0)
    assert len(facts) == 4


@pytest.mark.parametrize("scenario", MOVES, ids=lambda scenario: scenario.name)
def test_the_fake_parts_and_joins_talks_as_was_recorded(scenario: MoveScenario) -> None:
    facts: list[Input] = []
    pbx = FakePbx(lambda fact, boot_s: facts.append(fact))
    pbx.phones |= {SEAT: Phone(answers_after_s=0.3), COLLEAGUE: Phone(answers_after_s=0.3)}
    pbx.dial(CALL, Caller(QueueId("service")))
    pbx.execute([RingSeat(CommandId("1.0"), 2.0, NODE, CALL, FIRST_OFFER, SEAT, dial_s=20)])
    pbx.advance(1.0)
    for number, (step, expected) in enumerate(scenario.steps, start=2):
        facts.clear()
        order = ordered(step, CALL, NODE, pbx.now_boot_s, number)
        pbx.execute([order]) if order else pbx.hang_up_agent(CALL)
        pbx.advance(pbx.now_boot_s + 1.0)
        assert move_facts(facts) == expected, step
