"""The preferred agent first: who spoke with this caller last is waited for, for a few seconds.

Only while that agent is signed in, wants calls and may serve this one; and never longer than the queue's
`preferred_agent_s`. Meanwhile the caller keeps the place in the line: afterwards, or as soon as the agent goes away or
lets the ring pass, anybody may serve. Known by the caller's number, for a bounded number of callers.
"""

from __future__ import annotations

from core.ids import AgentId
from queueing.floor import Floor
from queueing.state import CallRecord


def remember(floor: Floor, call: CallRecord, agent: AgentId) -> None:
    """These two speak with each other."""
    if call.caller and agent:
        floor.state.spoke.keep(call.caller, agent)


def choose(floor: Floor, call: CallRecord) -> None:
    """Decide for whom a caller who has just asked waits first; call before the call is in line."""
    assert call.queue is not None
    queue = floor.queues.get(call.queue)
    agent = floor.state.spoke.get(call.caller) if call.caller else None
    if queue is None or agent is None or queue.preferred_agent_s <= 0:
        return
    needs = (serving.need for serving in floor.needs.get(agent, ()))
    if any(need.queue == queue.id and need.language in ("", call.language) for need in needs):
        call.held_for = agent
