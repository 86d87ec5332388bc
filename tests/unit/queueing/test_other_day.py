"""A day of the journal as it was, to the last outcome, and as it would have been with something changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from random import Random

import pytest

from bench.theory import QUEUE
from bench.theory import house as plain_house
from core.commands import RingSeat
from core.decisions import stamped
from core.events import CallAnswered, CallLost, Event, FlowBegan, HouseApplied, Outcome, TalkEnded
from core.figures import Figures
from core.house import Agent, House, Seat
from core.ids import AgentId, CallId, QueueId, SeatId
from core.inputs import (
    AskCallback,
    BecomeReady,
    CloseQueue,
    CommandDone,
    ConfigurationChanged,
    Hold,
    Input,
    MachineRebooted,
    PbxLost,
    PbxResynced,
    Requested,
    Resume,
    SeenCall,
    SetPriority,
    SignIn,
    SignOut,
    TakeBreak,
)
from core.instants import Instant
from core.states import BreakReason
from core.stats import Stats
from queueing.day_scripts import fates, written
from queueing.engine import Engine
from queueing.other_day import Changed, Moment, OtherDay, StaffChange, as_it_was, every, reboots
from queueing.twin import NODE, Caller, Twin

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
HOUR_S = 3600.0


class Recorded(Twin):
    """A twin that keeps the journal."""

    moments: list[Moment]

    def give(self, fact: Input) -> None:
        now = Instant(self.now_s, BEGAN + (datetime.fromtimestamp(self.now_s, UTC) - datetime.fromtimestamp(0, UTC)))
        self.__dict__.setdefault("moments", []).append(Moment(fact, now, self.decisions + 1))
        super().give(fact)


def callers(count: int) -> list[Caller]:
    dice, at_s, found = Random(4), 60.0, []
    for number in range(count):
        at_s += dice.expovariate(1 / 45)
        found.append(Caller(CallId(f"c{number}"), at_s, QUEUE, dice.expovariate(1 / 150), dice.expovariate(1 / 90)))
    return found


@cache
def day(count: int = 240) -> tuple[House, tuple[Moment, ...]]:
    """Three hours of too many callers for three agents, each picked up after four seconds; two put a caller on hold."""
    queue = plain_house(3).queues[0].model_copy(update={"wrap_up_s": 10.0})
    house = plain_house(3).model_copy(update={"queues": (queue,), "time_zone": "UTC"})
    twin = Recorded(house, began=BEGAN, pick_up_s=lambda ring: 4.0)
    twin.open()
    twin.sign_in_everybody()
    twin.at(900.0, lambda: twin.ask(Hold(AgentId("a1"))))
    twin.at(920.0, lambda: twin.ask(Resume(AgentId("a1"))))
    twin.at(1000.0, lambda: twin.ask(BecomeReady(AgentId("a2"))))
    twin.callers(callers(count))
    twin.run()
    return house, tuple(twin.moments)


def journal(moments: Sequence[Moment]) -> list[Outcome]:
    engine, found = Engine(), list[Outcome]()
    for one in moments:
        found += stamped(engine.handle(one.fact, one.now, one.sequence), one.sequence, one.now)
    return found


def other(changed: Changed = lambda fact: fact, staff: Sequence[StaffChange] = (), extra: int = 0) -> OtherDay:
    _, moments = day()
    was = as_it_was(Engine(), moments)
    found = OtherDay(Engine(), written(every(was, moments)), changed, staff)
    found.run(moments, was)
    return found


def figures(outcomes: Sequence[Outcome]) -> Figures:
    stats = Stats()
    for outcome in outcomes:
        stats.apply(outcome)
    assert stats.unconserved() == []
    return stats.of_house()


def with_extra(count: int) -> Changed:
    """The house and the PBX know `count` more agents, who are not there yet."""

    def changed(fact: Input) -> Input:
        names = [f"x{number}" for number in range(count)]
        if isinstance(fact, ConfigurationChanged):
            agents = tuple(Agent(id=AgentId(name), name=name, skills={"all": 5}) for name in names)
            seats = tuple(Seat(id=SeatId(name)) for name in names)
            house = fact.house
            more = house.model_copy(update={"agents": house.agents + agents, "seats": house.seats + seats})
            return ConfigurationChanged(fact.version, more)
        if isinstance(fact, PbxResynced):
            return replace(fact, reachable_seats=fact.reachable_seats | {SeatId(name) for name in names})
        return fact

    return changed


def more(start_s: float, end_s: float, count: int = 1) -> StaffChange:
    pairs = tuple((AgentId(f"x{number}"), SeatId(f"x{number}")) for number in range(count))
    return StaffChange(BEGAN.timestamp() + start_s, BEGAN.timestamp() + end_s, pairs)


def test_with_nothing_changed_the_day_is_the_same_to_the_last_outcome() -> None:
    _, moments = day()
    found = other()
    assert found.outcomes == journal(moments)
    assert found.free == set()
    assert figures(found.outcomes).answered > 100 and figures(found.outcomes).abandoned > 20


def test_one_more_agent_for_an_hour_changes_that_hour_and_what_follows() -> None:
    _, moments = day()
    was, found = fates(journal(moments)), other(with_extra(1), [more(HOUR_S, 2 * HOUR_S)])
    now = fates(found.outcomes)
    assert was.keys() == now.keys() and len(was) == 240
    first = min((was[call].asked_utc_s for call in was if was[call] != now[call]), default=0.0)
    assert first > BEGAN.timestamp() + HOUR_S - 300
    before, after = figures(journal(moments)), figures(found.outcomes)
    assert after.abandoned < before.abandoned and (after.asa_s or 0) < (before.asa_s or 0)
    taken = [one.agent for one in now.values() if one.agent == "x0"]
    assert len(taken) > 5
    assert after.waiting == 0


def test_the_extra_agent_goes_after_the_hour() -> None:
    found = other(with_extra(1), [more(HOUR_S, 2 * HOUR_S)])
    answered = [one for one in found.outcomes if isinstance(one.event, CallAnswered) and one.event.agent == "x0"]
    assert all(BEGAN.timestamp() + HOUR_S <= one.at_utc_s <= BEGAN.timestamp() + 2 * HOUR_S + 60 for one in answered)


def test_one_agent_less_costs_calls_and_comes_back() -> None:
    _, moments = day()
    change = StaffChange(BEGAN.timestamp() + HOUR_S, BEGAN.timestamp() + 2 * HOUR_S, fewer=1)
    found = other(staff=[change])
    before, after = figures(journal(moments)), figures(found.outcomes)
    assert after.abandoned > before.abandoned
    late = [one for one in found.outcomes if isinstance(one.event, CallAnswered) and one.event.agent == "a2"]
    assert max(one.at_utc_s for one in late) > BEGAN.timestamp() + 2 * HOUR_S


def test_another_rule_of_the_house_is_followed_from_the_beginning() -> None:
    def without_wrap_up(fact: Input) -> Input:
        if not isinstance(fact, ConfigurationChanged):
            return fact
        queues = tuple(queue.model_copy(update={"wrap_up_s": 0.0}) for queue in fact.house.queues)
        return ConfigurationChanged(fact.version, fact.house.model_copy(update={"queues": queues}))

    _, moments = day()
    before, after = figures(journal(moments)), figures(other(without_wrap_up).outcomes)
    assert after.answered > before.answered and after.abandoned < before.abandoned


def test_calls_that_go_by_script_come_to_about_the_same() -> None:
    """An agent who is away for two minutes: then hardly any call has the same agent as before."""
    _, moments = day()
    found = other(staff=[StaffChange(BEGAN.timestamp() + 61, BEGAN.timestamp() + 181, fewer=1)])
    assert len(found.free) > 150
    before, after = figures(journal(moments)), figures(found.outcomes)
    assert after.connection_rate == pytest.approx(before.connection_rate, abs=0.04)
    assert after.asa_s == pytest.approx(before.asa_s, rel=0.25)
    assert after.aht_s == pytest.approx(before.aht_s, rel=0.1)


def test_the_same_question_has_the_same_answer() -> None:
    once, again = (other(with_extra(2), [more(HOUR_S, 2 * HOUR_S, 2)]) for _ in range(2))
    assert once.outcomes == again.outcomes


def test_a_pbx_that_was_out_of_sight_is_seen_as_the_other_day_has_it() -> None:
    """Its calls of the day that was, and those that go by their script; without that, nobody would be rung any more."""
    _, moments = day()
    seats = frozenset(seat.id for seat in day()[0].seats)
    at = next(n for n, one in enumerate(moments) if one.now.boot_s > 1.5 * HOUR_S)
    engine = Engine()
    for one in moments[:at]:
        engine.handle(one.fact, one.now, one.sequence)
    live = tuple(seen for call in fates(journal(moments)) if (seen := _as_seen(engine, call)) is not None)
    now = moments[at].now
    gap: list[Input] = [PbxLost(NODE), PbxResynced(NODE, "run1", live, seats)]
    lost = [Moment(fact, now, 10**9 + n) for n, fact in enumerate(gap)]
    whole = [*moments[:at], *lost, *moments[at:]]
    was = as_it_was(Engine(), whole)
    found = OtherDay(Engine(), written(every(was, whole)), with_extra(1), [more(HOUR_S, 2 * HOUR_S)])
    found.run(whole, was)
    after = [one for one in found.outcomes if isinstance(one.event, CallAnswered) and one.boot_s > now.boot_s]
    assert len(after) > 20 and figures(found.outcomes).lost == 0


def _as_seen(engine: Engine, call: CallId) -> SeenCall | None:
    return OtherDay(engine, written([]), lambda fact: fact)._seen(call)


def test_scripts_say_what_was_and_draw_the_rest_from_it() -> None:
    _, moments = day()
    scripts = written(journal(moments))
    gave_up = next(call for call, one in scripts.of.items() if one.gave_up_s is not None)
    answered = next(call for call, one in scripts.of.items() if one.waited_s is not None)
    assert scripts.patience(gave_up) == scripts.of[gave_up].gave_up_s
    assert scripts.patience(answered) > (scripts.of[answered].waited_s or 0)
    assert scripts.pick_up(answered) == pytest.approx(4.0) == scripts.pick_up(gave_up)
    assert scripts.talk(gave_up, QUEUE) in {one.talk_s for one in scripts.of.values()}
    assert scripts.talk(gave_up, QueueId("nobodys")) > 0
    assert 30 < scripts.patience_s < 300


def test_a_day_without_calls_has_usual_scripts() -> None:
    scripts = written([])
    assert (scripts.talk(CallId("c"), None), scripts.pick_up(CallId("c"))) == (180.0, 4.0)
    assert scripts.patience(CallId("c")) == float("inf") and scripts.wrap_up(CallId("c")) is None


# --- a day on which more than calls happens ----------------------------------------------------------
class Lively(Recorded):
    """The agent hangs up first, and what each order came to is in the journal too."""

    def _end_talk(self, ring: RingSeat) -> None:
        self._leg_over(ring.call, ring.offer, ring.seat, 16)
        self.give(CommandDone(ring.id, "ANSWER"))


@cache
def lively_day() -> tuple[House, tuple[Moment, ...]]:
    """An hour and a half: people come, go and ask, a promise is made, the PBX is looked at and begins anew once."""
    queue = plain_house(3).queues[0].model_copy(update={"wrap_up_s": 10.0})
    house = House.model_validate(
        plain_house(3).model_dump() | {"queues": (queue,), "time_zone": "UTC", "callbacks": {"start": "00:00"}}
    )
    twin = Lively(house, began=BEGAN, pick_up_s=lambda ring: 4.0)
    seats = frozenset(seat.id for seat in house.seats)
    twin.open()
    twin.sign_in_everybody()
    for at_s, request in (
        (700.0, TakeBreak(AgentId("a1"), BreakReason.REST)),
        (800.0, BecomeReady(AgentId("a1"))),
        (900.0, AskCallback("13800138000", QUEUE)),
        (1500.0, SetPriority(CallId("c20"), 5)),
        (1600.0, SetPriority(CallId("c33"), 5)),
        (2000.0, SignOut(AgentId("a3"))),
        (2400.0, SignIn(AgentId("a3"), SeatId(house.seats[2].id))),
        (4000.0, BecomeReady(AgentId("a1"))),
    ):
        twin.at(at_s, lambda request=request: twin.ask(request))  # type: ignore[misc]
    twin.at(1800.0, lambda: twin.give(PbxResynced(NODE, "run1", live(twin.engine, list(twin._here)), seats)))
    twin.at(3000.0, lambda: twin.give(PbxResynced(NODE, "run2", (), seats)))
    twin.listen(lambda event, at_s: _hold_in(twin, event, at_s))
    twin.callers(callers(110))
    twin.run(7000.0)
    return house, tuple(twin.moments)


def _hold_in(twin: Twin, event: Event, at_s: float) -> None:
    """Each talk that a2 begins in these minutes is parted for a moment."""
    if isinstance(event, CallAnswered) and event.agent == "a2" and 1000.0 < at_s < 1400.0:
        twin.at(at_s + 6.0, lambda: twin.ask(Hold(AgentId("a2"))))
        twin.at(at_s + 9.0, lambda: twin.ask(Resume(AgentId("a2"))))


def test_a_hold_that_is_not_asked_for_leaves_the_talk_to_its_script() -> None:
    """a2 is called away while the phone is up: what the journal says of that talk from then on is not so any more."""
    _, moments = lively_day()
    asked = next(one for one in moments if isinstance(one.fact, Requested) and isinstance(one.fact.request, Hold))
    began = asked.now.wall.timestamp() - 2.0
    found = other_lively(lambda fact: fact, [StaffChange(began, began + 600, fewer=1)])
    after = (one.event for one in found.outcomes if one.at_utc_s > began)
    first = next(event for event in after if isinstance(event, TalkEnded))
    assert first.call in found.free and figures(found.outcomes).waiting == 0


def live(engine: Engine, calls: Sequence[CallId]) -> tuple[SeenCall, ...]:
    return tuple(seen for call in calls if (seen := _as_seen(engine, call)) is not None)


def other_lively(changed: Changed, staff: Sequence[StaffChange] = ()) -> OtherDay:
    _, moments = lively_day()
    was = as_it_was(Engine(), moments)
    found = OtherDay(Engine(), written(every(was, moments)), changed, staff)
    found.run(moments, was)
    return found


def test_a_lively_day_is_the_same_to_the_last_outcome() -> None:
    _, moments = lively_day()
    found = other_lively(lambda fact: fact)
    assert found.outcomes == journal(moments) and found.free == set()
    assert figures(found.outcomes).answered > 40 and not reboots(moments)
    assert any(isinstance(one.event, CallLost) for one in found.outcomes), "with the PBX that began anew"


@pytest.mark.parametrize(
    "staff",
    [
        [StaffChange(BEGAN.timestamp() + 300, BEGAN.timestamp() + 5000, fewer=1)],
        [more(300, 5000)],
        [more(1000, 2500), StaffChange(BEGAN.timestamp() + 3500, BEGAN.timestamp() + 4500, fewer=2)],
    ],
    ids=["fewer", "more", "both"],
)
def test_a_lively_day_with_other_people_loses_nobody(staff: list[StaffChange]) -> None:
    """Every caller of the day has one end on the other day too, and nobody is in two calls."""
    _, moments = lively_day()
    found = other_lively(with_extra(1), staff)
    was, now = figures(journal(moments)), figures(found.outcomes)
    assert (now.offered, now.waiting) == (was.offered, 0) and found.free
    assert now.answered != was.answered


def test_a_survey_that_the_house_did_not_have_is_left_by_the_callers_of_the_other_day() -> None:
    def with_survey(fact: Input) -> Input:
        if not isinstance(fact, ConfigurationChanged):
            return fact
        queues = tuple(queue.model_copy(update={"survey": "survey"}) for queue in fact.house.queues)
        return ConfigurationChanged(fact.version, fact.house.model_copy(update={"queues": queues}))

    found = other_lively(with_survey)
    begun = [one for one in found.outcomes if isinstance(one.event, FlowBegan)]
    assert len(begun) > 20 and figures(found.outcomes).waiting == 0


def test_what_is_so_from_the_beginning_of_the_other_day() -> None:
    _, moments = day()
    was = as_it_was(Engine(), moments)
    found = OtherDay(Engine(), written(every(was, moments)), lambda fact: fact)
    house = with_extra(1)(moments[0].fact)
    found.tell(house, moments[0].now)
    assert [one.event.version for one in found.outcomes if isinstance(one.event, HouseApplied)] == [1]
    found.run([], [])
    assert len(found.free) == 0


def test_a_day_on_which_the_machine_began_anew_is_told() -> None:
    _, moments = day()
    assert reboots([*moments, replace(moments[-1], fact=MachineRebooted(-100.0))])


def test_a_caller_who_was_told_that_the_queue_is_closed_has_flowed_out() -> None:
    twin = Recorded(plain_house(1), began=BEGAN)
    twin.open()
    twin.ask(CloseQueue(QUEUE))
    twin.callers([Caller(CallId("c1"), 10.0, QUEUE, 60.0, patience_s=5.0)])
    twin.run(100.0)
    (fate,) = fates(journal(twin.moments)).values()
    assert (fate.how, fate.waited_s) == ("flowed_out", 5.0)


def test_a_talk_of_which_the_journal_has_no_answer_has_no_length() -> None:
    _, moments = day()
    outcomes = journal(moments)
    without = [one for one in outcomes if not isinstance(one.event, CallAnswered)]
    assert {script.talk_s for script in written(without).of.values()} == {None}
