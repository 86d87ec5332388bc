"""A new version of the house takes effect while calls run.

Nobody's call is touched. Agents and seats that are gone are signed out as soon as they are idle; a
queue that is gone keeps its rules for as long as calls are in it, or promises to call back.
"""

from __future__ import annotations

from core.events import Alarmed, HouseApplied, SeatChanged
from core.house import House, Queue
from core.ids import HotlineId, QueueId
from core.inputs import ConfigurationChanged
from core.states import AgentState, SeatState
from queueing import agents, attendance, governor, offers, seats, trunks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord


def changed(floor: Floor, draft: Draft, fact: ConfigurationChanged) -> None:
    """Apply the house as a whole."""
    retired = _retired(floor, fact.house)
    trunks.forget_others(floor, fact.house)
    state, offered = floor.state, offers.every(floor)
    state.version, state.house, state.retired_queues = fact.version, fact.house, retired
    _tell(draft, fact)
    governor.fit_ladder(floor)
    offers.tell(floor, draft, offered, "another house")
    _set_agents(floor, draft, fact.house)
    _set_seats(floor, draft, fact.house)
    floor.study_house()
    floor.relist()
    for agent in tuple(state.agents.values()):
        _let_leave(floor, draft, agent)
    for seat in state.seats.values():
        seats.mirror(floor, draft, seat)
    attendance.review(floor, draft)


def _tell(draft: Draft, fact: ConfigurationChanged) -> None:
    house = fact.house
    draft.tell(
        HouseApplied(
            version=fact.version,
            lines=house.lines.inbound,
            queues=tuple(queue.id for queue in house.queues),
            seats=tuple(seat.id for seat in house.seats),
            agents=tuple((agent.id, agent.name) for agent in house.agents),
        )
    )


def _retired(floor: Floor, house: House) -> dict[QueueId, Queue]:
    """Queues that are gone but have calls or promises in them."""
    kept = {queue.id for queue in house.queues}
    busy = dict.fromkeys(call.queue for call in floor.state.calls.values() if call.queue is not None)
    busy |= dict.fromkeys(promise.queue for promise in floor.state.callbacks.values())
    return {queue: floor.queues[queue] for queue in busy if queue in floor.queues and queue not in kept}


def _set_agents(floor: Floor, draft: Draft, house: House) -> None:
    known, wanted = floor.state.agents, {agent.id for agent in house.agents}
    for agent in house.agents:
        known.setdefault(agent.id, AgentRecord(agent.id, draft.now_s))
    for record in known.values():
        record.in_house = record.id in wanted


def _set_seats(floor: Floor, draft: Draft, house: House) -> None:
    wanted = {seat.id for seat in house.seats}
    for seat in house.seats:
        record = seats.record_of(floor, seat.id)
        if not record.in_house and record.state is SeatState.REACHABLE:
            draft.tell(SeatChanged(record.id, True))
    for record in floor.state.seats.values():
        record.in_house = record.id in wanted


def _let_leave(floor: Floor, draft: Draft, agent: AgentRecord) -> None:
    if agents.must_leave(floor, agent) and agent.state is AgentState.IDLE:
        agents.forget_break(floor, draft, agent)
        agents.change(floor, draft, agent, "removed_from_house", status="sign_out")
    if not agent.in_house and agent.seat is None:
        del floor.state.agents[agent.id]
        floor.state.duties.pop(agent.id, None)
        floor.state.unread.pop(agent.id, None)


def queue_for(floor: Floor, draft: Draft, asked: QueueId, hotline: HotlineId) -> QueueId:
    """Where a call that asks for this queue waits. It may be gone from the house since the caller came into the menu:
    then where the hotline leads, and somebody must know."""
    if asked in floor.queues:
        return asked
    text = f"A call asked for queue {asked!r}, which the house does not have. It waits where its hotline leads."
    draft.tell(Alarmed("unknown_queue", text, (("queue", asked),)))
    leads = {one.id: one.queue for one in floor.state.house.hotlines} if floor.state.house else {}
    return leads.get(hotline, next(iter(leads.values()), asked))
