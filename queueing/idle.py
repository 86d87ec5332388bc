"""Idle agents, once for each need they can serve, each row in the order of its queue's strategy."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Sequence

from core.ids import AgentId
from queueing.line import Need

Turn = tuple[float, float, AgentId]
"""(the strategy's score, idle since on the boot clock, agent): the first is rung first."""


class IdleAgents:
    """Agents whose phone may ring now."""

    def __init__(self) -> None:
        self._rows: dict[Need, list[Turn]] = {}
        self._turns: dict[AgentId, dict[Need, Turn]] = {}

    def add(self, agent: AgentId, turns: dict[Need, Turn]) -> None:
        """Raises nothing; an agent already in is moved to where the turns say."""
        self.discard(agent)
        self._turns[agent] = turns
        for need, turn in turns.items():
            insort(self._rows.setdefault(need, []), turn)

    def discard(self, agent: AgentId) -> None:
        for need, turn in self._turns.pop(agent, {}).items():
            row = self._rows[need]
            del row[bisect_left(row, turn)]

    def first(self, need: Need, excluded: Collection[AgentId]) -> AgentId | None:
        """Whose turn it is for this need, those excluded left out."""
        if need.agent:
            return need.agent if need.agent in self._turns and need.agent not in excluded else None
        for _, _, agent in self._rows.get(need, ()):
            if agent not in excluded:
                return agent
        return None

    def nearest(self, need: Need, most: int) -> Sequence[Turn]:
        """The first of this row. A copy."""
        return self._rows.get(need, [])[:most]

    def turn(self, agent: AgentId, need: Need) -> Turn | None:
        """Where this agent stands for this need; None: not idle, or may not serve it."""
        return self._turns.get(agent, {}).get(need)

    def count(self, need: Need) -> int:
        return int(need.agent in self._turns) if need.agent else len(self._rows.get(need, ()))

    def serves(self, agent: AgentId, need: Need) -> bool:
        """Is this agent idle and able to serve this need?"""
        return agent in self._turns and (agent == need.agent or need in self._turns[agent])
