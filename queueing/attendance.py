"""The roster against what is: who is on duty, late, missing; the floor of the hour; the handover between shifts.

The wall clock says when: at each boundary (a shift or floor hours begin or end, somebody counts as late or missing)
everything is looked at again, and the next boundary becomes a deadline on the boot clock. A wall clock that was set
is looked at once more; a shift is handed over once. Without shifts and floor in the house nothing of this happens.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from core.errors import Refused
from core.events import Alarmed, DutyChanged, ShiftHandedOver, StaffCounted
from core.inputs import SignIn
from core.periods import day_of
from core.states import AgentStatus, CallState, DutyState
from queueing import breaks, care, staffing, withholding
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.roster import Roster
from queueing.shifts import Span
from queueing.state import AgentRecord, DutyRecord

SOON_S = 0.001
"""A boundary that the boot clock reaches first is tried again so much later."""
CALENDAR_AHEAD = timedelta(days=45)
HOUR_S = 3600.0


def review(floor: Floor, draft: Draft) -> None:
    """Look at the whole roster as of now, and arm the next boundary. Call when the house or the clock has changed."""
    house, roster, watch = floor.state.house, floor.roster, floor.state.watch
    if house is None or roster is None or not (house.shifts or house.staffing.floor):
        watch.at_utc_s = watch.next_utc_s = watch.due_boot_s = None
        watch.needed, watch.night, watch.rostered = 0, False, 0
        return
    hours = roster.needed(draft.utc_s)
    watch.needed, watch.night = (hours.agents, hours.night) if hours else (0, False)
    watch.rostered = roster.rostered(draft.utc_s)
    for agent in floor.state.agents.values():
        place(floor, draft, agent)
        care.arm(floor, draft, floor.worktime(agent.id))
    _hand_over(floor, draft, roster)
    _look_ahead(floor, draft, roster)
    floor.presence.moved = True  # the floor of another hour may let breaks begin
    watch.at_utc_s = draft.utc_s if watch.at_utc_s is None else max(watch.at_utc_s, draft.utc_s)
    _arm(floor, draft, roster)


def due(floor: Floor, draft: Draft) -> None:
    """The watch's deadline: the boundary is reached, or the wall clock is a moment behind."""
    watch = floor.state.watch
    if watch.next_utc_s is not None and draft.utc_s < watch.next_utc_s:
        floor.due(watch, draft.now_s + max(SOON_S, watch.next_utc_s - draft.utc_s))
    else:
        review(floor, draft)


def _arm(floor: Floor, draft: Draft, roster: Roster) -> None:
    watch, rules = floor.state.watch, floor.staffing
    coming = roster.boundaries(draft.utc_s, -rules.sign_in_early_s, rules.late_after_s, rules.missing_after_s)
    watch.next_utc_s = coming[0]
    floor.due(watch, draft.now_s + max(SOON_S, coming[0] - draft.utc_s))


def settle(floor: Floor, draft: Draft) -> None:
    """After the rule of an input, before calls are given: whoever came or went changes what others may do."""
    if not floor.came_or_went and not floor.presence.moved:
        return
    for name in tuple(floor.came_or_went):
        if floor.state.watch.next_utc_s is not None and (agent := floor.state.agents.get(name)):
            place(floor, draft, agent)
    floor.came_or_went.clear()
    while floor.presence.moved:
        floor.presence.moved = False
        breaks.settle(floor, draft)
        withholding.settle(floor, draft)
    _count(floor, draft)


def _count(floor: Floor, draft: Draft) -> None:
    watch, present = floor.state.watch, floor.presence.present
    counted = present, watch.needed, watch.rostered
    if watch.next_utc_s is None or counted == watch.told:
        return
    watch.told = counted
    draft.tell(StaffCounted(*counted))
    short = present < watch.needed
    if short and not watch.short:
        values = (("present", str(present)), ("needed", str(watch.needed)))
        draft.tell(Alarmed("below_floor", f"{present} agents are on the line, {watch.needed} must be.", values))
    watch.short = short


# --- one agent -------------------------------------------------------------------------------
def place(floor: Floor, draft: Draft, agent: AgentRecord) -> None:
    """What the roster makes of this agent now."""
    if floor.roster is None or not agent.in_house:
        return
    duty, here = floor.worktime(agent.id), agent.status is not AgentStatus.SIGNED_OUT
    span = floor.roster.duty(agent.id, draft.utc_s, floor.staffing.sign_in_early_s)
    before, until = (duty.shift, duty.start_utc_s, duty.end_utc_s, duty.state), duty.until_utc_s
    _assign(duty, span, here)
    duty.until_utc_s = _until(draft, floor.roster, duty, span)
    duty.came = duty.came or (here and span is not None)
    duty.state = _state(floor, draft, duty, span, here)
    after = duty.shift, duty.start_utc_s, duty.end_utc_s, duty.state
    if after != before:
        draft.tell(DutyChanged(agent.id, duty.state, duty.shift, duty.start_utc_s, duty.end_utc_s))
        _tell_missing(draft, duty, before[3])
    if after != before or duty.until_utc_s != until:
        _mind_the_end(floor, draft, agent, duty)


def _assign(duty: DutyRecord, span: Span | None, here: bool) -> None:
    """A shift that is over stays for as long as its agent does."""
    if span is None:
        if not here or not duty.came:
            duty.shift, duty.start_utc_s, duty.end_utc_s, duty.came = "", None, None, False
    elif (span.shift, span.start_utc_s) != (duty.shift, duty.start_utc_s):
        duty.shift, duty.start_utc_s, duty.end_utc_s, duty.came = span.shift, span.start_utc_s, span.end_utc_s, here
    else:
        duty.end_utc_s = span.end_utc_s


def _until(draft: Draft, roster: Roster, duty: DutyRecord, span: Span | None) -> float | None:
    """When this agent goes home; one who has been taken off the roster, now, though the shift had not ended."""
    if span is not None:
        return roster.works_until(duty.id, span)
    if duty.end_utc_s is None:
        return None
    return min(duty.until_utc_s or duty.end_utc_s, draft.utc_s)


def _state(floor: Floor, draft: Draft, duty: DutyRecord, span: Span | None, here: bool) -> DutyState:
    if span is None:
        return (DutyState.OVER if duty.shift else DutyState.EXTRA) if here else DutyState.OFF
    since_s = draft.utc_s - span.start_utc_s
    if here:
        return DutyState.EARLY if since_s < 0 else DutyState.ON
    if duty.came:
        return DutyState.LEFT
    if since_s >= floor.staffing.missing_after_s:
        return DutyState.MISSING
    return DutyState.LATE if since_s >= floor.staffing.late_after_s else DutyState.EXPECTED


def _tell_missing(draft: Draft, duty: DutyRecord, before: DutyState) -> None:
    if duty.state is DutyState.MISSING and before is not DutyState.MISSING:
        values = (("agent", duty.id), ("shift", str(duty.shift)))
        draft.tell(Alarmed("agent_missing", f"{duty.id} should be here for the shift {duty.shift} and is not.", values))


def _mind_the_end(floor: Floor, draft: Draft, agent: AgentRecord, duty: DutyRecord) -> None:
    """Another shift, another end: the last call moves."""
    duty.leaving = agent.status is not AgentStatus.SIGNED_OUT and care.is_leaving(floor, draft, duty)
    care.arm(floor, draft, duty)
    withholding.review(floor, draft, agent, "another_shift")


def agent_due(floor: Floor, draft: Draft, duty: DutyRecord) -> None:
    """A rest is over, the longest stretch is, or the last call of the shift has been given."""
    duty.due_boot_s = None
    agent = floor.state.agents[duty.id]
    if duty.rest_until_boot_s is not None and draft.now_s >= duty.rest_until_boot_s:
        duty.rest = duty.rest_until_boot_s = None
    here = agent.status is not AgentStatus.SIGNED_OUT
    duty.leaving = here and (duty.leaving or care.is_leaving(floor, draft, duty))
    withholding.review(floor, draft, agent)
    if floor.group_of(agent.id).longest_stretch_s and care.pause_is_due(floor, draft, agent):
        breaks.pause_due(floor, draft, agent)
    care.arm(floor, draft, duty)


def check_sign_in(floor: Floor, draft: Draft, agent: AgentRecord, request: SignIn, by: str) -> None:
    """Raises Refused: this house wants agents at their own shifts only."""
    rules, roster = floor.staffing, floor.roster
    person = roster.agents.get(agent.id) if roster else None
    if not rules.only_on_duty or roster is None or person is None or person.role != "agent":
        return
    if roster.duty(agent.id, draft.utc_s, rules.sign_in_early_s) is not None:
        return
    why = (
        f"{agent.id} has no shift now. Sign in {rules.sign_in_early_s / 60:g} minutes before it at the earliest, "
        "or let a leader override."
    )
    if not request.override:
        raise Refused(why)
    staffing.overridden(floor, draft, agent, by, "sign_in", why)


# --- handover --------------------------------------------------------------------------------
def _hand_over(floor: Floor, draft: Draft, roster: Roster) -> None:
    """Shifts that ended since the last look, in the order of their ends."""
    last = floor.state.watch.at_utc_s
    if last is None:
        return
    for span in roster.ended(last, draft.utc_s):
        draft.tell(_handed_over(floor, span))


def _handed_over(floor: Floor, span: Span) -> ShiftHandedOver:
    waiting = Counter(
        call.queue for call in floor.state.calls.values() if call.state in _WAITING and call.queue is not None
    )
    theirs = [duty.id for duty in floor.state.duties.values() if (duty.shift, duty.end_utc_s) == _key(span)]
    return ShiftHandedOver(
        shift=span.shift,
        ended_utc_s=span.end_utc_s,
        waiting=tuple(sorted(waiting.items())),
        still_talking=tuple(name for name in sorted(theirs) if floor.state.agents[name].call is not None),
        missing=tuple(sorted(duty.id for duty in floor.state.duties.values() if duty.state in _NOT_HERE)),
        items=tuple(floor.state.items.items()),
    )


def _key(span: Span) -> tuple[str, float]:
    return span.shift, span.end_utc_s


_WAITING = (CallState.WAITING, CallState.RESERVED, CallState.RINGING, CallState.FALLBACK)
_NOT_HERE = (DutyState.EXPECTED, DutyState.LATE, DutyState.MISSING)


# --- what will be ----------------------------------------------------------------------------
def _look_ahead(floor: Floor, draft: Draft, roster: Roster) -> None:
    """Shortages that the roster shows, each told once for as long as it looks the same; years without a calendar."""
    watch, before = floor.state.watch, floor.state.watch.foreseen
    watch.foreseen = {}
    for lack in roster.shortages(draft.utc_s, floor.staffing.look_ahead_h * HOUR_S) if roster.has_shifts else ():
        key = f"{lack.end_utc_s:.0f}/{lack.rostered}"
        watch.foreseen[key] = lack.end_utc_s
        if key not in before:
            start, end = roster.told(lack.start_utc_s), roster.told(lack.end_utc_s)
            text = f"The roster has {lack.rostered} of {lack.needed} agents from {start} to {end}."
            counts = (("rostered", str(lack.rostered)), ("needed", str(lack.needed)))
            draft.tell(Alarmed("roster_short", text, (*counts, ("start", start), ("end", end))))
    year = (day_of(draft.utc_s, roster.zone) + CALENDAR_AHEAD).year
    if roster.uses_calendar and not roster.calendar.knows(year) and year not in watch.unknown_years:
        watch.unknown_years[year] = roster.told(draft.utc_s)
        draft.tell(
            Alarmed(
                "calendar_unknown",
                f"The public holidays of {year} are not in the house: weekdays and statutory festivals stand for them. "
                f"Load them: ./thirdring roster holidays {year}",
                (("year", str(year)),),
            )
        )
