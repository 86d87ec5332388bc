"""Each offer's decision trace: the inputs and the ten nearest candidates; its cost does not grow with the seats.

`choose` is the rule itself: on a trace it gives the seat that was rung. Everybody else's reasons are worked out on
demand (queueing.reasons).
"""

from __future__ import annotations

from core.ids import AgentId
from core.traces import Candidate, Trace
from queueing.floor import Floor
from queueing.line import Need
from queueing.state import AgentRecord, CallRecord

NEAREST = 10
PREFERRED, OWNER = "preferred-agent", "case-owner"
NAMED = "named"


def choose(trace: Trace) -> AgentId | None:
    """Whose turn it was."""
    able = [one for one in trace.candidates if trace.forgiving or not one.missed]
    return min(able, key=lambda one: (one.score, one.idle_since_boot_s, one.agent)).agent if able else None


def traced(floor: Floor, now_s: float, call: CallRecord, need: Need, agent: AgentId, *, forgiving: bool) -> Trace:
    """Why this agent gets this call. Call before anything is changed for it."""
    queue = floor.queues.get(call.queue) if call.queue else None
    preferred = OWNER if call.held_by_case else PREFERRED
    strategy = preferred if need.agent else queue.strategy if queue else ""
    return Trace(
        strategy, call.step, call.priority, now_s - call.since_boot_s, forgiving, _candidates(floor, call, need, agent)
    )


def named(now_s: float, call: CallRecord, agent: AgentRecord) -> Trace:
    """Why this agent gets a call that another one gave away: nobody else was asked for."""
    candidate = Candidate(agent.id, 0.0, agent.idle_since_boot_s)
    return Trace(NAMED, call.step, call.priority, now_s - call.since_boot_s, False, (candidate,))


def _candidates(floor: Floor, call: CallRecord, need: Need, agent: AgentId) -> tuple[Candidate, ...]:
    """The head of the row, and the chosen one should they all have missed this call."""
    if need.agent:
        return (Candidate(agent, 0.0, floor.state.agents[agent].idle_since_boot_s),)
    turns = list(floor.idle.nearest(need, NEAREST))
    if all(turn[2] != agent for turn in turns) and (own := floor.idle.turn(agent, need)) is not None:
        turns[-1] = own
    return tuple(Candidate(name, score, since, name in call.excluded) for score, since, name in turns)
