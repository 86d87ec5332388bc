"""The preferred agent first: who owns the caller's open case, else who spoke with this caller last, is waited for.

Only while that agent is signed in, wants calls and may serve this one; and never longer than the queue's
`preferred_agent_s`. Meanwhile the caller keeps the place in the line: afterwards, or as soon as the agent goes away or
lets the ring pass, anybody may serve. Known by the caller's number, for a bounded number of callers.
"""

from __future__ import annotations

from core.house import Queue
from core.ids import AgentId
from core.states import AgentStatus
from queueing import cases
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord


def remember(floor: Floor, call: CallRecord, agent: AgentId) -> None:
    """These two speak with each other."""
    if call.caller and agent:
        floor.state.spoke.keep(call.caller, agent)


def choose(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Decide for whom a caller who has just asked waits first; call before the call is in line."""
    assert call.queue is not None
    queue = floor.queues.get(call.queue)
    if queue is None or queue.preferred_agent_s <= 0:
        return
    owner = cases.owner(floor, draft, call)
    last = floor.state.spoke.get(call.caller) if call.caller else None
    call.held_for = next((one for one in (owner, last) if one and _may_be_held_for(floor, call, queue, one)), None)
    call.held_by_case = call.held_for is not None and call.held_for == owner


def _may_be_held_for(floor: Floor, call: CallRecord, queue: Queue, agent: AgentId) -> bool:
    """Here, and able to serve this caller as it asks now."""
    record = floor.state.agents.get(agent)
    if record is None or record.status is not AgentStatus.READY:
        return False
    needs = (serving.need for serving in floor.needs.get(agent, ()))
    return any(need.queue == queue.id and need.language in ("", call.language) for need in needs)
