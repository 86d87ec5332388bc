"""Agents: every change of what an agent wants (status) and does (state).

- A break, or a sign-out of somebody who left the house, waits for the end of the call and of the wrap-up; a break
  also for cover, when it would break the floor then.
- `misses_before_away` rings missed in a row set an agent away and raise an alarm; the agent alone comes back. The
  last one at night is not set away: a leader is summoned, and the phone goes on ringing.
- After a talk: wrap-up, as long as the queue says; 0 is idle at once. It may be extended once, or ended early.
"""

from __future__ import annotations

from core.errors import Refused
from core.events import AgentChanged, Alarmed, BreakQueued, BreakUnqueued, WrapUpExtended
from core.ids import AgentId
from core.states import AgentState, AgentStatus, BreakReason
from queueing import care, lifecycles, seats, staffing, summons
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord

_NOT_BUSY = (AgentState.IDLE, AgentState.RESERVED, AgentState.RINGING)


def known(floor: Floor, name: AgentId | None) -> AgentRecord:
    """The agent of this name, whom the house has. Raises Refused."""
    record = floor.state.agents.get(name) if name is not None else None
    if record is None or not record.in_house:
        raise Refused(f"There is no agent {name}. Choose another, or ask an administrator to add it.")
    return record


def change(floor: Floor, draft: Draft, agent: AgentRecord, reason: str, *, status: str = "", state: str = "") -> None:
    """Apply a status event, a state event or both, told as one change.

    Raises:
        IllegalTransition: a life cycle does not know the event; nothing was changed.
    """
    new_status = lifecycles.advance(lifecycles.AGENT_STATUS, agent.status, status) if status else agent.status
    new_state = lifecycles.advance(lifecycles.AGENT_STATE, agent.state, state) if state else agent.state
    lasted_s = max(0.0, draft.now_s - agent.changed_boot_s)  # a fact from the past may overtake
    _count_time(agent, lasted_s)
    draft.tell(AgentChanged(agent.id, agent.seat, agent.status, agent.state, new_status, new_state, reason, lasted_s))
    was_status, was_state = agent.status, agent.state
    agent.status, agent.state, agent.changed_boot_s = new_status, new_state, draft.now_s
    care.changed(floor, draft, agent, was_status, was_state, lasted_s)
    seat = floor.state.seats[agent.seat] if agent.seat else None
    if new_status is AgentStatus.SIGNED_OUT and seat is not None:
        seat.agent = agent.seat = None
    floor.refresh(agent)
    if status and seat is not None:
        seats.mirror(floor, draft, seat)
    if status:
        floor.release_held(agent.id)


def _count_time(agent: AgentRecord, lasted_s: float) -> None:
    """For occupancy: what the agent did until now."""
    if agent.state not in _NOT_BUSY:
        agent.busy_s += lasted_s
    elif agent.state is AgentState.IDLE and agent.status is AgentStatus.READY:
        agent.free_s += lasted_s


def release(floor: Floor, draft: Draft, agent: AgentRecord, reason: str) -> None:
    """To idle; whatever waited for this moment (leaving the house, a break, too many misses) happens now."""
    agent.call = agent.due_boot_s = None
    status, reason = _waiting_change(floor, draft, agent, reason)
    change(floor, draft, agent, reason, status=status, state="release")


def _waiting_change(floor: Floor, draft: Draft, agent: AgentRecord, reason: str) -> tuple[str, str]:
    if must_leave(floor, agent):
        forget_break(floor, draft, agent)
        return "sign_out", "removed_from_house"
    if agent.pending_break is not None:
        if agent.break_forced or staffing.is_turn(floor, agent):
            asked = agent.pending_break
            forget_break(floor, draft, agent)
            return "take_break", asked.value
        draft.tell(BreakQueued(agent.id, agent.pending_break, True, staffing.breaks_ahead(floor, agent)))
    limit = floor.state.house.misses_before_away if floor.state.house else 2
    if agent.misses >= limit and agent.status is AgentStatus.READY:
        return _missed_too_often(floor, draft, agent, reason)
    return "", reason


def _missed_too_often(floor: Floor, draft: Draft, agent: AgentRecord, reason: str) -> tuple[str, str]:
    missed, agent.misses = agent.misses, 0
    if staffing.is_last_at_night(floor, agent):
        summons.summon(floor, draft, f"{agent.id}, the last one at night, missed {missed} rings in a row.")
        return "", reason
    values = (("agent", agent.id), ("missed", str(missed)))
    draft.tell(Alarmed("agent_away", f"{agent.id} missed {missed} rings in a row and is set away.", values))
    return "miss_too_often", "missed_rings"


def must_leave(floor: Floor, agent: AgentRecord) -> bool:
    """Was the agent, or the seat, taken out of the house?"""
    return agent.seat is not None and not (agent.in_house and floor.state.seats[agent.seat].in_house)


def missed(draft: Draft, agent: AgentRecord) -> None:
    """Count a missed ring; the agent goes to the end of the longest-idle order. Call before `release`."""
    agent.misses += 1
    agent.idle_since_boot_s = draft.now_s


def after_talk(floor: Floor, draft: Draft, agent: AgentRecord, wrap_up_s: float) -> None:
    """Wrap-up, or idle at once."""
    agent.call = None
    agent.idle_since_boot_s = draft.now_s
    if wrap_up_s <= 0:
        release(floor, draft, agent, "talk_over")
        return
    change(floor, draft, agent, "talk_over", state="wrap_up")
    agent.wrap_up_extended = False
    floor.due(agent, draft.now_s + wrap_up_s)


def extend_wrap_up(floor: Floor, draft: Draft, agent: AgentRecord) -> None:
    """Some more time for the notes. Raises Refused."""
    more_s = floor.state.house.wrap_up_extension_s if floor.state.house else 0.0
    if agent.state is not AgentState.WRAP_UP or agent.due_boot_s is None:
        raise Refused(f"{agent.id} is not in wrap-up. It can be extended between a talk and the next call.")
    if more_s <= 0:
        raise Refused("This house extends no wrap-ups. Take a break if the notes need more time.")
    if agent.wrap_up_extended:
        raise Refused(f"{agent.id} has extended this wrap-up already. Take a break if the notes need more time.")
    agent.wrap_up_extended = True
    floor.due(agent, agent.due_boot_s + more_s)
    draft.tell(WrapUpExtended(agent.id, more_s))


def wrap_up_over(floor: Floor, draft: Draft, agent: AgentRecord, reason: str = "wrap_up_over") -> None:
    agent.idle_since_boot_s = draft.now_s
    release(floor, draft, agent, reason)


def start_break(
    floor: Floor, draft: Draft, agent: AgentRecord, asked: BreakReason, *, for_cover: bool = False, forced: bool = False
) -> None:
    """Now when idle, else when call and wrap-up are over; `for_cover`: not before the floor can spare the agent."""
    if agent.state is AgentState.IDLE and not for_cover:
        forget_break(floor, draft, agent)
        change(floor, draft, agent, asked.value, status="take_break")
        return
    if agent.pending_break is None:
        agent.break_asked_boot_s = staffing.last_turn(floor, draft.now_s)
    agent.pending_break, agent.break_forced = asked, forced
    floor.breaks[agent.id] = None
    draft.tell(BreakQueued(agent.id, asked, for_cover, staffing.breaks_ahead(floor, agent)))


def forget_break(floor: Floor, draft: Draft, agent: AgentRecord) -> None:
    """No break waits any more: it begins now, or was taken back."""
    if agent.pending_break is not None:
        agent.pending_break, agent.break_forced = None, False
        floor.breaks.pop(agent.id, None)
        floor.presence.moved = True  # whoever asked next may have the turn
        draft.tell(BreakUnqueued(agent.id))


def become_ready(floor: Floor, draft: Draft, agent: AgentRecord) -> None:
    """End a break, an away, a wrap-up, or take back a break asked for."""
    forget_break(floor, draft, agent)
    agent.misses = 0
    back = agent.status is not AgentStatus.READY
    if agent.state is AgentState.WRAP_UP:
        agent.due_boot_s = None
        wrap_up_over(floor, draft, agent, "ready")
    if back and agent.status is not AgentStatus.READY and agent.status is not AgentStatus.SIGNED_OUT:
        agent.idle_since_boot_s = draft.now_s
        change(floor, draft, agent, "ready", status="become_ready")
