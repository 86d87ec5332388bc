"""Figures of random histories, each got twice: live and stored, in whole and call by call, by the fold and by plain
counting of what was told."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from core.commands import CallAgent, DialFar, RingSeat
from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallFlowedOut,
    CallLeftMessage,
    CallLost,
    CallOffered,
    CallTurnedIntoCallback,
    Event,
    Outcome,
    RingEnded,
    TalkEnded,
)
from core.figures import Figures
from core.house import House
from core.ids import CallId, OfferId
from core.inputs import AgentLineHeld, CallbackRequested, CommandDone, FarAnswered, Input, SeatAnswered, SeatLegEnded
from core.mergeable import Mergeable
from core.periods import business_day
from core.rollup import WHOLE, OpenKey, Rollup, Row, in_blocks
from core.states import AgentStatus, BreakReason, CallState
from core.work import AgentFigures, ongoing, open_from_json
from monitor import reports
from monitor.patch import without_nulls
from monitor.reports import Ask, Pair, Subject
from monitor.wallboard import Wallboard
from queueing.decision import Decision
from queueing.state import EngineState
from store.projections import Picture, fold
from tests.unit.queueing.builders import CARE, HOTLINE, NODE, SALES, TRUNK, TestFloor, agent
from tests.unit.queueing.builders import house as made

LETTER: dict[type[Event], str] = {
    CallAnswered: "answered", CallAbandoned: "abandoned", CallTurnedIntoCallback: "callbacks",
    CallLeftMessage: "messages", CallFlowedOut: "flowed_out", CallLost: "lost", CallEnded: "flowed_out",
}  # fmt: skip
"""How a call that waits stops waiting; one that ends while it does was taken by the dialplan's own queue."""


class Told(TestFloor):
    """A floor that keeps what was told when."""

    def __init__(self) -> None:
        super().__init__(now_s=15 * 3600.0)  # 23:00 in Shanghai
        self.outcomes: list[Outcome] = []
        self.orders: dict[OfferId, RingSeat] = {}

    def give(self, fact: Input) -> Decision:
        decision = super().give(fact)
        for ordinal, event in enumerate(decision.events):
            self.outcomes.append(Outcome(len(self.history), ordinal, self.now_s, self.utc_s(), event))
        self.orders |= {each.offer: each for each in decision.commands if isinstance(each, RingSeat)}
        return decision


NUMBERS = ("", "+8613800138000", "+8613900139000", "+8613700137000")


class Night:
    """Two hours over midnight, in which callers, agents and phones do what they do; drawn from `seed`."""

    def __init__(self, seed: int) -> None:
        self.dice, self.floor = random.Random(seed), Told()
        self.newest, self.house = 0, the_house()
        self.floor.open(self.house)
        self.floor.sign_in("a1", "s1")
        self.floor.sign_in("a2", "s2")

    def go(self) -> None:
        end_s = self.floor.now_s + 2 * 3600
        doings = [self.asks] * 3 + [self.rings] * 24 + [self.talks_end] * 4 + [self.gives_up, self.leaves_a_number]
        doings += [self.moves, self.transfers, self.rests, self.is_back, self.callback_goes_on, self.callback_goes_on]
        while self.floor.now_s < end_s:
            self.dice.choice(doings)()
            self.floor.after(self.dice.expovariate(1 / 5))

    def live(self) -> EngineState:
        """To be read and let go: a copy for each look would cost as much as the decisions do."""
        return self.floor.engine._floor.state

    def asks(self) -> None:
        self.newest += 1
        queue = self.dice.choice((SALES, SALES, CARE))
        self.floor.queue(f"c{self.newest}", queue, caller=self.dice.choice(NUMBERS))

    def rings(self) -> None:
        rings = [call.ring.offer for call in self.live().calls.values() if call.ring]
        if rings:
            ring = self.floor.orders[self.dice.choice(rings)]
            self.floor.rang(ring)
            self.floor.after(self.dice.uniform(0, 16))
            self.floor.answer(ring) if self.dice.random() < 0.9 else self.floor.leg_end(ring, 21)

    def talking(self) -> list[tuple[CallId, RingSeat]]:
        talks = [(name, call.talk.offer) for name, call in self.live().calls.items() if call.talk]
        return [(name, self.floor.orders[offer]) for name, offer in talks]

    def talks_end(self) -> None:
        if talks := self.talking():
            call, ring = self.dice.choice(talks)
            self.floor.hang_up(call) if self.dice.random() < 0.5 else self.floor.leg_end(ring)

    def waiting(self) -> CallId | None:
        calls = self.live().calls
        names = [name for name, call in calls.items() if call.state is CallState.WAITING]
        return self.dice.choice(names) if names else None

    def gives_up(self) -> None:
        if call := self.waiting():
            self.floor.hang_up(call)

    def leaves_a_number(self) -> None:
        if call := self.waiting():
            number = self.dice.choice(NUMBERS[1:])
            self.floor.give(CallbackRequested(call, NODE, HOTLINE, TRUNK, number, number, SALES, "zh-CN"))

    def moves(self) -> None:
        if call := self.waiting():
            self.floor.move(call, self.dice.choice((SALES, CARE)))

    def transfers(self) -> None:
        if talks := self.talking():
            call, ring = self.dice.choice(talks)
            self.floor.transfer(f"a{ring.seat[1:]}", queue=self.dice.choice((SALES, CARE)))
            self.floor.leg_end(ring)
            self.floor.queue(call, SALES, since=self.floor.now_s)

    def rests(self) -> None:
        self.floor.take_break(self.dice.choice(("a1", "a2")), self.dice.choice(list(BreakReason)))

    def is_back(self) -> None:
        for name in ("a1", "a2"):
            self.floor.ready(name)

    def callback_goes_on(self) -> None:
        orders = [each for each in self.floor.commands[-60:] if isinstance(each, CallAgent)]
        if orders and orders[-1].call in self.live().outbound:
            order = orders[-1]
            self.floor.give(SeatAnswered(order.call, order.offer, order.seat))
            decision = self.floor.give(AgentLineHeld(order.call, NODE, self.floor.now_s))
            for each in [each for each in decision.commands if isinstance(each, DialFar)]:
                self.floor.give(FarAnswered(each.call, each.attempt))
                self.floor.after(30.0)
                self.floor.give(CommandDone(each.id, "ANSWER/16"))
            self.floor.give(SeatLegEnded(order.call, order.offer, order.seat, 16))


def the_house() -> House:
    """One queue is left for the other after a minute, and who calls again has the old place."""
    both = {"sales": 5, "care": 5}
    return made(
        agent("a1", skills=both), agent("a2", skills=both), wrap_up_s=8, returner_s=3600.0,
        sales={"max_wait_s": 60, "overflow": CARE, "promise_every_s": 60},
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_of_a_night_is_got_twice(seed: int) -> None:
    night = Night(seed)
    night.go()
    outcomes, now_utc_s, rollup = night.floor.outcomes, night.floor.utc_s(), Rollup()
    for outcome in outcomes:
        rollup.apply(outcome)
    pairs = list(rollup.rows().items())
    check_conservation(pairs)
    check_whole_calls(pairs, outcomes)
    check_records(pairs, outcomes)
    check_live(pairs, outcomes, night.house, now_utc_s)
    check_agents(pairs, rollup.open(), outcomes, now_utc_s)
    check_periods(pairs, night.house, now_utc_s)
    check_call_by_call(pairs, outcomes)


def of_kind(pairs: list[Pair], kind: str) -> list[Any]:
    return [(row, state) for row, state in pairs if row.kind == kind]


def summed(states: list[Figures]) -> Figures:
    found = Figures()
    for state in states:
        found.merge(state)
    return found


def check_conservation(pairs: list[Pair]) -> None:
    for row, state in of_kind(pairs, "call"):
        assert state.conserved, row


def check_whole_calls(pairs: list[Pair], outcomes: list[Outcome]) -> None:
    """Each call that asked counts once, by how it first stopped waiting, with the wait from when it first asked."""
    waits, since = dict[str, float](), dict[str, float]()
    counted = Counter[str]()
    for outcome in outcomes:
        event = outcome.event
        call = str(getattr(event, "call", ""))
        if isinstance(event, CallOffered) and call not in since:
            since[call] = outcome.at_utc_s - event.waited_s
        elif letter := LETTER.get(type(event)):
            if call in since and call not in waits and not (isinstance(event, CallLost) and event.queue is None):
                waits[call] = outcome.at_utc_s - since[call]
                counted[letter] += 1
    whole = summed([state for row, state in of_kind(pairs, "call") if row.part == WHOLE])
    assert whole.offered == len(since) and whole.waiting == len(since) - len(waits)
    assert {letter: getattr(whole, letter) for letter in set(LETTER.values())} == {
        letter: counted[letter] for letter in set(LETTER.values())
    }
    served = [waits[call] for call in first_of_each(outcomes, CallAnswered)]
    assert whole.answered_wait_ms == pytest.approx(1000 * sum(served), abs=2 * len(served) + 1)


def first_of_each(outcomes: list[Outcome], kind: type[Event]) -> list[str]:
    """The calls of which this was told."""
    return list(
        dict.fromkeys(str(getattr(each.event, "call", "")) for each in outcomes if isinstance(each.event, kind))
    )


def check_records(pairs: list[Pair], outcomes: list[Outcome]) -> None:
    """The records of calls, which a figure opens, say the same of each call as the figures say of all."""
    rows = [row for row in fold(Picture(), outcomes).calls.values() if row.offered_utc_s is not None]
    whole = summed([state for row, state in of_kind(pairs, "call") if row.part == WHOLE])
    told = {"callbacks": "callback", "messages": "message"}
    for letter in set(LETTER.values()):
        assert getattr(whole, letter) == sum(row.outcome == told.get(letter, letter) for row in rows), letter
    answered = [row.waited_s for row in rows if row.outcome == "answered"]
    assert whole.answered_wait_ms == pytest.approx(1000 * sum(answered), abs=len(answered) + 1)
    assert whole.longest_wait_ms == pytest.approx(1000 * max(row.waited_s for row in rows), abs=2)


def check_live(pairs: list[Pair], outcomes: list[Outcome], house: House, now_utc_s: float) -> None:
    """The board, told after each outcome, is as one made at the end, and its figures are those of the day's report."""
    board = Wallboard(house)
    for outcome in outcomes:
        board.apply(outcome)
        board.diff()
    board.pulse(outcomes[-1].boot_s, now_utc_s) if outcomes else None
    shown: dict[str, Any] = board.document()
    board._board.stale |= set(board._board.sheet.entries)
    assert board.document() == shown
    day = int(business_day(house.time_zone)(now_utc_s))
    kinds: tuple[Subject, ...] = ("queue", "hotline")
    for of in kinds:
        calls = [(row, state) for row, state in pairs if row.kind == "call"]
        for line in reports.totals(
            [each for each in calls if each[0].start_utc_s >= day], Ask(of, day, day + 86400), house
        ):
            told = without_nulls(line.figures)
            for name, value in shown[f"{of}/{line.name}"]["today"].items():
                assert told[name] == value, (of, line.name, name)


def check_agents(
    pairs: list[Pair], open_documents: dict[OpenKey, Any], outcomes: list[Outcome], now_utc_s: float
) -> None:
    """Time signed in is that between the changes of status; rings and talks are those told."""
    signed, since = Counter[str](), dict[str, float]()
    for outcome in outcomes:
        if isinstance(event := outcome.event, AgentChanged):
            if event.was_status is AgentStatus.SIGNED_OUT and event.status is not AgentStatus.SIGNED_OUT:
                since[event.agent] = outcome.at_utc_s
            elif event.status is AgentStatus.SIGNED_OUT and event.agent in since:
                signed[event.agent] += round(1000 * (outcome.at_utc_s - since.pop(event.agent)))
    for name, at_utc_s in since.items():
        signed[name] += round(1000 * (now_utc_s - at_utc_s))
    kept: dict[str, AgentFigures] = {}
    for row, state in of_kind(pairs, "agent"):
        kept.setdefault(row.name, AgentFigures()).merge(state)
    for key, document in open_documents.items():
        if key.kind == "agent":
            for slot, state in ongoing(key.name, open_from_json(document), now_utc_s).items():
                kept.setdefault(slot.agent, AgentFigures()).merge(state)
    changes = Counter(str(o.event.agent) for o in outcomes if isinstance(o.event, AgentChanged))
    for name, state in kept.items():
        assert state.signed_in_ms == pytest.approx(signed[name], abs=changes[name] + 2)
        rings = sum(1 for o in outcomes if isinstance(o.event, RingEnded) and o.event.agent == name)
        talks = sum(1 for o in outcomes if isinstance(o.event, TalkEnded) and o.event.agent == name)
        assert (sum(state.rings.values()), state.talks) == (rings, talks)
        assert state.kept_ms <= state.rostered_ms


def check_call_by_call(pairs: list[Pair], outcomes: list[Outcome]) -> None:
    """What each call adds alone, folded from its own outcomes, adds up to the figures."""
    of_call: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if call := getattr(outcome.event, "call", ""):
            of_call.setdefault(call, []).append(outcome)
    alone: dict[Row, Mergeable] = {}
    for told in of_call.values():
        rollup = Rollup()
        for outcome in told:
            rollup.apply(outcome)
        for row, state in rollup.rows().items():
            if row.kind == "call":
                alone.setdefault(row, Figures()).merge(state)
    whole = dict(of_kind(pairs, "call"))
    for state in whole.values():
        state.wrap_up_ms = 0  # belongs to a call by its agent, not by its own outcomes
    assert {row: state for row, state in alone.items() if state != Figures()} == {
        row: state for row, state in whole.items() if state != Figures()
    }


def check_periods(pairs: list[Pair], house: House, now_utc_s: float) -> None:
    """Quarters, hours, days and blocks of four hours make the same totals."""
    day = int(business_day(house.time_zone)(now_utc_s))
    since, until = day - 2 * 86400, day + 2 * 86400
    calls = [(row, state) for row, state in pairs if row.kind == "call"]
    whole = reports.totals(calls, Ask("house", since, until), house)
    assert reports.totals(list(in_blocks(dict(calls)).items()), Ask("house", since, until), house) == whole
    for by in ("15min", "hour", "day", "month"):
        ask = Ask("house", since, until, by)
        lines, totals = reports.lines_and_totals(calls, ask, house)
        assert totals == whole
        for name in ("offered", "answered", "talk_s", "outbound"):
            assert sum(line.figures[name] for line in lines) == pytest.approx(sum(t.figures[name] for t in whole))
