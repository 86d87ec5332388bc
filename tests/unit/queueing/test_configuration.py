"""A new house while calls run."""

from __future__ import annotations

from core.commands import MirrorSeat, RingSeat
from core.events import AgentChanged, HouseApplied, RequestRefused, SeatChanged
from core.states import AgentStatus
from tests.unit.queueing.builders import SALES, agent, all_of, house, none, only, opened, talking


def test_the_house_is_told_by_name() -> None:
    applied = only(HouseApplied, opened().configure(house(seats=2), 7))
    assert (applied.version, applied.lines, applied.seats) == (7, 90, ("s1", "s2"))
    assert applied.agents[0] == ("a1", "坐席 a1")


def test_a_new_seat_takes_calls_at_once_its_phone_being_known_before() -> None:
    floor = opened()
    floor.reach("s5")
    assert only(SeatChanged, floor.configure(house(seats=5), 2)).seat == "s5"
    floor.sign_in("a1", "s5")
    assert only(RingSeat, floor.queue("c1")).seat == "s5"


def test_an_agent_removed_while_idle_is_signed_out_and_cannot_come_back() -> None:
    floor = opened(("a1", "s1"))
    change = only(AgentChanged, floor.configure(house(agent("a2")), 2))
    assert (change.agent, change.status) == ("a1", AgentStatus.SIGNED_OUT)
    only(RequestRefused, floor.sign_in("a1", "s1"))


def test_a_seat_removed_during_a_talk_is_left_when_the_wrap_up_ends() -> None:
    floor = opened(("a1", "s4"))
    ring = talking(floor, "c1")
    assert none(AgentChanged, floor.configure(house(seats=3), 2))
    floor.leg_end(ring)
    change = only(AgentChanged, floor.after(10))
    assert (change.status, change.reason) == (AgentStatus.SIGNED_OUT, "removed_from_house")


def test_callers_in_a_queue_that_is_gone_are_served_by_its_old_rules() -> None:
    floor = opened()
    floor.queue("c1")
    whole = house()
    floor.configure(whole.model_copy(update={"queues": whole.queues[1:]}), 2)
    decision = floor.sign_in("a1", "s1")
    assert only(RingSeat, decision).call == "c1"
    assert all(mirror.queues == () for mirror in all_of(MirrorSeat, decision))


def test_new_skills_reach_waiting_callers_and_the_mirror_at_once() -> None:
    floor = opened(("a1", "s1"))
    floor.configure(house(agent("a1", skills={"care": 9})), 2)
    assert none(RingSeat, floor.queue("c1"))
    decision = floor.configure(house(agent("a1")), 3)
    assert only(RingSeat, decision).call == "c1"
    assert only(MirrorSeat, decision).queues == (SALES,)
