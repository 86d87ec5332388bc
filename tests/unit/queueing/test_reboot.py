"""After a reboot the boot-time clock counts from zero: what is remembered is read on the new one."""

from __future__ import annotations

from core.commands import RingSeat
from core.events import AgentChanged, CallLost, CaseOverdue
from core.ids import CallId
from core.inputs import MachineRebooted, OpenCase
from core.states import AgentState, CaseKind
from queueing.decision import Decision
from tests.unit.queueing.builders import TestFloor, all_of, none, only, opened, talking

DOWN_S = 60.0
UP_AGAIN_S = 20.0


def reboot(floor: TestFloor) -> Decision:
    """The machine is away for a minute; its clock reads 20 s when the engine is back."""
    by_s = UP_AGAIN_S - floor.now_s - DOWN_S
    floor.now_s = UP_AGAIN_S
    decision = floor.give(MachineRebooted(by_s))
    floor.lose_sight()
    return decision


def wrapping_up(floor: TestFloor, call: str) -> None:
    floor.leg_end(talking(floor, call))


def test_a_wrap_up_that_ended_meanwhile_is_over_at_the_first_tick() -> None:
    floor = opened(("a1", "s1"))
    wrapping_up(floor, "c1")
    reboot(floor)
    assert only(AgentChanged, floor.after(0.1)).state is AgentState.IDLE


def test_a_wrap_up_longer_than_the_outage_goes_on_to_its_end() -> None:
    floor = opened(("a1", "s1"))
    wrapping_up(floor, "c1")
    by_s = UP_AGAIN_S - floor.now_s - 4.0
    floor.now_s = UP_AGAIN_S
    floor.give(MachineRebooted(by_s))
    assert none(AgentChanged, floor.after(5.9))
    assert only(AgentChanged, floor.after(0.2)).state is AgentState.IDLE


def test_calls_of_the_run_before_are_lost_and_not_taken_for_new_ones() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.rang(only(RingSeat, floor.queue("c2")))
    floor.queue("c3")
    reboot(floor)
    assert [lost.call for lost in all_of(CallLost, floor.resync(started="run2"))] == ["c1", "c2", "c3"]


def test_nobody_is_rung_before_the_pbx_is_seen_again() -> None:
    floor = opened(("a1", "s1"))
    floor.lose_sight()
    floor.queue("c1")
    assert none(RingSeat, reboot(floor))


def test_a_case_is_overdue_when_it_would_have_been() -> None:
    """An hour of the wall clock after it was opened, a minute of it without the machine."""
    floor = opened(("a1", "s1"))
    floor.ask(OpenCase(CaseKind.USE, "x", "", CallId("c1"), due_s=3600.0))
    reboot(floor)
    assert none(CaseOverdue, floor.after(3600.0 - DOWN_S - 1.0))
    assert only(CaseOverdue, floor.after(2.0))


def test_who_was_idle_longest_still_is() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    reboot(floor)
    floor.resync(started="run2")
    floor.sign_in("a3", "s3")
    assert [only(RingSeat, floor.queue(f"c{number}")).seat for number in (1, 2, 3)] == ["s1", "s2", "s3"]
