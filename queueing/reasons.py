"""Everybody's reason for not getting a call, worked out on demand from the state alone; no decision pays for it.

For an offer of the past the journal is replayed up to its moment (Engine.witness, app.past).
"""

from __future__ import annotations

from collections.abc import Callable

from core.ids import AgentId, CallId
from core.reasons import Obstacle, Reason
from core.states import AgentState, AgentStatus, CallState, SeatState
from queueing import relaxing
from queueing.floor import Floor
from queueing.line import Need, own
from queueing.state import AgentRecord, CallRecord

_STATUS = {
    AgentStatus.SIGNED_OUT: Reason.SIGNED_OUT,
    AgentStatus.ON_BREAK: Reason.ON_BREAK,
    AgentStatus.AWAY: Reason.AWAY,
}


def obstacles(floor: Floor, call_id: CallId) -> tuple[Obstacle, ...]:
    """One for each agent of the house, in its order; empty when the call does not wait."""
    call = floor.state.calls.get(call_id)
    return _of_all(floor, call) if call is not None and call.state is CallState.WAITING else ()


def _of_all(floor: Floor, call: CallRecord) -> tuple[Obstacle, ...]:
    house = floor.state.house
    agents = (floor.state.agents.get(agent.id) for agent in (house.agents if house else ()))
    return tuple(_first(floor, call, agent) for agent in agents if agent is not None)


def of_choice(floor: Floor, call: CallRecord, chosen: AgentRecord, *, named: bool) -> tuple[Obstacle, ...]:
    """The same at the moment at which `chosen` gets it, nothing changed yet. `named`: an agent or a leader said who."""
    need = own(call.held_for) if call.held_for else _need(floor, call)
    every = _of_all(floor, call)
    turns = (floor.idle.turn(one.agent, need) for one in every if one.agent != chosen.id)
    places = {turn[2]: str(place) for place, turn in enumerate(sorted(filter(None, turns)), start=2)}
    return tuple(_at_choice(one, chosen.id, places, named=named) for one in every)


def _at_choice(one: Obstacle, chosen: AgentId, places: dict[AgentId, str], *, named: bool) -> Obstacle:
    if one.agent == chosen:
        return Obstacle(one.agent, Reason.CHOSEN)
    if one.reason is not Reason.MAY_SERVE:
        return one
    return Obstacle(one.agent, *((Reason.NOT_NAMED, chosen) if named else (Reason.BEHIND, places[one.agent])))


def _first(floor: Floor, call: CallRecord, agent: AgentRecord) -> Obstacle:
    for check in _CHECKS:
        if found := check(floor, call, agent):
            reason, detail = found
            return Obstacle(agent.id, reason, detail)
    return Obstacle(agent.id, Reason.MAY_SERVE)


Found = tuple[Reason, str] | None


def _need(floor: Floor, call: CallRecord) -> Need:
    return relaxing.need_of(call, floor.queues.get(call.queue) if call.queue else None)


def _skill(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    """Whatever language: has the agent the skills that are asked for at this step?"""
    need = _need(floor, call)
    same = (need.queue, need.step)
    able = any((serving.need.queue, serving.need.step) == same for serving in floor.needs.get(agent.id, ()))
    return None if able else (Reason.UNSKILLED, "")


def _language(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    speaks = any(serving.need == _need(floor, call) for serving in floor.needs.get(agent.id, ()))
    return None if speaks else (Reason.LANGUAGE, call.language)


def _status(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    return (_STATUS[agent.status], "") if agent.status in _STATUS else None


def _busy(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    return None if agent.state is AgentState.IDLE else (Reason.BUSY, agent.state.value)


def _phone(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    seat = floor.state.seats[agent.seat] if agent.seat else None
    if seat is None or seat.state is not SeatState.REACHABLE:
        return Reason.PHONE_GONE, ""
    if seat.due_boot_s is not None:
        return Reason.PHONE_RESTS, ""
    return (Reason.PHONE_BUSY, "") if seat.call is not None else None


def _held(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    return None if call.held_for in (None, agent.id) else (Reason.HELD_FOR_ANOTHER, str(call.held_for))


def _withheld(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    return (Reason.WITHHELD, agent.withheld.value) if agent.withheld is not None else None


def _missed(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    return (Reason.MISSED_IT, "") if agent.id in call.excluded else None


_CHECKS: tuple[Callable[[Floor, CallRecord, AgentRecord], Found], ...] = (
    _skill, _language, _status, _busy, _phone, _held, _withheld, _missed,
)  # fmt: skip
