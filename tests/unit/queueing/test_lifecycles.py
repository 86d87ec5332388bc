"""Every state × every event of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from core.errors import IllegalTransition
from core.ids import AgentId
from core.states import AgentState, AgentStatus, CallbackState, CallState, OutboundState, SeatState
from queueing import agents, lifecycles
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, EngineState

TABLES: dict[str, tuple[Mapping[Any, Mapping[str, Any]], type[StrEnum]]] = {
    "call": (lifecycles.CALL, CallState),
    "agent status": (lifecycles.AGENT_STATUS, AgentStatus),
    "agent state": (lifecycles.AGENT_STATE, AgentState),
    "outbound": (lifecycles.OUTBOUND, OutboundState),
    "callback": (lifecycles.CALLBACK, CallbackState),
    "seat": (lifecycles.SEAT, SeatState),
}
LEGAL = {
    "call": {
        "menu": "queued fell_back left ended",
        "waiting": "reserved answered fell_back left given_out ended",
        "reserved": "rang answered ring_over ended",
        "ringing": "answered ring_over ended",
        "talking": "held queued given_out left ended",
        "held": "resumed queued given_out left ended",
        "outside": "queued left ended",
        "leaving": "queued ended",
        "fallback": "queued answered ended",
        "ended": "",
    },
    "agent status": {
        "signed_out": "sign_in",
        "ready": "sign_out take_break miss_too_often",
        "on_break": "sign_out take_break become_ready",
        "away": "sign_out take_break become_ready",
    },
    "agent state": {
        "idle": "reserve answer",
        "reserved": "rang dial answer consult release",
        "ringing": "dial answer consult release",
        "dialling": "answer release",
        "talking": "hold consult wrap_up release",
        "holding": "resume consult wrap_up release",
        "consulting": "hold resume wrap_up release",
        "wrap_up": "reserve answer release",
    },
    "outbound": {
        "calling_agent": "agent_answered ended",
        "connecting": "dialled answered left ended",
        "calling": "failed answered left ended",
        "talking": "left ended",
        "leaving": "ended",
        "ended": "",
    },
    "callback": {
        "waiting": "turn postponed helped cancelled",
        "calling": "reached agent_missed postponed given_up",
        "retry": "due helped cancelled",
        "done": "",
        "given_up": "",
        "cancelled": "",
    },
    "seat": {"unreachable": "reached", "reachable": "lost"},
}
PAIRS = [
    (name, state, event)
    for name, (table, states) in TABLES.items()
    for state in states
    for event in sorted({event for events in table.values() for event in events})
]


@pytest.mark.parametrize(("name", "state", "event"), PAIRS)
def test_each_pair_advances_or_raises(name: str, state: StrEnum, event: str) -> None:
    table, states = TABLES[name]
    if event in LEGAL[name][state].split():
        assert lifecycles.advance(table, state, event) in states
    else:
        with pytest.raises(IllegalTransition, match=event):
            lifecycles.advance(table, state, event)


def test_every_state_of_every_enum_has_its_row() -> None:
    for table, states in TABLES.values():
        assert set(table) == set(states)


def test_an_illegal_change_changes_nothing() -> None:
    floor, draft = Floor(EngineState()), Draft(1, 5.0)
    agent = AgentRecord(AgentId("a1"), 1.0)
    with pytest.raises(IllegalTransition):
        agents.change(floor, draft, agent, "x", status="sign_in", state="rang")
    assert (agent.status, agent.state, agent.changed_boot_s) == (AgentStatus.SIGNED_OUT, AgentState.IDLE, 1.0)
    assert draft.done().events == ()
