"""Nobody is left at night: leaders' mobiles are rung, one at a time, until one has pressed 1."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from core.commands import CallLeader, CancelFar, RingSeat
from core.events import LeaderCalled, LeaderCallEnded, LeaderSummoned
from core.house import House
from core.ids import AgentId, CallId, OfferId, TrunkId
from core.inputs import CommandDone, CommandFailed, FarAnswered, FarLegEnded, FarRang, NoticeUnderstood
from queueing.decision import Decision
from queueing.engine import Engine
from queueing.state import EngineState
from queueing.summons import NOTICE_S
from tests.unit.queueing.builders import TestFloor, agent, none, only
from tests.unit.queueing.staffed import alarms, opened_at, staffed, until

PLAN = {"ring_s": 20, "rounds": 2, "gap_s": 60, "quiet_s": 600}
FIRST, SECOND = "13900000001", "13900000002"


def night_house(*mobiles: str, trunks: int = 1) -> House:
    """Leaders l1, l2, … with these mobiles; two trunks, if wanted."""
    document = staffed().model_dump(mode="json")
    others = [one for one in document["agents"] if one["role"] == "agent"]
    leader = {**agent("l1").model_dump(mode="json"), "role": "leader"}
    document["agents"] = others + [
        {**leader, "id": f"l{number}", "mobile": mobile} for number, mobile in enumerate(mobiles, start=1)
    ]
    if trunks == 2:
        document["trunks"] += [{"id": "carrier-b", "name": "B", "host": "127.0.0.3"}]
    document["staffing"]["night_calls"] = PLAN
    return House.model_validate(document)


def missed(floor: TestFloor, call: str = "c1") -> Decision:
    """The last one at night lets two rings for this call pass, the only one there is."""
    for other in tuple(floor.engine.snapshot().calls):
        floor.hang_up(other)
    floor.queue(call)
    for _ in range(2):
        floor.rang([command for command in floor.commands if isinstance(command, RingSeat)][-1])
        decision = floor.after(15.0)
    return decision


def summoned(*mobiles: str, trunks: int = 1) -> tuple[TestFloor, CallLeader]:
    floor = opened_at("22:00", "a10", house=night_house(*(mobiles or (FIRST,)), trunks=trunks))
    return floor, only(CallLeader, missed(floor))


def ends(floor: TestFloor, order: CallLeader, cause: int = 16) -> Decision:
    return floor.give(FarLegEnded(order.call, OfferId(f"{order.call}/1"), cause))


def answers(floor: TestFloor, order: CallLeader) -> None:
    floor.give(CommandDone(order.id))
    floor.give(FarRang(order.call, OfferId(f"{order.call}/1")))
    floor.give(FarAnswered(order.call, OfferId(f"{order.call}/1")))


def outcome(decision: Decision) -> str:
    return only(LeaderCallEnded, decision).outcome


def test_the_leaders_mobile_is_rung_over_a_trunk() -> None:
    floor, order = summoned()
    assert (order.number, order.trunk, order.ring_s) == ("+8613900000001", "carrier-a", 20)
    told = [event for event in floor.events if isinstance(event, LeaderSummoned | LeaderCalled)]
    assert isinstance(told[0], LeaderSummoned) and isinstance(told[1], LeaderCalled) and told[1].round == 1
    assert "night_without_agent" in alarms(floor.events)


def test_key_1_ends_it_and_for_a_while_nobody_is_rung_again() -> None:
    floor, order = summoned()
    answers(floor, order)
    assert outcome(floor.give(NoticeUnderstood(order.call))) == "understood"
    assert none(LeaderCallEnded, floor.give(NoticeUnderstood(order.call))), "pressed twice"
    assert none(LeaderCallEnded, ends(floor, order))
    again = missed(floor, "c2")
    assert alarms(again) == ["night_without_agent"] and none(CallLeader, again)
    floor.hang_up("c2")
    floor.after(PLAN["quiet_s"])
    assert only(CallLeader, missed(floor, "c3"))


def test_never_two_calls_at_once_whatever_happens_meanwhile() -> None:
    floor, order = summoned(FIRST, SECOND)
    answers(floor, order)
    again = missed(floor, "c2")
    assert alarms(again) == ["night_without_agent"] and none(CallLeader, again)
    started = [event.call for event in floor.events if isinstance(event, LeaderCalled)]
    over = [event.call for event in floor.events if isinstance(event, LeaderCallEnded)]
    assert len(started) - len(over) == 1


@pytest.mark.parametrize(("cause", "how"), [(17, "busy"), (19, "no_answer"), (0, "no_answer")])
def test_whoever_does_not_answer_is_followed_by_the_next_leader(cause: int, how: str) -> None:
    floor, order = summoned(FIRST, SECOND)
    floor.give(FarRang(order.call, OfferId(f"{order.call}/1")))
    decision = ends(floor, order, cause)
    assert outcome(decision) == how
    assert only(CallLeader, decision).number == "+8613900000002"


def test_an_answer_without_key_1_is_not_enough() -> None:
    floor, order = summoned(FIRST, SECOND)
    answers(floor, order)
    decision = ends(floor, order)
    assert outcome(decision) == "answered" and only(LeaderCalled, decision).leader == "l2"


def test_a_trunk_that_fails_is_followed_by_the_other_for_the_same_leader() -> None:
    floor, order = summoned(FIRST, SECOND, trunks=2)
    second = only(CallLeader, ends(floor, order, 34))
    assert (second.number, second.trunk) == (order.number, TrunkId("carrier-b"))
    assert only(CallLeader, ends(floor, second, 34)).number == "+8613900000002"


def test_round_after_round_then_an_alarm() -> None:
    floor, order = summoned()
    floor.give(FarRang(order.call, OfferId(f"{order.call}/1")))
    assert none(CallLeader, ends(floor, order, 19))
    second = only(CallLeader, floor.after(PLAN["gap_s"] + 1.0))
    floor.give(FarRang(second.call, OfferId(f"{second.call}/1")))
    assert "leader_not_reached" in alarms(ends(floor, second, 19))
    assert floor.engine.snapshot().summons == {}


def test_a_call_that_nobody_tells_the_end_of_is_over_some_day() -> None:
    floor, order = summoned(FIRST, SECOND)
    answers(floor, order)
    late = floor.after(NOTICE_S + 0.1)
    assert only(CancelFar, late).call == order.call and only(LeaderCalled, late).leader == "l2"


def test_an_order_that_fails_is_hung_up_and_the_next_is_tried() -> None:
    floor, order = summoned(FIRST, SECOND)
    failed = floor.give(CommandFailed(order.id, "AMI is not connected"))
    assert only(CancelFar, failed).call == order.call
    assert only(CallLeader, failed).number == "+8613900000002", "no other trunk is left for the first"


@pytest.mark.parametrize("mobile", ["+447700900123", "110", "95001"])
def test_a_mobile_that_may_not_be_called_is_refused_with_its_place(mobile: str) -> None:
    with pytest.raises(ValidationError, match=r"agents\.\d+\.mobile: (That|Service)"):
        night_house(SECOND, mobile)


def by_day(floor: TestFloor, *mobiles: str) -> None:
    """A house without a night."""
    house = night_house(*mobiles).model_dump() | {"staffing": {"floor": [], "night_calls": PLAN}}
    floor.configure(House.model_validate(house), 2)


@pytest.mark.parametrize("cause", [19, 34])
def test_when_the_night_is_over_the_next_leader_is_not_rung_any_more(cause: int) -> None:
    floor, order = summoned(FIRST, SECOND)
    by_day(floor, FIRST, SECOND)
    decision = ends(floor, order, cause)
    assert none(LeaderCalled, decision) and "leader_not_reached" not in alarms(decision)
    assert floor.engine.snapshot().summons == {}


def test_when_the_night_is_over_no_further_round_begins() -> None:
    floor, order = summoned()
    ends(floor, order, 19)
    by_day(floor, FIRST)
    assert none(CallLeader, floor.after(PLAN["gap_s"] + 1.0))
    assert floor.engine.snapshot().summons == {}


def test_it_goes_on_after_a_restart() -> None:
    floor, order = summoned(FIRST, SECOND)
    kept = TypeAdapter(EngineState)
    floor.engine = Engine.restore(kept.validate_json(kept.dump_json(floor.engine.snapshot())))
    assert only(LeaderCalled, ends(floor, order, 19)).leader == AgentId("l2")


def test_facts_of_an_old_call_change_nothing() -> None:
    floor, order = summoned(FIRST, SECOND)
    ends(floor, order, 17)
    for fact in (
        FarAnswered(order.call, OfferId("x")),
        NoticeUnderstood(CallId("other")),
        NoticeUnderstood(order.call),
    ):
        assert floor.give(fact).events == ()


def test_the_next_night_begins_anew() -> None:
    floor, order = summoned()
    answers(floor, order)
    floor.give(NoticeUnderstood(order.call))
    floor.hang_up("c1")
    until(floor, "22:00", 1)
    assert floor.engine.snapshot().summons == {}


def test_what_is_told_of_other_calls_is_nothing_to_a_leaders() -> None:
    floor, order = summoned()
    stranger = CallId("n1-sum-99.0"), OfferId("n1-sum-99.0/1")
    for fact in (FarRang(*stranger), FarAnswered(*stranger), FarLegEnded(*stranger, 16)):
        assert not floor.give(fact).events
    answers(floor, order)
    floor.give(FarAnswered(order.call, OfferId(f"{order.call}/1")))
    assert outcome(ends(floor, order)) == "answered", "told twice, and answered once"
