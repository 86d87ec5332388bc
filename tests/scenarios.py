"""What one PBX does with one ring, recorded from the real Asterisk: behaviour in, facts out.

tests/unit/cti/test_fake.py holds the fake to these tables; tests/integration/test_scenarios.py holds the
real one to them, so that the fake cannot drift from the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.commands import Command, ConsultSeat, FetchCaller, HoldCall, JoinSeat, WithdrawRing
from core.ids import CallId, CommandId, NodeId, OfferId, QueueId, SeatId
from core.inputs import (
    CallerHeld,
    CallerHungUp,
    CallerJoined,
    CallQueued,
    CommandDone,
    CommandFailed,
    Input,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeatReachabilityChanged,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`facts` of the agent's leg, in order; `line` of the caller's line, in order. The two are not ordered
    against each other: Asterisk promises an order per channel only."""

    name: str
    phone: str
    """answers, ignores, busy, rejects, absent"""
    ends: str
    """agent, caller, caller_while_ringing, withdrawn, unregistered (then withdrawn), expired, "" (the phone's answer
    ends it)"""
    leg: tuple[str, ...]
    line: tuple[str, ...]


SCENARIOS = (
    Scenario("agent hangs up", "answers", "agent", ("rang", "answered", "ended 16"), ("done ANSWER",)),
    Scenario("caller hangs up", "answers", "caller", ("rang", "answered", "ended 16"), ("gone 16", "failed")),
    Scenario("caller gives up", "ignores", "caller_while_ringing", ("rang", "ended 16"), ("gone 16", "failed")),
    Scenario("withdrawn", "ignores", "withdrawn", ("rang", "ended 26"), ("done CHANUNAVAIL/26",)),
    Scenario("unregistered", "ignores", "unregistered", ("rang", "lost", "ended 26"), ("done CHANUNAVAIL/26",)),
    Scenario("nobody withdraws", "ignores", "expired", ("rang", "ended 0"), ("done NOANSWER",)),
    Scenario("busy", "busy", "", ("ended 17",), ("done BUSY",)),
    Scenario("rejects", "rejects", "", ("rang", "ended 21"), ("done CHANUNAVAIL/21",)),
    Scenario("absent", "absent", "", (), ("done CHANUNAVAIL",)),
)


def leg_facts(facts: Sequence[Input]) -> tuple[str, ...]:
    """The agent's leg in short words."""
    words = []
    for fact in facts:
        if isinstance(fact, SeatRang):
            words.append("rang")
        elif isinstance(fact, SeatAnswered):
            words.append("answered")
        elif isinstance(fact, SeatLegEnded):
            words.append(f"ended {fact.cause}")
        elif isinstance(fact, SeatReachabilityChanged) and not fact.reachable:
            words.append("lost")
    return tuple(words)


def line_facts(facts: Sequence[Input], ring: str) -> tuple[str, ...]:
    """The caller's line in short words, sorted: AGI and AMI are not ordered either. `ring` is the RingSeat's id."""
    words = []
    for fact in facts:
        if isinstance(fact, CommandDone) and fact.id == ring:
            words.append(f"done {fact.result}")
        elif isinstance(fact, CommandFailed) and fact.id == ring:
            words.append("failed")
        elif isinstance(fact, CallerHungUp):
            words.append(f"gone {fact.cause}")
    return tuple(sorted(words, reverse=True))


# --- a talk parted and joined ----------------------------------------------------------------------
CALL_SEAT, COLLEAGUE = SeatId("seat-01"), SeatId("seat-02")
FIRST_OFFER, CONSULT_OFFER = OfferId("o/1"), OfferId("o/2")


@dataclass(frozen=True, slots=True)
class MoveScenario:
    """Steps after a talk with seat-01 has begun, each with all that it makes known, sorted."""

    name: str
    steps: tuple[tuple[str, tuple[str, ...]], ...]


_CONSULT = ("consult", ("held", "seat-02 answered", "seat-02 rang"))
MOVES = (
    MoveScenario(
        "hold and resume, twice",
        (
            ("hold", ("held",)),
            ("join agent", ("joined seat-01",)),
            ("hold", ("held",)),
            ("join agent", ("joined seat-01",)),
            ("agent ends", ("seat-01 ended 16",)),
        ),
    ),
    MoveScenario("the agent leaves a hold", (("hold", ("held",)), ("agent ends", ("seat-01 ended 16",)))),
    MoveScenario(
        "a consult is completed",
        (_CONSULT, ("end agent", ("seat-01 ended 26",)), ("join colleague", ("joined seat-02",))),
    ),
    MoveScenario(
        "a consult is left for the caller",
        (_CONSULT, ("end colleague", ("seat-02 ended 26",)), ("join agent", ("joined seat-01",))),
    ),
    MoveScenario("the caller is fetched", (("fetch", ("queued", "seat-01 ended 16")),)),
)


def ordered(step: str, call: CallId, node: NodeId, now_s: float, number: int) -> Command | None:
    """The order of this step; None: a person's doing."""
    where = (CommandId(f"{number}.0"), now_s + 5.0, node, call)
    match step:
        case "hold":
            return HoldCall(*where, CALL_SEAT)
        case "consult":
            return ConsultSeat(*where, CALL_SEAT, CONSULT_OFFER, COLLEAGUE, 20.0, True)
        case "join agent":
            return JoinSeat(*where, CALL_SEAT)
        case "join colleague":
            return JoinSeat(*where, COLLEAGUE)
        case "end agent":
            return WithdrawRing(*where, FIRST_OFFER, CALL_SEAT)
        case "end colleague":
            return WithdrawRing(*where, CONSULT_OFFER, COLLEAGUE)
        case "fetch":
            return FetchCaller(*where, QueueId("service"), now_s, 9, "en")
    return None


def move_facts(facts: Sequence[Input]) -> tuple[str, ...]:
    """What these facts say of the parties, in short words, sorted."""
    words = []
    for fact in facts:
        if isinstance(fact, CallerHeld):
            words.append("held")
        elif isinstance(fact, CallerJoined):
            words.append(f"joined {fact.seat}")
        elif isinstance(fact, CallQueued):
            words.append("queued")
        elif isinstance(fact, SeatRang | SeatAnswered | SeatLegEnded):
            words.append(f"{fact.seat} {leg_facts([fact])[0]}")
    return tuple(sorted(words))
