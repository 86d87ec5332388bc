"""Whose turn it is among idle agents who may serve: one small function a strategy, chosen per queue.

The lowest score is rung first, among equals the longest idle. A score stands as it was when the agent became idle:
it costs nothing until then, and rows need no sorting while time passes. The preferred agent first is not a score but
a short wait for one person (queueing.preferred); it goes with each of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from queueing.state import AgentRecord

Score = Callable[[AgentRecord, int], float]
"""From the agent and the sum of the levels in the skills that the queue asks for."""


def longest_idle(agent: AgentRecord, level: int) -> float:
    return 0.0


def best_skill(agent: AgentRecord, level: int) -> float:
    return float(-level)


def least_occupied(agent: AgentRecord, level: int) -> float:
    """Occupancy (docs/figures.md) since the sign-in: (talk, hold, wrap-up) / (those and idle); a newcomer has 0."""
    served_s = agent.busy_s + agent.free_s
    return agent.busy_s / served_s if served_s > 0 else 0.0


def round_robin(agent: AgentRecord, level: int) -> float:
    """Whoever was last offered a call the longest ago, answered or not."""
    return agent.offered_boot_s


STRATEGIES: Mapping[str, Score] = {
    "longest-idle": longest_idle,
    "best-skill": best_skill,
    "least-occupied": least_occupied,
    "round-robin": round_robin,
}
