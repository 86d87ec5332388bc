"""What one PBX does with one ring, recorded from the real Asterisk: behaviour in, facts out.

tests/unit/cti/test_fake.py holds the fake to these tables; tests/integration/test_scenarios.py holds the
real one to them, so that the fake cannot drift from the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.inputs import CallerHungUp, CommandDone, CommandFailed, Input, SeatAnswered, SeatLegEnded, SeatRang


@dataclass(frozen=True, slots=True)
class Scenario:
    """`facts` of the agent's leg, in order; `line` of the caller's line, in order. The two are not ordered
    against each other: Asterisk promises an order per channel only."""

    name: str
    phone: str
    """answers, ignores, busy, rejects, absent"""
    ends: str
    """agent, caller, caller_while_ringing, withdrawn, expired, "" (the phone's answer ends it)"""
    leg: tuple[str, ...]
    line: tuple[str, ...]


SCENARIOS = (
    Scenario("agent hangs up", "answers", "agent", ("rang", "answered", "ended 16"), ("done ANSWER",)),
    Scenario("caller hangs up", "answers", "caller", ("rang", "answered", "ended 16"), ("gone 16", "failed")),
    Scenario("caller gives up", "ignores", "caller_while_ringing", ("rang", "ended 16"), ("gone 16", "failed")),
    Scenario("withdrawn", "ignores", "withdrawn", ("rang", "ended 26"), ("done CHANUNAVAIL",)),
    Scenario("nobody withdraws", "ignores", "expired", ("rang", "ended 0"), ("done NOANSWER",)),
    Scenario("busy", "busy", "", ("ended 17",), ("done BUSY",)),
    Scenario("rejects", "rejects", "", ("rang", "ended 21"), ("done CHANUNAVAIL",)),
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
