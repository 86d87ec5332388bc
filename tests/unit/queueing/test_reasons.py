"""Why each agent does not get a waiting call, and why each but one did not get one that was offered."""

from __future__ import annotations

from datetime import timedelta

from core.ids import CallId, OfferId
from core.inputs import CallQueued, Input
from core.instants import Instant
from core.reasons import Reason
from tests.unit.queueing.builders import HOTLINE, MIDNIGHT, NODE, SALES, TRUNK, TestFloor, agent, house, talking

C2 = CallId("c2")


def floor_of(*signed_in: str) -> TestFloor:
    """a1 to a4 can do it; a5 has other skills and a6 another language."""
    able = [agent(f"a{number}") for number in range(1, 5)]
    floor = TestFloor()
    others = agent("a5", skills={"care": 5}), agent("a6", languages=("en",))
    floor.open(house(*able, *others, seats=6), reachable=tuple(f"s{number}" for number in range(1, 7)))
    for name in signed_in:
        floor.sign_in(name, name.replace("a", "s"))
        floor.after(1.0)
    return floor


def why(floor: TestFloor, call: CallId = C2) -> dict[str, tuple[str, str]]:
    return {str(one.agent): (one.reason.value, one.detail) for one in floor.engine.obstacles(call)}


def test_everybodys_first_obstacle_while_a_caller_waits() -> None:
    floor = floor_of("a1", "a2", "a3")
    talking(floor, "c1")
    floor.take_break("a2")
    floor.reach("s3", False)
    floor.queue("c2")
    assert why(floor) == {
        "a1": ("busy", "talking"),
        "a2": ("on_break", ""),
        "a3": ("phone_gone", ""),
        "a4": ("signed_out", ""),
        "a5": ("unskilled", ""),
        "a6": ("language", "zh-CN"),
    }


def test_a_phone_that_rests_after_a_failed_ring() -> None:
    floor = floor_of("a1")
    floor.queue("c2")
    floor.reach("s1", False)
    floor.reach("s1")
    assert why(floor)["a1"] == (Reason.PHONE_RESTS.value, "")


def test_a_call_that_does_not_wait_or_is_not_known_asks_for_nobodys_reason() -> None:
    floor = floor_of("a1")
    talking(floor, "c2")
    assert why(floor) == {} and why(floor, CallId("nobody")) == {}


def test_of_an_offer_everybody_else_was_behind_or_could_not() -> None:
    floor = floor_of("a1", "a2", "a3")
    fact: Input = CallQueued(C2, NODE, HOTLINE, TRUNK, "", SALES, "zh-CN", 0, None)
    now = Instant(floor.now_s, MIDNIGHT + timedelta(seconds=floor.now_s))
    offer = OfferId("c2/1")
    _, seen = floor.engine.witness(fact, now, floor.sequence + 1, {offer})
    found = {str(one.agent): (one.reason, one.detail) for one in seen[offer]}
    assert (found["a1"], found["a2"], found["a3"]) == (
        (Reason.CHOSEN, ""),
        (Reason.BEHIND, "2"),
        (Reason.BEHIND, "3"),
    )
    assert found["a4"][0] is Reason.SIGNED_OUT and found["a5"][0] is Reason.UNSKILLED
