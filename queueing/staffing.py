"""The floor: how many agents must be on the line, and who may step off it.

The floor counts agents who are ready and serve a queue (kpi: signed in and not on break; one set away after
missed rings is not on the line either). `needed` changes with the hours (queueing.duty). Breaks that were granted
and wait for the end of a call count as taken.
"""

from __future__ import annotations

from math import inf, nextafter

from core.errors import Refused
from core.events import ReserveAsked, RuleOverridden
from core.ids import AgentId, QueueId
from core.states import AgentStatus, DutyState
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord


def spare(floor: Floor) -> int:
    """How many more may step off the line now."""
    return floor.presence.present - floor.state.watch.needed


def may_step_off(floor: Floor, agent: AgentRecord) -> bool:
    """Would the floor hold without this agent?"""
    return floor.state.watch.needed == 0 or not floor.presence.is_present(agent.id) or spare(floor) > 0


def may_ask_to_step_off(floor: Floor, agent: AgentRecord) -> bool:
    """The same, when those who asked before have gone."""
    others = sum(1 for other in floor.breaks if other != agent.id)
    return floor.state.watch.needed == 0 or not floor.presence.is_present(agent.id) or spare(floor) > others


def is_turn(floor: Floor, agent: AgentRecord) -> bool:
    """May this agent's break begin? Those who asked before and are still in a call keep their place."""
    if floor.state.watch.needed == 0 or not floor.presence.is_present(agent.id):
        return True
    return spare(floor) > breaks_ahead(floor, agent)


def below_floor(floor: Floor, what: str) -> str:
    """Why somebody may not go, and what to do."""
    watch, present = floor.state.watch, floor.presence.present
    asked = len(floor.breaks)
    counted = f"{present} are" if not asked else f"{present} are, of whom {asked} asked for a break before"
    missing = ", ".join(sorted(name for name, duty in floor.state.duties.items() if duty.state in _ABSENT))
    return (
        f"{watch.needed} agents must be on the line now, and {counted}. "
        f"{what} when somebody is back{f' ({missing} should be here)' if missing else ''}, or let a leader override."
    )


_ABSENT = (DutyState.LATE, DutyState.MISSING)


def check_sign_out(floor: Floor, draft: Draft, agent: AgentRecord, by: str, *, override: bool) -> None:
    """Raises Refused: the floor would break."""
    if may_step_off(floor, agent):
        return
    if not override:
        raise Refused(below_floor(floor, "Sign out"))
    overridden(floor, draft, agent, by, "sign_out", below_floor(floor, "Sign out"))


def overridden(floor: Floor, draft: Draft, agent: AgentRecord, by: str, what: str, why: str) -> None:
    """A leader takes the responsibility."""
    draft.tell(RuleOverridden(by, agent.id, what, why))


def breaks_ahead(floor: Floor, agent: AgentRecord) -> int:
    """How many breaks were asked for before this agent's."""
    mine = (agent.break_asked_boot_s, agent.id)
    return sum(1 for other in floor.breaks if _turn(floor, other) < mine)


def breaks_in_turn(floor: Floor) -> list[AgentId]:
    """Agents whose break waits, in the order in which they asked."""
    return sorted(floor.breaks, key=lambda agent: _turn(floor, agent))


def last_turn(floor: Floor, now_s: float) -> float:
    """When somebody who asks now has asked: later than everybody before, also in the same instant."""
    last = max((floor.state.agents[other].break_asked_boot_s for other in floor.breaks), default=-inf)
    return now_s if now_s > last else nextafter(last, inf)


def _turn(floor: Floor, agent: AgentId) -> tuple[float, AgentId]:
    return floor.state.agents[agent].break_asked_boot_s, agent


# --- nobody left ---------------------------------------------------------------------------------
def is_last_at_night(floor: Floor, agent: AgentRecord) -> bool:
    """Would one of this agent's queues have nobody at all, at an hour at which no leader looks on?"""
    if not floor.state.watch.night:
        return False
    this_one = int(floor.presence.is_routable(agent.id))
    return any(floor.presence.routable.get(queue, 0) <= this_one for queue in floor.queues_of(agent.id))


def ask_reserve(floor: Floor, draft: Draft, queue: QueueId, why: str) -> None:
    """Ask those of the reserve who are not signed in; for a queue only those who can serve it."""
    asked = tuple(
        name
        for name, group in floor.groups.items()
        if group.reserve
        and floor.state.agents[name].status is AgentStatus.SIGNED_OUT
        and (not queue or queue in floor.queues_of(name))
    )
    if asked:
        draft.tell(ReserveAsked(asked, queue, why))
