"""Will the chosen agent answer in time? Decided from how long that agent's own last rings lasted.

A ring that was missed counts with the time it rang. Until an agent has had a few rings nothing is foretold.
"""

from __future__ import annotations

from core.states import RingOutcome
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord

REMEMBERED = 8
LEAST_RINGS = 3
_TELLS = (RingOutcome.ANSWERED, RingOutcome.MISSED)


def learn(agent: AgentRecord, outcome: RingOutcome, rang_s: float) -> None:
    """One more ring of this agent's is over."""
    if outcome in _TELLS:
        agent.answers_s = (*agent.answers_s, rang_s)[-REMEMBERED:]


def usual_s(agent: AgentRecord) -> float | None:
    """The mean of the last rings; None: too few."""
    return sum(agent.answers_s) / len(agent.answers_s) if len(agent.answers_s) >= LEAST_RINGS else None


def is_too_slow(floor: Floor, draft: Draft, call: CallRecord, agent: AgentRecord) -> bool:
    """Would the caller wait beyond the queue's deadline? One who was given to somebody by name, or waits for the agent
    they know, is that one's alone."""
    queue = floor.queues.get(call.queue) if call.queue else None
    if queue is None or queue.answer_by_s is None or call.errand is not None or call.held_for is not None:
        return False
    answers_s = usual_s(agent)
    return answers_s is not None and draft.now_s + answers_s > call.since_boot_s + queue.answer_by_s
