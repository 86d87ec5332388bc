"""Who is on the line, counted as it changes: those present (the floor counts them), and for each queue those whose
phone can ring."""

from __future__ import annotations

from core.ids import AgentId, QueueId

ABSENT, PRESENT, HELD, ROUTABLE = 0, 1, 2, 3
"""Not ready, or serving no queue; ready, but without a phone; held back; able to be given a call, now or later."""


class Presence:
    """`moved` and `lowered` collect what has to be looked at again before the decision ends."""

    def __init__(self) -> None:
        self.present = 0
        self.routable: dict[QueueId, int] = {}
        self.teams: dict[tuple[QueueId, ...], int] = {}
        """Routable agents by the queues they serve."""
        self.moved = False
        self.lowered: dict[QueueId, None] = {}
        """Queues that may have fewer agents than they must."""
        self._marks: dict[AgentId, int] = {}

    def note(self, agent: AgentId, mark: int, queues: tuple[QueueId, ...]) -> None:
        """This agent is one of the four now. Saying it twice changes nothing."""
        before = self._marks.get(agent, ABSENT)
        if before == mark:
            return
        self._marks[agent] = mark
        self.moved = True
        self.present += (mark != ABSENT) - (before != ABSENT)
        change = (mark == ROUTABLE) - (before == ROUTABLE)
        if change:
            self.teams[queues] = self.teams.get(queues, 0) + change
            for queue in queues:
                self.routable[queue] = self.routable.get(queue, 0) + change
        if mark != ROUTABLE:
            self.lowered.update(dict.fromkeys(queues))

    def is_present(self, agent: AgentId) -> bool:
        return self._marks.get(agent, ABSENT) != ABSENT

    def is_routable(self, agent: AgentId) -> bool:
        return self._marks.get(agent, ABSENT) == ROUTABLE
