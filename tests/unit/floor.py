"""Words for tests about the floor: a small house, and outcomes in journal order."""

from __future__ import annotations

from core.events import Event, Outcome
from core.house import Agent, Hotline, House, Queue, Seat, Trunk
from core.ids import AgentId, HotlineId, QueueId, SeatId, TrunkId

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
