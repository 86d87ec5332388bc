"""Words for tests about the floor: a small house, and outcomes in journal order."""

from __future__ import annotations

from typing import Any

from core.events import (
    AgentChanged,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallOffered,
    Event,
    HouseApplied,
    Outcome,
    RingBegan,
    RingEnded,
    SeatReserved,
    TalkEnded,
)
from core.house import Agent, Hotline, House, Queue, Seat, Trunk
from core.ids import AgentId, CallId, HotlineId, NodeId, OfferId, QueueId, SeatId, TrunkId
from core.states import AgentState, AgentStatus, RingOutcome
from monitor.wallboard import Wallboard

NOON_UTC_S = 1_795_000_500.0
"""A moment inside a quarter of an hour; which one does not matter."""

SALES, SERVICE = QueueId("presales"), QueueId("after-sales")
HOTLINE, TRUNK = HotlineId("main"), TrunkId("trunk-a")
SEAT, OTHER_SEAT = SeatId("seat-01"), SeatId("seat-02")
AGENT, OTHER_AGENT = AgentId("agent-01"), AgentId("agent-02")


def small_house() -> House:
    """One hotline, two queues, two seats, two agents."""
    return House(
        name="测试热线",
        trunks=(Trunk(id=TRUNK, name="中继甲", host="127.0.0.2"),),
        hotlines=(Hotline(id=HOTLINE, number="95001", name={"zh-CN": "总机", "en": "Main"}, flow="main", queue=SALES),),
        skills=("general",),
        queues=(
            Queue(id=SALES, name={"zh-CN": "售前", "en": "Presales"}, skills={"general": 1}),
            Queue(id=SERVICE, name={"zh-CN": "售后", "en": "After-sales"}, skills={"general": 1}),
        ),
        seats=(Seat(id=SEAT, name="坐席01"), Seat(id=OTHER_SEAT, name="坐席02")),
        agents=(Agent(id=AGENT, name="话务员01"), Agent(id=OTHER_AGENT, name="话务员02")),
    )


def journal(*events: tuple[float, Event]) -> list[Outcome]:
    """Outcomes at these seconds after NOON_UTC_S; the boot-time clock reads the same seconds from 100."""
    return [
        Outcome(number, 0, 100.0 + at_s, NOON_UTC_S + at_s, event) for number, (at_s, event) in enumerate(events, 1)
    ]


# --- one call, told -------------------------------------------------------------------------------
CALL, OFFER, NODE = CallId("node-1.1"), OfferId("node-1.1/1"), NodeId("node-1")

APPLIED = HouseApplied(1, 90, (SALES, SERVICE), (SEAT, OTHER_SEAT), ((AGENT, "话务员01"), (OTHER_AGENT, "话务员02")))
ENTERED = CallEntered(CALL, HOTLINE, TRUNK, "+8613800001234", "zh-CN")
OFFERED = CallOffered(CALL, SALES, HOTLINE, 2, "zh-CN", 0.0)
RESERVED = SeatReserved(CALL, OFFER, SEAT, AGENT, SALES, 2, 60.0)
RANG = RingBegan(CALL, OFFER, SEAT, AGENT)
MISSED = RingEnded(CALL, OFFER, SEAT, AGENT, SALES, RingOutcome.MISSED, 15.0)
ANSWERED = CallAnswered(CALL, SALES, HOTLINE, SEAT, AGENT, 8.0, 1)
TALKED = TalkEnded(CALL, SALES, HOTLINE, SEAT, AGENT, 20.0, "caller")
ENDED = CallEnded(CALL, HOTLINE, "caller", 30.0)


def signed_in(state: AgentState = AgentState.IDLE, status: AgentStatus = AgentStatus.READY) -> Event:
    return AgentChanged(AGENT, SEAT, AgentStatus.SIGNED_OUT, AgentState.IDLE, status, state, "", 0.0)


def board_after(*events: tuple[float, Event]) -> Wallboard:
    board = Wallboard(small_house())
    for outcome in journal(*events):
        board.apply(outcome)
    return board


def shown(*events: tuple[float, Event]) -> dict[str, Any]:
    return board_after(*events).snapshot()
