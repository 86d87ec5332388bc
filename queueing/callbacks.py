"""Promises to call back: the caller leaves the line, the place in it stays.

- A promise stands where its caller stood (priority, then time of entry) and routing gives it an agent like a caller, so
  it overtakes nobody who came earlier. Callers who came later it passes once a try, so at most `tries` times, and no
  more than `at_once` agents are dialling for promises at any moment: that bounds what unanswered dials can take from
  the line. A customer who answers takes what the call would have.
- The agent is called first. One who misses it is passed over for this promise; the customer was not called, so no try.
- Busy, declined or unanswered: again after a gap that widens, within the hours allowed, `tries` times in all. A call
  that no trunk could bring to anybody is none of these, however often: the gap is kept, no try is counted.
- Nor is one that its agent ended, who is passed over like one who missed it, or that was lost with its PBX. But the
  customer's phone may have rung: every FORGIVEN-th of these is counted.
- A promise for later stands in nobody's way until then, and has the place of a caller who came at that moment.
- One promise a number: who asks again is kept by the first. A customer who calls again and is answered has been helped.
- Callers may ask for so many a day only (queueing.promise_bounds).
"""

from __future__ import annotations

from core import calling
from core.errors import Refused
from core.events import (
    Alarmed,
    CallAnswered,
    CallbackChanged,
    CallbackKept,
    CallbackMade,
    CallTurnedIntoCallback,
)
from core.ids import AgentId, CallbackId, CallId, HotlineId, QueueId
from core.inputs import AskCallback, CallbackRequested
from core.states import CallbackState, CallState, OutboundOutcome, OutboundState
from queueing import calls, configuration, flows, hours, lifecycles, outbound, promise_bounds, relaxing
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallbackRecord, CallRecord

PROMPT = "will-call-back"
AGAIN_S = 60.0
"""When something of ours stood in the way: every line taken, or the number being called by somebody."""
FORGIVEN = 3
"""Of so many calls that broke off on our side the last counts as a try: no phone is to ring for ever."""
SAME_S = 1.0
"""Two moments at which the hours begin are the same."""

_BROKEN_OFF = (OutboundOutcome.AGENT_LEFT, OutboundOutcome.LOST)
_DIALLING = (OutboundState.CALLING_AGENT, OutboundState.CONNECTING, OutboundState.CALLING)


# --- making ----------------------------------------------------------------------------------
def requested(floor: Floor, draft: Draft, fact: CallbackRequested) -> None:
    """A caller leaves the line with the place kept. One whose phone rings an agent already stays."""
    call = floor.state.calls.get(fact.call)
    if call is None and fact.call not in floor.state.gone:
        where = (fact.call, fact.node, fact.hotline, fact.trunk, fact.caller, fact.language)
        call = calls.enter(floor, draft, *where)
    if call is None or call.callback or call.errand or not _may_leave(call):
        return
    try:
        standing = _standing(floor, fact.number)
        number = "" if standing else _wished(floor, draft.now_s, fact.number, fact.caller)
    except Refused as refusal:
        draft.tell(Alarmed("callback_refused", f"A caller was promised a callback that cannot be kept: {refusal}"))
        return
    _leave_the_line(floor, draft, call, fact)
    call.callback = standing or _make(floor, draft, call.id, number, fact.queue, call, call.came_boot_s)
    if not standing:
        promise_bounds.count(floor, draft, fact.caller, number, call.id)


def _may_leave(call: CallRecord) -> bool:
    """From a menu, from the line, or from a flow that we have handed the caller to."""
    return call.state in (CallState.MENU, CallState.WAITING) or flows.is_running(call)


def _standing(floor: Floor, written: str) -> CallbackId | None:
    """The promise that this number has already: it is the caller's again. Raises Refused."""
    return floor.promise_of.get(calling.allowed(written, outbound.house_of(floor)))


def _leave_the_line(floor: Floor, draft: Draft, call: CallRecord, fact: CallbackRequested) -> None:
    """O and C of docs/figures.md: whoever asks in the menu has asked for an agent all the same."""
    waiting = call.state is CallState.WAITING
    if call.state is CallState.MENU:
        queue = configuration.queue_for(floor, draft, fact.queue, call.hotline)
        calls.ask(draft, call, queue, fact.priority, fact.language, None)
    assert call.queue is not None
    if call.offered:
        call.offered = False
        draft.tell(CallTurnedIntoCallback(call.id, call.queue, call.hotline, draft.now_s - call.since_boot_s))
    if waiting:
        floor.line.discard(call.id)
        call.resting, call.due_boot_s = False, None
        calls.move(draft, call, "left")
        calls.say_goodbye(draft, call, PROMPT)


def ask(floor: Floor, draft: Draft, request: AskCallback) -> CallbackId:
    """Somebody of the house promises a call; its id. Raises Refused."""
    number = _number(floor, request.number)
    if request.queue not in floor.queues:
        raise Refused(f"There is no queue {request.queue}.")
    own = CallbackId(f"cb-{draft.sequence}")
    floor.state.arrivals += 1
    language = request.language or outbound.house_of(floor).languages[0]
    promise = CallbackRecord(
        own, CallId(own), number, request.queue, HotlineId(""), language, request.priority,
        draft.now_s + request.later_s, draft.now_s + request.later_s, floor.state.arrivals, from_caller=False,
    )  # fmt: skip
    _add(floor, draft, promise)
    return own


def _make(
    floor: Floor, draft: Draft, asked: CallId, number: str, queue: QueueId, call: CallRecord, since_boot_s: float
) -> CallbackId:
    own = CallbackId(f"cb-{draft.sequence}")
    promise = CallbackRecord(
        own, asked, number, call.queue or queue, call.hotline, call.language, call.priority,
        since_boot_s, draft.now_s, call.number, from_caller=True,
    )  # fmt: skip
    _add(floor, draft, promise)
    return own


def _add(floor: Floor, draft: Draft, promise: CallbackRecord) -> None:
    waited_s = max(0.0, draft.now_s - promise.since_boot_s)
    floor.state.callbacks[promise.id] = promise
    floor.promise_of |= {promise.phone: promise.id, promise.call: promise.id}
    draft.tell(
        CallbackMade(
            promise.id, promise.call, promise.phone, promise.queue, promise.hotline, promise.language,
            promise.priority, waited_s,
        )
    )  # fmt: skip
    if promise.since_boot_s > draft.now_s:
        _postpone(floor, draft, promise, promise.since_boot_s - draft.now_s, "later")
    else:
        _within_hours(floor, draft, promise)


def _number(floor: Floor, written: str) -> str:
    """Raises Refused: it may not be dialled, is promised already, or there are too many promises."""
    house = outbound.house_of(floor)
    number = calling.allowed(written, house)
    if number in floor.promise_of:
        raise Refused("That number will be called back already.")
    if len(floor.state.callbacks) >= house.callbacks.open:
        raise Refused(f"{house.callbacks.open} callbacks are open, as many as the house allows.")
    return number


def _wished(floor: Floor, now_s: float, written: str, caller: str) -> str:
    """As _number, for a caller. Raises Refused."""
    number = _number(floor, written)
    promise_bounds.check(floor, now_s, caller, number)
    return number


def is_new(floor: Floor, now_s: float, caller: str) -> bool:
    """May a caller be offered a callback to the own number: is it to be kept, and not promised yet?"""
    try:
        _wished(floor, now_s, caller, caller)
    except Refused:
        return False
    return True


def can_keep(floor: Floor, now_s: float, number: str, caller: str) -> bool:
    """May a caller in a menu be promised a call to this number: one that stands is theirs, another has room."""
    try:
        return _standing(floor, number) is not None or bool(_wished(floor, now_s, number, caller))
    except Refused:
        return False


def cancel(floor: Floor, draft: Draft, callback: CallbackId) -> None:
    """Raises Refused: there is none, or it is being kept at this moment."""
    promise = floor.state.callbacks.get(callback)
    if promise is None:
        raise Refused(f"There is no open callback {callback}.")
    if promise.state is CallbackState.CALLING:
        raise Refused(f"{callback} is being called at this moment.")
    _move(floor, draft, promise, "cancelled", "cancelled")


# --- keeping ---------------------------------------------------------------------------------
def settle(floor: Floor, draft: Draft) -> None:
    """Take in what became of calls, before agents are given away."""
    while floor.callback_news:
        _taken_in(floor, draft, *floor.callback_news.pop(0))
    if floor.promise_of:
        _see_who_was_helped(floor, draft)
    if floor.promises_held_up and may_dial(floor):
        floor.promises_held_up = False
        floor.touched.update(dict.fromkeys(need for need, _ in floor.promised.rows()))


def may_dial(floor: Floor) -> bool:
    """Are fewer agents dialling for promises than may?"""
    made = (call for call in floor.state.outbound.values() if call.callback is not None)
    return sum(call.state in _DIALLING for call in made) < outbound.house_of(floor).callbacks.at_once


def give(floor: Floor, draft: Draft, name: CallbackId, agent: AgentId) -> None:
    """It is this promise's turn, and this agent keeps it."""
    promise = floor.state.callbacks[name]
    floor.promised.discard(name)
    try:
        who = floor.state.agents[agent]
        call = outbound.begin(floor, draft, who, promise.phone, promise.queue, promise.language, name)
    except Refused as refusal:
        _postpone(floor, draft, promise, AGAIN_S, str(refusal))
        return
    promise.dial, promise.due_boot_s = call, None
    _move(floor, draft, promise, "turn", agent)


def _taken_in(floor: Floor, draft: Draft, callback: CallbackId, outcome: OutboundOutcome, agent: AgentId) -> None:
    promise = floor.state.callbacks[callback]
    promise.dial = None
    if outcome is OutboundOutcome.REACHED:
        _kept(floor, draft, promise)
    elif outcome is OutboundOutcome.AGENT_MISSED:
        promise.excluded.append(agent)
        _move(floor, draft, promise, "agent_missed", outcome.value)
        _within_hours(floor, draft, promise)
    elif outcome is OutboundOutcome.NO_LINE:
        _postpone(floor, draft, promise, AGAIN_S, outcome.value)
    elif outcome is OutboundOutcome.NO_TRUNK:
        _keep_gap(floor, draft, promise, outcome)
    elif outcome in _BROKEN_OFF:
        _broke_off(floor, draft, promise, outcome, agent)
    else:
        _count_try(floor, draft, promise, outcome)


def _broke_off(floor: Floor, draft: Draft, promise: CallbackRecord, outcome: OutboundOutcome, agent: AgentId) -> None:
    promise.broken_off += 1
    if outcome is OutboundOutcome.AGENT_LEFT:
        promise.excluded.append(agent)
    end = _keep_gap if promise.broken_off % FORGIVEN else _count_try
    end(floor, draft, promise, outcome)


def _keep_gap(floor: Floor, draft: Draft, promise: CallbackRecord, outcome: OutboundOutcome) -> None:
    gap_s = outbound.house_of(floor).callbacks.gap_s(promise.tries + 1)
    _postpone(floor, draft, promise, gap_s, outcome.value)


def _count_try(floor: Floor, draft: Draft, promise: CallbackRecord, outcome: OutboundOutcome) -> None:
    rules = outbound.house_of(floor).callbacks
    promise.tries += 1
    if promise.tries >= rules.tries or outcome is OutboundOutcome.WRONG_NUMBER:
        _move(floor, draft, promise, "given_up", outcome.value)
    else:
        _postpone(floor, draft, promise, rules.gap_s(promise.tries), outcome.value)


def _kept(floor: Floor, draft: Draft, promise: CallbackRecord) -> None:
    promise.tries += 1
    waited_s = draft.now_s - promise.since_boot_s
    in_time = draft.now_s - promise.asked_boot_s <= outbound.house_of(floor).callbacks.promised_s
    whose = (promise.id, promise.call, promise.queue, promise.hotline)
    draft.tell(CallbackKept(*whose, waited_s, in_time, promise.from_caller))
    _move(floor, draft, promise, "reached", "reached")


def _see_who_was_helped(floor: Floor, draft: Draft) -> None:
    """Customers whom we promised a call and who have just been answered on the line, or queue there again."""
    for event in [event for event in draft.events if isinstance(event, CallAnswered)]:
        for key in (event.caller, event.call):
            promise = floor.state.callbacks.get(floor.promise_of.get(key, CallbackId("")))
            if promise is not None and promise.state is not CallbackState.CALLING:
                _move(floor, draft, promise, "helped", "called_in")


# --- time ------------------------------------------------------------------------------------
def due(floor: Floor, draft: Draft, promise: CallbackRecord) -> None:
    """A gap is over, a step of relaxing is taken, or the hours end in which it may be kept."""
    promise.due_boot_s, promise.rests = None, False
    if promise.state is CallbackState.RETRY:
        _move(floor, draft, promise, "due", "due")
    _within_hours(floor, draft, promise)


def look_again(floor: Floor, draft: Draft) -> None:
    """Another house: other hours, other steps; or a queue has closed or opened, or the clock was set."""
    opens_s = hours.opens_in_s(outbound.house_of(floor), draft.utc_s) if floor.state.callbacks else 0.0
    for promise in tuple(floor.state.callbacks.values()):
        if promise.state is CallbackState.WAITING:
            _within_hours(floor, draft, promise)
        elif promise.rests and promise.due_boot_s is not None:
            if abs(promise.due_boot_s - draft.now_s - opens_s) > SAME_S:
                due(floor, draft, promise)


def _within_hours(floor: Floor, draft: Draft, promise: CallbackRecord) -> None:
    """A waiting promise waits until the hours end; outside them it rests until they begin, and while its queue is
    closed until that is opened."""
    if floor.is_closed(promise.queue):
        floor.promised.discard(promise.id)
        promise.due_boot_s = None
        return
    house = outbound.house_of(floor)
    opens_s = hours.opens_in_s(house, draft.utc_s)
    if opens_s > 0:
        _postpone(floor, draft, promise, opens_s, "hours")
        promise.rests = True
        return
    over_boot_s = draft.now_s + max(1.0, hours.closes_in_s(house, draft.utc_s))
    queue = floor.queues.get(promise.queue)
    promise.step = 0 if queue is None else relaxing.step_at(queue, promise.since_boot_s, draft.now_s)
    step_boot_s = None if queue is None else relaxing.next_boot_s(queue, promise.since_boot_s, promise.step)
    floor.due(promise, over_boot_s if step_boot_s is None else min(over_boot_s, step_boot_s))
    floor.enlist_promise(promise)


def _postpone(floor: Floor, draft: Draft, promise: CallbackRecord, by_s: float, reason: str) -> None:
    floor.due(promise, draft.now_s + by_s)
    _move(floor, draft, promise, "postponed", reason)


def _move(floor: Floor, draft: Draft, promise: CallbackRecord, event: str, reason: str) -> None:
    """Advance its life cycle; one that is over is forgotten.

    Raises:
        IllegalTransition: the life cycle does not know the event; nothing was changed.
    """
    promise.state = lifecycles.advance(lifecycles.CALLBACK, promise.state, event)
    if promise.state is not CallbackState.WAITING:
        floor.promised.discard(promise.id)
    retry = promise.state is CallbackState.RETRY and promise.due_boot_s is not None
    next_s = promise.due_boot_s - draft.now_s if retry and promise.due_boot_s is not None else None
    whose = (promise.id, promise.call, promise.queue)
    draft.tell(CallbackChanged(*whose, promise.state, reason, promise.tries, next_s))
    if not lifecycles.CALLBACK[promise.state]:
        _forget(floor, promise)


def _forget(floor: Floor, promise: CallbackRecord) -> None:
    del floor.state.callbacks[promise.id]
    for key in (promise.phone, promise.call):
        floor.promise_of.pop(key, None)
