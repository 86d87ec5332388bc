"""The governor: what it sees, when it steps up and down, what each measure does, and that it does not oscillate."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import RingSeat, RunFlow
from core.events import (
    AgentChanged,
    BreakQueued,
    GovernorStepped,
    OffersChanged,
    RequestRefused,
    ReserveAsked,
    RuleOverridden,
)
from core.figures import Accessibility
from core.house import House
from core.ids import CallId, QueueId
from core.inputs import AskCallback, CallbackRequested, MessageLeft, QueueKeyPressed
from core.mergeable import merged
from core.states import AgentStatus, BreakReason
from queueing.offers import Offers
from tests.unit.queueing.builders import CARE, HOTLINE, NODE, SALES, TRUNK, TestFloor, all_of, none, only, talking
from tests.unit.queueing.staffed import SEATS, alarms, staffed

LADDER = ("ask_reserve", "relax_skills", "shorten_wrap_up", "hold_breaks", "alarm", "offer_callbacks")
RULES: dict[str, Any] = {"least_calls": 4, "window_s": 300, "up_after_s": 30, "down_after_s": 60}


def governed(*ladder: str, **rules: Any) -> TestFloor:
    """Two agents for sales at noon; nobody for complaints but one with too low a level."""
    document = staffed().model_dump(mode="json")
    document["governor"] = {"ladder": list(ladder), **RULES, **rules}
    document["staffing"], document["shifts"] = {}, []
    for one in document["agents"]:
        one["shift"] = ""
    document["agents"][1]["skills"] = {"sales": 5, "care": 2}
    floor = TestFloor()
    floor.open(House.model_validate(document), reachable=SEATS)
    floor.sign_in("a1", "s1")
    floor.sign_in("a2", "s2")
    return floor


def abandoned(floor: TestFloor, count: int, queue: Any = CARE, after_s: float = 40) -> None:
    """So many callers whom nobody answers in time, one after another."""
    for _ in range(count):
        name = f"lost{floor.sequence}"
        floor.queue(name, queue)
        floor.after(after_s)
        floor.hang_up(name)


def steps(floor: TestFloor) -> list[tuple[str, int, int, str]]:
    found = [event for event in floor.events if isinstance(event, GovernorStepped)]
    return [(event.queue, event.was, event.step, event.measure) for event in found]


def test_a_low_rate_that_goes_on_climbs_the_ladder_step_by_step() -> None:
    floor = governed("ask_reserve", "hold_breaks")
    abandoned(floor, 4)
    floor.queue("waits", CARE)
    floor.after(120)
    assert steps(floor) == [(CARE, 0, 1, "ask_reserve"), (CARE, 1, 2, "hold_breaks")]
    stepped = next(event for event in floor.events if isinstance(event, GovernorStepped))
    assert "connection rate 0.0% below 90%" in stepped.why
    assert stepped.connection_rate == 0.0


def test_each_step_waits_as_long_as_the_rules_say() -> None:
    floor = governed("ask_reserve", "alarm", up_after_s=60)
    abandoned(floor, 4)
    floor.queue("waits", CARE)
    began = floor.now_s
    moments: list[float] = []
    while len(moments) < 2:
        decision = floor.after(1)
        moments += [floor.now_s - began] * len(all_of(GovernorStepped, decision))
    assert moments[0] >= 60
    assert moments[1] - moments[0] >= 60


def test_too_few_calls_are_not_judged() -> None:
    floor = governed("ask_reserve", least_calls=20)
    abandoned(floor, 8)
    floor.queue("waits", CARE)
    floor.after(300)
    assert steps(floor) == []


def test_a_low_rate_that_is_mending_climbs_nothing() -> None:
    """The window still holds the abandons, but nobody waits any more."""
    floor = governed("ask_reserve", "alarm")
    abandoned(floor, 5, after_s=2)
    assert none(GovernorStepped, floor.after(200))


def test_back_above_target_and_margin_it_steps_down_and_the_floor_comes_to_rest() -> None:
    floor = governed("ask_reserve", "alarm")
    abandoned(floor, 5)
    floor.queue("waits", CARE)
    floor.after(70)
    floor.hang_up("waits")
    assert steps(floor)[-1][2] > 0
    floor.after(1200)
    assert steps(floor)[-1][2] == 0
    assert floor.engine.next_deadline() is None


def test_the_reserve_is_asked_and_only_those_who_can_help() -> None:
    floor = governed("ask_reserve")
    abandoned(floor, 4, SALES, 0)
    floor.take_break("a1")
    floor.take_break("a2")
    abandoned(floor, 4, SALES)
    floor.queue("waits", SALES)
    floor.after(60)
    asked = next(event for event in floor.events if isinstance(event, ReserveAsked))
    assert (asked.agents, asked.queue) == (("l1",), SALES)
    lonely = governed("ask_reserve")
    abandoned(lonely, 4)
    lonely.queue("waits", CARE)
    lonely.after(60)
    assert steps(lonely) and not [event for event in lonely.events if isinstance(event, ReserveAsked)]


def test_a_reserve_with_its_own_threshold_is_asked_before_the_ladder() -> None:
    floor = governed("alarm", up_after_s=600)
    document = floor.engine.snapshot().house.model_dump(mode="json")  # type: ignore[union-attr]
    document["groups"][0]["reserve_below"] = 0.5
    floor.configure(House.model_validate(document), 2)
    floor.take_break("a1")
    floor.take_break("a2")
    abandoned(floor, 5, SALES)
    floor.after(20)
    asked = [event for event in floor.events if isinstance(event, ReserveAsked)]
    assert [event.agents for event in asked] == [("l1",)]
    assert steps(floor) == []


def test_relaxed_skills_let_a_lower_level_serve_until_the_step_is_taken_back() -> None:
    floor = governed("relax_skills")
    abandoned(floor, 4)
    assert none(RingSeat, floor.queue("waits", CARE))
    while none(GovernorStepped, stepped := floor.after(1)):
        assert none(RingSeat, stepped)
    rung = only(RingSeat, stepped)
    assert (rung.call, rung.seat) == ("waits", "s2")
    floor.rang(rung)
    floor.answer(rung)
    floor.after(5)
    floor.leg_end(rung)
    floor.hang_up("waits")
    floor.after(1200)
    assert steps(floor)[-1] == (CARE, 1, 0, "relax_skills")
    assert none(RingSeat, floor.queue("later", CARE))


def test_wrap_up_is_shortened_and_breaks_are_held_back() -> None:
    floor = governed("shorten_wrap_up", "hold_breaks", "alarm")
    floor.take_break("a1")
    floor.take_break("a2")
    abandoned(floor, 4, SALES)
    floor.queue("waits", SALES)
    floor.after(150)
    assert "below_target" in alarms(floor.events)
    floor.ready("a1")
    ring = next(command for command in reversed(floor.commands) if isinstance(command, RingSeat))
    floor.rang(ring)
    floor.answer(ring)
    floor.leg_end(ring)
    assert floor.engine.snapshot().agents["a1"].due_boot_s == floor.now_s + 5  # type: ignore[index]
    floor.after(10)
    refused = only(RequestRefused, floor.take_break("a1", BreakReason.MEETING))
    assert "held back while presales is below its target" in refused.reason


@pytest.mark.parametrize("reason", [BreakReason.MEAL, BreakReason.REST])
def test_a_meal_or_rest_that_is_due_begins_at_once_while_breaks_are_held_back(reason: BreakReason) -> None:
    """Four hours are everybody's longest stretch; the floor asks for nobody, so it is the governor alone that could."""
    floor = governed("hold_breaks")
    floor.after(4 * 3600)
    rings = [talking(floor, call) for call in ("c1", "c2")]
    abandoned(floor, 4, SALES)
    floor.queue("waits", SALES)
    floor.after(60)
    floor.hang_up("waits")
    for ring in rings:
        floor.leg_end(ring)
    floor.after(10)
    assert steps(floor) == [(SALES, 0, 1, "hold_breaks")]
    assert "held back" in only(RequestRefused, floor.take_break("a1", BreakReason.TRAINING)).reason
    begun = floor.take_break("a1", reason)
    assert [(event.agent, event.status) for event in all_of(AgentChanged, begun)] == [("a1", AgentStatus.ON_BREAK)]
    assert none(BreakQueued, begun) and none(RuleOverridden, begun) and none(ReserveAsked, begun)
    floor.ready("a1")
    assert "held back" in only(RequestRefused, floor.take_break("a1", reason)).reason, "the stretch has begun anew"


def test_the_forecast_alone_climbs_when_the_agents_cannot_carry_the_load() -> None:
    """Ten calls a minute of a minute and more each, on two agents: nobody has given up yet, but many will."""
    floor = governed("alarm", least_calls=4)
    for number in range(20):
        floor.queue(f"c{number}")
        if number < 2:
            ring = [command for command in floor.commands if isinstance(command, RingSeat)][-1]
            floor.rang(ring)
            floor.answer(ring)
            floor.after(60)
            floor.leg_end(ring)
            floor.hang_up(f"c{number}")
        floor.after(6)
    floor.after(60)
    why = next(event.why for event in floor.events if isinstance(event, GovernorStepped))
    assert why.startswith("forecast")


# --- offers ------------------------------------------------------------------------------------
def wants_callback(floor: TestFloor, call: str, number: str) -> None:
    who = (CallId(call), NODE, HOTLINE, TRUNK, "", number)
    floor.give(CallbackRequested(*who, CARE, "zh-CN"))


def offers_told(floor: TestFloor) -> list[tuple[QueueId, bool, bool]]:
    return [(one.queue, one.callbacks, one.messages) for one in floor.events if isinstance(one, OffersChanged)]


def test_the_last_steps_offer_callbacks_and_messages_and_take_the_offer_back() -> None:
    floor = governed("offer_callbacks", "offer_messages")
    assert floor.engine.offers(CARE) == Offers()
    abandoned(floor, 4)
    floor.queue("waits", CARE)
    floor.after(120)
    assert floor.engine.offers(CARE) == Offers(callbacks=True, messages=True)
    assert floor.engine.offers(SALES) == Offers()
    why = next(event.why for event in floor.events if isinstance(event, OffersChanged))
    assert "below 90%" in why
    floor.hang_up("waits")
    floor.after(1200)
    assert offers_told(floor) == [(CARE, True, False), (CARE, True, True), (CARE, True, False), (CARE, False, False)]


def test_callers_who_took_the_offer_lower_the_rate_but_do_not_keep_the_step() -> None:
    """The governor may not flatter itself; and once the load is gone it may take the offer back."""
    floor = governed("offer_callbacks", up_after_s=30, window_s=300)
    abandoned(floor, 4)
    for number in range(6):
        floor.queue(f"w{number}", CARE)
    floor.after(60)
    for number in range(6):
        wants_callback(floor, f"w{number}", f"1390000000{number}")
    floor.queue("w", CARE)
    floor.after(30)
    figures = floor.engine.snapshot().governors[CARE]
    assert sum(minute.callbacks for minute in figures.minutes.values()) == 6
    assert all(minute.conserved for minute in figures.minutes.values())
    floor.hang_up("w")
    floor.after(1200)
    assert steps(floor)[-1] == (CARE, 1, 0, "offer_callbacks")


def test_no_callback_is_offered_beyond_what_the_house_promises() -> None:
    floor = governed("offer_callbacks")
    document = floor.engine.snapshot().house.model_dump(mode="json")  # type: ignore[union-attr]
    document["callbacks"]["open"] = 1
    floor.configure(House.model_validate(document), 2)
    abandoned(floor, 4)
    floor.queue("waits", CARE)
    floor.after(60)
    assert floor.engine.offers(CARE).callbacks
    floor.ask(AskCallback("13900000000", CARE))
    assert not floor.engine.offers(CARE).callbacks


def test_a_house_with_another_ladder_takes_offers_back_and_fits_the_step() -> None:
    floor = governed("alarm", "offer_callbacks")
    abandoned(floor, 4)
    floor.queue("waits", CARE)
    floor.after(120)
    document = floor.engine.snapshot().house.model_dump(mode="json")  # type: ignore[union-attr]
    document["governor"]["ladder"] = ["alarm"]
    changed = floor.configure(House.model_validate(document), 2)
    assert only(OffersChanged, changed) == OffersChanged(CARE, False, False, "another house")
    assert floor.engine.snapshot().governors[CARE].step == 1
    floor.hang_up("waits")
    floor.after(1200)
    assert steps(floor)[-1] == (CARE, 1, 0, "alarm")


# --- counting ----------------------------------------------------------------------------------
def minutes(floor: TestFloor, queue: QueueId) -> Accessibility:
    """All that the queue's governor has counted."""
    record = floor.engine.snapshot().governors.get(queue)
    return merged(Accessibility(), record.minutes.values() if record else ())


def counted(floor: TestFloor, queue: QueueId) -> tuple[int, int]:
    """Offered, and still waiting, as the queue's governor has it."""
    return minutes(floor, queue).offered, minutes(floor, queue).waiting


def test_a_moved_call_counts_where_it_went_and_nowhere_else() -> None:
    floor = governed("alarm")
    floor.take_break("a1")
    floor.take_break("a2")
    floor.queue("c", SALES)
    floor.after(90)
    assert counted(floor, SALES) == (1, 1)
    floor.move("c", CARE)
    assert (counted(floor, SALES), counted(floor, CARE)) == ((0, 0), (1, 1))
    floor.after(70)
    floor.hang_up("c")
    assert counted(floor, CARE) == (1, 0)


def test_a_call_that_an_agent_gave_away_is_work_of_both_queues() -> None:
    floor = governed("alarm")
    rung = only(RingSeat, floor.queue("c", SALES))
    floor.rang(rung)
    floor.answer(rung)
    floor.transfer("a1", queue=CARE)
    floor.queue("c", CARE, since=floor.now_s)
    floor.leg_end(rung)
    assert (counted(floor, SALES), counted(floor, CARE)) == ((1, 0), (1, 1))


@pytest.mark.parametrize("ladder", [(), LADDER])
def test_without_a_ladder_nothing_is_counted(ladder: tuple[str, ...]) -> None:
    floor = governed(*ladder)
    abandoned(floor, 5)
    assert bool(floor.engine.snapshot().governors) is bool(ladder)


# --- a step that is needed again ---------------------------------------------------------------------
def bad_spell(floor: TestFloor) -> float:
    """Callers are lost and one waits until a step is taken, then nobody calls; how long it took to take it back."""
    abandoned(floor, 5)
    waits = f"waits{floor.sequence}"
    floor.queue(waits, CARE)
    until_step(floor, 1)
    floor.hang_up(waits)
    began = floor.now_s
    until_step(floor, 0)
    return floor.now_s - began


def until_step(floor: TestFloor, wanted: int) -> None:
    began = floor.now_s
    while not steps(floor) or steps(floor)[-1][2] != wanted:
        assert floor.now_s - began < 3000.0, steps(floor)
        floor.after(5.0)


def test_a_step_back_that_had_to_be_taken_again_waits_longer_for_the_next_one() -> None:
    floor = governed("alarm")
    first = bad_spell(floor)
    assert bad_spell(floor) > first + 0.5 * RULES["down_after_s"]


def test_a_caller_who_left_a_message_is_counted_where_they_waited() -> None:
    floor = governed("offer_messages")
    abandoned(floor, 4)
    floor.queue("c1", CARE)
    until_step(floor, 1)
    floor.after(30.0)  # until it is offered
    only(RunFlow, floor.give(QueueKeyPressed(CallId("c1"), "2")))
    before = minutes(floor, CARE)
    floor.give(MessageLeft(CallId("c1"), HOTLINE, "", "", "while-waiting", "zh-CN", "c1-1.wav", 12.0))
    after = minutes(floor, CARE)
    assert (before.messages, before.waiting) == (0, 1) and (after.messages, after.waiting) == (1, 0)


def test_callers_who_are_lost_told_that_it_is_closed_or_leave_a_message_count_where_they_came() -> None:
    floor = governed("alarm", least_calls=1, up_after_s=3600)
    for name in ("lost", "closed", "message"):
        floor.queue(name, SALES if name == "lost" else CARE)
    floor.close_queue(CARE)
    floor.resync(started="run2", reachable=SEATS)
    assert (minutes(floor, CARE).flowed_out, minutes(floor, CARE).waiting) == (2, 0)
    assert (minutes(floor, SALES).lost, minutes(floor, SALES).waiting) == (1, 0)


def test_a_queue_that_the_house_has_no_more_is_governed_no_more() -> None:
    floor = governed("alarm")
    abandoned(floor, 4)
    house = floor.engine.snapshot().house
    assert house is not None
    floor.queue("waits", CARE)
    without = house.model_copy(update={"queues": tuple(queue for queue in house.queues if queue.id != CARE)})
    floor.configure(without, 2)
    floor.hang_up("waits")
    floor.configure(without, 3)
    floor.after(60)
    assert steps(floor) == [] and floor.engine.snapshot().governors[CARE].minutes == {}
    assert none(GovernorStepped, floor.queue("again", CARE)), "nor is it counted"


def test_a_service_level_that_is_too_low_climbs_too() -> None:
    """Both are answered, but late, and a third waits for too long."""
    floor = governed("alarm", least_calls=2)
    for name in ("a1", "a2"):
        floor.take_break(name)
    for name in ("a1", "a2"):
        floor.queue(f"of-{name}", SALES)
    floor.after(25)
    for name in ("a1", "a2"):
        ring = only(RingSeat, floor.ready(name))
        floor.rang(ring)
        floor.answer(ring)
    floor.queue("waits", SALES)
    floor.after(70)
    (stepped,) = [event for event in floor.events if isinstance(event, GovernorStepped)]
    assert stepped.why == "service level 0.0% below 80%" and stepped.connection_rate == 1.0


def test_after_a_reboot_the_minutes_of_the_old_clock_are_forgotten() -> None:
    floor = governed("alarm")
    abandoned(floor, 3)
    floor.rebooted(-floor.now_s + 5.0)
    assert floor.engine.snapshot().governors[CARE].minutes == {}
