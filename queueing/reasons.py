"""Everybody's reason for not getting a call, worked out on demand from the state alone; no decision pays for it."""

from __future__ import annotations

from collections.abc import Callable

from core.ids import CallId
from core.reasons import Obstacle, Reason
from core.states import AgentState, AgentStatus, CallState, SeatState
from queueing import relaxing
from queueing.floor import Floor
from queueing.line import Need
from queueing.state import AgentRecord, CallRecord

_STATUS = {
    AgentStatus.SIGNED_OUT: Reason.SIGNED_OUT,
    AgentStatus.ON_BREAK: Reason.ON_BREAK,
    AgentStatus.AWAY: Reason.AWAY,
}


def obstacles(floor: Floor, call_id: CallId) -> tuple[Obstacle, ...]:
    """One for each agent of the house, in its order; empty when the call does not wait."""
    call = floor.state.calls.get(call_id)
    if call is None or call.state is not CallState.WAITING or floor.state.house is None:
        return ()
    agents = (floor.state.agents.get(agent.id) for agent in floor.state.house.agents)
    return tuple(_first(floor, call, agent) for agent in agents if agent is not None)


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


def _missed(floor: Floor, call: CallRecord, agent: AgentRecord) -> Found:
    return (Reason.MISSED_IT, "") if agent.id in call.excluded else None


_CHECKS: tuple[Callable[[Floor, CallRecord, AgentRecord], Found], ...] = (
    _skill, _language, _status, _busy, _phone, _held, _missed,
)  # fmt: skip
