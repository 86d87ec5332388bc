"""Breaks: granted, refused with a reason, or queued for cover.

- A break that leaves the floor whole is granted; during a call it starts after it.
- One that would break the floor, or that the governor holds back, is refused; a leader may override, and that is told.
- A meal or a rest of somebody who has worked for the longest stretch is never refused: it waits its turn, the
  reserve is asked to cover, and it starts as soon as the floor can spare one. One goes at a time: each start counts.
- Where a group sets a longest stretch, its end asks for a rest by itself.
"""

from __future__ import annotations

from core.errors import Refused
from core.events import Alarmed
from core.ids import QueueId
from core.inputs import TakeBreak
from core.states import AgentState, AgentStatus, BreakReason
from queueing import agents, care, staffing
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord

_BY_RIGHT = (BreakReason.MEAL, BreakReason.REST)


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: TakeBreak, by: str) -> None:
    """Raises Refused."""
    by_right = request.reason in _BY_RIGHT and care.pause_is_due(floor, draft, agent)
    refusal = _refusal(floor, agent, by_right=by_right)
    if not refusal or request.override:
        if refusal:
            staffing.overridden(floor, draft, agent, by, f"break: {request.reason.value}", refusal)
        agents.start_break(floor, draft, agent, request.reason, forced=bool(refusal))
    elif by_right:
        _queue(floor, draft, agent, request.reason)
    else:
        raise Refused(refusal)


def _refusal(floor: Floor, agent: AgentRecord, *, by_right: bool) -> str:
    """Why this agent may not step off the line; "": nothing against it. Who is off it already changes nothing, and a
    pause that is due is held back by nothing but the floor."""
    if not floor.presence.is_present(agent.id):
        return ""
    held_back = [queue for queue in floor.queues_of(agent.id) if "hold_breaks" in floor.measures(queue)]
    if held_back and not by_right:
        return f"Breaks are held back while {held_back[0]} is below its target. Ask again later, or ask a leader."
    return "" if staffing.may_ask_to_step_off(floor, agent) else staffing.below_floor(floor, "Ask again")


def _queue(floor: Floor, draft: Draft, agent: AgentRecord, reason: BreakReason) -> None:
    again = agent.pending_break is not None
    agents.start_break(floor, draft, agent, reason, for_cover=True)
    if again:
        return
    here = f"{floor.presence.present} of {floor.state.watch.needed} are here"
    why = f"{agent.id} is due a pause and waits for cover: {here}."
    draft.tell(Alarmed("cover_wanted", why, (("agent", agent.id),)))
    staffing.ask_reserve(floor, draft, QueueId(""), why)


def pause_due(floor: Floor, draft: Draft, agent: AgentRecord) -> None:
    """The longest stretch is over: a rest, now, after the call, or when it can be covered."""
    if agent.pending_break is not None or agent.status is not AgentStatus.READY:
        return
    if staffing.may_ask_to_step_off(floor, agent):
        agents.start_break(floor, draft, agent, BreakReason.REST)
    else:
        _queue(floor, draft, agent, BreakReason.REST)


def settle(floor: Floor, draft: Draft) -> None:
    """Start the breaks that waited for cover, in turn, as far as the floor allows."""
    for name in staffing.breaks_in_turn(floor) if floor.breaks else ():
        agent = floor.state.agents[name]
        if agent.state is AgentState.IDLE and agent.pending_break is not None and staffing.is_turn(floor, agent):
            agents.start_break(floor, draft, agent, agent.pending_break)
