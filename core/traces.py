"""Why an offer went to a seat: what was looked at, small enough to be kept with each offer."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import AgentId


@frozen
class Candidate:
    """An idle agent who may serve. The lowest (score, idle since, id) is rung first.

    `missed`: this agent has let this call ring before.
    """

    agent: AgentId
    score: float
    idle_since_boot_s: float
    missed: bool = False


@frozen
class Trace:
    """The inputs of one choice, and the nearest candidates, whoever was chosen among them.

    `strategy` is the queue's, case-owner, preferred-agent, or named (a transfer's receiver); `step` how far what is
    asked for had relaxed. `forgiving`: nobody was left who had not missed this call before, so those who had were
    asked again.
    """

    strategy: str
    step: int
    priority: int
    waited_s: float
    forgiving: bool
    candidates: tuple[Candidate, ...]
