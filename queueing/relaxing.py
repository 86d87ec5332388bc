"""Requirements relax in steps while a caller waits: from each step on, more agents may serve, never fewer.

Moments are compared, not spans: (since + 60) - since may be less than 60 in floating point, and a deadline that is
reached, but whose step is not, would come round for ever.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.house import Agent, Queue, suffice
from core.ids import QueueId
from queueing.line import Need
from queueing.state import CallRecord

ANY = ""


def step_at(queue: Queue, since_boot_s: float, now_s: float) -> int:
    """How many steps have been taken by somebody who has waited since then."""
    return sum(1 for step in queue.relax if since_boot_s + step.after_s <= now_s)


def next_boot_s(queue: Queue, since_boot_s: float, step: int) -> float | None:
    """When the step after this one is taken; None: that was the last."""
    return since_boot_s + queue.relax[step].after_s if step < len(queue.relax) else None


def need_of(call: CallRecord, queue: Queue | None) -> Need:
    """What this caller needs at its step; an unknown queue relaxes nothing."""
    assert call.queue is not None
    return need_in(call.queue, queue, call.language, call.step)


def need_in(name: QueueId, queue: Queue | None, language: str, step: int) -> Need:
    """The same of anybody; the house may have fewer steps by now."""
    return Need(name, language) if queue is None else need_at(queue, language, min(step, len(queue.relax)))


def need_at(queue: Queue, language: str, step: int) -> Need:
    """What somebody of this language needs of this queue at this step."""
    return Need(queue.id, ANY if _any_language(queue, step) else language, step)


def needs_of(agent: Agent, queue: Queue) -> list[tuple[Need, int]]:
    """The needs of this queue that this agent can serve, each with the sum of the agent's levels in its skills."""
    needs: list[tuple[Need, int]] = []
    level = sum(agent.skills.get(skill, 0) for skill in queue.skills)
    for step in range(len(queue.relax) + 1):
        if _able(agent, queue, step):
            languages = (ANY,) if _any_language(queue, step) else agent.languages
            needs += [(Need(queue.id, language, step), level) for language in languages]
    return needs


def _any_language(queue: Queue, step: int) -> bool:
    return step > 0 and any(taken.any_language for taken in queue.relax[:step])


def _able(agent: Agent, queue: Queue, step: int) -> bool:
    asked: list[Mapping[str, int]] = [queue.skills, *(taken.skills for taken in queue.relax[:step] if taken.skills)]
    return any(suffice(agent.skills, least) for least in asked)
