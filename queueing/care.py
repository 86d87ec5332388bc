"""Care for people: how long somebody has worked without a pause, how busy the last hour was, what follows an abusive
call; and how long this agent's calls usually take.

All of it is kept as agents change, here and nowhere else. Busy is talk, hold and wrap-up; occupancy is busy / (busy +
available), ringing and breaks left out. The rest above the cap is as long as brings the hour back to it, and no
occupancy is judged on less than half an hour.
"""

from __future__ import annotations

from core.ids import AgentId
from core.staff import Group
from core.states import AgentState, AgentStatus, Withheld
from queueing import withholding
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, DutyRecord

RIGHT_AFTER_S = 4 * 3600.0
"""Where no group says otherwise: so long at work, and a meal or a rest is no longer refused."""
SLOT_S = 300.0
SLOTS = 12
JUDGED_AFTER_S = 1800.0
SMOOTHING = 0.1
"""Weight of the newest call in the usual handling time: about the last twenty count."""

_BUSY = (AgentState.TALKING, AgentState.HOLDING, AgentState.CONSULTING, AgentState.WRAP_UP)


def changed(
    floor: Floor, draft: Draft, agent: AgentRecord, was_status: AgentStatus, was_state: AgentState, lasted_s: float
) -> None:
    """An agent's status or state changed after `lasted_s`; called by queueing.agents for every change."""
    duty = floor.worktime(agent.id)
    if was_status is not agent.status:
        _status_changed(floor, draft, agent, duty, was_status)
    if was_state in _BUSY:
        duty.handled_s += lasted_s
    group = floor.groups.get(agent.id)
    if group is not None and group.highest_occupancy and was_status is AgentStatus.READY:
        _count(duty, draft.now_s, was_state, lasted_s)
    if agent.state is AgentState.TALKING:
        duty.last_call = agent.call
    elif agent.state is AgentState.IDLE and was_state is not AgentState.IDLE:
        _became_idle(floor, draft, agent, duty, group)


def _status_changed(floor: Floor, draft: Draft, agent: AgentRecord, duty: DutyRecord, was_status: AgentStatus) -> None:
    if agent.status is AgentStatus.READY:
        duty.working_since_boot_s = draft.now_s
        arm(floor, draft, duty)
    else:
        duty.working_since_boot_s = None
    if AgentStatus.SIGNED_OUT in (was_status, agent.status):
        floor.came_or_went[agent.id] = None
    if agent.status is AgentStatus.SIGNED_OUT:
        duty.leaving, duty.rest, duty.rest_until_boot_s, duty.abused = False, None, None, False
        withholding.forget(floor, agent)


def _became_idle(floor: Floor, draft: Draft, agent: AgentRecord, duty: DutyRecord, group: Group | None) -> None:
    if duty.handled_s:
        usual = duty.usual_handling_s
        duty.usual_handling_s = duty.handled_s if usual is None else usual + SMOOTHING * (duty.handled_s - usual)
        duty.handled_s = 0.0
    if agent.status is not AgentStatus.READY:
        return
    if duty.abused:
        rest(floor, draft, agent, Withheld.COOL_DOWN, group.cool_down_s if group else 0.0)
    elif group is not None and group.highest_occupancy and (rest_s := _rest_s(duty, draft.now_s, group)):
        rest(floor, draft, agent, Withheld.OCCUPANCY, rest_s)
    if not duty.leaving and is_leaving(floor, draft, duty):
        duty.leaving = True
        withholding.review(floor, draft, agent)
    elif duty.end_utc_s is not None:
        arm(floor, draft, duty)


# --- rest ------------------------------------------------------------------------------------
def rest(floor: Floor, draft: Draft, agent: AgentRecord, why: Withheld, rest_s: float) -> None:
    """No call for so long, if the queues can spare this agent."""
    duty = floor.worktime(agent.id)
    duty.abused = False
    if rest_s > 0:
        duty.rest, duty.rest_until_boot_s = why, draft.now_s + rest_s
        arm(floor, draft, duty)
        withholding.review(floor, draft, agent)


def _count(duty: DutyRecord, now_s: float, was_state: AgentState, lasted_s: float) -> None:
    slots = duty.busy if was_state in _BUSY else duty.free if was_state is AgentState.IDLE else None
    if slots is not None:
        slot = int(now_s // SLOT_S)
        slots[slot] = slots.get(slot, 0.0) + lasted_s
        _forget_before(slots, slot - SLOTS + 1)


def _forget_before(slots: dict[int, float], first: int) -> None:
    """Slots are in the order in which they came: the oldest is in front."""
    while slots and (oldest := next(iter(slots))) < first:
        del slots[oldest]


def _rest_s(duty: DutyRecord, now_s: float, group: Group) -> float:
    """How long until busy / (busy + available) of the last hour is at the cap again; 0: it is not above."""
    for slots in (duty.busy, duty.free):
        _forget_before(slots, int(now_s // SLOT_S) - SLOTS + 1)
    busy, free = sum(duty.busy.values()), sum(duty.free.values())
    if busy + free < JUDGED_AFTER_S:
        return 0.0
    return max(0.0, busy / group.highest_occupancy - busy - free)


# --- moments ---------------------------------------------------------------------------------
def stretch_s(floor: Floor, agent: AgentId) -> float:
    """How long this agent may have to work before a meal or a rest is due."""
    return floor.group_of(agent).longest_stretch_s or RIGHT_AFTER_S


def pause_is_due(floor: Floor, draft: Draft, agent: AgentRecord) -> bool:
    """Has this agent worked for the longest stretch?"""
    since = floor.worktime(agent.id).working_since_boot_s
    return since is not None and draft.now_s - since >= stretch_s(floor, agent.id)


def usual_handling_s(floor: Floor, duty: DutyRecord) -> float:
    return floor.staffing.usual_handling_s if duty.usual_handling_s is None else duty.usual_handling_s


def last_call_utc_s(floor: Floor, duty: DutyRecord) -> float | None:
    """From this moment on a call would usually outlive the agent's work by more than the grace; None: no shift."""
    until_utc_s = duty.until_utc_s or duty.end_utc_s  # an older version has noted only this one
    if until_utc_s is None:
        return None
    return until_utc_s + floor.staffing.shift_end_grace_s - usual_handling_s(floor, duty)


def is_leaving(floor: Floor, draft: Draft, duty: DutyRecord) -> bool:
    last = last_call_utc_s(floor, duty)
    return last is not None and draft.utc_s >= last


def arm(floor: Floor, draft: Draft, duty: DutyRecord) -> None:
    """Set the deadline to whatever comes first; one that is sooner stays, and looks again then."""
    moments = [] if duty.rest_until_boot_s is None else [duty.rest_until_boot_s]
    longest_s = floor.group_of(duty.id).longest_stretch_s
    if duty.working_since_boot_s is not None:
        if longest_s and (due := duty.working_since_boot_s + longest_s) > draft.now_s:
            moments.append(due)
        if not duty.leaving and (last := last_call_utc_s(floor, duty)) is not None:
            moments.append(draft.now_s + max(0.0, last - draft.utc_s))
    if moments and (duty.due_boot_s is None or min(moments) < duty.due_boot_s):
        floor.due(duty, min(moments))
