"""Ninety per cent: each queue's governor watches its rates and climbs a ladder of measures while they are too low.

- Measured: connection rate A / (O - W) and service level V3 over the last `window_s`, not judged below `least_calls`.
- Forecast: the connection rate if the next minutes are like the window: its arrivals, the usual handling time,
  patience as waits and abandons show it, and the agents now on the line, by Erlang A (queueing.erlang). Agents of
  several queues count for each in proportion to the load that it brings.
- A step up needs `up_after_s` below target, one down `down_after_s` above target and margin; between the two nothing
  moves, and a step back that had to be taken again doubles the wait for the next one. A low rate alone is the past:
  it counts only while the forecast or a caller's wait says that it goes on.
- Figures are kept by the minute in which a call entered; a call that moves on unanswered counts where it went, and one
  that took an offer (queueing.offers) counts as not connected, so that the ladder does not flatter itself.
- A floor where nothing happens has no deadline here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, cast, get_args

from core.events import (
    Alarmed,
    CallAbandoned,
    CallAnswered,
    CallFlowedOut,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallOffered,
    CallTurnedIntoCallback,
    GovernorStepped,
    TalkEnded,
)
from core.figures import Accessibility, milliseconds
from core.house import Queue
from core.ids import QueueId
from core.mergeable import merged
from queueing import offers, staffing
from queueing.decision import Draft
from queueing.erlang import erlang_a
from queueing.floor import Floor
from queueing.state import GovernorRecord

LOOK_EVERY_S = 10.0
MINUTE_S = 60.0
MOST_DOUBLINGS = 3
SMOOTHING = 0.1
PATIENCE_S = 120.0
"""Believed of callers before any has given up; one abandon's weight."""
_Counted: TypeAlias = (
    CallOffered
    | CallMoved
    | CallAnswered
    | CallAbandoned
    | CallFlowedOut
    | CallTurnedIntoCallback
    | CallLeftMessage
    | CallLost
    | TalkEnded
)
_COUNTED = frozenset(get_args(_Counted))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a governor sees; None: not to be judged. `stayers`: the rate without those whom an offer took away."""

    connection_rate: float | None
    stayers: float | None
    service_level: float | None
    forecast: float | None
    overdue: bool


# --- counting --------------------------------------------------------------------------------
def observe(floor: Floor, draft: Draft) -> None:
    """Fold this decision's events into the minutes of their queues."""
    counted = [event for event in draft.events if type(event) in _COUNTED]
    if counted and floor.governor.ladder:
        for event in cast(list[_Counted], counted):
            if event.queue in floor.queues:
                _fold(floor, draft, record_of(floor, event.queue), event)


def record_of(floor: Floor, queue: QueueId) -> GovernorRecord:
    found = floor.state.governors.get(queue)
    if found is None:
        found = floor.state.governors[queue] = GovernorRecord(queue)
    return found


def _fold(floor: Floor, draft: Draft, record: GovernorRecord, event: _Counted) -> None:
    match event:
        case CallOffered():
            _minute(record, draft.now_s - event.waited_s).call_offered()
        case CallAnswered():
            _minute(record, draft.now_s - event.waited_s).call_answered(milliseconds(event.waited_s), event.tries)
        case CallAbandoned():
            _minute(record, draft.now_s - event.waited_s).call_abandoned(milliseconds(event.waited_s))
        case CallLost():
            _minute(record, draft.now_s).call_lost()
        case CallFlowedOut():
            _minute(record, draft.now_s - event.waited_s).call_flowed_out()
        case CallTurnedIntoCallback():
            _minute(record, draft.now_s - event.waited_s).call_turned_into_callback()
        case CallLeftMessage():
            _minute(record, draft.now_s - event.waited_s).call_left_message()
        case CallMoved():
            _minute(record, draft.now_s).call_offered()
            _no_longer_here(floor, draft, event)
        case _:
            wrap_up_s = floor.queues[event.queue].wrap_up_s
            spent_s = event.talk_s + wrap_up_s
            usual_s = record.handling_s
            record.handling_s = spent_s if usual_s is None else usual_s + SMOOTHING * (spent_s - usual_s)
    if record.due_boot_s is None:
        floor.due(record, draft.now_s + LOOK_EVERY_S)


def _no_longer_here(floor: Floor, draft: Draft, event: CallMoved) -> None:
    """One call is one call: a queue that gave it away unanswered has neither its load nor its end."""
    before = floor.state.governors.get(event.from_queue)
    if event.from_line and before is not None:
        _minute(before, draft.now_s - event.stayed_s).offer_withdrawn()


def _minute(record: GovernorRecord, boot_s: float) -> Accessibility:
    minute = int(boot_s // MINUTE_S)
    found = record.minutes.get(minute)
    if found is None:
        found = record.minutes[minute] = Accessibility()
    return found


# --- looking ---------------------------------------------------------------------------------
def due(floor: Floor, draft: Draft, record: GovernorRecord) -> None:
    """Look, perhaps step, and look again in a while; a queue that is empty and at rest is left alone."""
    record.due_boot_s = None
    _forget(floor, draft, record)
    queue = floor.queues.get(record.id)
    if queue is None or not floor.governor.ladder:
        record.step, record.minutes = 0, {}
        return
    reading = read(floor, draft, record, queue)
    _judge(floor, draft, record, queue, reading)
    if record.step or record.minutes:
        floor.due(record, draft.now_s + LOOK_EVERY_S)


def _forget(floor: Floor, draft: Draft, record: GovernorRecord) -> None:
    first = int((draft.now_s - floor.governor.window_s) // MINUTE_S)
    for minute in [minute for minute in record.minutes if minute < first]:
        del record.minutes[minute]


def read(floor: Floor, draft: Draft, record: GovernorRecord, queue: Queue) -> Reading:
    """The rates of the window and of the next minutes."""
    figures = merged(Accessibility(), record.minutes.values())
    judged = figures.finished >= floor.governor.least_calls
    level = figures.service_levels(queue.service_level_s)["v3"]
    return Reading(
        figures.connection_rate if judged else None,
        figures.connection_rate_of_stayers if judged else None,
        level if judged else None,
        _forecast(floor, draft, record, figures),
        _somebody_is_overdue(floor, draft, queue),
    )


def _somebody_is_overdue(floor: Floor, draft: Draft, queue: Queue) -> bool:
    """Does anybody stand in this queue's line for longer than its service level allows?"""
    if not floor.line.length(queue.id):
        return False
    longest_boot_s = draft.now_s - queue.service_level_s
    rows = (row for need, row in floor.line.rows() if need.queue == queue.id or need.agent)
    calls = (floor.state.calls[place[2]] for row in rows for place in row)
    return any(call.queue == queue.id and call.since_boot_s < longest_boot_s for call in calls)


def _forecast(floor: Floor, draft: Draft, record: GovernorRecord, figures: Accessibility) -> float | None:
    """Connection rate if it goes on like this."""
    if figures.offered < floor.governor.least_calls // 2 or record.handling_s is None:
        return None
    waits_s = figures.answered_wait_ms / 1000 + sum(s * count for s, count in figures.abandoned_waits.items())
    patience_s = max(1.0, (waits_s + PATIENCE_S) / (figures.abandoned + 1))
    arrivals_per_s, agents = _arrivals_per_s(floor, draft, record), _share_of_agents(floor, draft, record)
    return 1 - erlang_a(arrivals_per_s, record.handling_s, patience_s, agents).abandon


def _arrivals_per_s(floor: Floor, draft: Draft, record: GovernorRecord) -> float:
    """Over the window, or over what there is of it."""
    if not record.minutes:
        return 0.0
    seen_s = draft.now_s - min(record.minutes) * MINUTE_S
    offered = sum(figures.offered for figures in record.minutes.values())
    return offered / max(MINUTE_S, min(seen_s, float(floor.governor.window_s)))


def _share_of_agents(floor: Floor, draft: Draft, record: GovernorRecord) -> int:
    loads = {
        name: _arrivals_per_s(floor, draft, other) * (other.handling_s or 0.0)
        for name, other in floor.state.governors.items()
    }
    mine = loads[record.id]
    share = sum(
        count * mine / max(mine, sum(loads.get(queue, 0.0) for queue in team))
        for team, count in floor.presence.teams.items()
        if record.id in team and mine > 0
    )
    return round(share)


def fit_ladder(floor: Floor) -> None:
    """Another house may have fewer steps than were taken."""
    for record in floor.state.governors.values():
        record.step = min(record.step, len(floor.governor.ladder))


# --- stepping --------------------------------------------------------------------------------
def _judge(floor: Floor, draft: Draft, record: GovernorRecord, queue: Queue, reading: Reading) -> None:
    rules = floor.governor
    why = _too_low(queue, reading)
    well = not why and _is_well(rules.margin, queue, reading)
    record.low_since_boot_s = _since(record.low_since_boot_s, draft, bool(why))
    record.high_since_boot_s = _since(record.high_since_boot_s, draft, well)
    _ask_reserve_early(floor, draft, record, reading)
    if _lasts(record.low_since_boot_s, draft, rules.up_after_s) and record.step < len(rules.ladder):
        _step(floor, draft, record, +1, why, reading)
    elif _lasts(record.high_since_boot_s, draft, _down_after_s(floor, record)) and record.step > 0:
        _step(floor, draft, record, -1, "above target and margin", reading)


def _down_after_s(floor: Floor, record: GovernorRecord) -> float:
    """Each relapse doubles it: a measure that is needed stays, instead of coming and going."""
    return floor.governor.down_after_s * 2.0 ** min(record.relapses, MOST_DOUBLINGS)


def _note_relapse(record: GovernorRecord, by: int) -> None:
    if by > 0 and record.last < 0:
        record.relapses += 1
    elif by < 0 and record.last < 0:
        record.relapses = max(0, record.relapses - 1)
    record.last = by


def _since(since: float | None, draft: Draft, holds: bool) -> float | None:
    return (draft.now_s if since is None else since) if holds else None


def _lasts(since: float | None, draft: Draft, wanted_s: float) -> bool:
    return since is not None and draft.now_s - since >= wanted_s


def _too_low(queue: Queue, reading: Reading) -> str:
    """ "" when nothing is below target, or when what was below it is mending."""
    rate, level, forecast = reading.connection_rate, reading.service_level, reading.forecast
    target, level_target = queue.connection_rate_target, queue.service_level_target
    if forecast is not None and forecast < target:
        return f"forecast {forecast:.1%} below {target:.0%}"
    if not reading.overdue:
        return ""
    if rate is not None and rate < target:
        return f"connection rate {rate:.1%} below {target:.0%}"
    if level is not None and level < level_target:
        return f"service level {level:.1%} below {level_target:.0%}"
    return ""


def _is_well(margin: float, queue: Queue, reading: Reading) -> bool:
    """Everything that can be judged is above its target by the margin, and nobody waits too long.

    Who took an offer lowers the rate, and says nothing against taking the offer back.
    """
    pairs = (
        (reading.stayers, queue.connection_rate_target),
        (reading.service_level, queue.service_level_target),
        (reading.forecast, queue.connection_rate_target),
    )
    return not reading.overdue and all(rate is None or rate >= min(1.0, target + margin) for rate, target in pairs)


def _step(floor: Floor, draft: Draft, record: GovernorRecord, by: int, why: str, reading: Reading) -> None:
    was, ladder = record.step, floor.governor.ladder
    offered = {record.id: offers.of_ladder(floor, record.id)}
    record.step += by
    _note_relapse(record, by)
    record.low_since_boot_s = record.high_since_boot_s = None
    measure = ladder[max(was, record.step) - 1]
    draft.tell(
        GovernorStepped(
            record.id,
            was,
            record.step,
            measure,
            why,
            reading.connection_rate,
            reading.service_level,
            reading.forecast,
        )
    )
    offers.tell(floor, draft, offered, why)
    if measure == "relax_skills":
        floor.study_house()
    elif measure == "ask_reserve" and by > 0:
        staffing.ask_reserve(floor, draft, record.id, f"{record.id}: {why}.")
    elif measure == "alarm" and by > 0:
        draft.tell(Alarmed("below_target", f"{record.id}: {why}.", (("queue", record.id),)))


def _ask_reserve_early(floor: Floor, draft: Draft, record: GovernorRecord, reading: Reading) -> None:
    """A reserve with its own threshold does not wait for the ladder; asked once until the rate is back."""
    rates = [rate for rate in (reading.connection_rate, reading.forecast) if rate is not None]
    thresholds = [group.reserve_below for group in floor.groups.values() if group.reserve and group.reserve_below]
    if not rates or not thresholds:
        return
    asked, record.reserve_asked = record.reserve_asked, min(rates) < max(thresholds)
    if record.reserve_asked and not asked:
        why = f"{record.id}: {min(rates):.1%} is below {max(thresholds):.0%}."
        staffing.ask_reserve(floor, draft, record.id, why)


def wrap_up_s(floor: Floor, queue: QueueId) -> float:
    """What this queue gives now for the notes after a talk."""
    found = floor.queues.get(queue)
    share = floor.governor.wrap_up_share if "shorten_wrap_up" in floor.measures(queue) else 1.0
    return found.wrap_up_s * share if found else 0.0
