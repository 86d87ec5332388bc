"""Idle agents in longest-idle order, once for each need they can serve."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection

from core.ids import AgentId
from queueing.line import Need

Turn = tuple[float, AgentId]
"""(idle since on the boot clock, agent): sorts into longest-idle order."""


class IdleAgents:
    """Agents whose phone may ring now."""

    def __init__(self) -> None:
        self._rows: dict[Need, list[Turn]] = {}
        self._turns: dict[AgentId, tuple[tuple[Need, ...], Turn]] = {}

    def add(self, agent: AgentId, idle_since_boot_s: float, needs: tuple[Need, ...]) -> None:
        """Raises nothing; an agent already in is moved to where the time says."""
        self.discard(agent)
        turn = (idle_since_boot_s, agent)
        self._turns[agent] = (needs, turn)
        for need in needs:
            insort(self._rows.setdefault(need, []), turn)

    def discard(self, agent: AgentId) -> None:
        found = self._turns.pop(agent, None)
        if found is None:
            return
        needs, turn = found
        for need in needs:
            row = self._rows[need]
            del row[bisect_left(row, turn)]

    def longest(self, need: Need, excluded: Collection[AgentId]) -> AgentId | None:
        """The longest idle agent for this need who is not excluded."""
        for _, agent in self._rows.get(need, ()):
            if agent not in excluded:
                return agent
        return None

    def count(self, need: Need) -> int:
        return len(self._rows.get(need, ()))

    def serves(self, agent: AgentId, need: Need) -> bool:
        """Is this agent idle and able to serve this need?"""
        return agent in self._turns and need in self._turns[agent][0]

    def __contains__(self, agent: AgentId) -> bool:
        return agent in self._turns
