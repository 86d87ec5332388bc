"""Who may serve whom, who is present and who can be reached: worked out from the house and the records alone."""

from __future__ import annotations

from core.house import House, Queue
from core.ids import AgentId, QueueId, SeatId
from core.states import AgentState, AgentStatus, SeatState
from queueing.state import CallbackRecord, CallRecord, EngineState


def may_serve(state: EngineState, name: AgentId, call: CallRecord) -> bool:
    """Worked out from the house alone."""
    return call.held_for in (None, name) and is_able(state, name, call)


def is_able(state: EngineState, name: AgentId, call: CallRecord | CallbackRecord) -> bool:
    """Has this person what is asked for at this step?"""
    assert isinstance(state.house, House)
    person = next((one for one in state.house.agents if one.id == name), None)
    queue = next((one for one in state.house.queues if one.id == call.queue), None)
    if person is None or queue is None:
        return False
    taken = queue.relax[: call.step]
    speaks = call.language in person.languages or any(step.any_language for step in taken)
    asked = [asked_now(state, queue), *(step.skills for step in taken if step.skills)]
    return speaks and any(all(person.skills.get(skill, 0) >= least for skill, least in one.items()) for one in asked)


def serves(state: EngineState, name: AgentId) -> tuple[QueueId, ...]:
    """Queues whose skills this person has, by the house and what the governor has relaxed."""
    assert isinstance(state.house, House)
    person = next((one for one in state.house.agents if one.id == name), None)
    return tuple(
        queue.id
        for queue in state.house.queues
        if person and all(person.skills.get(skill, 0) >= least for skill, least in asked_now(state, queue).items())
    )


def asked_now(state: EngineState, queue: Queue) -> dict[str, int]:
    """Skills and levels, less what the governor has relaxed."""
    assert isinstance(state.house, House)
    rules, governor = state.house.governor, state.governors.get(queue.id)
    relaxed = governor is not None and "relax_skills" in rules.ladder[: governor.step]
    relief = rules.relax_levels if relaxed else 0
    return {skill: max(1, level - relief) for skill, level in queue.skills.items()}


def present(state: EngineState) -> list[AgentId]:
    """Whom the floor counts."""
    return [name for name, one in state.agents.items() if one.status is AgentStatus.READY and serves(state, name)]


def routable(state: EngineState) -> list[AgentId]:
    """Whose phone may be rung, now or after the call."""
    records = {name: state.agents[name] for name in present(state)}
    return [name for name, one in records.items() if one.withheld is None and one.seat and reachable(state, one.seat)]


def reachable(state: EngineState, seat: SeatId) -> bool:
    return state.seats[seat].state is SeatState.REACHABLE


def available(state: EngineState, name: AgentId) -> bool:
    """Eligible: after draining and cool-down, whose own rules are checked above."""
    record = state.agents[name]
    if record.withheld is not None:
        return False
    if record.status is not AgentStatus.READY or record.state is not AgentState.IDLE or record.seat is None:
        return False
    seat = state.seats[record.seat]
    return seat.state is SeatState.REACHABLE and seat.call is None and seat.due_boot_s is None
