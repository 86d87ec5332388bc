"""The real engine on the fake PBX, on virtual time: honest, and with facts and outcomes delayed, doubled and lost."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.events import (
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallLost,
    CallOffered,
    CallResumed,
    ConferenceBegan,
    Event,
    OutboundBegan,
    OutboundEnded,
    OutsideEnded,
    TalkBegan,
)
from core.house import House
from core.ids import AgentId, CallId, QueueId, RequestId, SeatId, TrunkId
from core.inputs import (
    Complete,
    Confer,
    ConfigurationChanged,
    Consult,
    HangUp,
    Hold,
    Input,
    PlaceCall,
    Request,
    Requested,
    Resume,
    SignIn,
    Tick,
    Transfer,
)
from core.instants import Instant
from core.states import AgentState, CallState, OutboundOutcome
from cti.fake import Caller, Disturb, FakePbx, Phone, honest
from cti.fake_outbound import Far
from queueing.engine import Engine

SEATS = 3
RESYNC_EVERY_S = 30.0
DAY = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


def house() -> House:
    seats = [f"seat-{n}" for n in range(SEATS)]
    return House.model_validate(
        {
            "name": "test",
            "trunks": [{"id": name, "name": name, "host": f"127.0.0.{n}"} for n, name in enumerate("ab", start=2)],
            "hotlines": [{"id": "hotline", "number": "95001", "name": {"en": "H"}, "flow": "x", "queue": "service"}],
            "outside": {"numbers": ["13900139000"], "ring_s": 10},
            "skills": ["service"],
            "queues": [{"id": "service", "name": {"en": "S"}, "skills": {"service": 1}, "wrap_up_s": 5}],
            "seats": [{"id": seat} for seat in seats],
            "agents": [{"id": seat, "name": seat, "skills": {"service": 5}} for seat in seats],
        }
    )


@dataclass
class Simulation:
    """Engine and PBX, one clock."""

    disturb: Disturb = honest
    engine: Engine = field(default_factory=Engine)
    events: list[Event] = field(default_factory=list)
    sequence: int = 0
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.pbx = FakePbx(self.give, disturb=self.disturb)
        self.give(ConfigurationChanged(1, house()), 0.0)

    def give(self, fact: Input, boot_s: float) -> None:
        self.sequence += 1
        now = Instant(boot_s, datetime.fromtimestamp(DAY + boot_s, UTC))
        decision = self.engine.handle(fact, now, self.sequence)
        self.events += decision.events
        self.pbx.execute(decision.commands)

    def run_until(self, end_s: float) -> None:
        """Let everything happen that is due, with a resync every half minute."""
        next_resync_s = self.now_s
        while True:
            dues = (self.pbx.next_due(), self.engine.next_deadline(), next_resync_s)
            due_s = max(self.now_s, min(due for due in dues if due is not None))
            if due_s > end_s:
                self.now_s = end_s
                return
            self.now_s = due_s
            self.pbx.advance(due_s)
            deadline_s = self.engine.next_deadline()
            if deadline_s is not None and deadline_s <= due_s:
                self.give(Tick(), due_s)
            if next_resync_s <= due_s:
                self.give(self.pbx.resynced(), due_s)
                next_resync_s = due_s + RESYNC_EVERY_S

    def staffed(self, phones: list[Phone | None]) -> None:
        for number, phone in enumerate(phones):
            seat = f"seat-{number}"
            self.pbx.phones[SeatId(seat)] = phone
            asked = SignIn(AgentId(seat), SeatId(seat))
            self.give(Requested(RequestId(f"in-{number}"), "test", asked), self.now_s)

    def place(self, agent: int, number: str = "13800138000", queue: QueueId | None = None) -> None:
        asked = PlaceCall(AgentId(f"seat-{agent}"), number, queue)
        self.give(Requested(RequestId(f"call-{self.sequence}"), "test", asked), self.now_s)

    def ask(self, request: Request) -> None:
        self.give(Requested(RequestId(f"move-{self.sequence}"), "test", request), self.now_s)

    def of(self, kind: type) -> list[CallId]:
        return [event.call for event in self.events if isinstance(event, kind)]  # type: ignore[union-attr]


def test_a_busy_quarter_of_an_hour_on_an_honest_pbx() -> None:
    floor = Simulation()
    floor.staffed([Phone(answers_after_s=2.0, talks_s=60.0)] * SEATS)
    for number in range(40):
        floor.run_until(number * 20.0)
        floor.pbx.dial(CallId(f"n1-{number}.0"), Caller(QueueId("service"), patience_s=300.0))
    floor.run_until(3000.0)
    assert floor.pbx.clashes == 0
    assert sorted(floor.of(CallEnded)) == sorted(floor.of(CallOffered)) and len(floor.of(CallOffered)) == 40
    assert len(floor.of(CallAnswered)) == 40


phones = st.one_of(
    st.none(),
    st.builds(Phone, answers_after_s=st.floats(0.0, 20.0), talks_s=st.floats(0.1, 60.0)),
    st.just(Phone()),
    st.just(Phone(busy=True)),
    st.builds(Phone, rejects_after_s=st.floats(0.1, 5.0)),
)
callers = st.builds(
    Caller,
    queue=st.just(QueueId("service")),
    patience_s=st.floats(0.0, 120.0),
    talks_s=st.one_of(st.none(), st.floats(0.0, 30.0)),
)


@settings(max_examples=60)
@given(st.lists(phones, min_size=SEATS, max_size=SEATS), st.lists(callers, max_size=12), st.integers(0, 2**32))
def test_disturbed_facts_and_outcomes_leave_no_call_and_no_agent_behind(
    seats: list[Phone | None], arriving: list[Caller], seed: int
) -> None:
    dice = random.Random(seed)

    def disturb(fact: Input) -> tuple[float, ...]:
        return dice.choices([(0.0,), (dice.uniform(0, 0.3),), (0.0, dice.uniform(0, 2)), ()], [80, 12, 5, 3])[0]

    floor = Simulation(disturb)
    floor.staffed(seats)
    for number, caller in enumerate(arriving):
        floor.run_until(floor.now_s + dice.uniform(0, 20))
        floor.pbx.dial(CallId(f"n1-{number}.0"), caller)
    floor.run_until(floor.now_s + 400.0)
    offered = floor.of(CallOffered)
    assert len(offered) == len(set(offered))
    finished = floor.of(CallAnswered) + floor.of(CallAbandoned) + floor.of(CallLost)
    assert sorted(set(finished)) == sorted(offered)
    assert sorted(floor.of(CallEnded)) == sorted(set(floor.of(CallEnded)))
    assert set(offered) <= set(floor.of(CallEnded))
    assert not floor.engine.snapshot().calls


def test_hold_consult_and_transfer_on_an_honest_pbx() -> None:
    floor = Simulation()
    floor.staffed([Phone(answers_after_s=1.0)] * SEATS)
    floor.pbx.dial(CallId("n1-0.0"), Caller(QueueId("service"), talks_s=300.0))
    floor.run_until(5.0)
    first = floor.engine.snapshot().agents
    keeper = next(name for name, agent in first.items() if agent.call)
    other = next(name for name, agent in first.items() if not agent.call)
    for request in (Hold(keeper), Resume(keeper), Consult(keeper, other), Complete(keeper)):
        floor.ask(request)
        floor.run_until(floor.now_s + 5.0)
    assert len(floor.of(CallResumed)) == 2
    assert len(floor.of(TalkBegan)) == 1
    assert floor.engine.snapshot().agents[other].call == "n1-0.0"
    floor.ask(Transfer(other, keeper))
    floor.run_until(floor.now_s + 5.0)
    assert floor.engine.snapshot().agents[keeper].call == "n1-0.0"
    floor.run_until(700.0)
    assert floor.pbx.clashes == 0
    assert floor.of(CallEnded) == ["n1-0.0"]


@pytest.mark.parametrize("stays", ["agent", "colleague"])
def test_of_three_in_one_talk_two_are_left(stays: str) -> None:
    floor = Simulation()
    floor.staffed([Phone(answers_after_s=1.0)] * 2)
    floor.pbx.dial(CallId("n1-0.0"), Caller(QueueId("service"), talks_s=60.0))
    floor.run_until(5.0)
    keeper = next(name for name, agent in floor.engine.snapshot().agents.items() if agent.call)
    other = next(name for name, agent in floor.engine.snapshot().agents.items() if not agent.call)
    floor.ask(Consult(keeper, other))
    floor.run_until(10.0)
    floor.ask(Confer(keeper))
    floor.run_until(11.0)
    assert len(floor.of(ConferenceBegan)) == 1
    floor.ask(Resume(keeper) if stays == "agent" else Complete(keeper))
    floor.run_until(12.0)
    speaks = keeper if stays == "agent" else other
    assert [name for name, agent in floor.engine.snapshot().agents.items() if agent.call] == [speaks]
    floor.run_until(100.0)
    assert floor.of(CallEnded) == ["n1-0.0"] and floor.pbx.clashes == 0


@pytest.mark.parametrize(
    ("second", "how"), [(Far(answers_after_s=2.0, talks_s=20.0), "outside"), (Far(rings_after_s=0.5), "agent")]
)
def test_a_caller_given_to_a_number_outside_is_there_or_back_with_the_sender(second: Far, how: str) -> None:
    floor = Simulation()
    floor.pbx.far.update({TrunkId("a"): Far(fails=True), TrunkId("b"): second})
    floor.staffed([Phone(answers_after_s=1.0, talks_s=30.0)])
    floor.pbx.dial(CallId("n1-0.0"), Caller(QueueId("service")))
    floor.run_until(5.0)
    floor.ask(Transfer(AgentId("seat-0"), to_number="13900139000"))
    floor.run_until(90.0)
    assert len(floor.pbx.outbound.numbers) == 2, "one trunk after the other"
    assert [event.how for event in floor.events if isinstance(event, CallEnded)] == [how]


@pytest.mark.parametrize("then", ["complete", "hang up", "resume", "confer"])
def test_somebody_outside_is_consulted_over_the_trunk_that_works(then: str) -> None:
    floor = Simulation()
    floor.pbx.far.update({TrunkId("a"): Far(fails=True), TrunkId("b"): Far(answers_after_s=2.0, talks_s=30.0)})
    floor.staffed([Phone(answers_after_s=1.0)])
    keeper = AgentId("seat-0")
    floor.pbx.dial(CallId("n1-0.0"), Caller(QueueId("service"), talks_s=100.0))
    floor.run_until(5.0)
    floor.ask(Consult(keeper, to_number="13900139000"))
    floor.run_until(10.0)
    assert floor.engine.snapshot().agents[keeper].state is AgentState.CONSULTING
    if then == "confer":
        floor.ask(Confer(keeper))
        floor.run_until(10.5)
        assert floor.of(ConferenceBegan)
    if then in ("hang up", "confer"):
        floor.pbx.hang_up_agent(CallId("n1-0.0"))
    else:
        floor.ask(Complete(keeper) if then == "complete" else Resume(keeper))
    floor.run_until(11.0)
    call = floor.engine.snapshot().calls[CallId("n1-0.0")]
    assert call.state is (CallState.TALKING if then == "resume" else CallState.OUTSIDE)
    floor.run_until(200.0)
    assert [event.outcome for event in floor.events if isinstance(event, OutsideEnded)] == [OutboundOutcome.REACHED]
    (ended,) = [event for event in floor.events if isinstance(event, CallEnded)]
    assert (ended.how, floor.pbx.clashes) == ("caller" if then == "resume" else "outside", 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(phones, min_size=SEATS, max_size=SEATS), st.lists(callers, max_size=6), st.integers(0, 2**32))
def test_disturbed_moves_leave_nobody_behind(seats: list[Phone | None], arriving: list[Caller], seed: int) -> None:
    dice = random.Random(seed)

    def disturb(fact: Input) -> tuple[float, ...]:
        return dice.choices([(0.0,), (dice.uniform(0, 0.3),), (0.0, dice.uniform(0, 2)), ()], [85, 9, 4, 2])[0]

    def some_request() -> Request:
        one, other = (AgentId(f"seat-{n}") for n in dice.sample(range(SEATS), 2))
        queue = QueueId("service")
        wishes: list[Request] = [Hold(one), Resume(one), Complete(one), Consult(one, other), Consult(one, None, queue)]
        wishes += [Confer(one), Confer(other), HangUp(one)]
        wishes += [Transfer(one, to_number="13900139000"), Consult(one, to_number="13900139000")]
        return dice.choice([*wishes, Transfer(one, other), Transfer(one, None, queue)])

    floor = Simulation(disturb)
    floor.staffed(seats)
    for number, caller in enumerate(arriving):
        floor.pbx.dial(CallId(f"n1-{number}.0"), caller)
        for _ in range(8):
            floor.run_until(floor.now_s + dice.uniform(0, 3))
            floor.ask(some_request())
    floor.run_until(floor.now_s + 60.0)
    for call in tuple(floor.engine.snapshot().calls):
        floor.pbx.hang_up(call)
    floor.run_until(floor.now_s + 400.0)
    after = floor.engine.snapshot()
    assert not after.calls and not after.moves and not after.consults and not after.reminders and not after.outside
    assert not [agent.id for agent in after.agents.values() if agent.call]
    assert sorted(floor.of(CallEnded)) == sorted(set(floor.of(CallEnded)))


# --- calls that we make ---------------------------------------------------------------------------
PICKS_UP = Phone(answers_after_s=1.0)


def outcomes(floor: Simulation) -> list[OutboundOutcome]:
    return [event.outcome for event in floor.events if isinstance(event, OutboundEnded)]


@pytest.mark.parametrize("first", [Far(fails=True), Far(silent=True), Far(sounds_after_s=0.1, rings_after_s=None)])
def test_the_other_trunk_reaches_whom_the_first_does_not(first: Far) -> None:
    floor = Simulation()
    floor.staffed([PICKS_UP])
    floor.pbx.far |= {TrunkId("a"): first, TrunkId("b"): Far(answers_after_s=3.0, talks_s=20.0)}
    floor.run_until(1.0)
    floor.place(0)
    floor.run_until(60.0)
    assert outcomes(floor) == [OutboundOutcome.REACHED]
    assert len(floor.pbx.outbound.numbers) == 2 and floor.pbx.outbound.double_dials == 0


def test_somebody_whose_agents_page_has_died_is_called_again_by_another() -> None:
    floor = Simulation()
    floor.staffed([PICKS_UP, PICKS_UP])
    floor.pbx.far |= {TrunkId("a"): Far(answers_after_s=3.0, talks_s=40.0)}
    floor.run_until(1.0)
    floor.place(0, queue=QueueId("service"))
    floor.run_until(20.0)
    floor.ask(Hold(AgentId("seat-0"), is_lost=True))
    floor.ask(HangUp(AgentId("seat-0")))
    floor.run_until(120.0)
    ended = [event for event in floor.events if isinstance(event, OutboundEnded)]
    assert [(event.outcome, event.by) for event in ended] == [
        (OutboundOutcome.REACHED, "agent"), (OutboundOutcome.REACHED, "caller"),
    ]  # fmt: skip
    assert len(set(floor.pbx.outbound.numbers)) == 1 and not floor.engine.snapshot().callbacks


far_ends = st.one_of(
    st.builds(Far, answers_after_s=st.floats(0.6, 50.0), talks_s=st.floats(0.1, 60.0)),
    st.builds(Far, sounds_after_s=st.floats(0.0, 5.0), rings_after_s=st.one_of(st.none(), st.floats(0.0, 9.0))),
    st.sampled_from([Far(fails=True), Far(busy=True), Far(silent=True), Far(rings_after_s=None)]),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(phones, min_size=SEATS, max_size=SEATS),
    st.tuples(far_ends, far_ends),
    st.lists(st.tuples(st.integers(0, SEATS - 1), st.integers(0, 1)), min_size=1, max_size=8),
    st.lists(callers, max_size=4),
    st.integers(0, 2**32),
)
def test_disturbed_calls_of_ours_leave_nothing_behind_and_never_dial_twice(
    seats: list[Phone | None],
    far: tuple[Far, Far],
    placed: list[tuple[int, int]],
    arriving: list[Caller],
    seed: int,
) -> None:
    dice = random.Random(seed)

    def disturb(fact: Input) -> tuple[float, ...]:
        return dice.choices([(0.0,), (dice.uniform(0, 0.3),), (0.0, dice.uniform(0, 2)), ()], [80, 12, 5, 3])[0]

    floor = Simulation(disturb)
    floor.staffed(seats)
    floor.pbx.far |= {TrunkId("a"): far[0], TrunkId("b"): far[1]}
    for agent, number in placed:
        floor.run_until(floor.now_s + dice.uniform(0, 20))
        floor.place(agent, f"1380013800{number}")
    for number, caller in enumerate(arriving):
        floor.pbx.dial(CallId(f"n1-{number}.0"), caller)
        floor.run_until(floor.now_s + dice.uniform(0, 5))
    for name in (AgentId(f"seat-{number}") for number in range(SEATS)):
        if dice.random() < 0.7:
            floor.ask(Hold(name, is_lost=True))
        floor.ask(HangUp(name))
    floor.run_until(floor.now_s + 400.0)
    began = [event.call for event in floor.events if isinstance(event, OutboundBegan)]
    ended = [event.call for event in floor.events if isinstance(event, OutboundEnded)]
    assert sorted(began) == sorted(ended)
    assert floor.pbx.outbound.double_dials == 0
    state = floor.engine.snapshot()
    assert not state.outbound and not any(seat.call for seat in state.seats.values())
    # this PBX's callers lose patience in their first wait alone, and one whose agent's page died waits again
    assert all(call.served_by for call in state.calls.values())
