"""Giving no calls to an agent who is ready: for their own good, or because they are about to go.

Calls are withheld after an abusive one, above the group's cap on occupancy, and when one would outlive the shift.
This yields: it never leaves a queue with fewer than `least_agents` who can be called. From whom they must be given
all the same, they are withheld as soon as somebody else comes.
"""

from __future__ import annotations

from core.events import CallsResumed, CallsWithheld
from core.ids import AgentId, QueueId
from core.states import Withheld
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, DutyRecord

_YIELDS_FIRST = (Withheld.OCCUPANCY, Withheld.SHIFT_END, Withheld.COOL_DOWN)


def wanted(duty: DutyRecord) -> Withheld | None:
    """A rest goes before the end of a shift: it ends by itself."""
    return duty.rest or (Withheld.SHIFT_END if duty.leaving else None)


def review(floor: Floor, draft: Draft, agent: AgentRecord, why: str = "over") -> None:
    """Withhold calls, or stop, as the agent's working time says now; `why` explains an end."""
    reason = wanted(floor.worktime(agent.id))
    if reason is not None and (agent.withheld is not None or _can_be_spared(floor, agent)):
        _withhold(floor, draft, agent, reason)
    elif agent.withheld is not None:
        _resume(floor, draft, agent, why)
    _note_unmet(floor, agent, reason)


def _withhold(floor: Floor, draft: Draft, agent: AgentRecord, why: Withheld) -> None:
    if agent.withheld is not why:
        agent.withheld = why
        floor.withheld[agent.id] = None
        draft.tell(CallsWithheld(agent.id, why, _until(floor, draft, agent)))
        floor.refresh(agent)


def _resume(floor: Floor, draft: Draft, agent: AgentRecord, why: str) -> None:
    agent.withheld = None
    floor.withheld.pop(agent.id, None)
    draft.tell(CallsResumed(agent.id, why))
    floor.refresh(agent)


def _note_unmet(floor: Floor, agent: AgentRecord, reason: Withheld | None) -> None:
    if reason is not None and agent.withheld is None:
        floor.unmet[agent.id] = None
    else:
        floor.unmet.pop(agent.id, None)


def forget(floor: Floor, agent: AgentRecord) -> None:
    """The agent signs out: nothing is withheld any more, and nobody needs to be told."""
    agent.withheld = None
    floor.withheld.pop(agent.id, None)
    floor.unmet.pop(agent.id, None)


def settle(floor: Floor, draft: Draft) -> None:
    """Somebody came or went: give back whom the queues need, withhold from whom they can spare now."""
    presence = floor.presence
    for queue in tuple(presence.lowered):
        while presence.routable.get(queue, 0) < _least(floor, queue) and (agent := _first_to_yield(floor, queue)):
            _resume(floor, draft, agent, "needed")
            _note_unmet(floor, agent, wanted(floor.worktime(agent.id)))
    presence.lowered.clear()
    for name in sorted(floor.unmet):
        review(floor, draft, floor.state.agents[name])


def _can_be_spared(floor: Floor, agent: AgentRecord) -> bool:
    """Somebody whom nobody could call anyhow is spared."""
    if not floor.presence.is_routable(agent.id):
        return True
    return all(floor.presence.routable[queue] > _least(floor, queue) for queue in floor.queues_of(agent.id))


def _least(floor: Floor, queue: QueueId) -> int:
    found = floor.queues.get(queue)
    return found.least_agents if found else 0


def _first_to_yield(floor: Floor, queue: QueueId) -> AgentRecord | None:
    """Of those without calls the one who yields first and whose phone can ring."""
    agents = (floor.state.agents[name] for name in floor.withheld)
    able = (agent for agent in agents if queue in floor.queues_of(agent.id) and floor.could_be_called(agent))
    return min(able, key=_order, default=None)


def _order(agent: AgentRecord) -> tuple[int, AgentId]:
    assert agent.withheld is not None
    return _YIELDS_FIRST.index(agent.withheld), agent.id


def _until(floor: Floor, draft: Draft, agent: AgentRecord) -> float | None:
    until_boot_s = floor.worktime(agent.id).rest_until_boot_s
    return None if until_boot_s is None else draft.utc_s + until_boot_s - draft.now_s
